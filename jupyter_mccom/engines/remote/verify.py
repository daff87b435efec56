"""Own servers that tell the probabilities of a prompt: vLLM and SGLang check a draft in one pass.

The draft is sent behind the prompt, whose last token is a marker, so that both have the tokens that they have alone.
The longest run of the draft that is the model's own argmax is kept, and the argmax where it ends is one token more for
nothing. Only for whoever still reads then, a second call goes on from there, on the same replica: `session` is sent as
the routing key. Without a draft, and where drafts do not pay on this server (`draft_worth.py`), one call writes all.

Text is forced on what they write by a regular expression (their structured output). Before a draft that is checked
stands the forced text: its tokens count as given, and the one that goes beyond the cursor has to be the argmax.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace

from ...types import DraftCheck, Prompt, Skills, Token
from ..fim import render
from ..forced import Behind, Healing, most_tokens
from .checking_servers import BROKEN, Argmax, Checked, CheckingServer, Text
from .cloud_engine import AskedAs, CloudEngine, CloudModel, markers_of
from .draft_worth import DraftWorth

_INDENT = 4
"""Blanks by which Python's and most other languages' lines go deeper."""


class Verifying(CloudEngine):
    """A server that checks drafts by prompt probabilities, for a model whose markers are known."""

    asked_as: AskedAs = "markers"

    def __init__(self, model: CloudModel, server: CheckingServer) -> None:
        super().__init__(model)
        self._server = server
        self._healing = Healing()
        self._worth = DraftWorth()

    @property
    def skills(self) -> Skills:
        """The skills of a server that checks drafts; it forces text by structured output."""
        return Skills(probs=False, infill=True, checks_draft=True, heals=self._healing.works)

    def _answer(self, prompt: Prompt, max_tokens: int, draft: str) -> AsyncGenerator[Token, None]:
        fim = markers_of(self._model)
        named = any(marker in draft for marker in (fim.prefix, fim.suffix, fim.middle))
        draft = "" if not draft or named or not self._worth.wanted() else _indented(prompt, draft)
        return self._healing.written(
            prompt, draft, lambda asked, its_draft, heals: self._written(asked, max_tokens, its_draft)
        )

    async def _written(self, prompt: Prompt, max_tokens: int, draft: str) -> AsyncGenerator[Token, None]:
        text: Text = render(prompt, markers_of(self._model), "standard")
        behind = Behind(prompt.forced, max_tokens)
        if not draft:
            async with aclosing(self._gone_on(prompt, text, behind)) as tokens:
                async for token in tokens:
                    yield token
            return
        start_s = time.monotonic()
        found = await self._server.check(self.name, str(text), draft, prompt.session)
        kept = _kept(found, prompt.forced, max_tokens)
        check_s, n_more, second = time.monotonic() - start_s, 0, False
        check = DraftCheck(offered=kept.n_offered, accepted=len(kept.true), passes=1)
        try:
            for token in kept.tokens(check):
                yield behind.put(token)
            if behind.n_left <= 0 or (kept.more is not None and _ends_text(kept.more.text)):
                return
            second, check = True, replace(check, passes=2)
            text = found.prompt_ids + kept.ids(found.draft_ids) if found.prompt_ids else text
            async with aclosing(self._gone_on(prompt, text, behind)) as tokens:
                async for token in tokens:
                    n_more += 1
                    yield replace(token, check=check)
        finally:
            n_taken = len(kept.true) + (kept.more is not None)
            self._worth.checked(check_s, n_taken, n_more, second=second)

    async def _gone_on(self, prompt: Prompt, text: Text, behind: Behind) -> AsyncGenerator[Token, None]:
        """What the server writes behind a text, and how long that took it."""
        n_tokens = behind.n_left + most_tokens(behind.left)
        stream = self._server.write(self.name, text, n_tokens, prompt.session, behind.left)
        start_s, first_s, n_written = time.monotonic(), 0.0, 0
        try:
            async with aclosing(stream):
                async for piece in stream:
                    first_s = first_s or time.monotonic() - start_s
                    n_written += 1
                    if piece:
                        yield behind.put(Token(text=piece, prob=None))
                    if prompt.forced and behind.n_left <= 0:
                        return
            behind.end()
        finally:
            if n_written:
                self._worth.wrote(first_s, time.monotonic() - start_s - first_s, n_written)


def _indented(prompt: Prompt, draft: str) -> str:
    """The draft as the model writes it on a line that holds part of its indentation: with all of it.

    The model is left to write the blanks of an empty line itself, and goes by the line above.
    """
    if (prompt.typed + prompt.forced).strip():
        return draft
    above = next((line for line in reversed(prompt.prefix.split("\n")) if line.strip()), "")
    wanted = len(above) - len(above.lstrip(" ")) + _INDENT * above.rstrip().endswith(":")
    missing = wanted - (len(draft) - len(draft.lstrip(" ")))
    if not draft.startswith(" ") or missing <= 0:
        return draft
    return "\n".join(" " * missing + line if line.strip() else line for line in draft.split("\n"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What is taken of a draft that begins with the forced text."""

    given: list[str]
    """Texts of the tokens that end inside the forced text: nobody offered them."""
    n_offered: int
    true: list[Argmax]
    """The tokens behind those that are the argmax."""
    more: Argmax | None
    """The argmax where they end."""

    def tokens(self, check: DraftCheck) -> Iterator[Token]:
        """What it adds to the answer, the forced text in front."""
        yield from (Token(text=text, prob=None, check=check) for text in self.given)
        yield from (Token(text=one.text, prob=None, from_draft=True, check=check) for one in self.true)
        if self.more is not None:
            text = "" if _ends_text(self.more.text) else self.more.text
            yield Token(text=text, prob=None, check=check)

    def ids(self, draft_ids: list[int]) -> list[int]:
        """The ids of all accepted tokens, those of the prompt left out."""
        more = [self.more.token_id] if self.more else []
        return [*draft_ids[: len(self.given)], *(position.token_id for position in self.true), *more]


