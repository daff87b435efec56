"""What modules keep from key to key is forgotten with the rest; `test_documents.py` has what the cascade keeps."""

from __future__ import annotations

import sys
from functools import _lru_cache_wrapper
from pathlib import Path

import pytest

from jupyter_mccom.compose import forget_traces, open_cascade
from jupyter_mccom.privacy.secrets import Masking
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import Cell, CompletionRequest, Outcome
from tests.cascades import held_texts
from tests.conftest import SMALL


def _request(above: str, cell: Cell) -> CompletionRequest:
    return CompletionRequest(
        id="r", client="c", document="d.ipynb", cell_id="1", language="python", prefix=above + "np.z", suffix="",
        cells_before=(cell,),
    )  # fmt: skip


def _kept_by_modules(*texts: str) -> list[str]:
    """Which of these texts stand in a cache of one of the package's modules."""
    modules = [module for name, module in sys.modules.items() if name.startswith("jupyter_mccom.")]
    caches = [one for module in modules for one in vars(module).values() if isinstance(one, _lru_cache_wrapper)]
    return held_texts(caches, *texts)


@pytest.mark.parametrize("by", ["this process", "another one"])
async def test_forgetting_empties_what_modules_keep(tmp_path: Path, by: str) -> None:
    """No cache of a module holds a text of the person afterwards: cells, lines, words, text that was masked."""
    opened = open_cascade(MCCom(model=SMALL), traces=tmp_path / "t")
    assert opened.recorder is not None
    cell = Cell(cell_id="0", kind="code", source="price_of_wheat = 3\nprint(price_of_wheat)")
    above = "tons_of_rye = 4\n\nfields_of_oats = 5\n\nx = 6\ny = 7\nz = 8\nu = 9\n"
    texts = ("price_of_wheat", "tons_of_rye", "fields_of_oats", "acres_of_barley")
    for report in ("s0", "s1"):
        await opened.retriever.search(_request(above, cell))
        Masking().mask("acres_of_barley")
        assert _kept_by_modules(*texts) == sorted(texts)
        if by == "this process":
            await opened.forget()
        else:
            opened.cascade.journal.report(Outcome(suggestion_id=report, kind="moved"))
            await opened.recorder.settled()
            forget_traces(tmp_path / "t")
            opened.cascade.journal.report(Outcome(suggestion_id=report + "'", kind="moved"))
            await opened.recorder.settled()
        assert _kept_by_modules(*texts) == []
    await opened.aclose()
