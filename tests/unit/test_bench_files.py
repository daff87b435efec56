"""What bench reads and writes: data that is not what it should be, rows that go on, a page that needs nothing else."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from jupyter_mccom.cli.main import SUITES as OFFERED
from jupyter_mccom.errors import InputError
from jupyter_mccom.evaluation.lib.data import FIELDS, check, fingerprint
from jupyter_mccom.evaluation.lib.measured_on import changed_settings, decisive, machine
from jupyter_mccom.evaluation.lib.resumable_rows import Rows
from jupyter_mccom.evaluation.lib.samples import notebook_samples
from jupyter_mccom.evaluation.report import published
from jupyter_mccom.evaluation.report.findings import Findings, Plot, Series, Table, distribution, from_json
from jupyter_mccom.evaluation.report.page import page
from jupyter_mccom.evaluation.report.published import ALL, FIGURES, Figure, is_of
from jupyter_mccom.evaluation.report.svg import draw
from jupyter_mccom.evaluation.run_suite import SUITES
from jupyter_mccom.settings import MCCom, kinds
from tests.conftest import CODER

CELLS = ("notebooks/notebooks.jsonl", "notebooks/statements.jsonl")
BOOK = {"id": "b", "cells": [{"type": "code", "source": "import os\nx = 1"}]}
POINT = {
    "task_id": "nb/0",
    "book": "b",
    "era": "2025+",
    "cell": 0,
    "line": 1,
    "cut_col": 4,
    "ground_truth": "x = 1",
    "uses_earlier_cell_name": False,
}


def _data(folder: Path, *points: dict[str, Any] | str) -> Path:
    (folder / "notebooks").mkdir()
    (folder / CELLS[0]).write_text(json.dumps(BOOK) + "\n")
    lines = [point if isinstance(point, str) else json.dumps(point) for point in points]
    (folder / CELLS[1]).write_text("\n".join(lines) + "\n")
    return folder


def test_data_of_the_format_passes(tmp_path: Path) -> None:
    """Data of the documented format passes the check."""
    check(_data(tmp_path, POINT), CELLS)


@pytest.mark.parametrize(
    ("point", "said"),
    [
        ("{", "statements.jsonl line 2"),
        ({**POINT, "line": "1"}, "'line'"),
        ({name: value for name, value in POINT.items() if name != "era"}, "'era'"),
        ({**POINT, "book": "c"}, "notebook 'c'"),
        ({**POINT, "cell": 7}, "cell 7"),
        ({**POINT, "line": 2}, "cell 0"),
    ],
)
def test_data_that_cannot_be_used_is_named_in_one_line(tmp_path: Path, point: dict[str, Any] | str, said: str) -> None:
    """Data that cannot be used is refused with one line that names the file and what is wrong."""
    with pytest.raises(InputError, match=re.escape(said)) as error:
        check(_data(tmp_path, POINT, point), CELLS)
    assert "\n" not in str(error.value)


def test_a_folder_of_other_data_is_told_from_it(tmp_path: Path) -> None:
    """The fingerprint of a folder changes with each file that is added or changed."""
    found = {fingerprint(tmp_path)}
    _data(tmp_path, POINT)
    found.add(fingerprint(tmp_path))
    (tmp_path / CELLS[1]).write_text(json.dumps({**POINT, "line": 0}) + "\n")
    found.add(fingerprint(tmp_path))
    (tmp_path / "repositories").mkdir()
    (tmp_path / "repositories" / "a.py").write_text("x")
    found.add(fingerprint(tmp_path))
    assert len(found) == 4
    assert fingerprint(tmp_path) in found


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A missing file is an error that names the option --data."""
    for file in FIELDS:
        with pytest.raises(InputError, match=r"--data"):
            check(tmp_path, (file,))


def test_real_data_passes(shared_data: Path) -> None:
    """The real data has every field that is checked."""
    check(shared_data, FIELDS)


def test_rows_go_on_where_they_were_cut_off(tmp_path: Path) -> None:
    """A file of rows that was cut off goes on behind its last whole row."""
    rows = Rows(tmp_path, "infill", {"seed": 1})
    rows.put("a", {"right": True})
    rows.put("b", {"right": False})
    file = tmp_path / "infill.jsonl"
    file.write_text(file.read_text()[:-4])
    again = Rows(tmp_path, "infill", {"seed": 1})
    assert (again.get("a"), again.get("b")) == ({"right": True}, None)
    again.put("b", {"right": False})
    assert Rows(tmp_path, "infill", {"seed": 1}).get("b") == {"right": False}


