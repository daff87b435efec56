"""The engine that chooses: what it measures, how often, and what it does while something is missing or broken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from jupyter_mccom.engines.choosing.auto import AutoEngine, Candidate
from jupyter_mccom.engines.choosing.measurements import Measurements, machine
from jupyter_mccom.engines.choosing.power_and_memory import PowerAndMemory
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.errors import EngineError, ModelError
from jupyter_mccom.protocols import Engine
from jupyter_mccom.types import Prompt, Skills, Token
from tests.clock import in_virtual_time

VERSIONS: dict[str, str] = machine(1)["versions"]  # type: ignore[assignment]
PROMPT = Prompt(chunks=(), prefix="x = 1\n" * 4, typed="x = ", suffix="")


class Counted:
    """A scripted engine that knows how often it was asked, and may be broken."""

    def __init__(self, name: str, token_s: float, *, broken: bool = False) -> None:
        self._engine = ScriptedEngine(lambda prompt: "1 + " * 20, name=name, token_s=token_s)
        self._broken = broken
        self.n_asked = 0
        self.n_closed = 0

    @property
    def name(self) -> str:
        return self._engine.name

    @property
    def skills(self) -> Skills:
        return self._engine.skills

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        self.n_asked += 1
        if self._broken:
            raise EngineError(f"{self.name} cannot be loaded; try another")
        async with aclosing(self._engine.generate(prompt, max_tokens=max_tokens, draft=draft)) as tokens:
            async for token in tokens:
                yield token

    async def count(self, texts: Sequence[str]) -> list[int]:
        return await self._engine.count(texts)

    async def aclose(self) -> None:
        self.n_closed += 1


class Machine:
    """Models and how quick each is here; `present` may change."""

    def __init__(self, folder: Path, *, budget_s: float = 30) -> None:
        self.engines = {"small": Counted("small", 0.002), "middle": Counted("middle", 0.01)}
        self.present = {"small", "middle"}
        self.file = folder / "auto.json"
        self.budget_s = budget_s

    def open(self, **other: object) -> AutoEngine:
        """`other`: what is not as it is on this machine."""
        return self.open_with(None, **other)

    def open_with(self, conditions: PowerAndMemory | None, **other: object) -> AutoEngine:
        """The same, on a machine that may have to be spared."""
        return AutoEngine(
            candidates=self._candidates,
            measurements=Measurements(self.file, of={**machine(1), **other}),
            budget_s=self.budget_s,
            free_bytes=lambda: 10**10,
            conditions=conditions,
            clock=lambda: asyncio.get_running_loop().time(),
        )

    def _candidates(self) -> list[Candidate]:
        return [
            Candidate(
                name=name,
                kind="mlx" if name.endswith("-mlx") else "gguf",
                n_bytes=10**8 * (1 + 4 * rank),
                rank=rank,
                present=name in self.present,
                exact_match=0.4 if name == "middle" else None,
                open=lambda engine=engine: engine,  # type: ignore[misc]
            )
            for rank, (name, engine) in enumerate(self.engines.items())
        ]


async def _ask(engine: Engine, max_tokens: int = 5) -> list[Token]:
    async with aclosing(engine.generate(PROMPT, max_tokens=max_tokens)) as tokens:
        return [token async for token in tokens]


@in_virtual_time
async def test_the_smallest_is_measured_first(tmp_path: Path) -> None:
    """The smallest model is measured first, then the one that is chosen; only one of them stays in memory."""
    machine = Machine(tmp_path)
    engine = machine.open()
    assert (engine.choice.name, engine.choice.figures) == ("small", {})
    assert len(await _ask(engine)) == 5
    assert (engine.name, set(engine.choice.figures)) == ("middle", {"small", "middle"})
    assert "(measured)" in engine.choice.why
    assert machine.engines["small"].n_closed == 1, "two models in memory are one too many"
    await engine.aclose()


@in_virtual_time
async def test_the_quicker_kind_of_engine_is_chosen(
    tmp_path: Path,
) -> None:
    """Each kind of engine is measured by its smallest model, and the quicker kind is chosen."""
    machine = Machine(tmp_path, budget_s=1)
    machine.engines = {name: Counted(name, token_s) for name, token_s in (("small", 0.03), ("small-mlx", 0.002))}
    machine.present = {"small", "small-mlx"}
    machine.engines["middle"] = Counted("middle", 0.03)
    engine = machine.open()
    await _ask(engine)
    assert {"small", "small-mlx"} <= set(engine.choice.figures)
    assert engine.name == "small-mlx"
    await engine.aclose()


@in_virtual_time
async def test_a_slow_machine_gets_the_small_one(tmp_path: Path) -> None:
    """A slow machine gets the smallest model, and a larger one is never asked."""
    machine = Machine(tmp_path, budget_s=0.000_001)
    engine = machine.open()
    await _ask(engine)
    assert (engine.name, set(engine.choice.figures)) == ("small", {"small"})
    assert machine.engines["middle"].n_asked == 0
    await engine.aclose()


@in_virtual_time
async def test_a_model_slower_than_predicted_is_left(tmp_path: Path) -> None:
    """A model that turns out slower than predicted is left for the smaller one."""
    machine = Machine(tmp_path, budget_s=1)
    machine.engines["middle"] = Counted("middle", 0.15)
    engine = machine.open()
    await _ask(engine)
    assert (engine.name, set(engine.choice.figures)) == ("small", {"small", "middle"})
    await engine.aclose()


@in_virtual_time
async def test_a_machine_is_measured_once(tmp_path: Path) -> None:
    """A second engine on the same machine knows the choice without a measurement."""
    machine = Machine(tmp_path)
    await _ask(first := machine.open())
    asked = machine.engines["small"].n_asked
    second = machine.open()
    assert second.choice == first.choice, "known before anything is asked"
    await _ask(second)
    assert machine.engines["small"].n_asked == asked


@pytest.mark.parametrize(
    "other",
    [
        {"threads": 2},
        {"processor": "another"},
        {"memory_gib": 1},
        {"versions": {**VERSIONS, "xllamacpp": "0"}},
        {"versions": {**VERSIONS, "jupyter-mccom": "0"}},
    ],
    ids=lambda other: ", ".join(other),
)
@in_virtual_time
async def test_other_hardware_or_versions_are_measured_anew(tmp_path: Path, other: dict[str, object]) -> None:
    """Other hardware or other versions are measured anew, and the older figures stay known."""
    here = Machine(tmp_path)
    await _ask(here.open())
    there = here.open(**other)
    assert there.choice.figures == {}
    await _ask(there)
    assert here.open().choice.figures, "what was measured before is still known"


def test_the_figures_depend_on_the_versions_that_are_installed() -> None:
    """The figures are kept for the installed versions of this package and of its engines."""
    assert VERSIONS["xllamacpp"].startswith(f"{version('xllamacpp')} ")
    assert {"jupyter-mccom", "xllamacpp"} <= set(VERSIONS)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', '{"a": {"small": {"read_s": 1}}}'])
@in_virtual_time
async def test_a_damaged_file_of_figures_costs_one_measurement(tmp_path: Path, content: str) -> None:
    """A damaged file of figures is replaced by one new measurement."""
    machine = Machine(tmp_path)
    machine.file.write_text(content)
    await _ask(machine.open())
    assert machine.open().choice.figures


@in_virtual_time
async def test_nothing_here_names_the_next_step_and_offers_the_default(tmp_path: Path) -> None:
    """Without any model on the machine the choice is the default model."""
    machine = Machine(tmp_path)
    machine.present = set()
    engine = machine.open()
    assert engine.choice.name == "middle"


@in_virtual_time
async def test_a_better_model_serves_once_it_is_here(tmp_path: Path) -> None:
    """The small model serves until a better one is here and the engine is told to reconsider."""
    machine = Machine(tmp_path)
    machine.present = {"small"}
    engine = machine.open()
    for _ in range(4):
        await _ask(engine)
    assert (engine.name, engine.choice.offer) == ("small", "middle")
    machine.present = {"small", "middle"}
    await _ask(engine)
    assert engine.name == "small", "nothing changes by itself"
    engine.reconsider()
    await _ask(engine)
    assert (engine.name, engine.choice.offer) == ("middle", "")
    await engine.aclose()


@in_virtual_time
async def test_the_offer_is_known_as_soon_as_the_figures_are(tmp_path: Path) -> None:
    """A new process offers the better model from the kept figures alone."""
    machine = Machine(tmp_path)
    machine.present = {"small"}
    engine = machine.open()
    for _ in range(4):
        await _ask(engine)
    assert machine.open().choice.offer == "middle", "what `jupyter mccom pull` fetches, in a process of its own"


@in_virtual_time
async def test_each_choice_is_told_once(tmp_path: Path) -> None:
    """The callback is called once for each model that is chosen."""
    machine = Machine(tmp_path)
    machine.present = {"small"}
    engine = machine.open()
    told: list[str] = []
    engine.settled = lambda: told.append(engine.name)
    await _ask(engine)
    machine.present = {"small", "middle"}
    engine.reconsider()
    await _ask(engine)
    await _ask(engine)
    assert told == ["small", "middle"]
    await engine.aclose()


@in_virtual_time
async def test_a_model_that_does_not_load_is_left_out(tmp_path: Path) -> None:
    """A model that does not load is left out of the choice."""
    machine = Machine(tmp_path)
    machine.engines["middle"] = Counted("middle", 0.01, broken=True)
    engine = machine.open()
    await _ask(engine)
    assert engine.name == "small"
    await engine.aclose()


@in_virtual_time
async def test_where_none_loads_the_reason_reaches_whoever_asks(tmp_path: Path) -> None:
    """When no model loads, the request fails with the reason."""
    machine = Machine(tmp_path)
    machine.engines = {name: Counted(name, 0.01, broken=True) for name in machine.engines}
    engine = machine.open()
    with pytest.raises((EngineError, ModelError)):
        await _ask(engine)
    await engine.aclose()


@in_virtual_time
async def test_a_cancelled_request_does_not_stop_measuring(tmp_path: Path) -> None:
    """A measurement goes on when the request that began it is cancelled, and it is made once."""
    machine = Machine(tmp_path)
    engine = machine.open()
    asking = asyncio.create_task(_ask(engine))
    while not engine.measuring:
        await asyncio.sleep(0.001)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await asyncio.gather(_ask(engine), _ask(engine))
    assert machine.engines["small"].n_asked == 3, "measured once, in three rounds"
    await engine.aclose()


@in_virtual_time
async def test_closing_ends_a_measurement(tmp_path: Path) -> None:
    """Closing the engine ends a running measurement, and no figures are kept."""
    machine = Machine(tmp_path)
    machine.engines["small"] = Counted("small", 5.0)
    engine = machine.open()
    asking = asyncio.create_task(_ask(engine))
    while not engine.measuring:
        await asyncio.sleep(0.001)
    await engine.aclose()
    (ended,) = await asyncio.gather(asking, return_exceptions=True)
    assert isinstance(ended, asyncio.CancelledError)
    assert replace(engine.choice, why="").figures == {}
