"""The golden messages, as Python reads and writes them; vitest reads the same files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_mccom.errors import WireError
from jupyter_mccom.server import wire
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import Chunk, DraftCheck, Generation, Hit, Outcome, Route, Suggestion, Survival, Trace
from jupyter_mccom.way_out import Left

GOLDEN = Path(__file__).parents[1] / "wire"


def _golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text())


def test_a_request_for_a_report() -> None:
    """The golden request for a report names a suggestion and what was asked; the latter may be missing."""
    suggestion_id, request = wire.report_request_from(_golden("report_request"))
    assert request is not None
    assert (suggestion_id, request.document) == ("s-7", "a.py")
    assert wire.report_request_from({"suggestion_id": "s-7"}) == ("s-7", None)


def test_a_full_request() -> None:
    """The golden full request is read with every field."""
    request = wire.request_from(_golden("complete_request"))
    assert (request.id, request.client, request.document) == ("r-7", "window-1", "analysis/tips.ipynb")
    assert [cell.kind for cell in request.cells_before] == ["markdown", "code"]
    assert request.cells_after[0].source == "df.plot()"
    assert (request.multiline, request.opt_out) == ("block", "none")
    assert request.last == Outcome(suggestion_id="s-6", kind="rejected", shown_ms=900)


def test_cells_have_the_line_ends_of_an_editor() -> None:
    """A cell whose text came with CRLF is read with LF, as are the text at the cursor and the project's files."""
    cell = {"cell_id": "c0", "kind": "code", "source": "a = 1\r\nb = 2\r\n"}
    request = wire.request_from({**_golden("complete_request_minimal"), "cells_before": [cell]})
    assert request.cells_before[0].source == "a = 1\nb = 2\n"


def test_a_minimal_request_has_defaults() -> None:
    """A minimal request has the documented defaults."""
    request = wire.request_from(_golden("complete_request_minimal"))
    assert (request.cell_id, request.trigger, request.last, request.deadline_s) == ("", "typing", None, 30)
    assert (request.multiline, request.opt_out) == (None, None)


def test_a_document_that_is_edited_together() -> None:
    """JupyterLab's name for a shared drive is taken off: patterns and opt-outs name paths below the root."""
    request = wire.request_from({**_golden("complete_request"), "document": "RTC:plans/a.ipynb"})
    assert request.document == "plans/a.ipynb"


def test_a_request_may_only_go_as_far_as_there_are_words_for() -> None:
    """An unknown value of multiline is refused."""
    with pytest.raises(WireError, match="multiline"):
        wire.request_from({**_golden("complete_request"), "multiline": "page"})


def test_an_outcome() -> None:
    """The golden outcome is read."""
    assert wire.outcome_from(_golden("outcome")).kind == "accepted"


def test_settings() -> None:
    """The golden change of settings is read."""
    assert wire.settings_from(_golden("settings_patch")) == _golden("settings_patch")


def test_a_survival() -> None:
    """The golden survival is read."""
    assert wire.survival_from(_golden("survival")) == Survival(
        suggestion_id="s1", after_s=30, kept_chars=12, of_chars=20
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("after_s", value) for value in (31, 30.5, None)),
        *(("kept_chars", value) for value in (-1, None, 21, 2**60)),
        *(("of_chars", value) for value in (0, None, 11)),
        ("suggestion_id", "\ud800"),
    ],
)
def test_a_survival_of_another_age_or_of_no_count_is_refused(name: str, value: object) -> None:
    """A survival of another age or with a wrong count is refused."""
    with pytest.raises(WireError, match=name):
        wire.survival_from({**_golden("survival"), name: value})


def test_what_left() -> None:
    """What left the machine last is written as in the golden answer."""
    (golden,) = _golden("left")["left"]
    assert wire.json_from_left([Left(**golden)]) == _golden("left")


