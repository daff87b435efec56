"""The state of a server in one JSON object, the same for `GET /mccom/status` and `jupyter mccom status --json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..compose import OpenCascade
from ..errors import ModelError
from .pulls import PullProgress


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
        "cloud": None,
        "index": None,
        "totals": asdict(opened.cascade.journal.totals),
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
    return "ready", f"{name} answers on this machine; nothing leaves it"
