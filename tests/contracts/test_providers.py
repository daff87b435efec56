"""Each provider's requests against its strict server (`tests/provider_rules.py`), and what a refused field leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from jupyter_mccom.engines.remote.optional_fields import named_in
from jupyter_mccom.engines.remote.providers.table import PROVIDERS, checked, draft_of, list_models
from jupyter_mccom.errors import CloudBroken, CloudError, CloudRefused, SettingsError
from tests.cloud_server import Piece, json_answer, serving
from tests.provider_rules import KEY, RULES
from tests.strict_engines import ABOVE, CHATS, CLOUDS, all_of, cloud_at, opened, prompt_at
from tests.strict_model import StrictModel

LINE = "x = np.array(values)"
PROMPT = prompt_at(LINE, 6)
REST = ".array(values)"
MOST = ("max_tokens", "max_completion_tokens")
OPTIONAL: Mapping[str, Sequence[str]] = {
    "openai": ("temperature", "prompt_cache_key", "max_completion_tokens", "stream_options"),
    "openai, GPT-5": ("reasoning_effort", "prompt_cache_key", "max_completion_tokens", "stream_options"),
    "openai, o3": ("reasoning_effort", "prompt_cache_key", "max_completion_tokens", "stream_options"),
    "azure": ("temperature", "max_completion_tokens", "stream_options"),
    "anthropic": ("temperature",),
    "anthropic, 5": ("thinking",),
    "gemini": ("temperature", "maxOutputTokens", "thinkingConfig"),
    "mistral": ("temperature", "max_tokens", "prompt_cache_key"),
    "mistral, chat": ("temperature", "max_tokens"),
    "deepseek": ("temperature", "max_tokens"),
    "fireworks": ("temperature", "max_tokens", "perf_metrics_in_response", "prompt_cache_key", "user"),
    "openrouter": ("temperature", "max_tokens", "reasoning"),
    "ollama, chat": ("think",),
    "lmstudio": ("temperature", "max_tokens"),
    "openai-compatible": ("temperature", "max_tokens"),
}


def _holds(body: object, name: str) -> bool:
    if not isinstance(body, dict):
        return False
    return name in body or any(_holds(inner, name) for inner in body.values())


@pytest.mark.parametrize("kind", CLOUDS)
async def test_an_answer_takes_as_few_calls_as_it_can(kind: str) -> None:
    """A strict server takes the first request of every form, and each further answer takes one call."""
    async with opened(kind, StrictModel(ABOVE + LINE)) as (engine, server):
        await all_of(engine, PROMPT)
        server.asked.clear()
        tokens = await all_of(engine, PROMPT)
        assert "".join(token.text for token in tokens) == REST
        assert len(server.asked) == 1


@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind, names in OPTIONAL.items() for field in names])
async def test_a_field_that_is_refused_by_name_is_left_out(kind: str, field: str) -> None:
    """The request is made once more without the field, and the next one never has it."""
    rules = RULES[CLOUDS[kind][0]]
    model = StrictModel(ABOVE + LINE)

    def objects(path: str, headers: dict[str, str], body: dict[str, Any]) -> Sequence[Piece] | None:
        if _holds(body, field):
            return json_answer(rules.refusal(field), status=rules.status)
        return rules.objection(path, headers, body)

    provider, name = CLOUDS[kind]
    async with serving(by=_unbounded(model), objects=objects) as server:
        engine = cloud_at(provider, server.url, name, read_s=5)
        try:
            for n_calls in (2, 3):
                tokens = await all_of(engine, PROMPT)
                assert "".join(token.text for token in tokens) == REST
                n_shown = sum(path == "/api/show" for path, _, _ in server.asked)
                assert len(server.asked) - n_shown == n_calls
        finally:
            await engine.aclose()


async def test_the_other_name_of_a_field_is_taken() -> None:
    """Where a refusal names `max_completion_tokens` as well, the limit goes out under that name."""
    said = {"error": {"message": "'max_tokens' is not supported; use 'max_completion_tokens'", "param": "max_tokens"}}
    model = StrictModel(ABOVE + LINE)

    def objects(path: str, headers: dict[str, str], body: dict[str, Any]) -> Sequence[Piece] | None:
        return json_answer(said, status="400 Bad Request") if "max_tokens" in body else None

    async with serving(by=model.reply, objects=objects) as server:
        engine = cloud_at("openrouter", server.url, "openai/o3", read_s=5)
        await all_of(engine, PROMPT)
        await engine.aclose()
        assert [sorted({*MOST} & {*body}) for _, _, body in server.asked] == [["max_tokens"], ["max_completion_tokens"]]


@pytest.mark.parametrize("kind", OPTIONAL)
async def test_a_server_that_refuses_all_optional_fields_in_turn(kind: str) -> None:
    """Each costs one call, once."""
    rules, names = RULES[CLOUDS[kind][0]], OPTIONAL[kind]
    model = StrictModel(ABOVE + LINE)

    def objects(path: str, headers: dict[str, str], body: dict[str, Any]) -> Sequence[Piece] | None:
        found = next((name for name in (*names, "max_tokens") if _holds(body, name)), None)
        found = None if found == "max_tokens" and kind.startswith("anthropic") else found
        return json_answer(rules.refusal(found), status=rules.status) if found else None

    provider, name = CLOUDS[kind]
    async with serving(by=_unbounded(model), objects=objects) as server:
        engine = cloud_at(provider, server.url, name, read_s=5)
        try:
            assert "".join(token.text for token in await all_of(engine, PROMPT)) == REST
            server.asked.clear()
            await all_of(engine, PROMPT)
            assert len(server.asked) == 1
        finally:
            await engine.aclose()


def _unbounded(model: StrictModel) -> Any:
    return lambda path, body: model.reply(path, {"max_tokens": 64, **body})


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        (b"not JSON", ()),
        (b"[" * 5000, ()),
        (b'{"error": {"param": "temperature", "message": "use max_tokens"}}', ("temperature", "max_tokens")),
        (
            b'{"error": {"message": "use max_completion_tokens, not max_tokens"}}',
            ("max_completion_tokens", "max_tokens"),
        ),
        (b'{"detail": [{"loc": ["body", "speculation"], "input": "temperature"}]}', ("speculation", "temperature")),
        (b'{"error": {"message": "Thinking level MINIMAL is not supported"}}', ("thinkingConfig", "thinking")),
        (b'{"error": {"message": "the messages hold a secret"}}', ()),
        (b'{"error": 5, "detail": {"loc": 7}, "message": []}', ()),
    ],
)
def test_what_a_refusal_names(said: bytes, fields: tuple[str, ...]) -> None:
    """Only fields that a request may do without are found in a server's words, and nothing else of them is kept."""
    assert named_in(said) == fields


