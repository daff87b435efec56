"""`auto` on battery and while memory is short: a smaller model stands in, and gives way again."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from jupyter_mccom.compose import open_cascade
from jupyter_mccom.compose.local_tier import AutoModel
from jupyter_mccom.engines.choosing.auto import AutoEngine
from jupyter_mccom.engines.choosing.power_and_memory import PowerAndMemory, Reading
from jupyter_mccom.engines.choosing.strain import BEGIN_S, END_S
from jupyter_mccom.server.status import lines_of, status_of
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import Prompt
from tests.clock import in_virtual_time
from tests.unit.test_auto import Machine

PROMPT = Prompt(chunks=(), prefix="x = 1\n" * 4, typed="x = ", suffix="")


class Played:
    """The PowerAndMemory of a machine that is told what they are."""

    def __init__(self, *, on_battery: bool = False) -> None:
        self.on_battery = on_battery
        self.free_bytes = 8 * 10**9
        self.n_reads = 0

    def read(self) -> Reading:
        self.n_reads += 1
        return Reading(on_battery=self.on_battery, free_bytes=self.free_bytes, total_bytes=16 * 10**9)


async def _type(engine: AutoEngine, seconds: float) -> None:
    """A person types for so long, a key every ten seconds and a bit."""
    for _ in range(int(seconds / 11) + 1):
        async with aclosing(engine.generate(PROMPT, max_tokens=3)) as tokens:
            async for _ in tokens:
                pass
        await asyncio.sleep(11)


def _three(folder: Path) -> Machine:
    machine = Machine(folder)
    assert set(machine.engines) == {"small", "middle"}
    machine.engines = {name: machine.engines[of] for name, of in (("least", "small"), ("small", "small"))} | {
        "large": machine.engines["middle"]
    }
    machine.present = set(machine.engines)
    return machine


@in_virtual_time
async def test_a_smaller_model_stands_in_on_battery(tmp_path: Path) -> None:
    """On battery the next smaller model answers, and on mains the larger one again; both changes are told."""
    machine, played = _three(tmp_path), Played()
    engine = machine.open_with(played)
    told: list[str] = []
    await _type(engine, 40)
    engine.settled = lambda: told.append(engine.name)
    assert (engine.name, engine.strain) == ("large", "")
    played.on_battery = True
    await _type(engine, BEGIN_S + 25)
    assert (engine.name, engine.choice.instead_of, engine.strain) == ("small", "large", "on battery")
    played.on_battery = False
    await _type(engine, END_S / 2)
    assert engine.name == "small", "it has not lasted"
    await _type(engine, END_S)
    assert (engine.name, engine.choice.instead_of, engine.strain) == ("large", "", "")
    assert told == ["small", "large"]
    await engine.aclose()


@in_virtual_time
async def test_a_quick_change_changes_nothing(tmp_path: Path) -> None:
    """A plug that is pulled and put back changes no model."""
    machine, played = _three(tmp_path), Played()
    engine = machine.open_with(played)
    await _type(engine, 40)
    for _ in range(5):
        played.on_battery = True
        await _type(engine, 1)
        played.on_battery = False
        await _type(engine, 11)
    assert engine.name == "large"
    await engine.aclose()


@in_virtual_time
async def test_short_memory_brings_a_smaller_model(tmp_path: Path) -> None:
    """While memory is short a smaller model answers; the larger one comes back when there is room for it."""
    machine, played = _three(tmp_path), Played()
    engine = machine.open_with(played)
    await _type(engine, 40)
    played.free_bytes = 5 * 10**8
    await _type(engine, BEGIN_S + 25)
    assert (engine.name, engine.strain) == ("small", "memory is short")
    played.free_bytes = 22 * 10**8
    await _type(engine, 2 * END_S)
    assert engine.name == "small", "with the larger one memory would be short again"
    played.free_bytes = 8 * 10**9
    await _type(engine, END_S + 25)
    assert engine.name == "large"
    await engine.aclose()


@in_virtual_time
async def test_nothing_is_measured_on_battery(tmp_path: Path) -> None:
    """On battery nothing is measured and nothing kept: the figures would be those of a slower machine."""
    machine, played = _three(tmp_path), Played(on_battery=True)
    engine = machine.open_with(played)
    await _type(engine, 60)
    assert (engine.name, dict(engine.choice.figures), machine.file.exists()) == ("least", {}, False)
    played.on_battery = False
    await _type(engine, END_S + 25)
    assert (engine.name, "large" in engine.choice.figures) == ("large", True)
    await engine.aclose()


@in_virtual_time
async def test_a_person_may_switch_it_off(tmp_path: Path) -> None:
    """Without conditions nobody looks, and the larger model stays."""
    engine = _three(tmp_path).open_with(None)
    await _type(engine, 60)
    assert (engine.name, engine.strain) == ("large", "")
    await engine.aclose()


@in_virtual_time
async def test_the_machine_is_looked_at_now_and_then(tmp_path: Path) -> None:
    """A hundred keys in ten seconds look at the machine once."""
    machine, played = Machine(tmp_path), Played()
    engine = machine.open_with(played)
    await _type(engine, 1)
    seen = played.n_reads
    for _ in range(100):
        async with aclosing(engine.generate(PROMPT, max_tokens=1)) as tokens:
            async for _ in tokens:
                pass
    assert played.n_reads - seen <= 2
    await engine.aclose()


def _stepped(tier: AutoModel, conditions: PowerAndMemory) -> None:
    tier.engine._strain.saw(conditions.read(), 0.0)


async def test_a_shorter_prompt_where_no_model_is_smaller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a smaller model prompts are shorter, the status says so, and a person's own number stays."""
    monkeypatch.setattr("jupyter_mccom.compose.local_tier.default_models_dir", lambda: tmp_path / "nothing measured")
    for settings, tokens in (({}, 256), ({"prompt_tokens": 700}, 700)):
        opened = open_cascade(MCCom(models_dir=str(tmp_path), **settings))
        try:
            assert isinstance(opened.local, AutoModel)
            _stepped(opened.local, Played(on_battery=True))
            status = status_of(opened)
            assert status["prompt"]["tokens"] == opened.cascade._escalation.local.context.n_tokens == tokens
            said = "on battery: prompts have 256 tokens at most"
            assert status["stepped_down"] == (said if tokens == 256 else "")
            assert (said in lines_of(status)) is (tokens == 256)
        finally:
            await opened.aclose()


async def test_the_setting_decides_whether_anyone_looks(tmp_path: Path) -> None:
    """With `step_down` off, `auto` has no source of conditions."""
    for step_down in (True, False):
        opened = open_cascade(MCCom(models_dir=str(tmp_path), step_down=step_down))
        try:
            assert isinstance(opened.local, AutoModel)
            assert (opened.local.engine._conditions is not None) is step_down
        finally:
            await opened.aclose()
