"""A document as the detectors of named values read it: from its beginning to its end, what is costly only once."""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property

_QUOTES = re.compile(r"\\.|\n|\"\"\"|'''|[\"'`]")
_PREFIX = re.compile(r"(?<!\w)(?i:[bruf]{1,2})$")
_WORDS = re.compile(r"\w+")
_SECTION = re.compile(r"^\[[\w .:\"/-]+\][ \t]*$", re.MULTILINE)
_CODE = re.compile(r"^[ \t]*(?:class|def|import|from|interface|type|struct|async)[ \t]", re.MULTILINE)
_FARTHEST = 400


class DocumentText:
    """One text. `quote_at` must be asked in the order of the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.read_to = 0
        """Up to here expressions were read for literals; none is read twice."""
        self._quotes = _QUOTES.finditer(text)
        self._next: re.Match[str] | None = next(self._quotes, None)
        self._inside = ""
        self._code_to = -1
        """Where a piece of code in a sentence ends: backquotes about quotes are no string."""

    def quote_at(self, at: int) -> str:
        """The quote of the string of this line in which `at` lies, or nothing. A string of several lines is none."""
        while self._next and self._next.start() < at:
            quote = self._next[0]
            if quote == "\n":
                self._inside = ""
            elif quote == "`" and not self._inside and self._holds_quotes(self._next.end()):
                self._code_to = self.text.index("`", self._next.end())
            elif (
                quote[0] != "\\" and self._next.start() != self._code_to and not self._is_apostrophe(self._next.start())
            ):
                self._inside = quote if not self._inside else "" if quote == self._inside else self._inside
            self._next = next(self._quotes, None)
        return self._inside

    def line_start(self, at: int) -> int:
        """The start of the line of `at`, or a place some hundred characters in front of it."""
        first = max(0, at - _FARTHEST)
        start = self.text.rfind("\n", first, at)
        return first if start < 0 else start + 1

    def times(self, word: str) -> int:
        """How often `word` stands in the text."""
        return self._counts[word]

    @cached_property
    def has_sections(self) -> bool:
        """It has lines such as `[default]`."""
        return _SECTION.search(self.text) is not None

    @cached_property
    def has_code(self) -> bool:
        """It declares or imports something."""
        return _CODE.search(self.text) is not None

    @cached_property
    def _counts(self) -> Counter[str]:
        return Counter(_WORDS.findall(self.text))

    def _holds_quotes(self, at: int) -> bool:
        """Between the backquote in front of `at` and the next one stand quotes, on one line."""
        end = self.text.find("`", at, at + _FARTHEST)
        within = self.text[at:end] if end >= 0 else "\n"
        n_double, n_single = within.count('"'), within.count("'")
        return "\n" not in within and ((n_double > 0 and n_double % 2 == 0) or (n_single > 1 and n_single % 2 == 0))

    def _is_apostrophe(self, at: int) -> bool:
        """A quote within a word, outside a string: `don't`."""
        before, after = self.text[max(0, at - 3) : at], self.text[at + 1 : at + 2]
        within = self.text[at] == "'" and not self._inside and bool(before) and before[-1].isalnum() and after.isalpha()
        return within and _PREFIX.search(before) is None
