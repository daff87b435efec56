"""Engines and retrievers as a replay sees them: calls noted, the network added, and the loop told that work is done.

Knows nothing of routes: it sits below the cascade, in the place of the engine that it measures.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from ...protocols import N_HITS, Engine, Retriever
from ...server.completions import IN_ADVANCE
from ...types import CompletionRequest, Hit, Prompt, Skills, Token
from ..lib.profiles import Profile
from .virtual import VirtualLoop

_LOOK_S = 0.03
_N_QUIET = 3


@dataclass(slots=True, kw_only=True)
class Call:
    """One call of an engine; also one that a key cancelled."""

    n_prompt: int
    """Tokens of the prompt, by its parts."""
    n_evaluated: int | None = None
    """Prompt tokens that the engine had to evaluate; None when it was cancelled before it said so."""
    n_written: int = 0
    in_advance: bool = False
    """While nobody waited for an answer."""
    n_offered: int = 0
    """Tokens of a draft that the engine was given."""
    n_accepted: int = 0


class Metered:
    """Satisfies protocols.Engine. `pid` is the process that works: after a cancel it is watched until it is free.

    With a profile it is somebody else's machine: writing takes the profile's time, and none of the process's.
    """

    def __init__(
        self,
        engine: Engine,
        loop: VirtualLoop,
        *,
        pid: Callable[[], int | None],
        network_s: float = 0.0,
        profile: Profile | None = None,
    ) -> None:
        self._engine = engine
        self._loop = loop
        self._pid = pid
        self._network_s = network_s
        self._profile = profile
        self._watches: set[asyncio.Task[None]] = set()
        self.takes_drafts = True
        """False: it is given none, as an engine that checks none."""
        self.calls: list[Call] = []
        """The calls, in the order in which they began."""

    @property
    def name(self) -> str:
        """The name of the measured engine."""
        return self._engine.name

    @property
    def skills(self) -> Skills:
        """The skills of the measured engine, without drafts where it may not take them."""
        skills = self._engine.skills
        return replace(skills, checks_draft=skills.checks_draft and self.takes_drafts)

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """The engine's answer; its first token comes `network_s` later, or when the profile says."""
        call = Call(n_prompt=await self._n_prompt(prompt), in_advance=IN_ADVANCE.get())
        self.calls.append(call)
        tokens = self._engine.generate(prompt, max_tokens=max_tokens, draft=draft)
        async with aclosing(self._worked(call, tokens) if self._profile is None else self._hosted(tokens)) as found:
            async for token in found:
                _note(call, token)
                yield token

    async def _worked(self, call: Call, tokens: AsyncGenerator[Token, None]) -> AsyncGenerator[Token, None]:
        await asyncio.sleep(self._network_s)
        with self._loop.working():
            try:
                async with aclosing(tokens):
                    async for token in tokens:
                        yield token
            finally:
                if not call.n_written:
                    self._watch()

    async def _hosted(self, tokens: AsyncGenerator[Token, None]) -> AsyncGenerator[Token, None]:
        """The tokens, each when the profile has it. Time stands still while this machine writes it."""
        assert self._profile is not None
        start_s, n_written, token = self._loop.time(), 0, None
        try:
            while n_written == 0 or token is not None:
                with self._loop.frozen():
                    token = await anext(tokens, None)
                n_written += 1
                await asyncio.sleep(max(0.0, start_s + self._profile.until_s(n_written) - self._loop.time()))
                if token is not None:
                    yield token
        finally:
            with self._loop.frozen():
                await tokens.aclose()

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Counts tokens by the measured engine."""
        with self._loop.working():
            return await self._engine.count(texts)

    async def settled(self) -> None:
        """The engine's process is free."""
        while self._watches:
            await asyncio.wait(self._watches)

    async def aclose(self) -> None:
        """Waits until it is free; who opened the engine closes it."""
        await self.settled()

    async def _n_prompt(self, prompt: Prompt) -> int:
        parts = [*(chunk.text for chunk in prompt.chunks), prompt.prefix, prompt.typed + prompt.forced, prompt.suffix]
        with self._loop.frozen(), self._loop.working():
            return sum(await self._engine.count(parts))

    def _watch(self) -> None:
        task = asyncio.create_task(self._until_free(), name="mccom replay watch")
        self._watches.add(task)
        task.add_done_callback(self._watches.discard)

    async def _until_free(self) -> None:
        """A prompt that is given up goes on until its batch is evaluated: time runs as long as it does."""
        pid = self._pid()
        if pid is not None:
            await asyncio.to_thread(wait_until_quiet, pid)


class MeteredRetriever:
    """Satisfies protocols.Retriever."""

    def __init__(self, retriever: Retriever, loop: VirtualLoop) -> None:
        self._retriever = retriever
        self._loop = loop

    async def search(
        self, request: CompletionRequest, *, text: str = "", confidence: float | None = None, n_hits: int = N_HITS
    ) -> tuple[Hit, ...]:
        """Finds the hits of the wrapped retriever, and counts the wait as work."""
        with self._loop.working():
            return await self._retriever.search(request, text=text, confidence=confidence, n_hits=n_hits)

    async def aclose(self) -> None:
        """Does nothing: the retriever is closed by the code that opened it."""


def children() -> list[int]:
    """Processes that this one has started, and theirs."""
    import psutil

    return [child.pid for child in psutil.Process().children(recursive=True)]


def wait_until_quiet(pid: int) -> None:
    """Returns when a process works no more; blocks."""
    import psutil

    process, seen, n_quiet = psutil.Process(pid), -1.0, 0
    while n_quiet < _N_QUIET:
        time.sleep(_LOOK_S)
        times = process.cpu_times()
        now = float(times.user + times.system)
        n_quiet, seen = (n_quiet + 1 if now == seen else 0), now


def _note(call: Call, token: Token) -> None:
    call.n_written += 1
    if call.n_evaluated is None:
        call.n_evaluated = token.n_evaluated
    if token.check is not None:
        call.n_offered = token.check.offered or 0
        call.n_accepted = token.check.accepted or 0
