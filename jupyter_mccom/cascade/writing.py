"""One engine writing one answer: streams it, closes it where the suggestion's extent ends, trims what there is.

Knows engines by their protocol, and nothing of routes.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TypeVar

import anyio

from ..frame import Frame
from ..protocols import Clock, Engine
from ..types import CompletionRequest, Generation, Hit, Prompt, Stop, Token
from .text.invented_names import invented_names
from .text.language import cell_language
from .text.markers import first_marker, without_begun
from .text.missing_columns import missing_columns
from .text.trim import extent_end, extent_of, looping, trim

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalText:
    """What the local model wrote at a position."""

    text: str
    """Trimmed."""
    generation: Generation
    parses: bool
    """The cell holds with it; not looked at where it came too late."""
    hits: tuple[Hit, ...]
    """What stood in its prompt."""
    frames: tuple[Frame, ...] = ()
    """The data frames that the live kernel held."""

    def invents(self, request: CompletionRequest) -> bool:
        """The text has names that stand nowhere in what the model has read. May take some milliseconds."""
        return bool(invented_names(request, self.text, [hit.chunk.text for hit in self.hits]))

    def misses(self, request: CompletionRequest) -> bool:
        """The text reads a column that its data frame does not have. May take some milliseconds."""
        return bool(missing_columns(request, self.text, self.frames))


class Writing:
    """Iterate `texts` once; `generation` and `text` say what there is so far."""

    def __init__(
        self,
        engine: Engine,
        request: CompletionRequest,
        *,
        clock: Clock,
        max_tokens: int,
        hopeless: Callable[[Sequence[Token]], bool] = lambda tokens: False,
    ) -> None:
        self._engine = engine
        self._request = request
        self._clock = clock
        self._max_tokens = max_tokens
        self._hopeless = hopeless
        self._extent = extent_of(request)
        self._language = cell_language(request.language, request.prefix)
        cut = request.prefix.rfind("\n") + 1
        self._above, line = request.prefix[:cut], request.prefix[cut:]
        self._typed = line if line.strip() else ""
        self._left_space = line[len(line.rstrip(" \t")) :]
        self._tokens: list[Token] = []
        self._raw = ""
        """What was written, less a marker and what stands behind it."""
        self._whole = False
        """Nothing more is written."""
        self._stop: Stop = "end"
        self._start_s = self._first_s = self._end_s = clock.now_s()

    @property
    def text(self) -> str:
        """What is worth showing, of what was written so far."""
        request, raw = self._request, without_begun(self._raw, whole=self._whole)
        if self._stop == "length" and self._extent in ("block", "cell"):
            raw = raw[: raw.rfind("\n")] if "\n" in raw.strip() else raw
        text = trim(
            raw,
            language=self._language,
            prefix=request.prefix,
            suffix=request.suffix,
            left_space=self._left_space,
            multiline=self._extent,
            elsewhere=self._elsewhere,
        )
        return text.partition("\n")[0] if request.one_line else text

    @property
    def generation(self) -> Generation:
        """The run so far."""
        return Generation(
            engine=self._engine.name,
            tokens=tuple(self._tokens),
            stop=self._stop,
            first_token_s=self._first_s - self._start_s,
            total_s=self._end_s - self._start_s,
        )

    async def texts(self, prompt: Prompt, *, draft: str = "", deadline_s: float) -> AsyncGenerator[str, None]:
        """The raw text after each token that added some. Raises as the engine does; closing it stops the model."""
        self._start_s = self._clock.now_s()
        stream = self._engine.generate(prompt, max_tokens=self._max_tokens, draft=draft)
        async with aclosing(stream):
            while True:
                try:
                    token = await within(deadline_s - self._clock.now_s(), anext(stream))
                except StopAsyncIteration:
                    break
                except TimeoutError:
                    self._stop = "late"
                    break
                self._take(token)
                if self._has_marker() or self._over(token):
                    break
                if token.text:
                    yield self._raw
        self._end_s, self._whole = self._clock.now_s(), True
        if self._stop == "end" and self._n_free >= self._max_tokens:
            self._stop = "length"

    def cut(self) -> None:
        """Nobody waits for the rest: the run ends here."""
        self._stop, self._end_s = "cut", self._clock.now_s()

    @property
    def _n_free(self) -> int:
        """Tokens that were not forced: those are what max_tokens bounds."""
        return sum(not token.forced for token in self._tokens)

    def _take(self, token: Token) -> None:
        if not self._tokens:
            self._first_s = self._clock.now_s()
        if "\r" in token.text:  # an editor's lines end with \n alone
            token = replace(token, text=token.text.replace("\r", ""))
        self._tokens.append(token)
        self._raw += token.text

    @property
    def _elsewhere(self) -> list[str]:
        """Sources of the other cells."""
        return [cell.source for cell in (*self._request.cells_before, *self._request.cells_after)]

    def _has_marker(self) -> bool:
        """True when the model has written a marker of its own, which is taken off: nothing that follows is code."""
        request = self._request
        found = first_marker(self._raw, prefix=request.prefix, own=(request.suffix, *self._elsewhere))
        if found is None:
            return False
        self._raw = self._raw[: found.at]
        self._stop = "end" if found.ends or self._raw.strip() else "marker"
        return True

    def _over(self, token: Token) -> bool:
        """True when nothing that follows would be shown."""
        if self._hopeless(self._tokens):
            self._stop = "hopeless"
        elif ("\n" in token.text or self._extent in ("block", "cell")) and self._extent_is_over():
            self._stop = "statement"
        elif looping(self._raw):
            self._stop = "repetition"
        return self._stop != "end"

    def _extent_is_over(self) -> bool:
        return extent_end(self._extent, self._language, self._above, self._typed, self._raw) is not None


async def within(left_s: float, work: Awaitable[_Result]) -> _Result:
    """Raises TimeoutError after `left_s`. Swallows no cancellation, as asyncio's wait_for may before Python 3.12."""
    with anyio.fail_after(max(left_s, 0.0)):
        return await work
