"""Half-typed words of the kind that real notebooks hold: real models continue them, and never ignore them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_mccom.compose import OpenCascade, open_cascade
from jupyter_mccom.models.store import Store
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import CompletionRequest
from tests.conftest import CODER, LARGER

CASES = (Path(__file__).parents[1] / "cases" / "half_typed.txt").read_text(encoding="utf-8").split("=" * 16 + "\n")


@pytest.mark.parametrize("model", [CODER, LARGER])
async def test_half_typed_words_go_on(model: str, models: Store, larger: Store) -> None:
    """Each text begins with the rest of the word."""
    opened = open_cascade(MCCom(model=model, retrieval_tokens=0))
    wrong = {}
    try:
        for case in CASES:
            title, _, rest = case.partition("\n")
            code, _, expected = rest.partition("█\n--- goes on with\n")
            text = await _text(opened, code)
            if not re.match(expected.strip("\n"), text):
                wrong[title] = text
    finally:
        await opened.aclose()
    assert wrong == {}


async def _text(opened: OpenCascade, code: str) -> str:
    """What is shown to a person who asks behind `code`."""
    asked = CompletionRequest(
        id="r", client="c", document="d", cell_id="1", language="python", prefix=code, suffix="", trigger="invoke"
    )
    *_, last = [suggestion async for suggestion in opened.cascade.complete(asked)]
    return last.text


@pytest.mark.parametrize("model", [CODER, LARGER])
def test_the_command_continues_a_word(model: str, models: Store, larger: Store, tmp_path: Path) -> None:
    """`jupyter mccom complete` too."""
    (tmp_path / "a.py").write_text("import numpy as np\nx = np.ar")
    command = [sys.executable, "-m", "jupyter_mccom", "complete", str(tmp_path / "a.py"), "--json"]
    done = subprocess.run([*command, "--model", model], capture_output=True, text=True, check=True, timeout=300)
    assert re.match(r"ray\(|ange\(", json.loads(done.stdout)["text"])
