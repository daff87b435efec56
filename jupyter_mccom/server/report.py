"""A report about one suggestion, in Markdown, for an issue: what was written and why, with every secret masked.

It holds no name of a document or a folder. Nothing is saved or sent here: the page shows it first.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import Any

from ..settings import MCCom, personal
from ..types import CompletionRequest, Trace
from .messages import message

_LINES_BEFORE, _LINES_AFTER = 20, 5
_PRIVATE = frozenset({"paths_off"})
"""Settings that name documents."""
_FENCE = "~~~~"
"""Longer than a fence that code or Markdown is likely to hold."""


def report_of(trace: Trace, request: CompletionRequest | None, settings: MCCom, status: Mapping[str, Any]) -> str:
    """The report. `request` is what the page asked, for the text around the cursor; None: it is not known. May take
    tens of milliseconds.
    """
    before, text, after, instead = _masked(trace, request)
    shown = "\n".join(before.split("\n")[-_LINES_BEFORE:]), "\n".join(after.split("\n")[:_LINES_AFTER])
    lines = [
        "# A suggestion of jupyter-mccom that was wrong",
        "",
        "Secrets are masked as MCCOM_SECRET_1_ and so on. Delete what you do not want to give away.",
        "",
        "## What I expected",
        "",
        "(write it here)",
        "",
        "## What was suggested",
        "",
        *_code(text),
        *(["", "Typed instead:", "", *_code(instead)] if instead else []),
        *(["", "## Around the cursor (█)", "", *_code("█".join(shown))] if request else []),
        "",
        "## Why",
        "",
        *(f"- {name}: {value}" for name, value in _figures(trace)),
        "",
        "## Where",
        "",
        *(f"- {name}: {value}" for name, value in _place(settings, status)),
    ]
    return "\n".join(lines) + "\n"


def _masked(trace: Trace, request: CompletionRequest | None) -> tuple[str, str, str, str]:
    """The text before the cursor, the suggestion, the text behind it, and what was typed instead, without secrets.

    A secret may be bare in one text and named in another, so all are read before the first is masked.
    """
    from ..privacy.own_text import at_cursor
    from ..privacy.secrets import Masking

    masking = Masking()
    before, after = (request.prefix, request.suffix) if request else ("", "")
    for start, end in at_cursor(before, after):
        masking.add((before + after)[start:end])
    for cell in (*request.cells_before, *request.cells_after) if request else ():
        masking.learn(cell.source)
    for hit in trace.hits:
        masking.learn(hit.chunk.text)
        for start, end in hit.chunk.hidden:
            masking.add(hit.chunk.text[start:end])
    for written in (trace.text, trace.instead):
        masking.learn(before, written, after)
    masked_before, text, masked_after = masking.mask_parts(before, trace.text, after)
    _, instead, _ = masking.mask_parts(before, trace.instead, after)
    return masked_before, text, masked_after, instead


def _code(text: str) -> list[str]:
    return [f"{_FENCE}text", *text.split("\n"), _FENCE]


def _figures(trace: Trace) -> Iterator[tuple[str, object]]:
    route = trace.route
    yield "asked by", trace.trigger
    yield "language", trace.language
    yield "engines asked", _joined(_without_folders(generation.engine) for generation in trace.generations)
    yield "shown from", f"{route.to}, because {message('reasons', route.reason)}"
    yield "confidence, chance of being right", f"{route.confidence}, {route.chance}"
    if trace.features:
        figures = trace.features
        yield (
            "tokens, mean and lowest probability",
            f"{figures.n_tokens}, {figures.mean_prob:.3f}, {figures.lowest_prob:.3f}",
        )
    yield "stopped by", _joined(generation.stop for generation in trace.generations)
    yield "pieces of context, their scores", _joined(f"{hit.score:.2f}" for hit in trace.hits)
    if trace.draft:
        yield "draft tokens accepted, offered", f"{trace.draft.accepted}, {trace.draft.offered}"
    yield "seconds", _joined(f"{stage} {took_s:.2f}" for stage, took_s in trace.stage_s.items())
    if trace.outcome:
        yield "outcome", f"{trace.outcome.kind} after {trace.outcome.shown_ms} ms"
    if trace.trouble:
        yield "the cloud failed", "yes; its words are in %mccom why"


def _place(settings: MCCom, status: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    yield "jupyter-mccom", version("jupyter-mccom")
    yield "Python, system", f"{platform.python_version()}, {platform.system()} {platform.machine()}"
    model, cloud = _without_folders(status["model"]["id"]), status["cloud"]
    yield "model, engine, threads", f"{model}, {status['engine']}, {status['threads']}"
    yield "cloud", f"{cloud['provider']}, {_without_folders(cloud['model'])}" if cloud else "none"
    defaults = MCCom.class_traits(config=True)
    own = {name: getattr(settings, name) for name in personal() if name not in _PRIVATE}
    changed = {name: value for name, value in own.items() if value != defaults[name].default()}
    set_ = (f"{name} = {_without_folders(value)!r}" for name, value in changed.items())
    yield "settings that differ from the defaults", _joined(set_)


def _without_folders(value: Any) -> Any:
    """A value; of a model that is a path, or stands below an account, its own name."""
    return re.split(r"[/\\]", value.rstrip("/\\"))[-1] if isinstance(value, str) else value


def _joined(values: Iterable[str]) -> str:
    return ", ".join(values) or "none"
