"""A Prompt as one fill-in-the-middle text with a model's markers. Knows nothing of servers."""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

from ..types import Prompt

Layout: TypeAlias = Literal["anchored", "standard"]
_CONTEXT_GAP = "\n\n"


class FimMarkers(Protocol):
    """The model's special tokens as text; the catalogue's `FimTemplate` is one."""

    @property
    def prefix(self) -> str: ...
    @property
    def suffix(self) -> str: ...
    @property
    def middle(self) -> str: ...


def head_of(prompt: Prompt) -> str:
    """The context and the lines above the cursor's line."""
    return "".join(chunk.text.rstrip() + _CONTEXT_GAP for chunk in prompt.chunks) + prompt.prefix


def render(prompt: Prompt, fim: FimMarkers, layout: Layout) -> str:
    """The prompt with markers; markers that stand in a person's own text are broken up.

    `anchored` puts the typed part of the line after the middle marker, `standard` is the order of the training.
    """
    head, typed, suffix = (_without(text, fim) for text in (head_of(prompt), prompt.typed, prompt.suffix))
    if layout == "anchored":
        return f"{fim.prefix}{head}{fim.suffix}{suffix}{fim.middle}{typed}"
    return f"{fim.prefix}{head}{typed}{fim.suffix}{suffix}{fim.middle}"


def _without(text: str, fim: FimMarkers) -> str:
    for marker in (fim.prefix, fim.suffix, fim.middle):
        text = text.replace(marker, marker[0] + " " + marker[1:])
    return text
