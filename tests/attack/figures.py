"""The figures that an attack came to, printed as one table when the run ends."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

FIGURES = "attack"
"""A property of a test: the lines of its figures."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one test."""

    item: pytest.Item

    def add(self, name: str, value: float, *, most: float | None = None, least: float | None = None) -> None:
        """Adds a figure. With a goal, `most` or `least`, the table says whether that was met."""
        goal = ""
        if most is not None:
            goal = f"at most {most:g}: {'met' if value <= most else 'missed'}"
        elif least is not None:
            goal = f"at least {least:g}: {'met' if value >= least else 'missed'}"
        self.item.user_properties.append((FIGURES, f"| {name} | {value:.4g} | {goal} |"))
