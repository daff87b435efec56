"""`bench --suite midline`: its positions as code with a cursor █, and what each rule lets of a text there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_mccom.compose.gates import calibration_of
from jupyter_mccom.evaluation.lib.bench import Bench
from jupyter_mccom.evaluation.lib.mid_line import KINDS, mid_line
from jupyter_mccom.evaluation.lib.resumable_rows import Rows
from jupyter_mccom.evaluation.lib.samples import Sample
from jupyter_mccom.evaluation.suites.midline import RULES, findings, text_by
from jupyter_mccom.models.catalog import find
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import CompletionRequest


def _sample(prefix: str, truth: str, suffix: str = "\nprint(y)") -> Sample:
    request = CompletionRequest(
        id="t", client="c", document="d", cell_id="1", language="python", prefix=prefix, suffix=suffix
    )
    return Sample(task="t", kind="notebook", era="2025+", request=request, truth=truth)


@pytest.mark.parametrize("seed", range(20))
def test_positions_of_a_line(seed: int) -> None:
    """Each position has its line whole again with its truth, and something stands behind the cursor."""
    line = "    total = compute(values[0], other)"
    found = mid_line([_sample("def f():\n    total = com", "pute(values[0], other)  # once")], seed)
    assert sorted(one.key for one in found) == sorted(KINDS)
    for one in found:
        request = one.request
        assert request.prefix + one.truth + request.suffix == f"def f():\n{line}\nprint(y)"
        assert request.suffix.partition("\n")[0].strip()
        assert bool(one.truth) == (not one.key.startswith("nothing"))
        assert one.statement == "t"
        if one.key == KINDS[0]:
            assert len(one.truth) > 1
            assert one.truth.isidentifier()


def test_a_line_that_has_no_middle() -> None:
    """A line of one short word has no position."""
    assert mid_line([_sample("", "x")], 1) == []


@pytest.mark.parametrize(
    ("prefix", "suffix", "written", "texts"),
    [
        ("import pandas as pd\nx = nu", "y.mean()", "mp", ["mp", "", "", "mp"]),
        ("numpy = 1\nx = nu", "y.mean()", "mp", ["mp", "mp", "mp", "mp"]),
        ("x = val", "(1)", "ue + other()", ["ue + other()", "ue + other", "ue + other", "ue + other"]),
        ("x = f(", ")", "y)\n", ["y", "y", "y", "y"]),
    ],
)
def test_what_each_rule_lets(prefix: str, suffix: str, written: str, texts: list[str]) -> None:
    """Without the rule the text is as long as it was written; a word that is known makes a whole."""
    request = _sample(prefix, "", suffix).request
    assert [text_by(rule, request, written) for rule in RULES] == texts


def test_names_of_a_project(tmp_path: Path) -> None:
    """Words of a project's files are known to one rule more."""
    (tmp_path / "a.py").write_text("def numpy_like(): ...")
    request = _sample("x = nu", "", "y_like()").request
    assert [text_by(rule, request, "mp", str(tmp_path)) for rule in RULES] == ["mp", "", "mp", "mp"]


def test_the_table(tmp_path: Path) -> None:
    """A kind has a row for each rule, with what is right and what is shown and wrong; a missing row counts nowhere."""
    samples = mid_line([_sample("", "total = compute(values[0], other)")], 1)
    rows: list[dict[str, Any] | None] = [{"tokens": [{"text": one.truth or "zzz", "prob": 0.999}]} for one in samples]
    rows[-1] = None
    model = find("qwen2.5-coder-0.5b")
    assert model is not None
    bench = Bench(
        settings=MCCom(),
        data=tmp_path,
        n=1,
        seed=1,
        out=None,
        rows=Rows(None, "midline", {}),
        progress=lambda done, of: None,
    )
    (table,) = findings(samples, rows, calibration_of(model), bench).tables
    assert len(table.rows) == (len(KINDS) + 1) * len(RULES)
    assert table.rows[-4][:2] == ["all: no rule", str(len(samples) - 1)]
