"""Engines of every dialect over the strict model (`tests/strict_model.py`), and prompts as the cascade cuts them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

from jupyter_mccom.cascade.text.heal import heal
from jupyter_mccom.compose.local_tier import known_markers
from jupyter_mccom.engines.remote.cloud_engine import CloudEngine
from jupyter_mccom.engines.remote.providers.table import open_cloud
from jupyter_mccom.engines.remote.server_engine import ServerEngine
from jupyter_mccom.models.catalog import FIM_TEMPLATES, family_fim
from jupyter_mccom.protocols import Engine
from jupyter_mccom.types import Prompt, Token
from tests.cloud_server import CloudServer
from tests.provider_rules import KEY, RULES
from tests.strict_model import StrictModel, playing

ABOVE = "import numpy as np\nvalues = [1, 2]\n"
LOCAL = {"local llama.cpp": "llama.cpp", "local Ollama": "ollama", "local LM Studio": "lm-studio"}
CLOUDS = {
    "llama-server": ("llama-server", "qwen2.5-coder-7b"),
    "llama-server-ngram-mod": ("llama-server-ngram-mod", "qwen2.5-coder-7b"),
    "vllm": ("vllm", "Qwen/Qwen2.5-Coder-7B"),
    "sglang": ("sglang", "Qwen/Qwen2.5-Coder-7B"),
    "vllm, probed": ("vllm", "large"),
    "sglang, probed": ("sglang", "large"),
    "llama-server, probed": ("llama-server", ""),
    "fireworks": ("fireworks", "accounts/fireworks/models/qwen2p5-coder-32b"),
    "mistral": ("mistral", "codestral-latest"),
    "deepseek": ("deepseek", "deepseek-v4-pro"),
    "ollama": ("ollama", "qwen2.5-coder:7b"),
    "ollama, suffix": ("ollama", "can-insert"),
    "lmstudio": ("lmstudio", "qwen2.5-coder-7b"),
    "lmstudio, suffix": ("lmstudio", "large"),
    "openai-compatible": ("openai-compatible", "large"),
    "openai": ("openai", "gpt-4.1-mini"),
    "openai, GPT-5": ("openai", "gpt-5-mini"),
    "openai, GPT-5.4": ("openai", "gpt-5.4"),
    "openai, o3": ("openai", "o3-mini"),
    "azure": ("azure", "gpt-4.1"),
    "anthropic": ("anthropic", "claude-haiku-4-5"),
    "anthropic, 5": ("anthropic", "claude-sonnet-5"),
    "gemini": ("gemini", "gemini-2.5-flash"),
    "gemini, 3": ("gemini", "gemini-3.8-flash"),
    "openrouter": ("openrouter", "openai/gpt-4.1-mini"),
    "fireworks, chat": ("fireworks", "accounts/fireworks/models/kimi-k3"),
    "mistral, chat": ("mistral", "mistral-large-latest"),
    "ollama, chat": ("ollama", "llama3.1"),
}
"""Each form of a provider: its id and the model."""
HEALING = [
    *("local llama.cpp", "llama-server", "llama-server-ngram-mod", "vllm", "sglang"),
    *("vllm, probed", "sglang, probed", "llama-server, probed"),
]
PLAIN = [
    *("local Ollama", "local LM Studio", "fireworks", "mistral", "deepseek", "ollama", "ollama, suffix"),
    *("lmstudio", "lmstudio, suffix", "openai-compatible"),
]
CHATS = [
    *("openai", "openai, GPT-5", "openai, GPT-5.4", "openai, o3", "azure", "anthropic", "anthropic, 5", "gemini"),
    *("gemini, 3", "openrouter", "fireworks, chat", "mistral, chat", "ollama, chat"),
]
PREDICTING = ["openai", "azure", "openrouter", "fireworks, chat", "mistral, chat"]
"""Chats whose provider documents a prediction for the model."""
CHECKING = ["llama-server-ngram-mod", "vllm", "sglang"]
ALL = [*HEALING, *PLAIN, *CHATS]


@asynccontextmanager
async def opened(kind: str, model: StrictModel) -> AsyncGenerator[tuple[Engine, CloudServer], None]:
    """An engine of a kind over a server that plays the model."""
    provider, name = CLOUDS.get(kind, ("", ""))
    async with playing(model, LOCAL.get(kind, ""), RULES.get(provider)) as server:
        engine: Engine
        if kind in LOCAL:
            engine = ServerEngine(
                server.url, name="", key=lambda: "", known=known_markers, probed=FIM_TEMPLATES, context_tokens=4096
            )
        else:
            engine = cloud_at(provider, server.url, name, read_s=20)
        try:
            yield engine, server
        finally:
            await engine.aclose()


def cloud_at(provider: str, url: str, model: str, *, read_s: float) -> CloudEngine:
    """A provider's engine as the settings open it, with the strict servers' key."""
    return open_cloud(
        provider,
        url=url,
        model=model,
        key=lambda: KEY,
        fim=family_fim(model),
        known=FIM_TEMPLATES,
        connect_s=10,
        read_s=read_s,
    )


def prompt_at(line: str, cursor: int, above: str = ABOVE) -> Prompt:
    """The prompt as the cascade cuts it."""
    cut = heal(line[:cursor])
    own = (above + line[:cursor], "\n")
    return Prompt(chunks=(), prefix=above, typed=cut.typed, forced=cut.forced, suffix="\n", own=own, session="s-1")


async def all_of(engine: Engine, prompt: Prompt, draft: str = "", max_tokens: int = 64) -> list[Token]:
    """The whole answer of an engine."""
    async with aclosing(engine.generate(prompt, max_tokens=max_tokens, draft=draft)) as tokens:
        return [token async for token in tokens]
