"""A way that the retrieval suite compares: where the names that a file imports are defined, before what a search finds.

Finds them by search, so that nothing outside the index is read. Knows Python only, and no import paths: of a name that
two files define the one is taken that the search ranks higher.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..protocols import Retriever
from ..retrieval.index import Scored
from ..retrieval.iterate import Tree, query_of
from ..types import CompletionRequest, Hit

_MAX_NAMES = 6
_N_SEARCHED = 20
_IMPORT = re.compile(r"^[ \t]*from[ \t]+[\w.]+[ \t]+import[ \t]+(\([^)]*\)|[^\n#]*)", re.MULTILINE)
_NAME = re.compile(r"\w+")
_ALIAS = re.compile(r"\b(\w+)[ \t]+as[ \t]+(\w+)")


class WithDefinitions:
    """Satisfies protocols.Retriever; `tree` and `found` belong to others."""

    def __init__(self, tree: Tree, found: Retriever) -> None:
        self._tree = tree
        self._found = found

    async def search(
        self, request: CompletionRequest, *, text: str = "", confidence: float | None = None
    ) -> tuple[Hit, ...]:
        """See protocols.Retriever."""
        typed = request.prefix.rpartition("\n")[2]
        names = imported_near(request, f"{query_of(request)}\n{typed}\n{text}")
        scored = await self._tree.search(request.document, names, _N_SEARCHED) if names else []
        chunks = [replace(chunk, text=f"# {chunk.source}\n{chunk.text}") for chunk, _ in defining(names, scored)]
        hits = await self._found.search(request, text=text, confidence=confidence)
        others = [hit for hit in hits if hit.chunk not in chunks]
        return (*(Hit(chunk=chunk, score=1.0) for chunk in dict.fromkeys(chunks)), *others)

    async def aclose(self) -> None:
        """Nothing to close."""


def imported_near(request: CompletionRequest, lines: str) -> list[str]:
    """Names of `from … import …` that occur in `lines`, as their module calls them, in the order of the imports."""
    text = "\n".join([*(cell.source for cell in request.cells_before), request.prefix])
    near = set(_NAME.findall(lines))
    found: dict[str, None] = {}
    for names in _IMPORT.findall(text):
        own = {alias: name for name, alias in _ALIAS.findall(names)}
        found |= {own.get(name, name): None for name in _NAME.findall(_ALIAS.sub(r"\2", names)) if name in near}
    return list(found)[-_MAX_NAMES:]


def defining(names: Sequence[str], found: Sequence[Sequence[Scored]]) -> list[Scored]:
    """The best chunk of each search that defines the name it was made for."""
    kept = []
    for name, scored in zip(names, found, strict=True):
        begins = re.compile(rf"^[ \t]*(?:async[ \t]+def|def|class)[ \t]+{re.escape(name)}\b", re.MULTILINE)
        kept += [one for one in scored if begins.search(one[0].text)][:1]
    return kept
