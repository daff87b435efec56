"""The suites of `jupyter mccom bench`, by name: what they measure, on how many positions, and where it is written.

With a folder, a suite's rows are in `NAME.jsonl` as they come, its result in `NAME.json`, and `report.html` shows every
result that lies there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib import import_module
from pathlib import Path
from secrets import randbelow
from typing import Any

from ..settings import MCCom, changed
from .lib.bench import Bench, Progress, Typing, stand_in
from .lib.data import CELLS, check, fingerprint
from .lib.measured_on import changed_settings, decisive, machine, prompted
from .lib.resumable_rows import Rows
from .report.findings import Findings

_N_SEEDS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """`n` positions unless another number is asked for; where it asks at keys, `n` statements."""

    name: str
    n: int
    about: str
    module: str = ""
    """The suite's file in `suites/`; empty: the file has the suite's name."""
    with_cloud: bool = False
    """True when the suite brings a model that stands for the cloud."""
    files: tuple[str, ...] = ()
    """What it reads of the data, as paths below the data's folder."""
    drawn_anew: bool = False
    """True when each run draws other positions, unless it is given a seed."""
    own_rows: bool = False
    """True when the suite keeps its own rows, or none."""

    def seed(self) -> int:
        """The seed of a run that was given none."""
        return randbelow(_N_SEEDS) if self.drawn_anew else 1

    def measure(self, bench: Bench) -> Findings:
        """Runs the suite. Its module is imported only here: a help text needs no engine."""
        found: Findings = import_module(f".suites.{self.module or self.name}", __package__).measure(bench)
        return found


_LINES = ("repositories/lines.jsonl",)
_CROSS = ("crossfile/cceval_python_50.jsonl",)

SUITES: Mapping[str, Suite] = {
    suite.name: suite
    for suite in (
        Suite(name="auto", module="predictions", n=3, about="how far off auto predicts a larger model"),
        Suite(name="memory", module="memory_held", n=30, about="what the process of each local model holds"),
        Suite(name="latency", n=40, about="what a key costs through a real Jupyter server"),
        Suite(
            name="keystrokes",
            n=20,
            about="a person types real statements",
            with_cloud=True,
            files=(*CELLS, *_LINES),
        ),
        Suite(
            name="cascade",
            module="one_shot",
            n=100,
            about="local, cloud and cascade, one shot at keys of statements",
            with_cloud=True,
            files=(*CELLS, *_CROSS),
        ),
        Suite(name="notebooks", n=100, about="the local model on notebook statements, by era and key", files=CELLS),
        Suite(
            name="midline",
            n=60,
            about="in the middle of a line: the rule that leads into what stands behind the cursor",
            files=(*CELLS, *_LINES),
        ),
        Suite(
            name="invented",
            n=120,
            about="do names that stand nowhere tell that a text is wrong",
            files=(*CELLS, *_LINES),
        ),
        Suite(
            name="columns",
            n=138,
            about="does a model read columns that a data frame does not have",
            files=CELLS,
        ),
        Suite(name="infill", n=100, about="is a draft lossless, is the confidence calibrated"),
        Suite(
            name="retrieval",
            module="context_gain",
            n=60,
            about="does context make the model right more often",
            files=(*CELLS, *_LINES, *_CROSS),
        ),
        Suite(
            name="layouts",
            n=200,
            about="in which order a model should read a prompt",
            files=(*CELLS, *_LINES),
        ),
        Suite(name="healing", n=150, about="where to cut a half-typed token, and how to force it", files=CELLS),
        Suite(
            name="lengths",
            n=100,
            about="what longer prompts are worth and cost, in two orders of the earlier cells",
            files=CELLS,
        ),
        Suite(name="kernels", n=60, about="does it help to know what the kernel holds", files=CELLS),
        Suite(
            name="speculation",
            n=60,
            about="does a line seen before, as a draft, make the local engine quicker",
            files=CELLS,
        ),
        Suite(
            name="thresholds",
            n=60,
            about="do a text's own figures tell whether it is right",
            own_rows=True,
            files=CELLS,
        ),
        Suite(
            name="afterwards",
            n=200,
            about="what is shown where a statement has become complete, and at line starts",
            files=CELLS,
        ),
        Suite(
            name="empty-cells",
            module="empty_cells",
            n=120,
            about="is what is proposed in an empty cell its first line, and what is shown of it",
            files=CELLS[:1],
        ),
        Suite(
            name="drafts",
            module="cloud_drafts",
            n=40,
            about="does a draft make a cloud faster, the one that is set or one of its own",
        ),
        Suite(
            name="chat",
            n=34,
            about="how often a chat is right against fill-in-the-middle, on the same weights",
            with_cloud=True,
        ),
        Suite(
            name="rejections",
            n=60,
            about="which draft a cloud is given after a rejection, the one that is set or one of its own",
            files=CELLS,
        ),
        Suite(
            name="cloud-lengths",
            module="cloud_lengths",
            n=100,
            about="what a longer prompt and a second round of retrieval are worth to the cloud",
            with_cloud=True,
            files=(*CELLS, *_LINES),
        ),
        Suite(
            name="outages",
            n=60,
            about="how long the local text takes while the cloud is killed, hanging, garbage or spent",
            files=CELLS,
        ),
        Suite(
            name="engines",
            module="tokens_evaluated",
            n=200,
            about="tokens that an engine evaluates a key, and what a draft spares it",
            files=CELLS,
        ),
        Suite(
            name="context",
            module="first_text",
            n=1600,
            about="how often is text right that is shown before a model answers",
            own_rows=True,
            files=(*CELLS, *_LINES),
        ),
        Suite(
            name="rules",
            n=1600,
            about="how often is a draft from the context right, by its rule",
            own_rows=True,
            files=(*CELLS, *_LINES),
        ),
        Suite(
            name="base",
            module="base_weights",
            n=100,
            about="is a family right more often with its base weights than with those tuned to instructions",
            files=CELLS,
        ),
        Suite(
            name="first-use",
            module="first_use",
            n=1,
            about="seconds from an empty home to the first text: download, start, answer",
        ),
        Suite(name="peers", n=100, about="ours against other ways of asking, on the same weights", files=CELLS),
        Suite(name="humaneval", n=300, about="do programs pass their tests with what was written into a hole"),
        Suite(
            name="secrets",
            module="secret_leaks",
            n=420,
            about="do seeded secrets leave, by kind and place; is real code masked in vain",
            own_rows=True,
            drawn_anew=True,
        ),
        Suite(
            name="secrets-apart",
            module="secrets_apart",
            n=420,
            about="the same with templates that nobody looked at while detectors were written",
            own_rows=True,
            drawn_anew=True,
        ),
        Suite(
            name="masking",
            module="masking_cost",
            n=60,
            about="is a large model right as often where its prompts hold no secrets",
            files=CELLS,
        ),
        Suite(
            name="search",
            module="index_speed",
            n=1,
            about="how fast chunks are found and files indexed",
        ),
    )
}

