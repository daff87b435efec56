"""Names of a text that stand nowhere: in no cell above, in no line of the document, in no builtin. Pure.

Loose: a name that the code above uses counts as bound, even where it was never assigned, as after a magic or a star
import. Attributes and keyword arguments count as known when the word stands anywhere.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from ...cascade.text.language import without_magics
from ...cascade.text.python import tokens
from ...types import CompletionRequest

_GIVEN = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "display", "get_ipython", "In", "Out"})
_TARGETS = re.compile(r"\bfor\s+(.*?)\s+in\b|\blambda\s+(.*?):")
_ASSIGNED = re.compile(r"\s*([\w\s,]+?)=[^=]")
_IMPORT = re.compile(r"\s*(?:from|import)\b")
_BINDERS = frozenset({"as", "for", "def", "class", "import", "lambda", "global", "nonlocal"})


@dataclass(frozen=True, slots=True, kw_only=True)
class InventedNames:
    """By what they are; each as often as it stands there."""

    used: tuple[str, ...]
    """Used as a value, bound nowhere."""
    keywords: tuple[str, ...]
    """Keyword arguments whose word stands nowhere."""
    bound: tuple[str, ...]
    """Bound by the text itself, and nowhere else."""
    attributes: tuple[str, ...]
    """Behind a dot, and the word stands nowhere."""


@dataclass(frozen=True, slots=True)
class _Name:
    word: str
    end: int
    """Offset behind it."""
    kind: str
    """`attribute`, `keyword` or `name`."""
    binds: bool


def invented_names(request: CompletionRequest, text: str, words: Set[str] = frozenset()) -> InventedNames:
    """The names of `text` at the cursor, of which the last one typed may be a part. `words`: those of the project."""
    line = request.prefix.rpartition("\n")[2]
    source = line + text
    names = list(_names(source))
    own = {one.word for one in names if one.binds} | _targets(source)
    above = [cell.source for cell in request.cells_before if cell.kind == "code"]
    head = re.sub(r"\w+$", "", line)
    here = [request.prefix[: len(request.prefix) - len(line)], re.sub(r"^\w+", "", request.suffix), head]
    known = _GIVEN.union(*(_values(source) for source in (*above, *here)))
    below = [cell.source for cell in request.cells_after if cell.kind == "code"]
    anywhere = known.union(words, *(_words(source) for source in (*above, *here, *below)))
    new = [one for one in names if one.end > len(line)]
    imports = _IMPORT.match(source) is not None

    def those(kind: str, but: Set[str]) -> tuple[str, ...]:
        return tuple(one.word for one in new if one.kind == kind and one.word not in but)

    return InventedNames(
        used=() if imports else those("name", known | own | words),
        keywords=those("keyword", anywhere),
        bound=tuple(one.word for one in new if one.word in own and one.word not in anywhere),
        attributes=those("attribute", anywhere),
    )


def _names(source: str) -> Iterator[_Name]:
    """The names of a source, up to a string that does not end."""
    found, at, depth = [], 0, 0
    for token in tokens(source):
        at += len(token.prefix)
        if token.type.name == "ERRORTOKEN" and token.string[:1] in "\"'":
            break
        depth += (token.string in ("(", "[", "{")) - (token.string in (")", "]", "}"))
        if token.string.strip():
            found.append((token.type.name, token.string, at + len(token.string), depth))
        at += len(token.string)
    for number, (type_name, word, end, inside) in enumerate(found):
        if type_name == "NAME":
            before = found[number - 1][1] if number else ""
            behind = found[number + 1][1] if number + 1 < len(found) else ""
            kind = "attribute" if before == "." else "keyword" if behind == "=" and inside > 0 else "name"
            binds = kind == "name" and (behind in ("=", ":=") or before in _BINDERS)
            yield _Name(word, end, kind, binds)


def _targets(source: str) -> set[str]:
    """Names that loops, lambdas and a tuple's assignment bind."""
    parts: Sequence[str] = [part for found in _TARGETS.findall(source) for part in found]
    assigned = _ASSIGNED.match(source)
    return set(re.findall(r"\w+", " ".join([*parts, assigned[1] if assigned else ""])))


@lru_cache(maxsize=4096)
def _values(source: str) -> frozenset[str]:
    """Words that stand in a source as names, not behind a dot."""
    return frozenset(one.word for one in _names(without_magics(source)) if one.kind != "attribute")


@lru_cache(maxsize=4096)
def _words(source: str) -> frozenset[str]:
    return frozenset(one.word for one in _names(without_magics(source)))
