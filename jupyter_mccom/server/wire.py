"""JSON ↔ types: the one place where what comes from outside is checked.

The shapes are the contract with `labextension/src/server/wire.ts`; `tests/wire/*.json` are read by the tests of both.
Knows nothing of HTTP. Raises WireError with one line that names the field.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar, get_args

from ..cloud.cloud_request import CloudRequest
from ..cloud.trial import Trial
from ..errors import WireError
from ..models.catalog import ids
from ..settings import AUTO, MCCom, kinds, personal
from ..types import (
    Cell,
    CellKind,
    CompletionRequest,
    Multiline,
    OptOut,
    Outcome,
    OutcomeKind,
    Suggestion,
    Survival,
    SurvivalAge,
    Trace,
    Trigger,
)
from ..way_out import Left
from .shared_path import below_root
from .snooze import MOST_MINUTES

MAX_BODY_BYTES = 256 * 1024
"""Larger bodies get 413; the client cuts the cells to stay well below."""
_MAX_NAME_CHARS = 64
"""Of a language. A longer one is none, and would be kept with the figures."""
_MAX_ID_CHARS = 4096
"""Of a path, and of what is named by one."""
_MAX_NAMES = 1000
"""Most languages or paths in a setting."""
_UNPRINTABLE = re.compile(r"[\0\ud800-\udfff]")
"""NUL and half a character: no file system, model or parser takes them."""
_MAX_DEADLINE_S = 120.0
_MAX_COUNT = 2**53
"""The largest count that JavaScript holds exactly."""

T = TypeVar("T")


def _field(body: Mapping[str, Any], name: str, kind: type[T], default: T | None = None) -> T:
    value = body.get(name, default)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        if abs(value) > _MAX_COUNT:
            raise WireError(f"field {name!r} is a number that is too large")
        value = float(value)
    if value is None or not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        if value is None:
            raise WireError(f"field {name!r} is missing (expected {kind.__name__})")
        raise WireError(f"field {name!r} must be {kind.__name__}, not {type(value).__name__}")
    return value


def _choice(body: Mapping[str, Any], name: str, choices: tuple[str, ...], default: str | None = None) -> Any:
    value = _field(body, name, str, default)
    if value not in choices:
        raise WireError(f"field {name!r} must be one of {', '.join(choices)}, not {value[:_MAX_NAME_CHARS]!r}")
    return value


def _count(body: Mapping[str, Any], name: str) -> int:
    value = _field(body, name, int, 0)
    if not 0 <= value <= _MAX_COUNT:
        raise WireError(f"field {name!r} must be between 0 and {_MAX_COUNT}")
    return value


def _name(body: Mapping[str, Any], name: str, default: str | None = None, *, n_chars: int = _MAX_ID_CHARS) -> str:
    """A path, a name or an id."""
    value = _field(body, name, str, default)
    if len(value) > n_chars:
        raise WireError(f"field {name!r} has more than {n_chars} characters")
    if _UNPRINTABLE.search(value):
        raise WireError(f"field {name!r} holds a NUL or half a character")
    return value


def _text(body: Mapping[str, Any], name: str) -> str:
    """A text of a person; what is no character in it becomes one that stands for it."""
    return _UNPRINTABLE.sub("\ufffd", _field(body, name, str))


def _id(body: Mapping[str, Any]) -> str:
    value = _name(body, "suggestion_id", n_chars=_MAX_NAME_CHARS)
    if not value.isascii():
        raise WireError(f"field 'suggestion_id' must be the id of a suggestion, not {value!r}")
    return value


def _object(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise WireError(f"{what} must be a JSON object, not {type(value).__name__}")
    return value


def _cells(body: Mapping[str, Any], name: str) -> tuple[Cell, ...]:
    def cell(value: object) -> Cell:
        item = _object(value, f"an item of {name!r}")
        return Cell(
            cell_id=_name(item, "cell_id"),
            kind=_choice(item, "kind", get_args(CellKind)),
            source=_text(item, "source").replace("\r\n", "\n"),
            ran=None if item.get("ran") is None else _count(item, "ran"),
        )

    return tuple(map(cell, _field(body, name, list, [])))


def outcome_from(value: object) -> Outcome:
    """An Outcome from its JSON object."""
    body = _object(value, "an outcome")
    return Outcome(
        suggestion_id=_id(body),
        kind=_choice(body, "kind", get_args(OutcomeKind)),
        kept_chars=_count(body, "kept_chars"),
        shown_ms=_count(body, "shown_ms"),
    )


def survival_from(value: object) -> Survival:
    """A Survival from the body of `POST /mccom/survival`."""
    body = _object(value, "a survival")
    ages: tuple[SurvivalAge, ...] = get_args(SurvivalAge)
    after_s = _count(body, "after_s")
    found = next((age for age in ages if age == after_s), None)
    if found is None:
        raise WireError(f"field 'after_s' must be one of {', '.join(map(str, ages))}, not {after_s}")
    _field(body, "kept_chars", int)  # none is not 0: that would say that all is gone
    kept_chars, of_chars = _count(body, "kept_chars"), _count(body, "of_chars")
    if not kept_chars <= of_chars or not of_chars:
        raise WireError(f"field 'of_chars' must be at least 1 and not less than 'kept_chars', not {of_chars}")
    return Survival(suggestion_id=_id(body), after_s=found, kept_chars=kept_chars, of_chars=of_chars)


def request_from(value: object) -> CompletionRequest:
    """A CompletionRequest from the body of `POST /mccom/complete`."""
    body = _object(value, "the request body")
    deadline_s = _field(body, "deadline_s", float, 30.0)
    if not 0 < deadline_s <= _MAX_DEADLINE_S:
        raise WireError(f"field 'deadline_s' must be above 0 and at most {_MAX_DEADLINE_S:g}, not {deadline_s:g}")
    last = body.get("last")
    return CompletionRequest(
        id=_name(body, "request_id"),
        client=_name(body, "client_id"),
        document=below_root(_name(body, "document")),
        cell_id=_name(body, "cell_id", ""),
        language=_name(body, "language", n_chars=_MAX_NAME_CHARS).lower(),
        prefix=_text(body, "prefix"),
        suffix=_text(body, "suffix"),
        cells_before=_cells(body, "cells_before"),
        cells_after=_cells(body, "cells_after"),
        n_cells_above=_count(body, "n_cells_above"),
        trigger=_choice(body, "trigger", get_args(Trigger), "typing"),
        multiline=None if body.get("multiline") is None else _choice(body, "multiline", get_args(Multiline)),
        last=None if last is None else outcome_from(last),
        deadline_s=deadline_s,
        opt_out=None if body.get("opt_out") is None else _choice(body, "opt_out", get_args(OptOut)),
    )


def position_from(value: object) -> CompletionRequest | None:
    """A CompletionRequest from the body of `POST /mccom/warm`; None for an empty object."""
    return request_from(value) if _object(value, "the request body") else None


def report_request_from(value: object) -> tuple[str, CompletionRequest | None]:
    """The suggestion, and the request that it answered if the page knows it, from the body of `POST /mccom/report`."""
    body = _object(value, "the request body")
    request = body.get("request")
    return _id(body), None if request is None else request_from(request)


def model_from(value: object) -> str | None:
    """The model id in the body of `POST /mccom/pull`; None means the configured model."""
    body = _object(value, "the request body")
    return None if body.get("model") is None else _name(body, "model")


def minutes_from(value: object) -> float | None:
    """How long to pause, from the body of `PUT /mccom/snooze`; None: until the server restarts."""
    body = _object(value, "the request body")
    if body.get("minutes") is None:
        return None
    minutes = _field(body, "minutes", float)
    if not 0 < minutes <= MOST_MINUTES:
        raise WireError(f"field 'minutes' must be above 0 and at most {MOST_MINUTES}, or null")
    return minutes


def settings_from(value: object) -> dict[str, object]:
    """Settings by name from the body of `PATCH /mccom/settings`. A model is an id or `auto`, never a path."""
    body, known = _object(value, "the request body"), kinds()
    for name in body:
        if name not in known:
            raise WireError(f"no setting is named {name[:_MAX_NAME_CHARS]!r}; see the settings in the README")
    values: dict[str, object] = {name: _setting(body, name, known[name]) for name in body}
    if "model" in values:
        _choice(body, "model", (*ids(), AUTO))
    return values


def _setting(body: Mapping[str, Any], name: str, kind: type) -> object:
    """The value of a setting. Numbers of any size pass: the setting itself says what its range is.

    Texts are bounded: each open page is told of them, and each request compares with those of a list.
    """
    value = body[name]
    if kind is str:
        return _name(body, name)
    if kind is list:
        return _names(body, name)
    return value if kind is float and type(value) is int else _field(body, name, kind)


def _names(body: Mapping[str, Any], name: str) -> list[str]:
    items = _field(body, name, list)
    if len(items) > _MAX_NAMES:
        raise WireError(f"field {name!r} has {len(items)} items; {_MAX_NAMES} are allowed")
    return [_name({name: item}, name) for item in items]


def json_from_settings(settings: MCCom, locked: Collection[str]) -> dict[str, Any]:
    """The settings that a person may change, and those that the server's configuration fixes."""
    names = personal()
    values = {name: getattr(settings, name) for name in names}
    return {"settings": values, "locked": [name for name in names if name in locked]}


