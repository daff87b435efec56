"""One answer from tier to tier: text of the context, the local model, its gates, the cloud.

1. the person's action may send it straight to the cloud, or end it here
2. text on which the context agrees is shown at once, and the local model writes on behind it
3. else the local model writes; its text is held until the gates have spoken: local, cloud or nothing
4. the cloud streams, the local text its draft; while it is silent for long, and when it fails, the local text is shown
   if that may be
Returns the final suggestion; what is shown before goes into the RunningAnswer. Knows engines only by their protocol.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from ..errors import EngineError, ModelError, RetrievalError
from ..protocols import Clock
from ..types import CompletionRequest, Hit, Reason, Route, Suggestion
from .answer import RunningAnswer
from .drafts.after_rejection import AfterRejection, tail
from .drafts.context_text import ContextText, context_text
from .proposal import proposed
from .route import CloudState, Gates, confidence
from .text.empty_cell import follows_code
from .text.heal import heal
from .text.noise import is_noise
from .text.prompt import typed_of
from .tiers import CloudText, CloudTier, LocalTier
from .writing import LocalText, within

_LEAST_DRAFT_TOKENS = 4
"""A shorter draft spares less than the pass that checks it costs."""
_LOOK_S = 1.0
"""Longest wait for a project's files, which may lie on a disk that is away."""
_NOT_READ = "the project's .mccomignore was not read in time, so the cloud is not asked; check the project's disk"
_ANEW_S = 0.5
"""Longest time for a new local text after a rejection: while the cloud's prompt is built, and a little longer."""


