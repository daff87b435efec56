"""`bench --suite memory`: what the process of each local model that is here holds, and what grows with its prompts."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

from ...compose import model_ids, open_cascade, open_store
from ...errors import ModelMissing
from ...settings import changed
from ..lib.bench import Bench
from ..lib.process_memory import Held, held
from ..report.findings import Findings, Table

_GOAL = 1.3
_MB = 1e6


def measure(bench: Bench) -> Findings:
    """A row for each model. Raises ModelMissing where none is here."""
    rows = asyncio.run(_run(bench))
    lines = []
    for name, row in rows.items():
        one = Held(**row)
        sizes = [f"{n_bytes / _MB:.0f}" for n_bytes in (one.file, one.loaded, one.first, one.last)]
        verdict = "met" if one.share <= _GOAL else f"missed by {(one.last - _GOAL * one.file) / _MB:.0f} MB"
        lines.append([name, *sizes, f"{one.share:.2f}", f"≤ {_GOAL:g}, {verdict}"])
    head = ["model", "file", "loaded", "after a long prompt", f"after {bench.n}", "÷ file", "goal"]
    title = f"Resident memory of the model's process in MB, prompts of {bench.settings.n_prompt} tokens (once each)"
    return Findings(
        tables=[Table(title=title, head=head, rows=lines)],
        notes=["the goal leaves the cache of the context out, so what is met here is met with it too"],
        figures={name: {**row, "share": round(Held(**row).share, 3)} for name, row in rows.items()},
    )


async def _run(bench: Bench) -> dict[str, dict[str, Any]]:
    store = open_store(bench.settings)
    here = [family for family in model_ids() if store.present(family)]
    if not here:
        raise ModelMissing("no model is here to be measured; run: jupyter mccom pull")

    async def row(family: str) -> dict[str, Any]:
        async with aclosing(open_cascade(changed(bench.settings, model=family))) as opened:
            return asdict(await held(opened, bench.n))

    found = await bench.measured([(family, family) for family in here], row)
    return dict(zip(here, found, strict=True))
