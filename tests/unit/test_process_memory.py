"""What the process of a local model holds, against the goal; and how the suites `auto` and `memory` put it."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path

import pytest

from jupyter_mccom.compose import open_cascade
from jupyter_mccom.engines.choosing.model_choice import READ_TOKENS, WRITE_TOKENS, Option
from jupyter_mccom.engines.decoding.constrain import Vocabulary
from jupyter_mccom.engines.local.llamacpp import _let_go_of
from jupyter_mccom.evaluation.lib.process_memory import Held, held
from jupyter_mccom.evaluation.suites.predictions import findings
from jupyter_mccom.models.store import Store
from jupyter_mccom.settings import MCCom
from tests.conftest import CODER, SMALL

_MB = 10**6
_PROCESS = 90 * _MB
"""Python, numpy, llama.cpp and the tables of a vocabulary: more than three tenths of the smallest model's file."""


async def _held(models: Store, name: str) -> Held:
    settings = MCCom(model=name, models_dir=str(models.models_dir), threads=1, prompt_tokens=128)
    async with aclosing(open_cascade(settings)) as opened:
        return await held(opened, 2)


async def test_a_process_holds_little_beside_its_file(models: Store) -> None:
    """The 0.5B's process holds 1.3 × its file at most, the cache of its context included, and does not grow."""
    found = await _held(models, CODER)
    assert found.share <= 1.3
    assert found.last - found.first < 5 * _MB


async def test_the_smallest_models_process(models: Store) -> None:
    """The smallest model's process holds its file, its context's cache and what any process needs."""
    found = await _held(models, SMALL)
    assert found.last <= found.file + 25 * _MB + _PROCESS
    assert found.last - found.first < 5 * _MB


def test_pages_of_a_file_that_is_not_mapped(tmp_path: Path) -> None:
    """Nothing is let go of where the file is not mapped."""
    _let_go_of(str(tmp_path / "not mapped"))


def test_a_vocabulary_finds_what_stands_in_one_string() -> None:
    """Pieces of one string are found as they were: the same text twice, one inside another, and none."""
    pieces = [(b"ab", 7), (b"a", 3), (b"b", 1), (b"ab", 2), (b"\x00", 4), (b"abc\xff", 5), (b"a\xff", 6)]
    vocabulary = Vocabulary(iter(pieces))
    assert list(vocabulary.beyond(b"ab")) == [7, 2, 5]
    assert list(vocabulary.beyond(b"")) == [4, 3, 7, 2, 5, 6, 1]
    assert list(vocabulary.beyond(b"a\xff")) == [6]
    assert list(vocabulary.beyond(b"z")) == list(Vocabulary([]).beyond(b"a")) == []
    assert vocabulary.inside(b"abc") == [(b"a", 3), (b"ab", 7), (b"ab", 2)]
    assert Vocabulary([]).inside(b"abc") == []


@pytest.mark.parametrize(("larger_s", "verdict"), [(0.2, "met"), (1.0, "missed")])
def test_a_prediction_is_put_beside_what_was_measured(larger_s: float, verdict: str) -> None:
    """The suite `auto` tells how far off a prediction is, and whether that meets the goal."""
    options = [
        Option(name=name, kind="gguf", n_bytes=n_bytes, rank=rank, present=True)
        for rank, (name, n_bytes) in enumerate([("small", 10**8), ("large", 4 * 10**8)])
    ]
    each = [seconds / (READ_TOKENS + WRITE_TOKENS) for seconds in (0.1, larger_s)]
    row = {one.name: {"read_s": s, "write_s": s} for one, s in zip(options, each, strict=True)}
    found = findings(options, [row, row])
    (line,) = found.tables[0].rows
    assert line[:2] == ["small", "large"]
    assert line[-1].endswith(verdict)
    assert found.figures == {"small to large": pytest.approx(abs(0.1 * 4**0.6 / larger_s - 1))}
