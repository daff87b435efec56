"""The cloud tier that the settings name: a large model elsewhere, and what it may be sent."""

from __future__ import annotations

from pathlib import Path

from ..cascade.breaker import Breaker
from ..cascade.budget import Budget
from ..cascade.tiers import CloudTier
from ..errors import SettingsError
from ..models.catalog import fim_of
from ..protocols import Clock, Engine, Retriever
from ..settings import MCCom
from .wiring import cloud_over

CLOUD_SETTINGS = (
    *("use_cloud", "cloud_dialect", "cloud_url", "cloud_model", "cloud_key_env", "cloud_key_file"),
    *("cloud_connect_s", "cloud_timeout_s"),
)
"""What the cloud's client depends on: with the same values it is taken over."""


def draft_words(dialect: str) -> str:
    """What a cloud's dialect can do with a draft, in words for people."""
    from ..engines.remote.dialects import DIALECTS

    return DIALECTS[dialect].words


def cloud_address(settings: MCCom) -> str:
    """Where the cloud's server is: the address that is set, or the dialect's own service."""
    from ..engines.remote.dialects import DIALECTS

    return settings.cloud_url or DIALECTS[settings.cloud_dialect].url


def open_cloud_tier(
    settings: MCCom, former: CloudTier | None, *, budget: Budget, retriever: Retriever, root: Path, clock: Clock
) -> CloudTier | None:
    """The tier, or None where no cloud is set or it is switched off. Raises SettingsError for an unknown dialect.

    The engine and the breaker are `former`'s, if any. Documents are paths below `root`, whose `.mccomignore` keeps
    some of them here.
    """
    if not settings.cloud_dialect:
        return None
    from ..engines.remote.dialects import DIALECTS
    from ..privacy.ignore import Ignored

    if settings.cloud_dialect not in DIALECTS:
        raise SettingsError(f"no dialect {settings.cloud_dialect!r}; set cloud_dialect to one of {', '.join(DIALECTS)}")
    if not settings.use_cloud:
        return None
    engine = former.engine if former else _masked_cloud(settings)
    ignored = Ignored(root.expanduser().resolve())
    breaker = former.breaker if former else Breaker(clock)
    return cloud_over(engine, settings, retriever=retriever, budget=budget, breaker=breaker, kept_out=ignored.covers)


def _masked_cloud(settings: MCCom) -> Engine:
    from ..engines.remote.dialects import open_cloud
    from ..privacy.keys import key_from
    from ..privacy.masked_engine import MaskedEngine

    engine = open_cloud(
        settings.cloud_dialect,
        url=settings.cloud_url,
        model=settings.cloud_model,
        key=lambda: key_from(settings.cloud_key_env, settings.cloud_key_file),
        fim=fim_of(settings.cloud_model),
        connect_s=settings.cloud_connect_s,
        read_s=settings.cloud_timeout_s,
    )
    return MaskedEngine(engine)
