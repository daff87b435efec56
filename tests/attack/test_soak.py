"""A long day: thousands of completions over models that are loaded and unloaded in turn, in flat memory."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import numpy as np
import psutil
import pytest

from jupyter_mccom.models.store import Store
from tests.attack.attacked import Attacked, attacked
from tests.attack.figures import Figures
from tests.conftest import CODER, LARGER, SMALL

N_COMPLETIONS = int(os.environ.get("MCCOM_SOAK", "25000"))
MINUTES = float(os.environ.get("MCCOM_SOAK_MINUTES", "120"))
"""Then it ends with what was reached."""
MODELS = {SMALL: 60, CODER: 6, LARGER: 3}
"""Statements that each model writes before the next one takes its place."""
LAST = 600
"""Statements that the smallest model writes at the end, in one process."""
KEYS = 12
"""Most keys that are typed along with a text."""
FLAT_BYTES = 200
"""Goal: what a completion leaves in memory, at most: 2 MB in 10,000."""
WARM = 3000
"""Completions at the start that say nothing: what is kept, as 4,096 counts, fills first."""
FULL = 13_000
"""Completions after which all that is kept is full: one in eleven adds to its 1,000 traces."""
SHORT = 10_000
"""The growth up to here is told too, while traces still fill."""
WARM_CHILD = 600
"""The same of a model's process, whose caches of prompts fill."""
BEGUN = (
    "def mean_of(values):\n    return ",
    "def longest_line(lines):\n    return ",
    "numbers = [1, 2, 3]\nsquares = [",
    "import json\nwith open('names.json') as file:\n    names = ",
    "from collections import Counter\nmost = Counter(words).",
    "for number in range(10):\n    print(",
)
LEAST_SAMPLES = 5
"""Fewer tell no slope."""
Sample = tuple[int, float]
"""Completions so far, and bytes."""


@pytest.mark.long
def test_memory_is_flat(tmp_path: Path, larger: Store, figures: Figures) -> None:
    """Over thousands of completions neither the server nor a model's process grows by 200 bytes a completion."""
    settings = {"model": None, "max_tokens": 8, "retrieval_tokens": 0}
    memory: dict[int, list[Sample]] = {}
    at_ends: dict[str, list[Sample]] = {model: [] for model in MODELS}
    kinds = dict.fromkeys(("written", "again", "empty", "trouble", "cut off"), 0)
    end_s = time.monotonic() + MINUTES * 60
    with attacked(tmp_path / "server", settings=settings) as server:

        def turn(model: str, n_statements: int) -> psutil.Process:
            """One model writes some statements."""
            assert server.client.patch("settings", json={"model": model}).status_code == 200
            for number in range(n_statements):
                for kind in _statement(server, sum(kinds.values()) + number):
                    kinds[kind] += 1
                for process in (server.process, server.model()) if number % 3 == 2 else ():
                    sample = sum(kinds.values()), float(process.memory_info().rss)
                    memory.setdefault(process.pid, []).append(sample)
            return server.model()

        for model in cycle(MODELS):
            child = turn(model, MODELS[model])
            at_ends[model].append((sum(kinds.values()), float(child.memory_info().rss)))
            if sum(kinds.values()) >= N_COMPLETIONS or time.monotonic() > end_s:
                break
        last = turn(SMALL, LAST)
        samples, of_last = memory[server.process.pid], memory[last.pid]
    figures.add("soak: completions", sum(kinds.values()), least=N_COMPLETIONS)
    for kind, n in kinds.items():
        figures.add(f"soak: {kind}", n)
    figures.add("soak: models loaded", len(memory) - 1, least=3)
    for name, found in (("server", samples), ("last model", of_last)):
        figures.add(f"soak: {name}, MB at the end", found[-1][1] / 1e6)
    _grown("server", samples, WARM, SHORT, figures)
    slopes = [
        _grown("server", samples, WARM, samples[-1][0], figures),
        _grown("server", samples, FULL, samples[-1][0], figures),
        _grown("last model", of_last, of_last[0][0] + WARM_CHILD, of_last[-1][0], figures),
        *(_grown(model, found, WARM, found[-1][0], figures) for model, found in at_ends.items()),
    ]
    assert max(slopes) <= FLAT_BYTES
    assert kinds["trouble"] == kinds["cut off"] == 0


def _grown(name: str, samples: list[Sample], first: int, last: int, figures: Figures) -> float:
    """What a completion leaves in memory at least, between two numbers of completions; 0 where that cannot be told."""
    found = [sample for sample in samples if first <= sample[0] <= last]
    if len(found) < LEAST_SAMPLES:
        return 0.0
    slope, margin = slope_of(found)
    what = f"soak: {name}, bytes a completion, {found[0][0]:,} to {found[-1][0]:,} (± {margin:.0f})"
    figures.add(what, slope, most=FLAT_BYTES)
    return slope - margin


def _statement(server: Attacked, number: int) -> Iterator[str]:
    """What became of one statement's keys: a text is written, and the person types along with it."""
    prefix = f"value_{number} = {number}\n{BEGUN[number % len(BEGUN)]}"
    document = f"doc{number % 150}.py"
    line = server.complete(prefix, document)
    yield "written" if line["type"] == "final" and line["text"] else _kind(line)
    text = str(line["text"]) if line["type"] == "final" else ""
    for n_chars in range(1, min(len(text), KEYS)):
        line = server.complete(prefix + text[:n_chars], document)
        yield "again" if line.get("origin") == "again" else _kind(line)


def _kind(line: dict[str, object]) -> str:
    if line["type"] in ("trouble", "cut off"):
        return str(line["type"])
    return "written" if line["text"] else "empty"


def slope_of(samples: list[Sample]) -> tuple[float, float]:
    """Bytes a completion by least squares, and half the width of its interval of 95 %."""
    at, size = np.array(samples).T
    at = at - at.mean()
    slope = float((at * size).sum() / (at**2).sum())
    rest = size - size.mean() - slope * at
    deviation = np.sqrt(float((rest**2).sum()) / max(1, len(samples) - 2) / float((at**2).sum()))
    return slope, 1.96 * float(deviation)