_TYPING = Typing()


def run(
    name: str,
    settings: MCCom,
    *,
    data: Path,
    n: int | None,
    seed: int | None,
    out: Path | None,
    progress: Progress,
    typing: Typing = _TYPING,
) -> str:
    """The suite's result as text. Raises InputError for data that is not there or another run's folder.

    `seed` None is 1, or another one each time where the suite draws anew.
    """
    suite = SUITES[name]
    check(data, suite.files)
    seed = suite.seed() if seed is None else seed
    settings = changed(settings, prompt_tokens=settings.n_prompt)  # the same on every machine
    models = (settings.model, *([stand_in(settings)] if suite.with_cloud else []))
    before = machine()
    made_with = {"seed": seed, "settings": changed_settings(settings), "models": prompted(settings, models)}
    made_with |= {"data": fingerprint(data), **decisive(before)}
    made_with |= typing.made_with(name)
    started = datetime.now(timezone.utc)
    bench = Bench(
        settings=settings,
        data=data,
        n=n or suite.n,
        seed=seed,
        out=out,
        rows=Rows(None if suite.own_rows else out, name, made_with),
        progress=progress,
        typing=typing,
    )
    findings = suite.measure(bench)
    if out is not None:
        made = _made(name, bench, made_with, before, started)
        _write(out, name, {**made, "findings": findings.to_json()})
    return findings.text()


def _made(
    name: str, bench: Bench, made_with: Mapping[str, Any], before: Mapping[str, Any], started: datetime
) -> dict[str, Any]:
    """How a result was made; `before` is the machine as it was when the run `started`."""
    suite = SUITES[name]
    return {
        "suite": name,
        "about": suite.about,
        "n": bench.n,
        "model": bench.model,
        **made_with,
        "threads": _threads(bench.settings),
        "started": started.isoformat(timespec="seconds"),
        "machine": before,
        "took_s": round((datetime.now(timezone.utc) - started).total_seconds()),
        "resumed": None if suite.own_rows else bench.rows.resumed,
    }


def _threads(settings: MCCom) -> int:
    from ..engines.local.host import default_threads

    return settings.threads or default_threads()


def _write(out: Path, name: str, result: Mapping[str, Any]) -> None:
    from .report.page import page

    out.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.json").write_text(json.dumps(result, indent=1, ensure_ascii=False), encoding="utf-8")
    files = [out / f"{suite}.json" for suite in SUITES]
    results = [json.loads(file.read_text(encoding="utf-8")) for file in files if file.exists()]
    (out / "report.html").write_text(page(results), encoding="utf-8")
