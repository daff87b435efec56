"""Python source as tokens and syntax errors: the one door to parso. Knows nothing of suggestions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parso.python.tokenize import PythonToken

_VERSION = "3.11"
MAX_LINE_CHARS = 2000
"""A longer line is data: reading it as a statement would take seconds and tell nothing."""


def tokens(source: str) -> Iterator[PythonToken]:
    """Tokens in order, error tokens included; never raises."""
    from parso.python.tokenize import tokenize
    from parso.utils import parse_version_string

    return iter(tokenize(source, version_info=parse_version_string(_VERSION)))


def errors(source: str) -> list[tuple[int, str]]:
    """(line from 1, message) of each syntax error. An error of a source that only ends too early has a line below it.

    What a notebook allows is none: `await`, `return` and `yield` outside a function. Nothing is known of a source that
    is nested so deeply that the parser gives up.
    """
    grammar: Any = _grammar()
    try:
        found = [(int(issue.start_pos[0]), str(issue.message)) for issue in grammar.iter_errors(grammar.parse(source))]
    except RecursionError:
        return []
    return [(line, message) for line, message in found if "outside" not in message and "EOF while" not in message]


def unmatched_closers(source: str) -> int:
    """Closing brackets that close nothing."""
    depth = unmatched = 0
    for token in tokens(source):
        if token.string in ("(", "[", "{"):
            depth += 1
        elif token.string in (")", "]", "}"):
            depth -= 1
            if depth < 0:
                depth, unmatched = 0, unmatched + 1
    return unmatched


@cache
def _grammar() -> Any:
    from parso.grammar import load_grammar

    return load_grammar(version=_VERSION)
