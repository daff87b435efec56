"""`bench --suite search`, on corpora that are quick to make."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_mccom.evaluation.lib.bench import Bench
from jupyter_mccom.evaluation.lib.resumable_rows import Rows
from jupyter_mccom.evaluation.suites import index_speed
from jupyter_mccom.models.store import Store
from jupyter_mccom.settings import MCCom
from tests.conftest import SMALL


def test_speeds_and_a_trees_costs_have_a_row_each(
    tmp_path: Path, models: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The suite has a row for each speed and for each cost of a tree."""
    monkeypatch.setattr(index_speed, "SIZES", (50,))
    monkeypatch.setattr(index_speed, "_TREE_LINES", 3_000)
    folder = tmp_path / "repositories" / "one"
    folder.mkdir(parents=True)
    for number in range(5):
        (folder / f"m{number}.py").write_text("".join(f"def f{n}(a):\n    return a + {n}\n\n\n" for n in range(40)))
    settings = MCCom(model=SMALL, threads=1)
    found = index_speed.measure(
        Bench(
            settings=settings,
            data=tmp_path,
            n=1,
            seed=1,
            out=None,
            rows=Rows(None, "search", {}),
            progress=lambda done, total: None,
        )
    )
    speeds, tree = found.tables
    assert speeds.head == ["", "index"]
    assert speeds.rows[0][0] == "50 chunks"
    assert "; n = 100" in speeds.rows[0][1]
    assert tree.rows[0][0] == "lines, chunks"
    assert "n = 20" in tree.rows[-1][1]
