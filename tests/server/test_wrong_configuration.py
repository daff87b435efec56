"""A server whose configuration is wrong: what still works, what is off instead, and how it is told."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError, HTTPResponse

from jupyter_mccom.server.status import lines_of
from jupyter_mccom.settings import MCCom

from .asking import answer, complete

Fetch = Callable[..., Awaitable[HTTPResponse]]
DEFAULTS = MCCom()


@pytest.fixture
def wrong() -> dict[str, Any]:
    """What a test's configuration sets."""
    return {}


@pytest.fixture
def jp_server_config(wrong: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """A server without a model, and what the test has wrong."""
    server = {"jpserver_extensions": {"jupyter_mccom": True}, "allow_unauthenticated_access": False}
    own = {"models_dir": str(tmp_path / "models"), "traces_dir": str(tmp_path / "traces"), "find_servers": False}
    return {"ServerApp": server, "MCCom": {**own, **wrong}}


def _case(name: str, value: object, allowed: str, **held: object) -> Any:
    held = held or {name: getattr(DEFAULTS, name)}
    return pytest.param({name: value}, name, allowed, held, id=f"{name}-{type(value).__name__}")


CASES = [
    _case("threads", 10**30, "must be between 0 and 1,024, not 1000"),
    _case("threads", -1, "must be between 0 and 1,024, not -1"),
    _case("threads", "two", "must be a whole number between 0 and 1,024, not 'two'"),
    _case("max_tokens", None, "must be a whole number between 1 and 4,096, not None"),
    _case("auto_budget_s", -1.0, "must be between 0.01 and 60, not -1.0"),
    _case("idle_unload_s", 1e-9, "must be 0 (never) or at least 0.1, not 1e-09"),
    _case("prompt_tokens", 5, "must be 0 or at least 64, not 5"),
    _case("context_tokens", 1, "must be 0 or at least 64, not 1"),
    _case("latency_budget_s", float("nan"), "must be between 0.1 and 600, not nan"),
    _case("engine", "lamacpp", "must be auto, mlx or llamacpp, not 'lamacpp'"),
    _case("step_down", "maybe", "must be True or False, not 'maybe'"),
    _case("model", "/etc/passwd", "= '/etc/passwd' cannot be used: no model '/etc/passwd'; use one of smollm2-135m"),
    _case("model", 5, "must be a string, not 5"),
    _case("models_dir", "/etc/passwd", "must be a folder, not '/etc/passwd'"),
    _case("models_dir", Path("/opt"), "must be a string, not "),
    _case("use_cloud", "no way", "must be True or False, not 'no way'", use_cloud=False),
    _case("cloud_dialect", "opnai", "= 'opnai' cannot be used: no dialect 'opnai'", use_cloud=False),
    _case("cloud_dialect", "vllm", "= 'vllm' cannot be used: vLLM has no address of its own", use_cloud=False),
    _case("cloud_calls_a_day", -1, "must be between 0 and 1,000,000,000, not -1", use_cloud=False),
    _case("cloud_setup", "nobody", "must be person or admin, not 'nobody'", cloud_setup="admin"),
    _case("kernel_to_cloud", 2, "must be True or False, not 2", kernel_to_cloud=False),
    _case("use_kernel", "off", "must be True or False, not 'off'", use_kernel=False),
    _case("keep_traces", "no", "must be True or False, not 'no'", keep_traces=False),
    _case("traces_dir", "/etc/passwd", "must be a folder, not '/etc/passwd'", keep_traces=False),
    _case("retrieval_tokens", -1, "must be between 0 and 131,072, not -1", retrieval_tokens=0),
    _case("local_url", "gpu-box", "= 'gpu-box' cannot be used: ", enabled=False, local_url=""),
    _case("local_key_file", 7, "must be a string, not what is set", enabled=False),
    _case("paths_off", {"exam": 1}, "must be a list of strings, not {'exam': 1}", enabled=False),
    _case("enabled", "nope", "must be True or False, not 'nope'", enabled=False),
    _case("opt_outs_bind", [3], "must be a list of strings, not [3]", enabled=False),
]


@pytest.mark.parametrize(("wrong", "name", "allowed", "held"), CASES)
async def test_a_wrong_value_takes_nothing_else_away(
    name: str, allowed: str, held: Mapping[str, object], jp_fetch: Fetch, jp_serverapp: Any
) -> None:
    """The server answers, and one line names the setting, what was given, what is allowed and what holds instead."""
    status = await answer(jp_fetch, "status")
    (line,) = status["wrong_settings"]
    assert line.startswith(f"MCCom.{name} ")
    assert allowed in line
    assert line.endswith(" until the configuration is corrected")
    assert len(line) < 400
    assert line in lines_of(status)
    settings = jp_serverapp.web_app.settings["mccom"].settings
    assert {one: getattr(settings, one) for one in held} == held


@pytest.mark.parametrize(("wrong", "name", "allowed", "held"), CASES)
async def test_no_page_opens_what_a_wrong_value_closes(
    name: str, allowed: str, held: Mapping[str, object], jp_fetch: Fetch
) -> None:
    """What holds in the place of a wrong value is the administrator's: a page cannot change it."""
    values = (await answer(jp_fetch, "settings"))["settings"]
    for one in {name, *held} & values.keys():
        with pytest.raises(HTTPClientError) as refused:
            await jp_fetch("mccom", "settings", method="PATCH", body=json.dumps({one: getattr(DEFAULTS, one)}))
        assert refused.value.code == 403, one


@pytest.mark.parametrize("wrong", [{"paths_off": 1, "threads": 10**30, "model": "nope"}])
async def test_completions_that_are_off_say_why(capfd: pytest.CaptureFixture[str], jp_fetch: Fetch) -> None:
    """Each wrong setting has a line, also once in the log; a completion names that which switches completions off."""
    status = await answer(jp_fetch, "status")
    assert [line.split()[0] for line in status["wrong_settings"]] == ["MCCom.paths_off", "MCCom.threads", "MCCom.model"]
    assert status["detail"] == "Completions are switched off. The server's configuration says so."
    (line,) = await complete(jp_fetch)
    assert (line["type"], line["text"]) == ("trouble", status["wrong_settings"][0])
    logged = capfd.readouterr().err
    assert [logged.count(line) for line in status["wrong_settings"]] == [1, 1, 1]


@pytest.mark.parametrize("wrong", [{"cloud_dialect": "openai", "model": "nope", "cloud_url": 5, "cloud_model": ""}])
async def test_several_that_cannot_be_used(jp_fetch: Fetch) -> None:
    """A model and a cloud that cannot be used are each left out, and the cloud that was meant is asked by nobody."""
    status = await answer(jp_fetch, "status")
    assert [line.split()[0] for line in status["wrong_settings"]] == ["MCCom.cloud_url", "MCCom.model"]
    assert (status["cloud"]["on"], status["auto"] is None) == (False, False)
    assert (await answer(jp_fetch, "cloud"))["may_set_up"] is False


@pytest.mark.parametrize(
    ("wrong", "said", "held"),
    [
        ({"thraeds": 3}, "MCCom.thraeds is no setting: MCCom.threads may be meant; the default, 0, holds", []),
        ({"use_clod": False}, "MCCom.use_clod is no setting: MCCom.use_cloud may be meant; no cloud", ["use_cloud"]),
        ({"path_off": []}, "MCCom.path_off is no setting: MCCom.paths_off may be meant; completions", ["enabled"]),
        ({"use_clod": True, "use_cloud": True}, "MCCom.use_clod is no setting; it does nothing: remove it", []),
        ({"zzz": "sk-secret"}, "MCCom.zzz is no setting; it does nothing: remove it", []),
    ],
)
async def test_a_misspelt_name(said: str, held: list[str], jp_fetch: Fetch, jp_serverapp: Any) -> None:
    """A name that no setting has is told, and is taken for the setting that it is like, unless that is set too."""
    (line,) = (await answer(jp_fetch, "status"))["wrong_settings"]
    assert line.startswith(said)
    assert "sk-secret" not in line
    service = jp_serverapp.web_app.settings["mccom"]
    for name in held:
        assert (getattr(service.settings, name), name in service.locked) == (False, True)
    assert service.settings.use_cloud is ("use_cloud" not in held)


def _own(logged: str) -> str:
    """Lines of the log that are ours; Jupyter's own may repeat the configuration."""
    return "\n".join(line for line in logged.splitlines() if "mccom: " in line)


@pytest.mark.parametrize(
    "wrong",
    [
        {"cloud_key_env": ["sk-0123"]},
        {"local_key_file": ["sk-0123"]},
        {"local_url": "ftp://me:sk-0123@box"},
        {"local_url": ["https://me:sk-0123@box"]},
        {"cloud_dialect": "openai", "cloud_model": "m", "cloud_url": "ftp://box?key=sk-0123"},
        {"cloud_dialect": "vllm", "cloud_model": "m", "cloud_url": "me:sk-0123@box"},
    ],
)
async def test_what_belongs_to_a_key_is_told_nowhere(capfd: pytest.CaptureFixture[str], jp_fetch: Fetch) -> None:
    """Neither the status nor the log has a wrong value that may be a key or holds a password."""
    status = await answer(jp_fetch, "status")
    assert len(status["wrong_settings"]) == 1
    assert "sk-0123" not in json.dumps(status["wrong_settings"]) + _own(capfd.readouterr().err)


@pytest.mark.parametrize("jp_argv", [["--MCCom.engine=lamacpp", "--MCCom.max_tokens=many", "--MCCom.idle_unload_s=0"]])
async def test_a_wrong_command_line(jp_fetch: Fetch, jp_serverapp: Any) -> None:
    """What the command line has wrong is told as what a file has wrong, and what it has right holds."""
    lines = (await answer(jp_fetch, "status"))["wrong_settings"]
    assert [line.partition(";")[0] for line in lines] == [
        "MCCom.engine must be auto, mlx or llamacpp, not 'lamacpp'",
        "MCCom.max_tokens must be a whole number between 1 and 4,096, not 'many'",
    ]
    assert jp_serverapp.web_app.settings["mccom"].settings.idle_unload_s == 0
