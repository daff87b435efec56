"""The cloud tier that the settings name: a large model elsewhere, and what it may be sent."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias

from ..cascade.breaker import Breaker
from ..cascade.budget import Budget
from ..cascade.tiers import CloudTier
from ..models.catalog import FIM_TEMPLATES, family_fim
from ..protocols import Clock, Engine, Retriever
from ..settings import MCCom
from .wiring import cloud_over

CloudKey: TypeAlias = Callable[[], str]
"""Gives the key at once, and raises SettingsError where it is not known."""
CLOUD_SETTINGS = (
    *("use_cloud", "cloud_dialect", "cloud_url", "cloud_model", "cloud_key_env", "cloud_key_file"),
    *("cloud_connect_s", "cloud_timeout_s"),
)
"""What the cloud's client depends on: with the same values it is taken over."""


def draft_words(dialect: str, model: str) -> str:
    """What a cloud's model can do with a draft by its provider's documentation, in words for people."""
    from ..engines.remote.providers.table import draft_of

    draft = draft_of(dialect, model)
    return f"checks the local text as a draft ({draft})" if draft else "takes no draft"


def cloud_name(dialect: str) -> str:
    """A provider's name for people."""
    from ..engines.remote.providers.table import PROVIDERS

    return PROVIDERS[dialect].name


def cloud_address(settings: MCCom) -> str:
    """Where the cloud's server is: the address that is set, or the dialect's own service."""
    from ..engines.remote.providers.table import PROVIDERS

    return settings.cloud_url or PROVIDERS[settings.cloud_dialect].url


def open_cloud_tier(
    settings: MCCom,
    former: CloudTier | None,
    *,
    budget: Budget,
    retriever: Retriever,
    root: Path,
    clock: Clock,
    key: CloudKey | None = None,
) -> CloudTier | None:
    """The tier, or None where no cloud is set or it is switched off. Raises SettingsError as `checked`.

    The engine and the breaker are `former`'s, if any; `key` is that of a cloud that a person has set up. Documents are
    paths below `root`, whose `.mccomignore` keeps some of them here.
    """
    if not settings.cloud_dialect:
        return None
    from ..engines.remote.providers.table import checked, known
    from ..privacy.ignore import Ignored
    from ..privacy.masked_engine import MaskedEngine

    known(settings.cloud_dialect)
    if not settings.use_cloud:
        return None
    checked(settings.cloud_dialect, settings.cloud_url, settings.cloud_model)
    ignored = Ignored(root.expanduser().resolve())
    engine = former.engine if former else MaskedEngine(open_cloud_engine(settings, key))
    breaker = former.breaker if former else Breaker(clock)
    return cloud_over(engine, settings, retriever=retriever, budget=budget, breaker=breaker, kept_out=ignored.keeps)


def open_cloud_engine(settings: MCCom, key: CloudKey | None = None) -> Engine:
    """The engine of the cloud that the settings name; it masks nothing.

    `key` is that of a cloud that a person has set up, whose address is then checked at each connection; None: the
    settings name the key, and the address is an administrator's.
    """
    from ..cloud.checked_transport import checked_transport
    from ..engines.remote.providers.table import open_cloud
    from ..privacy.keys import named_key

    return open_cloud(
        settings.cloud_dialect,
        url=settings.cloud_url,
        model=settings.cloud_model,
        key=key or named_key(settings.cloud_key_env, settings.cloud_key_file),
        fim=family_fim(settings.cloud_model),
        known=FIM_TEMPLATES,
        connect_s=settings.cloud_connect_s,
        read_s=settings.cloud_timeout_s,
        transport=partial(checked_transport, cloud_address(settings)) if key else (lambda: None),
    )


_FORMS = {
    "": "",
    "markers": "asked with its family's fill-in-the-middle markers",
    "suffix": "asked with the text behind the cursor as a suffix",
    "chat": "asked in a chat",
}


def form_words(tier: CloudTier | None) -> str:
    """How a cloud's prompts are put, in words for people; empty while that is not known."""
    from ..engines.remote.cloud_engine import CloudEngine
    from ..privacy.masked_engine import MaskedEngine

    engine = tier.engine if tier else None
    inner = engine.inner if isinstance(engine, MaskedEngine) else engine
    return _FORMS[inner.asked_as] if isinstance(inner, CloudEngine) else ""
