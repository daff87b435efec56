"""The way out of the machine: who may open a connection at all and why, and what is kept of what left."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import httpx
import pytest

from jupyter_mccom import way_out
from jupyter_mccom.engines.http import HttpClient, Patience
from jupyter_mccom.engines.local.server_client import ProcessFailures
from tests.cloud_server import json_answer, serving
from tests.test_shape import PACKAGE, trees

OPENERS = {
    *("httpx", "requests", "aiohttp", "websockets", "urllib3", "httpcore", "pycurl", "paramiko", "boto3"),
    *("urllib.request", "http.client", "socket", "ftplib", "smtplib", "telnetlib", "xmlrpc", "socketserver"),
    *("tornado.httpclient", "huggingface_hub", "openai", "anthropic", "webbrowser", "subprocess", "multiprocessing"),
}
"""Modules that can send something elsewhere, or start a program that does."""
CALLS = {
    *("create_subprocess_exec", "create_subprocess_shell", "open_connection", "open_unix_connection"),
    *("create_connection", "os.system", "os.popen", "execv", "execve", "execvp", "spawnv", "posix_spawn"),
}
"""Names of functions that do, whatever they are imported from."""
DOOR = "way_out.py"
ELSEWHERE = {
    "cloud/addresses.py": "resolves a name, and asks the environment for its proxies",
    "cloud/checked_transport.py": "what a client of the door connects by",
    "engines/http.py": "names httpx's errors; its clients are the door's",
    "engines/remote/cloud_failures.py": "names httpx's errors",
    "models/hub.py": "asks the hub by a client of the door, and huggingface_hub for addresses and tokens",
    "models/manifest.py": "asks the hub by huggingface_hub's own client, and tells the door",
    "models/package_index.py": "downloads by pip, and tells the door",
    "process/program.py": "starts our own child processes, which are told by pipes",
    "engines/local/model_server.py": "the socket of a child process of ours",
    "engines/local/connection.py": "asks a child process of ours by its socket",
    "engines/choosing/this_machine.py": "asks the system what this machine is",
    "magics/server.py": "the kernel asks the Jupyter server that started it",
    "cli/demo.py": "starts JupyterLab for the demo",
    "cli/serve.py": "listens, which is what a person asked for",
    "demo/tour.py": "looks for a free port of this machine",
    "evaluation/suites/latency.py": "times an import in a process of its own",
    "evaluation/lib/running_server.py": "starts and asks a Jupyter server on this machine",
    "evaluation/lib/served.py": "starts servers on this machine",
    "evaluation/lib/untrusted.py": "runs generated code apart",
    "evaluation/lib/measured_on.py": "asks git and the system what is measured",
}
"""Who else may, and why nothing leaves by it unseen. A new line is a decision about privacy."""
CLIENTS = {"AsyncClient", "Client", "get", "post", "put", "patch", "request", "stream", "AsyncHTTPTransport"}


def _opens(tree: ast.Module) -> Iterator[str]:
    """What in a module could send something elsewhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            names = []
        for name in names:
            yield from (opener for opener in OPENERS if f"{name}.".startswith(f"{opener}."))
        if isinstance(node, ast.Attribute | ast.Name):  # called, or handed to somebody who calls it
            named = ast.unparse(node)
            yield from CALLS & {named, named.rpartition(".")[2]}


