"""The front end's own checks, so that one `pytest` runs everything: types, then vitest."""

from __future__ import annotations

import pytest

from tests.conftest import jlpm

pytestmark = pytest.mark.usefixtures("packages")


def test_types_and_format() -> None:
    jlpm("check")


def test_vitest() -> None:
    jlpm("test")
