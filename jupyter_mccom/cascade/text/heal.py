"""Where the prompt's last line ends: back to where a token surely begins; what is behind that is forced on the answer.

A code tokenizer joins letters with one sign or blank before them (`.array`, ` np`, `_size`), and signs with each other
(`["`, `==`), so a line that ends at the cursor ends inside a token two times of three, where no model was trained
(token healing; measured: `evaluation/README.md`). Pure; knows no tokenizer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PRE_TOKEN = re.compile(
    r"[^\w\r\n]?[^\W\d_]+"  # letters, with one sign or blank before them; `_` is a sign here
    r"|_[^\W\d_]+"
    r"|\d+"
    r"| ?(?:[^\w\s]|_)+"
    r"|\s+(?!\S)|\s+"
)
"""Pieces that no token reaches across: those of a pre-tokenizer of GPT-4's kind (cl100k), as Qwen's is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Healed:
    """The cursor's line up to the cursor is `typed + forced + left`."""

    typed: str
    """Ends where a token surely ends."""
    forced: str
    """Text whose tokens depend on what follows it."""
    left: str
    """Indentation of an empty line: the model writes its own, and the answer is aligned (`trim.py`)."""


def heal(line: str) -> Healed:
    """Cuts the cursor's line up to the cursor."""
    if not line.strip():
        return Healed(typed="", forced="", left=line)
    blanks = len(line) - len(line.rstrip(" \t"))
    if blanks:
        return Healed(typed=line[:-blanks], forced=line[-blanks:], left="")
    *_, last = _PRE_TOKEN.finditer(line)
    return Healed(typed=line[: last.start()], forced=line[last.start() :], left="")
