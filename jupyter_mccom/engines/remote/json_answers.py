"""What servers' answers have in common: an answer's first choice, a text at a path, a probability."""

from __future__ import annotations

import math


def prob_of(logprob: object) -> float | None:
    """A probability, 0..1, from a natural logarithm; None where the server gave none."""
    return min(1.0, math.exp(logprob)) if isinstance(logprob, int | float) else None


def text_of(choice: object, *path: str) -> str:
    """The string at `path` in a JSON object; empty where there is none."""
    found = choice
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""


def first_choice(event: object) -> dict[str, object]:
    """`choices[0]` of an answer; empty where there is none."""
    choices = event.get("choices") if isinstance(event, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def texts_in(answer: object, items: str, name: str) -> list[str]:
    """The strings `name` of the objects in the list `items` of an answer; those that have none are left out."""
    found = answer.get(items) if isinstance(answer, dict) else None
    named = [text_of(one, name) for one in found] if isinstance(found, list) else []
    return [text for text in named if text]
