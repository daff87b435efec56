"""`bench --suite retrieval`: does context make a model right more often? One model, the same positions, a row a way.

Positions: lines that need another file (its candidates given), lines of repositories (indexed whole), and notebook
statements that use a name of an earlier cell.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from ..cascade.context import Context
from ..cascade.route import confidence
from ..compose import UNHURRIED_S, OpenCascade, open_cascade
from ..protocols import Retriever
from ..retrieval.index import Scored, rank
from ..retrieval.iterate import Retrieval, Tree
from ..retrieval.tree import ProjectTree
from ..settings import MCCom
from ..types import Chunk, CompletionRequest, Hit
from .cascade import written
from .metrics import edit_similarity, exact_match, interval, mean
from .policies import Answer
from .samples import Sample, crossfile_samples, notebook_samples, repository_samples

WAYS = ("no retrieval", "round 1, best one", "round 1", "rounds 1 and 2", "round 1 on top", "rounds 1 and 2 on top")
"""What is retrieved takes the place of lines above the cursor, or comes on top of them."""
Progress = Callable[[int, int], None]
"""Is told how many of how many are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """One position; a value a way, in the order of the table's rows."""

    kind: str
    right: tuple[bool, ...]
    similar: tuple[float, ...]


class _Given:
    """The candidates that come with a sample, in the place of a tree."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._chunks = chunks

    async def search(self, document: str, queries: Sequence[str], n: int) -> list[list[Scored]]:
        return [rank(self._chunks, query)[:n] for query in queries]

    async def aclose(self) -> None:
        """Nothing to close."""


class _BestOne:
    """The first hit alone."""

    def __init__(self, retrieval: Retrieval) -> None:
        self._retrieval = retrieval

    async def search(
        self, request: CompletionRequest, *, text: str = "", confidence: float | None = None
    ) -> tuple[Hit, ...]:
        return (await self._retrieval.search(request, text=text, confidence=confidence))[:1]

    async def aclose(self) -> None:
        await self._retrieval.aclose()


def measure(settings: MCCom, data: Path, n: int, out: Path | None, seed: int, progress: Progress) -> str:
    """The table for the settings' model; with `out` one JSON line a position in `out/retrieval.jsonl`.

    Raises InputError without the data.
    """
    share = n // 3
    samples = [
        *crossfile_samples(data, share, seed),
        *repository_samples(data, share, seed),
        *notebook_samples(data, n - 2 * share, seed, that_reuse=True),
    ]
    found: list[Scores] = []

    def keep(scores: Scores) -> None:
        found.append(scores)
        progress(len(found), len(samples))
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            with (out / "retrieval.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps({"model": settings.model, **asdict(scores)}) + "\n")

    asyncio.run(_run(settings, samples, keep))
    return f"model {settings.model}\n\n{table(found, WAYS)}"


def table(found: Sequence[Scores], ways: Sequence[str]) -> str:
    """Markdown: a row a way: exact match, by kind too, edit similarity, and what it gains over the first way.

    The gain is the mean of the differences at the same positions; 95 % bootstrap intervals.
    """
    kinds = sorted({scores.kind for scores in found})
    names = ["way", f"exact match (n = {len(found)})", "gained", "edit similarity", "gained", *kinds]
    lines = ["".join(f"| {name} " for name in names) + "|\n" + "|---" * len(names) + "|"]
    for number, way in enumerate(ways):
        right = [float(scores.right[number]) for scores in found]
        similar = [scores.similar[number] for scores in found]
        cells = [way, _figure(right), _gained(right, [float(scores.right[0]) for scores in found])]
        cells += [f"{mean(similar):.3f}", _gained(similar, [scores.similar[0] for scores in found])]
        cells += [f"{mean([float(s.right[number]) for s in found if s.kind == kind]):.3f}" for kind in kinds]
        lines.append("".join(f"| {cell} " for cell in cells) + "|")
    return "\n".join(lines)


def _figure(values: Sequence[float]) -> str:
    low, high = interval(values)
    return f"{mean(values):.3f} ({low:.2f}–{high:.2f})"


def _gained(values: Sequence[float], base: Sequence[float]) -> str:
    differences = [value - of for value, of in zip(values, base, strict=True)]
    if not any(differences):
        return "0"
    low, high = interval(differences)
    return f"{mean(differences):+.3f} ({low:+.2f} to {high:+.2f})"


async def _run(settings: MCCom, samples: Sequence[Sample], keep: Callable[[Scores], None]) -> None:
    opened = open_cascade(settings)
    trees: dict[str, ProjectTree] = {}
    async with AsyncExitStack() as stack:
        stack.push_async_callback(opened.aclose)
        cache = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for root in {sample.root for sample in samples if sample.root}:
            trees[root] = ProjectTree(jupyter_root=Path(root), project_root=root, cache_dir=cache)
            stack.push_async_callback(trees[root].aclose)
        for sample in samples:
            tree = trees.get(sample.root) or (_Given(sample.found) if sample.found else None)
            if sample.root:
                await trees[sample.root].settled(sample.request.document)
            keep(await _scores(opened, settings, sample, tree))


async def _scores(opened: OpenCascade, settings: MCCom, sample: Sample, tree: Tree | None) -> Scores:
    request, engine = sample.request, opened.engine
    retrieval = Retrieval(tree=tree, live=None, patience_s=UNHURRIED_S)

    async def text_of(retriever: Retriever | None, first: Answer | None = None, *, on_top: bool = False) -> Answer:
        n_retrieved = settings.retrieval_tokens
        n_tokens = settings.prompt_tokens + n_retrieved * on_top
        context = Context(engine, retriever, n_tokens=n_tokens, n_retrieved_tokens=n_retrieved)
        line = request.prefix.rpartition("\n")[2] + first.text if first else ""
        prompt, _ = await context.prompt(request, text=line, confidence=confidence(first.tokens) if first else None)
        return await written(engine, request, prompt, max_tokens=settings.max_tokens)

    first, on_top = await text_of(retrieval), await text_of(retrieval, on_top=True)
    answers = [
        await text_of(None),
        await text_of(_BestOne(retrieval)),
        first,
        await text_of(retrieval, first),
        on_top,
        await text_of(retrieval, on_top, on_top=True),
    ]
    return Scores(
        kind=sample.kind,
        right=tuple(exact_match(answer.text, sample.truth) for answer in answers),
        similar=tuple(edit_similarity(answer.text, sample.truth) for answer in answers),
    )
