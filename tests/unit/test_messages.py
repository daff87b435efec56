"""One table of reasons and states, for the magic, the status and the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from jupyter_mccom.server.messages import message, messages
from jupyter_mccom.types import Reason

WIRE = Path(__file__).parents[1] / "wire"


def test_reasons_are_complete() -> None:
    """Every reason of a route has words, and no others stand there."""
    assert messages()["reasons"].keys() == {*get_args(Reason)}


def test_states_are_complete() -> None:
    """Every state of the golden statuses has words; `trouble` says its own."""
    states = {json.loads(path.read_text(encoding="utf-8"))["state"] for path in WIRE.glob("status_*.json")}
    assert states - messages()["states"].keys() <= {"trouble"}


def test_values_are_filled_in() -> None:
    """%1 and %2 are replaced, in their order."""
    pattern = messages()["states"]["ready-cloud"]
    assert message("states", "ready-cloud", "small", "large") == pattern.replace("%1", "small").replace("%2", "large")


def test_unknown_code_is_an_error() -> None:
    """A code without words is a mistake of ours, not an empty line."""
    with pytest.raises(KeyError):
        message("states", "nothing-like-it")
