"""An MLX model and its cache: text in, greedy tokens with probabilities out. All calls come from one thread.

The loop is our own: mlx-lm's takes no draft from a caller and looks at a cancel only every 2,048 tokens of a prompt.
Knows nothing of processes or HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

from ..types import DraftCheck, Token

_PREFILL_STEP = 128
"""Prompt tokens evaluated between two looks at `wanted`, as in llama.cpp's child."""
_HEAD_TOKENS = 16
"""Most prompt tokens of the pass that writes: the vocabulary is scored at each of its positions."""
_END = re.compile("<.+>", re.DOTALL)
"""Added tokens of this shape are markers; a model that writes one has come to its end of text."""
_UNFINISHED = "\ufffd"


class TooLong(Exception):
    """The prompt has `n_tokens`, more than the context holds."""

    def __init__(self, n_tokens: int) -> None:
        super().__init__(n_tokens)
        self.n_tokens = n_tokens


class MlxModel:
    """`folder` holds `config.json`, `model*.safetensors` and `tokenizer.json`.

    Raises ValueError for an architecture that mlx-lm does not know, OSError or RuntimeError for files that are not
    what they should be.
    """

    def __init__(self, folder: Path, *, context_tokens: int) -> None:
        from mlx_lm.models.cache import make_prompt_cache
        from mlx_lm.utils import load_model
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._model, config = load_model(folder)
        self._new_cache: Callable[[], list[Any]] = lambda: make_prompt_cache(self._model)
        self._cache = self._new_cache()
        self._ids: list[int] = []
        self._context_tokens = context_tokens
        self._ends = _end_ids(self._tokenizer, config)

    def count(self, text: str, *, special: bool) -> int:
        """Tokens of a text; with `special` a marker in it is one token."""
        return len(self._encoded(text, special=special))

    def generate(self, prompt: str, *, max_tokens: int, draft: str, wanted: Callable[[], bool]) -> Iterator[Token]:
        """Greedy tokens until the model's end of text; the run of `draft` that is its own choice costs one pass.

        With a draft each token says what became of it.

        `wanted` is asked before each pass; when it says no the iterator ends. Raises TooLong.
        """
        ids = self._tokenizer.encode(prompt).ids
        if not ids:
            return  # an empty cell, and a model that begins with no token of its own
        room = min(max_tokens, self._context_tokens - len(ids))
        if room < 1:
            raise TooLong(len(ids))
        rest = ids[self._reused(ids) :]
        n_evaluated = len(rest)
        while len(rest) > _HEAD_TOKENS and wanted():
            n_now = min(_PREFILL_STEP, len(rest) - _HEAD_TOKENS)
            self._prefill(rest[:n_now])
            rest = rest[n_now:]
        spoken = _Speech(self._tokenizer, ids)
        given = self._encoded(draft, special=False)[: room - 1] if self._trimmable else []
        check, n_written, n_passes = None, 0, 0
        while n_written < room and wanted():
            found = self._passed(rest, given)
            n_passes += 1
            if given:
                check = DraftCheck(offered=len(given), accepted=len(found) - 1)
            check = check and replace(check, passes=n_passes)
            for number, (token_id, prob) in enumerate(found):
                if token_id in self._ends:
                    return
                text, from_draft = spoken.next(token_id), number < len(found) - 1
                yield Token(text=text, prob=prob, from_draft=from_draft, n_evaluated=n_evaluated, check=check)
                n_written, n_evaluated, rest = n_written + 1, 1, [token_id]
            given = []

    def forget(self) -> None:
        """Drops the cache."""
        self._cache, self._ids = self._new_cache(), []

    def _encoded(self, text: str, *, special: bool) -> list[int]:
        self._tokenizer.encode_special_tokens = not special
        try:
            ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
            return ids
        finally:
            self._tokenizer.encode_special_tokens = False

    @property
    def _trimmable(self) -> bool:
        from mlx_lm.models.cache import can_trim_prompt_cache

        return bool(can_trim_prompt_cache(self._cache))

    def _reused(self, ids: Sequence[int]) -> int:
        """Leaves in the cache what it shares with `ids`, its last token aside, whose scores are needed."""
        pairs = zip(self._ids, ids[:-1], strict=False)
        n_same = len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
        self._trim(len(self._ids) - n_same)
        return len(self._ids)

    def _trim(self, n_tokens: int) -> None:
        """Takes tokens off the cache's end; all of them where such a cache can lose only all."""
        from mlx_lm.models.cache import trim_prompt_cache

        if n_tokens == 0:
            return
        if self._trimmable:
            trim_prompt_cache(self._cache, n_tokens)
            del self._ids[len(self._ids) - n_tokens :]
        else:
            self.forget()

    def _prefill(self, ids: Sequence[int]) -> None:
        """Evaluates prompt tokens without scoring the vocabulary."""
        import mlx.core as mx

        self._model(mx.array(ids)[None], cache=self._cache)
        mx.eval([part.state for part in self._cache])
        mx.clear_cache()
        self._ids += ids

    def _passed(self, ids: Sequence[int], draft: Sequence[int]) -> list[tuple[int, float]]:
        """One pass over `ids` and a draft: the drafted tokens that are the model's own, and the one after them.

        Each with its probability. Only what was right stays in the cache.
        """
        import mlx.core as mx

        scores = self._model(mx.array([*ids, *draft])[None], cache=self._cache)[0, len(ids) - 1 :].astype(mx.float32)
        best = mx.argmax(scores, axis=-1)
        probs = mx.exp(mx.max(scores, axis=-1) - mx.logsumexp(scores, axis=-1))
        mx.eval(best, probs)
        self._ids += [*ids, *draft]
        found: list[int] = best.tolist()
        n_right = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(draft, found, strict=False))))
        self._trim(len(draft) - n_right)
        return [(token_id, min(1.0, prob)) for token_id, prob in zip(found, probs.tolist(), strict=True)][: n_right + 1]


class _Speech:
    """Token ids → text, a character at a time: one that is unfinished waits for the token that completes it."""

    def __init__(self, tokenizer: Any, ids: Sequence[int]) -> None:
        from tokenizers.decoders import DecodeStream

        self._tokenizer = tokenizer
        self._stream = DecodeStream(ids=list(ids[-_HEAD_TOKENS:]), skip_special_tokens=False)

    def next(self, token_id: int) -> str:
        return (self._stream.step(self._tokenizer, token_id) or "").replace(_UNFINISHED, "")


def _end_ids(tokenizer: Any, config: dict[str, Any]) -> frozenset[int]:
    told = config.get("eos_token_id")
    ends = told if isinstance(told, list) else [] if told is None else [told]
    added = tokenizer.get_added_tokens_decoder()
    return frozenset(ends) | {token_id for token_id, token in added.items() if _END.fullmatch(token.content)}
