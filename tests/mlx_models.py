"""MLX model folders for tests: real models converted from their GGUF files, whole or cut down to be quick.

`python -m tests.mlx_models FILE FOLDER` writes a model's weights as 32-bit numbers, as an MLX folder and, beside it, as
a GGUF file, so that both engines can be asked about the same weights.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from gguf import ReaderTensor

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
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
}
_OF_VOCABULARY = ("token_embd.weight", "output.weight")
"""Tensors with a row for each token."""
_CONTROL_TOKEN = 3
"""GGUF's type of a special token."""
_WHOLE = sys.maxsize
_CONVERSION = 1
"""Raised when what `convert` writes changes: folders that were kept are made anew."""
_QWEN_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""Where Qwen2 splits a text before it makes tokens of the parts."""


class _File:
    """A GGUF file, of which the first layers and the first tokens of the vocabulary are wanted."""

    def __init__(self, path: Path, n_layers: int, n_tokens: int) -> None:
        from gguf import GGUFReader

        self.reader = GGUFReader(path)
        self.architecture: str = self.told("general.architecture")
        self.n_layers = min(n_layers, self.told(f"{self.architecture}.block_count"))
        self._n_tokens = n_tokens

    def told(self, name: str) -> Any:
        """A value of the file's metadata."""
        field = self.reader.fields[name]
        return field.contents()

    def number(self, name: str) -> Any:
        """A value that the architecture has."""
        return self.told(f"{self.architecture}.{name}")

    def tensors(self) -> Iterable[ReaderTensor]:
        """The tensors of the wanted layers, and those in no layer."""
        for tensor in self.reader.tensors:
            if not tensor.name.startswith("blk.") or int(tensor.name.split(".")[1]) < self.n_layers:
                yield tensor

    def dense(self, tensor: ReaderTensor) -> np.ndarray[Any, Any]:
        """A tensor as 32-bit numbers."""
        from gguf import dequantize

        rows = dequantize(tensor.data, tensor.tensor_type)
        return rows[: len(self.tokens)] if tensor.name in _OF_VOCABULARY else rows

    @cached_property
    def tokens(self) -> list[str]:
        """The wanted tokens."""
        return list(self.told("tokenizer.ggml.tokens")[: self._n_tokens])

    @cached_property
    def kinds(self) -> list[int]:
        """GGUF's type of each of them."""
        return list(self.told("tokenizer.ggml.token_type")[: self._n_tokens])

    @cached_property
    def merges(self) -> list[str]:
        """The merges that make wanted tokens."""
        tokens = frozenset(self.tokens)
        return [merge for merge in self.told("tokenizer.ggml.merges") if merge.replace(" ", "") in tokens]


def convert(gguf: Path, folder: Path, *, n_layers: int = _WHOLE, n_tokens: int = _WHOLE) -> Path:
    """A file as an MLX folder with 32-bit weights: all of it, or its first layers and tokens of its vocabulary.

    A cut model writes nonsense, but is as sure of it as a whole one: ties stay rare.
    """
    import mlx.core as mx

    file = _File(gguf, n_layers, n_tokens)
    config = _config(file)
    found: dict[str, Any] = {}
    for tensor in file.tensors():
        rows, heads = file.dense(tensor), 0
        if file.architecture == "llama" and (".attn_q." in tensor.name or ".attn_k." in tensor.name):
            heads = config["num_attention_heads" if ".attn_q." in tensor.name else "num_key_value_heads"]
        found[_hf_name(tensor.name)] = mx.array(_unpermuted(rows, heads) if heads else rows)
    folder.mkdir(parents=True, exist_ok=True)
    mx.save_safetensors(str(folder / "model.safetensors"), found)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text(_tokenizer(file))
    return folder


