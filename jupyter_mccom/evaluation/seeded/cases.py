"""One seeded secret at one place of a notebook or project: what a page would send, and the files around it. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from .draws import Draw
from .templates import Split, Template, Templates, templates_in, templates_of

COMMENTS = {"sql": "--", "hcl": "#", "javascript": "//", "typescript": "//", "java": "//", "scala": "//"}
COMMENTS |= {"go": "//", "c#": "//", "rust": "//", "c": "//", "matlab": "%"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """Code of a template with a made-up secret in it."""

    template: Template
    text: str
    values: Sequence[str]
    """What must not leave, in the order in which it stands there."""

    @property
    def innocent(self) -> str:
        """The text without its secrets."""
        text = self.text
        for value in self.values:
            text = text.replace(value, "\0")
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A snippet at a place. `values` are those parts of its secrets that stand there."""

    place: str
    snippet: Snippet
    values: Sequence[str]
    marker: str
    """A made-up word beside it that is no secret: where it was sent, the place was sent."""
    document: str
    language: str
    prefix: str
    suffix: str = "\n"
    cell_id: str = "here"
    """Empty in the file editor."""
    cells_before: Sequence[tuple[str, str]] = ()
    """Kind and source."""
    cells_after: Sequence[tuple[str, str]] = ()
    files: dict[str, str] = field(default_factory=dict)
    """Files of the project by path."""
    local_text: str = ""
    """What the local model writes, where the place is its draft."""

    def body(self, number: int) -> dict[str, Any]:
        """The body of `POST /mccom/complete`; a local text that is unsure leads to the cloud by itself."""

        def cells(found: Sequence[tuple[str, str]], side: str) -> list[dict[str, str]]:
            return [
                {"cell_id": f"{side}{at}", "kind": kind, "source": source} for at, (kind, source) in enumerate(found)
            ]

        return {
            "request_id": f"r{number}",
            "client_id": "bench",
            "document": self.document,
            "cell_id": self.cell_id,
            "language": self.language,
            "prefix": self.prefix,
            "suffix": self.suffix,
            "cells_before": cells(self.cells_before, "b"),
            "cells_after": cells(self.cells_after, "a"),
            "trigger": "typing" if self.local_text else "ask",
        }


class Seeding:
    """Makes the cases of one split from one seed."""

    def __init__(self, split: Split, seed: int) -> None:
        self.rng = random.Random(f"{split} {seed}")  # noqa: S311 - repeated by its seed; no secret of anybody
        self.templates: Templates = templates_of(split)
        self.split = split
        self._apart = split == "apart"
        self._n_documents = 0

    def snippet(self, template: Template) -> Snippet:
        """A template filled in."""
        draw = Draw(self.rng, apart=self._apart)
        text = template.text
        if text.startswith(("@any ", "@named ")):
            kind, _, token = text[1:].partition(" ")
            carrier = self.rng.choice(self.templates.carriers[kind])
            vendor = template.name.split()[0]
            for name, value in (("VENDOR", vendor.upper()), ("Vendor", vendor.title()), ("vendor", vendor)):
                carrier = carrier.replace(f"«{name}»", value)
            text = carrier.replace("«TOKEN»", token)
        text = draw.fill(text)
        values = [value for value in draw.values if len(value) >= 8]
        return Snippet(template=template, text=text, values=values)

    def document(self, suffix: str) -> str:
        """A name that no other case has."""
        self._n_documents += 1
        return f"work{self._n_documents}{suffix}"

    def around(self, language: str) -> str:
        """Some lines of code that people write in a language."""
        blocks = surroundings()
        found = [text for split, of, text in blocks if of == language and split in (self.split, "both")]
        return self.rng.choice(found) if found else comment(language, "settings")

    def word(self, n_syllables: int = 3) -> str:
        """A word of no language."""
        return Draw(self.rng, apart=self._apart).word(n_syllables)


@lru_cache(maxsize=1)
def surroundings() -> Sequence[tuple[str, str, str]]:
    """Split (or `both`), language and text of each block of `surroundings.txt`."""
    return [(one.kind, one.language, one.text) for one in templates_in("surroundings.txt")]


def comment(language: str, text: str) -> str:
    """A comment line; in JSON too, where nobody minds here."""
    return f"{COMMENTS.get(language, '#')} {text}"
