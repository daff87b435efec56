"""How many lines of real code are masked, where nothing is to be kept back."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...types import Prompt
from ..lib.data import rows_of
from .masked_prompts import masked_prompt

_N_DOCUMENTS = 150
"""Of each kind, drawn at random: all of the data would take longer than the rest of a run."""
_MAX_CHARS = 40_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseAlarms:
    """Lines of one document, and those of them that were changed."""

    n_lines: int
    masked: Sequence[str]


async def false_alarms(data: Path, rng: random.Random, *, n_documents: int = _N_DOCUMENTS) -> list[FalseAlarms]:
    """One entry a document of the data; none where there is no data. Raises InputError for data that cannot be read."""
    if not (data / "notebooks").is_dir():
        return []
    documents = [*_drawn(_notebooks(data), rng, n_documents), *_drawn(repository_files(data), rng, n_documents)]
    return [await _of_document(text[:_MAX_CHARS]) for text in documents]


async def _of_document(text: str) -> FalseAlarms:
    prompt = Prompt(chunks=(), prefix=text.rstrip("\n") + "\n", typed="", suffix="\n")
    masked = await masked_prompt(prompt)
    before, kept = prompt.prefix.split("\n"), set(masked.prefix.split("\n"))
    return FalseAlarms(n_lines=len(before), masked=[line for line in before if line not in kept])


def _drawn(documents: Iterable[str], rng: random.Random, n: int) -> list[str]:
    found = [text for text in documents if text.strip()]
    rng.shuffle(found)
    return found[:n]


def _notebooks(data: Path) -> Iterator[str]:
    for book in rows_of(data, "notebooks/notebooks.jsonl"):
        yield "\n".join(_source(cell) for cell in book["cells"])


def _source(cell: Any) -> str:
    return str(cell["source"])


def repository_files(data: Path) -> Iterator[str]:
    """The texts of the data's Python files, in the order of their paths."""
    for path in sorted((data / "repositories").rglob("*.py")):
        yield path.read_text(encoding="utf-8", errors="replace")
