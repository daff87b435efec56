"""The draft for the cloud once the local text was rejected, or was too short to be one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

import pytest

from jupyter_mccom.cascade.drafts.after_rejection import AfterRejection, tail
from jupyter_mccom.cascade.pipeline import Cascade
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.protocols import N_HITS
from jupyter_mccom.types import CompletionRequest, Hit, Outcome, Prompt, Skills, Suggestion, Token
from tests.cascades import cascade_of
from tests.clock import in_virtual_time

REQUEST = CompletionRequest(
    id="r0", client="c", document="d.ipynb", cell_id="1", language="python", prefix="ax.", suffix=""
)


@pytest.mark.parametrize(
    ("rejected", "typed", "found"),
    [
        ("plot(x, y)", "scatter", "(x, y)"),
        ("plot(x, y)", "s", "(x, y)"),
        ("plot(x, y)", "scatter(", "x, y)"),
        ("plot(x, y)", "pl", "ot(x, y)"),
        ("plot(x, y)", "scatter(z", ""),
        ("plot(x, y)", "plot(z", ", y)"),
        ("['a'] + 1", "(", "'a'] + 1"),
        ("plot", "s", ""),
        ("", "s", ""),
    ],
)
def test_the_tail_begins_behind_the_word_that_differs(rejected: str, typed: str, found: str) -> None:
    """The tail is the rejected text behind the word that differs, less what was typed of it since."""
    assert tail(rejected, typed) == found


class _Cloud(ScriptedEngine):
    """Remembers its drafts, which it checks."""

    def __init__(self) -> None:
        super().__init__({"": "atter(x, y, s=2)\n"})
        self.drafts: list[str] = []

    @property
    def skills(self) -> Skills:
        """Drafts are checked."""
        return replace(super().skills, checks_draft=True)

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        self.drafts.append(draft)
        async for token in super().generate(prompt, max_tokens=max_tokens, draft=draft):
            yield token


def _cascade(cloud: _Cloud, policy: AfterRejection, *, token_s: float = 0.01, prob: float = 0.95) -> Cascade:
    script = {"ax.": "plot(x, y)\n", "ax.sc": "atter(x, y)\n"}
    cascade = cascade_of(ScriptedEngine(script, token_s=token_s, prob=prob), cloud)
    cascade._escalation.after_rejection = policy
    return cascade


async def _all(cascade: Cascade, request: CompletionRequest) -> list[Suggestion]:
    return [suggestion async for suggestion in cascade.complete(request)]


async def _rejected(cascade: Cascade) -> None:
    await _all(cascade, REQUEST)
    last = Outcome(suggestion_id=cascade.journal.traces[-1].suggestion_id, kind="rejected", shown_ms=900)
    *_, found = await _all(cascade, replace(REQUEST, id="r1", prefix="ax.sc", last=last))
    assert (found.text, found.route.reason) == ("atter(x, y, s=2)", "rejected")


@pytest.mark.parametrize(
    ("policy", "draft"), [("none", ""), ("tail", "(x, y)"), ("anew", "atter(x, y)")], ids=["none", "tail", "anew"]
)
@in_virtual_time
async def test_a_rejection_has_a_draft(policy: AfterRejection, draft: str) -> None:
    """After a rejection the draft is nothing, the tail, or what the local model writes behind what was typed."""
    cloud = _Cloud()
    await _rejected(_cascade(cloud, policy))
    assert cloud.drafts == [draft]


@in_virtual_time
async def test_a_slow_local_model_does_not_hold_the_cloud_up() -> None:
    """A local text that takes too long after a rejection is no draft, and the cloud is asked without one."""
    cloud = _Cloud()
    await _rejected(_cascade(cloud, "anew", token_s=0.4))
    assert cloud.drafts == [""]


@in_virtual_time
async def test_a_hopeless_text_is_no_draft() -> None:
    """Three tokens cut in a word are no draft."""
    cloud = _Cloud()
    await _all(_cascade(cloud, "none", prob=0.3), REQUEST)
    assert cloud.drafts == [""]


class _Queries:
    """Remembers the second queries."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def search(
        self, request: CompletionRequest, *, text: str = "", confidence: float | None = None, n_hits: int = N_HITS
    ) -> tuple[Hit, ...]:
        self.texts += [text] if text else []
        return ()

    async def aclose(self) -> None:
        """Does nothing: there is nothing to close."""


class _Unsure(ScriptedEngine):
    """Sure of its first text, hopeless at the next key."""

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        again = (prompt.typed + prompt.forced).endswith("pl")
        async for token in super().generate(prompt, max_tokens=max_tokens, draft=draft):
            yield replace(token, prob=0.1 if again else 0.95)

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Characters in each text."""
        return [len(text) for text in texts]


@in_virtual_time
async def test_the_second_query_is_the_whole_text_where_there_is_one() -> None:
    """A text that was cut as hopeless gives way to the line's earlier whole one that agrees with what was typed."""
    queries, cloud = _Queries(), _Cloud()
    local = _Unsure({"ax.": "plot(x, y)\n", "ax.pl": "anet(earth.mass)\n"})
    cascade = cascade_of(local, cloud, retriever=queries)
    await _all(cascade, REQUEST)
    moved = Outcome(suggestion_id=cascade.journal.traces[-1].suggestion_id, kind="superseded", shown_ms=100)
    await _all(cascade, replace(REQUEST, id="r1", prefix="ax.pl", last=moved))
    assert queries.texts == ["ax.plot(x, y)"]
    assert cloud.drafts == ["ot(x, y)"]


class _Blank(ScriptedEngine):
    """Writes a blank behind an opening bracket, which is not shown."""

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        for text in (" a", ", b", ", c", ")", "\n"):
            yield Token(text=text, prob=0.7)


@in_virtual_time
async def test_the_draft_has_the_blank_that_the_model_wrote() -> None:
    """The draft begins with the blank that the model wrote first, also where the shown text does not."""
    cloud = _Cloud()
    cascade = cascade_of(_Blank({}), cloud)
    await _all(cascade, replace(REQUEST, prefix="f("))
    assert cloud.drafts == [" a, b, c)"]
