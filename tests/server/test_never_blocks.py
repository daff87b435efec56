"""No file is read on the server's loop, on the path of a completion or of any route, where all of them are in use."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_mccom.privacy.ignore import Ignored
from jupyter_mccom.server import completions
from tests.cloud_provider import KEY, MODELS, PROVIDER, FakeProvider
from tests.cloud_requests import SERVER, Fetch, completed, json_of, refusal_of


@pytest.fixture
def jp_server_config(tmp_path: Path, provider: FakeProvider) -> dict[str, Any]:
    """A cloud of the administrator's, whose key lies in a file, and no model."""
    key = tmp_path / "key"
    key.write_text(KEY)
    key.chmod(0o600)
    cloud = {"cloud_dialect": PROVIDER, "cloud_url": provider.url, "cloud_model": MODELS[0], "cloud_key_file": str(key)}
    return {"ServerApp": SERVER, "MCCom": {"models_dir": str(tmp_path / "m"), "cloud_ask_ahead": True, **cloud}}


async def test_a_completion_reads_no_file_on_the_loop(
    jp_fetch: Fetch, jp_root_dir: Path, never_blocks: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `.mccomignore` in two folders and a key file: asked, kept here, in advance, told how it ended."""
    monkeypatch.setattr(completions, "_REST_S", 0.0)
    await asyncio.to_thread(_project, jp_root_dir)
    line = await completed(jp_fetch, document="sub/a.ipynb")
    assert (line["text"], line["origin"]) == ("first + second", "cloud")
    assert (await completed(jp_fetch, document="sub/private.ipynb"))["origin"] != "cloud"
    place = {"client_id": "w", "request_id": "x", "document": "sub/a.ipynb", "cell_id": "c", "language": "python"}
    position = {**place, "prefix": "x = ", "suffix": ""}
    assert (await jp_fetch("mccom", "warm", method="POST", body=json.dumps(position))).code == 204
    outcome = {"suggestion_id": line["suggestion_id"], "kind": "accepted", "kept_chars": 3, "shown_ms": 900}
    assert (await jp_fetch("mccom", "outcome", method="POST", body=json.dumps(outcome))).code == 204
    for route in ("status", "traces", "left", "settings", "cloud"):
        await json_of(jp_fetch, route)
    await refusal_of(jp_fetch, "pull", method="POST", body={"model": "~nobody/model.gguf"})
    await json_of(jp_fetch, "cloud", "test", method="POST", body={})
    await json_of(jp_fetch, "settings", method="PATCH", body={"multiline": "line"})
    await asyncio.sleep(0.1)  # what is done in advance is done


def _project(root: Path) -> None:
    (root / "sub").mkdir()
    (root / ".mccomignore").write_text("*.secret\n")
    (root / "sub" / ".mccomignore").write_text("private.ipynb\n")


async def test_a_project_is_looked_at_in_a_thread(tmp_path: Path, never_blocks: object) -> None:
    """Whether a document stays here is read beside the loop."""
    assert not await Ignored(tmp_path).keeps("a.py")
