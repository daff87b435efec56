"""Drafts, cache reuse and cancelling of the decoding loop, on a model whose tokens and answer are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from jupyter_mccom.engines.decoding.decoding import Check, Decoding, NextToken
from jupyter_mccom.engines.decoding.draft import Part
from jupyter_mccom.errors import EngineError, PromptTooLong
from jupyter_mccom.types import DraftCheck, Token
from tests.speller import ANSWER, Speller


def _write(speller: Speller, draft: str = "", prompt: str = "ppp", max_tokens: int = 20) -> list[Token]:
    speller.n_prompt = len(speller.encode(prompt, special=True))
    return list(
        Decoding(speller, Check(all_of_it=True)).write(prompt, max_tokens=max_tokens, draft=draft, gone=lambda: False)
    )


def _text(tokens: Sequence[Token]) -> str:
    return "".join(token.text for token in tokens)


@pytest.mark.parametrize(
    "draft",
    ["", "def x😀 x", "def y", "yyyy", "def x😀 x\n", "de", "def x😀 xxxxyyyy", "f x", "def xy😀", "def x😀"],
)
def test_the_answer_is_the_same_with_any_draft(draft: str) -> None:
    """The answer has the same tokens with any draft."""
    plain = _write(Speller())
    assert _text(plain) == ANSWER.decode()
    drafted = _write(Speller(), draft)
    assert [token.text for token in drafted] == [token.text for token in plain]


def test_a_right_draft_is_taken_whole_in_few_evaluations() -> None:
    """A right draft is accepted whole in two passes, fewer than without it."""
    plain, drafted = Speller(), Speller()
    _write(plain)
    tokens = _write(drafted, "def x😀 x")
    assert [token.from_draft for token in tokens] == [True, True, True, False, True, True, True]
    check = tokens[-1].check
    assert check is not None
    assert (check.offered, check.accepted) == (6, 6)
    assert check.passes == 2
    assert len(drafted.evaluated) < len(plain.evaluated)


def test_the_draft_is_evaluated_with_the_prompts_end() -> None:
    """The draft is evaluated in one batch with the last tokens of the prompt."""
    speller = Speller()
    _write(speller, "def")
    assert speller.evaluated[0] == [9, 9, 9, 1]


def test_a_draft_is_left_where_it_diverges() -> None:
    """A draft is dropped at the first token that differs."""
    tokens = _write(Speller(), "def y def")
    assert [token.from_draft for token in tokens][:3] == [True, True, False]
    assert not any(token.from_draft for token in tokens[3:])


def test_a_draft_in_other_tokens_goes_on_behind_them() -> None:
    """A draft whose text agrees in other tokens goes on behind them."""

    class Splitting(Speller):
        def encode(self, text: str, *, special: bool) -> list[int]:
            """Never the token that the model writes."""
            return [token for one in super().encode(text, special=special) for token in ([2, 3] if one == 1 else [one])]

    tokens = _write(Splitting(), "def x")
    assert _text(tokens) == ANSWER.decode()
    assert [token.from_draft for token in tokens[:3]] == [False, True, True]


def test_only_a_chosen_draft_token_counts_as_accepted() -> None:
    """A token counts as accepted only when the model chose it."""
    tokens = _write(Speller(), "yx")
    assert not any(token.from_draft for token in tokens)
    check = tokens[-1].check
    assert check is not None
    assert check.accepted == 0


def test_where_nothing_is_checked_nothing_is_said_of_it() -> None:
    """Without a draft no token says anything of a check."""
    assert all(token.check is None for token in _write(Speller(), prompt="p"))


def test_text_repeated_from_the_prompt_is_a_draft() -> None:
    """Without a draft, what followed the same tokens in the prompt is checked."""
    speller = Speller()
    speller.n_batch = speller.max_outputs = 40
    prompt = "ppydef x😀 x\nppy"
    speller.n_prompt = len(speller.encode(prompt, special=True))
    decoding = Decoding(speller, Check(all_of_it=True))
    tokens = list(decoding.write(prompt, max_tokens=20, draft="", gone=lambda: False))
    assert _text(tokens) == ANSWER.decode()
    assert all(token.from_draft for token in tokens)
    assert tokens[-1].check == DraftCheck(offered=7, accepted=7, passes=1)
    assert len(speller.evaluated) == 1


def test_behind_a_draft_that_ended_what_was_read_is_the_draft() -> None:
    """Behind the end of a draft, what followed the same tokens before is the draft."""
    tokens = _write(Speller(), "def", prompt="def x😀 xp")
    assert [token.from_draft for token in tokens] == [True, False, False, True, True, True, False]


def test_the_answer_ends_at_the_bound_with_a_draft_too() -> None:
    """An answer with a draft ends at the bound of tokens too."""
    assert len(_write(Speller(), "def x😀 x", max_tokens=2)) == 2


def test_a_token_inside_a_character_waits_for_the_next() -> None:
    """A token that ends inside a character gives its text to the next one."""
    assert [token.text for token in _write(Speller())][3:5] == ["", "😀"]


def test_only_what_is_new_in_a_prompt_is_evaluated() -> None:
    """Only the new end of a prompt is evaluated."""
    speller = Speller()
    decoding = Decoding(speller, Check(all_of_it=True))
    counts = []
    for prompt in ("pppppp", "ppppppp", "ppppppp", "px"):
        speller.n_prompt = len(prompt)
        first = next(decoding.write(prompt, max_tokens=9, draft="", gone=lambda: False))
        counts.append(first.n_evaluated)
    assert counts == [6, 1, 1, 1]


def test_who_goes_during_the_prompt_ends_it_between_two_batches() -> None:
    """A request that goes away while its prompt is read ends between two batches."""
    speller = Speller()
    asked: list[bool] = []

    def gone() -> bool:
        asked.append(True)
        return len(asked) > 2

    assert list(Decoding(speller, Check(all_of_it=True)).write("p" * 30, max_tokens=9, draft="", gone=gone)) == []
    assert len(speller.evaluated) == 2


def test_a_prompt_too_long_is_refused_at_once() -> None:
    """A prompt longer than the context is refused before anything is evaluated."""
    speller = Speller()
    with pytest.raises(PromptTooLong, match=r"64.*64"):
        Decoding(speller, Check(all_of_it=True)).write("p" * 64, max_tokens=9, draft="", gone=lambda: False)
    assert speller.evaluated == []


def test_an_empty_prompt_has_an_empty_answer() -> None:
    """An empty prompt has an empty answer."""
    assert _write(Speller(), "def", prompt="") == []


def test_the_answer_ends_where_the_context_is_full() -> None:
    """The answer ends when the context is full."""
    speller = Speller()
    assert len(_write(speller, prompt="p" * 61)) == 3


class _Never(Check):
    """Checks nothing and notes what came true."""

    def __init__(self) -> None:
        super().__init__(all_of_it=False)
        self.seen: list[tuple[Part, bool]] = []

    def length(self, n_pending: int, most: int, part: Part) -> int:
        """Zero: no draft token is checked."""
        return 0

    def saw(self, part: Part, *, true: bool) -> None:
        """Notes each token of the draft that was judged."""
        self.seen.append((part, true))


@pytest.mark.parametrize(
    ("draft", "seen"),
    [
        ("def y", [("start", True), ("rest", True), ("rest", False)]),
        ("y", [("start", False)]),
        ("def x😀 x", [("start", True), *[("rest", True)] * 6]),
        ("def x😀 xy", [("start", True), *[("rest", True)] * 6, ("rest", False)]),
        ("", []),
    ],
)
def test_what_is_not_checked_is_still_learnt_from(draft: str, seen: list[tuple[Part, bool]]) -> None:
    """A draft that is not checked still tells the policy where it came true."""
    speller, policy = Speller(), _Never()
    speller.n_prompt = 3
    tokens = list(Decoding(speller, policy).write("ppp", max_tokens=9, draft=draft, gone=lambda: False))
    assert policy.seen == seen
    assert not any(token.from_draft for token in tokens)


@pytest.mark.parametrize("draft", ["def y", "yyyy", "x"])
def test_a_wrong_draft_with_a_cache_that_only_empties(draft: str) -> None:
    """A wrong draft changes nothing when the cache can only be emptied, and no further one is checked."""

    class Forgetful(Speller):
        def keep(self, n_tokens: int) -> int:
            """Keeps all of the cache or nothing."""
            if n_tokens < len(self.held):
                self.held.clear()
            return len(self.held)

    speller = Forgetful()
    speller.n_prompt = 3
    decoding = Decoding(speller, Check(all_of_it=True))
    for _ in range(2):
        tokens = list(decoding.write("ppp", max_tokens=20, draft=draft, gone=lambda: False))
        assert _text(tokens) == ANSWER.decode()
    assert tokens[-1].check is not None
    assert tokens[-1].check.offered == 0, "it is given no more of them"


def test_after_a_failure_nothing_is_taken_to_be_in_the_cache() -> None:
    """After a failure the whole prompt is evaluated again."""

    class Failing(Speller):
        broken = True

        def decode(self, tokens: Sequence[int], at: int, n_last: int, gone: Callable[[], bool]) -> list[NextToken]:
            """Fails once, and forgets all."""
            if self.broken and at > 3:
                self.broken = False
                self.held.clear()
                raise EngineError("out of memory; close something")
            return super().decode(tokens, at, n_last, gone)

        def keep(self, n_tokens: int) -> int:
            """Keeps no more tokens than are held."""
            return super().keep(min(n_tokens, len(self.held)))

    speller = Failing()
    speller.n_prompt = 3
    decoding = Decoding(speller, Check(all_of_it=True))
    with pytest.raises(EngineError, match="out of memory"):
        list(decoding.write("ppp", max_tokens=20, draft="", gone=lambda: False))
    assert _text(list(decoding.write("ppp", max_tokens=20, draft="", gone=lambda: False))) == ANSWER.decode()
