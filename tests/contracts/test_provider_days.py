"""Bad days of every provider over real HTTP: each is one clear CloudError of its kind, or the text that did come."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from jupyter_mccom.engines.remote.cloud_engine import CloudEngine
from jupyter_mccom.errors import CloudBroken, CloudError, CloudLimited, CloudRefused, CloudTimeout, SettingsError
from tests.cloud_server import Piece, answer, json_answer, serving
from tests.provider_rules import KEY
from tests.strict_engines import ABOVE, CHATS, CLOUDS, all_of, cloud_at, prompt_at
from tests.strict_model import StrictModel

pytestmark = pytest.mark.thorough
LINE = "x = np.array(values)"
PROMPT = prompt_at(LINE, 6)
REST = ".array(values)"
HEAD = answer(b"")[:1]
KINDS = [kind for kind, (provider, _) in CLOUDS.items() if "," not in kind or kind == "ollama, chat"]
SERVED = ("/completion", "/completions", "/generate", "/messages", "/chat")
"""What the paths of routes end in that write, but for Gemini's."""


def _writes(path: str) -> bool:
    return path.partition("?")[0].endswith((*SERVED, "/api/generate", ":streamGenerateContent"))


def _on(day: Sequence[Piece], model: StrictModel, then: Sequence[Piece] | None = None) -> Any:
    """Answers the first request that is to be written with `day`; those after it with `then`, or as the model does."""
    n_asked = 0

    def reply(path: str, body: dict[str, Any]) -> Sequence[Piece]:
        nonlocal n_asked
        if not _writes(path):
            return model.reply(path, body)
        n_asked += 1
        return day if n_asked == 1 else (then if then is not None else model.reply(path, body))

    return reply


@asynccontextmanager
async def _open(kind: str, url: str) -> AsyncGenerator[CloudEngine, None]:
    provider, name = CLOUDS[kind]
    engine = cloud_at(provider, url, name, read_s=0.25)
    try:
        yield engine
    finally:
        await engine.aclose()


async def _failure(kind: str, url: str, draft: str = "") -> CloudError:
    async with _open(kind, url) as engine:
        with pytest.raises(CloudError) as raised:
            await all_of(engine, PROMPT, draft)
    assert ";" in str(raised.value), "what is wrong; the next step"
    assert "\n" not in str(raised.value)
    assert KEY not in str(raised.value).split()
    return raised.value


DAYS: Mapping[str, tuple[Sequence[Piece], type[CloudError], int | None]] = {
    "401": (json_answer({"error": {"message": "no"}}, status="401 Unauthorized"), CloudRefused, 401),
    "403": (json_answer({"error": "no"}, status="403 Forbidden"), CloudRefused, 403),
    "429": (json_answer({}, status="429 Too Many Requests"), CloudLimited, 429),
    "429, in a minute": (
        json_answer({}, status="429 Too Many Requests", headers="Retry-After: 60\r\n"),
        CloudLimited,
        429,
    ),
    "500": (json_answer({}, status="500 Internal Server Error"), CloudBroken, 500),
    "a redirect": (
        json_answer({}, status="307 Temporary Redirect", headers="Location: http://127.0.0.1:9/\r\n"),
        CloudRefused,
        307,
    ),
    "silent before its headers": ([3.0], CloudTimeout, None),
    "silent before its first word": ([*HEAD, 3.0], CloudTimeout, None),
    "silent in mid-stream": ([*HEAD, b": keep-alive\n\n", 3.0], CloudTimeout, None),
    "half a line": (answer(b'data: {"choi\n\n'), CloudBroken, None),
    "half a line, then reset": ([*HEAD, b'data: {"choi', None], CloudBroken, None),
    "not JSON": (answer(b"<html>Welcome</html>", kind="text/html"), CloudBroken, None),
    "JSON nested too deep": (answer(b"data: " + b'{"a":' * 20_000 + b"1\n\n"), CloudBroken, None),
    "another shape": (answer(b'data: {"answer": 42}\n\n'), CloudBroken, None),
    "no object": (answer(b"data: [1, 2]\n\n"), CloudBroken, None),
    "an error in the stream": (
        answer(b'data: {"type": "error", "error": {"message": "overloaded"}}\n\n'),
        CloudBroken,
        None,
    ),
    "empty": (answer(b""), CloudBroken, None),
    "ten megabytes": ([*HEAD, b"data: " + b"x" * 10_000_000], CloudBroken, None),
}


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_bad_day_is_one_clear_error(kind: str, day: str) -> None:
    """Every provider's bad day is a CloudError of its kind, with the server's status and the next step."""
    script, error, status = DAYS[day]
    async with serving(by=_on(script, StrictModel(ABOVE + LINE), then=script)) as server:
        raised = await _failure(kind, server.url)
    assert type(raised) is error
    assert raised.status == status


@pytest.mark.parametrize("day", ["another shape", "no object", "not JSON", "500", "silent before its headers"])
@pytest.mark.parametrize("kind", ["vllm", "sglang", "llama-server-ngram-mod"])
async def test_a_bad_day_while_a_draft_is_checked(kind: str, day: str) -> None:
    """A check that fails is a CloudError as well."""
    script, error, _ = DAYS[day]
    async with serving(by=_on(script, StrictModel(ABOVE + LINE), then=script)) as server:
        raised = await _failure(kind, server.url, draft=REST)
    assert type(raised) is error or day == "silent before its headers"


