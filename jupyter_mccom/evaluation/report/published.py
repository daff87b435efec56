"""`bench --suite readme`: the README's figures, one run after the other, each in a folder of its own below --out.

But those that need a model which is not of the catalogue (MLX on Linux). Some hours on two cores; a run whose result is
there is not made again. Knows nothing of what a suite measures.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ...errors import InputError, MCComError
from ...settings import MCCom, changed
from .. import run_suite
from ..lib.bench import Progress, Typing
from ..lib.data import fingerprint
from ..lib.measured_on import changed_settings, decisive, machine
from .findings import from_json
from .page import page


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One run of a suite: `settings` above those that were given."""

    name: str
    """The suite's, and what differs from its first run."""
    n: int
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def suite(self) -> str:
        """The name of the suite."""
        return self.name.partition(" ")[0]

    def file(self, out: Path) -> Path:
        """The result file of the run, in a folder of its own."""
        return out / self.name.replace(" ", "-").lower() / f"{self.suite}.json"


_SHORT = {"prompt_tokens": 256, "retrieval_tokens": 0}
_LARGE = {"model": "qwen2.5-coder-1.5b"}
FIGURES = (
    Figure(name="latency", n=40),
    Figure(name="search", n=1),
    Figure(name="context", n=1600),
    Figure(name="rules", n=1600),
    Figure(name="engines", n=200, settings=_SHORT),
    Figure(name="speculation", n=20),
    Figure(name="infill", n=60),
    Figure(name="healing", n=160),
    Figure(name="thresholds", n=300, settings=_SHORT),
    Figure(name="afterwards", n=40),
    Figure(name="peers", n=28),
    Figure(name="humaneval", n=300),
    Figure(name="kernels", n=80),
    Figure(name="layouts", n=200, settings=_SHORT),
    Figure(name="retrieval", n=60),
    Figure(name="lengths", n=40),
    Figure(name="keystrokes", n=20, settings={"cloud_prompt_tokens": 512}),
    Figure(name="cascade", n=100),
    Figure(name="drafts", n=40, settings={"prompt_tokens": 256, "cloud_prompt_tokens": 256}),
    Figure(name="retrieval 1.5B", n=30, settings=_LARGE),
    Figure(name="kernels 1.5B", n=40, settings=_LARGE),
    Figure(name="layouts 1.5B", n=200, settings={**_LARGE, **_SHORT}),
)


ALL = "readme"
"""Names the whole."""
_TYPING = Typing()


def run(
    settings: MCCom,
    *,
    data: Path,
    n: int | None,
    seed: int | None,
    out: Path | None,
    progress: Progress,
    typing: Typing = _TYPING,
) -> str:
    """All tables and figures as Markdown, and as a page `report.html`. `n`: no more positions than that a run.

    What cannot be measured (data or a model that is not there, too few positions) says so in its place. Raises
    InputError without `out`.
    """
    if out is None:
        raise InputError("these runs take hours and go on where they were cut off; name their folder with --out")
    seed = 1 if seed is None else seed
    said, results = list[str](), list[Mapping[str, Any]]()
    same = {"data": fingerprint(data), "machine": decisive(machine())}
    measure = partial(run_suite.run, data=data, seed=seed, progress=progress, typing=typing)
    for figure in FIGURES:
        given, n_figure = changed(settings, **figure.settings), min(n or figure.n, figure.n)
        made = {"n": n_figure, "seed": seed, "settings": changed_settings(given), **same}
        made |= typing.made_with(figure.suite)
        file = figure.file(out)
        try:
            if not is_of(file, made):
                measure(figure.suite, given, n=n_figure, out=file.parent)
        except MCComError as error:
            said.append(f"## {figure.name}\n\nnot measured: {error}")
            continue
        result = json.loads(file.read_text(encoding="utf-8"))
        said.append(f"## {figure.name}\n\n{from_json(result['findings']).text()}")
        results.append({**result, "suite": figure.name})
        (out / "report.html").write_text(page(results), encoding="utf-8")
    return "\n\n".join(said)


def is_of(file: Path, made: Mapping[str, Any]) -> bool:
    """The result is there, of a run that was made so, with the same data on the same machine."""
    if not file.exists():
        return False
    result = json.loads(file.read_text(encoding="utf-8"))
    found = {**result, "machine": decisive(result["machine"])}
    return all(found.get(name) == value for name, value in made.items())
