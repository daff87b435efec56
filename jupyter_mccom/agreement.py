"""How far a local text was what the person wrote, seen once the line is left. Knows nothing of how it is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How much of a local text agrees with what the person left on its line."""

    suggestion_id: str
    agree_chars: int
    """Leading characters of the local text that stand in the cell."""
    exact_line: bool
    """The text's first line makes the line what it became, trailing white space aside."""
    drawn: bool
    """One text of each line is, at random: what the line became says the same of all of them, so it counts once."""
    left: str
    """The text that the person left there, at most 200 characters. It stays in memory; no file keeps it."""
