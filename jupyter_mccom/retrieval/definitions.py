"""Where the names that a file imports are defined: chunks of the project that begin a definition of one.

Finds them by search, so that nothing outside the index is read. Knows Python only, and no import paths: a name that
two files define is found in the one that fits better.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..types import CompletionRequest
from .index import Scored

_MAX_NAMES = 6
_IMPORT = re.compile(r"^[ \t]*from[ \t]+[\w.]+[ \t]+import[ \t]+(\([^)]*\)|[^\n#]*)", re.MULTILINE)
_NAME = re.compile(r"\w+")
_ALIAS = re.compile(r"\b(\w+)[ \t]+as[ \t]+(\w+)")


def imported_near(request: CompletionRequest, lines: str) -> list[str]:
    """Names of `from … import …` that occur in `lines`, as their module calls them, in the order of the imports."""
    if request.language != "python":
        return []
    text = "\n".join([*(cell.source for cell in request.cells_before), request.prefix])
    near, found = set(_NAME.findall(lines)), {}
    for names in _IMPORT.findall(text):
        own = {alias: name for name, alias in _ALIAS.findall(names)}
        for name in _NAME.findall(_ALIAS.sub(r"\2", names)):
            if name in near:
                found[own.get(name, name)] = True
    return list(found)[-_MAX_NAMES:]


def defining(names: Sequence[str], found: Sequence[Sequence[Scored]]) -> list[Scored]:
    """The best chunk of each search that defines the name it was made for."""
    kept = []
    for name, scored in zip(names, found, strict=True):
        begins = re.compile(rf"^[ \t]*(?:async[ \t]+def|def|class)[ \t]+{re.escape(name)}\b", re.MULTILINE)
        kept += [one for one in scored if begins.search(one[0].text)][:1]
    return kept
