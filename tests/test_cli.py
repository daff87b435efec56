"""`jupyter mccom …` as a person runs it: a process of its own, what it prints and how it ends."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

from jupyter_mccom.evaluation.lib.samples import notebook_samples, repository_samples
from jupyter_mccom.learning.trace_file import TraceStore
from jupyter_mccom.models.store import Store
from jupyter_mccom.types import Cell
from tests.conftest import CODER, LARGER, SMALL
from tests.served import serving
from tests.traced import trace

MCCOM = [sys.executable, "-m", "jupyter_mccom"]
CLEAN = {"CI": os.environ.get("CI", ""), **os.environ}


def _run(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*MCCOM, *arguments], capture_output=True, text=True, check=False, env={**CLEAN, **os.environ}, timeout=120
    )
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done


def _complete(*arguments: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(_run("complete", f"--model={CODER}", *arguments, "--json").stdout)
    assert list(answer) == ["text", "origin", "route", "engine", "tokens", "draft", "hits", "stage_s"]
    assert answer["route"].keys() == {"to", "reason", "confidence", "chance"}
    return answer


def _cell(cell: Cell) -> Any:
    more: dict[str, Any] = {"outputs": [], "execution_count": None} if cell.kind == "code" else {}
    same: dict[str, Any] = {"id": f"c{cell.cell_id}", "cell_type": cell.kind, "metadata": {}, "source": cell.source}
    return nbformat.from_dict(same | more)  # type: ignore[no-untyped-call]


def test_completes_ten_real_notebooks(shared_data: Path, models: Store, tmp_path: Path) -> None:
    """`complete` answers in ten real notebooks."""
    samples = {sample.request.document: sample for sample in notebook_samples(shared_data, 40)}
    for number, sample in enumerate(list(samples.values())[:10]):
        request = sample.request
        path = tmp_path / f"book-{number}.ipynb"
        here = Cell(cell_id=request.cell_id, kind="code", source=request.prefix + request.suffix)
        book = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
        book.cells = [_cell(cell) for cell in (*request.cells_before, here, *request.cells_after)]
        nbformat.write(book, path)  # type: ignore[no-untyped-call]
        above, _, typed = request.prefix.rpartition("\n")
        line = above.count("\n") + 2 if "\n" in request.prefix else 1
        answer = _complete(f"{path}:{line}:{len(typed) + 1}", "--cell", request.cell_id)
        assert (answer["origin"], answer["engine"]) == ("local", CODER)
        assert answer["tokens"] > 0
        assert answer["text"] or answer["route"]["reason"] == "unparsable"


def test_completes_a_file_of_a_real_repository(shared_data: Path, models: Store, tmp_path: Path) -> None:
    """`complete` answers in a file of a real repository."""
    request = repository_samples(shared_data, 1)[0].request
    path = tmp_path / "module.py"
    path.write_text(request.prefix + request.suffix, encoding="utf-8")
    above, _, typed = request.prefix.rpartition("\n")
    answer = _complete(f"{path}:{above.count(chr(10)) + 2}:{len(typed) + 1}")
    assert answer["tokens"] > 0
    assert answer["text"]


def test_hits_are_cells_and_files(models: Store, tmp_path: Path) -> None:
    """The hits of a completion are cells and files of the project."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "tariff.py").write_text("def tariff_for_household(kilowatt_hours, region):\n    return 1\n")
    sources = ["def region_of(household):\n    return 1", *(f"value_{i} = {i}\n" * 40 for i in range(12))]
    sources.append("household = households[0]\nregion_of(household)\nbill = tariff_for_household(")
    book = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
    book.cells = [_cell(Cell(cell_id=str(n), kind="code", source=text)) for n, text in enumerate(sources)]
    nbformat.write(book, tmp_path / "bill.ipynb")  # type: ignore[no-untyped-call]
    hits = _complete(str(tmp_path / "bill.ipynb"))["hits"]
    assert {"cell", "tariff.py"} == {hit["source"].split()[0] for hit in hits}
    assert hits[0].keys() == {"source", "first_line", "last_line", "score"}


