"""How long a model's process may be silent: a bound that a slow machine raises, within what a request waits."""

from __future__ import annotations

import pytest

from jupyter_mccom.engines.local.progress import Progress


@pytest.mark.parametrize(("heard_s", "bound_s"), [(0.1, 15), (1.0, 15), (2.0, 20), (9.0, 25)])
def test_the_bound_is_below_what_a_request_waits(
    heard_s: float, bound_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten times the longest silence that was broken, from 15 s to 25 s; twice 15 s after it was not enough."""
    now_s = 100.0
    monkeypatch.setattr(Progress, "now_s", staticmethod(lambda: now_s))
    progress = Progress()
    with progress.waiting():
        now_s += heard_s
        progress.made(100.0)
        assert progress.left_s(now_s) == pytest.approx(bound_s)
        progress.hung()
        assert progress.left_s(now_s) == pytest.approx(30)


def test_a_process_that_hangs_again_is_noticed_as_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hangs in a row double the bound up to a minute; a word in between makes it 15 s again."""
    now_s = 100.0
    monkeypatch.setattr(Progress, "now_s", staticmethod(lambda: now_s))
    progress = Progress()
    bounds = []
    with progress.waiting():
        for _ in range(4):
            progress.hung()
            bounds.append(progress.left_s(now_s))
        progress.made(now_s)
        assert (bounds, progress.left_s(now_s)) == ([30, 60, 60, 60], 15)


def test_a_machine_that_is_slower_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A silence of 40 s that was broken is not taken for a hang the next time."""
    now_s = 100.0
    monkeypatch.setattr(Progress, "now_s", staticmethod(lambda: now_s))
    progress = Progress()
    with progress.waiting():
        now_s += 40
        progress.made(100.0)
        assert progress.left_s(now_s) == pytest.approx(60)


def test_a_server_that_sleeps_ends_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time in which the server itself was stopped, while somebody waited, counts as one look at the clock."""
    real_s = 100.0
    monkeypatch.setattr(Progress, "_real_s", staticmethod(lambda: real_s))
    progress = Progress()
    own_s = progress.now_s()
    with progress.waiting():
        real_s += 2
        assert progress.left_s(own_s) == pytest.approx(13)
        real_s += 3600
        assert progress.left_s(own_s) == pytest.approx(12)
    with progress.waiting():
        assert progress.left_s(progress.now_s()) == pytest.approx(12)
