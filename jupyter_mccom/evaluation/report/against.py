"""A replay against another commit's, statement by statement: `bench --suite keystrokes --against DIR`.

DIR is a folder that `bench --suite keystrokes --out` of that commit wrote, with the same data and seed. Rows are found
by the statement's name and the replay's; those that only one of the two folders has are left out. The suite `engines`
compares two engines so, by tables of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import InputError
from ..lib.conditions import ORDER
from .findings import Table, ratio_with_interval
from .keystrokes_table import keys_saved, useful_s, wrong

_Row = Mapping[str, Any]
_SUITE = "keystrokes"


def compared(ours: Mapping[str, _Row], folder: Path, made_with: Mapping[str, Any]) -> Table:
    """`ours` by statement. Raises InputError for a folder without such rows, or with none of these statements."""
    head, theirs = read(folder, _SUITE)
    differing = sorted(name for name, value in made_with.items() if head.get(name) != value)
    if differing:
        raise InputError(f"{str(folder)!r} was made with another {', '.join(differing)}; make it anew")
    rows = []
    for name in ORDER:
        pairs = [
            (ours[task]["ways"][name], theirs[task]["ways"][name])
            for task in ours
            if task in theirs and name in ours[task]["ways"] and name in theirs[task]["ways"]
        ]
        if pairs:
            rows.append(_line(name, pairs))
    if not rows:
        raise InputError(f"{str(folder)!r} has none of these statements; make it with the same --data, --seed and --n")
    return Table(
        title=f"Against {head.get('commit') or 'the other commit'}, the same statements (95 % interval, in pairs)",
        head=["replay", "n", "keys saved ×", "time to first useful text ×", "wrong among shown", "there"],
        rows=rows,
    )


def read(folder: Path, suite: str) -> tuple[dict[str, Any], dict[str, _Row]]:
    """The conditions of a suite's rows in a folder, and the rows by statement. Raises InputError."""
    try:
        first, *lines = (folder / f"{suite}.jsonl").read_text(encoding="utf-8").splitlines()
        head: dict[str, Any] = json.loads(first)
        rows = [json.loads(line) for line in lines]
    except (OSError, ValueError) as error:
        raise InputError(
            f"no {suite}.jsonl to compare with in {str(folder)!r}; make it with `bench --suite {suite} --out`"
        ) from error
    return head, {row["key"]: row["row"] for row in rows}


def _line(name: str, pairs: Sequence[tuple[_Row, _Row]]) -> list[str]:
    ours, theirs = [new for new, _ in pairs], [old for _, old in pairs]
    return [
        name,
        str(len(pairs)),
        ratio_with_interval([keys_saved(way) for way in ours], [keys_saved(way) for way in theirs]),
        ratio_with_interval([useful_s(way) for way in ours], [useful_s(way) for way in theirs]),
        wrong(ours, "right", "shown"),
        wrong(theirs, "right", "shown"),
    ]
