"""The cases of one run: every template of a split in turn, each time at another place that suits it."""

from __future__ import annotations

from .cases import Case, Seeding
from .places import PLACES, places_for
from .templates import Split

_KEYS = "private key"
_WHERE_KEYS_ARE_CUT = ("project file", "cut at an edge", "cut at an edge")
"""Places that are drawn more often for keys."""


def cases_of(split: Split, n: int, seed: int) -> list[Case]:
    """`n` cases; the same seed draws the same ones. The places that are rarest so far come first."""
    seeding = Seeding(split, seed)
    found: list[Case] = []
    n_at = dict.fromkeys(PLACES, 0)
    while len(found) < n:
        round_ = list(seeding.templates.snippets)
        seeding.rng.shuffle(round_)
        for template in round_[: n - len(found)]:
            snippet = seeding.snippet(template)
            places = places_for(snippet)
            if template.kind == _KEYS:
                place = seeding.rng.choice([*places, *(name for name in _WHERE_KEYS_ARE_CUT if name in places)])
            else:
                place = min(places, key=lambda name: n_at[name] + seeding.rng.random() * 8)
            n_at[place] += 1
            found.append(PLACES[place](seeding, snippet))
    return found