@pytest.mark.parametrize("kind", CLOUDS)
async def test_it_is_known_how_prompts_are_put(kind: str) -> None:
    """A family that the name does not tell is probed for or asked in another form, never guessed."""
    async with opened(kind, StrictModel(ABOVE + LINE)) as (engine, _):
        await all_of(engine, PROMPT)
        if kind in CHATS:
            expected = "chat"
        elif kind in ("mistral", "deepseek", "openai-compatible") or kind.endswith("suffix"):
            expected = "suffix"
        else:
            expected = "markers"
        assert getattr(engine, "asked_as") == expected  # noqa: B009 - not of the protocol


@pytest.mark.parametrize("provider", ["vllm", "sglang", "llama-server", "openai-compatible", "lmstudio", "deepseek"])
async def test_a_server_without_markers_or_suffix_is_asked_in_a_chat(provider: str) -> None:
    """Where no markers are single tokens and `suffix` is refused, the chat route answers, and is asked from then on."""
    model = StrictModel(ABOVE + LINE)

    def reply(path: str, body: dict[str, Any]) -> Sequence[Piece]:
        if path == "/tokenize":
            return json_answer({"tokens": [1, 2, 3]})
        if path.endswith("/chat/completions"):
            return model.reply(path, body)
        return json_answer({"error": {"message": "this model has no insertion"}}, status="400 Bad Request")

    async with serving(by=reply) as server:
        engine = cloud_at(provider, server.url, "unheard-of", read_s=5)
        try:
            for _ in range(2):
                tokens = await all_of(engine, PROMPT, REST)
                assert "".join(token.text for token in tokens) == REST
            assert engine.asked_as == "chat"
            assert server.asked[-2][0] != server.asked[-1][0] or len(server.asked) > 2
            assert not engine.skills.checks_draft
        finally:
            await engine.aclose()


