"""The templates of seeded secrets: `open.txt`, which may be looked at, and `apart.txt`, which decides.

A line `=== kind: name (language)` begins a template, Python where no language is named. `@any token` and `@named token`
stand for a token in one of the file's carriers: `named` where nothing but the name beside it tells what it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal, TypeAlias

Split: TypeAlias = Literal["open", "apart"]
_HEAD = re.compile(r"=== (?P<kind>[^:]+): (?P<name>.*?)(?: \((?P<language>[^)]+)\))?")
_CARRIER = "carrier"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """Code with fields for what is made up."""

    kind: str
    name: str
    language: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """The templates of one split."""

    snippets: Sequence[Template]
    carriers: Mapping[str, Sequence[str]]
    """Lines for a token, by `any` and `named`."""


@lru_cache(maxsize=2)
def templates_of(split: Split) -> Templates:
    """The templates of a split, in the order of its file."""
    found = templates_in(f"{split}.txt")
    carriers: dict[str, list[str]] = {}
    for one in found:
        if one.kind == _CARRIER:
            carriers.setdefault(one.name, []).append(one.text)
    return Templates(snippets=[one for one in found if one.kind != _CARRIER], carriers=carriers)


def templates_in(file: str) -> list[Template]:
    """The templates of a file of this folder."""
    return templates_of_text(files(__package__).joinpath(file).read_text(encoding="utf-8"))


def templates_of_text(text: str) -> list[Template]:
    """The templates that a text of that format holds."""
    found = []
    for block in text.removeprefix("=== ").split("\n=== "):
        head, _, body = f"=== {block}".partition("\n")
        told = _HEAD.fullmatch(head)
        assert told is not None, head
        language = told["language"] or "python"
        found.append(Template(kind=told["kind"], name=told["name"], language=language, text=body.rstrip("\n")))
    return found
