"""A prompt as a chat, and a chat's answer as the text at the cursor. Knows no route.

A chat model is asked for the cursor's line from its start, because it writes whole words: a line that ends inside a
word is continued there as it was trained. What the answer repeats of the line, or of the lines above, is taken away
while it streams; so is a fence, and what stands behind it. An answer that writes the line otherwise is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...types import Prompt
from ..fim import head_of
from ..token_counts import estimate

SYSTEM = (
    "You complete code in an editor. <after> holds the text behind the cursor, <before> the lines above the cursor's "
    "line, and <line> the cursor's line as far as it is typed. Write <line> again, exactly as it is typed, and "
    "continue it to the end of its statement. Where <line> is empty, write the statement that belongs there. Answer "
    "with that code only: no explanation, no code fence, no tag, and nothing that <after> holds already."
)
_FENCE = "```"
_REWRITTEN = 0.5
"""An answer that shares this much of the line's start and then differs has written the line otherwise."""


def question(prompt: Prompt) -> str:
    """The prompt as the person's message; what a key changes stands last."""
    line = prompt.typed + prompt.forced
    return f"<after>{prompt.suffix}</after>\n<before>{head_of(prompt)}</before>\n<line>{line}</line>"


def most_tokens_of(prompt: Prompt, max_tokens: int) -> int:
    """Tokens that an answer may take which begins with the cursor's line."""
    return max_tokens + 2 * estimate(prompt.typed + prompt.forced)


def prediction_of(prompt: Prompt, draft: str) -> str:
    """A draft as the answer's text; empty without one."""
    return prompt.typed + prompt.forced + draft if draft else ""


class ChatText:
    """A chat's answer less its fence and what it repeats; holds back what may still be one of them."""

    def __init__(self, prompt: Prompt) -> None:
        self._typed = prompt.typed + prompt.forced
        self._above = prompt.prefix + self._typed
        self._line_repeats = _line_repeats(self._typed)
        self._held = ""
        self._begun = self._over = False

    def add(self, text: str) -> str:
        """What can be given out now."""
        self._held += text
        if not self._begun:
            if not self._head_is_known():
                return ""
            self._begin()
        if self._over:
            return ""
        cut = self._held.find(_FENCE)
        if cut >= 0:
            self._over = True
            return self._held[:cut].removesuffix("\n")
        keep = next((n for n in (3, 2, 1) if self._held.endswith(("\n" + _FENCE)[:n])), 0)
        out, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return out

    def rest(self) -> str:
        """What was held back at the end of the answer."""
        if not self._begun:
            self._begin()
        return "" if self._over else self._held.partition(_FENCE)[0]

    def _begin(self) -> None:
        self._begun = True
        text = _unfenced(self._held)
        repeated = next((one for one in self._repeats(text) if text.startswith(one)), "")
        self._held = text.removeprefix(repeated)
        self._over = not repeated and self._rewritten(text)

    def _head_is_known(self) -> bool:
        head = self._held.lstrip()
        if head[:3] == _FENCE[: len(head[:3])] and "\n" not in head:
            return False
        text = _unfenced(self._held)
        return bool(text) and not any(len(text) < len(one) and one.startswith(text) for one in self._repeats(text))

    def _repeats(self, text: str) -> Iterator[str]:
        """What the answer may say again, the longest first: lines above with the cursor's line, or parts of that."""
        first = text.partition("\n")[0]
        starts = [0, *(found.end() for found in re.finditer("\n", self._above))]
        least = 1 if self._typed.strip() else 2
        for start in starts[:-least]:
            if self._above.startswith(first, start):
                yield self._above[start:]
        yield from self._line_repeats

    def _rewritten(self, text: str) -> bool:
        line, text = self._typed.lstrip(" \t"), text.lstrip(" \t")
        same = next((n for n, (a, b) in enumerate(zip(line, text, strict=False)) if a != b), min(len(line), len(text)))
        return same >= 4 and same >= _REWRITTEN * len(line)


def _line_repeats(typed: str) -> list[str]:
    """What an answer may say again of the cursor's line, the longest first: the line, its half word, its last blanks.

    None of a line of blanks: they may be the indentation of a statement that the answer begins.
    """
    if not typed.strip():
        return []
    half_word = re.search(r"\w{2,}$", typed)
    blanks = typed[len(typed.rstrip(" \t")) :]
    found = {typed, typed.lstrip(" \t"), half_word[0] if half_word else "", blanks} - {""}
    return sorted(found, key=len, reverse=True)


def _unfenced(text: str) -> str:
    return text.lstrip().partition("\n")[2] if text.lstrip().startswith(_FENCE) else text
