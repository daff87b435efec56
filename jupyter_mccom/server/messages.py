"""The words for codes that a person reads: one table, `messages.json`.

The status, `%mccom` and the page say a reason or a state in the same words. The page has its texts in
`labextension/src/status/messages.ts`, where translators find them; a test compares them with the table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

Group: TypeAlias = Literal["reasons", "states", "sent"]


def message(group: Group, code: str, *values: object) -> str:
    """The text of a code, with `values` in place of %1, %2, … Raises KeyError for a code that does not exist."""
    text = messages()[group][code]
    for number, value in enumerate(values, start=1):
        text = text.replace(f"%{number}", str(value))
    return text


@cache
def messages() -> Mapping[str, Mapping[str, str]]:
    """The whole table: texts by group and code."""
    found: Mapping[str, Mapping[str, str]] = json.loads(
        Path(__file__).with_name("messages.json").read_text(encoding="utf-8")
    )
    return found