def test_rows_survive_odd_characters_and_cuts(tmp_path: Path) -> None:
    """A row may hold any line separator, and a file may be cut off inside a character."""
    rows = Rows(tmp_path, "infill", {"seed": 1})
    rows.put("a", {"text": "one\u2028two\x85three"})
    rows.put("b", {"text": "ß"})
    file = tmp_path / "infill.jsonl"
    file.write_bytes(file.read_bytes()[: -len(b'\x9f"}}\n')])
    again = Rows(tmp_path, "infill", {"seed": 1})
    assert (again.get("a"), again.get("b")) == ({"text": "one\u2028two\x85three"}, None)
    assert again.resumed
    file.write_bytes(b"")
    assert not Rows(tmp_path, "infill", {"seed": 1}).resumed
    file.write_bytes(b'{"su')
    with pytest.raises(InputError, match=re.escape("--out")):
        Rows(tmp_path, "infill", {"seed": 1})


def test_figures_of_other_code_or_data_are_not_taken(tmp_path: Path) -> None:
    """A kept figure counts only for the same commit, machine, data and speed of typing."""
    file = tmp_path / "keystrokes.json"
    made: dict[str, Any] = {"n": 20, "keys_a_minute": 240.0, "data": "one"}
    made["machine"] = decisive({"commit": "abc", "cpu": "x", "cores": 2, "wheels": {"xllamacpp": "1"}})
    assert not is_of(file, made)
    file.write_text(json.dumps({**made, "machine": {**made["machine"], "load": 3}}))
    assert is_of(file, made)
    assert not is_of(file, {**made, "keys_a_minute": 120.0})
    assert not is_of(file, {**made, "machine": {**made["machine"], "commit": "abd"}})
    assert not is_of(file, {**made, "data": "other"})


