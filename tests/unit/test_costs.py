"""How much of a draft is worth checking, by what evaluations cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from jupyter_mccom.engines.decoding.constrain import Ids
from jupyter_mccom.engines.decoding.costs import TIMED, ByCost, CostCurve, by_cost, keep, kept, key_of, timed
from jupyter_mccom.engines.decoding.decoding import Allowed, NextToken

PROCESSOR = CostCurve(ms={1: 24.0, 2: 50.0, 4: 85.0, 8: 141.0, 16: 267.0})
"""Measured for the 0.5B on two cores, 2 tokens by its neighbours."""
GPU = CostCurve(ms={1: 10.0, 2: 10.2, 4: 10.6, 8: 11.4, 16: 13.0})
LIKELY = 0.9, 0.95
UNLIKELY = 0.3, 0.5
"""Chances of a draft's first token and of each later one."""


def test_costs_are_interpolated() -> None:
    """Costs lie on straight lines between the timed sizes and beyond them."""
    assert [PROCESSOR.cost_ms(n) for n in (1, 4, 6, 16)] == [24.0, 85.0, 113.0, 267.0]
    assert PROCESSOR.cost_ms(24) == 267 + 126


def test_where_tokens_are_nearly_free_all_of_a_draft_is_checked() -> None:
    """When further tokens are nearly free, all of a draft is checked."""
    assert GPU.length(1, 16, *LIKELY) == 16


def test_an_unlikely_draft_is_left_on_a_processor() -> None:
    """When each token costs as much as one that is written, an unlikely draft is not checked."""
    assert PROCESSOR.length(1, 16, *UNLIKELY) == 0


def test_a_likely_draft_pays_beside_a_prompt() -> None:
    """A likely draft pays on a processor too when a prompt is read anyway."""
    assert PROCESSOR.length(40, 8, *LIKELY) > 0


@given(st.integers(1, 200), st.integers(0, 16), st.floats(0, 1), st.floats(0, 1))
def test_what_is_checked_is_expected_to_save_time(n_pending: int, most: int, first: float, later: float) -> None:
    """The checked length is the one with the highest gain, and never longer than the draft."""
    length = PROCESSOR.length(n_pending, most, first, later)
    gains_ms = PROCESSOR.gains_ms(n_pending, most, first, later)
    assert 0 <= length <= most == len(gains_ms)
    if length:
        assert gains_ms[length - 1] == max(gains_ms) > 0


def test_each_part_of_a_draft_is_learnt_apart() -> None:
    """Each part of a draft is checked once it comes true and left once it does not, apart from the others."""
    policy = ByCost(PROCESSOR)
    assert policy.length(4, 12, "start") == policy.length(4, 12, "rest") == 0
    for _ in range(200):
        policy.saw("start", true=True)
        policy.saw("rest", true=True)
    assert policy.length(4, 12, "start") > 8
    for _ in range(400):
        policy.saw("start", true=False)
        policy.saw("read", true=False)
    assert policy.length(4, 12, "start") == policy.length(4, 12, "read") == 0
    assert policy.length(4, 12, "rest") > 8, "what was read says nothing of it"


def test_every_size_is_timed_and_the_quickest_counts() -> None:
    """Every size is timed, and each cost is at least zero."""
    sizes: list[int] = []
    curve = timed(sizes.append, time.perf_counter)
    assert set(sizes) == set(TIMED) == set(curve.ms)
    assert all(ms >= 0 for ms in curve.ms.values())


def test_more_tokens_are_never_taken_for_cheaper() -> None:
    """A larger size never counts as cheaper than a smaller one."""
    costs_s = {1: 0.01, 2: 0.03, 4: 0.02, 8: 0.05, 16: 0.04}
    now = [0.0]

    def evaluate(n_tokens: int) -> None:
        now[0] += costs_s[n_tokens]

    assert list(timed(evaluate, lambda: now[0]).ms.values()) == [10, 30, 30, 50, 50]


