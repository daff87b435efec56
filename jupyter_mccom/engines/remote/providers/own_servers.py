"""Servers that people run for themselves or a team: llama.cpp, vLLM and SGLang. Each counts tokens and has a chat.

Sources: llama.cpp's server README; docs.vllm.ai (`completion.protocol`, `tokenize`); docs.sglang.ai (native API),
November 2026. Addresses are written with or without `/v1`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..chat_completions import ChatCompletions
from ..checking_servers import CheckingServer, SgLang, Vllm, lengths
from ..cloud_engine import CloudEngine, CloudModel
from ..llama_server import LlamaServerCloud, marker_lengths
from ..undecided import decided
from ..verify import Verifying
from .provider import Provider, root_of

_chat = partial(ChatCompletions, path="/v1/chat/completions")


def _llama(seeds: bool) -> Callable[[CloudModel], CloudEngine]:
    return lambda model: decided(
        model, marker_lengths(model.client), lambda found: LlamaServerCloud(found, seeds=seeds), _chat
    )


def _verifying(server: Callable[[CloudModel], CheckingServer]) -> Callable[[CloudModel], CloudEngine]:
    return lambda model: decided(model, lengths(model), lambda found: Verifying(found, server(found)), _chat)


LLAMA_SERVER = Provider(
    id="llama-server",
    name="llama.cpp",
    needs_key=False,
    models_path="/v1/models",
    example_model="qwen2.5-coder-7b",
    engine=_llama(seeds=False),
    base=root_of,
)
LLAMA_SERVER_NGRAM_MOD = Provider(
    id="llama-server-ngram-mod",
    name="llama.cpp with ngram-mod",
    needs_key=False,
    models_path="/v1/models",
    example_model="qwen2.5-coder-7b",
    draft="seeding",
    engine=_llama(seeds=True),
    base=root_of,
)
VLLM = Provider(
    id="vllm",
    name="vLLM",
    needs_key=False,
    models_path="/v1/models",
    example_model="Qwen/Qwen2.5-Coder-7B",
    draft="verification",
    engine=_verifying(Vllm),
    base=root_of,
)
SGLANG = Provider(
    id="sglang",
    name="SGLang",
    needs_key=False,
    models_path="/v1/models",
    example_model="Qwen/Qwen2.5-Coder-7B",
    draft="verification",
    engine=_verifying(SgLang),
    base=root_of,
)
