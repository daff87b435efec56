"""The Engine that chooses: hands every request to the model that suits this machine.

Where one model is here it answers at once, and what it takes is the measure; several are measured when the first
request comes. Only models that are here are used; a better one that is not is offered, never fetched.
Knows engines by their protocol, and models by name and size.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from itertools import pairwise

from ...errors import EngineError, ModelError
from ...protocols import Engine
from ...types import Prompt, Skills, Token
from .measurements import Measurements
from .memory import needed_bytes
from .model_choice import Choice, Figures, Option, choose, first_offer, stepped_down, useful
from .observing import Observed
from .power_and_memory import PowerAndMemory
from .strain import Strain

_ROUNDS = 3
"""The first one loads the model and is not counted."""
_LINES = 14
"""Lines of the measured prompt: about 100 tokens."""
_WRITTEN_TOKENS = 8
_LOOK_S = 10.0
"""Between two looks at the machine's conditions, each behind an answer."""
_UNMEASURED = "how quick this machine is shows with the first completions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate(Option):
    """A model, and how its engine is opened."""

    open: Callable[[], Engine]
    """Opens an engine, which starts when it is first asked; may block."""


class AutoEngine:
    """`candidates` and `free_bytes` are asked in a thread whenever there is something to decide; `clock` times.

    With `conditions` a smaller model stands in while the machine is to be spared; nothing is measured meanwhile.
    """

    def __init__(
        self,
        *,
        candidates: Callable[[], Sequence[Candidate]],
        measurements: Measurements,
        budget_s: float,
        free_bytes: Callable[[], int],
        conditions: PowerAndMemory | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._candidates = candidates
        self._measurements = measurements
        self._budget_s = budget_s
        self._free_bytes = free_bytes
        self._clock = clock
        self._known = {candidate.name: candidate for candidate in candidates()}
        self._engines: dict[str, Engine] = {}
        """Those that are open: one but while another is measured."""
        self._figures = measurements.load()
        """By `Option.key`: those of one kind of engine say nothing of another."""
        self._observed = Observed()
        self._conditions = conditions
        self._strain = Strain()
        self._looked_s: float | None = None
        """When the conditions were read last; None before the first time."""
        self._looking: asyncio.Task[None] | None = None
        self._settling: asyncio.Task[None] | None = None
        self._settled = False
        self._n_running = 0
        """Answers that are being written."""
        self.choice = self._first_choice()
        """What is used, or would be: by the figures that are known so far."""
        self.measuring = ""
        """The model that is being measured; empty when none is."""
        self.settled: Callable[[], None] = lambda: None
        """To be called when it is decided which model is used from now on."""

    @property
    def name(self) -> str:
        """The name of the chosen model."""
        return self.choice.name

    @property
    def strain(self) -> str:
        """Why the machine is spared; empty while it is not."""
        return self._strain.why

    def read_s(self, name: str) -> float | None:
        """Seconds that a model takes for a prompt token; None where it was not measured."""
        figures = self._figures.get(self._known[name].key)
        return figures.read_s if figures else None

    @property
    def skills(self) -> Skills:
        """The skills of the chosen engine; none before it was opened."""
        engine = self._engines.get(self.choice.name)
        return engine.skills if engine else Skills(probs=False, infill=False, checks_draft=False)

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """Streams tokens, as `protocols.Engine.generate`. The first request waits until the machine is measured."""
        engine = await self.chosen()
        key = self._known[self.choice.name].key
        known = draft or key in self._figures or self._strain.why
        seen = None if known else self._observed.run(key, self._clock)
        self._n_running += 1
        try:
            async with aclosing(engine.generate(prompt, max_tokens=max_tokens, draft=draft)) as tokens:
                async for token in tokens:
                    if seen is not None:
                        seen.token(token)
                    yield token
        finally:
            self._n_running -= 1
            if seen is not None and self._observed.figures(key) is not None:
                self._settled = False
                self._begin()
            self._look_soon()

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Counts tokens, as `protocols.Engine.count`."""
        return await (await self.chosen()).count(texts)

    async def aclose(self) -> None:
        """Closes the engine, as `protocols.Engine.aclose`."""
        tasks = [task for task in (self._looking, self._settling) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(engine.aclose() for engine in self._engines.values()))

    def reconsider(self) -> None:
        """Something was downloaded or removed: the next request decides anew, by the figures that are known."""
        self._settled = False

    async def chosen(self) -> Engine:
        """The engine to use. Raises EngineError or ModelError when none of those here can be measured."""
        if not self._settled:
            await asyncio.shield(self._begin())
        return self._engines[self.choice.name]

    def _begin(self) -> asyncio.Task[None]:
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._settle(), name="mccom auto")
        return self._settling

    def _look_soon(self) -> None:
        """Looks at the conditions behind an answer, where the last look was long enough ago."""
        looks = self._looking is not None and not self._looking.done()
        if self._conditions is None or looks or self._looked_s is None or self._clock() - self._looked_s < _LOOK_S:
            return
        self._looking = asyncio.create_task(self._look_at_conditions(), name="mccom conditions")

    async def _look_at_conditions(self) -> None:
        """Where sparing begins or ends, the other model takes over: now, or with the next request."""
        before = self._strain.why
        await self._read_conditions()
        if bool(before) != bool(self._strain.why):
            self._settled = False
            if not self._n_running:
                with suppress(EngineError, ModelError):  # the next request tells it
                    await asyncio.shield(self._begin())

    async def _read_conditions(self) -> None:
        if self._conditions is None:
            return
        reading = await asyncio.to_thread(self._conditions.read)
        self._looked_s = self._clock()
        instead, here = self._known.get(self.choice.instead_of), self._known[self.choice.name]
        more_bytes = needed_bytes(instead.n_bytes) - needed_bytes(here.n_bytes) if instead else 0
        self._strain.saw(reading, self._looked_s, more_bytes=more_bytes)

    async def _opened(self, name: str) -> Engine:
        if name not in self._engines:
            self._engines[name] = await asyncio.to_thread(self._known[name].open)
        return self._engines[name]

    async def _close(self, name: str) -> None:
        engine = self._engines.pop(name, None)
        if engine is not None:
            await engine.aclose()

    def _first_choice(self) -> Choice:
        known = list(self._known.values())
        here = [candidate for candidate in known if candidate.present]
        if any(candidate.key in self._figures for candidate in here):
            return self._chosen_of(known, self._free_bytes())
        if here:
            found = useful(here, free_bytes=self._free_bytes())
            return _unmeasured(min(found, key=lambda candidate: candidate.n_bytes))
        return _unmeasured(first_offer(known, free_bytes=self._free_bytes()))

    def _chosen_of(self, candidates: Sequence[Candidate], free_bytes: int) -> Choice:
        figures = {one.name: self._figures[one.key] for one in candidates if one.key in self._figures}
        return choose(candidates, figures, budget_s=self._budget_s, free_bytes=free_bytes)

    async def _settle(self) -> None:
        """Measures the smallest model of each engine, then what they make best, until that is measured itself.

        One that is here alone is used as it is; its figures are what it takes.
        """
        await self._look()
        if self._looked_s is None:
            await self._read_conditions()
        broken: dict[str, EngineError | ModelError] = {}
        while (candidate := await self._next(broken)) is not None:
            name = self.measuring = candidate.name
            try:
                found = await measured(await self._opened(name), self._clock)
                await self._look()  # llama.cpp may have stood in for MLX: then the figures are its own
                self._figures[self._known[name].key] = found
                await asyncio.to_thread(self._measurements.save, self._figures)
            except (EngineError, ModelError) as error:
                await self._look()
                broken[candidate.key] = error
                if all(one.key in broken for one in self._known.values() if one.present):
                    raise
            finally:
                self.measuring = ""
                if name != self.choice.name:
                    await self._close(name)
        await self._opened(self.choice.name)
        self._settled = True
        self.settled()

    async def _look(self) -> None:
        """Looks which models are here, closes those whose engine is another one now, takes over what was observed."""
        candidates = await asyncio.to_thread(self._candidates)
        former, self._known = self._known, {candidate.name: candidate for candidate in candidates}
        if not self.measuring:
            for name in [name for name in self._engines if former[name].key != self._known[name].key]:
                await self._close(name)
        for key in {candidate.key for candidate in candidates} - self._figures.keys():
            figures = self._observed.figures(key)
            if figures is not None:
                self._figures[key] = figures
                await asyncio.to_thread(self._measurements.save, self._figures)

    async def _next(self, broken: dict[str, EngineError | ModelError]) -> Candidate | None:
        """The model to measure now; None when the choice stands."""
        free = await asyncio.to_thread(self._free_bytes)
        free += sum(needed_bytes(self._known[name].n_bytes) for name in self._engines)  # the chosen one may stay
        usable = [candidate for candidate in self._known.values() if candidate.key not in broken]
        here = [candidate for candidate in useful(usable, free_bytes=free) if candidate.present]
        knows = any(candidate.key in self._figures for candidate in here)
        if here and not knows and (len(here) == 1 or self._strain.why):
            await self._choose(_unmeasured(min(here, key=lambda candidate: candidate.n_bytes)))
            return None
        for kind in sorted({candidate.kind for candidate in here}):
            same = [candidate for candidate in here if candidate.kind == kind]
            if not self._strain.why and not any(candidate.key in self._figures for candidate in same):
                return min(same, key=lambda candidate: candidate.n_bytes)
        if not here:
            return None
        choice = self._chosen_of(usable, free)
        if self._strain.why:
            await self._choose(stepped_down(choice, here))
            return None
        await self._choose(choice)
        chosen = self._known[self.choice.name]
        return None if chosen.key in self._figures else chosen

    async def _choose(self, choice: Choice) -> None:
        left, self.choice = self.choice, choice
        if left.name != choice.name:
            await self._close(left.name)


def _unmeasured(option: Option) -> Choice:
    return Choice(name=option.name, why=_UNMEASURED, figures={}, statement_s={})


async def measured(engine: Engine, clock: Callable[[], float] = time.perf_counter) -> Figures:
    """Times prompts of which nothing is cached, and the tokens written after them; the best of the rounds counts.

    Raises EngineError when nothing was written, and as the engine does.
    """
    reads_s, writes_s = [], []
    for number in range(_ROUNDS):
        lines = "".join(f"value_{number}_{line} = {line * number}\n" for line in range(_LINES))
        prompt = Prompt(chunks=(), prefix=lines, typed="value_", suffix="")
        times_s, n_read = [clock()], 1
        async with aclosing(engine.generate(prompt, max_tokens=_WRITTEN_TOKENS)) as tokens:
            async for token in tokens:
                n_read = max(n_read, token.n_evaluated)
                times_s.append(clock())
        gaps_s = [after - before for before, after in pairwise(times_s)]
        if number and gaps_s:
            reads_s.append(gaps_s[0] / n_read)
            writes_s.append(statistics.median(gaps_s[1:] or gaps_s))
    if not reads_s:
        raise EngineError(f"{engine.name} wrote nothing when it was measured; set MCCom.model to another")
    return Figures(read_s=min(reads_s), write_s=min(writes_s))