def _client_calls(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (called := ast.unparse(node.func)).startswith("httpx."):
            yield called.removeprefix("httpx.")


def test_nobody_else_opens_a_connection() -> None:
    """A module that can open a connection or start a program is the door, or stands in the list with a reason."""
    found = {path.relative_to(PACKAGE).as_posix(): sorted(set(_opens(tree))) for path, tree in trees().items()}
    openers = {file: names for file, names in found.items() if names}
    assert {file: names for file, names in openers.items() if file not in {DOOR, *ELSEWHERE}} == {}
    assert ELSEWHERE.keys() - openers.keys() == set()


def test_clients_are_made_at_the_door() -> None:
    """No module but the door makes an httpx client; the kernel asks its own server, and a transport is not a client."""
    makers = {
        path.relative_to(PACKAGE).as_posix()
        for path, tree in trees().items()
        if any(name in CLIENTS for name in _client_calls(tree))
    }
    assert makers == {DOOR, "magics/server.py", "cloud/checked_transport.py"}


@pytest.mark.parametrize(
    "code",
    [
        *("import requests", "from urllib import request", "import urllib.request as web", "from http import client"),
        *("import subprocess", "from huggingface_hub import HfApi", "import socket", "from httpx import get"),
        *("os.system('curl x')", "asyncio.open_connection('x', 1)", "loop.create_connection(f, 'x', 1)"),
    ],
)
def test_a_new_way_out_is_seen(code: str) -> None:
    """Code that could send something elsewhere is found, however it is imported."""
    assert list(_opens(ast.parse(code)))


@pytest.mark.parametrize("code", ["from urllib.parse import urlsplit", "import http", "import httptools", "x.get('a')"])
def test_what_sends_nothing_is_no_way_out(code: str) -> None:
    """Code that sends nothing is not found."""
    assert list(_opens(ast.parse(code))) == []


def _client(url: str, kind: way_out.Kind | None) -> HttpClient:
    patience = Patience(connect_s=5, read_s=5, question_s=5)
    return HttpClient(url, lambda: "the-key", ProcessFailures(), patience, keeps_alive=False, kind=kind)


async def test_what_left_last_is_kept_as_it_was_sent() -> None:
    """The bodies that left last are kept, a few of each kind, without header, key or query; forgetting drops them."""
    way_out.forget()
    async with serving(json_answer({})) as server:
        client = _client(server.url, "cloud")
        for number in range(6):
            await client.post("/v1/completions?key=of-the-query", {"prompt": f"é {number}"}, headers={"X-Own": "own"})
        await client.get("/models")
        await client.aclose()
    kept = way_out.left()
    assert [one.body for one in kept] == [f'{{"prompt":"é {number}"}}' for number in range(2, 6)]
    assert {one.address for one in kept} == {f"POST {server.url}/v1/completions"}
    assert not any(word in repr(kept) for word in ("the-key", "of-the-query", "own"))
    way_out.leaves("package index", "pip download a==1")
    assert [one.kind for one in way_out.left()] == [*["cloud"] * 4, "package index"]
    way_out.forget()
    assert way_out.left() == ()


async def test_what_stays_here_is_not_kept() -> None:
    """Text for a server of this machine does not leave, and is not kept."""
    way_out.forget()
    async with serving(json_answer({})) as server:
        for kind in ("local_url", None):
            client = _client(server.url, kind)
            await client.post("/completion", {"prompt": "x"})
            await client.aclose()
    assert way_out.left() == ()


async def test_a_client_for_another_machine_says_what_for() -> None:
    """A client of our own processes cannot reach another machine."""
    with pytest.raises(ValueError, match=r"example.test is not on this machine"):
        way_out.async_client(None, "https://example.test")


def test_a_long_body_is_cut() -> None:
    """What is kept is bounded."""
    way_out.forget()
    way_out.leaves("cloud", "POST https://example.test/", "x" * 10**6)
    assert len(way_out.left()[0].body) == 256 * 1024
    way_out.forget()


def test_a_download_is_kept_by_its_address() -> None:
    """A download is kept by its address alone, each of its redirects too."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "hub.test":
            return httpx.Response(302, headers={"Location": "https://cdn.test/file?signature=of-the-query"})
        return httpx.Response(200)

    way_out.forget()
    options = {"follow_redirects": True, "transport": httpx.MockTransport(answer)}
    with way_out.client("hub", **options) as client:
        client.get("https://user:word@hub.test/file", headers={"Authorization": "Bearer the-key"})
    assert [one.address for one in way_out.left()] == ["GET https://hub.test/file", "GET https://cdn.test/file"]
    way_out.forget()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8012", True),
        ("http://127.8.0.1", True),
        ("https://localhost/v1", True),
        ("http://[::1]:80", True),
        ("http://localhost.example.test", False),
        ("http://10.0.0.1", False),
        ("https://api.example.test", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_what_is_loopback(url: str, expected: bool) -> None:
    """Names and addresses of this machine, and no name that only begins like one."""
    assert way_out.on_loopback(url) is expected
