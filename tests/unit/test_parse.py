"""The case file `tests/cases/parse.txt`: code with a cursor, a suggestion, whether it breaks the cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_mccom.cascade.text.parse import breaks

CASES = (Path(__file__).parents[1] / "cases" / "parse.txt").read_text().split("================\n")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.partition("\n")[0])
def test_a_suggestion_breaks_the_cell_or_holds(case: str) -> None:
    """Each case of the file breaks the cell, or holds, as its title says."""
    title, _, rest = case.partition("\n")
    code, _, text = rest.partition("\n--- text\n")
    prefix, _, suffix = code.partition("█")
    assert breaks("python", prefix, text.removesuffix("\n"), suffix) == title.startswith("breaks")


def test_other_languages_are_not_parsed() -> None:
    """Other languages are not parsed."""
    assert not breaks("julia", "x = ", "foo bar", "")
