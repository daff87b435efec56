"""What a cell is written in, and its text with IPython's magics blanked so that a Python parser can read it.

Knows nothing of kernels or editors: the caller names the language of the notebook.
"""

from __future__ import annotations

import re

_CELL_MAGIC = re.compile(r"\s*%%(\w+)")
_PYTHON_MAGICS = frozenset({"time", "timeit", "capture", "prun", "px", "mccom", "debug", "memit", "mprun"})
_MAGIC_LANGUAGES = {"sh": "bash", "script": "bash", "R": "r", "js": "javascript"}
_LINE_MAGIC = re.compile(r"^[ \t]*(?:[%!?].*|\w[\w.]*\?{1,2}[ \t]*)$", re.MULTILINE)
_ASSIGNED_MAGIC = re.compile(r"^([ \t]*\w[\w, ]*=[ \t]*)([%!].*)$", re.MULTILINE)


def cell_language(language: str, cell_start: str) -> str:
    """The language at hand: that of a `%%magic` on the cell's first line, else the notebook's."""
    magic = _CELL_MAGIC.match(cell_start)
    if language != "python" or magic is None or magic[1] in _PYTHON_MAGICS:
        return language
    return _MAGIC_LANGUAGES.get(magic[1], magic[1].lower())


def without_magics(source: str) -> str:
    """Python source of the same line count: magics and shell lines become blank or `None`."""
    blanked = _ASSIGNED_MAGIC.sub(r"\1None", source)
    return _LINE_MAGIC.sub("", blanked)
