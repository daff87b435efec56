"""Secrets of kinds that once left in clear, sent through a real Jupyter server to a cloud of every dialect."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from jupyter_mccom.engines.remote.providers.table import PROVIDERS
from jupyter_mccom.evaluation.seeded.cases import Case, Seeding, Snippet
from jupyter_mccom.evaluation.seeded.leaks import leaked
from jupyter_mccom.evaluation.seeded.places import half_typed, in_draft, in_later_line, project_file
from jupyter_mccom.evaluation.seeded.sending import pieces_sent
from jupyter_mccom.evaluation.seeded.templates import Template, templates_of_text
from jupyter_mccom.settings import MCCom

pytestmark = pytest.mark.thorough
_EXAMPLES = templates_of_text((Path(__file__).parents[1] / "cases" / "leaked_secrets.txt").read_text(encoding="utf-8"))
_IN_A_CELL = 6
_SEED = 22


def _snippet(seeding: Seeding, name: str) -> Snippet:
    """The snippet of an example by its name."""
    return seeding.snippet(next(one for one in _EXAMPLES if one.name == name))


def _cells(seeding: Seeding, snippets: Sequence[Snippet]) -> list[Case]:
    """Cells of a few examples each: the unclosed string ends the last one."""
    found = []
    for at in range(0, len(snippets), _IN_A_CELL):
        part = snippets[at : at + _IN_A_CELL]
        marker = seeding.word(4)
        prefix = "\n".join([*(one.text for one in part), f"# {marker} report", "result = "])
        values = [value for one in part for value in one.values]
        case = Case(
            place="own cell",
            snippet=part[0],
            values=values,
            marker=marker,
            document=seeding.document(".ipynb"),
            language="python",
            prefix=prefix,
        )
        found.append(case)
    return found


@pytest.mark.parametrize("dialect", PROVIDERS)
def test_what_once_leaked_goes_out_masked(dialect: str) -> None:
    """No example of a kind that once leaked leaves in clear, and the text beside it does leave."""
    seeding = Seeding("open", _SEED)
    snippets = [seeding.snippet(template) for template in _EXAMPLES]
    key = Template(kind="private key", name="4096 bits", language="python", text='key = """«pem rsa 4096»"""')
    elsewhere = [
        project_file(seeding, seeding.snippet(key)),
        *(half_typed(seeding, _snippet(seeding, name)) for name in ("annotated", "auth", "libpq", "shopify")),
        *(in_draft(seeding, _snippet(seeding, name)) for name in ("_PASS", "postman", "postgres url")),
        *(in_later_line(seeding, _snippet(seeding, name)) for name in ("_PASS", "postman", "postgres url")),
    ]
    cells = _cells(seeding, snippets)
    sent = pieces_sent(dialect, [*cells, *elsewhere], MCCom())
    left = [f"{one.template.kind}: {one.template.name}" for one in snippets if leaked(one.values, sent, one.innocent)]
    left += [f"{one.place}: {one.snippet.template.name}" for one in elsewhere if leaked(one.values, sent)]
    assert left == []
    assert [case.place for case in cells if case.marker not in sent] == []
