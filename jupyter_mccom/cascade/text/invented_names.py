"""Names of a text that stand nowhere its model has read: made up. Pure.

A word that stands anywhere in the document's code or in a hit counts as known, also in a string or behind a dot: names
come by magics and star imports too, and what a kernel alone holds stands in a hit. How often a text with a made-up name
is right: `bench --suite invented`.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...types import CompletionRequest
from .join import in_long_string
from .language import cell_language
from .python import MAX_LINE_CHARS, tokens

_GIVEN = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "display", "get_ipython", "In", "Out"})
_WORD = re.compile(r"[^\W\d]\w*")
_TARGETS = re.compile(r"\bfor\s+(.*?)\s+in\b|\blambda\s+(.*?):")
_ASSIGNED = re.compile(r"^[ \t]*(?:([\w \t,]+?)=[^=]|(\w+)[ \t]*:)", re.MULTILINE)
"""`a, b = …`, and `a: int`, which `else:` looks like too."""
_IMPORT = re.compile(r"\s*(?:from|import)\b")
_BRINGS_NAMES = ("import *", "%pylab", "%run", "%load", "exec(", "globals(")
"""What binds names that stand nowhere."""
_WHOLE_CHARS = 20_000
"""Of a longer text a page may have left out the beginning, with the imports."""
_BINDERS = frozenset({"as", "for", "def", "class", "import", "lambda", "global", "nonlocal"})


@dataclass(frozen=True, slots=True, kw_only=True)
class InventedNames:
    """By what they are; each as often as it stands there. Names of one letter are never made up."""

    used: tuple[str, ...] = ()
    """Used as a value, and bound neither elsewhere nor by the text."""
    keywords: tuple[str, ...] = ()
    """Keyword arguments."""
    bound: tuple[str, ...] = ()
    """Bound by the text itself: how a person names what is new cannot be known."""
    attributes: tuple[str, ...] = ()
    """Behind a dot. These tell nothing: a library has many that no cell has used yet."""

    def __bool__(self) -> bool:
        """True where running the text would say that a name is not defined."""
        return bool(self.used)


@dataclass(frozen=True, slots=True)
class _Name:
    word: str
    end: int
    """Offset behind it."""
    kind: str
    """`attribute`, `keyword` or `name`."""
    binds: bool


def invented_names(request: CompletionRequest, text: str, read: Iterable[str] = ()) -> InventedNames:
    """The made-up names of `text` at the cursor; the word at the cursor is one of its names. `read`: texts of hits.

    None is used where the document is so long that its beginning was not sent: a name may be bound there.
    """
    line = request.prefix.rpartition("\n")[2]
    if cell_language(request.language, request.prefix) != "python" or not text:
        return InventedNames()
    if line.lstrip().startswith(("%", "!")) or len(line) > MAX_LINE_CHARS or in_long_string(request.prefix):
        return InventedNames()
    begun = _begun(request.prefix)
    names = list(_names(begun + text))
    new = [one for one in names if one.end > len(begun) and len(one.word) > 1]
    own = {one.word for one in names if one.binds} | _targets(line + text)
    above = [*_sources(request), *read]
    anywhere = [*above, *(cell.source for cell in request.cells_after if cell.kind == "code")]
    imports = _IMPORT.match(line + text) is not None or any(way in code for way in _BRINGS_NAMES for code in above)
    cut = request.n_cells_above > 0 or any(len(code) > _WHOLE_CHARS for code in above)

    def those(kind: str, sources: Sequence[str], *, bound: bool = False) -> tuple[str, ...]:
        words = [one.word for one in new if one.kind == kind and (kind != "name" or (one.word in own) == bound)]
        return tuple(word for word in words if word not in _GIVEN and not _stands(word, sources))

    return InventedNames(
        used=() if imports or cut else those("name", above),
        keywords=those("keyword", anywhere),
        bound=those("name", anywhere, bound=True),
        attributes=those("attribute", anywhere),
    )


def _begun(prefix: str) -> str:
    """The line up to the cursor, from the line on where a function's parameters begin that are still open."""
    line_at, header_at = prefix.rfind("\n") + 1, prefix.rfind("def ")
    header = prefix[header_at:] if header_at >= 0 else ""
    is_open = header.count("(") > header.count(")") and len(header) <= MAX_LINE_CHARS
    return prefix[min(line_at, header_at) if is_open else line_at :]


def _sources(request: CompletionRequest) -> Iterator[str]:
    """The code of the cells above and of this one, without the word at the cursor."""
    line = request.prefix.rpartition("\n")[2]
    yield request.prefix[: len(request.prefix) - len(line)]
    yield re.sub(r"\w+$", "", line)
    yield re.sub(r"^\w+", "", request.suffix)
    for cell in request.cells_before:
        if cell.kind == "code":
            yield cell.source


def _stands(word: str, sources: Sequence[str]) -> bool:
    """The word stands in one of the sources. Most sources do not have its letters, which is quickly seen."""
    pattern = re.compile(rf"\b{re.escape(word)}\b")
    return any(word in source and pattern.search(source) for source in sources)


def _names(source: str) -> Iterator[_Name]:
    """The names of a source, up to a string that does not end."""
    found, at, depth = [], 0, 0
    for token in tokens(source):
        at += len(token.prefix)
        if token.type.name == "ERRORTOKEN" and token.string[:1] in "\"'":
            break
        if token.string in ("(", "[", "{"):
            depth += 1
        elif token.string in (")", "]", "}"):
            depth -= 1
        at += len(token.string)
        if token.string.strip():
            found.append((token.type.name, token.string, at, depth))
    before, header = "", 0
    for number, (type_name, word, end, inside) in enumerate(found):
        if word == "(" and number > 1 and found[number - 2][1] == "def":
            header = inside
        header = header if inside >= header else 0
        if type_name == "NAME":
            behind = found[number + 1][1] if number + 1 < len(found) else ""
            is_parameter = inside == header > 0 and before in ("(", ",", "*", "**")
            is_keyword = behind == "=" and inside > 0 and not is_parameter
            kind = "attribute" if before == "." else "keyword" if is_keyword else "name"
            binds = behind in ("=", ":=") or before in _BINDERS or is_parameter
            yield _Name(word, end, kind, kind == "name" and binds)
        before = word


def _targets(source: str) -> set[str]:
    """Names that loops, lambdas, a tuple's assignment and annotations bind."""
    parts = [part for bound in (_TARGETS, _ASSIGNED) for found in bound.findall(source) for part in found]
    return set(_WORD.findall(" ".join(parts)))
