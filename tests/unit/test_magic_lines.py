"""7: lines that IPython does not read as Python: what a model is asked about them."""

from __future__ import annotations

import pytest

from jupyter_mccom.cascade.text.magics import as_written
from jupyter_mccom.types import Cell, CompletionRequest


def _asked(prefix: str, *cells: str, language: str = "python") -> CompletionRequest:
    before = tuple(Cell(cell_id=str(number), kind="code", source=source) for number, source in enumerate(cells))
    return as_written(
        CompletionRequest(
            id="r",
            client="w",
            document="a.ipynb",
            cell_id="c",
            language=language,
            prefix=prefix,
            suffix="",
            cells_before=before,
        )
    )


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("!pip insta", "pip insta"),
        ("  !!ls -", "ls -"),
        ("! ", ""),
        ("files = !ls da", "ls da"),
        ("%pip install pan", "pip install pan"),
    ],
)
def test_a_shell_line_is_a_command(line: str, command: str) -> None:
    """7: A shell line is asked about as a command, below the notebook's other commands, and ends with its line."""
    asked = _asked(f"import os\n!git status\n{line}", "!pip install numpy\nx = 1", "y = 2")
    assert (asked.language, asked.one_line) == ("bash", True)
    assert asked.prefix == f"pip install numpy\ngit status\n{command}"
    assert (asked.cells_before, asked.own_source) == ((), "cell 2")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("%timeit np.sor", "np.sor"),
        ("    %timeit -n 10 -r3 np.sor", "    np.sor"),
        ("%prun -s cumtime np.sor", "np.sor"),
        ("%%timeit data = np.ar", "data = np.ar"),
        ("%time -x", "-x"),
    ],
)
def test_code_behind_a_magic_is_code(line: str, code: str) -> None:
    """7: Code behind a magic is asked about without the magic, and ends with its line."""
    asked = _asked(f"import numpy as np\n{line}", "x = 1")
    assert (asked.language, asked.one_line) == ("python", True)
    assert asked.prefix == f"import numpy as np\n{code}"
    assert len(asked.cells_before) == 1


@pytest.mark.parametrize("line", ["%matplotlib in", "%%ti", "?np.so", "np.sort?"])
def test_another_magic_ends_with_its_line(line: str) -> None:
    """7: Any other magic is asked about as it is, and ends with its line."""
    asked = _asked(line)
    assert (asked.prefix, asked.one_line) == (line, True)


@pytest.mark.parametrize(
    ("prefix", "language"),
    [("x = 10 % y", "python"), ("if a != b", "python"), ("x = 1", "python"), ("%%bash\n!x", "python"), ("!x", "r")],
)
def test_other_lines_stay_as_they_are(prefix: str, language: str) -> None:
    """7: A line of Python, or of another language, is asked about as it is."""
    asked = _asked(prefix, language=language)
    assert (asked.prefix, asked.language, asked.one_line) == (prefix, language, False)
