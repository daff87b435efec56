"""A prompt as a chat, and a chat's answer as the text at the cursor. Knows no route.

A chat model is asked for the cursor's line from its start, because it writes whole words: a line that ends inside a
word is continued there as it was trained. What the answer repeats of the line, or of the lines above, is taken away
while it streams; so is a fence, and what stands behind it. An answer that writes the line otherwise is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from ...types import Prompt
from ..fim import head_of
from ..token_counts import estimate

SYSTEM = (
    "You are the code completion of an editor. You are shown the code around a line that is being typed. Reply with "
    "that line: repeat what is typed of it, character by character, and continue to the end of the statement. What is "
    "typed may end inside a word. Where nothing is typed yet, reply with the next statement. Reply with code only: no "
    "explanation, no code fence, and nothing that stands above the line or behind the cursor already."
)
_FENCE = "```"
_FENCE_STARTS = ("\n``", "\n`", "``", "\n", "`")
"""What may become a fence with the next piece, the longest first."""
_REWRITTEN = 0.5
"""An answer that shares this much of the line's start and then differs has written the line otherwise."""


def turns(prompt: Prompt) -> list[tuple[Literal["user", "assistant"], str]]:
    """The chat so far and the question: two examples, which small models need, then the prompt."""
    asked = _question(head_of(prompt), prompt.typed + prompt.forced, prompt.suffix)
    return [*_EXAMPLES, ("user", asked)]


def messages(prompt: Prompt) -> list[dict[str, str]]:
    """The turns with the system's words before them, as most routes take them."""
    return [
        {"role": "system", "content": SYSTEM},
        *({"role": role, "content": said} for role, said in turns(prompt)),
    ]


def _question(above: str, line: str, behind: str) -> str:
    """What a key changes stands last, so that a server's cache holds the rest."""
    return f"Code behind the cursor:\n{behind}\n\nCode above the line:\n{above}\nLine to complete:\n{line}"


_EXAMPLES: tuple[tuple[Literal["user", "assistant"], str], ...] = (
    ("user", _question("import math\n\n\ndef area(radius):\n", "    return math.p", "\n\nprint(area(2))\n")),
    ("assistant", "    return math.pi * radius ** 2"),
    ("user", _question("import json\n\nwith open(path) as file:\n    data = json.load(file)\n", "", "\n")),
    ("assistant", "print(len(data))"),
)


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
        keep = next((len(one) for one in _FENCE_STARTS if self._held.endswith(one)), 0)
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
        return same >= max(2, _REWRITTEN * len(line))


def _line_repeats(typed: str) -> list[str]:
    """What an answer may say again of the cursor's line, the longest first: the line, its end from a word on, blanks.

    None of a line of blanks: they may be the indentation of a statement that the answer begins.
    """
    if not typed.strip():
        return []
    ends = (typed[found.start() :] for found in re.finditer(r"\b\w", typed))
    blanks = typed[len(typed.rstrip(" \t")) :]
    found = {typed, typed.lstrip(" \t"), *(end for end in ends if len(end) > 1), blanks} - {""}
    return sorted(found, key=len, reverse=True)


def _unfenced(text: str) -> str:
    return text.lstrip().partition("\n")[2] if text.lstrip().startswith(_FENCE) else text
