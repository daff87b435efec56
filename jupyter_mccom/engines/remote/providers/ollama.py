"""Ollama (`ollama_cloud.py`, which names the source of its shapes)."""

from __future__ import annotations

from ..json_answers import texts_in
from ..ollama_cloud import OllamaCloud
from .provider import Provider, root_of

OLLAMA = Provider(
    id="ollama",
    name="Ollama",
    url="http://127.0.0.1:11434",
    needs_key=False,
    models_path="/api/tags",
    example_model="qwen2.5-coder:7b",
    engine=OllamaCloud,
    model_names=lambda answer: texts_in(answer, "models", "name"),
    base=root_of,
)
