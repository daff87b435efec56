"""Servers of other people's as the local tier: what each kind is asked, and what is said of one that is none.

A real HTTP server on loopback answers with what a test wrote; the contract suite runs the same engines on a real model.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from jupyter_mccom.compose.served_model import known_markers
from jupyter_mccom.engines.remote import server_engine
from jupyter_mccom.engines.remote.own_server import Kind
from jupyter_mccom.engines.remote.server_engine import ServerEngine
from jupyter_mccom.engines.remote.server_failures import Unreachable
from jupyter_mccom.errors import EngineError, PromptTooLong
from jupyter_mccom.models.catalog import FIM_TEMPLATES
from jupyter_mccom.types import Prompt, Token

PROMPT = Prompt(chunks=(), prefix="import os\n", typed="x = os.", suffix="\ny = 2", session="s-1")
FIM = "<|fim_prefix|>import os\nx = os.<|fim_suffix|>\ny = 2<|fim_middle|>"
LEFT = "import os\nx = os."
Reply = tuple[int, str]


def _events(*values: object) -> Reply:
    return 200, "".join(f"data: {json.dumps(value)}\n\n" for value in values) + "data: [DONE]\n\n"


def _lines(*values: object) -> Reply:
    return 200, "".join(json.dumps(value) + "\n" for value in values)


def _models(*names: str, owner: str = "organization_owner") -> Reply:
    return 200, json.dumps({"object": "list", "data": [{"id": name, "owned_by": owner} for name in names]})


@dataclass
class Played:
    """A server by its replies, a path each; any other path is 404."""

    replies: dict[str, Reply | Callable[[dict[str, Any]], Reply]]
    url: str = ""
    asked: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)

    def bodies(self, path: str) -> list[dict[str, Any]]:
        return [body for one, _, body in self.asked if one == path]


@contextmanager
def _playing(replies: dict[str, Reply | Callable[[dict[str, Any]], Reply]]) -> Iterator[Played]:
    played = Played(replies)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else {}
            played.asked.append((self.path, {key.lower(): value for key, value in self.headers.items()}, body))
            reply = played.replies.get(self.path, (404, "not found"))
            status, text = reply(body) if callable(reply) else reply
            self.send_response(status)
            if status == 307:
                self.send_header("Location", text)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args: object) -> None:
            """Logs nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    played.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield played
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def _written(url: str, *, name: str = "", key: str = "", context_tokens: int = 4096) -> list[Token]:
    engine = ServerEngine(
        url, name=name, key=lambda: key, known=known_markers, probed=FIM_TEMPLATES, context_tokens=context_tokens
    )
    try:
        async with aclosing(engine.generate(PROMPT, max_tokens=8)) as tokens:
            return [token async for token in tokens]
    finally:
        await engine.aclose()


def _text(tokens: list[Token]) -> str:
    return "".join(token.text for token in tokens)


def _ollama(name: str, *capabilities: str) -> dict[str, Reply | Callable[[dict[str, Any]], Reply]]:
    said = [{"response": "getcwd", "done": False}, {"response": "()", "done": False}, {"response": "", "done": True}]
    return {
        "/api/version": _lines({"version": "0.14.2"}),
        "/api/tags": _lines({"models": [{"name": name}]}),
        "/api/show": _lines({"capabilities": ["completion", *capabilities]}),
        "/api/generate": _lines(*said),
    }


async def test_ollama_is_given_a_raw_prompt_with_known_markers() -> None:
    """Ollama gets a raw prompt when the model's markers are known."""
    with _playing(_ollama("qwen2.5-coder:1.5b", "insert")) as server:
        tokens = await _written(server.url)
    (body,) = server.bodies("/api/generate")
    assert (_text(tokens), [token.prob for token in tokens]) == ("getcwd()", [None, None])
    assert (body["prompt"], body["raw"], body["model"]) == (FIM, True, "qwen2.5-coder:1.5b")
    assert body["options"] == {"temperature": 0, "num_predict": 8}