def test_a_figure_that_cannot_be_made_stops_no_other(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A figure that cannot be measured is named with the reason, and the others are made."""
    monkeypatch.setattr(published, "FIGURES", (Figure(name="engines", n=1), Figure(name="rules", n=400)))
    settings = MCCom(model=CODER, models_dir=str(tmp_path))
    done: list[int] = []
    said = published.run(
        settings, data=shared_data, n=None, seed=1, out=tmp_path, progress=lambda number, _: done.append(number)
    )
    assert re.search("^## engines\n\n.*qwen2.5-coder-0.5b", said, re.MULTILINE)
    assert "| as it is |" in said
    assert done[-1] == 400


def test_rows_of_other_settings_are_never_mixed(tmp_path: Path) -> None:
    """Rows of another seed or of other settings are refused with the next step."""
    Rows(tmp_path, "infill", {"seed": 1, "settings": {"max_tokens": 32}}).put("a", {})
    with pytest.raises(InputError, match=r"settings.*--out"):
        Rows(tmp_path, "infill", {"seed": 1, "settings": {}})
    with pytest.raises(InputError, match=r"seed"):
        Rows(tmp_path, "infill", {"seed": 2, "settings": {"max_tokens": 32}})
    assert Rows(None, "infill", {"seed": 2}).get("a") is None


def test_what_is_told_of_the_machine() -> None:
    """A result names the processor, cores and wheels, and changed settings without those that hold paths."""
    told = machine()
    assert told["cpu"]
    assert told["threads"] >= told["cores"] >= 1
    assert told["wheels"]["xllamacpp"]


PLACES = re.compile(r"\b(files?|folders?|paths?|environment variable)\b", re.IGNORECASE)


def test_places_leave_no_trace() -> None:
    """A setting whose help speaks of a file, folder, path or variable is in no result; of a model its name is."""
    texts_of = {name for name, kind in kinds().items() if kind in (str, list)} - {"model"}
    places = [name for name in texts_of if PLACES.search(MCCom.class_traits()[name].help)]
    texts = {name: ["/home/me"] if kinds()[name] is list else "secret" for name in places}
    assert {"cloud_key_env", "local_key_file", "models_dir", "paths_off", "project_root", "traces_dir"} <= texts.keys()
    assert changed_settings(MCCom(max_tokens=32, **texts)) == {"max_tokens": 32}
    for path in ("/home/me/own.gguf", r"C:\Users\me\own.gguf", "~/own.gguf"):
        assert changed_settings(MCCom(model=path)) == {"model": "own.gguf"}


def test_settings_that_decide_stay() -> None:
    """What decides a text stands in a result: addresses, models and limits."""
    values = {"local_url": "http://127.0.0.1:1", "local_model": "org/m", "cloud_dialect": "vllm", "prompt_tokens": 99}
    assert changed_settings(MCCom(**values)) == values


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "link", "br", "path", "rect", "circle"):
            self.open.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]

    def handle_endtag(self, tag: str) -> None:
        if self.open[-1:] == [tag]:
            self.open.pop()


def _result(findings: Findings) -> dict[str, Any]:
    made = {"seed": 1, "settings": {"max_tokens": 32}, "machine": machine(), "threads": 1, "took_s": 9, "n": 2}
    about = {"suite": "infill", "about": "a <b> & c", "model": "m", "started": "2026-01-01T00:00:00+00:00"}
    value: dict[str, Any] = json.loads(json.dumps({**about, **made, "findings": findings.to_json()}))
    return value


def test_the_page_stands_alone_and_shows_what_was_found() -> None:
    """The HTML page loads nothing from elsewhere, runs no script, escapes text and draws each plot."""
    dots = Series(name="right", points=[(0.2, 0.1), (0.9, 0.8)], style="dots", sizes=[3, 9])
    plots = [
        Plot(title="Reliability", x="confidence", y="share", series=[dots], diagonal=True),
        Plot(title="Latency", x="s", y="share", series=[distribution("local", [0.1, 4.0, 0.5])], log_x=True),
    ]
    table = Table(title="T <1>", head=["a", "b"], rows=[["x", "missed"]])
    html = page([_result(Findings(tables=[table], plots=plots, notes=["n & m"]))])
    read = _Page()
    read.feed(html)
    assert read.open == []
    assert all(address.startswith(("#", "data:")) for address in read.addresses)
    assert not {"script", "img", "iframe", "object"} & set(read.tags)
    assert not re.search(r"@import|url\(", html)
    assert (read.tags.count("svg"), read.tags.count("circle")) == (2, 2)
    assert "T &lt;1&gt;" in html
    assert "max_tokens" in html


def test_findings_survive_their_file() -> None:
    """Findings read back from their JSON are the same findings."""
    plot = Plot(title="Latency", x="s", y="share", series=[distribution("local", [0.1, 4.0])], log_x=True)
    table = Table(title="T", head=["a"], rows=[["x"]])
    findings = Findings(tables=[table], plots=[plot], notes=["n"], figures={"n": 2})
    kept = from_json(json.loads(json.dumps(findings.to_json())))
    assert kept.text() == findings.text()
    assert json.dumps(kept.to_json()) == json.dumps(findings.to_json())


def test_figures_without_a_table_are_shown_as_one() -> None:
    """Figures without a table are shown as a table."""
    html = page([_result(Findings(tables=[], figures={"tree": {"lines": 7}, "engine_s": 0.123456}))])
    assert "tree lines" in html
    assert "0.1235" in html


def test_a_plot_of_nothing_is_not_drawn() -> None:
    """A plot without points is not drawn, and zero on a logarithmic axis does no harm."""
    assert draw(Plot(title="", x="", y="", series=[Series(name="a", points=[])])) == ""
    assert "nan" not in draw(Plot(title="", x="", y="", series=[Series(name="a", points=[(0.0, 0.0)])], log_x=True))


def test_the_command_line_knows_every_suite() -> None:
    """The command line names exactly the suites that exist."""
    assert sorted(OFFERED) == sorted([*SUITES, ALL])
    assert {figure.suite for figure in FIGURES} <= set(SUITES)


def test_statements_drawn_apart_are_others(shared_data: Path) -> None:
    """Statements drawn apart share none with those drawn for fitting."""
    fitted, tried = (
        {sample.task for sample in notebook_samples(shared_data, n, apart=apart)}
        for n, apart in ((300, False), (200, True))
    )
    assert (len(fitted), len(tried), fitted & tried) == (300, 200, set())
