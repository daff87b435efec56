"""Greedy text from a model that can check a draft: cache reuse, prompt and draft in one evaluation, whole characters.

What was typed behind the prompt's last whole token is forced on the answer first (`constrain.py`), a token at a time.

A draft is text. It is encoded behind the prompt, its longest run that the model would have written is kept, and where
only the tokens differ and not the text, the rest is encoded anew. Without one, or behind it, what was read before is
one (`prompt_lookup.py`). Knows no library and no process.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from ...errors import EngineError, PromptTooLong
from ...types import Token
from .constrain import Forced, Ids, Rule, read_in_a_thread
from .draft import Draft, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class NextToken:
    """The likeliest next token at a position, and its probability, 0..1."""

    token: int
    prob: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed(NextToken):
    """The likeliest of some tokens; `prob` is among all tokens, as ever."""

    share: float
    """Share of the probability of those tokens together, 0..1."""


class Decoder(Protocol):
    """A model with one sequence in its cache; `llama_h.LlamaH` is one."""

    n_batch: int
    """Most tokens of one evaluation."""
    max_outputs: int
    """Most positions of one evaluation that can be asked for a choice."""
    n_context: int

    def encode(self, text: str, *, special: bool) -> list[int]: ...
    def piece(self, token: int) -> bytes: ...
    def ends(self, token: int) -> bool: ...
    def keep(self, n_tokens: int) -> int: ...

    def pieces(self) -> Iterable[tuple[bytes, int]]:
        """Bytes, at least one, and id of every token that is text: no added, control or end tokens.

        May be called in any thread.
        """
        ...

    def among(self, ids: Ids) -> Allowed:
        """The likeliest of `ids`, at least one, after the last token that was evaluated."""
        ...

    def decode(self, tokens: Sequence[int], at: int, n_last: int, gone: Callable[[], bool]) -> list[NextToken]:
        """Evaluates `tokens` from position `at`; the likeliest next token after each of the last `n_last`.

        Those behind the first that is not the next of `tokens` may be left out. Empty, and nothing evaluated, when
        `gone` says so.
        """
        ...


class Policy(Protocol):
    """How much of a draft to check."""

    def length(self, n_pending: int, most: int, part: Part) -> int:
        """Tokens of the next `most` to check beside `n_pending` that are evaluated anyway."""
        ...

    def saw(self, part: Part, *, true: bool) -> None:
        """The model wrote the draft's next token or another, checked or not."""
        ...


class Check:
    """The Policy of who measures: all of a draft or nothing."""

    def __init__(self, *, all_of_it: bool) -> None:
        self._all = all_of_it

    def length(self, n_pending: int, most: int, part: Part) -> int:
        """How many draft tokens to check, as `Policy.length`."""
        return most if self._all else 0

    def saw(self, part: Part, *, true: bool) -> None:
        """Does nothing: this policy learns nothing."""


