"""The front end's own checks, so that one `pytest` runs everything: types, ESLint, then vitest."""

from __future__ import annotations

import pytest

from tests.conftest import jlpm

pytestmark = pytest.mark.usefixtures("packages")


def test_types_and_format() -> None:
    """The page compiles, its tests too, and both are laid out as Prettier does."""
    jlpm("check")


def test_lint() -> None:
    """ESLint has nothing to say: no `any`, no floating promise, no nested ternary, no import circle."""
    jlpm("lint")


def test_vitest() -> None:
    """The page's own tests pass."""
    jlpm("test")