async def test_ollamas_own_suffix_is_used_without_markers() -> None:
    """Ollama's own suffix is used when the markers are unknown and the model inserts."""
    with _playing(_ollama("granite-code:3b", "insert")) as server:
        await _written(server.url)
    (body,) = server.bodies("/api/generate")
    assert (body["prompt"], body["suffix"]) == (LEFT, "\ny = 2")
    assert "raw" not in body


async def test_a_model_without_infill_is_given_the_left_side() -> None:
    """A model that cannot infill gets only the text before the cursor."""
    with _playing(_ollama("llama3.2:latest")) as server:
        await _written(server.url, name="llama3.2")
    (body,) = server.bodies("/api/generate")
    assert (body["prompt"], body["raw"], "suffix" in body) == (LEFT, True, False)


def _completions(name: str, reply: Any) -> dict[str, Reply | Callable[[dict[str, Any]], Reply]]:
    return {"/v1/models": _models(name), "/v1/completions": reply}


SAID = _events({"choices": [{"text": "getcwd"}]}, {"choices": [{"text": "()"}]})


@pytest.mark.parametrize("tail", ["", "/", "/v1", "/v1/"])
async def test_an_openai_compatible_server_is_given_its_keys(tail: str) -> None:
    """An OpenAI-compatible server gets a raw prompt, the API key and a routing key."""
    with _playing(_completions("qwen2.5-coder-7b-instruct", SAID)) as server:
        assert _text(await _written(server.url + tail, key="k-1")) == "getcwd()"
    _, headers, body = server.asked[-1]
    assert (body["prompt"], body["max_tokens"], body["temperature"]) == (FIM, 8, 0)
    assert (headers["authorization"], headers["x-session-id"]) == ("Bearer k-1", "s-1")


async def test_probabilities_are_taken_where_the_server_gives_them() -> None:
    """Probabilities are read when the server gives them."""
    told = {"choices": [{"text": "getcwd", "logprobs": {"tokens": ["getcwd"], "token_logprobs": [-0.1]}}]}
    with _playing(_completions("qwen2.5-coder", _events(told))) as server:
        (token,) = await _written(server.url)
    assert token.prob == pytest.approx(0.905, abs=0.001)


async def test_a_suffix_that_is_refused_is_left_out() -> None:
    """The suffix is sent when the markers are unknown, and left out once it is refused."""

    def reply(body: dict[str, Any]) -> Reply:
        return (400, '{"error": {"message": "suffix is not supported"}}') if "suffix" in body else SAID

    with _playing(_completions("some-model", reply)) as server:
        assert _text(await _written(server.url)) == "getcwd()"
    first, second = server.bodies("/v1/completions")
    assert (first["prompt"], first["suffix"]) == (LEFT, "\ny = 2")
    assert (second["prompt"], "suffix" in second) == (LEFT, False)


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a web page": (
        {"/api/version": (200, "<html>JupyterHub</html>")},
        r"not a model server that we know \(its answer is not",
    ),
    "nothing that it should have": (
        {},
        r"not a model server that we know \(HTTP 404 where it should list its models\)",
    ),
    "another JSON service": ({"/v1/models": (200, '{"status": "ok"}')}, "it lists no models"),
    "no model": ({"/v1/models": _models()}, "has no model loaded; load one there"),
    "a wrong key": ({"/v1/models": (401, "{}")}, r"refused the key \(HTTP 401\); check local_key_env"),
    "sends elsewhere": ({"/v1/models": (307, "http://127.0.0.1:9/")}, "HTTP 307 where it should list its models"),
    "other shape": (
        _completions("qwen2.5-coder", _events({"choices": {"text": 1}})),
        "its answer has another shape",
    ),
    "breaks off": (
        _completions("qwen2.5-coder", _events({"error": {"message": "out of memory"}})),
        "out of memory",
    ),
    "half a line": (_completions("qwen2.5-coder", (200, 'data: {"choices": [\n\n')), "its answer is not JSON"),
    "no end": (
        _completions("qwen2.5-coder", (200, "data: {}\n\n" * 200_000)),
        "its answer does not end",
    ),
    "Ollama in name only": (
        _ollama("qwen2.5-coder:0.5b") | {"/api/generate": (404, '{"error": "model not found"}')},
        r"refused \(model not found\); check MCCom.local_url and local_model",
    ),
    "Ollama without models": (_ollama("") | {"/api/tags": _lines({"models": []})}, "has no model loaded"),
}