@pytest.mark.parametrize(
    ("place", "more", "said"),
    [
        ("a.py:9", [], "line 9"),
        ("a.py:1:99", [], "column 99"),
        ("none.py", [], "none.py"),
        ("a.py", ["--cell", "0"], "a.py"),
        ("b.ipynb", ["--cell", "5"], "cell 5"),
        ("b.ipynb:7", ["--cell", "0"], "line 7"),
        ("broken.ipynb", [], "broken.ipynb"),
        ("latin.py", [], "UTF-8"),
    ],
)
def test_a_position_that_is_not_there(tmp_path: Path, place: str, more: list[str], said: str) -> None:
    """A position that does not exist is one line of error with exit status 2."""
    (tmp_path / "a.py").write_text("x = 1\ny = 2\n")
    (tmp_path / "latin.py").write_bytes("x = 'é'".encode("latin-1"))
    (tmp_path / "broken.ipynb").write_text("{}")
    (tmp_path / "b.ipynb").write_text('{"cells": [{"cell_type": "code", "source": ["x = 1"]}], "metadata": {}}')
    error = _run("complete", str(tmp_path / place), *more, status=2).stderr
    assert said in error
    assert error.count("\n") == 1


def test_a_model_that_is_not_there_names_the_next_step(tmp_path: Path) -> None:
    """A missing model is an error with the pull command."""
    (tmp_path / "a.py").write_text("x = ")
    error = _run("complete", str(tmp_path / "a.py"), "--models-dir", str(tmp_path), status=1).stderr
    assert "jupyter mccom pull qwen2.5-coder-0.5b" in error
    assert "smollm2-135m" in _run("pull", "no-such-model", status=1).stderr


