"""Engines of every dialect over the strict model (`tests/strict_model.py`), and prompts as the cascade cuts them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

from jupyter_mccom.cascade.text.heal import heal
from jupyter_mccom.compose.local_tier import known_markers
from jupyter_mccom.engines.remote.dialects import open_cloud
from jupyter_mccom.engines.remote.server_engine import ServerEngine
from jupyter_mccom.models.catalog import FIM_TEMPLATES, QWEN_FIM
from jupyter_mccom.protocols import Engine
from jupyter_mccom.types import Prompt, Token
from tests.cloud_server import CloudServer
from tests.strict_model import StrictModel, playing

ABOVE = "import numpy as np\nvalues = [1, 2]\n"
LOCAL = {"local llama.cpp": "llama.cpp", "local Ollama": "ollama", "local LM Studio": "lm-studio"}
HEALING = ["local llama.cpp", "llama-server", "llama-server-ngram-mod", "vllm", "sglang"]
PLAIN = ["local Ollama", "local LM Studio", "fireworks", "mistral", "deepseek"]
CHAT = "openai"
CHECKING = ["llama-server-ngram-mod", "vllm", "sglang"]
ALL = [*HEALING, *PLAIN, CHAT]


@asynccontextmanager
async def opened(kind: str, model: StrictModel) -> AsyncGenerator[tuple[Engine, CloudServer], None]:
    """An engine of a kind over a server that plays the model."""
    async with playing(model, LOCAL.get(kind, "")) as server:
        engine: Engine
        if kind in LOCAL:
            engine = ServerEngine(
                server.url, name="", key=lambda: "", known=known_markers, probed=FIM_TEMPLATES, context_tokens=4096
            )
        else:
            engine = open_cloud(kind, url=server.url, model="m", key=lambda: "k", fim=QWEN_FIM, connect_s=10, read_s=20)
        try:
            yield engine, server
        finally:
            await engine.aclose()


def prompt_at(line: str, cursor: int, above: str = ABOVE) -> Prompt:
    """The prompt as the cascade cuts it."""
    cut = heal(line[:cursor])
    own = (above + line[:cursor], "\n")
    return Prompt(chunks=(), prefix=above, typed=cut.typed, forced=cut.forced, suffix="\n", own=own, session="s-1")


async def all_of(engine: Engine, prompt: Prompt, draft: str = "", max_tokens: int = 64) -> list[Token]:
    """The whole answer of an engine."""
    async with aclosing(engine.generate(prompt, max_tokens=max_tokens, draft=draft)) as tokens:
        return [token async for token in tokens]
