"""The tour without a browser: its cells run where no server is, and its cloud is never started or fetched unasked."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from traitlets.config import Config

from jupyter_mccom.cli.demo import demo_files
from jupyter_mccom.demo import tour
from jupyter_mccom.models.store import Store
from jupyter_mccom.settings import MCCom
from tests.conftest import SMALL
from tests.unit.model_sources import serving


def _text(cell: Any) -> str:
    """All that a cell printed and displayed, as text."""
    return "".join(output.get("text", "") + output.get("data", {}).get("text/plain", "") for output in cell.outputs)


def test_every_cell_runs_where_no_server_is(models: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every cell of the tour runs without a Jupyter server; the one that is only begun holds up no other."""
    profile = tmp_path / "profile_default"
    profile.mkdir()
    settings = f"c.MCCom.model = {SMALL!r}\nc.MCCom.models_dir = {str(models.models_dir)!r}\n"
    (profile / "ipython_config.py").write_text(settings)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    for path in demo_files():
        shutil.copy(path, tmp_path)
    book = nbformat.read(tmp_path / "demo.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(book, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    written = [cell for cell in book.cells if cell.cell_type == "code" and cell.source]
    (begun,) = [cell for cell in written if any(output.output_type == "error" for output in cell.outputs)]
    assert begun.source.endswith(", ")
    said = [_text(cell) for cell in written if cell is not begun]
    expected = ("nothing leaves this machine", "Scripted, no model was asked", "no completion yet", "none seen yet")
    assert [words for words, text in zip(expected, said, strict=True) if words not in text] == []


@pytest.fixture
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A server with a stand-in whose model is not on this machine."""
    for name in ("MCCOM_STAND_IN", "MCCOM_STAND_IN_KEY"):
        monkeypatch.setenv(name, "")  # so that what `prepare` sets is undone
    tour.prepare(str(tmp_path))
    return monkeypatch


async def test_nothing_is_fetched_without_a_yes(
    prepared: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Without a yes nothing is fetched, and the tour shows what the cloud would have written."""
    asked: list[str] = []

    def no(question: str) -> str:
        asked.append(question)
        return "n"

    prepared.setattr("builtins.input", no)
    assert not await tour.cloud()
    assert asked == ["Download qwen2.5-coder-0.5b, 491 MB? [y/N] "]
    said = capsys.readouterr().out
    assert "(cloud, rejected)" in said
    assert not Store(tmp_path).present(tour.STAND_IN)


async def test_after_a_yes_it_is_fetched_with_progress_and_answers(
    prepared: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, models: Store
) -> None:
    """After a yes the model is fetched with progress and answers."""
    prepared.setattr("builtins.input", lambda question: "y")
    with serving() as hub:
        hub.body = models.locate(tour.STAND_IN).read_bytes()
        prepared.setenv("HF_ENDPOINT", hub.url)
        assert await tour.cloud()
    (running,) = tour._running
    try:
        said = capsys.readouterr().out
        assert "491 of 491 MB" in said
        assert running.address in said
        assert Store(tmp_path).present(tour.STAND_IN)
    finally:
        await running.stop()
        tour._running.clear()


async def test_nothing_is_started_where_memory_is_short(
    prepared: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """When memory is short, nothing is started."""
    prepared.setattr(tour, "free_bytes", lambda: 1000)
    assert not await tour.cloud()
    assert "713 MB" in capsys.readouterr().out


def test_what_it_sets_are_settings_of_the_server_alone(prepared: pytest.MonkeyPatch) -> None:
    """The tour's cloud is a setting of its server and on this machine."""
    config = Config()
    config.MCCom.update(tour.prepare())  # as binder/postBuild does
    settings = MCCom(config=config)
    assert settings.given == config.MCCom.keys()
    assert settings.cloud_url.startswith("http://127.0.0.1:")


def test_what_a_person_gives_the_demo_holds(prepared: pytest.MonkeyPatch) -> None:
    """A setting that a person gives the demo replaces the tour's."""
    assert tour.options(["--MCCom.cloud_dialect=openai"]) == []
    names = [option.partition("=")[0] for option in tour.options(["--MCCom.show_threshold=0.6"])]
    assert "--MCCom.cloud_url" in names
    assert "--MCCom.show_threshold" not in names
