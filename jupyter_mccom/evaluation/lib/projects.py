"""The repositories of a suite's positions, each indexed whole before the first search."""

from __future__ import annotations

import re
import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from pathlib import Path
from typing import TypeAlias

from ...errors import InputError
from ...retrieval.index import Scored, rank
from ...retrieval.tree import ProjectTree
from ...types import Chunk
from .samples import Sample

_PATIENCE_S = 600.0
Projects: TypeAlias = Mapping[str, ProjectTree]
"""The index of each project, by `Sample.root`."""


@asynccontextmanager
async def indexed(samples: Sequence[Sample]) -> AsyncGenerator[Projects, None]:
    """Opens an index of each project that the samples name. Raises InputError for one that cannot be searched."""
    async with AsyncExitStack() as stack:
        cache = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        projects: dict[str, ProjectTree] = {}
        for root, document in {sample.root: sample.request.document for sample in samples if sample.root}.items():
            projects[root] = ProjectTree(jupyter_root=Path(root), project_root=root, cache_dir=cache)
            stack.push_async_callback(projects[root].aclose)
            status = await projects[root].settled(document, patience_s=_PATIENCE_S)
            if status.state != "ready":
                raise InputError(f"{root} cannot be searched, so nothing was measured: {status.detail or status.state}")
        yield projects


@cache
def words_of(root: str) -> frozenset[str]:
    """All words of a project's Python files."""
    found: set[str] = set()
    for path in Path(root).rglob("*.py"):
        found.update(re.findall(r"\w+", path.read_text(encoding="utf-8", errors="replace")))
    return frozenset(found)


class GivenChunks:
    """Satisfies retrieval's Tree with the candidates that come with a sample."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._chunks = chunks

    async def search(self, document: str, queries: Sequence[str], n: int) -> list[list[Scored]]:
        return [rank(self._chunks, query)[:n] for query in queries]

    async def aclose(self) -> None:
        """Does nothing: there is nothing to close."""
