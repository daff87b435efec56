"""llama.h of the xllamacpp wheel by ctypes: a model, its cache, logits at any position. It checks itself.

The structures are those of exactly one version. `LlamaH` refuses any other, a library that does not export the C
symbols (Windows), and one whose defaults or getters disagree. Knows nothing of prompts, drafts or processes.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...errors import EngineError, EngineMissing
from ..decoding.constrain import Ids
from ..decoding.decoding import Allowed, NextToken
from .device import device_for, free_on_gpu, placed

VERSION = "2026.10.11549"
"""Version of the wheel whose llama.h (b11549) stands here; pyproject.toml pins the same."""
N_BATCH = 128
MAX_OUTPUTS = 17
"""Positions of one evaluation that give logits: a draft of 16 tokens and one more; each takes 0.6 MB of 152k logits."""
_SERVER = "the server of the same wheel is used instead"
_ABORTED = 2
_LOG_ERROR = 4
_TEXT_ATTRIBUTES = 4 | 32
"""Bits of enum llama_token_attr: NORMAL or BYTE."""
_CONTROL = 8
"""Bit of enum llama_token_attr: CONTROL, a marker."""
_PIECE_BYTES = 256
_Pointer = ctypes.c_void_p
_Abort = ctypes.CFUNCTYPE(ctypes.c_bool, _Pointer)
_Log = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, _Pointer)


def _fields(*groups: tuple[Any, str]) -> list[tuple[str, Any]]:
    return [(name, kind) for kind, names in groups for name in names.split()]


class _ModelParams(ctypes.Structure):
    """struct llama_model_params."""

    _fields_ = _fields(
        (_Pointer, "devices tensor_buft_overrides"),
        (ctypes.c_int32, "n_gpu_layers split_mode load_mode lazy_mode main_gpu"),
        (_Pointer, "tensor_split progress_callback progress_callback_user_data kv_overrides"),
        (ctypes.c_bool, "vocab_only check_tensors use_extra_bufts no_host no_alloc load_mtp"),
    )


class _ContextParams(ctypes.Structure):
    """struct llama_context_params."""

    _fields_ = _fields(
        (ctypes.c_uint32, "n_ctx n_batch n_ubatch n_seq_max n_rs_seq n_outputs_max n_outputs_max_per_seq"),
        (ctypes.c_int32, "n_threads n_threads_batch ctx_type rope_scaling_type pooling_type attention_type"),
        (ctypes.c_int32, "flash_attn_type"),
        (ctypes.c_float, "rope_freq_base rope_freq_scale yarn_ext_factor yarn_attn_factor"),
        (ctypes.c_float, "yarn_beta_fast yarn_beta_slow"),
        (ctypes.c_uint32, "yarn_orig_ctx"),
        (ctypes.c_float, "defrag_thold"),
        (_Pointer, "cb_eval cb_eval_user_data"),
        (ctypes.c_int32, "type_k type_v"),
        (ctypes.c_size_t, "moe_cache_size"),
        (_Pointer, "abort_callback abort_callback_data"),
        (ctypes.c_bool, "embeddings offload_kqv no_perf op_offload swa_full kv_unified"),
        (_Pointer, "samplers"),
        (ctypes.c_size_t, "n_samplers"),
        (_Pointer, "ctx_other"),
    )


class _Batch(ctypes.Structure):
    """The C struct `llama_batch`."""

    _fields_ = _fields((ctypes.c_int32, "n_tokens"), (_Pointer, "token embd pos n_seq_id seq_id logits"))


_MODEL_DEFAULTS = {"n_gpu_layers": -1, "split_mode": 1, "load_mode": -1, "use_extra_bufts": True, "vocab_only": False}
_CONTEXT_DEFAULTS = {
    "n_ctx": 512,
    "n_batch": 2048,
    "n_ubatch": 512,
    "n_seq_max": 1,
    "n_outputs_max_per_seq": 1,
    "rope_scaling_type": -1,
    "flash_attn_type": -1,
    "yarn_ext_factor": -1.0,
    "defrag_thold": -1.0,
    "type_k": 1,
    "type_v": 1,
    "moe_cache_size": 0,
    "embeddings": False,
    "offload_kqv": True,
    "no_perf": True,
    "swa_full": True,
    "kv_unified": False,
    "n_samplers": 0,
}
_I32, _TEXT, _BOOL = ctypes.c_int32, ctypes.c_char_p, ctypes.c_bool
_SYMBOLS: dict[str, tuple[Any, list[Any]]] = {
    "log_set": (None, [_Log, _Pointer]),
    "model_default_params": (_ModelParams, []),
    "context_default_params": (_ContextParams, []),
    "model_load_from_file": (_Pointer, [_TEXT, _ModelParams]),
    "model_free": (None, [_Pointer]),
    "init_from_model": (_Pointer, [_Pointer, _ContextParams]),
    "model_get_vocab": (_Pointer, [_Pointer]),
    "get_memory": (_Pointer, [_Pointer]),
    "n_ctx": (ctypes.c_uint32, [_Pointer]),
    "n_batch": (ctypes.c_uint32, [_Pointer]),
    "n_ubatch": (ctypes.c_uint32, [_Pointer]),
    "n_seq_max": (ctypes.c_uint32, [_Pointer]),
    "n_threads": (_I32, [_Pointer]),
    "n_threads_batch": (_I32, [_Pointer]),
    "vocab_n_tokens": (_I32, [_Pointer]),
    "vocab_is_eog": (_BOOL, [_Pointer, _I32]),
    "vocab_get_attr": (_I32, [_Pointer, _I32]),
    "tokenize": (_I32, [_Pointer, _TEXT, _I32, _Pointer, _I32, _BOOL, _BOOL]),
    "token_to_piece": (_I32, [_Pointer, _I32, _Pointer, _I32, _I32, _BOOL]),
    "decode": (_I32, [_Pointer, _Batch]),
    "get_logits_ith": (ctypes.POINTER(ctypes.c_float), [_Pointer, _I32]),
    "memory_seq_rm": (_BOOL, [_Pointer, _I32, _I32, _I32]),
    "memory_clear": (None, [_Pointer, _BOOL]),
    "set_abort_callback": (None, [_Pointer, _Abort, _Pointer]),
}
"""Result and argument types, of `llama_…`."""


def _library() -> ctypes.CDLL:
    """The library of the wheel. Raises EngineMissing unless it is that of this version."""
    try:
        found = version("xllamacpp")
    except PackageNotFoundError as error:
        raise EngineMissing(f"xllamacpp is not installed; run: {sys.executable} -m pip install xllamacpp") from error
    spec = find_spec("xllamacpp")
    if found != VERSION or spec is None or spec.origin is None:
        raise EngineMissing(f"llama.h is known of xllamacpp {VERSION} and this is {found}; {_SERVER}")
    paths = sorted(Path(spec.origin).parent.glob("xllamacpp*.so"))
    if not paths:
        raise EngineMissing(f"xllamacpp exports no C symbols on {sys.platform}; {_SERVER}")
    try:
        return ctypes.CDLL(str(paths[0]))
    except OSError as error:
        raise EngineMissing(f"xllamacpp's library cannot be loaded ({error}); {_SERVER}") from error


def _functions(library: ctypes.CDLL) -> dict[str, Any]:
    """The C functions by name. Raises EngineMissing for one that is not there."""
    functions = {}
    try:
        for name, (result, arguments) in _SYMBOLS.items():
            function = getattr(library, f"llama_{name}")
            function.restype, function.argtypes = result, arguments
            functions[name] = function
    except AttributeError as error:
        raise EngineMissing(f"xllamacpp's library does not export what is needed ({error}); {_SERVER}") from error
    return functions


def _check(what: str, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    wrong = {name: found[name] for name, value in wanted.items() if found[name] != value}
    if wrong:
        raise EngineMissing(f"{what} of llama.h are not those of {VERSION} ({wrong}); {_SERVER}")


class LlamaH:
    """One model and one sequence in its cache; a decoding.Decoder. All but `encode` is for one thread at a time."""

    n_batch = N_BATCH
    max_outputs = MAX_OUTPUTS

    def __init__(self, path: str, *, threads: int, context_tokens: int, gpu: bool = True) -> None:
        """`gpu`: one may be used. Raises EngineMissing where llama.h is not as expected, EngineError for no model."""
        library = _library()
        self._c = _functions(library)
        self._reasons: list[str] = []
        self._log = _Log(self._heard)
        self._c["log_set"](self._log, None)
        device = device_for(path, free_on_gpu(library) if gpu else None)
        self.device, self._context = placed(device, lambda layers: self._load(path, threads, context_tokens, layers))
        self._memory = self._c["get_memory"](self._context)
        self._n_vocab = int(self._c["vocab_n_tokens"](self._vocab))
        self.n_context = int(self._c["n_ctx"](self._context))
        """Tokens that prompt and answer may have together."""
        self._check_decode()

    def encode(self, text: str, *, special: bool) -> list[int]:
        """Tokens of `text`; with `special` markers in it are one token each, and what begins a text is added."""
        data = text.encode()
        room = len(data) + 8
        ids = (ctypes.c_int32 * room)()
        n_tokens = self._c["tokenize"](self._vocab, data, len(data), ids, room, special, special)
        assert n_tokens >= 0
        return ids[:n_tokens]

    def piece(self, token: int) -> bytes:
        """The token's text; may end inside a character."""
        data = ctypes.create_string_buffer(_PIECE_BYTES)
        n_bytes = self._c["token_to_piece"](self._vocab, token, data, _PIECE_BYTES, 0, False)
        return data.raw[: max(0, n_bytes)]

    def pieces(self) -> Iterator[tuple[bytes, int]]:
        """The text of each token. What is the same for each token is made a C value once: that takes a fifth less."""
        data: Any = ctypes.create_string_buffer(_PIECE_BYTES)  # a slice of it is bytes
        read, attributes, vocab = self._c["token_to_piece"], self._c["vocab_get_attr"], _Pointer(self._vocab)
        place, rest = ctypes.cast(data, _Pointer), (_I32(_PIECE_BYTES), _I32(0), _BOOL(False))
        for token in range(self._n_vocab):
            n_bytes = read(vocab, token, place, *rest)  # none of a control token
            if n_bytes > 0 and attributes(vocab, token) & _TEXT_ATTRIBUTES:
                piece = data[:n_bytes]
                if not (piece.startswith(b"<") and self.ends(token)):
                    yield piece, token

    def among(self, ids: Ids) -> Allowed:
        """The best of some tokens, as `decoding.Decoder.among`."""
        import numpy as np

        logits = self._logits(-1)
        of_ids = logits[np.frombuffer(ids, np.int32)]
        at = int(of_ids.argmax())
        top = float(logits.max())
        likeliest, of_all = float(np.exp(of_ids[at] - top)), float(np.exp(logits - top).sum())
        share = 1 / float(np.exp(of_ids - of_ids[at]).sum())
        return Allowed(token=ids[at], prob=likeliest / of_all, share=share)

    def ends(self, token: int) -> bool:
        """True when the token ends a text: a marker that does not is no part of one either."""
        attributes = self._c["vocab_get_attr"](self._vocab, token)
        return bool(attributes & _CONTROL or self._c["vocab_is_eog"](self._vocab, token))

    def keep(self, n_tokens: int) -> int:
        """Forgets all but the first `n_tokens`; returns how many are left, 0 where a model's cache cannot be cut."""
        if self._c["memory_seq_rm"](self._memory, 0, n_tokens, -1):
            return n_tokens
        self._c["memory_clear"](self._memory, True)
        return 0

    def decode(self, tokens: Sequence[int], at: int, n_last: int, gone: Callable[[], bool]) -> list[NextToken]:
        """Evaluates tokens, as `decoding.Decoder.decode`; `gone` is asked meanwhile too."""
        abort = _Abort(lambda data: gone())
        self._c["set_abort_callback"](self._context, abort if len(tokens) > MAX_OUTPUTS else _Abort(), None)
        status = self._c["decode"](self._context, _batch(tokens, at, n_last))
        self._c["set_abort_callback"](self._context, _Abort(), None)
        if status == _ABORTED:
            return []
        if status != 0:
            raise EngineError(f"the model could not evaluate {len(tokens)} tokens (llama_decode: {status})")
        first = len(tokens) - n_last
        choices = [self._choice(first)]
        for index in range(first + 1, len(tokens)):
            if choices[-1].token != tokens[index]:
                break
            choices.append(self._choice(index))
        return choices

    def _heard(self, level: int, text: bytes, data: object) -> None:
        """What llama.cpp logs; of errors the first one says most."""
        if level == _LOG_ERROR:
            self._reasons.append(text.decode(errors="replace").strip().rpartition("error loading model: ")[2])

    def _load(self, path: str, threads: int, context_tokens: int, n_gpu_layers: int) -> int:
        c = self._c
        params, wanted = c["context_default_params"](), c["model_default_params"]()
        _check("the model's defaults", _values(wanted), _MODEL_DEFAULTS)
        _check("the context's defaults", _values(params), _CONTEXT_DEFAULTS)
        wanted.n_gpu_layers = n_gpu_layers
        model = c["model_load_from_file"](path.encode(), wanted)
        if not model:
            reason = f": {self._reasons[0]}" if self._reasons else ""
            raise EngineError(f"{path!r} is not a model that llama.cpp can load{reason}")
        self._vocab = c["model_get_vocab"](model)
        params.n_ctx, params.n_batch, params.n_ubatch = context_tokens, N_BATCH, N_BATCH
        params.n_outputs_max, params.n_outputs_max_per_seq = MAX_OUTPUTS, 0
        params.n_threads = params.n_threads_batch = threads
        context: int | None = c["init_from_model"](model, params)
        if not context:
            c["model_free"](model)
            raise EngineError(f"no memory for a context of {context_tokens} tokens; lower context_tokens")
        wide = {"n_batch": N_BATCH, "n_ubatch": N_BATCH, "n_seq_max": 1, "n_threads": threads}
        _check("the context's values", {name: int(c[name](context)) for name in wide}, wide)
        return context

    def _check_decode(self) -> None:
        """Text must come back as it was, and two passes over two tokens choose as one does, but for rounding."""
        ids = self.encode("def f(x):\n    return x", special=True)
        text = b"".join(self.piece(token) for token in ids).decode(errors="replace")
        (first,) = self.decode(ids, 0, 1, lambda: False)
        (apart,) = self.decode([first.token], len(ids), 1, lambda: False)
        kept = self.keep(len(ids) - 1)
        together = self.decode([*ids[kept:], first.token], kept, 2, lambda: False)
        self.keep(0)
        alone = (first, apart)[len(together) - 1]  # a tie may fall otherwise in a pass of two: then there is one choice
        if not text.endswith("return x") or abs(together[-1].prob - alone.prob) > 0.2:
            raise EngineMissing(f"llama.h answers strangely ({text!r}, {first}, {apart} and {together}); {_SERVER}")

    def _choice(self, index: int) -> NextToken:
        import numpy as np

        logits = self._logits(index)
        token = int(logits.argmax())
        return NextToken(token=token, prob=1 / float(np.exp(logits - logits[token]).sum()))

    def _logits(self, index: int) -> Any:
        """Logits of the whole vocabulary after a token of the last evaluation; -1: after its last one."""
        import numpy as np

        pointer = self._c["get_logits_ith"](self._context, index)
        return np.ctypeslib.as_array(pointer, shape=(self._n_vocab,))


def _values(params: ctypes.Structure) -> dict[str, Any]:
    return {name: getattr(params, name) for name, *_ in params._fields_}


def _batch(tokens: Sequence[int], at: int, n_last: int) -> _Batch:
    n_tokens = len(tokens)
    sequence = (ctypes.c_int32 * 1)(0)
    one = ctypes.POINTER(ctypes.c_int32)
    arrays = (
        (ctypes.c_int32 * n_tokens)(*tokens),
        (ctypes.c_int32 * n_tokens)(*range(at, at + n_tokens)),
        (ctypes.c_int32 * n_tokens)(*[1] * n_tokens),
        (one * n_tokens)(*[ctypes.cast(sequence, one)] * n_tokens),
        (ctypes.c_int8 * n_tokens)(*[0] * (n_tokens - n_last), *[1] * n_last),
    )
    token, pos, n_seq_id, seq_id, logits = (ctypes.cast(array, _Pointer) for array in arrays)
    batch = _Batch(n_tokens, token, None, pos, n_seq_id, seq_id, logits)
    batch.held = arrays, sequence  # the pointers are no references
    return batch
