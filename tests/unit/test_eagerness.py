"""How eager to suggest: three named rows of prices, and what they do to every gate."""

from __future__ import annotations

import itertools

import pytest
from traitlets import Enum

from jupyter_mccom.cascade.route import CloudState
from jupyter_mccom.compose.gates import gates_of
from jupyter_mccom.learning.calibrate import EAGERNESS, Calibration
from jupyter_mccom.learning.verdict import Verdict
from jupyter_mccom.models.catalog import Model
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import Token

UNMEASURED = Model(id="m", file="", n_bytes=0, sha256="")
MEASURED = Model(id="m", file="", n_bytes=0, sha256="", calibration=(-1.0, 0.6, 0.0, 1.0, 0.0))
LEARNT = Verdict(calibration=Calibration(intercept=-3.2, weights=(1.0, 0.0, 0.0, 0.0)), n=200, n_right=100, gain=None)
TEXTS = [
    [Token(text="x", prob=prob, n_evaluated=1) for prob in probs]
    for probs in itertools.product((0.2, 0.5, 0.7, 0.9, 0.99), repeat=3)
]


def _shown(eagerness: str, model: Model, verdict: Verdict | None, cloud: CloudState) -> set[int]:
    """Which of the texts the local model's are shown."""
    gates = gates_of(MCCom(eagerness=eagerness), model, verdict)
    routes = [gates.route(tokens, text="xxx", parses=True, cloud=cloud) for tokens in TEXTS]
    return {number for number, route in enumerate(routes) if route.to == "local"}


@pytest.mark.parametrize("cloud", ["off", "ready"])
@pytest.mark.parametrize(("model", "verdict"), [(UNMEASURED, None), (MEASURED, None), (UNMEASURED, LEARNT)])
def test_quiet_shows_a_part_of_balanced_and_that_a_part_of_eager(
    model: Model, verdict: Verdict | None, cloud: CloudState
) -> None:
    """Each step shows all that the quieter one shows, and more, with a cloud and without one."""
    quiet, balanced, eager = (_shown(name, model, verdict, cloud) for name in EAGERNESS)
    assert set() < quiet < balanced < eager < set(range(len(TEXTS)))


def test_the_setting_has_a_name_for_each_row() -> None:
    """The names of the setting and of the table are the same, in the same order."""
    trait = MCCom.class_traits()["eagerness"]
    assert isinstance(trait, Enum)
    assert tuple(trait.values or ()) == tuple(EAGERNESS)


@pytest.mark.parametrize("name", EAGERNESS)
def test_sparing_a_call_needs_more_than_showing(name: str) -> None:
    """In every row the chance that spares a call is above the one that shows a text."""
    assert 0 < EAGERNESS[name].show_chance < EAGERNESS[name].route_chance < 1


def test_thresholds_set_by_hand_win_over_the_eagerness() -> None:
    """Both thresholds set by hand hold at every eagerness."""
    for name, model in itertools.product(EAGERNESS, (UNMEASURED, MEASURED)):
        gates = gates_of(MCCom(eagerness=name, route_threshold=0.9, show_threshold=0.5), model)
        assert (gates.sure, gates.sure_chance, gates.show, gates.show_chance) == (0.9, None, 0.5, None)