def test_the_servers_configuration_holds_here_too(tmp_path: Path) -> None:
    """What the server's configuration sets holds on the command line, unless an option replaces it."""
    (tmp_path / "config").mkdir()
    kept, other = tmp_path / "kept", tmp_path / "other"
    lines = [f"c.MCCom.traces_dir = {str(kept)!r}", "c.MCCom.cloud_dialect = 'openai'", "c.MCCom.use_cloud = False"]
    (tmp_path / "config" / "jupyter_server_config.py").write_text("\n".join(lines))
    environment = {**CLEAN, "JUPYTER_CONFIG_DIR": str(tmp_path / "config")}

    def said(*arguments: str) -> str:
        command = [*MCCOM, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

    assert str(kept) in said("forget")
    assert str(other) in said("forget", f"--MCCom.traces_dir={other}")
    assert json.loads(said("status", "--json"))["cloud"]["dialect"] == "openai"


def test_status_tells_engine_and_model(models: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`status` tells state, engine, model and what was learnt."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))  # in which no outcome is kept yet
    status = json.loads(_run("status", "--json", f"--model={CODER}").stdout)
    assert (status["state"], status["engine"], status["model"]["id"]) == ("ready", "llamacpp", "qwen2.5-coder-0.5b")
    assert status["learning"]["n_outcomes"] == 0
    assert "ready" in _run("status").stdout


def test_forget_deletes_what_is_kept(tmp_path: Path) -> None:
    """`forget` deletes the kept traces and says how many."""
    with closing(TraceStore(tmp_path / "traces.sqlite3")) as store:
        store.write([trace("s1", at_s=time.time())], "anchored")
        said = _run("forget", f"--MCCom.traces_dir={tmp_path}").stdout
    assert (said[0], str(tmp_path) in said) == ("1", True)
    assert _run("forget", f"--MCCom.traces_dir={tmp_path}").stdout.startswith("0 ")


def test_pulling_a_model_that_is_there_prints_its_path(models: Store) -> None:
    """`pull` of a model that is here prints its path."""
    assert _run("pull", SMALL).stdout.strip() == str(models.locate(SMALL))


def _ask(url: str, key: str) -> dict[str, Any]:
    body = json.dumps({"prompt": "x = ", "n_predict": 2}).encode()
    request = urllib.request.Request(f"{url}/completion", body, {"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] != "*"
        found: dict[str, Any] = json.load(answer)
        return found


def test_serve_answers_those_with_the_key(models: Store, tmp_path: Path) -> None:
    """`serve` answers only requests with its key."""
    with serving("--model", SMALL) as (url, key):
        assert url.startswith("http://127.0.0.1:")
        assert _ask(url, key)["content"]
        with pytest.raises(urllib.error.HTTPError, match="401"):
            _ask(url, "wrong")
    (tmp_path / "key").write_text("my-key\n")
    with serving("--model", SMALL, "--key-file", str(tmp_path / "key")) as (url, shown):
        assert "my-key" not in shown
        assert _ask(url, "my-key")["content"]


def test_serve_keeps_a_prompt_of_each_user(models: Store) -> None:
    """With `--users 2`, the next key of either reads a few tokens, also where both prompts begin alike."""
    shared = "".join(f"shared_{n} = load({n})\n" for n in range(8))
    own = {who: "".join(f"{who}_{n} = {who}(shared_{n})\n" for n in range(16)) for who in ("first", "second")}
    with serving("--model", SMALL, "--users", "2") as (url, key):
        read = [_n_read(url, key, shared + own[who] + "x = " * n) for n in range(1, 4) for who in own]
    assert min(read[:2]) > 250
    assert max(read[2:]) < 10


def _n_read(url: str, key: str, prompt: str) -> int:
    """Tokens of a prompt that a server evaluates."""
    body = json.dumps({"prompt": prompt, "n_predict": 1}).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{url}/completion", body, headers), timeout=60) as answer:
        n_read: int = json.load(answer)["timings"]["prompt_n"]
        return n_read


def test_serve_refuses_what_cannot_be(models: Store) -> None:
    """`serve` refuses another host without a key file, no users or too many, two with drafts, and a taken port."""
    assert "nobody" in _run("serve", "--users", "0", "--model", SMALL, status=2).stderr
    assert "several" in _run("serve", "--users", "257", "--model", SMALL, status=2).stderr
    assert "--draft" in _run("serve", "--users", "2", "--draft", "ngram-mod", "--model", SMALL, status=2).stderr
    assert "--key-file" in _run("serve", "--host", "0.0.0.0", "--model", SMALL, status=2).stderr  # noqa: S104
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert "taken" in _run("serve", "--model", SMALL, "--port", port, status=2).stderr


def test_the_demo_prints_its_url_and_ends_whole(models: Store) -> None:
    """`demo` prints its address and ends with all its processes."""
    command = [*MCCOM, "demo", "--no-browser", "--port=0"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        assert any(re.search(r"http://127\.0\.0\.1:\d+/lab/tree/demo\.ipynb\?token=", line) for line in process.stderr)
    finally:
        children = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        process.wait(30)
        process.stderr.close()
    assert psutil.wait_procs(children, timeout=30)[1] == []


@pytest.fixture(scope="module")
def cloud_settings(models: Store) -> Iterator[list[str]]:
    """A served model as the cloud, its key in the environment."""
    with serving("--model", CODER) as (url, key):
        os.environ["MCCOM_TEST_KEY"] = CLEAN["MCCOM_TEST_KEY"] = key
        yield [
            f"--model={SMALL}",
            "--MCCom.cloud_dialect=llama-server",
            f"--MCCom.cloud_url={url}",
            f"--MCCom.cloud_model={CODER}",
            "--MCCom.cloud_key_env=MCCOM_TEST_KEY",
            "--MCCom.cloud_timeout_s=100",
        ]


def test_gates_are_driven_by_hand(cloud_settings: list[str], tmp_path: Path) -> None:
    """`--reject` and `--invoke` send a completion to the cloud."""
    file = tmp_path / "a.py"
    file.write_text("import os\nfor name in os.")
    rejected = _complete(str(file), "--reject", "li", *cloud_settings)
    assert (rejected["route"]["to"], rejected["route"]["reason"], rejected["origin"]) == ("cloud", "rejected", "cloud")
    assert rejected["text"].startswith("stdir(")
    asked = _complete(str(file), "--invoke", *cloud_settings)
    assert (asked["route"]["reason"], asked["engine"]) == ("asked", CODER)
    surest = _complete(str(file), *cloud_settings, "--MCCom.route_threshold=1")
    assert surest["route"]["reason"] == "unsure"
    local = _complete(str(file), *cloud_settings, "--MCCom.route_threshold=0")
    assert (local["route"]["to"], local["engine"]) == ("local", SMALL)


def test_a_cloud_that_is_away_leaves_the_local_text(tmp_path: Path, models: Store) -> None:
    """A cloud that cannot be reached leaves the local text."""
    file = tmp_path / "a.py"
    file.write_text("def mean(values):\n    return sum(values) / ")
    away = ["--MCCom.cloud_dialect=openai", "--MCCom.cloud_url=http://127.0.0.1:9", "--MCCom.cloud_model=m"]
    answer = _complete(str(file), *away, f"--model={SMALL}", "--MCCom.route_threshold=1")
    assert (answer["route"]["to"], answer["route"]["reason"]) == ("local", "offline")
    assert answer["text"]


def test_status_says_what_leaves_this_machine(
    cloud_settings: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`status` says what leaves this machine and what the cloud does with a draft."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))  # other tests have spent some of the day's calls
    cloud = json.loads(_run("status", "--json", *cloud_settings).stdout)["cloud"]
    assert (cloud["dialect"], cloud["model"], cloud["calls_left"]) == ("llama-server", CODER, 2000)
    assert cloud["sends"] in _run("status", *cloud_settings).stdout
    assert json.loads(_run("status", "--json").stdout)["cloud"] is None


def test_a_draft_can_be_measured_on_the_cloud_that_is_set(cloud_settings: list[str], shared_data: Path) -> None:
    """The suite `drafts` measures the cloud that is set, whose answers stay the same."""
    short = [*cloud_settings, "--MCCom.cloud_prompt_tokens=256"]
    said = _run("bench", "--suite", "drafts", "--n=2", f"--data={shared_data}", *short).stdout
    found = re.search(r"\| same answer \| (\d+) of (\d+) \|", said)
    assert found is not None
    assert found[1] == found[2] != "0"


@pytest.mark.parametrize(
    ("argument", "status", "said"),
    [
        ("--MCCom.cloud_dialect=gopher", 1, "llama-server"),
        ("--MCCom.no_such_setting=1", 2, "--MCCom.no_such_setting"),
        ("--MCCom.threads=many", 1, "threads"),
    ],
)
def test_a_setting_that_cannot_be(argument: str, status: int, said: str) -> None:
    """A wrong setting is one line of error."""
    error = _run("status", argument, status=status).stderr
    assert said in error
    assert error.count("\n") == 1


def test_auto_measures_once_and_status_tells_what_and_why(models: Store, tmp_path: Path) -> None:
    """`auto` measures once, and `status` tells what was chosen and why."""
    (tmp_path / "a.py").write_text("x = 1\ny = ")
    settings = ["--MCCom.model=auto", "--MCCom.auto_budget_s=0.01", "--MCCom.step_down=False"]
    settings += [f"--models-dir={models.models_dir}"]
    cache = CLEAN | {"XDG_CACHE_HOME": str(tmp_path)}
    before = subprocess.run([*MCCOM, "status", *settings], capture_output=True, text=True, check=True, env=cache)
    assert "auto: " in before.stdout
    assert "(measured)" not in before.stdout
    subprocess.run([*MCCOM, "complete", str(tmp_path / "a.py"), *settings], check=True, env=cache, timeout=120)
    after = subprocess.run([*MCCOM, "status", *settings], capture_output=True, text=True, check=True, env=cache)
    assert re.search(r"auto: .*\d\.\d\d s \(measured\).* auto_budget_s .*0\.01 s", after.stdout)
    assert f"ready: {CODER} answers" in after.stdout
    assert re.search(rf"{LARGER} \d+\.\d\d s \(predicted\)", after.stdout)
