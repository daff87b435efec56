"""One running answer that outlives the request that began it, for as long as what is typed agrees with it.

A key that is typed along takes the running stream over instead of starting another. Knows nothing of engines: it drives
a stream of Suggestions, and closes it when nobody waits for it any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace

from ..types import CompletionRequest, Suggestion
from .record import continued, typed_since

_GRACE_S = 0.3
"""An answer that nobody waits for goes on this long: the next key is on its way (a quick typist's gap is 0.1 s)."""


class Flight:
    """`peek` gives the text so far that is not yet shown, `silent_s` how long a cloud has kept it waiting for any.

    `over` is called at the end. Needs a running event loop.
    """

    def __init__(
        self,
        request: CompletionRequest,
        answers: AsyncGenerator[Suggestion, None],
        *,
        peek: Callable[[], str],
        silent_s: Callable[[], float],
        over: Callable[[Flight], None],
    ) -> None:
        self._request = request
        self._peek = peek
        self._silent_s = silent_s
        self._over = over
        self._found: list[Suggestion] = []
        self._news = asyncio.Event()
        self._n_waiting = 0
        self._task = asyncio.create_task(self._run(answers), name=f"mccom flight {request.id}")
        self._task.add_done_callback(self._landed)

    def agrees(self, request: CompletionRequest) -> bool:
        """What was typed since it began may still be the beginning of its text."""
        typed = typed_since(self._request, request)
        if typed is None or request.trigger != "typing":
            return False
        shown, text = self._found[-1].text if self._found else "", self._peek()
        text = text if text.startswith(shown) else shown
        return text.startswith(typed) or typed.startswith(text)

    @property
    def silent_s(self) -> float:
        """Seconds for which a cloud has been asked and has written nothing; 0 where none is waited for."""
        return self._silent_s()

    def wake(self) -> None:
        """There is more text: whoever waits looks whether it still agrees."""
        self._news.set()

    async def suggestions(self) -> AsyncGenerator[Suggestion, None]:
        """All of them, from the first one on; without a final one when it is closed. Raises what the answer raised."""
        async with aclosing(self._rounds()) as rounds:
            async for found in rounds:
                for suggestion in found:
                    yield suggestion

    async def rest(self, request: CompletionRequest) -> AsyncGenerator[Suggestion, None]:
        """What is left of them for a request that was typed on since; ends with no final one when it disagrees.

        A final one always follows one that was given. Raises what the answer raised.
        """
        given: Suggestion | None = None
        async with aclosing(self._rounds()) as rounds:
            async for found in rounds:
                for suggestion in found:
                    left = continued(self._request, suggestion, request)
                    if left is None and given is not None and suggestion.final:
                        left = replace(given, final=True)
                    if left is not None:
                        given = left
                        yield left
                if given is None and not self.agrees(request):
                    return

    async def aclose(self) -> None:
        """Ends it and waits until the model is free."""
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _rounds(self) -> AsyncGenerator[list[Suggestion], None]:
        """What is new, each time that there may be something."""
        self._n_waiting += 1
        n_given = 0
        try:
            while True:
                self._news.clear()
                n_before, n_given = n_given, len(self._found)
                yield self._found[n_before:]
                if self._task.done() and n_given == len(self._found):
                    if not self._task.cancelled():
                        self._task.result()
                    return
                await self._news.wait()
        finally:
            self._n_waiting -= 1
            if not self._task.done():
                asyncio.get_running_loop().call_later(_GRACE_S, self._end_unless_waited_for)

    async def _run(self, answers: AsyncGenerator[Suggestion, None]) -> None:
        async with aclosing(answers):
            async for suggestion in answers:
                self._found.append(suggestion)
                self.wake()

    def _landed(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            task.exception()  # read, so that an answer that nobody waits for may fail silently
        self._over(self)
        self.wake()

    def _end_unless_waited_for(self) -> None:
        if not self._n_waiting:
            self._task.cancel()