@pytest.mark.parametrize("kind", KINDS)
async def test_503_then_fine(kind: str) -> None:
    """A server that comes back, or that may be asked again at once, is asked once more."""
    again = json_answer({}, status="429 Too Many Requests", headers="Retry-After: 0\r\n")
    for day in (json_answer({}, status="503 Service Unavailable"), [None], again):
        async with serving(by=_on(day, StrictModel(ABOVE + LINE))) as server, _open(kind, server.url) as engine:
            assert "".join(token.text for token in await all_of(engine, PROMPT)) == REST
            assert sum(_writes(path) for path, _, _ in server.asked) == 2


@pytest.mark.parametrize("kind", KINDS)
async def test_a_key_that_is_revoked_meanwhile(kind: str) -> None:
    """The answer before is whole; the next one is a refusal that names the key."""
    model, revoked = StrictModel(ABOVE + LINE), False

    def objects(path: str, headers: dict[str, str], body: dict[str, Any]) -> Sequence[Piece] | None:
        return json_answer({"error": {"message": "revoked"}}, status="401 Unauthorized") if revoked else None

    async with serving(by=model.reply, objects=objects) as server, _open(kind, server.url) as engine:
        await all_of(engine, PROMPT)
        revoked = True
        with pytest.raises(CloudRefused, match="key"):
            await all_of(engine, PROMPT)


@pytest.mark.parametrize("kind", KINDS)
async def test_nobody_there(kind: str) -> None:
    """A port where nobody listens, and a name that nobody has, are a broken cloud."""
    async with serving() as server:
        pass
    assert isinstance(await _failure(kind, server.url), CloudBroken)
    assert isinstance(await _failure(kind, "http://no-such-host.invalid"), CloudBroken)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_certificate_of_nobodys(kind: str, certificate: ssl.SSLContext) -> None:
    """A certificate that nobody signed is told as such."""
    listening = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=certificate)
    port = listening.sockets[0].getsockname()[1]
    raised = await _failure(kind, f"https://localhost:{port}")
    listening.close()
    assert "certificate" in str(raised)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A certificate that nobody signed."""
    folder = tmp_path_factory.mktemp("certificate")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "1"]
    subprocess.run([*command, "-keyout", str(folder / "k"), "-out", str(folder / "c")], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "c", folder / "k")
    return context


@pytest.mark.parametrize("kind", KINDS)
async def test_what_came_before_the_end_is_given(kind: str) -> None:
    """Of an answer that hangs or resets in mid-stream, the tokens before that are given, and then a CloudError."""
    async with serving(by=StrictModel(ABOVE + LINE).reply) as server, _open(kind, server.url) as engine:
        await all_of(engine, PROMPT)
        path, _, body = server.asked[-1]
    most = StrictModel(ABOVE + LINE).reply(path, body)[:-10]
    read: float = 0.1  # a reset takes what was not read yet
    for end in ([3.0], [read, None]):
        script = [*most, *end]
        reply = _on(script, StrictModel(ABOVE + LINE), then=script)
        async with serving(by=reply) as server, _open(kind, server.url) as engine:
            found: list[str] = []
            with pytest.raises(CloudError):
                await _into(found, engine)
            text = "".join(found)
            assert REST.startswith(text)
            assert text or kind in CHATS, "a chat's line may not have reached the cursor"


async def _into(found: list[str], engine: CloudEngine) -> None:
    async for token in engine.generate(PROMPT, max_tokens=64):
        found.append(token.text)  # noqa: PERF401 - what came is kept where the rest fails


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind in CHATS])
async def test_a_chat_that_repeats_or_fences(kind: str) -> None:
    """A chat's fence and all that it says again before the cursor are taken away in every provider's stream."""
    for written in (f"```python\n{LINE}\n```", ABOVE + LINE, f"```\n{ABOVE}{LINE}\n```\nThis makes an array.", REST):

        class _Says(StrictModel):
            def _line(self, asked: str) -> str:
                return written  # noqa: B023 - called within this turn

        async with serving(by=_Says(ABOVE + LINE).reply) as server, _open(kind, server.url) as engine:
            text = "".join(token.text for token in await all_of(engine, PROMPT))
            assert text.strip("\n") == REST


async def test_a_key_that_cannot_be_read() -> None:
    """A key that cannot be had is a refusal with the reason, and nothing is sent."""

    def no_key() -> str:
        raise SettingsError("the file of the key cannot be read; make it yours")

    from jupyter_mccom.engines.remote.providers.table import PROVIDERS, open_cloud

    async with serving() as server:
        for provider in PROVIDERS:
            engine = open_cloud(
                provider, url=server.url, model="qwen-coder", key=no_key, fim=None, connect_s=1, read_s=1
            )
            with pytest.raises(CloudRefused, match="make it yours"):
                await all_of(engine, PROMPT)
            await engine.aclose()
        assert server.asked == []
