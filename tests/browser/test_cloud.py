"""The cloud as a person meets it: a served larger model takes over when the local text is rejected or unsure."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from jupyter_mccom.models.store import Store
from tests.served import serving

from .lab import STATUS, Lab, Notebook, wait_for

LARGE = "qwen2.5-coder-1.5b"
START = "import statistics\nvalues = [1, 2, 3]\n"
KEY_ENV = "MCCOM_BROWSER_KEY"
NOTE = ".Toastify__toast"
OpenLab = Callable[[str, float], Lab]


@pytest.fixture
def open_lab(tmp_path: Path) -> Iterator[OpenLab]:
    """Opens a JupyterLab with a cloud at an address, whose local texts are sure above a confidence."""
    opened = []

    def make(url: str, sure: float) -> Lab:
        lab = Lab(
            tmp_path,
            "--MCCom.model=qwen2.5-coder-0.5b",
            "--MCCom.cloud_dialect=llama-server",
            f"--MCCom.cloud_url={url}",
            f"--MCCom.cloud_model={LARGE}",
            f"--MCCom.cloud_key_env={KEY_ENV}",
            f"--MCCom.route_threshold={sure}",
            "--MCCom.show_threshold=0",
        )
        opened.append(lab)
        return lab

    yield make
    for lab in opened:
        lab.stop()


@pytest.fixture(scope="module")
def served(models: Store) -> Iterator[str]:
    """Address of the larger model."""
    models.pull(LARGE, progress=lambda done, total: None)
    with serving("--model", LARGE) as (url, key):
        os.environ[KEY_ENV] = key
        yield url


def _trace(lab: Lab) -> dict[str, Any]:
    """The last one; an answer that is still written has none yet."""
    wait_for(lambda: bool(lab.get("mccom/traces")["traces"]), "a trace")
    trace: dict[str, Any] = lab.get("mccom/traces")["traces"][-1]
    return trace


def _reasons(lab: Lab) -> set[str]:
    """The reasons of all routes so far."""
    return {trace["route"]["reason"] for trace in lab.get("mccom/traces")["traces"]}


def _shows(book: Notebook, lab: Lab) -> None:
    """Waits until the grey text is what is left of the last answer."""
    wait_for(lambda: _trace(lab)["text"].endswith(book.wait_ghost()), "the whole answer")


def test_typing_over_a_wrong_text_brings_the_clouds(
    served: str, place: str, window: BrowserContext, open_lab: OpenLab, screenshots: Path
) -> None:
    """Typing over a local text that was read brings the cloud's text."""
    lab = open_lab(served, 0)
    lab.write(f"reject{place}", START)
    book = Notebook(window, lab, f"reject{place}")
    expect(book.page.locator(NOTE).filter(has_text="may be sent")).to_be_visible(timeout=20_000)
    book.begin()
    book.type("print(statistics.")
    local = book.wait_ghost()
    assert _trace(lab)["route"]["to"] == "local"
    book.read()
    key = "s" if not local.startswith("s") else "m"
    book.type(key)
    wait_for(lambda: _trace(lab)["route"]["reason"] == "rejected", "the cloud's answer")
    _shows(book, lab)
    ghost = book.ghost
    assert _trace(lab)["origin"] == "cloud"
    expect(book.page.locator(STATUS)).to_have_text("mccom: cloud")
    assert LARGE in (book.page.locator(STATUS).get_attribute("title") or "")
    book.page.screenshot(path=str(screenshots / "cloud.png"))
    book.page.keyboard.press("Tab")
    book.no_ghost()
    assert book.text() == f"{START}print(statistics.{key}{ghost}"
    book.page.keyboard.press("End")
    book.page.keyboard.press("Enter")
    book.type("total = sum(")
    book.wait_ghost()
    assert _trace(lab)["route"]["to"] == "local"
    book.page.keyboard.press("Alt+Shift+Backslash")
    wait_for(lambda: _trace(lab)["route"]["reason"] == "asked", "the cloud's answer to who asks")
    _shows(book, lab)
    assert _trace(lab)["origin"] == "cloud"


def test_an_unsure_text_is_the_clouds(models: Store, window: BrowserContext, open_lab: OpenLab, tmp_path: Path) -> None:
    """An unsure local text is the cloud's to write, and nothing breaks when the cloud goes down."""
    models.pull(LARGE, progress=lambda done, total: None)
    with serving("--model", LARGE) as (url, key):
        os.environ[KEY_ENV] = key
        lab = open_lab(url, 1)
        lab.notebook("unsure.ipynb", START, "", "")
        book = Notebook(window, lab, "unsure.ipynb")
        book.enter(1)
        book.type("print(statistics.me")
        _shows(book, lab)
        traces = lab.get("mccom/traces")["traces"]
        written = [trace["route"] for trace in traces if trace["origin"] != "again"]  # maybe before the last key
        assert (written[-1]["to"], written[-1]["reason"]) == ("cloud", "unsure")
    book.enter(2)
    book.type("total = sum(val")
    wait_for(lambda: "offline" in _reasons(lab), "a word of the cloud that is away")  # maybe before the last key
    _shows(book, lab)
    assert {trace["route"]["to"] for trace in lab.get("mccom/traces")["traces"][len(traces) :]} == {"local"}
    expect(book.page.locator(STATUS)).to_have_text("mccom: local, cloud away", timeout=20_000)
    assert book.source(2).startswith("total = sum(val")
    lab.stop()
    assert "Traceback" not in (tmp_path / "server.log").read_text()