def _kept(found: Checked, forced: str, max_tokens: int) -> _Kept:
    """What is kept of a draft; nothing where it would end inside the forced text: the masked model writes that."""
    draft_ids = found.draft_ids
    if len(found.argmax) != len(draft_ids) or not draft_ids:
        return _Kept(given=[], n_offered=len(draft_ids), true=[], more=None)
    given = _given(draft_ids, found, forced)
    behind, argmax, left = draft_ids[len(given) :], found.argmax[len(given) :], forced[len("".join(given)) :]
    pairs = enumerate(zip(behind, argmax, strict=True))
    wrong = (number for number, (token_id, one) in pairs if one.token_id != token_id or BROKEN in one.text)
    n_true = min(next(wrong, len(behind)), max_tokens)
    if n_true == max_tokens:
        more = None
    elif n_true == len(behind):
        more = found.after
    else:
        more = argmax[n_true] if argmax[n_true].token_id >= 0 and BROKEN not in argmax[n_true].text else None
    true = argmax[:n_true]
    first = true[0] if true else more
    if left and not (first and first.text.startswith(left)):
        given, true, more = [], [], None
    return _Kept(given=given, n_offered=len(behind), true=true, more=more)


def _given(draft_ids: list[int], found: Checked, forced: str) -> list[str]:
    """The texts of the tokens inside the forced text, up to one where the model would have written it otherwise."""
    given: list[str] = []
    left = forced
    for token_id, text, position in zip(draft_ids, found.texts, found.argmax, strict=False):
        otherwise = (
            position.token_id != token_id
            and bool(position.text)
            and (position.text.startswith(left) or left.startswith(position.text))
        )
        if not text or not left.startswith(text) or otherwise:
            break
        given.append(text)
        left = left[len(text) :]
    return given


def _ends_text(text: str) -> bool:
    """A special token as servers print it: `<|endoftext|>`, `</s>`; or nothing at all."""
    return not text or (text.startswith("<|") and text.endswith("|>")) or text == "</s>"
