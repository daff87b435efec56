"""What a real server sends to a cloud of a project and a notebook with secrets, and that a person can see it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from tornado.httpclient import HTTPClientError, HTTPResponse

from jupyter_mccom.models.store import Store
from tests.conftest import SMALL
from tests.pem import lines_of, private_key
from tests.recording_cloud import KEY, RecordingCloud
from tests.trees import function, write

Fetch = Callable[..., Awaitable[HTTPResponse]]
PATIENCE_S = 60
TOKEN = "hf" + "_" + "aB3dE5gH7jK9mN1pQ4sT6vW8yZ0aB3dE5g"
PASSWORD = "Zw7!kestrel-42"


@pytest.fixture
def jp_server_config(models: Store, cloud: RecordingCloud) -> dict[str, Any]:
    """The smallest model, and a cloud that keeps what it is sent."""
    extensions = {"jpserver_extensions": {"jupyter_mccom": True}, "allow_unauthenticated_access": False}
    return {"ServerApp": extensions, "MCCom": {"model": SMALL, "models_dir": str(models.models_dir), **cloud.settings}}


async def _asked(fetch: Fetch, prefix: str, number: int = 0, **values: object) -> None:
    """One completion by the cloud."""
    body = {"client_id": "w", "request_id": f"r-{number}", "document": "open.py", "language": "python"}
    body |= {"prefix": prefix, "suffix": "", "trigger": "ask"}
    await fetch("mccom", "complete", method="POST", body=json.dumps(body | values))


def _leaked(bodies: list[str], secret: str, least: int = 8) -> set[str]:
    """The parts of a line of a secret that stand in a body."""
    parts = {secret[at : at + least] for at in range(len(secret) - least + 1)}
    return {part for part in parts if any(part in body for body in bodies)}


async def test_the_middle_of_a_key_in_a_project_stays(
    jp_fetch: Fetch, jp_root_dir: Path, cloud: RecordingCloud
) -> None:
    """No line of a long private key leaves, though the chunk with its middle is sent."""
    key = private_key()
    lines = lines_of(key)
    write(jp_root_dir, {f"filler{n}.py": function(f"unrelated_{n}") for n in range(20)})
    write(jp_root_dir, {"keys.py": f'import ssl\n\nKEY = """\\\n{key}\n"""\n\n\ndef load():\n    return KEY\n'})
    with anyio.fail_after(PATIENCE_S):
        for number in range(100):  # until the project is read
            await _asked(jp_fetch, f"# {lines[26]}\n# {lines[25]}\nx = {number}\nload_key(", number)
            if any("keys.py" in body for body in cloud.bodies):
                break
            await anyio.sleep(0.3)
    sent = cloud.bodies[-1:]  # only the hit tells that the two lines in the open file are a key's
    assert "# keys.py" in sent[0]
    assert "MCCOM_SECRET_" in sent[0]
    assert [line for line in lines if _leaked(sent, line)] == []


async def test_what_left_can_be_seen_and_forgotten(jp_fetch: Fetch, cloud: RecordingCloud) -> None:
    """The body that left last is shown as it was sent, to who may ask, and is forgotten with the rest."""
    await _asked(jp_fetch, f"import os\nkey = '{TOKEN}'\nlogin(")
    response = await jp_fetch("mccom", "left")
    (left,) = json.loads(response.body)["left"]
    assert left["body"] == cloud.bodies[-1]
    assert (left["kind"], left["address"]) == ("cloud", f"POST {cloud.url}/fim/completions")
    assert "MCCOM_SECRET_1_" in left["body"]
    assert KEY not in response.body.decode()
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("mccom", "left", headers={"Authorization": "token wrong"})
    assert refused.value.code == 403
    await jp_fetch("mccom", "traces", method="DELETE")
    assert json.loads((await jp_fetch("mccom", "left")).body) == {"left": []}


async def test_cells_far_lines_and_later_lines_keep_a_secret(jp_fetch: Fetch, cloud: RecordingCloud) -> None:
    """A value named in a cell that is not sent, or far above, is masked in all that is sent, also in part."""
    filler = "".join(f"value_{n} = compute_something({n}, 'of some length')\n" for n in range(400))
    cells = [{"cell_id": "c0", "kind": "code", "source": f"password = '{PASSWORD}'\n{filler}"}]
    cells += [{"cell_id": "c1", "kind": "markdown", "source": f"Use `{PASSWORD}` to log in"}]
    cells += [{"cell_id": "c2", "kind": "code", "source": f"login('bob', '{PASSWORD}')\nlogin('bob', '{PASSWORD[:9]}"}]
    prefix = (
        f"api = '{TOKEN}'\n{filler}login('eve', '{PASSWORD}')\nuse({TOKEN[:14]})\nuse({TOKEN[12:30]})\n# {TOKEN[:11]}"
    )
    cell = {"document": "open.ipynb", "cell_id": "here", "cells_before": cells}
    for number, typed in enumerate(
        ("\nlogin(", f"\nuse('{TOKEN[:9]}", f"\nuse('{PASSWORD[:12]}", f"\nx = {TOKEN[5:17]}")
    ):
        await _asked(jp_fetch, prefix + typed, number, **cell)
    assert len(cloud.bodies) == 4
    assert _leaked(cloud.bodies, TOKEN) == set()
    assert _leaked(cloud.bodies, PASSWORD) == set()
