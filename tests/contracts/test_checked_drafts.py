"""vLLM and SGLang check a draft by its tokens: how many calls that costs, counted on a strict server."""

from __future__ import annotations

import pytest

from jupyter_mccom.engines.remote import verify
from tests.cloud_server import CloudServer
from tests.strict_engines import ABOVE, all_of, opened, prompt_at
from tests.strict_model import StrictModel

LINE = "x = np.array(values)"
PROMPT = prompt_at(LINE, 6)
REST = ".array(values)"


@pytest.mark.parametrize("kind", ["vllm", "sglang"])
async def test_a_draft_that_is_the_answer_takes_one_call_more_at_most(kind: str) -> None:
    """vLLM checks it in the one call that an answer takes; SGLang has to be asked first where it begins."""
    async with opened(kind, StrictModel(ABOVE + LINE)) as (engine, server):
        tokens = await all_of(engine, PROMPT, REST)
        assert "".join(token.text for token in tokens) == REST
        assert [path for path, _, _ in server.asked] == {
            "vllm": ["/v1/completions"],
            "sglang": ["/tokenize", "/generate"],
        }[kind]


class _Paid:
    """A clock that only requests move: by 10 s at a slow path, else by one."""

    def __init__(self, server: CloudServer, slow: str) -> None:
        self._server = server
        self._slow = slow

    def monotonic(self) -> float:
        """Seconds of all requests so far."""
        return float(sum(10 if path == self._slow else 1 for path, _, _ in self._server.asked))


@pytest.mark.parametrize(("kind", "n_more"), [("vllm", 1), ("sglang", 2)])
async def test_wrong_drafts_cost_hardly_a_call(kind: str, n_more: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 60 wrong drafts the first 4 are checked and one of each 25; all other answers take one call."""
    async with opened(kind, StrictModel(ABOVE + LINE)) as (engine, server):
        monkeypatch.setattr(verify, "time", _Paid(server, ""))
        for _ in range(60):
            await all_of(engine, PROMPT, ".wrong(things)")
        assert len(server.asked) == 60 + n_more * (4 + 2)


@pytest.mark.parametrize(("kind", "slow", "n_calls"), [("vllm", "", 30), ("sglang", "/tokenize", 30 + 5)])
async def test_right_drafts_that_do_not_pay_are_not_sent(
    kind: str, slow: str, n_calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check that costs a slow call more is left out, though it is right; one that costs none takes no call more."""
    async with opened(kind, StrictModel(ABOVE + LINE)) as (engine, server):
        monkeypatch.setattr(verify, "time", _Paid(server, slow))
        for _ in range(30):
            tokens = await all_of(engine, PROMPT, REST)
            assert "".join(token.text for token in tokens) == REST
        assert len(server.asked) == n_calls


@pytest.mark.parametrize("kind", ["vllm", "sglang"])
async def test_the_blank_that_the_model_writes_is_no_divergence(kind: str) -> None:
    """Where nothing can be forced behind a blank, the draft begins with the blank that the model is left to write."""
    prompt = prompt_at(LINE, 4)
    masked = prompt_at(LINE, 0)
    masked = type(prompt)(
        chunks=(), prefix=prompt.prefix, typed=prompt.typed + prompt.forced, suffix=masked.suffix, session="s-1"
    )
    assert masked.typed.endswith(" ")
    async with opened(kind, StrictModel(ABOVE + LINE)) as (engine, _):
        tokens = await all_of(engine, masked, LINE[4:])
        assert "".join(token.text for token in tokens) == LINE[4:]
        check = tokens[-1].check
        assert check is not None
        assert (check.passes, check.accepted) == (1, check.offered)


@pytest.mark.parametrize("left", ["", " ", "  ", "    "])
@pytest.mark.parametrize("kind", ["vllm", "sglang"])
async def test_a_draft_behind_part_of_its_indentation(kind: str, left: str) -> None:
    """Where the person has typed two blanks of four, the model writes all four, and the draft is taken whole."""
    above = "def twice(x):\n"
    prompt = prompt_at("", 0, above)
    draft = f"{left}return 2 * x" if left else "    return 2 * x"
    async with opened(kind, StrictModel(above + "    return 2 * x")) as (engine, _):
        tokens = await all_of(engine, prompt, draft)
        assert "".join(token.text for token in tokens) == "    return 2 * x"
        check = tokens[-1].check
        assert check is not None
        assert (check.passes, check.accepted) == (1, check.offered)
