"""A line that IPython does not read as Python is asked about as what it is: a shell command, or code behind a magic.

Knows nothing of models: it turns one request into another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ...types import CompletionRequest
from .language import cell_language

_SHELL = re.compile(r"[ \t]*(?:!{1,2}|%(?=(?:pip|conda|uv)\s)|\w[\w, ]*=[ \t]*!)[ \t]*(?P<command>.*)", re.DOTALL)
"""`!pip …`, `files = !ls …`, `%pip …`: the shell's, from the command on."""
_OPTION = r"-(?:s[ \t]*\w+|[a-zA-Z]+[ \t]*\d*)"
_TIMED = re.compile(rf"(?P<space>[ \t]*)%{{1,2}}(?:time|timeit|prun|memit)\b(?:[ \t]+{_OPTION})*[ \t]+")
"""`%timeit -n 10 …`: what follows is code of the notebook's language."""
_MAGIC = re.compile(r"[ \t]*[%?]|.*\?$")
_MOST_COMMANDS = 20


def as_written(request: CompletionRequest) -> CompletionRequest:
    """The request for what the cursor's line is: itself, unless that is a magic or a command of the shell."""
    cut = request.prefix.rfind("\n") + 1
    if request.language != "python" or (cut and cell_language("python", request.prefix) != "python"):
        return request
    above, line = request.prefix[:cut], request.prefix[cut:]
    shell = _SHELL.fullmatch(line)
    if shell is not None:
        return _as_command(request, above, shell["command"])
    timed = _TIMED.match(line)
    if timed is not None:
        prefix = above + timed["space"] + line[timed.end() :]
        return replace(request, prefix=prefix, one_line=True)
    return replace(request, one_line=True) if _MAGIC.match(line) else request


def _as_command(request: CompletionRequest, above: str, command: str) -> CompletionRequest:
    """The command below those that the notebook has; its Python says nothing about it."""
    sources = (*(cell.source for cell in request.cells_before if cell.kind == "code"), above)
    former = [found for source in sources for found in _commands(source)][-_MOST_COMMANDS:]
    return replace(
        request,
        language="bash",
        prefix="".join(f"{each}\n" for each in former) + command,
        suffix=request.suffix.partition("\n")[0],
        cells_before=(),
        cells_after=(),
        n_cells_above=request.n_cells_above + len(request.cells_before),
        one_line=True,
    )


def _commands(source: str) -> Iterator[str]:
    found = (_SHELL.fullmatch(line) for line in source.splitlines())
    return (match["command"] for match in found if match and match["command"])
