"""The process that owns a llama.cpp model: runs the server of the xllamacpp wheel until its parent goes away.

It is told its settings, greets and ends by `child_side.py`.
"""

from __future__ import annotations

import threading
from typing import Any, NoReturn

from ..remote.llama_completion import DRAFT_MATCH
from .child_side import fail, greet, settings

NO_ORIGIN = "https://no-browser.invalid"
"""No page has this origin: cross-origin reads are closed (the server's default is `*`)."""
_N_BATCH = 128
"""Tokens evaluated between two looks at a closed connection: 1.8 s on a slow core (measured 43 s at 2048)."""
_SAME_PROMPT = 0.5
"""Share of a prompt that a slot must hold to be taken for it; else the slot that was used longest ago is. At the
server's default of 0.1, two people whose notebooks begin alike take one slot from each other at every key.
"""


def start(
    *,
    path: str,
    key: str,
    threads: int,
    context_tokens: int,
    host: str = "127.0.0.1",
    port: int = 0,
    slots: int = 1,
    draft: bool = False,
    n_batch: int = _N_BATCH,
    cache_reuse: int = 0,
    name: str = "",
    gpu: bool = True,
) -> Any:
    """Loads the model and serves it; returns the server, which must live until `os._exit` ends the process.

    Its destructor waits forever where it runs before the native loop has begun. The interpreter's lock is held while
    the model loads: no other thread and no signal handler of Python runs meanwhile.
    `port` 0 takes a free one; clients read `name` in place of the path. With `draft` they may seed `ngram-mod`.
    Each of `slots` keeps one prompt of `context_tokens`, so that the next key of the same person is quick.
    `n_batch` also bounds what `/infill` reads around the cursor; `cache_reuse` is the least run of tokens that is kept
    behind a change, 0 for none. With `gpu`, as many layers go to the GPU as fit into its memory. Raises RuntimeError
    when the file is no model or the port is taken.
    """
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = path
    params.model_alias = {name} if name else set()
    _close(params, key, host, port)
    _keep_prompts(params, slots, context_tokens)
    params.n_batch = params.n_ubatch = n_batch
    params.n_cache_reuse, params.n_gpu_layers = cache_reuse, -1 if gpu else 0
    params.cache_ram_mib = 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.verbosity = 1
    if draft:
        _take_drafts(params, xllamacpp.common_speculative_type.COMMON_SPECULATIVE_TYPE_NGRAM_MOD)
    return xllamacpp.Server(params)


def _close(params: Any, key: str, host: str, port: int) -> None:
    """Who has the key is answered, at one address, and no page is."""
    params.hostnames, params.port = [host], port
    params.api_keys, params.cors_origins = [key], NO_ORIGIN
    params.endpoint_slots = params.endpoint_props = params.ui = False


def _keep_prompts(params: Any, slots: int, context_tokens: int) -> None:
    """Each slot keeps one prompt, and goes on with it."""
    params.n_parallel, params.n_ctx = slots, context_tokens * slots
    params.slot_prompt_similarity = _SAME_PROMPT


def _take_drafts(params: Any, ngram_mod: Any) -> None:
    """Clients may seed the pool of `ngram-mod`."""
    params.speculative.types = [ngram_mod]
    pool = params.speculative.ngram_mod
    pool.n_match, pool.n_min, pool.n_max = DRAFT_MATCH, 1, 64


def main() -> NoReturn:
    """Entry of the child: it ends with its parent, or with status 3 when the model could not be loaded."""
    run(**settings())


def run(**given: Any) -> NoReturn:
    """Loads the model, greets the parent and serves until it goes away. Takes what `start` takes."""
    try:
        server = start(**given)
    except (RuntimeError, AttributeError) as error:
        fail(str(error))
    greet(server.listening_address)
    while True:
        threading.Event().wait()


if __name__ == "__main__":
    main()
