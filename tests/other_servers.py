"""Servers of other people's making, played before a real llama.cpp server: Ollama's and LM Studio's routes and shapes.

Sources: docs.ollama.com (`/api/version`, `/api/tags`, `/api/show`, `/api/generate`) and lmstudio.ai (OpenAI-compatible
routes), as of November 2026. Neither was recorded from a live server.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import tornado.httpserver
import tornado.iostream
import tornado.netutil
import tornado.web

MODEL = "qwen2.5-coder:0.5b"


class _Handler(tornado.web.RequestHandler):
    """Asks the llama.cpp server of the application's settings."""

    _task: asyncio.Task[None] | None = None

    async def answers(self, **body: Any) -> AsyncGenerator[dict[str, Any], None]:
        url, key = self.settings["upstream"]
        more = {"temperature": 0, "n_probs": 1, "stream": True, "cache_prompt": True}
        async with (
            httpx.AsyncClient(timeout=60) as client,
            client.stream(
                "POST", f"{url}/completion", json=body | more, headers={"Authorization": f"Bearer {key}"}
            ) as response,
        ):
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    yield json.loads(line[6:])

    async def relay(self, work: Any) -> None:
        """Runs until the client leaves."""
        self._task = asyncio.ensure_future(work)
        await asyncio.gather(self._task, return_exceptions=True)
        if not self._task.cancelled():
            self._task.result()

    def on_connection_close(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def send(self, text: str) -> None:
        self.write(text)
        try:
            await self.flush()
        except tornado.iostream.StreamClosedError as error:
            raise asyncio.CancelledError from error


class _Fixed(tornado.web.RequestHandler):
    """One answer, whatever is asked."""

    def initialize(self, answer: object) -> None:
        self._answer = answer

    def get(self) -> None:
        self.finish(json.dumps(self._answer))

    post = get


class _OllamaGenerate(_Handler):
    async def post(self) -> None:
        asked = json.loads(self.request.body)
        assert asked["raw"]
        await self.relay(self._stream(asked))

    async def _stream(self, asked: dict[str, Any]) -> None:
        async for event in self.answers(prompt=asked["prompt"], n_predict=asked["options"]["num_predict"]):
            told = [
                {"token": item["token"], "logprob": item["logprob"], "bytes": item["bytes"], "top_logprobs": []}
                for item in event.get("completion_probabilities", ())
            ]
            line = {"model": MODEL, "response": event["content"], "done": bool(event.get("stop"))}
            await self.send(json.dumps(line | ({"logprobs": told} if told else {})) + "\n")


class _Completions(_Handler):
    async def post(self) -> None:
        asked = json.loads(self.request.body)
        self.set_header("Content-Type", "text/event-stream")
        await self.relay(self._stream(asked))

    async def _stream(self, asked: dict[str, Any]) -> None:
        async for event in self.answers(prompt=asked["prompt"], n_predict=asked["max_tokens"]):
            choice = {"index": 0, "text": event["content"], "logprobs": None, "finish_reason": None}
            value = {"id": "cmpl-1", "object": "text_completion", "model": MODEL, "choices": [choice]}
            await self.send(f"data: {json.dumps(value)}\n\n")
        await self.send("data: [DONE]\n\n")


_OLLAMA = [
    ("/api/version", _Fixed, {"answer": {"version": "0.14.2"}}),
    ("/api/tags", _Fixed, {"answer": {"models": [{"name": MODEL, "model": MODEL, "size": 397821319}]}}),
    ("/api/show", _Fixed, {"answer": {"capabilities": ["completion", "insert"], "details": {"family": "qwen2"}}}),
    ("/api/generate", _OllamaGenerate),
]
_LM_STUDIO = [
    ("/v1/models", _Fixed, {"answer": {"object": "list", "data": [{"id": MODEL, "owned_by": "organization_owner"}]}}),
    ("/v1/completions", _Completions),
    ("/.*", _Fixed, {"answer": {"error": "Unexpected endpoint or method."}}),
]
SHAPES: dict[str, list[Any]] = {"ollama": _OLLAMA, "lm-studio": _LM_STUDIO}


@contextmanager
def playing(shape: str, upstream: tuple[str, str]) -> Iterator[str]:
    """The address of such a server before a llama.cpp server's address and key; it runs in a thread of its own."""
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    ready = threading.Event()
    stop: list[Any] = []

    async def run() -> None:
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        stop.append(lambda: loop.call_soon_threadsafe(over.set))
        application = tornado.web.Application(SHAPES[shape], upstream=upstream, log_function=lambda handler: None)
        server = tornado.httpserver.HTTPServer(application)
        server.add_sockets(sockets)
        ready.set()
        await over.wait()
        server.stop()
        await server.close_all_connections()

    thread = threading.Thread(target=lambda: asyncio.run(run()), name=f"plays {shape}")
    thread.start()
    ready.wait()
    try:
        yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    finally:
        stop[0]()
        thread.join()
