"""A report about a suggestion: what stands in it, and what never does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jupyter_mccom.server.report import report_of
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import Cell, Chunk, CompletionRequest, Features, Generation, Hit, Outcome, Route, Trace

KEY = "sk-proj-9fK2mXq7LwZ4tRb8VnC1yDj5HsEa3GuP"
STATUS = {"model": {"id": "small"}, "engine": "llamacpp", "threads": 1, "cloud": None}
REQUEST = CompletionRequest(
    id="r",
    client="w",
    document="secret-plans/merger.ipynb",
    cell_id="c",
    language="python",
    prefix="\n".join(f"line{number} = {number}" for number in range(40)) + f'\nOPENAI_API_KEY = "{KEY}"\nlogin(',
    suffix=")\nprint(1)\n",
    cells_before=(Cell(cell_id="b", kind="code", source="password = 'hunter2-Xk9q'"),),
)
TRACE = Trace(
    request_id="r",
    suggestion_id="s",
    document=REQUEST.document,
    cell_id="c",
    language="python",
    trigger="typing",
    started_s=1.0,
    route=Route(to="local", reason="sure", confidence=0.9, chance=0.83),
    origin="local",
    text=f'"{KEY}"',
    generations=(Generation(engine="small", tokens=(), stop="statement", first_token_s=0.1, total_s=0.2),),
    features=Features(
        confidence=0.9, lowest_prob=0.5, mean_prob=0.8, log_prob=-1.0, n_tokens=4, n_chars=9, parses=True
    ),
    hits=(Hit(chunk=Chunk(source="merger.py", first_line=1, last_line=2, text="x = 1"), score=0.5),),
    stage_s={"local": 0.2},
    outcome=Outcome(suggestion_id="s", kind="rejected", shown_ms=900),
    instead="hunter2-Xk9q",
)


def test_a_report_says_what_was_wrong_and_why() -> None:
    """The suggestion, the text around the cursor, figures and settings stand in a report."""
    report = report_of(TRACE, REQUEST, MCCom(threads=3, paths_off=["secret-plans"]), STATUS)
    assert "login(█)" in report
    assert "the local text was likely enough to be right" in report
    assert "0.9, 0.83" in report
    assert "rejected after 900 ms" in report
    assert "threads = 3" in report
    assert "line39" in report
    assert "line3 " not in report


def test_a_report_holds_no_secret_and_no_name() -> None:
    """No secret of any text, no document's name and no path of a setting stands in a report."""
    report = report_of(TRACE, REQUEST, MCCom(paths_off=["secret-plans"]), STATUS)
    for secret in (KEY, "hunter2", "merger", "secret-plans"):
        assert secret not in report
    assert "MCCOM_SECRET_" in report


@pytest.mark.parametrize("folder", ["/home/ada/merger/", "~/merger/", "merger/", "C:\\Users\\ada\\merger\\"])
def test_a_report_names_no_folder_of_a_model(folder: str) -> None:
    """Of a model that is a person's own file, the file's name stands in a report and not where it lies."""
    path = f"{folder}own.gguf"
    trace = replace(TRACE, generations=(replace(TRACE.generations[0], engine=path),))
    status = {**STATUS, "model": {"id": path}, "cloud": {"provider": "openai", "model": path}}
    report = report_of(trace, None, MCCom(model=path, cloud_model=path), status)
    assert "ada" not in report
    assert "merger" not in report
    assert report.count("own.gguf") == 5


def test_a_report_without_its_request_is_whole() -> None:
    """Where the page does not know what was asked, a report says the rest."""
    report = report_of(replace(TRACE, features=None, outcome=None, instead=""), None, MCCom(), STATUS)
    assert "Around the cursor" not in report
    assert KEY not in report
    assert "shown from: local" in report
