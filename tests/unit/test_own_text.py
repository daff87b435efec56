"""The secrets of the cursor's own text: found wherever the cursor stands, and placed in what is cut from it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_mccom.cascade.text.heal import heal
from jupyter_mccom.privacy.own_text import above, at_cursor, placed
from jupyter_mccom.types import Prompt
from tests.pem import lines_of, private_key

TOKEN = "hf" + "_" + "aB3dE5gH7jK9mN1pQ4sT6vW8yZ0aB3dE5g"
FILLER = "".join(f"value_{n} = compute({n})\n" for n in range(200))
KEY = private_key()
TEXTS = {
    "named above": f"password = 'hunter-22!'\n{FILLER}x = 1\n{FILLER}",
    "a key above and below": f"{FILLER}{KEY}\n{FILLER}{KEY}\n{FILLER}",
    "a token": f"{FILLER}client = Client('{TOKEN}')\n{FILLER}",
    "in parentheses": f"{FILLER}password = (\n    'hunter-22!'\n)\n{FILLER}",
}
SECRETS = ("hunter-22!", TOKEN, *lines_of(KEY))


def _hidden(before: str, behind: str) -> str:
    text = list(before + behind)
    for start, end in at_cursor(before, behind):
        text[start:end] = "*" * (end - start)
    return "".join(text)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_secrets_are_found_wherever_the_cursor_stands(text: str) -> None:
    """A secret is found with the cursor far from it, before, in and behind it."""
    places = {0, len(text), *range(0, len(text), 997)}
    for secret in SECRETS:
        at = text.find(secret)
        places |= {at, at + 3, at + len(secret), at + len(secret) + 1} if at >= 0 else set()
    for cursor in sorted(places):
        hidden = _hidden(text[:cursor], text[cursor:])
        assert len(hidden) == len(text)
        assert [secret for secret in SECRETS if secret in hidden] == []
        assert FILLER[:60] in hidden


@given(
    st.lists(
        st.sampled_from(["x = 1\n", f"k = '{TOKEN}'\n", "\n", "    ", "password='hunter-22!'", "\n\n"]), max_size=12
    ),
    st.data(),
)
def test_secrets_are_placed_in_what_is_cut(pieces: list[str], data: st.DataObject) -> None:
    """What is cut from the text as a prompt is has its secrets at their places."""
    text = "".join(pieces)
    cursor = data.draw(st.integers(0, len(text)))
    before, behind = text[:cursor], text[cursor:]
    lines = before[: before.rfind("\n") + 1].splitlines(keepends=True)
    prefix = "".join(lines[data.draw(st.integers(0, len(lines))) :])
    suffix = behind[: data.draw(st.integers(0, len(behind)))]
    line = heal(before.rpartition("\n")[2])
    prompt = Prompt(chunks=(), prefix=prefix, typed=line.typed, forced=line.forced, suffix=suffix, own=(before, behind))
    secrets = list(at_cursor(before, behind))
    found = placed(prompt, secrets)
    if not text:
        assert found is None
        return
    assert found is not None
    cut = prefix + line.typed + line.forced + suffix
    values = {text[start:end] for start, end in secrets}
    assert all(any(cut[start:end] in value for value in values) for start, end in found)
    covered = "".join("*" if any(start <= n < end for start, end in found) else char for n, char in enumerate(cut))
    assert TOKEN not in covered
    assert "hunter-22!" not in covered


def test_another_text_is_not_placed() -> None:
    """A prompt that was not cut from the text is told apart, and so is one without a text."""
    prompt = Prompt(chunks=(), prefix="a\n", typed="x = ", suffix="")
    assert placed(prompt, []) is None
    assert placed(Prompt(chunks=(), prefix="a\n", typed="x", suffix="", own=("b\nx", "")), []) is None


def test_the_lines_above_are_whole() -> None:
    """What is looked at anew begins at a line's start, and is short."""
    assert above("a\nb\n") == "a\nb\n"
    assert above(FILLER).startswith("value_")
    assert len(above(FILLER)) <= 1200
    assert above("x" * 5000) in ("", "x" * 5000)
