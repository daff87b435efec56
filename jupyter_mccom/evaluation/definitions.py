"""Ways that the retrieval suite compares: where imported names are defined, before what a search finds.

By search nothing outside the index is read and no import path is known: of a name that two files define the one is
taken that the search ranks higher. Jedi follows the imports and reads the files itself. Knows Python only.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from ..protocols import Retriever
from ..retrieval.chunks import MAX_LINES
from ..retrieval.index import Scored
from ..retrieval.search import Tree, query_of
from ..types import Chunk, CompletionRequest, Hit

_MAX_NAMES = 6
_N_SEARCHED = 20
_IMPORT = re.compile(r"^[ \t]*from[ \t]+[\w.]+[ \t]+import[ \t]+(\([^)]*\)|[^\n#]*)", re.MULTILINE)
_NAME = re.compile(r"\w+")
_ALIAS = re.compile(r"\b(\w+)[ \t]+as[ \t]+(\w+)")


class Definitions(Protocol):
    """Where imported names are defined."""

    async def of(self, request: CompletionRequest, names: Sequence[str]) -> list[Chunk]:
        """At most one chunk a name, in their order."""
        ...


class BySearch:
    """In an index."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    async def of(self, request: CompletionRequest, names: Sequence[str]) -> list[Chunk]:
        """See Definitions."""
        scored = await self._tree.search(request.document, names, _N_SEARCHED) if names else []
        return [chunk for chunk, _ in defining(names, scored)]


class ByJedi:
    """In the files of the folder `root`, which jedi reads."""

    def __init__(self, root: str) -> None:
        self._root = Path(root)

    async def of(self, request: CompletionRequest, names: Sequence[str]) -> list[Chunk]:
        """See Definitions."""
        return await asyncio.to_thread(self._of, request, names) if names else []

    def _of(self, request: CompletionRequest, names: Sequence[str]) -> list[Chunk]:
        jedi = import_module("jedi")  # comes with IPython; it has no types
        script = jedi.Script(
            request.prefix + request.suffix,
            path=self._root / request.document,
            project=jedi.Project(self._root),
            environment=jedi.InterpreterEnvironment(),
        )
        found: dict[str, Chunk] = {}
        for imported in script.get_names(all_scopes=False):
            for place in imported.goto(follow_imports=True):
                file = place.module_path
                stands_here = file is not None and file.is_relative_to(self._root) and place.type != "module"
                stands_here = stands_here and file != self._root / request.document
                if place.name in names and stands_here:
                    found.setdefault(place.name, self._chunk(file, place))
        return [found[name] for name in names if name in found]

    def _chunk(self, file: Path, place: Any) -> Chunk:
        first, last = place.get_definition_start_position()[0], place.get_definition_end_position()[0]
        last = min(last, first + MAX_LINES - 1)
        text = "\n".join(file.read_text(encoding="utf-8").split("\n")[first - 1 : last])
        return Chunk(source=file.relative_to(self._root).as_posix(), first_line=first, last_line=last, text=text)


class WithDefinitions:
    """Satisfies protocols.Retriever; what it is given belongs to others."""

    def __init__(self, definitions: Definitions, found: Retriever) -> None:
        self._definitions = definitions
        self._found = found

    async def search(
        self, request: CompletionRequest, *, text: str = "", confidence: float | None = None
    ) -> tuple[Hit, ...]:
        """See protocols.Retriever."""
        typed = request.prefix.rpartition("\n")[2]
        names = imported_near(request, f"{query_of(request)}\n{typed}\n{text}")
        defined = await self._definitions.of(request, names)
        chunks = [replace(chunk, text=f"# {chunk.source}\n{chunk.text}") for chunk in defined]
        hits = await self._found.search(request, text=text, confidence=confidence)
        others = [hit for hit in hits if not any(_overlap(hit.chunk, chunk) for chunk in chunks)]
        return (*(Hit(chunk=chunk, score=1.0) for chunk in dict.fromkeys(chunks)), *others)

    async def aclose(self) -> None:
        """Nothing to close."""


def _overlap(one: Chunk, other: Chunk) -> bool:
    return one.source == other.source and one.first_line <= other.last_line and other.first_line <= one.last_line


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
