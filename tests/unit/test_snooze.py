"""A pause in which only who asks by hand is answered."""

from __future__ import annotations

from jupyter_mccom.server.snooze import Snooze, snooze_line


def test_a_snooze_counts_down_and_ends() -> None:
    """A snooze counts down, says so in whole minutes, and ends by itself."""
    now = [100.0]
    snooze = Snooze(lambda: now[0])
    assert (snooze.on, snooze.as_json(), snooze_line(snooze.as_json())) == (False, None, "")
    snooze.begin(15)
    now[0] += 61
    assert snooze.as_json() == {"left_s": 839.0}
    assert snooze_line(snooze.as_json()).startswith("snoozed for 14 more min")
    now[0] += 839
    assert (snooze.on, snooze.as_json()) == (False, None)


def test_a_snooze_without_an_end_lasts() -> None:
    """A snooze until the server restarts lasts until somebody ends it."""
    now = [100.0]
    snooze = Snooze(lambda: now[0])
    snooze.begin(None)
    now[0] += 1e9
    assert snooze.as_json() == {"left_s": None}
    assert "until the server restarts" in snooze_line(snooze.as_json())
    snooze.end()
    assert not snooze.on
