"""Local, cloud or nothing: the whole cascade with two scripted engines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

import pytest

from jupyter_mccom.cascade.pipeline import Cascade
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.errors import CloudBroken, EngineMissing
from jupyter_mccom.protocols import N_HITS, Engine
from jupyter_mccom.types import Chunk, CompletionRequest, Hit, Outcome, OutcomeKind, Prompt, Skills, Suggestion, Token
from tests.cascades import cascade_of
from tests.clock import in_virtual_time

REQUEST = CompletionRequest(
    id="r0", client="c", document="d.ipynb", cell_id="1", language="python", prefix="x = np.z", suffix=""
)
LOCAL, CLOUD = "eros(3)\n", "eros((3, 4))\n"


class _Asked(ScriptedEngine):
    """Remembers its drafts."""

    def __init__(self, script: dict[str, str], *, prob: float = 0.95, token_s: float = 0.0) -> None:
        super().__init__(script, prob=prob, token_s=token_s)
        self.drafts: list[str] = []

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        self.drafts.append(draft)
        async for token in super().generate(prompt, max_tokens=max_tokens, draft=draft):
            yield token


class _Failing:
    """Fails after `n_tokens` tokens."""

    name = "failing"
    skills = Skills(probs=False, infill=True, checks_draft=False)

    def __init__(self, error: Exception, n_tokens: int = 0) -> None:
        self._error = error
        self._n_tokens = n_tokens

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        for _ in range(self._n_tokens):
            yield Token(text="e", prob=None)
        raise self._error

    async def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]

    async def aclose(self) -> None:
        """Does nothing: there is nothing to close."""


def _cascade(
    local_prob: float, *, local: Engine | None = None, cloud: Engine | None = None, calls_a_day: int = 0
) -> Cascade:
    script = {"np.z": LOCAL, "np.zo": "om()\n", "= b": "ar)\n"}
    return cascade_of(
        local or _Asked(script, prob=local_prob),
        cloud or _Asked({"np.z": CLOUD, "np.zo": "ne\n", "= b": "ar\n"}),
        calls_a_day=calls_a_day,
        kept_out=_kept_out,
    )


async def _kept_out(document: str) -> bool:
    return document.startswith("private/")


async def _all(cascade: Cascade, request: CompletionRequest) -> list[Suggestion]:
    found = [suggestion async for suggestion in cascade.complete(request)]
    assert [suggestion.final for suggestion in found] == [False] * (len(found) - 1) + [True]
    return found


async def _ask(cascade: Cascade, request: CompletionRequest) -> tuple[str, str, str]:
    last = (await _all(cascade, request))[-1]
    return last.text, last.route.to, last.route.reason


def _after(cascade: Cascade, kind: OutcomeKind, prefix: str, shown_ms: int = 900) -> CompletionRequest:
    suggestion_id = cascade.journal.traces[-1].suggestion_id
    last = Outcome(suggestion_id=suggestion_id, kind=kind, shown_ms=shown_ms)
    return replace(REQUEST, id=f"r-{prefix}", prefix=prefix, last=last)


async def test_a_sure_answer_never_leaves_the_machine() -> None:
    """A sure local answer is shown, and the cloud is not called."""
    cascade = _cascade(0.95)
    assert await _ask(cascade, REQUEST) == ("eros(3)", "local", "sure")
    assert cascade.journal.totals.cloud == 0


async def test_an_unsure_answer_is_checked_by_the_cloud_which_streams() -> None:
    """An unsure local answer goes to the cloud as its draft, and the cloud's text streams as one suggestion."""
    cloud = _Asked({"np.z": CLOUD})
    cascade = _cascade(0.7, cloud=cloud)
    found = await _all(cascade, REQUEST)
    assert len(found) > 2
    assert all(found[-1].text.startswith(suggestion.text) for suggestion in found)
    assert (found[-1].text, found[-1].origin, found[-1].route.reason) == ("eros((3, 4))", "cloud", "unsure")
    assert cloud.drafts == ["eros(3)"]
    assert {suggestion.suggestion_id for suggestion in found} == {found[0].suggestion_id}
    assert [generation.engine for generation in cascade.journal.traces[-1].generations] == ["scripted", "scripted"]


async def test_a_hopeless_answer_is_cut_after_three_tokens() -> None:
    """A hopeless local answer is stopped after three tokens."""
    cascade = _cascade(0.3)
    await _ask(cascade, REQUEST)
    local, _ = cascade.journal.traces[-1].generations
    assert (len(local.tokens), local.stop) == (3, "hopeless")


