"""What each provider's own server takes: its routes, their fields, where the key stands, and how it words a refusal.

A field that is not listed is refused with 400, as the strictest of each kind would. Sources, as of November 2026: the
types of PyPI's openai 3.57 (`completion_create_params`), anthropic 2.14 (`message_create_params`), google-genai 3.6
(`GenerateContentConfig`) and mistralai 3.7 (`fimcompletionstreamrequest`, `chatcompletionstreamrequest`); for Azure
learn.microsoft.com (REST reference), api-docs.deepseek.com, docs.fireworks.ai, openrouter.ai/docs,
docs.ollama.com/openapi.yaml, lmstudio.ai, llama.cpp's server README, docs.vllm.ai (`completion.protocol`) and
docs.sglang.ai (native API). No reply was recorded from a live service.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.cloud_server import Piece, json_answer

Shape: TypeAlias = "Mapping[str, Shape | None]"
"""The fields of an object; one with fields of its own has their shape."""
KEY = "k"


def _fields(names: str, **inner: Shape) -> Shape:
    return {**dict.fromkeys(names.split()), **inner}


_OPENAI = _fields(
    "model frequency_penalty logit_bias logprobs max_completion_tokens max_tokens metadata modalities n "
    "parallel_tool_calls presence_penalty prompt_cache_key reasoning_effort response_format seed service_tier stop "
    "store stream temperature tool_choice tools top_logprobs top_p user verbosity",
    messages=_fields("role content name"),
    prediction=_fields("type content"),
    stream_options=_fields("include_usage include_obfuscation"),
)
_AZURE = {name: shape for name, shape in _OPENAI.items() if name not in ("prompt_cache_key", "verbosity")}
_CHAT = _fields(
    "model max_tokens temperature top_p stop stream seed frequency_penalty presence_penalty",
    messages=_fields("role content name"),
)
_TEXT = _fields("model prompt suffix max_tokens temperature top_p stop stream seed echo logprobs n")
_SAMPLING = _fields("temperature max_new_tokens top_p top_k stop regex json_schema ebnf")
_LLAMA = _fields(
    "prompt n_predict temperature n_probs cache_prompt stream timings_per_token grammar id_slot top_k top_p stop seed"
)
_OPTIONS = _fields("temperature num_predict num_ctx top_k top_p stop seed")
_OLLAMA_CHAT = _fields("role content images thinking")
_TOKENIZE = _fields("model prompt add_special_tokens")
_LLAMA_ROUTES: Mapping[str, Shape] = {
    "/completion": _LLAMA,
    "/tokenize": _fields("content add_special parse_special with_pieces"),
    "/v1/chat/completions": _CHAT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One provider's server."""

    routes: Mapping[str, Shape]
    """By a path's regular expression."""
    refusal: Callable[[str], object]
    """The body that refuses a field."""
    key: tuple[str, str] = ("authorization", f"Bearer {KEY}")
    """A header and its value."""
    headers: Mapping[str, str] | None = None
    """Other headers that must be there."""
    status: str = "400 Bad Request"

    def objection(self, path: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> Sequence[Piece] | None:
        """The refusal of a request; None for one that the server takes."""
        shape = next((shape for route, shape in self.routes.items() if re.fullmatch(route, path)), None)
        if shape is None:
            return json_answer({"error": {"message": f"no route {path}"}}, status="404 Not Found")
        name, value = self.key
        wanted = {name: value, **(self.headers or {})}
        if any(headers.get(one) != value for one, value in wanted.items()):
            return json_answer({"error": {"message": "wrong key"}}, status="401 Unauthorized")
        unknown = unknown_fields(body, shape)
        return json_answer(self.refusal(unknown[0]), status=self.status) if unknown else None


def unknown_fields(value: object, shape: Shape | None) -> list[str]:
    """The names in a body that its shape does not have."""
    if shape is None:
        return []
    if isinstance(value, list):
        return [name for one in value for name in unknown_fields(one, shape)]
    if not isinstance(value, dict):
        return []
    found = [name for name in value if name not in shape]
    return found + [name for one, inner in value.items() if one in shape for name in unknown_fields(inner, shape[one])]


def _openai_error(name: str) -> object:
    message = f"Unsupported parameter: '{name}' is not supported with this model."
    return {"error": {"message": message, "type": "invalid_request_error", "param": name, "code": "unsupported"}}


def _azure_error(name: str) -> object:
    message = f"Unrecognized request argument supplied: {name}"
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}


def _anthropic_error(name: str) -> object:
    message = f"{name}: Extra inputs are not permitted"
    return {"type": "error", "error": {"type": "invalid_request_error", "message": message}}


def _gemini_error(name: str) -> object:
    snake = re.sub("([A-Z])", r"_\1", name).lower()
    message = f"Invalid JSON payload received. Unknown name \"{snake}\" at 'generation_config': Cannot find field."
    return {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}


def _validator_error(name: str) -> object:
    told = {"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted", "input": 1}
    return {"object": "error", "message": {"detail": [told]}, "type": "invalid_request_error", "param": None}


