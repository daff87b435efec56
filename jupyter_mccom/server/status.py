"""The state of a server in one JSON object, the same for `GET /mccom/status` and `jupyter mccom status --json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..compose import OpenCascade, draft_words
from ..errors import ModelError
from .pulls import PullProgress

_SENDS = (
    "when the local model is unsure or you type something else, up to {} tokens: around the cursor, of other cells and "
    "of files of the project; secrets are masked, and documents named in .mccomignore stay here"
)


def status_of(
    opened: OpenCascade, *, enabled: bool, pull: PullProgress | None = None, pull_trouble: str = ""
) -> dict[str, Any]:
    """See `tests/wire/status_*.json`; fields of later parts are null."""
    present, trouble = _present(opened)
    state, detail = _state(opened, enabled, present, pull, pull_trouble or trouble)
    return {
        "state": state,
        "detail": detail,
        "engine": "llamacpp",
        "model": {"id": opened.model.id, "bytes": opened.model.n_bytes, "present": present},
        "threads": opened.threads,
        "pull": asdict(pull) if pull else None,
        "cost_curve": None,
        "cloud": _cloud(opened),
        "index": asdict(opened.tree.status) if opened.tree else None,
        "totals": asdict(opened.cascade.journal.totals),
    }


def _cloud(opened: OpenCascade) -> dict[str, Any] | None:
    cloud = opened.cascade.cloud
    if cloud is None:
        return None
    totals = opened.cascade.journal.totals
    return {
        "dialect": opened.dialect,
        "model": cloud.engine.name,
        "url": opened.cloud_url,
        "draft": draft_words(opened.dialect),
        "sends": _SENDS.format(cloud.context.n_tokens),
        "calls_left": cloud.budget.calls_left,
        "calls_saved": totals.requests - totals.cloud,
        "trouble": opened.cascade.journal.cloud_trouble,
    }


def _present(opened: OpenCascade) -> tuple[bool, str]:
    try:
        return opened.store.present(opened.model.id), ""
    except ModelError as error:
        return False, str(error)


def _state(
    opened: OpenCascade, enabled: bool, present: bool, pull: PullProgress | None, pull_trouble: str
) -> tuple[str, str]:
    name = opened.model.id
    if not enabled:
        return "off", "completions are switched off by the server's settings (MCCom.enabled)"
    if pull:
        return "downloading", f"downloading {pull.model}"
    if pull_trouble:
        return "trouble", pull_trouble
    if not present:
        size = f"{opened.model.n_bytes / 1e6:.0f} MB"
        return "get-model", f"the model {name} ({size}) is not on this machine; click to download it"
    if opened.host.state == "loading":
        return "loading", f"loading {name}"
    if opened.host.trouble:
        return "trouble", opened.host.trouble
    cloud = opened.cascade.cloud
    if cloud is None:
        return "ready", f"{name} answers on this machine; nothing leaves it"
    if opened.cascade.journal.cloud_trouble:
        return "ready", f"{name} answers alone: {opened.cascade.journal.cloud_trouble}"
    if cloud.budget.spent:
        return (
            "ready",
            f"{name} answers alone: the cloud's calls or tokens of today are used up (MCCom.cloud_calls_a_day)",
        )
    return "ready", f"{name} answers here, and asks {cloud.engine.name} when it is unsure"