class Decoding:
    """One model's answers, one at a time. Its vocabulary is read in a thread meanwhile."""

    def __init__(self, decoder: Decoder, policy: Policy, rule: Rule = "own") -> None:
        self._decoder = decoder
        self._policy = policy
        self._rule = rule
        self._vocabulary = read_in_a_thread(decoder.pieces)
        self._cached: list[int] = []
        self._cuts = True
        """The decoder can forget the end of its cache; one that cannot is given no drafts."""

    def write(
        self, prompt: str, *, max_tokens: int, draft: str, gone: Callable[[], bool], forced: str = ""
    ) -> Iterator[Token]:
        """The answer's tokens; none to an empty prompt. Each with its check so far, where there was one.

        The answer begins with `forced`, whose characters are in no token's text; `draft` is what may follow it. At most
        `max_tokens` beside the forced ones.
        Raises PromptTooLong. `gone` is asked during the prompt's evaluation and ends it.
        """
        ids = self._decoder.encode(prompt, special=True)
        if not ids:  # nothing to begin behind: what was typed is the prompt
            prompt, forced = forced, ""
            ids = self._decoder.encode(prompt, special=True)
        if self._room(ids, forced, 1) < 1:
            raise PromptTooLong(
                f"the prompt has {len(ids)} tokens and the model's context holds {self._decoder.n_context}; "
                "lower prompt_tokens or raise context_tokens"
            )
        if not ids:
            return iter(())
        given = Draft(self._decoder, forced + draft if draft else "", behind=prompt, ids=ids)
        pending = self._reuse(ids)
        return self._tokens(pending, given, self._room(ids, forced, max_tokens), gone, forced)

    def _tokens(
        self, pending: list[int], draft: Draft, n_left: int, gone: Callable[[], bool], text: str
    ) -> Iterator[Token]:
        characters = codecs.getincrementaldecoder("utf-8")("replace")
        if text:
            forced = Forced(text, self._vocabulary.result(), self._encode, self._rule)
            pending = yield from self._begun(pending, forced, draft, characters, gone)
        n_evaluated = len(pending)
        while n_left > 0 and pending:
            drafted = self._drafted(draft, len(pending), n_left)
            choices = self._evaluate(pending, drafted, gone)
            draft.n_passes += 1
            for number, choice in enumerate(choices):
                if expected := draft.ids:
                    self._policy.saw(draft.part, true=choice.token == expected[0])
                if self._decoder.ends(choice.token):
                    return
                piece = self._decoder.piece(choice.token)
                from_draft = number < len(drafted) and choice.token == drafted[number]
                draft.written(choice.token, piece, from_draft=from_draft)
                n_left -= 1
                yield Token(
                    text=characters.decode(piece),
                    prob=choice.prob,
                    from_draft=from_draft,
                    n_evaluated=n_evaluated,
                    check=draft.check,
                )
                n_evaluated = 1
            if not choices:
                return
            pending = [choices[-1].token]

    def _begun(
        self,
        pending: list[int],
        forced: Forced,
        draft: Draft,
        characters: codecs.IncrementalDecoder,
        gone: Callable[[], bool],
    ) -> Generator[Token, None, list[int]]:
        """The forced tokens; returns what is to be evaluated next, nothing where `gone` has ended it."""
        n_evaluated = len(pending)
        while forced.left:
            allowed = forced.allowed()
            if not allowed:
                return pending + forced.give_up()
            if not self._evaluate(pending, [], gone):
                return []
            found = self._decoder.among(allowed)
            piece = self._decoder.piece(found.token)
            draft.written(found.token, piece, from_draft=False)
            yield Token(
                text=characters.decode(forced.write(piece)),
                prob=found.prob,
                forced=True,
                allowed_prob=found.share,
                n_evaluated=n_evaluated,
            )
            n_evaluated, pending = 1, [found.token]
        return pending

    def _room(self, ids: Sequence[int], forced: str, max_tokens: int) -> int:
        """Tokens that the answer may have: a forced byte takes one at most."""
        return min(max_tokens, self._decoder.n_context - len(ids) - len(forced.encode()))

    def _encode(self, text: str) -> list[int]:
        return self._decoder.encode(text, special=False)

    def _drafted(self, draft: Draft, n_pending: int, n_left: int) -> list[int]:
        ids = draft.ids if self._cuts else []
        most = min(len(ids), self._decoder.max_outputs - 1, n_left - 1)
        drafted = ids[: self._policy.length(n_pending, most, draft.part)] if most > 0 else []
        draft.n_offered += len(drafted)
        return drafted

    def _reuse(self, ids: list[int]) -> list[int]:
        """Keeps the cache as far as it begins like `ids`; returns what is left to evaluate, at least the last one."""
        common = 0
        for old, new in zip(self._cached, ids[:-1], strict=False):
            if old != new:
                break
            common += 1
        self._cut(common)
        return ids[len(self._cached) :]

    def _cut(self, n_tokens: int) -> None:
        del self._cached[self._decoder.keep(n_tokens) :]

    def _evaluate(self, pending: list[int], drafted: list[int], gone: Callable[[], bool]) -> list[NextToken]:
        """The choices that hold: those that agree with the draft, and the one behind them. None when `gone`."""
        n_batch, at_once = self._decoder.n_batch, self._decoder.n_batch - len(drafted)
        while len(pending) > at_once:
            batch = pending[: min(n_batch, len(pending) - 1)]
            if not self._taken(batch, 1, gone):
                return []
            pending = pending[len(batch) :]
        choices = self._taken([*pending, *drafted], 1 + len(drafted), gone)
        n_true = 0
        for drafted_token, choice in zip(drafted, choices, strict=False):
            if drafted_token != choice.token:
                break
            n_true += 1
        if choices and n_true < len(drafted):
            self._leave(len(drafted) - n_true, gone)
        return choices[: n_true + 1]

    def _leave(self, n_wrong: int, gone: Callable[[], bool]) -> None:
        """Takes wrong tokens off the cache; where that loses more, what was right is evaluated again."""
        right = self._cached[: len(self._cached) - n_wrong]
        self._cut(len(right))
        self._cuts = self._cuts and len(self._cached) == len(right)
        while len(self._cached) < len(right):
            at = len(self._cached)
            if not self._taken(right[at : at + self._decoder.n_batch], 1, gone):
                return

    def _taken(self, tokens: list[int], n_last: int, gone: Callable[[], bool]) -> list[NextToken]:
        at = len(self._cached)
        try:
            choices = [] if gone() else self._decoder.decode(tokens, at, n_last, gone)
        except EngineError:
            self._cut(0)
            raise
        if choices:
            self._cached += tokens
        else:
            self._cut(at)
        return choices
