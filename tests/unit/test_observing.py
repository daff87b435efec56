"""What a model takes, seen in its ordinary answers."""

from __future__ import annotations

import gc

import pytest

from jupyter_mccom.engines.choosing.observing import Observed, Run
from jupyter_mccom.types import Token


def test_a_day_of_answers_that_tell_nothing_takes_no_room() -> None:
    """Answers whose prompts were in the cache are forgotten; the few that tell something decide, whenever they came."""
    observed, now_s = Observed(), [0.0]

    def answer(n_read: int, read_s: float) -> None:
        run = observed.run("m", lambda: now_s[0])
        now_s[0] += read_s
        for number in range(5):
            run.token(Token(text="a", prob=None, n_evaluated=n_read if number == 0 else 1))
            now_s[0] += 0.01

    for number in range(300):
        answer(200 if number in (5, 150) else 2, read_s=0.4 if number == 5 else 0.6)
    assert sum(isinstance(found, Run) for found in gc.get_objects()) < 20
    figures = observed.figures("m")
    assert figures is not None
    assert (figures.read_s, figures.write_s) == pytest.approx((0.002, 0.01))
