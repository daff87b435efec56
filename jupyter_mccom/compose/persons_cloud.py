"""A cloud that a person has set up, put into the settings in which an administrator has named none."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from functools import partial
from pathlib import Path

from ..cloud.cloud_file import ChosenCloud
from ..cloud.cloud_request import FixedCloud
from ..cloud.cloud_set_up import CloudSetUp
from ..cloud.trial import Trial, trial
from ..errors import InputError
from ..protocols import Engine
from ..retrieval.search import Live
from ..settings import MCCom, changed
from .cascade import OpenCascade, open_cascade
from .cloud_tier import CloudKey, cloud_name, open_cloud_engine

_NAMING = ("cloud_dialect", "cloud_key_env", "cloud_key_file")
"""Settings that name a cloud, or the key of one: an administrator who sets one of them has decided about the cloud.
Who sets only its address or its model leaves the rest to the person."""


def open_set_up(settings: MCCom | None = None) -> CloudSetUp:
    """What the person has set up, in Jupyter's configuration folder. Blocks.

    Where `settings` name a server as the local model, the person's is not used.
    """
    from jupyter_core.paths import jupyter_config_dir

    names_local = settings is None or not settings.local_url
    fixed = _fixed(settings) if settings else FixedCloud()
    opened = partial(_opened, settings or MCCom())
    return CloudSetUp(Path(jupyter_config_dir()) / "mccom", opened, fixed=fixed, names_local=names_local)


def _fixed(settings: MCCom) -> FixedCloud:
    """What the configuration fixes of a person's cloud; nothing is checked here."""
    url, model = (getattr(settings, name) if name in settings.given else "" for name in ("cloud_url", "cloud_model"))
    return FixedCloud(url=url.rstrip("/"), model=model)


def why_not_persons(settings: MCCom, given: Collection[str]) -> str:
    """Why no person may set up a cloud; empty when one may. `given`: names that the configuration sets."""
    ask = "ask the administrator of the server to change it"
    naming = next((name for name in _NAMING if name in given), "cloud_dialect" if settings.cloud_dialect else "")
    if naming:
        return f"the server's configuration sets the cloud (MCCom.{naming}); {ask}"
    if "use_cloud" in given and not settings.use_cloud:
        return f"the server's configuration switches the cloud off (MCCom.use_cloud); {ask}"
    if settings.cloud_setup == "admin":
        return f"the server's configuration lets nobody set up a cloud (MCCom.cloud_setup); {ask}"
    return ""


def with_cloud(settings: MCCom, cloud: ChosenCloud | None) -> MCCom:
    """The settings with the cloud of a person; None: without any."""
    if cloud is None:
        return changed(settings, cloud_dialect="", cloud_url="", cloud_model="")
    return changed(settings, cloud_dialect=cloud.provider, cloud_url=cloud.url, cloud_model=cloud.model)


def _with_local(settings: MCCom, local: ChosenCloud | None) -> MCCom:
    """The settings with a person's server as the local model; None: with the model of this machine."""
    return changed(settings, local_url=local.url if local else "", local_model=local.model if local else "")


def _opened(settings: MCCom, cloud: ChosenCloud, key: str) -> Engine:
    """A cloud for a trial, as patient as the settings have it."""
    return open_cloud_engine(with_cloud(settings, cloud), lambda: key)


async def try_in_use(settings: MCCom, key: CloudKey | None) -> Trial:
    """One real completion by the cloud that the settings name, with the key of the person who has set it up, if any.

    Raises InputError where there is none, or CloudError.
    """
    if not settings.cloud_dialect:
        raise InputError("no cloud is set up; add one in the panel, or with: jupyter mccom cloud add PROVIDER")
    engine = await asyncio.to_thread(open_cloud_engine, settings, key)
    return await trial(engine, name=cloud_name(settings.cloud_dialect))


def open_for_person(
    settings: MCCom,
    set_up: CloudSetUp | None,
    *,
    jupyter_root: Path | None = None,
    live: Live | None = None,
    traces: Path | None = None,
    spent: Path | None = None,
    former: OpenCascade | None = None,
) -> OpenCascade:
    """As `open_cascade`, with the cloud that is set up; `set_up` None: the settings alone say which cloud there is."""
    held = set_up.held if set_up else None
    if set_up is not None:
        settings = with_cloud(settings, held.cloud if held else None)
        settings = _with_local(settings, set_up.clouds.local) if set_up.names_local else settings
    return open_cascade(
        settings,
        jupyter_root=jupyter_root,
        live=live,
        traces=traces,
        spent=spent,
        former=former,
        cloud_key=held.key if held else None,
    )
