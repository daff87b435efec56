"""Seeded secrets go through a real server to clouds that keep what they are sent: how many leave?"""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_mccom.evaluation.seeded.cases import Case
from jupyter_mccom.evaluation.seeded.drawn import cases_of
from jupyter_mccom.evaluation.seeded.sending import Sent, by_dialect, sent_through
from jupyter_mccom.settings import MCCom
from tests.attack.figures import Figures

N_SHORT, N_LONG = 60, 600
SEED = 7
SHORT_DIALECTS = ("openai", "llama-server")
"""A chat, and a prompt with markers."""
LEAKED = 0.01
"""Goal: of all secrets, as in issue and suite `secrets`."""


def test_secrets_stay(long: bool, figures: Figures) -> None:
    """Of secrets of every kind, in every place, at most one in a hundred leaves the machine."""
    cases = cases_of("open", N_LONG if long else N_SHORT, SEED)
    sent = [one for dialect, part in _parts(cases, long).items() for one in sent_through(dialect, part, MCCom())]
    leaked = [one for one in sent if one.leaked]
    figures.add("secrets sent past a cloud", len(sent))
    figures.add("  of them asked about for certain (the text beside it arrived)", sum(one.reached for one in sent))
    figures.add("  leaked", len(leaked), most=LEAKED * len(sent))
    assert len(leaked) <= LEAKED * len(sent), [_told(one) for one in leaked]


def _parts(cases: Sequence[Case], long: bool) -> dict[str, list[Case]]:
    """The cases by dialect: all that there are, or two, since each is a server of its own."""
    if long:
        return by_dialect(cases)
    return {dialect: list(cases[at :: len(SHORT_DIALECTS)]) for at, dialect in enumerate(SHORT_DIALECTS)}


def _told(one: Sent) -> str:
    return f"{one.case.snippet.template.name} in {one.case.place} ({one.dialect})"
