"""`%mccom` in plain IPython: a real shell, the real smallest model in a child process, no Jupyter server."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import psutil
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from jupyter_mccom.magics.pages import Page, stats, why
from jupyter_mccom.magics.plot import latencies
from jupyter_mccom.models.store import Store
from jupyter_mccom.server.messages import message
from jupyter_mccom.server.wire import json_from_trace
from jupyter_mccom.types import Chunk, DraftCheck, Features, Generation, Hit, Outcome, Route, Token, Trace
from tests.conftest import SMALL

Say = Callable[[str], str]
VERBS = ("on", "off", "snooze", "why", "stats", "model", "pull", "restart", "cloud", "complete", "forget")
TOTALS = {"requests": 4, "again": 1, "cloud": 1, "shown": 2, "accepted": 1}


@pytest.fixture
def shell(models: Store, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """IPython with the extension loaded, in an empty folder."""
    monkeypatch.chdir(str(tmp_path))
    settings = {"model": SMALL, "models_dir": str(models.models_dir)}
    config = Config({"MCCom": settings, "HistoryManager": {"enabled": False}})
    shell = InteractiveShell(config=config)  # type: ignore[no-untyped-call]
    shell.run_line_magic("load_ext", "jupyter_mccom")
    yield shell
    shell.run_line_magic("unload_ext", "jupyter_mccom")
    assert _models() == []


@pytest.fixture
def say(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> Say:
    """Runs a line of `%mccom`; what it printed."""

    def run(line: str) -> str:
        shell.run_line_magic("mccom", line)
        return capsys.readouterr().out

    return run


def _cell(shell: InteractiveShell, line: str, code: str) -> None:
    shell.run_cell_magic("mccom", line, code)  # type: ignore[no-untyped-call]


def _offered(shell: InteractiveShell, line: str) -> list[str]:
    """What Tab offers at the end of a line."""
    with provisionalcompleter():
        return [found.text for found in shell.Completer.completions(line, len(line))]


def _models() -> list[int]:
    children = psutil.Process().children()
    return [child.pid for child in children if any("jupyter_mccom.engines." in word for word in child.cmdline())]


def test_every_verb_answers_without_a_server(say: Say, shell: InteractiveShell) -> None:
    """Without a Jupyter server every verb of %mccom answers."""
    assert "Jupyter server" in say("")
    assert "because" not in say("why")
    assert "pd" in say("complete import pandas as ")
    assert len(_models()) == 1
    assert f"local: {SMALL}" in say("why")
    assert "1, 0 of them" in say("stats")
    _cell(shell, "", "import numpy as np\nimport pandas as \n")
    assert str(getattr(shell, "rl_next_input", "")).startswith("import numpy as np\nimport pandas as pd")
    say("forget")
    assert "because" not in say("why")
    assert "for 15 more min" in say("snooze 15")
    assert "until the server restarts" in say("snooze")
    assert message("states", "ready", SMALL) in say("snooze off")
    with pytest.raises(UsageError, match="name the minutes"):
        say("snooze long")
    say("off")
    with pytest.raises(UsageError, match=r"MCCom\.enabled"):
        say("complete import pandas as ")
    assert message("states", "ready", SMALL) in say("on")
    assert message("states", "ready", "qwen2.5-coder-0.5b") in say("model qwen2.5-coder-0.5b")
    assert SMALL in say(f"pull {SMALL}")
    assert "qwen2.5-coder-0.5b" in say("restart")


def test_a_cloud_of_the_configuration_is_switched_off_and_on(say: Say, shell: InteractiveShell) -> None:
    """%mccom switches a configured cloud off and on."""
    shell.config.MCCom.update(cloud_dialect="openai", cloud_url="http://127.0.0.1:9", cloud_model="m")
    assert "http://127.0.0.1:9" in say("")
    assert "http://127.0.0.1:9" not in say("cloud off")
    assert "http://127.0.0.1:9" in say("cloud on")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nonsense", "'nonsense'.*status, on, off"),
        ("model", "smollm2-135m"),
        ("model no-such-model", "no-such-model"),
        ("pull no-such-model", "smollm2-135m"),
        ("cloud on", r"c\.MCCom\.cloud_dialect.*ipython_config\.py"),
        ("cloud perhaps", "%mccom cloud on"),
    ],
)
def test_what_cannot_be_is_one_line_with_the_next_step(say: Say, line: str, said: str) -> None:
    """A wrong %mccom line is one line of error with the next step, and the session goes on."""
    with pytest.raises(UsageError, match=said) as error:
        say(line)
    assert "\n" not in str(error.value)
    assert "ready" in say("status")


def test_arguments_of_a_cell_are_refused(shell: InteractiveShell) -> None:
    """A cell magic with arguments is refused."""
    with pytest.raises(UsageError, match="%%mccom"):
        _cell(shell, "why", "x = 1")


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("%mccom ", list(VERBS)),
        ("%mccom st", ["status", "stats"]),
        ("%mccom model qw", ["qwen2.5-coder-0.5b", "qwen2.5-coder-7b"]),
        ("%mccom pull smol", [SMALL]),
        ("%mccom cloud o", ["on", "off"]),
    ],
)
def test_tab_completes_its_own_arguments(shell: InteractiveShell, line: str, offered: list[str]) -> None:
    """Tab offers the verbs and models of %mccom."""
    found = _offered(shell, line)
    assert [name for name in offered if name not in found] == []


def test_its_help_names_every_verb(shell: InteractiveShell) -> None:
    """The help of %mccom names every verb."""
    text = shell.find_line_magic("mccom").__doc__  # type: ignore[no-untyped-call]
    assert [verb for verb in VERBS if f"`{verb}" not in text and f"%mccom {verb}" not in text] == []


def test_the_model_ends_with_the_session(models: Store) -> None:
    """The model's process ends with the IPython session."""
    code = (
        "import psutil, IPython.core.interactiveshell as core; shell = core.InteractiveShell.instance();"
        f"shell.config.MCCom.update(model={SMALL!r}, models_dir={str(models.models_dir)!r});"
        "shell.run_line_magic('load_ext', 'jupyter_mccom'); shell.run_line_magic('mccom', 'complete import pandas as');"
        "print(*(child.pid for child in psutil.Process().children(recursive=True)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    pids = [int(pid) for pid in done.stdout.splitlines()[-1].split()]
    assert pids
    assert [pid for pid in pids if psutil.pid_exists(pid)] == []
    assert "Traceback" not in done.stderr


_FEATURES = Features(
    confidence=0.75, lowest_prob=0.25, mean_prob=0.5, log_prob=-1.0, n_tokens=3, n_chars=12, parses=True
)


def _trace(**values: object) -> dict[str, object]:
    """A cloud's answer that was accepted."""
    generations = tuple(
        Generation(engine=name, tokens=(Token(text="x", prob=0.5),), stop="end", first_token_s=0.1, total_s=0.2)
        for name in ("small", "large")
    )
    trace = {
        "request_id": "r",
        "suggestion_id": "s",
        "document": "a.ipynb",
        "cell_id": "c",
        "language": "python",
        "trigger": "typing",
        "started_s": 0.0,
        "route": Route(to="cloud", reason="rejected", confidence=0.75),
        "origin": "cloud",
        "text": "mean(<values>)",
        "generations": generations,
        "features": _FEATURES,
        "draft": DraftCheck(offered=9, accepted=4),
        "stage_s": {"local": 0.5, "cloud": 1.5, "total": 2.0},
        "hits": (Hit(chunk=Chunk(source="b.py", first_line=3, last_line=9, text=""), score=0.5),),
        "outcome": Outcome(suggestion_id="s", kind="accepted", kept_chars=14, shown_ms=1500),
    }
    return json_from_trace(Trace(**{**trace, **values}))  # type: ignore[arg-type]


def _figures(said: str) -> list[str]:
    """The numbers of a line."""
    return re.findall(r"\d+(?:\.\d+)?", said)


def test_why_names_writer_gate_and_outcome() -> None:
    """%mccom why names who wrote the text, which gate decided and what became of it."""
    rows = dict(why(_trace()).rows)
    assert rows["shown from"] == "cloud: large"
    assert rows["because"] == message("reasons", "rejected")
    assert _figures(rows["confidence"]) == ["0.75", "3", "0.50", "0.25"]
    assert rows["outcome"].startswith("accepted ")
    assert _figures(rows["outcome"]) == ["1.5", "14"]
    assert "typed instead" not in rows
    assert dict(why(_trace(instead="median(values)")).rows)["typed instead"] == "median(values)"
    by_chance = dict(why(_trace(route=Route(to="local", reason="sure", confidence=0.75, chance=0.61))).rows)
    assert _figures(by_chance["confidence"])[:2] == ["0.61", "0.75"]
    assert rows["context"] == "b.py:3-9 (0.50)"
    assert _figures(rows["draft"]) == ["4", "9"]
    assert rows["seconds"] == "local 0.50, cloud 1.50, total 2.00"


def test_why_names_the_local_model_though_a_cloud_failed() -> None:
    """%mccom why names the local model for its text even when the cloud failed."""
    shown = _trace(route=Route(to="local", reason="offline"), origin="local", trouble="no answer")
    assert dict(why(shown).rows)["shown from"] == "local: small"


def test_what_a_model_wrote_is_never_taken_for_html() -> None:
    """Text of a model is escaped in HTML."""
    assert "mean(&lt;values&gt;)" in why(_trace())._repr_html_()


def test_text_of_several_lines_stays_in_its_column() -> None:
    """Text of several lines stays in its column."""
    assert repr(Page(title="t", rows=(("a", "1\n2"), ("name", "3")))) == "t\n  a     1\n        2\n  name  3"


def test_stats_count_what_was_seen() -> None:
    """%mccom stats counts only suggestions that were seen."""
    unseen = Outcome(suggestion_id="s", kind="superseded")
    over = Outcome(suggestion_id="s", kind="rejected", shown_ms=900)
    local = {"local": 0.5, "total": 1.0}
    traces = [
        _trace(),
        _trace(outcome=unseen),
        _trace(outcome=over, stage_s=local, route=Route(to="local", reason="sure")),
        _trace(origin="again"),
    ]
    page = stats(traces, {"totals": TOTALS, "cloud": {"calls_saved": 3, "calls_left": 9}})
    rows = dict(page.rows)
    assert rows["accepted"] == "1 of 2 seen (50%)"
    assert rows["outcomes"] == "1 accepted, 1 rejected"
    assert rows["seconds, local"] == "median 1.00, p95 1.00 (n = 1)"
    assert (rows["cloud calls"], rows["left today"]) == ("3 saved today", "9 calls")
    assert page.svg.count("<title>") == 3


def test_the_picture_keeps_to_the_newest_requests() -> None:
    """The picture of latencies shows the 60 newest requests."""
    assert latencies([]) == ""
    assert latencies([_trace()] * 200).count("<title>") == 60
