"""`bench --suite chat`: how often a chat is right against fill-in-the-middle, on the same weights at the same keys.

The stand-in cloud is served on this machine and asked by llama.cpp's chat route, as chat services are asked, and by its
raw route with the model's markers. Both get the same prompt of the cloud tier; the answers are trimmed as the product
does it. The ratio of both is what the chat prompt (`engines/remote/chat_text.py`) is judged by.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from ...compose import OpenCascade, open_cascade
from ...engines.remote.chat_completions import ChatCompletions
from ...engines.remote.cloud_engine import CloudModel
from ...engines.remote.providers.table import cloud_client
from ...errors import InputError
from ...models.catalog import family_fim
from ...privacy.keys import key_from
from ...protocols import Engine
from ...settings import MCCom
from ..lib.bench import Bench, stand_in
from ..lib.key_positions import at_keys, pressed
from ..lib.metrics import edit_similarity, exact_match
from ..lib.samples import Sample, notebook_samples
from ..lib.served import served
from ..lib.timed_answers import PATIENCE_S, written
from ..report.findings import Findings, Table
from ..report.strata import Stratum, strata

FORMS = ("fill-in-the-middle", "chat")


def measure(bench: Bench) -> Findings:
    """Keys of `n` notebook statements.

    Raises InputError without the data or for a model without markers, EngineError when no model can be served.
    """
    if family_fim(stand_in(bench.settings)) is None:
        raise InputError(f"{stand_in(bench.settings)} has no known markers; name a model that fills in as cloud_model")
    samples = at_keys(notebook_samples(bench.data, bench.n, bench.seed), bench.seed)
    with served(bench.settings) as settings:
        rows = asyncio.run(_run(bench, settings, samples))
    keys = pressed(bench.data)
    parts = {name: stratum for name, stratum in strata(samples, keys).items() if stratum.n}
    title = f"{stand_in(bench.settings)}, prompts of {bench.settings.cloud_prompt_tokens} tokens, n = {len(rows)}"
    return Findings(
        tables=[_table(title, rows, parts)],
        notes=["chat ÷ fill-in-the-middle: exact rests of the line, at the same positions", keys.note()],
        figures={
            form: {name: one.value([row[form]["right"] for row in rows]) for name, one in parts.items()}
            for form in FORMS
        },
    )


def _table(title: str, rows: Sequence[Mapping[str, Any]], parts: Mapping[str, Stratum]) -> Table:
    *_, overall = parts.values()
    lines = []
    right = {form: [float(row[form]["right"]) for row in rows] for form in FORMS}
    for form in FORMS:
        cells = [stratum.told(right[form]) for stratum in parts.values()]
        similar = overall.told([row[form]["similar"] for row in rows])
        seconds = overall.percentile([row[form]["seconds"] for row in rows], 0.5)
        lines.append([form, *cells, similar, seconds])
    fim, chat = (right[form] for form in FORMS)
    lines.append(["chat ÷ fill-in-the-middle", *(stratum.told(chat, fim) for stratum in parts.values()), "", ""])
    head = ["form", *(f"exact, {name}" for name in parts), "edit similarity", "seconds, median"]
    return Table(title=title, head=head, rows=lines)


async def _run(bench: Bench, settings: MCCom, samples: Sequence[Sample]) -> list[dict[str, Any]]:
    opened = open_cascade(settings)
    cloud = opened.cascade.cloud
    assert cloud is not None, "the settings name the served model"
    engines: dict[str, Engine] = dict(zip(FORMS, (cloud.engine, _chat(settings)), strict=True))
    try:
        return await bench.measured(
            [(sample.task, sample) for sample in samples], lambda sample: _row(opened, engines, settings, sample)
        )
    finally:
        await engines["chat"].aclose()
        await opened.aclose()


def _chat(settings: MCCom) -> ChatCompletions:
    """The served model by its chat route."""
    client = cloud_client(
        settings.cloud_url,
        lambda: key_from("", settings.cloud_key_file),
        connect_s=settings.cloud_connect_s,
        read_s=PATIENCE_S,
    )
    return ChatCompletions(CloudModel(name=settings.cloud_model, client=client, fim=None), path="/v1/chat/completions")


async def _row(opened: OpenCascade, engines: Mapping[str, Engine], settings: MCCom, sample: Sample) -> dict[str, Any]:
    prompt = await opened.cascade.prompt(sample.request, cloud=True)
    row = {}
    for form, engine in engines.items():
        answer = await written(engine, sample.request, prompt, max_tokens=settings.max_tokens)
        row[form] = {
            "right": exact_match(answer.text, sample.truth),
            "similar": edit_similarity(answer.text, sample.truth),
            "seconds": answer.total_s,
            "text": answer.text,
        }
    return row
