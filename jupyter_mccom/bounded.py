"""Settings that are numbers: each has a least and a largest value, and the message of a refusal names both."""

from __future__ import annotations

from typing import Any

from traitlets import Float, Int, TraitError

_SHOWN_CHARS = 40
"""Of a number that is refused: it may have any length."""


def _within(trait: Whole | Real, value: object) -> None:
    """Raises TraitError, with the range in its message, for a number outside the trait's bounds, or none at all."""
    if isinstance(value, int | float) and not trait.min <= value <= trait.max:
        range_ = f"between {trait.min:,} and {trait.max:,}"
        raise TraitError(f"{trait.name} must be {range_}, not {_shown(value)}")


def _shown(value: float) -> str:
    try:
        return str(value)[:_SHOWN_CHARS]
    except ValueError:  # Python writes no more than some thousand digits
        return "a number with thousands of digits"


class Whole(Int[int, int]):
    """A whole number between two bounds, both of which it has."""

    min: int
    max: int

    def validate(self, obj: Any, value: Any) -> int:
        """Raises TraitError."""
        _within(self, value)
        return super().validate(obj, value)


class Real(Float[float, float]):
    """A number between two bounds, both of which it has."""

    min: float
    max: float

    def validate(self, obj: Any, value: Any) -> float:
        """Raises TraitError."""
        _within(self, value)
        return super().validate(obj, value)