class Escalation:
    """The way from tier to tier of one cascade. `max_tokens` bounds a cloud text, `latency_budget_s` an answer.

    A local text that may be shown is held back for a silent cloud for at most `hedge_s`.
    """

    def __init__(
        self,
        *,
        local: LocalTier,
        cloud: CloudTier | None,
        gates: Gates,
        clock: Clock,
        max_tokens: int,
        latency_budget_s: float,
        hedge_s: float,
        asks_ahead: bool = False,
    ) -> None:
        self.local = local
        self.cloud = cloud
        """None: nothing ever leaves the machine."""
        self.gates = gates
        """May be replaced at any time: those of the next route hold."""
        self.clock = clock
        self._max_tokens = max_tokens
        self.latency_budget_s = latency_budget_s
        self._hedge_s = hedge_s
        self.asks_ahead = asks_ahead
        """The cloud may be asked in advance."""
        self.after_rejection: AfterRejection = "none"
        """The draft of a call after a rejection."""

    async def answer(self, answer: RunningAnswer, state: CloudState) -> Suggestion:
        """The final suggestion; its text may be empty. Raises EngineError or ModelError when no engine can be asked."""
        if answer.forced == "dismissed":
            return answer.suggestion("", Route(to="nothing", reason="dismissed"))
        if answer.proposes:
            if not follows_code(answer.request):
                return answer.suggestion("", Route(to="nothing", reason="low"))
            state = "off"  # nobody has asked: that is worth no call
        if answer.forced and state == "ready":
            route = Route(to="cloud", reason=answer.forced)
        else:
            begun = await self._from_context(answer)
            if begun is not None and not begun.whole:
                shown = Route(to="local", reason="context")
                answer.show(answer.suggestion(begun.text, shown, final=False))
            route = await (self._grown(answer, begun) if begun else self._local_route(answer, state))
            self._remember(answer)
        if route.to == "cloud":
            return await self._from_cloud(answer, route)
        return answer.suggestion(answer.local_text if route.to == "local" else "", route)

    def _remember(self, answer: RunningAnswer) -> None:
        """Keeps the local text for the line: it is a draft, a second query, and what may be rejected."""
        line, prefix, text = answer.line, answer.request.prefix, answer.local_text
        if answer.hopeless:
            line.wrote_hopeless(prefix, text, answer.confidence, answer.hits)
        else:
            line.wrote(prefix, text, answer.confidence, answer.suggestion_id, answer.hits)

    async def ask_ahead(self, answer: RunningAnswer, draft: str) -> None:
        """Has the cloud write in advance into an answer of its own; nothing where no call is left, or it fails."""
        cloud = self.cloud
        if cloud is None:
            return
        await self.look(answer)
        if answer.stays_here or not await self._begins(cloud):
            return
        answer.asks_cloud()
        answer.route = Route(to="cloud", reason="ahead")
        made = asyncio.create_task(_made(draft), name="mccom draft")
        came = await cloud.write(answer, made, clock=self.clock, max_tokens=self._max_tokens)
        answer.trouble = came.trouble
        answer.show(answer.suggestion("" if came.failed else came.text, answer.route, origin="cloud"))

    async def _begins(self, cloud: CloudTier) -> bool:
        """Takes a call of the breaker and of the day; False where neither or only one is to be had."""
        if not cloud.breaker.begin():
            return False
        taken = False
        try:
            taken = await cloud.budget.take()
        finally:
            if not taken:  # none is left, or something else was typed meanwhile
                cloud.breaker.given_up()
        return taken

    async def look(self, answer: RunningAnswer) -> None:
        """Notes whether the answer's document has to stay on this machine, which files of the project say."""
        if self.cloud is None:
            return
        try:
            answer.stays_here = await within(_LOOK_S, self.cloud.kept_out(answer.request.document))
        except RetrievalError as error:
            answer.stays_here, answer.trouble = True, str(error)
        except TimeoutError:
            answer.stays_here, answer.trouble = True, _NOT_READ

    def cloud_state(self, answer: RunningAnswer) -> CloudState:
        """`ready` where the cloud may be asked for this answer, as far as that is known; else why it may not."""
        if self.cloud is None or answer.stays_here:
            return "off"
        if self.cloud.budget.spent:
            return "budget"
        if not self.cloud.breaker.lets:
            return "paused"
        return "spent" if answer.line.cloud_asked and answer.forced != "asked" else "ready"

    async def _from_context(self, answer: RunningAnswer) -> ContextText | None:
        """What may be shown at once; nothing that the person has just rejected, and no noise."""
        request = answer.request
        found = await asyncio.to_thread(context_text, request) if answer.forced is None else None
        if found is None:
            return None
        typing = request.trigger == "typing"
        if typing and await asyncio.to_thread(is_noise, request, found.text, taken=answer.taken):
            return None
        answer.from_context = found.text
        answer.wrote(found.text, parses=True)
        answer.lap("context")
        return found

    async def _grown(self, answer: RunningAnswer, begun: ContextText) -> Route:
        """What the local model adds, where its gates let it; the text that is shown already stays in any case."""
        route = Route(to="local", reason="context")
        if begun.whole:
            return route
        gates, answer.begun = self._gates_of(answer.request), begun.begun
        try:
            written = await self.local.write(answer, hopeless=gates.hopeless, begun=begun.begun)
        except (EngineError, ModelError, TimeoutError):
            return route
        finally:
            answer.begun = ""
        added = written.text if written.generation.stop not in ("late", "hopeless") else ""
        behind = replace(answer.request, prefix=answer.request.prefix + begun.begun)
        invents, misses = await _names_of(written, behind)
        tokens, parses = written.generation.tokens, written.parses
        found = gates.route(tokens, text=added, parses=parses, cloud="off", invents=invents, misses=misses)
        if found.to == "local":
            answer.wrote((begun.begun + added).rstrip(), parses=True)
            return replace(route, confidence=found.confidence, chance=found.chance)
        return route

    async def _local_route(self, answer: RunningAnswer, state: CloudState) -> Route:
        """Lets the local engine write, and asks the gates."""
        gates = self._gates_of(answer.request)
        hopeless = gates.hopeless if state == "ready" or answer.proposes else lambda tokens: False
        try:
            written = await self.local.write(answer, hopeless=hopeless)
        except (EngineError, ModelError):
            if state != "ready":
                raise
            return Route(to="cloud", reason="offline")
        except TimeoutError:
            return Route(to="nothing", reason="late")
        tokens = written.generation.tokens
        if written.generation.stop == "late":
            return Route(to="nothing", reason="late", confidence=confidence(tokens))
        if written.generation.stop == "marker":
            return Route(to="cloud" if state == "ready" else "nothing", reason="no-infill")
        answer.hopeless = written.generation.stop == "hopeless"
        text, parses = written.text, written.parses
        answer.wrote(text, parses=parses)
        noise = False
        if answer.request.trigger == "typing":
            raw = written.generation.text
            noise = await asyncio.to_thread(is_noise, answer.request, text, written=raw, taken=answer.taken)
        invents, misses = await _names_of(written, answer.request)
        answer.withheld = misses or (invents and not gates.shows_noise(answer.features))
        route = gates.route(tokens, text=text, parses=parses, cloud=state, noise=noise, invents=invents, misses=misses)
        return await proposed(answer, gates, written, route) if answer.proposes else route

    async def _from_cloud(self, answer: RunningAnswer, route: Route) -> Suggestion:
        """The cloud's text, else the local one. A call that is cut off before its text is whole may be made again."""
        assert self.cloud is not None
        with self._hedged(answer):
            if not await self._begins(self.cloud):
                return self._without_cloud(answer, "budget" if self.cloud.budget.spent else "paused")
            came = await self._asked(self.cloud, answer, route)
        answer.trouble = came.trouble or answer.trouble
        if came.text:
            return answer.suggestion(came.text, route, origin="cloud")
        return self._without_cloud(answer, came.failed or route.reason)

    async def _asked(self, cloud: CloudTier, answer: RunningAnswer, route: Route) -> CloudText:
        """What comes of the call that was taken."""
        line, prefix = answer.line, answer.request.prefix
        asked_before, line.cloud_asked = line.cloud_asked, True
        answer.asks_cloud()
        line.asked_prefix = prefix if route.reason == "asked" else line.asked_prefix
        answer.route = route
        draft = asyncio.create_task(self._draft(cloud, answer), name="mccom draft")
        try:
            return await cloud.write(answer, draft, clock=self.clock, max_tokens=self._max_tokens)
        except asyncio.CancelledError:
            line.cut_off(asked_before=asked_before)
            raise
        finally:
            draft.cancel()
            await asyncio.wait({draft})

    @contextmanager
    def _hedged(self, answer: RunningAnswer) -> Iterator[None]:
        """Shows the local text, if it may be, once it was held back for long; the cloud's text replaces it then."""
        local = self._without_cloud(answer, "late")

        def show() -> None:
            if not (answer.asked_cloud and answer.written):
                answer.hedged = local.text
                answer.show(replace(local, final=False))

        left_s = max(0.0, self._hedge_s - answer.local_held_s)
        timer = asyncio.get_running_loop().call_later(left_s, show) if local.text else None
        try:
            yield
        finally:
            if timer is not None:
                timer.cancel()

    async def _draft(self, cloud: CloudTier, answer: RunningAnswer) -> str:
        """The local text, unless something stood in its prompt that must not leave, or it is too short to pay."""
        line, prefix = answer.line, answer.request.prefix
        hits: Sequence[Hit] = line.local_hits
        draft = answer.local_draft or line.draft(prefix)
        if not draft and answer.forced == "rejected":
            draft, hits = await self._after_rejection(cloud, answer)
        if not draft or not cloud.context.allows(hits):
            return ""
        draft = heal(typed_of(prefix)).left + draft
        try:
            (n_tokens,) = await cloud.engine.count([draft])
        except EngineError:  # the call will meet it again
            return ""
        return draft if n_tokens >= _LEAST_DRAFT_TOKENS else ""

    async def _after_rejection(self, cloud: CloudTier, answer: RunningAnswer) -> tuple[str, Sequence[Hit]]:
        """What the local model can say of the line now that its text was rejected, and what that was written with."""
        if self.after_rejection == "tail":
            return tail(*answer.line.typed_over(answer.request.prefix)), answer.line.local_hits
        if self.after_rejection == "none" or not cloud.engine.skills.checks_draft:
            return "", ()
        try:
            written = await within(_ANEW_S, self.local.anew(answer.request, hopeless=self.gates.hopeless))
        except (EngineError, ModelError, TimeoutError):
            return "", ()
        return ("" if written.generation.stop == "hopeless" else written.text), written.hits

    def _without_cloud(self, answer: RunningAnswer, reason: Reason) -> Suggestion:
        """The local text after all, where it may be shown; never one that the person has rejected."""
        may_show = answer.parses and answer.forced is None and not answer.withheld
        text = answer.local_text if may_show else ""
        route = self._gates_of(answer.request).without_cloud(answer.features, text, reason)
        return answer.suggestion(text if route.to == "local" else "", route)

    def _gates_of(self, request: CompletionRequest) -> Gates:
        """A manual request always shows the best text; in an empty cell only a sure one is shown unasked."""
        if request.trigger != "typing":
            return replace(self.gates, show=0.0)
        return self.gates.in_empty_cell() if request.in_empty_cell else self.gates


async def _names_of(written: LocalText, request: CompletionRequest) -> tuple[bool, bool]:
    """Whether the text that nobody has asked for invents a name, and whether it misses a column."""
    if request.trigger != "typing":
        return False, False
    return await asyncio.to_thread(lambda: (written.invents(request), written.misses(request)))


async def _made(draft: str) -> str:
    return draft
