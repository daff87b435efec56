"""What a person's project and kernel add: names that stand in no cell."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import BrowserContext

from .lab import PATIENCE_MS, Lab, Notebook, wait_for

CSV = "store_region,quarterly_revenue,n_customers\nnorth,10.5,3\nsouth,8.25,2\n"
LOAD = "import pandas as pd\nsales = pd.read_csv('sales.csv')"


def test_a_column_of_a_live_frame_that_is_in_no_cell(lab: Lab, window: BrowserContext, screenshots: Path) -> None:
    """A suggestion has a column of a live frame that stands in no cell."""
    (lab.root / "sales.csv").write_text(CSV)
    lab.notebook("frame.ipynb", LOAD, "")
    book = Notebook(window, lab, "frame.ipynb")
    book.enter(0)
    book.page.keyboard.press("Shift+Enter")
    book.page.wait_for_function(
        "() => { const { content, sessionContext } = window.jupyterapp.shell.currentWidget;"
        " return content.widgets[0].model.executionCount === 1 && sessionContext.session.kernel.status === 'idle'; }"
    )
    with book.page.expect_response("**/mccom/warm*", timeout=PATIENCE_MS):  # the cell is read, and the kernel asked
        book.enter(1)
    book.page.wait_for_timeout(2000)
    book.type("by_region = sales.groupby('")
    ghost = book.wait_ghost()
    book.page.screenshot(path=str(screenshots / "column.png"))
    assert ghost.startswith("store_region')")
    trace = [trace for trace in lab.get("mccom/traces")["traces"] if trace["text"].endswith(ghost)][-1]
    assert "kernel" in [hit["chunk"]["source"] for hit in trace["hits"]]


def test_a_function_of_the_projects_files(lab: Lab, window: BrowserContext) -> None:
    """A suggestion has a function that only a file of the project defines."""
    project = lab.root / "prices"
    (project / ".git").mkdir(parents=True)
    (project / "tariff.py").write_text("def tariff_for_household(kilowatt_hours, region):\n    return kilowatt_hours\n")
    lab.notebook("prices/bill.ipynb", "from tariff import tariff_for_household\nkilowatt_hours = 300", "")
    book = Notebook(window, lab, "prices/bill.ipynb")
    book.enter(1)
    book.type("x")
    wait_for(lambda: lab.get("mccom/status")["index"]["state"] == "ready", "the index")
    book.page.keyboard.press("Backspace")
    book.type("bill = tariff_for_household(kilo")

    wait_for(lambda: "tariff.py" in _asked_for(book, lab), "a suggestion that was made with the project's file")
    assert book.wait_ghost()


def _asked_for(book: Notebook, lab: Lab) -> set[str]:
    """Asks by hand; where the snippets of all suggestions so far come from."""
    book.press("Alt+\\")
    book.settle(1500)
    traces = lab.get("mccom/traces")["traces"]
    return {hit["chunk"]["source"] for trace in traces for hit in trace["hits"]}
