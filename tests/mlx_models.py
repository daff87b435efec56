"""MLX model folders for tests: the small real model converted from its GGUF file, whole or cut down to be quick.

MLX reads Q4_1; the tokenizer is made of the file's own metadata.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_HF_NAMES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}
_CONTROL_TOKEN = 3
"""GGUF's type of a special token."""


def convert(gguf: Path, folder: Path, *, n_layers: int = 30, n_tokens: int = 49_152) -> Path:
    """The SmolLM2 file as an MLX folder with 32-bit weights: its first layers, and the first tokens of its vocabulary.

    A cut model writes nonsense, but is as sure of it as a whole one: ties stay rare.
    """
    import mlx.core as mx

    weights, metadata = mx.load(str(gguf), return_metadata=True)
    config = _config(metadata) | {"num_hidden_layers": n_layers, "vocab_size": n_tokens}
    found: dict[str, Any] = {}
    for name in _names(weights, n_layers):
        layer, heads = _dense(weights, name.removesuffix(".weight")), 0
        if ".attn_q." in name or ".attn_k." in name:
            heads = config["num_attention_heads" if ".attn_q." in name else "num_key_value_heads"]
        found[_hf_name(name)] = _unpermuted(layer, heads) if heads else layer
    found["model.embed_tokens.weight"] = found["model.embed_tokens.weight"][:n_tokens]
    folder.mkdir(parents=True, exist_ok=True)
    mx.save_safetensors(str(folder / "model.safetensors"), found)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text(_tokenizer(metadata, n_tokens))
    return folder


def cut(gguf: Path, to: Path, *, n_layers: int, n_tokens: int, architecture: str = "llama") -> Path:
    """The first layers and tokens as a GGUF file of 32-bit weights, which says that it is of an architecture."""
    import mlx.core as mx

    weights, metadata = mx.load(str(gguf), return_metadata=True)
    kept = {name: _dense(weights, name.removesuffix(".weight")) for name in _names(weights, n_layers)}
    kept["token_embd.weight"] = kept["token_embd.weight"][:n_tokens]
    tokens = metadata["tokenizer.ggml.tokens"][:n_tokens]
    told = metadata | {
        "general.architecture": architecture,
        "llama.block_count": mx.array(n_layers, dtype=mx.uint32),
        "llama.vocab_size": mx.array(n_tokens, dtype=mx.uint32),
        "general.file_type": mx.array(0, dtype=mx.uint32),
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": metadata["tokenizer.ggml.token_type"][:n_tokens],
        "tokenizer.ggml.merges": _merges(metadata, frozenset(tokens)),
    }
    mx.save_gguf(str(to), kept, told)
    return to


def _names(weights: Any, n_layers: int) -> list[str]:
    """The names of the tensors in the first layers, and of those in no layer."""
    names: list[str] = [name for name in weights if name.endswith(".weight")]
    return sorted(name for name in names if not name.startswith("blk.") or int(name.split(".")[1]) < n_layers)


def _merges(metadata: Any, tokens: frozenset[str]) -> list[str]:
    return [merge for merge in metadata["tokenizer.ggml.merges"] if merge.replace(" ", "") in tokens]


def _dense(weights: Any, name: str) -> Any:
    import mlx.core as mx

    weight = weights[f"{name}.weight"]
    if f"{name}.scales" in weights:
        scales = weights[f"{name}.scales"]  # one for 32 numbers, which lie in `bits` words of 32 bits
        bits = weight.shape[-1] // scales.shape[-1]
        weight = mx.dequantize(weight, scales, weights[f"{name}.biases"], group_size=32, bits=bits)
    return weight.astype(mx.float32)


def _unpermuted(weight: Any, n_heads: int) -> Any:
    """llama.cpp interleaves the two halves of each rotary head."""
    rows, columns = weight.shape
    return weight.reshape(n_heads, rows // n_heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def _hf_name(name: str) -> str:
    if name.startswith("blk."):
        _, number, part, kind = name.split(".")
        return f"model.layers.{number}.{_HF_NAMES[part]}.{kind}"
    return {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight"}[name]


def _config(metadata: Any) -> dict[str, Any]:
    def number(name: str) -> Any:
        return metadata[f"llama.{name}"].item()

    return {
        "model_type": "llama",
        "hidden_size": number("embedding_length"),
        "num_hidden_layers": number("block_count"),
        "intermediate_size": number("feed_forward_length"),
        "num_attention_heads": number("attention.head_count"),
        "num_key_value_heads": number("attention.head_count_kv"),
        "rms_norm_eps": number("attention.layer_norm_rms_epsilon"),
        "rope_theta": number("rope.freq_base"),
        "vocab_size": number("vocab_size"),
        "max_position_embeddings": number("context_length"),
        "tie_word_embeddings": True,
        "eos_token_id": metadata["tokenizer.ggml.eos_token_id"].item(),
    }


def _tokenizer(metadata: Any, n_tokens: int) -> str:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    tokens = metadata["tokenizer.ggml.tokens"][:n_tokens]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    merges: list[Any] = [tuple(merge.split(" ")) for merge in _merges(metadata, frozenset(tokens))]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    kinds = metadata["tokenizer.ggml.token_type"].tolist()
    special = [token for token, kind in zip(tokens, kinds, strict=False) if kind == _CONTROL_TOKEN]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    text: str = tokenizer.to_str()
    return text
