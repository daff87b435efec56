"""Secrets by kind, from `tests/cases/secrets.txt`: each is masked whole, and ordinary code is not."""

from __future__ import annotations

import json
import random
import re
import string
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from jupyter_mccom.privacy.secrets import Masking, forget, spans

FILE = Path(__file__).parents[1] / "cases" / "secrets.txt"
ALPHABETS = {
    "hex": "0123456789abcdef",
    "b62": string.ascii_letters + string.digits,
    "b64": string.ascii_letters + string.digits + "+/",
    "up": string.ascii_uppercase + string.digits,
}
SHORTEST_LEAK = 8
HOSTILE = (
    *("password ", "password = (", 'password="', "key=", "password(", 'auth=("bob", ', "://a:b@", "--password=", "'"),
    *(
        "mysql -p",
        "echo a | ",
        "IDENTIFIED BY ",
        "eyJ",
        "sk-a1",
        "a1B2",
        "Bearer ",
        '\\"',
        "```",
        "{",
        "a.b-",
        "<password>",
    ),
    *("-----BEGIN RSA " + "PRIVATE KEY-----\n", "password: a1b2c3d4\n", "пароль = ", "user a password "),
    *(
        "!x -u a -p b ",
        "!x auth a1b2c3d4 ",
        "net use z: a ",
        "echo aaaaaaa | ",
        "password,b\n",
        '("a",',
        "a/b:c@d.",
        "[(",
    ),
)


def _cases() -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("--- "):
            kinds[line.removeprefix("--- ")] = []
        else:
            kinds[next(reversed(kinds))].append(line.replace("⏎", "\n"))
    return kinds


CASES = _cases()


def _filled(case: str) -> tuple[str, list[str]]:
    """The text of a case and the secrets in it; `{hex:32}` becomes 32 characters, others for each case."""
    chance = random.Random(case)

    def made(found: re.Match[str]) -> str:
        return "".join(chance.choice(ALPHABETS[found[1]]) for _ in range(int(found[2])))

    marked = re.sub(r"\{(hex|b62|b64|up):(\d+)\}", made, case)
    return marked.replace("⟦", "").replace("⟧", ""), re.findall(r"⟦(.*?)⟧", marked, re.DOTALL)


def _leaks(masked: str, secret: str) -> Iterator[str]:
    """The pieces of a secret that still stand in a text."""
    size = min(SHORTEST_LEAK, len(secret))
    pieces = (secret[at : at + size] for at in range(len(secret) - size + 1))
    return (piece for piece in pieces if piece in masked)


@pytest.mark.parametrize("kind", [kind for kind in CASES if kind != "no secret"])
def test_no_piece_of_a_secret_leaves(kind: str) -> None:
    """Each secret of the kind is masked whole between other lines, at the end of a text and alone, and comes back."""
    leaked = []
    for case in CASES[kind]:
        text, secrets = _filled(case)
        for whole in (text, f"import os\n\n{text}", f"x = 1\n{text}\ny = 2\n"):
            masking = Masking()
            masked = masking.mask(whole)
            leaked += [(whole, piece) for secret in secrets for piece in _leaks(masked, secret)]
            assert masking.restore(masked) == whole
    assert leaked == []


def test_code_without_secrets_stays() -> None:
    """Code that handles secrets but holds none is not masked."""
    assert [case for case in CASES["no secret"] if spans(case)] == []


def test_spans_are_in_order() -> None:
    """The spans of a text are in order, do not overlap and are not empty."""
    text = "\n".join(_filled(case)[0] for kind in CASES.values() for case in kind)
    found = spans(text)
    assert all(start < end for start, end in found)
    assert all(before[1] <= after[0] for before, after in pairwise(found))


def test_the_middle_of_a_key_is_masked() -> None:
    """Lines from the middle of a private key are masked without the lines that say what they are."""
    chance = random.Random(1)
    body = "\n".join("".join(chance.choice(ALPHABETS["b64"]) for _ in range(64)) for _ in range(6))
    masked = Masking().mask(f"import os\n{body}\nprint(1)\n")
    assert not any(line in masked for line in body.splitlines())
    assert masked.startswith("import os\n")
    assert masked.endswith("print(1)\n")


@pytest.mark.thorough
def test_real_lines_are_masked_rarely(shared_data: Path) -> None:
    """At most 0.5 % of the lines of real notebooks and repositories have something that is masked."""
    texts = [path.read_text(encoding="utf-8") for path in (shared_data / "repositories").rglob("*.py")]
    notebooks = (shared_data / "notebooks" / "notebooks.jsonl").read_text(encoding="utf-8").splitlines()
    for notebook in map(json.loads, notebooks):
        texts += ["".join(cell["source"]) for cell in notebook["cells"]]
    lines = sum(text.count("\n") + 1 for text in texts)
    masked = sum(text.count("\n", start, end) + 1 for text in texts for start, end in spans(text))
    assert masked <= lines * 0.005


@pytest.mark.thorough
@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_texts_take_linear_time(piece: str) -> None:
    """200,000 characters of one piece, on a line and in a string, take less than a second of processor time."""
    line = piece * (200_000 // len(piece))
    for text in (line, f"x = '{line}'"):
        start = time.process_time()
        spans(text)
        assert time.process_time() - start < 1
    forget()
