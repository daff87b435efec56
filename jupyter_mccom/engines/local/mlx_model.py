"""An MLX model and its cache: a decoding.Decoder over mlx-lm's models and a tokenizer's JSON.

All but `encode`, `piece` and `ends` is for the one thread that made it. Knows nothing of processes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ...errors import EngineError
from ..decoding.constrain import Ids
from ..decoding.decoding import Allowed, NextToken

_HEAD_TOKENS = 16
"""More tokens than that, of which no choice is wanted, are evaluated apart: the vocabulary is not scored at them."""
_MARKER = re.compile("<[|｜].+[|｜]>")
"""Added tokens of this shape are markers, as special ones are: a model that writes one has come to its end of text."""
_BYTE = re.compile("<0x([0-9A-F]{2})>")
_SPACE = "\N{LOWER ONE EIGHTH BLOCK}"
"""How SentencePiece writes a space."""


class MlxModel:
    """`folder` holds `config.json`, `model*.safetensors` and `tokenizer.json`; one sequence is in the cache.

    Raises ValueError for an architecture that mlx-lm does not know, OSError or RuntimeError for files that are not
    what they should be.
    """

    n_batch = 128
    max_outputs = _HEAD_TOKENS + 1

    def __init__(self, folder: Path, *, context_tokens: int) -> None:
        from mlx_lm.models.cache import make_prompt_cache
        from mlx_lm.utils import load_model
        from tokenizers import Tokenizer

        told = (folder / "tokenizer.json").read_text(encoding="utf-8")
        try:
            self._marked, self._plain = Tokenizer.from_str(told), Tokenizer.from_str(told)
        except Exception as error:
            raise ValueError(f"its tokenizer.json is none ({error})") from error
        self._plain.encode_special_tokens = True
        self._model, config = load_model(folder)
        self._new_cache: Callable[[], list[Any]] = lambda: make_prompt_cache(self._model)
        self._cache = self._new_cache()
        self._n_cached = 0
        self.n_context = context_tokens
        self._ends = _end_ids(self._marked, config)
        self._bytes_of = _bytes_of(self._marked)
        self._scores: Any = None
        """Scores of the whole vocabulary after the last token that was evaluated."""

    def encode(self, text: str, *, special: bool) -> list[int]:
        """Tokens of `text`; with `special` markers in it are one token each, and what begins a text is added."""
        tokenizer = self._marked if special else self._plain
        ids: list[int] = tokenizer.encode(text, add_special_tokens=special).ids
        return ids

    def piece(self, token: int) -> bytes:
        """The token's text; may end inside a character."""
        return self._bytes_of(token)

    def ends(self, token: int) -> bool:
        """True when the token ends a text."""
        return token in self._ends

    def pieces(self) -> Iterator[tuple[bytes, int]]:
        """The text of each token, as `decoding.Decoder.pieces`."""
        added = self._marked.get_added_tokens_decoder()
        for token in range(self._marked.get_vocab_size(with_added_tokens=False)):
            piece = b"" if token in added or token in self._ends else self._bytes_of(token)
            if piece:
                yield piece, token

    def among(self, ids: Ids) -> Allowed:
        """The best of some tokens, as `decoding.Decoder.among`."""
        import mlx.core as mx

        of_ids = self._scores[mx.array(ids.tolist())]
        at, best, allowed, whole = mx.argmax(of_ids), mx.max(of_ids), mx.logsumexp(of_ids), mx.logsumexp(self._scores)
        prob, share = mx.exp(best - whole), mx.exp(best - allowed)
        return Allowed(token=ids[at.item()], prob=min(1.0, prob.item()), share=min(1.0, share.item()))

    def keep(self, n_tokens: int) -> int:
        """Forgets all but the first `n_tokens`; returns how many are left, 0 where a model's cache cannot be cut."""
        from mlx_lm.models.cache import can_trim_prompt_cache, trim_prompt_cache

        if n_tokens < self._n_cached and can_trim_prompt_cache(self._cache):
            trim_prompt_cache(self._cache, self._n_cached - n_tokens)
            self._n_cached = n_tokens
        elif n_tokens < self._n_cached:
            self._cache, self._n_cached = self._new_cache(), 0
        return self._n_cached

    def decode(self, tokens: Sequence[int], at: int, n_last: int, gone: Callable[[], bool]) -> list[NextToken]:
        """Evaluates tokens, as `decoding.Decoder.decode`; `gone` is asked between batches only, by who calls.

        Raises EngineError when MLX fails, and has forgotten all then.
        """
        assert at == self._n_cached
        try:
            if len(tokens) - n_last >= _HEAD_TOKENS:
                self._read(tokens[:-n_last])
                tokens = tokens[-n_last:]
            return self._chosen(tokens, n_last)
        except (RuntimeError, ValueError) as error:  # MLX's own: out of memory, a shape that cannot be
            self._cache, self._n_cached = self._new_cache(), 0
            raise EngineError(f"the model could not evaluate {len(tokens)} tokens ({error})") from error

    def _read(self, tokens: Sequence[int]) -> None:
        """Evaluates without scoring the vocabulary."""
        import mlx.core as mx

        self._model(mx.array(tokens)[None], cache=self._cache)
        mx.eval([part.state for part in self._cache])
        mx.clear_cache()
        self._n_cached += len(tokens)

    def _chosen(self, tokens: Sequence[int], n_last: int) -> list[NextToken]:
        import mlx.core as mx

        scores = self._model(mx.array(tokens)[None], cache=self._cache)[0, -n_last:].astype(mx.float32)
        best = mx.argmax(scores, axis=-1)
        probs = mx.exp(mx.max(scores, axis=-1) - mx.logsumexp(scores, axis=-1))
        self._scores = scores[-1]
        mx.eval(best, probs, self._scores)
        self._n_cached += len(tokens)
        pairs = zip(best.tolist(), probs.tolist(), strict=True)
        return [NextToken(token=token, prob=min(1.0, prob)) for token, prob in pairs]


def _end_ids(tokenizer: Any, config: dict[str, Any]) -> frozenset[int]:
    told = config.get("eos_token_id")
    ends = told if isinstance(told, list) else [] if told is None else [told]
    added = tokenizer.get_added_tokens_decoder()
    return frozenset(ends) | {
        token_id for token_id, token in added.items() if token.special or _MARKER.fullmatch(token.content)
    }


def _bytes_of(tokenizer: Any) -> Callable[[int], bytes]:
    """Bytes of a token: by the alphabet of byte-level tokenizers, or as SentencePiece writes them."""
    special = tokenizer.get_added_tokens_decoder()
    added: dict[int, bytes] = {number: token.content.encode() for number, token in special.items()}
    byte_level = '"ByteLevel"' in json.dumps(json.loads(tokenizer.to_str())["decoder"])
    alphabet = _alphabet() if byte_level else {}

    def bytes_of(number: int) -> bytes:
        text: str = tokenizer.id_to_token(number) or ""
        if number in added:
            return added[number]
        if byte_level:
            return bytes(alphabet[char] for char in text)
        if found := _BYTE.fullmatch(text):
            return bytes([int(found[1], 16)])
        return text.replace(_SPACE, " ").encode()

    return bytes_of


def _alphabet() -> dict[str, int]:
    """The character that stands for each byte: itself where it can be printed, else one from U+0100 on (GPT-2)."""
    printed = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printed]
    return {chr(byte): byte for byte in printed} | {chr(0x100 + at): byte for at, byte in enumerate(others)}
