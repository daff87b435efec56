"""The case file `tests/cases/outcomes.json`: how a suggestion ended, and the outcome that the front end reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_mccom.evaluation.typing.frontend import kept_of, kind_of

CASES = json.loads((Path(__file__).parents[1] / "cases" / "outcomes.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(str(value) for value in case.values()))
def test_outcome(case: dict[str, Any]) -> None:
    """The replay's front end reports what the page reports (`outcomes.ts` reads the same cases)."""
    kind = kind_of(
        case["ending"],
        painted=case["painted"],
        partly=case["partly_chars"] > 0,
        kept_chars=case["kept_chars"],
        shown_ms=case["shown_ms"],
    )
    kept = kept_of(kind, total_chars=case["total_chars"], kept_chars=case["kept_chars"])
    assert (kind, kept) == (case["kind"], case["reported_chars"])
