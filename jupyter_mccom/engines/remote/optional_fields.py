"""The fields of a request that a server may do without: which it refuses by name, and which of them are left out.

A refused field is left out and the request is made once more. That is remembered for the model, as long as its engine
lives. Knows no provider: each says which of its fields are optional.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing
from typing import Any, TypeAlias

from ...errors import CloudRefused

Fields: TypeAlias = Mapping[str, object]
_SAID_AS: Mapping[str, str] = {
    **{name: name for name in ("temperature", "stream_options", "prompt_cache_key", "prediction", "max_tokens")},
    **{name: name for name in ("max_completion_tokens", "speculation", "perf_metrics_in_response", "user")},
    "reasoning_effort": r"reasoning[_.]effort",
    "reasoning": "reasoning",
    "thinking": "thinking",
    "thinkingConfig": r"thinking_?config|thinking_?level|thinking_?budget|thinking|budget",
    "maxOutputTokens": r"max_?output_?tokens",
    "cache_prompt": "cache_prompt",
    "think": "think",
    "num_ctx": "num_ctx",
}
"""How servers name each field that this package ever leaves out, as a regular expression; case is ignored."""
_PATTERNS = {
    name: re.compile(rf"(?<![a-z0-9_]){said_as}(?![a-z0-9_])", re.IGNORECASE) for name, said_as in _SAID_AS.items()
}
_INSTEAD = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
"""The other name of a field, used where a refusal names that too."""


class OptionalFields:
    """Remembers which optional fields one model's server refuses."""

    def __init__(self) -> None:
        self._refused: set[str] = set()
        self._renamed: dict[str, str] = {}

    def kept(self, fields: Fields) -> dict[str, object]:
        """The fields that are not refused, under the names that the server knows."""
        named = {self._renamed.get(name, name): value for name, value in fields.items()}
        return {name: value for name, value in named.items() if name not in self._refused}

    async def answered(
        self, send: Callable[[dict[str, object]], AsyncGenerator[dict[str, Any], None]], fields: Fields
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The events that `send` gets with the optional fields that are left; it is called anew without a refused one.

        Raises as `send` does.
        """
        while True:
            kept = self.kept(fields)
            events = send(kept)
            try:
                async with aclosing(events):
                    async for event in events:
                        yield event
                return
            except CloudRefused as error:
                refused = next((name for name in error.fields if name in kept), None)
                if refused is None:
                    raise
                self._refused.add(refused)
                instead = _INSTEAD.get(refused, "")
                if instead in error.fields and instead not in self._refused:
                    self._renamed[refused] = instead


def named_in(said: bytes) -> tuple[str, ...]:
    """The optional fields that a refusal names: first what stands where its JSON has a place for it, then in order."""
    try:
        answer = json.loads(said)
    except (ValueError, RecursionError):
        answer = None
    named = [found for name in _named_by_shape(answer) for found in _found(name)]
    return tuple(dict.fromkeys(named + _found(said.decode("utf-8", "replace"))))


def _found(text: str) -> list[str]:
    at = {name: found.start() for name, pattern in _PATTERNS.items() if (found := pattern.search(text))}
    return sorted(at, key=lambda name: (at[name], -len(name)))


def _named_by_shape(answer: object) -> Iterator[str]:
    """OpenAI's `error.param`; the `loc` of validators such as Mistral's and vLLM's `detail`."""
    error = answer.get("error") if isinstance(answer, dict) else None
    for place in (error, answer):
        if isinstance(place, dict) and isinstance(place.get("param"), str):
            yield place["param"]
    message = answer.get("message") if isinstance(answer, dict) else None
    details = next((one.get("detail") for one in (answer, message) if isinstance(one, dict) and "detail" in one), None)
    for detail in details if isinstance(details, list) else ():
        found = detail.get("loc") if isinstance(detail, dict) else None
        yield from (part for part in reversed(found if isinstance(found, list) else []) if isinstance(part, str))
