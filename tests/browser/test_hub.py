"""Two people on a JupyterHub with the README's lines: each has what is their own, and one served model answers both."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import nbformat
import psutil
import pytest
from playwright.sync_api import Browser

from jupyter_mccom.models.store import Store
from tests.cloud_provider import KEY, PROVIDER, FakeProvider, providing
from tests.conftest import SMALL
from tests.hub import Hub, Person
from tests.served import serving
from tests.test_readme import SERVER, blocks

from .lab import wait_for

ANNA, BERT = "anna", "bert"
SHARED, OWN = "c.Spawner.environment", "c.Spawner.args"
UNASKED = ("--MCCom.show_threshold=0",)
"""The smallest model's text is shown however unsure."""


def _config(told: str) -> str:
    """The README's hub configuration that has this line."""
    return next(block for block in blocks(SERVER, "python") if f"{told} " in block)


@pytest.fixture(scope="module")
def shared(models: Store, packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub whose servers share one served model, as the README shows it."""
    folder = tmp_path_factory.mktemp("shared")
    key = folder / "key"
    key.write_text("a-key-of-the-hub\n")
    with serving("--model", SMALL, "--users", "2", "--key-file", str(key)) as (url, _):
        config = _config(SHARED).replace("http://127.0.0.1:8012", url).replace("/etc/mccom/key", str(key))
        assert url in config
        assert str(key) in config
        hub = Hub(folder, config, proxy=_proxy(packages), arguments=UNASKED)
        yield hub
        hub.stop()


def _proxy(packages: Path) -> Path:
    return packages / "configurable-http-proxy" / "bin" / "configurable-http-proxy"


def _notebook(hub: Hub, name: str) -> None:
    hub.home(name).mkdir(exist_ok=True)
    cells = ["%load_ext jupyter_mccom\n%mccom", "import numpy as "]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])  # type: ignore[no-untyped-call]
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, hub.home(name) / "a.ipynb")  # type: ignore[no-untyped-call]


def _logged_in(browser: Browser, hub: Hub, name: str) -> Person:
    _notebook(hub, name)
    person = Person(browser.new_context(), hub, name)
    person.open("a.ipynb")
    return person


def _request(person: Person, prefix: str) -> str:
    """The text of a completion, which is then accepted."""
    body = {"client_id": "w", "request_id": "r", "document": "b.py", "language": "python", "suffix": ""}
    status, text = person.ask("POST", "mccom/complete", json.dumps({**body, "prefix": prefix, "trigger": "ask"}))
    assert status == 200, text
    said = json.loads(text.splitlines()[-1])
    outcome = {"suggestion_id": said["suggestion_id"], "kind": "accepted", "kept_chars": len(said["text"])}
    assert person.ask("POST", "mccom/outcome", json.dumps({**outcome, "shown_ms": 900}))[0] == 204
    return str(said["text"])


def _texts(person: Person) -> list[str]:
    _, text = person.ask("GET", "mccom/traces")
    return [trace["text"] for trace in json.loads(text)["traces"]]


def test_two_people_share_a_model_and_nothing_else(browser: Browser, shared: Hub) -> None:
    """One served model answers both; panel and `%mccom` work below a base URL; traces, clouds and keys stay apart."""
    anna, bert = (_logged_in(browser, shared, name) for name in (ANNA, BERT))
    anna.page.locator(".jp-mccom-status").click()
    anna.page.locator(".jp-mccom-panel").wait_for()
    with providing() as provider:
        _adds_a_cloud(anna, provider)
        assert _request(anna, "annas_total = ") == provider.text
        assert _request(bert, "berts_total = ") != provider.text
    assert "engine llama.cpp at http://127.0.0.1" in anna.run(0)
    assert provider.text in _texts(anna)
    assert len(_texts(bert)) == 1
    for route in ("status", "traces", "left", "cloud", "settings"):
        assert bert.ask("GET", f"mccom/{route}", of=ANNA)[0] == 403
    _, cloud = bert.ask("GET", "mccom/cloud")
    assert json.loads(cloud)["cloud"] is None
    _assert_private(shared.home(ANNA), shared.home(BERT))


def _adds_a_cloud(person: Person, provider: FakeProvider) -> None:
    cloud = {"provider": PROVIDER, "url": provider.url, "model": "codestral-small", "key": KEY}
    status, text = person.ask("PUT", "mccom/cloud", json.dumps(cloud))
    assert status == 200, text


def _assert_private(home: Path, other: Path) -> None:
    """Keys and figures of suggestions lie in the home of one person, where nobody else may read them."""
    kept = [home / ".jupyter" / "mccom" / "keys.json", home / ".local" / "share" / "jupyter-mccom" / "traces.sqlite3"]
    for path in kept:
        wait_for(path.exists, f"{path.name} to be written")
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KEY in kept[0].read_text()
    assert not (other / ".jupyter" / "mccom" / "keys.json").exists()


def test_a_server_of_ones_own_unloads(
    browser: Browser, models: Store, packages: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """With the README's lines for a model of each user, it starts with the first request and is unloaded when idle."""
    config = _config(OWN).replace("/opt/mccom/models", str(models.models_dir)).replace("qwen2.5-coder-0.5b", SMALL)
    folder = tmp_path_factory.mktemp("own")
    hub = Hub(folder, config, proxy=_proxy(packages), arguments=(*UNASKED, "--MCCom.idle_unload_s=2"))
    try:
        anna = _logged_in(browser, hub, ANNA)
        assert "nothing leaves this machine" in anna.run(0)
        assert _request(anna, "import numpy as ") == "np"
        wait_for(lambda: not _model_processes(), "the model to be unloaded")
        assert _request(anna, "import pandas as ") == "pd"
        assert len(_model_processes()) == 1
    finally:
        hub.stop()
    wait_for(lambda: not _model_processes(), "the model to end with the hub")


def _model_processes() -> list[int]:
    """Processes of models that servers of these hubs have started."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        is_model = "jupyter_mccom.engines.local.llamacpp" in (process.info["cmdline"] or [])
        if is_model and "JUPYTERHUB_USER" in (process.info["environ"] or {}):
            found.append(process.pid)
    return found
