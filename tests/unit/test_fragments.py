"""Parts of known secrets: which are found, and which are words that code may hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_mccom.privacy.fragments import LEAST, Fragments

TOKEN = "sk-" + "aB3dE5gH7jK9mN1pQ4sT6vW8"
WORDS = "correct-horse-battery"
HOOK = "https://hooks.example.com/services/" + "T0123ABCD/B0123ABCD/xYz9"


def _parts(secret: str, text: str) -> list[str]:
    return [text[start:end] for start, end in Fragments([secret]).spans(text)]


@pytest.mark.parametrize(
    ("secret", "text", "found"),
    [
        (TOKEN, f"use('{TOKEN[:9]}…')", [TOKEN[:9]]),
        (TOKEN, f"a{TOKEN[5:20]}b, {TOKEN[:8]}", [TOKEN[5:20], TOKEN[:8]]),
        (TOKEN, f"use('{TOKEN[:7]}')", []),
        (TOKEN, TOKEN, [TOKEN]),
        ("AKIA" + "IOSFODNN7EXAMPL2", "x = AKIA" + "IOSF", ["AKIA" + "IOSF"]),
        (WORDS, f"say '{WORDS[:13]}'", [WORDS[:13]]),
        (WORDS, "correct = horse; battery-charge", []),
        ("password123", "password = getpass()", []),
        ("password123", "x = password1", ["password1"]),
        ("database22", "database223", []),
        ("zuvalo22", "zuvalo223", ["zuvalo22"]),
        ("zuvaloki22", 'x = zuvaloki; y = "zuvaloki"', ["zuvaloki", "zuvaloki"]),
        ("zuvaloki22", "zuvaloki.a(zuvaloki.b, zuvaloki)", []),
        (HOOK, "see https://hooks.example.com/services/ and https://docs.example.com", []),
        (HOOK, "/T0123ABCD/B0", ["/T0123ABCD/B0"]),
        ("", "anything", []),
        ("first1line\n  second2line", "  second2line\nfirst1line", ["second2line", "first1line"]),
    ],
)
def test_which_parts_are_found(secret: str, text: str, found: list[str]) -> None:
    """Eight characters that are no words are a part; words are one only as the beginning of a phrase."""
    assert _parts(secret, text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{TOKEN[-5:]}')", [TOKEN[-5:]]),
        (f"use('{TOKEN[:6]}", [TOKEN[:6]]),
        (f" {TOKEN[-5:]}' and {TOKEN[:6]} ", []),
        (f"{TOKEN[-3:]}')", []),
    ],
)
def test_a_cut_goes_through_a_secret(text: str, found: list[str]) -> None:
    """At the ends of a text, where it was cut, four characters are enough."""
    assert [text[start:end] for start, end in Fragments([TOKEN]).edges(text)] == found


def test_a_word_at_an_edge_stays() -> None:
    """A text may begin or end with a word that a secret ends or begins with."""
    fragments = Fragments(["self-made7word", "word7self"])
    assert [*fragments.edges("self.x = 1\nreturn word")] == []


@given(st.text(alphabet="aB3dE5_ ", max_size=60), st.text(alphabet="aB3dE5_ ", min_size=LEAST, max_size=30))
def test_each_part_with_a_digit_is_found(around: str, secret: str) -> None:
    """Wherever 8 characters of a secret's line stand, with a digit among them, they are in a part."""
    secret = f"x7{secret.strip()}"
    whole = set(secret.splitlines())
    text = f"{around}{secret[1:9]}{around}{secret[-8:]}"
    covered = {n for start, end in Fragments([secret]).spans(text) for n in range(start, end)}
    for at in range(len(text) - LEAST + 1):
        part = text[at : at + LEAST]
        if part in secret and any(map(str.isdigit, part)) and not any(known in text for known in whole):
            assert covered >= set(range(at, at + LEAST))
