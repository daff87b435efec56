"""Words that stand in code and prose by themselves: those of `common_words.txt`, and the names that Python has.

The file holds the words of three letters and more that many files of Python code and its comments share.
"""

from __future__ import annotations

import builtins
import keyword
import re
import sys
from functools import cache
from importlib.resources import files

_PIECE = re.compile(r"[a-z]{3,}")


def is_common_word(word: str) -> bool:
    """`word` is one, or its plural, in any case."""
    lower = word.lower()
    return lower in _words() or (lower.endswith("s") and lower[:-1] in _words())


@cache
def _words() -> frozenset[str]:
    listed = files(__package__).joinpath("common_words.txt").read_text(encoding="utf-8")
    names = " ".join([*keyword.kwlist, *dir(builtins), *sys.stdlib_module_names]).lower()
    return frozenset([*listed.split(), *_PIECE.findall(names)])