async def test_what_breaks_the_cell_goes_to_the_cloud() -> None:
    """A local text that makes the cell unparsable goes to the cloud."""
    cascade = _cascade(0.95)
    assert await _ask(cascade, replace(REQUEST, prefix="y = b")) == ("ar", "cloud", "unparsable")


async def test_a_rejection_goes_to_the_cloud_once() -> None:
    """A rejected text sends its position to the cloud once."""
    cascade = _cascade(0.95)
    await _ask(cascade, REQUEST)
    assert await _ask(cascade, _after(cascade, "rejected", "x = np.zo")) == ("ne", "cloud", "rejected")
    rejected_again = _after(cascade, "rejected", "x = np.z")
    assert await _ask(cascade, rejected_again) == ("eros(3)", "local", "sure")


@pytest.mark.parametrize(("kind", "shown_ms"), [("rejected", 700), ("superseded", 900), ("moved", 900)])
async def test_only_a_rejection_that_was_read_counts(kind: OutcomeKind, shown_ms: int) -> None:
    """A text that was visible too briefly, or left in another way, causes no cloud call."""
    cascade = _cascade(0.95)
    await _ask(cascade, REQUEST)
    request = _after(cascade, kind, "x = np.zo", shown_ms)
    assert await _ask(cascade, request) == ("om()", "local", "sure")


async def test_a_rejection_at_another_line_does_not_count() -> None:
    """A rejection on another line causes no cloud call."""
    cascade = _cascade(0.95)
    await _ask(cascade, REQUEST)
    request = _after(cascade, "rejected", "x = 1\ny = np.zo")
    assert await _ask(cascade, request) == ("om()", "local", "sure")


async def test_escape_stops_asking_at_this_line_until_the_person_asks() -> None:
    """After Esc a line gets no suggestion until the person asks by hand or goes to another line."""
    cascade = _cascade(0.95)
    await _ask(cascade, REQUEST)
    assert await _ask(cascade, _after(cascade, "dismissed", "x = np.zo")) == ("", "nothing", "dismissed")
    typed_on = replace(REQUEST, prefix="x = np.z")
    assert (await _ask(cascade, typed_on))[1:] == ("nothing", "dismissed")
    assert (await _ask(cascade, replace(REQUEST, trigger="invoke")))[1:] == ("local", "sure")
    assert (await _ask(cascade, replace(REQUEST, prefix="y\nx = np.z")))[1:] == ("local", "sure")


async def test_escape_at_another_line_does_not_count() -> None:
    """Esc on one line stops nothing on another."""
    cascade = _cascade(0.95)
    await _ask(cascade, REQUEST)
    assert await _ask(cascade, _after(cascade, "dismissed", "x = 1\ny = np.zo")) == ("om()", "local", "sure")


async def test_escape_counts_where_typing_along_has_led() -> None:
    """Esc counts on the line that typing along a suggestion has reached."""
    cascade = cascade_of(ScriptedEngine({"if x:": "\n    y = np.zeros(3)"}), multiline="block")
    await _ask(cascade, replace(REQUEST, prefix="if x:"))
    assert (await _ask(cascade, replace(REQUEST, prefix="if x:\n    y")))[0] == " = np.zeros(3)"
    assert await _ask(cascade, _after(cascade, "dismissed", "if x:\n    yz")) == ("", "nothing", "dismissed")


async def test_a_call_costs_its_prompt_and_draft() -> None:
    """A cloud call costs its prompt, draft and answer, even when the server does not count."""
    cascade = _cascade(0.95, cloud=_Failing(CloudBroken("away"), n_tokens=2))
    await _ask(cascade, REQUEST)
    await _ask(cascade, replace(REQUEST, id="r1", trigger="ask"))
    assert cascade.cloud is not None
    assert cascade.cloud.budget.tokens == len("x = np.z") + len("eros(3)") + 2


async def test_asking_goes_to_the_cloud_with_the_local_text_as_draft() -> None:
    """A request for the cloud carries the local text as its draft."""
    cloud = _Asked({"np.z": CLOUD})
    cascade = _cascade(0.95, cloud=cloud)
    await _ask(cascade, REQUEST)
    ask = replace(REQUEST, id="r1", trigger="ask")
    assert await _ask(cascade, ask) == ("eros((3, 4))", "cloud", "asked")
    assert cloud.drafts == ["eros(3)"]


class _Kernel:
    """What a kernel holds, as the only hit."""

    async def search(
        self, request: CompletionRequest, *, text: str = "", confidence: float | None = None, n_hits: int = N_HITS
    ) -> tuple[Hit, ...]:
        return (Hit(chunk=Chunk(source="kernel", first_line=1, last_line=1, text="# df: price"), score=1.0),)

    async def aclose(self) -> None:
        """Does nothing: there is nothing to close."""