def _message_error(name: str) -> object:
    return {"error": {"message": f"unknown field `{name}`", "type": "BadRequestError", "param": None, "code": 400}}


def _flat_error(name: str) -> object:
    return {"object": "error", "message": f"unknown field {name!r}", "type": "BadRequest", "param": None, "code": 400}


RULES: Mapping[str, Rules] = {
    "openai": Rules(routes={"/chat/completions": _OPENAI}, refusal=_openai_error),
    "anthropic": Rules(
        routes={
            "/messages": _fields(
                "model max_tokens stream system metadata service_tier stop_sequences temperature top_k top_p tools",
                messages=_fields("role content"),
                thinking=_fields("type budget_tokens display"),
                output_config=_fields("effort format"),
            )
        },
        refusal=_anthropic_error,
        key=("x-api-key", KEY),
        headers={"anthropic-version": "2023-06-01"},
    ),
    "gemini": Rules(
        routes={
            r"/models/[\w.-]+:streamGenerateContent\?alt=sse": _fields(
                "safetySettings tools toolConfig cachedContent",
                contents=_fields("role", parts=_fields("text")),
                systemInstruction=_fields("role", parts=_fields("text")),
                generationConfig=_fields(
                    "temperature maxOutputTokens stopSequences candidateCount topP topK seed responseMimeType",
                    thinkingConfig=_fields("thinkingBudget thinkingLevel includeThoughts"),
                ),
            )
        },
        refusal=_gemini_error,
        key=("x-goog-api-key", KEY),
    ),
    "azure": Rules(
        routes={r"/openai/deployments/[\w.-]+/chat/completions\?api-version=\d{4}-\d\d-\d\d(-preview)?": _AZURE},
        refusal=_azure_error,
        key=("api-key", KEY),
    ),
    "mistral": Rules(
        routes={
            "/fim/completions": _fields(
                "model prompt suffix temperature top_p max_tokens min_tokens stream stop random_seed metadata "
                "prompt_cache_key"
            ),
            "/chat/completions": {**_CHAT, **_fields("random_seed safe_prompt", prediction=_fields("type content"))},
        },
        refusal=_validator_error,
        status="422 Unprocessable Entity",
    ),
    "deepseek": Rules(
        routes={
            "/beta/completions": {**_TEXT, **_fields("stream_options")},
            "/chat/completions": {**_CHAT, **_fields("stream_options", thinking=_fields("type"))},
        },
        refusal=_message_error,
    ),
    "fireworks": Rules(
        routes={
            "/completions": {
                **_TEXT,
                **_fields("prompt_cache_key user perf_metrics_in_response speculation prediction"),
            },
            "/chat/completions": {
                **_CHAT,
                **_fields("prompt_cache_key user perf_metrics_in_response", prediction=_fields("type content")),
            },
        },
        refusal=_validator_error,
    ),
    "openrouter": Rules(
        routes={
            "/chat/completions": {
                **_CHAT,
                **_fields(
                    "user models provider",
                    prediction=_fields("type content"),
                    reasoning=_fields("effort max_tokens exclude enabled"),
                ),
            }
        },
        refusal=_message_error,
    ),
    "ollama": Rules(
        routes={
            "/api/show": _fields("model verbose"),
            "/api/generate": _fields("model prompt suffix raw stream logprobs think keep_alive", options=_OPTIONS),
            "/api/chat": _fields("model stream think keep_alive tools", options=_OPTIONS, messages=_OLLAMA_CHAT),
        },
        refusal=lambda name: {"error": f"unknown field {name}"},
    ),
    "lmstudio": Rules(
        routes={"/v1/completions": _TEXT, "/v1/chat/completions": _CHAT},
        refusal=lambda name: {"error": f"Unrecognized key(s) in object: '{name}'"},
    ),
    "openai-compatible": Rules(routes={"/completions": _TEXT, "/chat/completions": _CHAT}, refusal=_message_error),
    "llama-server": Rules(routes=_LLAMA_ROUTES, refusal=_message_error),
    "llama-server-ngram-mod": Rules(routes=_LLAMA_ROUTES, refusal=_message_error),
    "vllm": Rules(
        routes={
            "/tokenize": _TOKENIZE,
            "/v1/completions": {
                **_TEXT,
                **_fields(
                    "prompt_logprobs return_token_ids add_special_tokens cache_salt",
                    structured_outputs=_fields("regex"),
                ),
            },
            "/v1/chat/completions": _CHAT,
        },
        refusal=_message_error,
    ),
    "sglang": Rules(
        routes={
            "/tokenize": _TOKENIZE,
            "/generate": _fields(
                "text input_ids stream return_logprob logprob_start_len top_logprobs_num return_text_in_logprobs",
                sampling_params=_SAMPLING,
            ),
            "/v1/chat/completions": _CHAT,
        },
        refusal=_flat_error,
    ),
}
"""One strict server a provider."""
