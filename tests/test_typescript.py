"""The front end's own checks, so that one `pytest` runs everything: types, then vitest."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.conftest import CLOSING, jlpm

pytestmark = pytest.mark.usefixtures("packages")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def test_types_and_format() -> None:
    """The front end's own checks of types, format and style pass."""
    jlpm("check")


def test_vitest(record_property: Callable[[str, object], None]) -> None:
    """All tests of vitest pass; its closing lines are printed below pytest's."""
    said = _COLOURS.sub("", jlpm("test"))
    lines = re.findall(r"^ *(?:Test Files|Tests) .*$", said, re.MULTILINE)
    assert len(lines) == 2, said[-4000:]
    record_property(CLOSING, "vitest: " + "; ".join(" ".join(line.split()) for line in lines))
