"""`bench --suite peers`: ours against other ways of asking, at the same keys, on the same weights, with one thread.

Of each notebook statement a key inside a word is drawn; it and the three keys after it are typed in sequence, by one
contestant after the other. Ours is the product's prompt and engine; the others ask the server of the same wheel, in a
process of their own (`lib/peer_requests.py`). Each key is asked anew: what a key costs that agrees with a text that is
shown is left out, of ours as of theirs. Seconds are the processor time of the asking and the writing process, where the
system tells it and there is one thread: what others do on the machine changes no figure.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from ...compose import open_cascade
from ...engines.http import HttpClient
from ...engines.local.host import Host
from ...engines.local.server_client import client_of
from ...errors import InputError
from ...types import CompletionRequest
from ..lib.bench import Bench
from ..lib.cputime import there_is_one, worked_s
from ..lib.metrics import exact_match, ratio
from ..lib.peer_requests import PeerRequest, peer_requests
from ..lib.samples import Sample, notebook_samples, statement_of
from ..lib.timed_answers import written
from ..report.findings import Findings, Table, ratio_with_interval

OURS, VIM = "ours", "llama.vim's way"
LATER = 3
"""Keys that are typed after the first."""
GOALS = (
    ("exact rest of the line", "right", 0, "at least", 2.0),
    ("seconds of a later key, to the first token", "first_s", 1, "at most", 0.1),
    ("the same, to the whole text", "s", 1, "at most", 0.1),
)
"""Ours ÷ llama.vim's way."""
_COLUMNS: Mapping[str, tuple[str, int, int]] = {
    "exact rest, first key": ("right", 0, 1),
    "later keys": ("right", 1, LATER + 1),
    "all keys": ("right", 0, LATER + 1),
    "tokens read at a later key": ("n_read", 1, LATER + 1),
    "s to its first token": ("first_s", 1, LATER + 1),
    "s to its whole text": ("s", 1, LATER + 1),
    "s of the first key": ("s", 0, 1),
}
"""Field, and of which keys: the first of them, and behind the last."""
Row = Mapping[str, Any]
_SERVER = "jupyter_mccom.engines.local.xllamacpp_server"
_VIM_BATCH = 1024
_VIM_REUSE = 256
"""Both as llama.cpp's presets for llama.vim set them."""
_CONTEXT_TOKENS = 16_384
_MORE = 2
"""Statements that are drawn for one that is wanted: not each has a key inside a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """One contestant, ready to be asked. `pid` is the process that works for it."""

    name: str
    ask: Callable[[CompletionRequest], Awaitable[Said]]
    pid: Callable[[], int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The answer of one peer."""

    text: str
    reading: float
    """The share, 0..1, of its time that went by before its first token."""
    n_read: int
    """Tokens of the prompt that had to be evaluated."""


def measure(bench: Bench) -> Findings:
    """Raises InputError without the data, or for a model that does not fill in or that is not llama.cpp's."""
    samples = drawn(bench)
    asyncio.run(_run(bench, samples))
    return findings([row for sample in samples if (row := bench.rows.get(sample.task)) is not None])


def drawn(bench: Bench) -> list[Sample]:
    """Statements with enough keys inside and after a word."""
    found = notebook_samples(bench.data, _MORE * bench.n, bench.seed, apart=True)
    return [sample for sample in found if keys_of(sample, bench.seed)][: bench.n]


def keys_of(sample: Sample, seed: int) -> list[tuple[CompletionRequest, str]]:
    """A request inside a word and those at the next keys, each with the rest of the line; none where there is none."""
    start, statement = statement_of(sample.request, sample.truth)
    inside = [at for at in range(1, len(statement) - LATER) if _in_word(statement[at - 1]) and _in_word(statement[at])]
    if not inside:
        return []
    first = random.Random(f"{seed} {sample.task}").choice(inside)  # noqa: S311 - a sample, not a secret
    keys = range(first, first + LATER + 1)
    return [(replace(start, prefix=start.prefix + statement[:at]), statement[at:]) for at in keys]


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_"


async def _run(bench: Bench, samples: Sequence[Sample]) -> None:
    async with _askers(bench) as askers:
        for number, sample in enumerate(samples, 1):
            if bench.rows.get(sample.task) is None:
                first = sum(map(ord, sample.task)) % len(askers)
                turns = (*askers[first:], *askers[:first])
                keys = keys_of(sample, bench.seed)
                row = {asker.name: [await _key(bench, asker, *key) for key in keys] for asker in turns}
                bench.rows.put(sample.task, {"era": sample.era, **row})
            bench.progress(number, len(samples))


