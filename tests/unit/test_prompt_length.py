"""How long local prompts may be, by what is set and by how fast a machine reads."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import pytest

from jupyter_mccom.compose import open_cascade
from jupyter_mccom.compose.prompt_length import in_force, prompt_length, served_length, spared
from jupyter_mccom.engines.choosing.measurements import Measurements
from jupyter_mccom.engines.choosing.speed import Speed
from jupyter_mccom.errors import SettingsError
from jupyter_mccom.models.store import Store
from jupyter_mccom.settings import MCCom, changed
from jupyter_mccom.types import Prompt, Token
from tests.conftest import SMALL


@pytest.mark.parametrize(
    ("settings", "read_s", "tokens", "why"),
    [
        ({}, None, 512, "until it is known how fast"),
        ({}, 0.005, 512, "reads 100 in 0.5 s, the least"),
        ({}, 0.000_5, 960, "reads 1000 in 0.5 s"),
        ({}, 0.000_05, 2048, "reads 10000 in 0.5 s, the most"),
        ({}, 0.0, 2048, "the most"),
        ({"prompt_tokens": 700}, 0.000_05, 700, "prompt_tokens says so"),
        ({"prompt_tokens": 64}, None, 64, "prompt_tokens says so"),
        ({"context_tokens": 1024}, 0.000_05, 755, "context_tokens = 1024 holds no more"),
        ({"context_tokens": 400}, None, 256, "context_tokens = 400 holds no more"),
        ({"context_tokens": 4096}, 0.000_5, 960, "reads 1000"),
        ({"context_tokens": 64}, None, 1, "context_tokens = 64"),
    ],
)
def test_a_length(settings: dict[str, int], read_s: float | None, tokens: int, why: str) -> None:
    """A person's number holds; else the machine's speed decides, between bounds and within the context."""
    found = prompt_length(MCCom(**settings), read_s)
    assert found.tokens == tokens
    assert found.why.startswith(f"at most {tokens} tokens: ")
    assert why in found.why


@pytest.mark.parametrize("read_s", [None, 0.01, 0.000_5, 0.000_01])
@pytest.mark.parametrize("settings", [{}, {"max_tokens": 256}, {"context_tokens": 2048}])
def test_the_context_holds_the_prompt(settings: dict[str, int], read_s: float | None) -> None:
    """Whatever is decided fits the context that is made for it, with the suggestion and a fifth to spare."""
    given = MCCom(**settings)
    n_prompt = prompt_length(given, read_s).tokens
    assert (n_prompt + given.max_tokens) * 1.2 <= given.context_for(n_prompt)


def test_a_servers_speed_decides_nothing() -> None:
    """A server gets the least length, or what a person has set."""
    assert served_length(MCCom()).tokens == 512
    assert served_length(MCCom(prompt_tokens=2000)).tokens == 2000


def test_a_spared_machine_reads_half() -> None:
    """A spared machine reads half as much, and the reason names both."""
    found = spared(prompt_length(MCCom(), None), "on battery")
    assert (found.tokens, found.why) == (256, "at most 256 tokens: on battery, instead of 512")


def test_a_running_process_keeps_its_length() -> None:
    """A running process keeps the length for which its context was made, and the reason tells what follows."""
    before, now = prompt_length(MCCom(), None), prompt_length(MCCom(), 0.000_5)
    found = in_force(before, now)
    assert found.tokens == 512
    assert found.why.endswith("; 960 from the model's next start")
    assert in_force(before, prompt_length(MCCom(), 0.01)).why.endswith("the least")


@pytest.mark.parametrize("tokens", [1, 63])
def test_a_length_that_says_too_little_is_refused(tokens: int) -> None:
    """A prompt of some tokens only is refused, with the least number."""
    with pytest.raises(SettingsError, match="0 or at least 64"):
        changed(MCCom(), prompt_tokens=tokens)


def _answer(speed: Speed, token_s: Sequence[float], n_read: int, now: list[float]) -> None:
    run = speed.run("m")
    for number, gap_s in enumerate(token_s):
        now[0] += gap_s
        if run is not None:
            run.token(Token(text="x", prob=0.9, n_evaluated=1 if number else n_read))


def test_a_named_models_speed_is_kept(tmp_path: Path) -> None:
    """What a named model's answers show is kept for the next start; the answer that loads it does not count."""
    now = [0.0]
    kept = Measurements(tmp_path / "auto.json", of={"machine": 1})
    speed = Speed(kept, lambda: now[0])
    for first_s in (9.0, 0.2, 0.1):
        assert speed.read_s("m") is None
        _answer(speed, [first_s, 0.02, 0.02, 0.02, 0.02], 100, now)
        asyncio.run(speed.keep("m"))
    assert speed.read_s("m") == pytest.approx(0.001)
    assert speed.run("m") is None, "enough is known"
    assert Speed(kept).read_s("m") == pytest.approx(0.001)
    assert Speed(Measurements(tmp_path / "auto.json", of={"machine": 2})).read_s("m") is None


def test_two_keep_their_figures_in_one_file(tmp_path: Path) -> None:
    """Figures that another process has kept meanwhile stay."""
    now = [0.0]
    kept = Measurements(tmp_path / "auto.json", of={})
    speed = Speed(kept, lambda: now[0])
    kept.save(Speed(kept)._figures | {})
    other = Speed(kept, lambda: now[0])
    for one, name in ((speed, "m"), (other, "n")):
        for _ in range(3):
            run = one.run(name)
            assert run is not None
            for number in range(5):
                now[0] += 0.1
                run.token(Token(text="x", prob=0.9, n_evaluated=1 if number else 50))
        asyncio.run(one.keep(name))
    assert set(kept.load()) == {"m", "n"}


async def test_a_named_model_is_timed_in_its_answers(
    models: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that a person named is timed in its first answers, and the next start knows its speed."""
    monkeypatch.setattr("jupyter_mccom.compose.local_tier.default_models_dir", lambda: tmp_path / "models")
    settings = MCCom(model=SMALL, models_dir=str(models.models_dir), threads=1)
    async with aclosing(open_cascade(settings)) as opened:
        assert "until it is known" in opened.prompt.why
        for number in range(4):
            prefix = "".join(f"name_{number}_{line} = {line}\n" for line in range(4))
            prompt = Prompt(chunks=(), prefix=prefix, typed="for x in range(", suffix="")
            async with aclosing(opened.engine.generate(prompt, max_tokens=6)) as tokens:
                async for _ in tokens:
                    pass
        told = opened.prompt.why
    assert "this machine reads" in told
    async with aclosing(open_cascade(settings)) as opened:
        assert re.match(r"at most \d+ tokens: this machine reads \d+ in 0\.5 s", opened.prompt.why)
