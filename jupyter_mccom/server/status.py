"""The state of a server in one JSON object, the same for `GET /mccom/status` and `jupyter mccom status --json`."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ..compose import OpenCascade, cloud_address, cloud_name, draft_words, form_words
from ..errors import ModelError
from ..settings import THRESHOLDS, personal
from ..types import Off
from .cloud_health import cloud_health
from .messages import message
from .pulls import PullProgress
from .snooze import snooze_line

GATES: Mapping[bool | None, str] = {
    True: "confidence, parse and actions",
    False: "parse and actions, because it reports no probabilities",
    None: "parse and actions; its first answer shows whether it reports probabilities for confidence",
}

_NO_INFILL = (
    "{} writes markers of its own instead of code: it has no fill-in-the-middle; choose another model (for a server: "
    "MCCom.local_model)"
)


def status_of(
    opened: OpenCascade,
    *,
    locked: Collection[str] = (),
    wrong: Sequence[str] = (),
    pull: PullProgress | None = None,
    pull_trouble: str = "",
    snooze: dict[str, Any] | None = None,
    off_here: Off | None = None,
) -> dict[str, Any]:
    """The status as JSON, as `tests/wire/status_*.json` show it; fields of later parts are null.

    `wrong`: a line for each setting that the server's configuration has wrong.
    """
    present, trouble = _present(opened)
    state, detail = _state(opened, present, pull, pull_trouble or trouble, fixed="enabled" in locked)
    return {
        "state": state,
        "detail": detail,
        "engine": opened.local.kind,
        "engine_why": "; ".join(filter(None, (opened.local.why_not_mlx, opened.local.why_no_gpu))),
        "model": {"id": opened.model.family, "bytes": opened.model.n_bytes, "present": present},
        "threads": opened.local.threads,
        "pull": asdict(pull) if pull else None,
        "cost_curve": opened.cost_curve,
        "prompt": asdict(opened.prompt),
        "stepped_down": opened.local.stepped_down,
        "auto": _auto(opened),
        "server": _server(opened),
        "cloud": _cloud(opened),
        "index": asdict(opened.tree.status) if opened.tree else None,
        "learning": _learning(opened),
        "wrong_settings": list(wrong),
        "locked": [name for name in personal() if name in locked],
        "snooze": snooze,
        "off_here": off_here,
        "opt_outs_bind": opened.settings.opt_outs_bind,
        "totals": asdict(opened.cascade.journal.totals),
    }


def _auto(opened: OpenCascade) -> dict[str, Any] | None:
    """What `auto` chose and why, with seconds a statement by model; None without `auto`."""
    choice = opened.local.choice
    if choice is None:
        return None
    figures = {name: asdict(one) for name, one in choice.figures.items()}
    told: dict[str, Any] = {"model": choice.name, "why": choice.why, "offer": choice.offer or None}
    told |= {"offered": asdict(choice.offered) if choice.offered else None}
    told |= {"budget_s": opened.settings.auto_budget_s, "too_large": list(choice.too_large)}
    return told | {"measured": figures, "statement_s": dict(choice.statement_s)}


def _server(opened: OpenCascade) -> dict[str, Any] | None:
    """The server at `local_url`; None without one."""
    local = opened.local
    if local.server is None:
        return None
    told = {"url": local.url, "kind": local.server.words or None, "leaves": bool(local.leaves)}
    return told | {"gates": GATES[local.server.tells_probs]}


def _cloud(opened: OpenCascade) -> dict[str, Any] | None:
    settings, journal = opened.settings, opened.cascade.journal
    if not settings.cloud_dialect:
        return None
    kernel = settings.use_kernel and settings.kernel_to_cloud
    draft = draft_words(settings.cloud_dialect, settings.cloud_model)
    state, detail = cloud_health(opened)
    return {
        "dialect": settings.cloud_dialect,
        "provider": settings.cloud_dialect,
        "name": cloud_name(settings.cloud_dialect),
        "by": "person" if opened.cloud_key else "administrator",
        "state": state,
        "detail": detail,
        "model": settings.cloud_model or settings.cloud_dialect,
        "url": cloud_address(settings),
        "draft": "; ".join(filter(None, (draft, form_words(opened.cascade.cloud)))),
        "prompt_tokens": settings.cloud_prompt_tokens,
        "kernel": kernel,
        "sends": sent(settings.cloud_prompt_tokens, kernel=kernel),
        "on": settings.use_cloud,
        "calls_left": opened.budget.calls_left,
        "calls_saved": journal.calls_saved(time.time()),
        "spent": opened.budget.spent,
        "trouble": journal.cloud_trouble if settings.use_cloud else "",
    }


def sent(prompt_tokens: int, *, kernel: bool) -> str:
    """What the cloud is sent, and when."""
    codes = ("kernel" if kernel else "no-kernel", "masked")
    return " ".join([message("sent", "cloud", prompt_tokens), *(message("sent", code) for code in codes)])


def _learning(opened: OpenCascade) -> dict[str, Any]:
    """The thresholds in force and why. `of` says what they limit: the confidence, or the chance of being right.

    `eagerness` is None where the person has set both thresholds.
    """
    gates, recorder = opened.cascade.gates, opened.recorder
    verdict = recorder.verdict if recorder else None
    own = [name for name in THRESHOLDS if getattr(opened.settings, name) >= 0]
    return {
        "eagerness": None if len(own) == len(THRESHOLDS) else opened.settings.eagerness,
        "route": {"above": gates.sure, "of": "chance" if gates.sure_chance else "confidence"},
        "show": {"above": gates.show, "of": "chance" if gates.show_chance else "confidence"},
        "set": own,
        "why": verdict.why if verdict else "using the default thresholds: nothing is kept to learn from",
        "n_outcomes": verdict.n if verdict else 0,
        "gain": asdict(verdict.gain) if verdict and verdict.gain else None,
        "trouble": recorder.trouble if recorder else "",
    }


def lines_of(status: Mapping[str, Any]) -> list[str]:
    """A status in lines for a person."""
    learning = status["learning"]
    found = [
        f"{status['state']}: {status['detail']}",
        *status["wrong_settings"],
        snooze_line(status["snooze"]),
        off_line(status["off_here"]),
        _engine_line(status),
        status["engine_why"],
        f"auto: {status['auto']['why']}" if status["auto"] else "",
        status["stepped_down"],
        f"prompts: {status['prompt']['why']}",
        *cloud_lines(status["cloud"], leaves=leaves_to(status)),
        _gates_line(learning, cloud=bool(status["cloud"] and status["cloud"]["on"])),
        f"set by you: {', '.join(learning['set'])}" if learning["set"] else "",
        *_index_lines(status["index"]),
        learning["why"],
        learning["trouble"],
    ]
    return [line for line in found if line]


def off_line(off_here: str | None) -> str:
    """Why nothing is completed in the document that was asked about; empty where it is."""
    return f"nothing comes here: {message('reasons', off_here)}" if off_here else ""


def _gates_line(learning: Mapping[str, Any], *, cloud: bool) -> str:
    """Which texts are shown, and which send a request to the cloud; `cloud`: there is one, and it may be asked."""
    named = f"eagerness {learning['eagerness']}: " if learning["eagerness"] else ""
    spared, shown = _above(learning["route"]), _above(learning["show"])
    if cloud:
        return f"{named}{spared}: shown; otherwise the cloud is asked; if it does not answer, {shown}: shown"
    return f"{named}{shown}: shown; otherwise: hidden"


def _index_lines(index: Mapping[str, Any] | None) -> list[str]:
    """How much of the project is searched, and what is not."""
    if index is None:
        return []
    return [f"project: {index['n_documents']} files, {index['n_chunks']} pieces ({index['state']})", index["detail"]]


def _engine_line(status: Mapping[str, Any]) -> str:
    server = status["server"]
    if server:
        return f"engine {server['kind'] or 'server'} at {server['url']}; gates: {server['gates']}"
    n_threads = status["threads"]
    return f"engine {status['engine']}, {n_threads} {'thread' if n_threads == 1 else 'threads'}"


def leaves_to(status: Mapping[str, Any]) -> str:
    """Where the local tier sends text; empty when it stays on this machine."""
    server = status["server"]
    return server["url"] if server and server["leaves"] else ""


def cloud_lines(cloud: Mapping[str, Any] | None, *, leaves: str = "") -> list[str]:
    """Which cloud is asked and what is sent to it. `leaves` is the address to which the local tier sends text."""
    if cloud is None or not cloud["on"]:
        where = f"text around the cursor goes to {leaves}" if leaves else "nothing leaves this machine"
        return [f"the cloud is off; {where}"]
    left = "no limit" if cloud["calls_left"] is None else f"{cloud['calls_left']} calls left today"
    where = f"{cloud['model']} at {cloud['url']} ({cloud['dialect']}: {cloud['draft']})"
    lines = [f"cloud {where}; {left}; {cloud['calls_saved']} saved today", cloud["sends"]]
    lines += [cloud["detail"]] if cloud["detail"] else []
    return [*lines, message("sent", "leaves", leaves)] if leaves else lines


def _above(threshold: Mapping[str, Any]) -> str:
    of = "chance of being right" if threshold["of"] == "chance" else "confidence"
    return f"{of} > {threshold['above']:g}"


def _present(opened: OpenCascade) -> tuple[bool, str]:
    try:
        return opened.local.present(), ""
    except ModelError as error:
        return False, str(error)


def _state(
    opened: OpenCascade, present: bool, pull: PullProgress | None, pull_trouble: str, *, fixed: bool
) -> tuple[str, str]:
    """The state and what is said of it. `fixed`: the server's configuration decides whether completions are on."""
    name = opened.model.family
    if not opened.settings.enabled:
        step = "Switch them on with %mccom on, or with MCCom.enabled."
        step = "The server's configuration says so." if fixed else step
        return "off", f"{message('states', 'off')} {step}"
    if pull:
        return "downloading", message("states", "downloading", pull.model)
    if pull_trouble:
        return "trouble", pull_trouble
    if not present:
        return "get-model", f"{message('states', 'get-model', name)} {_download(opened)}"
    if opened.local.measuring:
        return "measuring", message("states", "measuring")
    if opened.host is not None and opened.host.state == "loading":
        return "loading", message("states", "loading", name)
    if opened.local.trouble:
        return "trouble", opened.local.trouble
    if opened.cascade.journal.without_infill == opened.local.engine.name:
        return "trouble", _NO_INFILL.format(name)
    return "ready", _ready(opened)


def _download(opened: OpenCascade) -> str:
    size = f"{opened.model.n_bytes / 1e6:.0f} MB"
    return f"To download it ({size}), run: jupyter mccom pull {opened.model.family}"


def _ready(opened: OpenCascade) -> str:
    name, cloud, leaves = opened.model.family, opened.cascade.cloud, opened.local.leaves
    if cloud is None:
        return message("states", "ready-server", name, leaves) if leaves else message("states", "ready", name)
    state, detail = cloud_health(opened)
    if state in ("paused", "limited") and not cloud.budget.spent:
        said = message("states", "ready-away", name, detail)
    elif opened.cascade.journal.cloud_trouble:
        said = message("states", "ready-away", name, opened.cascade.journal.cloud_trouble)
    elif cloud.budget.spent:
        said = message("states", "ready-spent", name)
    else:
        said = message("states", "ready-cloud", name, cloud.engine.name)
    return f"{message('sent', 'leaves', leaves)} {said}" if leaves else said
