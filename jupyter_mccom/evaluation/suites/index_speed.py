"""`bench --suite search`: how fast chunks are found, and how fast a tree becomes and stays searchable.

Corpora are the repositories of the data, repeated under other names until they are large enough.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from itertools import count
from pathlib import Path
from typing import Any

from ...compose import OpenCascade, open_cascade
from ...errors import InputError
from ...privacy.hidden import hidden
from ...retrieval.chunks import chunks_of
from ...retrieval.index import Index, Scored
from ...retrieval.tree import ProjectTree
from ...settings import MCCom
from ...types import Chunk, Prompt
from ..lib.bench import Bench
from ..lib.metrics import interval_of, percentile
from ..report.findings import Findings, Table, percentile_with_interval

SIZES = (1_000, 10_000, 50_000)
_N_QUERIES = 100
_N_CHANGES = 20
_QUERY_LINES = 10
_TREE_LINES = 1_000_000
_MIB = 1 << 20
_ASKED = Prompt(chunks=(), prefix="import numpy as np\n", typed="values = np.", suffix="\n")
Files = Sequence[tuple[str, str]]
"""Path and text."""


def measure(bench: Bench) -> Findings:
    """Milliseconds a query by size, and what a large tree costs. Raises InputError without the data."""
    folder = bench.data / "repositories"
    files = [(str(path.relative_to(folder)), path.read_text("utf-8")) for path in sorted(folder.rglob("*.py"))]
    if not files:
        raise InputError(f"no Python files at {str(folder)!r}; name the data's folder with --data")
    draw = random.Random(bench.seed)  # noqa: S311 - a sample, not a secret
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        f"{size} chunks": lambda size=size: _speeds(_corpus(files, size), draw)  # type: ignore[misc]
        for size in SIZES
    }
    parts["tree"] = lambda: asyncio.run(_tree(bench.settings, files))
    found: dict[str, Any] = {}
    for name, part in parts.items():
        row = bench.rows.get(name)
        if row is None:
            row = part()
            bench.rows.put(name, row)
        found[name] = row
        bench.progress(len(found), len(parts))
    sizes = [name for name in parts if name != "tree"]
    return Findings(tables=[_speed_table(found, sizes), _tree_table(found["tree"])], figures=found)


def _speed_table(found: Mapping[str, Any], sizes: Sequence[str]) -> Table:
    """A row a size, a column an index."""
    names = list(found[sizes[0]])
    rows = [[size, *(_speed(found[size][name]) for name in names)] for size in sizes]
    return Table(title="Milliseconds a query of ten lines: median, 95th percentile", head=["", *names], rows=rows)


def _speed(took_ms: Sequence[float]) -> str:
    return f"{percentile_with_interval(took_ms, 0.5)}, {percentile_with_interval(took_ms, 0.95)}; n = {len(took_ms)}"


def _tree_table(tree: Mapping[str, Any]) -> Table:
    meanwhile, after = tree["meanwhile_s"], tree["after_s"]

    def slowed(drawn: Sequence[int]) -> float:
        return percentile([meanwhile[at] for at in drawn], 0.5) / percentile([after[at] for at in drawn], 0.5)

    low, high = interval_of(slowed, len(after))
    rows = [
        ["lines, chunks", f"{tree['lines']:,}, {tree['chunks']:,}"],
        ["first index, s", f"{tree['first_index_s']:.0f} (once)"],
        ["a completion meanwhile ÷ afterwards", f"{slowed(range(len(after))):.2f} ({low:.2f}–{high:.2f})"],
        ["memory of the worker, MiB", f"{tree['worker_mib']:.0f}"],
        [
            "from a write until it is found, ms",
            f"{percentile_with_interval(tree['changed_ms'], 0.5)}; n = {len(tree['changed_ms'])}",
        ],
    ]
    return Table(title="A large tree", head=["figure", "measured"], rows=rows)


def _corpus(files: Files, size: int) -> list[tuple[str, list[Chunk]]]:
    found: list[tuple[str, list[Chunk]]] = []
    total = 0
    for number in count():
        for path, text in files:
            name = f"copy{number}/{path}"
            found.append((name, chunks_of(name, _renamed(text, number), "python", look=hidden)))
            total += len(found[-1][1])
            if total >= size:
                return found
    raise AssertionError


def _renamed(text: str, number: int) -> str:
    """A copy is not quite the same: its own names begin with `self.` or `def `."""
    return text if not number else text.replace("self.", f"self.c{number}_").replace("def ", f"def c{number}_")


def _speeds(documents: Sequence[tuple[str, list[Chunk]]], draw: random.Random) -> dict[str, list[float]]:
    """Milliseconds of each query, by index."""
    index = Index()
    for name, chunks in documents:
        index.put(name, (0, 0), chunks)
    chunks = [chunk for _, found in documents for chunk in found]
    queries = ["\n".join(draw.choice(chunks).text.split("\n")[:_QUERY_LINES]) for _ in range(_N_QUERIES)]
    return {"index": _timed(lambda query: index.search(query, 20), queries)}


def _timed(search: Callable[[str], object], queries: Sequence[str]) -> list[float]:
    search(queries[0])
    took_ms = []
    for query in queries:
        start_s = time.perf_counter()
        search(query)
        took_ms.append((time.perf_counter() - start_s) * 1000)
    return took_ms


async def _tree(settings: MCCom, files: Files) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "project"
        n_lines = await asyncio.to_thread(_write, files, root)
        tree = ProjectTree(jupyter_root=root, project_root="", cache_dir=Path(name) / "cache")
        try:
            first_s, meanwhile_s, after_s = await _indexed(settings, tree)
            return {
                "lines": n_lines,
                "chunks": tree.status.n_chunks,
                "first_index_s": first_s,
                "meanwhile_s": meanwhile_s,
                "after_s": after_s,
                "worker_mib": _children_bytes() / _MIB,
                "changed_ms": await _changed(tree, root),
            }
        finally:
            await tree.aclose()


async def _indexed(settings: MCCom, tree: ProjectTree) -> tuple[float, list[float], list[float]]:
    """Seconds of the first index, and of completions meanwhile and afterwards, as many; their prompt is warm."""
    opened = open_cascade(settings)
    try:
        await _answer_s(opened)
        start_s = time.monotonic()
        indexing = asyncio.create_task(tree.settled("new.py", patience_s=600))
        meanwhile_s: list[float] = []
        while not indexing.done():
            meanwhile_s.append(await _answer_s(opened))
        await indexing
        first_s = time.monotonic() - start_s
        after_s = [await _answer_s(opened) for _ in meanwhile_s]
    finally:
        await opened.aclose()
    return first_s, meanwhile_s, after_s


async def _answer_s(opened: OpenCascade) -> float:
    start_s = time.monotonic()
    async with aclosing(opened.engine.generate(_ASKED, max_tokens=8)) as tokens:
        async for _ in tokens:
            pass
    return time.monotonic() - start_s


def _children_bytes() -> int:
    import psutil

    return sum(child.memory_info().rss for child in psutil.Process().children())


def _write(files: Files, root: Path) -> int:
    (root / ".git").mkdir(parents=True)
    n_lines = 0
    for number in count():
        for path, text in files:
            target = root / f"copy{number}" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(_renamed(text, number), encoding="utf-8")
            n_lines += text.count("\n")
            if n_lines >= _TREE_LINES:
                return n_lines
    raise AssertionError


async def _changed(tree: ProjectTree, root: Path) -> list[float]:
    """Milliseconds from a write to the search that finds it."""
    took_ms = []
    for number in range(_N_CHANGES):
        word = f"zebra{number}"
        await asyncio.to_thread((root / "new.py").write_text, f"def {word}():\n    return 1\n")
        start_s = time.monotonic()
        found: list[Scored] = []
        while not found:
            (found,) = await tree.search("other.py", [word], 1)
        took_ms.append(1000 * (time.monotonic() - start_s))
    return took_ms