def kept_folder(gguf: Path, sha256: str, cache: Path) -> Path:
    """The whole file as an MLX folder, which is made once and lies in `cache`."""
    folder = cache / f"{gguf.stem}-{sha256[:12]}-{_CONVERSION}"
    if not folder.is_dir():
        begun = convert(gguf, cache / f"{folder.name}.{os.getpid()}")
        if folder.is_dir():  # another process was quicker
            shutil.rmtree(begun)
        else:
            os.replace(begun, folder)
    return folder


def cut(
    gguf: Path, to: Path, *, n_layers: int = _WHOLE, n_tokens: int = _WHOLE, architecture: str | None = None
) -> Path:
    """The first layers and tokens, or all, as a GGUF file of 32-bit weights that says that it is of `architecture`."""
    from gguf import GGUFWriter

    file = _File(gguf, n_layers, n_tokens)
    changed = {
        f"{file.architecture}.block_count": file.n_layers,
        "general.file_type": 0,
        "tokenizer.ggml.tokens": file.tokens,
        "tokenizer.ggml.token_type": file.kinds,
        "tokenizer.ggml.merges": file.merges,
    }
    if f"{file.architecture}.vocab_size" in file.reader.fields:
        changed[f"{file.architecture}.vocab_size"] = len(file.tokens)
    writer = GGUFWriter(to, architecture or file.architecture)
    for name, field in file.reader.fields.items():
        if not name.startswith("GGUF.") and name != "general.architecture":
            kind, of = field.types[0], field.types[-1] if len(field.types) > 1 else None
            writer.add_key_value(name, changed.get(name, field.contents()), kind, sub_type=of)
    for tensor in file.tensors():
        writer.add_tensor(tensor.name, file.dense(tensor))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return to


def _unpermuted(rows: np.ndarray[Any, Any], n_heads: int) -> np.ndarray[Any, Any]:
    """llama.cpp interleaves the two halves of each of Llama's rotary heads."""
    n_rows, columns = rows.shape
    halves: np.ndarray[Any, Any] = rows.reshape(n_heads, n_rows // n_heads // 2, 2, columns).swapaxes(1, 2)
    return halves.reshape(n_rows, columns)


def _hf_name(name: str) -> str:
    *block, part, kind = name.split(".")
    return ".".join(("model.layers", block[1], _HF_NAMES[part], kind) if block else (_HF_NAMES[part], kind))


def _config(file: _File) -> dict[str, Any]:
    return {
        "model_type": file.architecture,
        "hidden_size": file.number("embedding_length"),
        "num_hidden_layers": file.n_layers,
        "intermediate_size": file.number("feed_forward_length"),
        "num_attention_heads": file.number("attention.head_count"),
        "num_key_value_heads": file.number("attention.head_count_kv"),
        "rms_norm_eps": file.number("attention.layer_norm_rms_epsilon"),
        "rope_theta": file.number("rope.freq_base"),
        "vocab_size": len(file.tokens),
        "max_position_embeddings": file.number("context_length"),
        "tie_word_embeddings": all(tensor.name != "output.weight" for tensor in file.reader.tensors),
        "eos_token_id": file.told("tokenizer.ggml.eos_token_id"),
    }


def _tokenizer(file: _File) -> str:
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

    vocabulary = {token: number for number, token in enumerate(file.tokens)}
    merges: list[Any] = [tuple(merge.split(" ")) for merge in file.merges]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    qwen = file.architecture == "qwen2"
    split: Any = (
        pre_tokenizers.Split(Regex(_QWEN_WORDS), "isolated") if qwen else pre_tokenizers.Digits(individual_digits=True)
    )
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=not qwen)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, level])
    tokenizer.decoder = decoders.ByteLevel()
    special = [token for token, kind in zip(file.tokens, file.kinds, strict=True) if kind == _CONTROL_TOKEN]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    text: str = tokenizer.to_str()
    return text


def main(arguments: Sequence[str]) -> None:
    """Writes the folder and the file that are named."""
    gguf, folder = map(Path, arguments)
    convert(gguf, folder)
    cut(gguf, folder.with_suffix(".gguf"))


if __name__ == "__main__":
    main(sys.argv[1:])
