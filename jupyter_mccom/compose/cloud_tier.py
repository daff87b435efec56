"""The cloud tier that the settings name: a large model elsewhere, and what it may be sent."""

from __future__ import annotations

from pathlib import Path

from ..cascade.budget import Budget
from ..cascade.tiers import CloudTier
from ..models.catalog import FIM_TEMPLATES, family_fim
from ..protocols import Engine, Retriever
from ..settings import MCCom
from .wiring import cloud_over

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


def cloud_address(settings: MCCom) -> str:
    """Where the cloud's server is: the address that is set, or the dialect's own service."""
    from ..engines.remote.providers.table import PROVIDERS

    return settings.cloud_url or PROVIDERS[settings.cloud_dialect].url


def open_cloud_tier(
    settings: MCCom, former: CloudTier | None, *, budget: Budget, retriever: Retriever, root: Path
) -> CloudTier | None:
    """The tier, or None where no cloud is set or it is switched off. Raises SettingsError as `checked`.

    The engine is `former`'s, if any. Documents are paths below `root`, whose `.mccomignore` keeps some of them here.
    """
    if not settings.cloud_dialect:
        return None
    from ..engines.remote.providers.table import checked, known
    from ..privacy.ignore import Ignored

    known(settings.cloud_dialect)
    if not settings.use_cloud:
        return None
    checked(settings.cloud_dialect, settings.cloud_url, settings.cloud_model)
    engine = former.engine if former else _masked_cloud(settings)
    ignored = Ignored(root.expanduser().resolve())
    return cloud_over(engine, settings, retriever=retriever, budget=budget, kept_out=ignored.covers)


def _masked_cloud(settings: MCCom) -> Engine:
    from ..engines.remote.providers.table import open_cloud
    from ..privacy.keys import key_from
    from ..privacy.masked_engine import MaskedEngine

    engine = open_cloud(
        settings.cloud_dialect,
        url=settings.cloud_url,
        model=settings.cloud_model,
        key=lambda: key_from(settings.cloud_key_env, settings.cloud_key_file),
        fim=family_fim(settings.cloud_model),
        known=FIM_TEMPLATES,
        connect_s=settings.cloud_connect_s,
        read_s=settings.cloud_timeout_s,
    )
    return MaskedEngine(engine)


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
