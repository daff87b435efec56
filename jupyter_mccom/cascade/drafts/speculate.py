"""The draft for the local engine: a line that stands in the context already, continued as it was there.

The paper's rules (3.2) with indentation left aside, then lines that have other names; each as far as all places agree
that begin alike. What each rule is worth, and what the nearest place alone would be: `bench --suite rules`. Pure;
knows no engine. The draft for the cloud is the local text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from ...types import Chunk, CompletionRequest
from ..text.heal import heal
from ..text.language import cell_language
from ..text.trim import statement_end
from .renamed import renamed_rests

_MIN_KEY = 4
"""Characters of the cursor's line that are looked up."""
_MAX_LINES = 8
"""Most lines of a statement that are looked at."""
_MAX_KEY = 512
_MAX_PLACES = 16
_MAX_TRIED = 64
"""Places, of which some may hold no whole statement: each is parsed."""
_COMMENTS = ("#", "//")
_WORD = re.compile(r"\w")

_Lines = Sequence[str]


def draft_of(request: CompletionRequest, chunks: Sequence[Chunk] = ()) -> str:
    """What may follow the cursor: behind lines that begin with its line or, on a fresh one, below lines like the last.

    On an empty line it begins with the indentation that the model is left to write. It ends where the places part or
    with the statement's newline. Empty where nothing is found, or at one place only. `chunks` are what
    retrieval found.
    """
    for rule in (same, renamed):
        found = rule(request, chunks)
        draft = agreed(found) if len(found) > 1 else ""
        if draft.strip():
            return draft
    return ""


def same(request: CompletionRequest, chunks: Sequence[Chunk] = ()) -> list[str]:
    """What stands where a line is as the cursor's is, the nearest first; `draft_of` says what each is like."""
    key = _key(request)
    if not key:
        return _statements(request, _below_last(request, chunks))
    return _statements(request, _behind(key, request, chunks)) if _MIN_KEY <= len(key) <= _MAX_KEY else []


def renamed(request: CompletionRequest, chunks: Sequence[Chunk] = ()) -> list[str]:
    """What stands where a line is the cursor's line with other names."""
    key = _key(request)
    return _statements(request, renamed_rests(key, _from_places(request, chunks))) if 0 < len(key) <= _MAX_KEY else []


def agreed(texts: _Lines) -> str:
    """The start that all have, without the part of a word."""
    first, last = min(texts), max(texts)
    size = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    if _WORD.match(first[size : size + 1]) or _WORD.match(last[size : size + 1]):
        while size and _WORD.match(first[size - 1]):
            size -= 1
    return first[:size]


def _key(request: CompletionRequest) -> str:
    """What is looked up: the cursor's line without the space around it."""
    return request.prefix.rpartition("\n")[2].strip(" \t")


def _behind(key: str, request: CompletionRequest, chunks: Sequence[Chunk]) -> Iterator[_Lines]:
    """What stands behind `key` where a line begins with it, and below."""
    for line, *below in _from_places(request, chunks):
        if line.startswith(key):
            yield [line[len(key) :], *below]


def _below_last(request: CompletionRequest, chunks: Sequence[Chunk]) -> Iterator[_Lines]:
    """The next statement where a line is like the last one above the cursor, and what stands below it."""
    above = request.prefix.split("\n")[:-1]
    last = next((line.strip() for line in reversed(above) if line.strip()), "")
    for lines, number in _places(request, chunks):
        if last and lines[number].strip() == last:
            below = lines[number + 1 : number + 2 * _MAX_LINES]
            while below and (not below[0].strip() or below[0].lstrip().startswith(_COMMENTS)):
                below = below[1:]
            if below:
                yield [below[0].strip(), *below[1:]]


def _places(request: CompletionRequest, chunks: Sequence[Chunk]) -> Iterator[tuple[_Lines, int]]:
    """The lines of the context with their numbers, the nearest to the cursor first."""
    above = request.prefix.split("\n")[:-1]
    yield from ((above, number) for number in reversed(range(len(above))))
    below = request.suffix.split("\n")[1:]
    yield from ((below, number) for number in range(len(below)))
    for cell in (*reversed(request.cells_before), *request.cells_after):
        if cell.kind == "code":
            lines = cell.source.split("\n")
            yield from ((lines, number) for number in reversed(range(len(lines))))
    others = (chunk for chunk in chunks if not chunk.source.startswith("cell ") and chunk.source != request.own_source)
    for chunk in others:  # of the request itself each line is a place already
        lines = chunk.text.split("\n")
        yield from ((lines, number) for number in range(len(lines)))


def _from_places(request: CompletionRequest, chunks: Sequence[Chunk]) -> Iterator[list[str]]:
    """The lines of the context without the space around them, each with the lines below it."""
    for lines, number in _places(request, chunks):
        yield [lines[number].strip(), *lines[number + 1 : number + _MAX_LINES]]


def _statements(request: CompletionRequest, rests: Iterable[_Lines]) -> list[str]:
    """The statement at each place, behind the indentation that the model is left to write; those that say something."""
    language, key = cell_language(request.language, request.prefix), _key(request)
    line = request.prefix.rpartition("\n")[2]
    left, spaced = heal(line).left, line[-1:].isspace()
    statements = (_statement(language, key, rest) for rest in islice(rests, _MAX_TRIED))
    found = islice((one for one in statements if one.strip()), _MAX_PLACES)
    if left:
        return [one if one[:1].isspace() else left + one for one in found]
    return [one.lstrip(" \t") if spaced else one for one in found]


def _statement(language: str, key: str, lines: _Lines) -> str:
    """The text behind `key` to the end of its statement, and the newline; empty where it does not end in `lines`."""
    text = "\n".join(lines[:_MAX_LINES]) + "\n"
    end = statement_end(language, "", key, text)
    return text[:end] + "\n" if end is not None else ""
