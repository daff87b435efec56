"""A draft on a real llama.cpp server: the answer is the same with it, and the server tells what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from jupyter_mccom.evaluation.samples import notebook_samples
from jupyter_mccom.models.store import Store
from jupyter_mccom.protocols import Engine
from jupyter_mccom.types import DraftCheck, Prompt
from tests.served import cloud, serving

LARGE = "qwen2.5-coder-1.5b"
N_LINES = 12


@pytest.fixture(scope="module")
def large(models: Store) -> Iterator[tuple[str, str]]:
    """The larger model, which takes drafts."""
    models.pull(LARGE, progress=lambda done, total: None)
    with serving("--model", LARGE, "--draft", "ngram-mod") as address:
        yield address


async def _answer(engine: Engine, prompt: Prompt, draft: str) -> tuple[str, DraftCheck | None]:
    async with aclosing(engine.generate(prompt, max_tokens=16, draft=draft)) as stream:
        tokens = [token async for token in stream]
    return "".join(token.text for token in tokens), tokens[-1].check


async def test_a_greedy_answer_is_the_same_with_and_without_a_draft(large: tuple[str, str], shared_data: Path) -> None:
    engine = cloud(*large)
    checks = []
    try:
        for sample in notebook_samples(shared_data, 4):
            above, _, typed = sample.request.prefix.rpartition("\n")
            lines = "".join(line + "\n" for line in above.split("\n")[-N_LINES:])
            prompt = Prompt(chunks=(), prefix=lines, typed=typed, suffix="\n")
            plain, _ = await _answer(engine, prompt, "")
            for draft in (plain, plain[:8] + " wrong"):
                drafted, check = await _answer(engine, prompt, draft)
                assert drafted == plain
                checks.append(check)
    finally:
        await engine.aclose()
    assert any(check is not None and check.offered and check.accepted for check in checks)
