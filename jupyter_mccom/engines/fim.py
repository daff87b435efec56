"""A Prompt as one fill-in-the-middle text with a model's markers. Knows nothing of servers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Literal, Protocol, TypeAlias

from ..types import Prompt

Layout: TypeAlias = Literal["standard", "anchored", "anchored-block"]
"""What stands after the middle marker: nothing (the training's order), the cursor's line, or its block of lines."""
ANCHOR_LINES = 4
"""Lines of a block, counted from the start of the cell's or file's part in the prompt."""
_CONTEXT_GAP = "\n\n"


class FimMarkers(Protocol):
    """The fill-in-the-middle markers of a model as text; the catalogue's `FimTemplate` is one."""

    @property
    def prefix(self) -> str: ...
    @property
    def suffix(self) -> str: ...
    @property
    def middle(self) -> str: ...


class PromptFormat:
    """How one model reads a prompt. `fim` None: `known` markers are probed for; without any, the left context alone."""

    def __init__(self, *, fim: FimMarkers | None, layout: Layout, known: Sequence[FimMarkers] = ()) -> None:
        self._fim = fim
        self._layout = layout
        self._known = tuple(known)

    @property
    def infill(self) -> bool:
        """The text after the cursor is used."""
        return self._fim is not None

    def render(self, prompt: Prompt, *, heals: bool = True) -> str:
        """The prompt as text, `forced` left off; without markers only what stands before the cursor.

        Where nothing is healed it is in the standard order, which training did cut inside words.
        """
        if self._fim is None:
            return before(prompt)
        return render(prompt, self._fim, self._layout if heals else "standard")

    async def probe(self, count: Callable[[Sequence[str]], Awaitable[list[int]]]) -> None:
        """Takes the first known markers that are single tokens of the model; `count` reads markers as such.

        Once: one that was cancelled or failed is made again.
        """
        for markers in self._known if self._fim is None else ():
            if await count([markers.prefix, markers.suffix, markers.middle]) == [1, 1, 1]:
                self._fim = markers
                break
        self._known = ()


def unforced(prompt: Prompt) -> Prompt:
    """The prompt for an engine that cannot force text: `typed` is all that was typed, without the blanks at its end.

    Tokens begin with their blank, so the model writes it itself.
    """
    return replace(prompt, typed=(prompt.typed + prompt.forced).rstrip(" \t"), forced="")


def left_blanks(prompt: Prompt) -> str:
    """The blanks before the cursor that `unforced` leaves off: a draft for such an engine begins with them."""
    typed = prompt.typed + prompt.forced
    return typed[len(typed.rstrip(" \t")) :]


def head_of(prompt: Prompt) -> str:
    """The context and the lines above the cursor's line."""
    return "".join(chunk.text.rstrip() + _CONTEXT_GAP for chunk in prompt.chunks) + prompt.prefix


def before(prompt: Prompt) -> str:
    """What stands before the cursor, `forced` left off."""
    return head_of(prompt) + prompt.typed


def render(prompt: Prompt, fim: FimMarkers, layout: Layout) -> str:
    """The prompt with markers; markers that stand in a person's own text are broken up.

    A key moves all that follows it: after an anchor, that is what is typed; in the standard order, the suffix too.
    """
    head, typed, suffix = (_without(text, fim) for text in (head_of(prompt), prompt.typed, prompt.suffix))
    if layout == "standard":
        return f"{fim.prefix}{head}{typed}{fim.suffix}{suffix}{fim.middle}"
    cut = len(head)
    if layout == "anchored-block":
        block = prompt.prefix.split("\n")[-1 - prompt.prefix.count("\n") % ANCHOR_LINES :]
        cut -= len("\n".join(block))
    return f"{fim.prefix}{head[:cut]}{fim.suffix}{suffix}{fim.middle}{head[cut:]}{typed}"


def _without(text: str, fim: FimMarkers) -> str:
    for marker in (fim.prefix, fim.suffix, fim.middle):
        text = text.replace(marker, marker[0] + " " + marker[1:])
    return text
