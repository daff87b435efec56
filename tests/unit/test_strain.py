"""When a machine is to be spared: tables of readings, and the real source of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from types import SimpleNamespace

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_mccom.engines.choosing.model_choice import Choice, Option, stepped_down
from jupyter_mccom.engines.choosing.power_and_memory import Reading, ThisMachine
from jupyter_mccom.engines.choosing.strain import BEGIN_S, END_S, Strain

GB = 10**9
MAINS, BATTERY, SHORT = "mains", "battery", "short"


def _reading(what: str, free_gb: float = 4.0, total_gb: float = 8.0) -> Reading:
    free = 0.3 if what == SHORT else free_gb
    return Reading(on_battery=what == BATTERY, free_bytes=int(free * GB), total_bytes=int(total_gb * GB))


def _why(told: Sequence[tuple[float, str]]) -> list[str]:
    strain, found = Strain(), []
    for now_s, what in told:
        strain.saw(_reading(what), now_s)
        found.append(strain.why)
    return found


@pytest.mark.parametrize(
    ("told", "last"),
    [
        ([(0, MAINS)], ""),
        ([(0, BATTERY)], "on battery"),
        ([(0, SHORT)], "memory is short"),
        ([(0, MAINS), (10, BATTERY)], ""),
        ([(0, MAINS), (10, BATTERY), (10 + BEGIN_S, BATTERY)], "on battery"),
        ([(0, MAINS), (10, BATTERY), (20, MAINS), (25, BATTERY), (40, BATTERY)], ""),
        ([(0, BATTERY), (10, MAINS), (10 + BEGIN_S, MAINS)], "on battery"),
        ([(0, BATTERY), (10, MAINS), (10 + END_S, MAINS)], ""),
        ([(0, BATTERY), (10, MAINS), (100, BATTERY), (110, MAINS), (100 + END_S, MAINS)], "on battery"),
        ([(0, MAINS), (10, SHORT), (10 + BEGIN_S, SHORT)], "memory is short"),
        ([(0, SHORT), (10, BATTERY), (10 + END_S, BATTERY)], "on battery"),
    ],
)
def test_a_change_counts_once_it_has_lasted(told: Sequence[tuple[float, str]], last: str) -> None:
    """The first reading counts at once; a later change counts once it has lasted, and an end lasts longer."""
    assert _why(told)[-1] == last


@pytest.mark.parametrize(
    ("free_gb", "total_gb", "short"), [(0.6, 8, True), (0.7, 8, False), (0.9, 64, True), (1.1, 64, False)]
)
def test_memory_is_short_below_a_share(free_gb: float, total_gb: float, *, short: bool) -> None:
    """Memory is short below a twelfth of it, and on a large machine below 1 GB."""
    strain = Strain()
    strain.saw(_reading(MAINS, free_gb, total_gb), 0)
    assert bool(strain.why) is short


def test_what_made_room_does_not_come_back_at_once() -> None:
    """The room that the larger model left is not taken for memory that is enough for it."""
    strain = Strain()
    strain.saw(_reading(SHORT), 0)
    for now_s in range(10, 1000, 10):
        strain.saw(_reading(MAINS, free_gb=1.5), now_s, more_bytes=GB)
    assert strain.why == "memory is short"
    for now_s in range(1000, 1000 + int(END_S) + 10, 10):
        strain.saw(_reading(MAINS, free_gb=3.0), now_s, more_bytes=GB)
    assert strain.why == ""


@given(st.lists(st.tuples(st.floats(0.1, 60), st.sampled_from([MAINS, BATTERY, SHORT])), max_size=60))
def test_it_never_changes_to_and_fro(steps: list[tuple[float, str]]) -> None:
    """Between two changes lies at least the shorter of the waits, whatever is told."""
    now_s, told = 0.0, []
    for gap_s, what in steps:
        now_s += gap_s
        told.append((now_s, what))
    found = [bool(why) for why in _why(told)]
    changed_s = [at for (at, _), one, other in zip(told[1:], found, found[1:], strict=False) if one != other]
    assert all(later - earlier >= BEGIN_S for earlier, later in pairwise(changed_s))


def _option(name: str, rank: int, *, present: bool = True, exact: float | None = None) -> Option:
    return Option(name=name, kind="gguf", n_bytes=10**8, rank=rank, present=present, exact_match=exact)


@pytest.mark.parametrize(
    ("options", "name", "instead_of"),
    [
        ([_option("a", 0), _option("b", 1), _option("c", 2)], "b", "c"),
        ([_option("a", 0), _option("b", 1, present=False), _option("c", 2)], "a", "c"),
        ([_option("a", 0, exact=0.3), _option("c", 2)], "c", ""),
        ([_option("a", 0, present=False), _option("c", 2), _option("d", 3)], "c", ""),
    ],
)
def test_the_next_smaller_model_stands_in(options: list[Option], name: str, instead_of: str) -> None:
    """The next smaller model that is here stands in, and none that is rarely right."""
    found = stepped_down(Choice(name="c", why="", figures={}, statement_s={}), options)
    assert (found.name, found.instead_of) == (name, instead_of)


def test_this_machine_tells_its_conditions() -> None:
    """The real source tells memory within what the machine has."""
    found = ThisMachine().read()
    assert 0 < found.free_bytes <= found.total_bytes <= psutil.virtual_memory().total
    assert isinstance(found.on_battery, bool)


@pytest.mark.parametrize(("plugged", "on_battery"), [(True, False), (False, True), (None, False)])
def test_a_battery_counts_where_it_is_known(
    monkeypatch: pytest.MonkeyPatch, plugged: bool | None, *, on_battery: bool
) -> None:
    """A machine is on battery only where its battery says so."""
    battery = SimpleNamespace(percent=50, secsleft=100, power_plugged=plugged)
    monkeypatch.setattr(psutil, "sensors_battery", lambda: battery, raising=False)
    assert ThisMachine().read().on_battery is on_battery


@pytest.mark.parametrize("error", [NotImplementedError, OSError, RuntimeError, AttributeError])
def test_a_system_without_batteries_runs_on_mains(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    """A system that knows no battery, or fails to tell, runs on mains."""

    def failing() -> None:
        raise error("no battery here")

    monkeypatch.setattr(psutil, "sensors_battery", failing, raising=False)
    assert ThisMachine().read().on_battery is False
    monkeypatch.setattr(psutil, "sensors_battery", lambda: None, raising=False)
    assert ThisMachine().read().on_battery is False
    monkeypatch.delattr(psutil, "sensors_battery", raising=False)
    assert ThisMachine().read().on_battery is False