@pytest.mark.parametrize("what", BAD)
async def test_a_server_that_is_not_what_it_says_is_one_clear_line(what: str) -> None:
    """A server that misbehaves is one line: what is wrong and the next step."""
    replies, said = BAD[what]
    with _playing(replies) as server, pytest.raises(EngineError, match=said) as raised:
        await _written(server.url)
    assert "\n" not in str(raised.value)
    assert ";" in str(raised.value), "what is wrong; the next step"


async def test_nobody_there_is_said_with_the_address() -> None:
    """A server that cannot be reached is an error with its address."""
    with pytest.raises(EngineError, match=r"http://127\.0\.0\.1:9 .*MCCom\.local_url"):
        await _written("http://127.0.0.1:9")


async def test_a_model_that_the_server_has_not_lists_those_that_it_has() -> None:
    """A model that the server lacks is an error that lists those that it has."""
    with (
        _playing({"/v1/models": _models("one", "two")}) as server,
        pytest.raises(EngineError, match=r"'three'.*MCCom\.local_model .*one, two"),
    ):
        await _written(server.url, name="three")


async def test_a_prompt_that_such_a_server_would_cut_is_refused() -> None:
    """A prompt longer than the server's context is refused."""
    with (
        _playing(_completions("qwen2.5-coder", SAID)) as server,
        pytest.raises(PromptTooLong, match=r"\d+ tokens .*\b16\b"),
    ):
        await _written(server.url, context_tokens=16)


async def test_a_server_that_comes_back_as_another_kind_is_asked_anew() -> None:
    """A server that comes back as another kind is detected anew."""
    with _playing(_completions("qwen2.5-coder", (503, "{}"))) as server:
        engine = ServerEngine(
            server.url, name="", key=lambda: "", known=known_markers, probed=FIM_TEMPLATES, context_tokens=4096
        )
        with pytest.raises(EngineError, match="HTTP 503"):
            await anext(engine.generate(PROMPT, max_tokens=8))
        assert "HTTP 503" in engine.trouble
        server.replies = _ollama("qwen2.5-coder:0.5b")
        token = await anext(engine.generate(PROMPT, max_tokens=8))
        assert (token.text, engine.words, engine.trouble) == ("getcwd", "Ollama", "")
        await engine.aclose()


async def test_an_answer_that_failed_is_told_until_one_comes() -> None:
    """A server that tells what it is and refuses to answer stays in trouble until it answers: nothing flickers."""
    with _playing(_completions("qwen2.5-coder", (404, "not found"))) as server:
        engine = ServerEngine(
            server.url, name="", key=lambda: "", known=known_markers, probed=FIM_TEMPLATES, context_tokens=4096
        )
        with pytest.raises(EngineError, match="HTTP 404"):
            await anext(engine.generate(PROMPT, max_tokens=8))
        await engine.found()
        assert "HTTP 404" in engine.trouble
        server.replies = _completions("qwen2.5-coder", SAID)
        await anext(engine.generate(PROMPT, max_tokens=8))
        assert engine.trouble == ""
        await engine.aclose()


async def test_a_server_that_was_away_meanwhile_is_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that refused to answer, went away and is back is not said to be away until somebody types."""
    with _playing(_completions("qwen2.5-coder", (503, "still loading"))) as server:
        engine = ServerEngine(
            server.url, name="", key=lambda: "", known=known_markers, probed=FIM_TEMPLATES, context_tokens=4096
        )
        with pytest.raises(EngineError, match="HTTP 503"):
            await anext(engine.generate(PROMPT, max_tokens=8))
        with monkeypatch.context() as away:
            away.setattr(server_engine, "detect", _away)
            with pytest.raises(Unreachable):
                await engine.found()
        assert engine.trouble == "nobody answers"
        await engine.found()
        assert engine.trouble == ""
        await engine.aclose()


async def _away(*args: object, **options: object) -> tuple[Kind, str]:
    raise Unreachable("nobody answers")