@asynccontextmanager
async def _askers(bench: Bench) -> AsyncGenerator[list[Asker], None]:
    opened = open_cascade(bench.settings)
    fim = opened.model.fim
    if opened.local.kind != "llamacpp" or fim is None:
        await opened.aclose()
        raise InputError(f"{opened.model.id} cannot be asked as others ask; name a GGUF model that fills in")
    told = {"path": str(opened.store.locate(opened.model.id).absolute()), "threads": opened.threads}
    told |= {"context_tokens": _CONTEXT_TOKENS, "n_batch": _VIM_BATCH, "cache_reuse": _VIM_REUSE}
    host = Host(_SERVER, lambda: told, idle_unload_s=0)

    async def ours(request: CompletionRequest) -> Said:
        prompt = await opened.cascade.prompt(request)
        answer = await written(opened.engine, request, prompt, max_tokens=bench.settings.max_tokens)
        n_read = answer.tokens[0].n_evaluated if answer.tokens else 0
        return Said(text=answer.text, reading=answer.prompt_s / answer.total_s, n_read=n_read)

    try:
        await opened.warm()
        async with host.lease() as address:
            client = client_of(address)
        others = peer_requests(fim, max_tokens=bench.settings.max_tokens, seed=bench.seed)
        asked = [Asker(name=one.name, ask=_asking(one, host, client), pid=lambda: host.pid) for one in others]
        async with aclosing(client):
            yield [Asker(name=OURS, ask=ours, pid=lambda: opened.pid), *asked]
    finally:
        await host.aclose()
        await opened.aclose()


def _asking(one: PeerRequest, host: Host, client: HttpClient) -> Callable[[CompletionRequest], Awaitable[Said]]:
    async def ask(request: CompletionRequest) -> Said:
        async with host.lease():
            answer = await client.post(one.path, one.body(request))
        times = answer["timings"]
        reading = times["prompt_ms"] / ((times["prompt_ms"] + times["predicted_ms"]) or 1.0)
        return Said(text=answer["content"], reading=reading, n_read=times["prompt_n"])

    return ask


async def _key(bench: Bench, asker: Asker, request: CompletionRequest, truth: str) -> dict[str, Any]:
    start_s = _now_s(bench, asker)
    said = await asker.ask(request)
    took_s = _now_s(bench, asker) - start_s
    return {
        "s": took_s,
        "first_s": took_s * said.reading,
        "n_read": said.n_read,
        "right": exact_match(said.text, truth),
        "text": said.text,
    }


def _now_s(bench: Bench, asker: Asker) -> float:
    """Worked seconds, where they are what work takes; else real ones."""
    pid = asker.pid()
    if bench.settings.threads == 1 and there_is_one() and pid is not None:
        return worked_s(pid) + time.process_time()
    return time.monotonic()


def findings(rows: Sequence[Row]) -> Findings:
    """A row a statement: of each contestant, its keys in sequence."""
    names = [name for name in rows[0] if name != "era"]
    order = [OURS, *sorted(name for name in names if name != OURS)]
    table = Table(
        title=f"{len(rows)} statements, {LATER + 1} keys each from inside a word on (95 % interval, by statement)",
        head=["contestant", *_COLUMNS],
        rows=[[name, *(_cell(rows, name, *of) for of in _COLUMNS.values())] for name in order],
    )
    notes = ["the first key is cold: what the statement before left in the cache is all that is there"]
    figures = {name: {column: _mean(rows, name, *of) for column, of in _COLUMNS.items()} for name in order}
    return Findings(tables=[table, _goals(rows)], notes=notes, figures={"n": len(rows), **figures})


def _cell(rows: Sequence[Row], name: str, field: str, since: int, until: int) -> str:
    n_keys = [float(len(row[name][since:until])) for row in rows]
    return ratio_with_interval(_sums(rows, name, field, since, until), n_keys)


def _mean(rows: Sequence[Row], name: str, field: str, since: int, until: int) -> float:
    return sum(_sums(rows, name, field, since, until)) / sum(len(row[name][since:until]) for row in rows)


def _goals(rows: Sequence[Row]) -> Table:
    found = []
    for figure, field, since, word, goal in GOALS:
        ours, theirs = (_sums(rows, name, field, since, LATER + 1) for name in (OURS, VIM))
        value = ratio(ours, theirs)
        met = bool(sum(theirs)) and (value >= goal if word == "at least" else value <= goal)
        found.append([figure, f"{word} {goal:g}", ratio_with_interval(ours, theirs), "met" if met else "missed"])
    return Table(title=f"Goals, ours ÷ {VIM}", head=["figure", "goal", "ours ÷ theirs", ""], rows=found)


def _sums(rows: Sequence[Row], name: str, field: str, since: int, until: int) -> list[float]:
    """The values of each statement's keys from number `since` on, `until` not included."""
    return [sum(float(key[field]) for key in row[name][since:until]) for row in rows]
