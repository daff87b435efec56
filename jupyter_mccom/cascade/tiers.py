"""The two tiers, each from prompt to text: the small model, also in advance while nobody types, and the large one.

They write into a RunningAnswer. Know no routes and no dialect, and start no task: whoever calls `warm` or `look_ahead`
cancels it at the next key.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import cache

from ..errors import CloudBroken, CloudLimited, EngineError, PromptTooLong
from ..protocols import Clock, Engine
from ..types import CompletionRequest, Hit, Prompt, Reason, Token
from .answer import RunningAnswer
from .breaker import Breaker
from .budget import Budget
from .drafts.speculate import draft_of
from .engine_context import Context, KeptOut, none_kept_out
from .line import Line, place_of
from .text.language import cell_language
from .text.parse import breaks
from .writing import LocalText, Writing, within

_AHEAD_KEPT = 4
"""Answers given in advance for a document: two a suggestion, of the last two. Each holds the cells of its request."""
_INDENT = "    "
_TOO_SLOW = "the cloud did not answer in time; name a faster cloud_model, or allow more with latency_budget_s"
_UNREADABLE = "the cloud's answer cannot be read ({}); check cloud_url and cloud_dialect, or report it"
_NO_INFILL = "{} wrote markers of its own instead of code: it has no fill-in-the-middle; name another cloud_model"
_SILENT_S = 3.0
"""A call that is cut off after so long a silence says as much as one that was waited for in vain."""
_LOG = logging.getLogger(__name__)


class LocalTier:
    """The small model. One a cascade."""

    def __init__(self, context: Context, *, clock: Clock, max_tokens: int) -> None:
        self.context = context
        """The small model's prompts and its engine."""
        self._clock = clock
        self._max_tokens = max_tokens

    async def write(
        self, answer: RunningAnswer, *, hopeless: Callable[[Sequence[Token]], bool], begun: str = ""
    ) -> LocalText:
        """The text of a request, at once where it was written in advance; `hopeless` ends it early.

        Its text follows `begun`, which stands at the cursor as if it had been typed.

        Raises EngineError or ModelError when the engine cannot be asked, TimeoutError when the prompt comes too late.
        """
        request = replace(answer.request, prefix=answer.request.prefix + begun)
        written = answer.ahead.get(_position(request))
        if written is None:
            written = await self._written(answer, request, hopeless)
        else:
            answer.took("local", written.generation)
        answer.hits = written.hits
        return written

    async def warm(self, request: CompletionRequest) -> None:
        """Evaluates the prompt of a position, so that the first key there finds it in the model's cache.

        Raises EngineError or ModelError.
        """
        prompt, _ = await self.context.prompt(request)
        async with aclosing(self.context.engine.generate(prompt, max_tokens=1)) as tokens:
            async for _ in tokens:
                return

    async def look_ahead(
        self,
        request: CompletionRequest,
        text: str,
        ahead: OrderedDict[CompletionRequest, LocalText],
        *,
        budget_s: float,
    ) -> None:
        """Writes into `ahead` what follows where the person will be after taking `text`: behind it, on the next line.

        Raises EngineError or ModelError.
        """
        accepted = replace(request, prefix=request.prefix + text)
        rest_of_line = request.suffix.partition("\n")[0]
        for following in (accepted, *([] if rest_of_line.strip() else [_next_line(accepted)])):
            position = _position(following)
            if position not in ahead:
                cell_id, above = place_of(following)
                line = Line(cell_id=cell_id, above=above)
                answer = RunningAnswer(
                    request=following, line=line, ahead={}, clock=self._clock, latency_budget_s=budget_s
                )
                try:
                    written = await self._written(answer, following, lambda tokens: False)
                except TimeoutError:  # its prompt alone took as long
                    return
                if written.generation.stop == "late":
                    return
                ahead[position] = written
                while len(ahead) > _AHEAD_KEPT:
                    ahead.popitem(last=False)

    async def anew(self, request: CompletionRequest, *, hopeless: Callable[[Sequence[Token]], bool]) -> LocalText:
        """A text for no answer, but as its draft. Raises EngineError or ModelError."""
        writing = Writing(
            self.context.engine, request, clock=self._clock, max_tokens=self._max_tokens, hopeless=hopeless
        )
        prompt, hits = await self.context.prompt(request)
        async with aclosing(writing.texts(prompt, deadline_s=self._clock.now_s() + request.deadline_s)) as found:
            async for _ in found:
                pass
        return LocalText(text=writing.text, generation=writing.generation, parses=True, hits=hits, frames=prompt.frames)

    async def _written(
        self, answer: RunningAnswer, request: CompletionRequest, hopeless: Callable[[Sequence[Token]], bool]
    ) -> LocalText:
        answer.writing = writing = Writing(
            self.context.engine, request, clock=self._clock, max_tokens=self._max_tokens, hopeless=hopeless
        )
        prompt, hits = await within(answer.left_s, self.context.prompt(request))
        draft = await self._draft(request, hits)
        answer.lap("prompt")
        try:
            async with aclosing(writing.texts(prompt, draft=draft, deadline_s=answer.deadline_s)) as found:
                async for _ in found:
                    answer.news.set()
        except PromptTooLong as error:
            self.context.shorten(error)
            raise
        text, generation, parses = writing.text, writing.generation, True
        answer.took("local", generation)
        if generation.stop != "late":
            language = cell_language(request.language, request.prefix)
            parses = not await asyncio.to_thread(breaks, language, request.prefix, text, request.suffix)
            answer.lap("gates")
        return LocalText(text=text, generation=generation, parses=parses, hits=hits, frames=prompt.frames)

    async def _draft(self, request: CompletionRequest, hits: Sequence[Hit]) -> str:
        if not self.context.engine.skills.checks_draft:
            return ""
        return await asyncio.to_thread(draft_of, request, [hit.chunk for hit in hits])


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudText:
    """What came of the cloud."""

    text: str
    """Trimmed; of a call that failed what was shown of it."""
    failed: Reason | None = None
    """`offline`, `late` or `no-infill`; None when the text is whole."""
    trouble: str = ""
    """Why it failed, one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudTier:
    """The large model, what may go there and what that costs. One a cascade."""

    context: Context
    budget: Budget
    breaker: Breaker
    kept_out: KeptOut = none_kept_out
    """Documents whose text never leaves the machine."""

    @property
    def engine(self) -> Engine:
        """The engine that is asked."""
        return self.context.engine

    async def write(self, answer: RunningAnswer, draft: Awaitable[str], *, clock: Clock, max_tokens: int) -> CloudText:
        """Shows the text while it grows, and returns what came: a cloud that fails raises nothing.

        `draft` may be made while the prompt is.
        What the local model wrote on the line is the second query for context. `breaker` is told how the call ended,
        which it has begun.
        """
        answer.writing = writing = Writing(self.engine, answer.request, clock=clock, max_tokens=max_tokens)
        try:
            return await self._streamed(answer, writing, draft)
        except asyncio.CancelledError:
            self._cut_off(answer)
            writing.cut()
            raise
        finally:
            answer.took("cloud", writing.generation)
            self.budget.spend(sum(bool(token.text) for token in writing.generation.tokens))

    async def _streamed(self, answer: RunningAnswer, writing: Writing, made: Awaitable[str]) -> CloudText:
        line, shown = answer.line, ""
        try:
            more = self.context.prompt(answer.request, text=line.local_line, confidence=line.local_confidence)
            prompt, answer.hits = await within(answer.left_s, more)
            draft = await within(answer.left_s, made)
            await self._spend(prompt, draft)
            async with aclosing(writing.texts(prompt, draft=draft, deadline_s=answer.deadline_s)) as found:
                async for _ in found:
                    answer.news.set()
                    text = writing.text
                    if text != shown and text.startswith(shown or answer.hedged):
                        shown = text
                        answer.show(answer.suggestion(text, answer.route, origin="cloud", final=False))
        except EngineError as error:
            return self._failed(shown, error)
        except TimeoutError:
            return self._late(shown)
        except Exception as error:  # noqa: BLE001 - whatever an engine stumbles over, the local text remains
            _log_once(type(error).__name__, _place(error))
            return self._failed(shown, CloudBroken(_UNREADABLE.format(type(error).__name__)))
        if writing.generation.stop == "late":
            return self._late(shown)
        self.breaker.answered()
        if writing.generation.stop == "marker":
            return CloudText(text="", failed="no-infill", trouble=_NO_INFILL.format(self.engine.name))
        return CloudText(text=writing.text)

    def _failed(self, shown: str, error: EngineError) -> CloudText:
        if isinstance(error, PromptTooLong):  # our mistake: the cloud is well
            self.context.shorten(error)
            self.breaker.answered()
        else:
            self.breaker.failed(retry_after_s=error.retry_after_s if isinstance(error, CloudLimited) else None)
        return CloudText(text=shown, failed="offline", trouble=str(error))

    def _late(self, shown: str) -> CloudText:
        self.breaker.failed()
        return CloudText(text=shown, failed="late", trouble=_TOO_SLOW)

    def _cut_off(self, answer: RunningAnswer) -> None:
        """The call ends since something else was typed: what it had brought by then tells how the cloud is."""
        if answer.written:
            self.breaker.answered()
        elif answer.cloud_silent_s >= _SILENT_S:
            self.breaker.failed()
        else:
            self.breaker.given_up()

    async def _spend(self, prompt: Prompt, draft: str) -> None:
        """Counts what is about to be sent. Raises as the engine's count does."""
        texts = [*(chunk.text for chunk in prompt.chunks), prompt.prefix, prompt.typed + prompt.forced]
        texts += [prompt.suffix, draft]
        self.budget.spend(sum(await self.engine.count(texts)))


def _position(request: CompletionRequest) -> CompletionRequest:
    """The request less what differs between two of them at the same place."""
    return replace(request, id="", last=None, trigger="typing", deadline_s=0.0)


def _next_line(request: CompletionRequest) -> CompletionRequest:
    """The cursor's line after Enter, with the indentation that an editor gives it."""
    line = request.prefix.rpartition("\n")[2]
    indent = line[: len(line) - len(line.lstrip())]
    deeper = _INDENT if line.rstrip().endswith(":") else ""
    return replace(request, prefix=f"{request.prefix}\n{indent}{deeper}")


def _place(error: Exception) -> str:
    """The file and line that raised it. Its message is left out, since that may hold what was written."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "nowhere"


@cache
def _log_once(kind: str, place: str) -> None:
    _LOG.warning("an engine of the cloud raised %s at %s, which is a mistake of ours: please report it", kind, place)