def test_only_personal_settings_are_named_as_locked() -> None:
    """The answer of settings names only personal settings as locked."""
    answer = wire.json_from_settings(MCCom(threads=2), {"threads", "cloud_url"})
    assert answer.keys() == _golden("settings").keys()
    assert (answer["locked"], answer["settings"]["threads"]) == (["threads"], 2)


def test_a_trace_is_written_as_the_golden_one() -> None:
    """A trace is written as the golden one."""
    (golden,) = _golden("traces")["traces"]
    engines = [generation["engine"] for generation in golden["generations"]]
    trace = Trace(
        request_id="r",
        suggestion_id=golden["suggestion_id"],
        document="a.ipynb",
        cell_id="c",
        language="python",
        trigger="typing",
        started_s=0.0,
        origin="cloud",
        text=golden["text"],
        route=Route(**golden["route"]),
        generations=tuple(
            Generation(engine=engine, tokens=(), stop="end", first_token_s=0, total_s=0) for engine in engines
        ),
        draft=DraftCheck(**golden["draft"]),
        hits=tuple(Hit(chunk=Chunk(**hit["chunk"]), score=hit["score"]) for hit in golden["hits"]),
        stage_s=golden["stage_s"],
    )
    written = json.loads(json.dumps(wire.json_from_trace(trace)))
    assert [generation["engine"] for generation in written["generations"]] == engines
    assert {name: written[name] for name in golden} | {"generations": golden["generations"]} == golden


@pytest.mark.parametrize("name", ["line_text", "line_final", "line_final_empty"])
def test_lines_are_written_as_the_golden_ones(name: str) -> None:
    """Each line of a completion is written as the golden one."""
    line = _golden(name)
    suggestion = Suggestion(
        suggestion_id=line["suggestion_id"],
        request_id=line["request_id"],
        text=line["text"],
        origin=line["origin"],
        route=Route(**line["route"]),
        final=line["type"] == "final",
    )
    assert wire.line_from_suggestion(suggestion) == line


def test_trouble_is_written_as_the_golden_one() -> None:
    """A line of trouble is written as the golden one."""
    line = _golden("line_trouble")
    assert wire.line_from_trouble(line["request_id"], line["text"]) == line


def test_a_pull() -> None:
    """The golden pull request names its model, and an empty one names none."""
    assert wire.model_from(_golden("pull_request")) == "qwen2.5-coder-0.5b"
    assert wire.minutes_from(_golden("snooze")) == 15
    assert wire.model_from({}) is None


def test_half_a_character_of_a_text_is_replaced() -> None:
    """Half a character, where a page cut a text, stands as a sign for it, and is no error."""
    assert wire.request_from({**_golden("complete_request_minimal"), "prefix": "x\ud83d\0"}).prefix == "x\ufffd\ufffd"


@pytest.mark.parametrize("value", [True, 1.5, "3", -1])
def test_counts_are_whole_numbers(value: object) -> None:
    """A count that is not a whole number is refused."""
    with pytest.raises(WireError, match="shown_ms"):
        wire.outcome_from({**_golden("outcome"), "shown_ms": value})


@pytest.mark.parametrize("name", ["cloud_test_request", "cloud_put_request", "cloud_models_request"])
def test_a_cloud_is_named(name: str) -> None:
    """Each golden message that names a cloud is read, and the key is not in what is printed of it."""
    golden = _golden(name)
    request = wire.cloud_request_from(golden, names_model="model" in golden)
    assert (request.provider, request.url, request.model) == (golden["provider"], "", golden.get("model", ""))
    assert request.key == golden["key"]
    assert golden["key"] not in repr(request)


@pytest.mark.parametrize("field", ["provider", "model"])
def test_a_cloud_without_a_name_is_refused(field: str) -> None:
    """A cloud without its provider or its model is refused, and the field is named."""
    body = {name: value for name, value in _golden("cloud_put_request").items() if name != field}
    with pytest.raises(WireError, match=field):
        wire.cloud_request_from(body, names_model=True)