def json_from_left(left: Iterable[Left]) -> dict[str, Any]:
    """The requests that left this machine last, each as an object."""
    return {"left": [asdict(one) for one in left]}


def line_from_suggestion(suggestion: Suggestion) -> dict[str, Any]:
    """One NDJSON line of an answer."""
    return {
        "type": "final" if suggestion.final else "text",
        "request_id": suggestion.request_id,
        "suggestion_id": suggestion.suggestion_id,
        "text": suggestion.text,
        "origin": suggestion.origin,
        "route": asdict(suggestion.route),
    }


def line_from_trouble(request_id: str, message: str) -> dict[str, Any]:
    """The NDJSON line that ends a failed answer; `message` is one line with its next step."""
    return {
        "type": "trouble",
        "request_id": request_id,
        "suggestion_id": None,
        "text": message,
        "origin": None,
        "route": None,
    }


def json_from_trace(trace: Trace) -> dict[str, Any]:
    """A Trace as a JSON object; times in seconds, probabilities 0..1. Of a hit's chunk, its place and its text."""
    found = asdict(trace)
    for hit in found["hits"]:
        del hit["chunk"]["hidden"], hit["chunk"]["frames"]
    return found


def cloud_request_from(value: object, *, names_model: bool) -> CloudRequest:
    """A CloudRequest from a body of `/mccom/cloud`; `names_model`: the route is about one model."""
    body = _object(value, "the request body")
    return CloudRequest(
        provider=_name(body, "provider").strip(),
        url=_name(body, "url", "").strip(),
        model=_name(body, "model", None if names_model else "").strip(),
        key=_field(body, "key", str, "").strip(),
        local=_field(body, "local", bool, False),
    )


def trial_request_from(value: object) -> CloudRequest:
    """A CloudRequest from the body of `POST /mccom/cloud/test`; an empty object names the cloud in use."""
    named = _object(value, "the request body")
    return cloud_request_from(named, names_model=True) if named else CloudRequest(provider="")


def json_from_trial(trial: Trial) -> dict[str, Any]:
    """What came of a cloud's test call."""
    return asdict(trial) | {"seconds": round(trial.seconds, 3)}
