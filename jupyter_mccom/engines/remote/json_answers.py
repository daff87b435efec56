"""What servers' answers have in common: an answer's first choice, a text at a path, a probability.

What is missing or null is empty; what is there and of another type than it must have raises TypeError.
"""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any


def prob_of(logprob: object) -> float | None:
    """A probability, 0..1, from a natural logarithm; None where the server gave none."""
    if isinstance(logprob, bool) or not isinstance(logprob, int | float) or not math.isfinite(logprob):
        return None
    return math.exp(min(0.0, logprob))


def found_at(answer: object, *path: str) -> object:
    """What stands at `path` in nested objects; None where there is nothing."""
    for name in path:
        if answer is None:
            return None
        if not isinstance(answer, dict):
            raise TypeError(f"no object holds {name}")
        answer = answer.get(name)
    return answer


def text_of(answer: object, *path: str) -> str:
    """The string at `path` in a JSON object; empty where there is none. It can be encoded."""
    found = found_at(answer, *path)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise TypeError(f"{path[-1]} is no text")
    return found if found.isascii() else found.encode("utf-8", "replace").decode()


def number_of(answer: object, *path: str) -> int | None:
    """The whole number at `path`, be it a string of digits; None where there is none."""
    found = found_at(answer, *path)
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) <= 9:
        return int(found)
    if found is not None and (isinstance(found, bool) or not isinstance(found, int)):
        raise TypeError(f"{path[-1]} is no number")
    return found


def list_at(answer: object, *path: str) -> list[object]:
    """The list at `path`; empty where there is none."""
    found = found_at(answer, *path)
    if found is not None and not isinstance(found, list):
        raise TypeError(f"{path[-1]} is no list")
    return found or []


def first_choice(event: object) -> dict[str, object]:
    """`choices[0]` of an answer; empty where there is none."""
    first = next(iter(list_at(event, "choices")), None)
    if first is not None and not isinstance(first, dict):
        raise TypeError("a choice is no object")
    return first or {}


def texts_in(answer: object, items: str, name: str) -> list[str]:
    """The strings `name` of the objects in the list `items`, which the answer must have; empty ones are left out."""
    if found_at(answer, items) is None:
        raise TypeError(f"{items} is missing")
    return [text for one in list_at(answer, items) if (text := text_of(one, name))]


async def telling(events: AsyncGenerator[dict[str, Any], None], *names: str) -> AsyncGenerator[Mapping[str, Any], None]:
    """The events of an answer, of which at least one has one of the `names`: else it is another kind of answer."""
    told = False
    async with aclosing(events):
        async for event in events:
            told = told or any(name in event for name in names)
            yield event
    if not told:
        raise TypeError(f"no event of the answer has {' or '.join(names)}")
