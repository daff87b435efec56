"""The vllm dialect on a real vLLM server: drafts are checked, and change nothing. Not run unless asked for.

A server: `vllm serve MODEL --served-model-name M --api-key KEY`; then `MCCOM_VLLM_URL=… MCCOM_VLLM_MODEL=M
MCCOM_VLLM_KEY=KEY pytest -m vllm`. The model is one of the Qwen2.5-Coder family.
"""

from __future__ import annotations

import os
from contextlib import aclosing

import pytest

from jupyter_mccom.engines.remote.providers.table import open_cloud
from jupyter_mccom.models.catalog import QWEN_FIM
from jupyter_mccom.types import Prompt, Token

pytestmark = [pytest.mark.vllm, pytest.mark.model]
PROMPT = Prompt(
    chunks=(), prefix="import numpy as np\n", typed="x = np.ze", suffix="\nprint(x.shape)\n", session="notebook-1"
)
N_TOKENS = 12


async def _answer(draft: str) -> list[Token]:
    url, model = os.environ["MCCOM_VLLM_URL"], os.environ["MCCOM_VLLM_MODEL"]
    key = os.environ.get("MCCOM_VLLM_KEY", "")
    engine = open_cloud("vllm", url=url, model=model, key=lambda: key, fim=QWEN_FIM, connect_s=3, read_s=60)
    try:
        async with aclosing(engine.generate(PROMPT, max_tokens=N_TOKENS, draft=draft)) as stream:
            return [token async for token in stream]
    finally:
        await engine.aclose()


def _text(tokens: list[Token]) -> str:
    return "".join(token.text for token in tokens)


def _check(tokens: list[Token]) -> tuple[int, int, int | None]:
    """Offered, accepted and forward passes."""
    check = tokens[-1].check
    assert check is not None
    assert check.offered is not None
    assert check.accepted is not None
    return check.offered, check.accepted, check.passes


async def test_a_right_draft_is_kept_whole_in_one_call() -> None:
    """A right draft is accepted whole in one call."""
    plain = _text(await _answer(""))
    drafted = await _answer(plain)
    offered, accepted, passes = _check(drafted)
    assert _text(drafted) == plain
    assert (accepted, passes) == (offered, 1)


@pytest.mark.parametrize("wrong", [" wrong", "\u00e9\U0001f600", "zzz"])
async def test_a_wrong_draft_changes_nothing(wrong: str) -> None:
    """A wrong draft changes nothing and takes a second call."""
    plain = _text(await _answer(""))
    for draft in (wrong, plain[:6] + wrong):
        drafted = await _answer(draft)
        offered, accepted, passes = _check(drafted)
        assert _text(drafted) == plain
        assert accepted < offered
        assert passes == 2