@pytest.mark.parametrize(
    ("provider", "model", "draft"),
    [
        ("openai", "gpt-4.1-mini", "prediction"),
        ("openai", "gpt-5-mini", ""),
        ("openrouter", "anthropic/claude-haiku-4.5", ""),
        ("mistral", "codestral-latest", ""),
        ("mistral", "mistral-large-latest", "prediction"),
        ("anthropic", "claude-haiku-4-5", ""),
        ("vllm", "m", "verification"),
    ],
)
def test_a_draft_is_claimed_where_it_is_documented(provider: str, model: str, draft: str) -> None:
    """A provider's skill is told only for the models that its documentation lists."""
    assert draft_of(provider, model) == draft


@pytest.mark.parametrize(
    ("provider", "url", "model", "says"),
    [
        ("gopher", "", "m", "llama-server"),
        ("openai", "", "", "gpt-4.1-mini"),
        ("llama-server", "http://127.0.0.1:1", "", "http://127.0.0.1:1/v1/models"),
        ("vllm", "", "m", "cloud_url"),
        ("vllm", "gpu-box:8000", "m", "https://"),
    ],
)
def test_what_is_missing_at_set_up_is_an_error(provider: str, url: str, model: str, says: str) -> None:
    """An unknown provider, an empty model and a missing address are told with what to do."""
    with pytest.raises(SettingsError, match=says):
        checked(provider, url, model)


def test_a_whole_set_up_is_accepted() -> None:
    """Each provider's own example can be set up."""
    for provider in PROVIDERS.values():
        assert checked(provider.id, provider.url or "http://127.0.0.1:1", provider.example_model) is provider


MODELS = {
    "gemini": ({"models": [{"name": "models/m-1"}, {"name": "models/m-2"}]}, "/models?pageSize=1000"),
    "anthropic": ({"data": [{"id": "m-1"}, {"id": "m-2"}]}, "/models?limit=1000"),
    "ollama": ({"models": [{"name": "m-1"}, {"name": "m-2"}]}, "/api/tags"),
}


@pytest.mark.parametrize("provider", [one.id for one in PROVIDERS.values() if one.models_path])
async def test_models_are_listed(provider: str) -> None:
    """The names come from the provider's own route, each once, with the key in its own header."""
    listed, path = MODELS.get(provider, ({"data": [{"id": "m-1"}, {"id": "m-2"}, {"id": "m-1"}]}, ""))
    async with serving(json_answer(listed)) as server:
        assert await list_models(provider, server.url, KEY) == ["m-1", "m-2"]
        asked, headers, _ = server.asked[0]
    assert asked == path if path else asked.endswith("/models")
    name, value = RULES[provider].key
    assert headers[name] == value


@pytest.mark.parametrize("listed", [[], {}, {"data": 5, "models": 5}, {"data": [5], "models": [5]}, "x", None])
async def test_a_list_of_models_of_another_shape(listed: object) -> None:
    """What is no list of models is one clear error."""
    for provider in ("openai", "gemini", "ollama"):
        async with serving(json_answer(listed)) as server:
            with pytest.raises(CloudBroken, match=";"):
                await list_models(provider, server.url, KEY)


async def test_a_provider_that_lists_no_models() -> None:
    """Azure's deployments have to be named."""
    with pytest.raises(CloudError, match="write"):
        await list_models("azure", "http://127.0.0.1:1", KEY)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("{}", "/openai/deployments/d/chat/completions?api-version=2025-04-01-preview"),
        ("{}/openai", "/openai/deployments/d/chat/completions?api-version=2025-04-01-preview"),
        (
            "{}/openai/deployments/x/chat/completions?api-version=2024-10-21",
            "/openai/deployments/d/chat/completions?api-version=2024-10-21",
        ),
        ("{}/openai/v1/", "/openai/v1/chat/completions"),
    ],
)
async def test_azures_addresses(url: str, path: str) -> None:
    """The address may be the resource's, a deployment's with its API version, or the route without versions."""
    async with serving(json_answer({}, status="403 Forbidden")) as server:
        engine = cloud_at("azure", url.format(server.url), "d", read_s=5)
        with pytest.raises(CloudRefused):
            await all_of(engine, PROMPT)
        await engine.aclose()
        assert server.asked[0][0] == path
