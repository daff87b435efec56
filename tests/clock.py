"""Time for tests: a Clock with a fixed date, and tests in which waiting takes no real time."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable, Coroutine
from typing import ParamSpec

from jupyter_mccom.evaluation.typing.virtual import VirtualLoop, run_virtually

_Given = ParamSpec("_Given")


class FixedDate:
    """Satisfies protocols.Clock."""

    def now_s(self) -> float:
        """Monotonic seconds of the running loop, which may be virtual; without a loop those of the machine."""
        try:
            return asyncio.get_running_loop().time()
        except RuntimeError:
            return time.monotonic()

    def unix_s(self) -> float:
        """Always the same moment."""
        return 1_700_000_000.0


def in_virtual_time(test: Callable[_Given, Coroutine[None, None, None]]) -> Callable[_Given, None]:
    """Runs an async test on a loop of its own: waiting is skipped, and work takes no time however slow it is."""

    @functools.wraps(test)
    def run(*args: _Given.args, **given: _Given.kwargs) -> None:
        async def skipping(loop: VirtualLoop) -> None:
            with loop.skipping(lambda: 0.0):
                await test(*args, **given)

        run_virtually(skipping)

    return run