def test_a_curve_is_kept_for_its_model_and_threads(tmp_path: Path) -> None:
    """A cost curve is kept for its model, threads and engine."""
    file = tmp_path / "new" / "costs.json"
    assert kept(file, key_of("a", 1, "xllamacpp")) is None
    keep(file, key_of("a", 1, "xllamacpp"), PROCESSOR)
    keep(file, key_of("a", 2, "xllamacpp"), GPU)
    assert kept(file, key_of("a", 1, "xllamacpp")) == PROCESSOR
    assert kept(file, key_of("a", 2, "xllamacpp")) == GPU
    assert kept(file, key_of("b", 1, "xllamacpp")) is kept(file, key_of("a", 3, "xllamacpp")) is None


def test_a_damaged_file_is_timed_anew(tmp_path: Path) -> None:
    """A damaged file of curves counts as absent and is replaced."""
    file = tmp_path / "costs.json"
    for content in ('{"k": 3}', '{"k": {"x": 1}}', "{", "3"):
        file.write_text(content)
        assert kept(file, "k") is None
    keep(file, "k", GPU)
    assert kept(file, "k") == GPU


class _Evaluates:
    """The part of a Decoder that is timed."""

    n_batch = max_outputs = n_context = 32

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def pieces(self) -> Iterable[tuple[bytes, int]]:
        """No pieces: nothing is forced."""
        return ()

    def among(self, ids: Ids) -> Allowed:
        """The first of `ids`."""
        return Allowed(token=ids[0], prob=0.5, share=0.5)

    def encode(self, text: str, *, special: bool) -> list[int]:
        """A token a character."""
        return [ord(char) for char in text]

    def piece(self, token: int) -> bytes:
        """The character of a token."""
        return chr(token).encode()

    def ends(self, token: int) -> bool:
        """False: no token ends a text."""
        return False

    def keep(self, n_tokens: int) -> int:
        """All is forgotten."""
        return 0

    def decode(self, tokens: Sequence[int], at: int, n_last: int, gone: Callable[[], bool]) -> list[NextToken]:
        """Notes how many tokens are evaluated."""
        self.sizes.append(len(tokens))
        return [NextToken(token=0, prob=1.0)] * n_last


def test_a_model_is_timed_once_after_a_warm_up(tmp_path: Path) -> None:
    """Each size is evaluated once without counting, then timed; the next start reads the file."""
    file, decoder = tmp_path / "costs.json", _Evaluates()
    assert isinstance(by_cost(decoder, str(file), "a", time.perf_counter), ByCost)
    behind_singles = [1, 1, 1, 1, *(size for timed_size in TIMED[1:] for size in (1, timed_size))]
    assert decoder.sizes[: len(TIMED) + len(behind_singles)] == [*TIMED, *behind_singles]
    assert kept(file, "a") is not None
    again = _Evaluates()
    by_cost(again, str(file), "a", time.perf_counter)
    assert again.sizes == []


def test_an_unwritable_folder_costs_only_the_timing(tmp_path: Path) -> None:
    """A folder that cannot be written costs only the timing."""
    (tmp_path / "file").write_text("")
    decoder = _Evaluates()
    assert isinstance(by_cost(decoder, str(tmp_path / "file" / "costs.json"), "a", time.perf_counter), ByCost)


def test_without_a_file_all_of_a_draft_is_checked_or_nothing() -> None:
    """Without a file of curves all of a draft is checked, or nothing."""
    assert by_cost(_Evaluates(), "", "a", time.perf_counter).length(1, 9, "start") == 9
    assert by_cost(_Evaluates(), None, "a", time.perf_counter).length(1, 9, "start") == 0


def test_the_newest_curves_are_kept(tmp_path: Path) -> None:
    """Only the 32 newest curves are kept."""
    file = tmp_path / "costs.json"
    for number in range(40):
        keep(file, f"model {number}", GPU)
    assert kept(file, "model 7") is None
    assert kept(file, "model 8") == kept(file, "model 39") == GPU
