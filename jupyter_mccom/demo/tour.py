"""What the demo notebook needs of a cloud: a second process with a model here that stands in for it, or a script.

`prepare` is called where the Jupyter server is configured, `cloud` in the notebook; they agree by the environment.
Nothing is downloaded without a yes.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
from collections.abc import Sequence

from ..compose import open_store
from ..engines.choosing.memory import free_bytes, needed_bytes
from ..engines.local.child import Child
from ..engines.local.host import default_threads
from ..magics.pages import Page
from ..models.store import Store
from ..settings import MCCom

STAND_IN = "qwen2.5-coder-0.5b"
"""Small enough for Binder; in real life the cloud's model is a large one."""
_SERVER = "jupyter_mccom.engines.local.xllamacpp_server"
_PLACE = "MCCOM_STAND_IN"
_KEY = "MCCOM_STAND_IN_KEY"
_READY_S = 120.0
_running: list[Child] = []


def prepare(models_dir: str = "") -> dict[str, str | int | float]:
    """Settings of a Jupyter server whose cloud will be the stand-in; its kernels inherit what they need of it.

    The stand-in's prompts are short, since both models share a small machine, and the local text is shown although the
    stand-in is hardly better: the tour's *no* is the person's.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    os.environ[_PLACE] = json.dumps({"port": port, "models_dir": models_dir})
    os.environ[_KEY] = secrets.token_urlsafe(32)
    return {
        "cloud_dialect": "llama-server",
        "cloud_url": f"http://127.0.0.1:{port}",
        "cloud_model": STAND_IN,
        "cloud_key_env": _KEY,
        "cloud_prompt_tokens": 256,
        "route_threshold": 0.5,
        "show_threshold": 0.3,
    }


def options(given: Sequence[str], models_dir: str = "") -> list[str]:
    """The tour's settings as options of `jupyter lab`; none where a cloud is given."""
    names = {option.partition("=")[0] for option in given}
    if any(name.startswith("--MCCom.cloud_") for name in names):
        return []
    found = {f"--MCCom.{name}": value for name, value in prepare(models_dir).items()}
    return [f"{name}={value}" for name, value in found.items() if name not in names]


async def cloud() -> bool:
    """Starts the stand-in, which ends with this kernel; where that cannot be, shows what would happen, and says why.

    Returns whether it answers.
    Raises ModelError or EngineError when the model is wanted but cannot be had or started.
    """
    if _PLACE not in os.environ:
        return _scripted("this Jupyter server was started neither by `jupyter mccom demo` nor by Binder")
    place = json.loads(os.environ[_PLACE])
    store = open_store(MCCom(models_dir=place["models_dir"], engine="llamacpp"))
    model = store.entry(STAND_IN)
    if not _running:
        if free_bytes() < (needed := needed_bytes(model.n_bytes)):
            return _scripted(f"{model.id} needs {needed / 1e6:.0f} MB of free memory")
        if not store.present(model.id):
            if not _agreed(f"Download {model.id}, {model.n_bytes / 1e6:.0f} MB? [y/N] "):
                return _scripted(f"{model.id} is not on this machine, and nothing is downloaded without a yes")
            await asyncio.to_thread(_pull, store)
        path = await asyncio.to_thread(store.locate, model.id)
        settings = {"path": str(path), "key": os.environ[_KEY], "threads": default_threads(), "port": place["port"]}
        _running.append(await Child.start(_SERVER, {**settings, "context_tokens": 4096}, ready_s=_READY_S))
    print(f"{model.id} stands in for a cloud at {_running[0].address}, until this notebook's kernel ends")
    return True


def _agreed(question: str) -> bool:
    """True if the person typed yes; False where nobody can be asked."""
    from IPython.core.error import StdinNotImplementedError

    try:
        return input(question).strip().lower() in ("y", "yes")
    except (StdinNotImplementedError, EOFError):
        return False


def _pull(store: Store) -> None:
    told = -1

    def progress(done: int, total: int) -> None:
        nonlocal told
        if done * 10 // total > told:
            told = done * 10 // total
            print(f"{done / 1e6:.0f} of {total / 1e6:.0f} MB")

    store.pull(STAND_IN, progress=progress)


def _scripted(why: str) -> bool:
    """Shows the life of one suggestion, written down beforehand."""
    rows = (
        ("you type", 'worst = chill.nlargest(3, "'),
        ("grey text", 'chill") (local)'),
        ("you type", "r"),
        ("grey text", 'ainfall_mm") (cloud, rejected)'),
    )
    print(Page(title=f"Scripted, no model was asked: {why}", rows=rows))
    return False