@pytest.mark.parametrize(("leaves", "draft"), [(True, "eros(3)"), (False, "")])
async def test_a_text_written_with_what_must_not_leave_is_no_draft(leaves: bool, draft: str) -> None:
    """A local text that was written with hits which must not leave is no draft."""
    cloud = _Asked({"np.z": CLOUD})
    local = _Asked({"np.z": LOCAL}, prob=0.7)
    cascade = cascade_of(local, cloud, retriever=_Kernel(), leaves=lambda hit: leaves)
    assert await _ask(cascade, REQUEST) == ("eros((3, 4))", "cloud", "unsure")
    assert cloud.drafts == [draft]
    assert [hit.chunk.source for hit in cascade.journal.traces[-1].hits] == (["kernel"] if leaves else [])


async def test_the_draft_is_rebased_on_what_was_typed_since() -> None:
    """The draft is what remains of the local text behind what was typed since."""
    cloud = _Asked({"np.zer": "os((3, 4))\n"})
    cascade = _cascade(0.95, cloud=cloud)
    await _ask(cascade, REQUEST)
    await _ask(cascade, replace(REQUEST, id="r1", prefix="x = np.zer", trigger="ask"))
    assert cloud.drafts == ["os(3)"]


@pytest.mark.parametrize(("prob", "shown"), [(0.7, ("eros(3)", "local")), (0.3, ("", "nothing"))])
async def test_a_cloud_that_fails_never_fails_a_completion(prob: float, shown: tuple[str, str]) -> None:
    """When the cloud fails, the local text or nothing is shown, and journal and trace name the trouble."""
    cascade = _cascade(prob, cloud=_Failing(CloudBroken("the cloud cannot be reached; check the network")))
    assert await _ask(cascade, REQUEST) == (*shown, "offline")
    assert "cannot be reached" in cascade.journal.cloud_trouble
    assert "cannot be reached" in cascade.journal.traces[-1].trouble


async def test_what_a_broken_stream_brought_stays() -> None:
    """The text of a cloud stream that breaks off stays."""
    cascade = _cascade(0.7, cloud=_Failing(CloudBroken("reset; try again"), n_tokens=2))
    assert (await _all(cascade, REQUEST))[-1].text == "ee"


@in_virtual_time
async def test_a_slow_cloud_gives_way_to_the_local_text() -> None:
    """When the cloud is slower than the deadline, the local text is shown."""
    cascade = _cascade(0.7, cloud=_Asked({"np.z": CLOUD}, token_s=5))
    answer = await asyncio.wait_for(_ask(cascade, replace(REQUEST, deadline_s=0.3)), 3)
    assert answer == ("eros(3)", "local", "late")


@in_virtual_time
async def test_a_model_that_is_not_loaded_in_time_answers_nothing() -> None:
    """A model that is not loaded by the deadline gives no text."""

    class Loading(ScriptedEngine):
        async def count(self, texts: Sequence[str]) -> list[int]:
            await asyncio.sleep(60)
            return await super().count(texts)

    cascade = _cascade(0.95, local=Loading({"np.z": LOCAL}))
    assert await _ask(cascade, replace(REQUEST, deadline_s=0.1)) == ("", "nothing", "late")


async def test_two_notebooks_cannot_spend_the_last_call_twice() -> None:
    """Only one of two documents that ask at once spends the last call of the day."""
    cascade = _cascade(0.7, calls_a_day=1)
    requests = [replace(REQUEST, document=name) for name in ("a", "b")]
    found = await asyncio.gather(*(_ask(cascade, request) for request in requests))
    assert sorted(found) == [("eros((3, 4))", "cloud", "unsure"), ("eros(3)", "local", "budget")]


async def test_a_document_that_is_kept_out_stays_here() -> None:
    """A document that is kept out never reaches the cloud."""
    cascade = _cascade(0.7)
    assert await _ask(cascade, replace(REQUEST, document="private/a.py")) == ("eros(3)", "local", "off")


async def test_without_a_local_model_the_cloud_answers() -> None:
    """Without a local model the cloud answers."""
    cascade = _cascade(0, local=_Failing(EngineMissing("no model; run: jupyter mccom pull")))
    assert await _ask(cascade, REQUEST) == ("eros((3, 4))", "cloud", "offline")


async def test_a_position_is_asked_once() -> None:
    """A position goes to the cloud only once."""
    cascade = _cascade(0.7)
    assert (await _ask(cascade, REQUEST))[1:] == ("cloud", "unsure")
    assert await _ask(cascade, replace(REQUEST, prefix="x = np.zo")) == ("om()", "local", "unsure")
