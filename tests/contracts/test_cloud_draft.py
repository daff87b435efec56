"""A draft on a real llama.cpp server: the answer is the same with it, and the server tells what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from jupyter_mccom.evaluation.lib.samples import notebook_samples
from jupyter_mccom.evaluation.lib.ties import same_but_for_a_tie, text_of
from jupyter_mccom.models.store import Store
from jupyter_mccom.protocols import Engine
from jupyter_mccom.types import Prompt, Token
from tests.served import cloud, serving

LARGE = "qwen2.5-coder-1.5b"
N_LINES = 12


@pytest.fixture(scope="module")
def large(models: Store) -> Iterator[tuple[str, str]]:
    """The larger model, which takes drafts."""
    models.pull(LARGE, progress=lambda done, total: None)
    with serving("--model", LARGE, "--draft", "ngram-mod") as address:
        yield address


async def _answer(engine: Engine, prompt: Prompt, draft: str) -> list[Token]:
    async with aclosing(engine.generate(prompt, max_tokens=16, draft=draft)) as stream:
        return [token async for token in stream]


async def test_a_greedy_answer_is_the_same_with_and_without_a_draft(large: tuple[str, str], shared_data: Path) -> None:
    """A greedy answer is the same with and without a draft, and the server tells what it accepted."""
    engine = cloud(*large)
    checks = []
    try:
        for sample in notebook_samples(shared_data, 4):
            above, _, typed = sample.request.prefix.rpartition("\n")
            lines = "".join(line + "\n" for line in above.split("\n")[-N_LINES:])
            prompt = Prompt(chunks=(), prefix=lines, typed=typed, suffix="\n")
            plain = await _answer(engine, prompt, "")
            for draft in (text_of(plain), text_of(plain)[:8] + " wrong"):
                drafted = await _answer(engine, prompt, draft)
                assert same_but_for_a_tie(plain, drafted)
                checks.append(drafted[-1].check)
    finally:
        await engine.aclose()
    assert any(check is not None and check.offered and check.accepted for check in checks)
