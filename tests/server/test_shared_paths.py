"""Documents that people edit together, whose paths begin with `RTC:`: what goes by paths knows them by their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_mccom.models.store import Store
from jupyter_mccom.server.shared_path import below_root
from jupyter_mccom.server.wire import request_from
from tests.conftest import SMALL
from tests.live import DOCUMENT, notebook
from tests.recording_cloud import RecordingCloud
from tests.trees import write

from .asking import REQUEST, Fetch, complete


@pytest.fixture
def jp_server_config(models: Store, cloud: RecordingCloud) -> dict[str, Any]:
    """The smallest model, a cloud, and a folder that is switched off."""
    settings = {"model": SMALL, "models_dir": str(models.models_dir), "paths_off": ["off"], **cloud.settings}
    return {"ServerApp": {"jpserver_extensions": {"jupyter_mccom": True}}, "MCCom": settings}


@pytest.mark.parametrize("path", ["study/a.ipynb", "a.ipynb", "study/RTC:a.ipynb"])
def test_a_shared_document_is_the_one_below_the_root(path: str) -> None:
    """A shared document is the one below the root, and another one keeps its path."""
    assert below_root(f"RTC:{path}") == path
    assert below_root(path) == path
    assert request_from({**REQUEST, "document": f"RTC:{path}"}).document == path


@pytest.mark.parametrize(("folder", "leaves"), [("open", True), ("private", False)])
async def test_mccomignore_knows_it(
    jp_fetch: Fetch, jp_root_dir: Path, cloud: RecordingCloud, folder: str, leaves: bool
) -> None:
    """A shared document that .mccomignore names is not sent to the cloud, and one that it does not is."""
    write(jp_root_dir, {"study/.mccomignore": "private/\n", f"study/{folder}/a.ipynb": "{}"})
    await complete(jp_fetch, document=f"RTC:study/{folder}/a.ipynb", trigger="ask")
    assert bool(cloud.bodies) == leaves


async def test_a_switched_off_folder_knows_it(jp_fetch: Fetch) -> None:
    """In a shared document below a folder of `paths_off` nothing is completed."""
    (line,) = await complete(jp_fetch, document="RTC:off/a.ipynb", trigger="ask")
    assert (line["text"], line["route"]["reason"]) == ("", "path-off")


async def test_its_kernel_is_found(jp_serverapp: Any) -> None:
    """The names of a shared notebook's kernel are found, as are those of a file with a colon in its name."""
    for path in (f"RTC:{DOCUMENT}", "a:b.ipynb"):
        async with notebook(jp_serverapp, path=path) as book:
            await book.ran("swing_of_march = 3.5")
            assert "swing_of_march" in await book.knows("swing_of_march", document=below_root(path))


async def test_the_magic_knows_its_notebook(jp_serverapp: Any, jp_fetch: Fetch) -> None:
    """In a shared notebook, %mccom completes and looks back as the same document as the page."""
    async with notebook(jp_serverapp, path=f"RTC:{DOCUMENT}") as book:
        await book.ran("%load_ext jupyter_mccom\n%mccom complete import pandas as ")
        traces = json.loads((await jp_fetch("mccom", "traces")).body)["traces"]
        assert [trace["document"] for trace in traces] == [DOCUMENT]
