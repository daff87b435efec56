"""Seeded secrets: drawn from a seed, each in its place, found in whatever was sent; two splits that share nothing."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from jupyter_mccom.evaluation.seeded.cases import Case, Seeding
from jupyter_mccom.evaluation.seeded.drawn import cases_of
from jupyter_mccom.evaluation.seeded.draws import Draw
from jupyter_mccom.evaluation.seeded.false_alarms import false_alarms
from jupyter_mccom.evaluation.seeded.leaks import leaked, pieces, sent_pieces
from jupyter_mccom.evaluation.seeded.masked_prompts import masked_prompt
from jupyter_mccom.evaluation.seeded.places import PLACES
from jupyter_mccom.evaluation.seeded.sending import by_dialect
from jupyter_mccom.evaluation.seeded.templates import Split, templates_of
from jupyter_mccom.evaluation.suites.secret_leaks import share_interval
from jupyter_mccom.types import Prompt

SPLITS: tuple[Split, Split] = ("open", "apart")


def _sent_text(case: Case) -> str:
    cells = [source for _, source in (*case.cells_before, *case.cells_after)]
    return "\n".join([case.prefix, case.suffix, *cells, *case.files.values()])


@pytest.mark.parametrize("split", SPLITS)
def test_a_seed_repeats_its_cases(split: Split) -> None:
    """The same seed draws the same cases, another one others."""
    assert cases_of(split, 40, 1) == cases_of(split, 40, 1)
    assert cases_of(split, 40, 1) != cases_of(split, 40, 2)


@pytest.mark.parametrize("split", SPLITS)
def test_every_kind_and_place_is_drawn(split: Split) -> None:
    """Four hundred cases hold every template and every place, at least 40 vendors, and each case its secret."""
    cases = cases_of(split, 420, 3)
    assert {case.place for case in cases} == set(PLACES)
    assert {case.snippet.template for case in cases} == set(templates_of(split).snippets)
    vendors = {case.snippet.template.name for case in cases if case.snippet.template.kind == "vendor token"}
    assert len(vendors) >= 40
    spread = Counter(case.place for case in cases)
    assert min(n for place, n in spread.items() if place != "cut at an edge") >= 35
    for case in cases:
        assert case.values
        there = set(pieces(_sent_text(case).replace("\\n", "\n")))
        assert leaked(case.values, there), (case.place, case.snippet.template.name)


def test_the_splits_share_no_template() -> None:
    """No text of a template or carrier stands in both splits, but for tokens that nothing but their name tells."""
    first, second = (templates_of(split) for split in SPLITS)
    shared = {one.text for one in first.snippets} & {one.text for one in second.snippets}
    assert not [text for text in shared if not text.startswith("@named «")]
    carriers = [{line for lines in one.carriers.values() for line in lines} for one in (first, second)]
    assert not carriers[0] & carriers[1]


@pytest.mark.parametrize("split", SPLITS)
def test_templates_look_like_no_token(split: Split) -> None:
    """A template holds none of the secrets that it is filled with."""
    seeding = Seeding(split, 1)
    for template in templates_of(split).snippets:
        snippet = seeding.snippet(template)
        assert snippet.innocent != snippet.text, template.name
        assert not any(value in template.text for value in snippet.values)


def test_public_fields_are_no_secrets() -> None:
    """A user's name, a host and what is marked as public are drawn, and are not among the secrets."""
    draw = Draw(random.Random(1), apart=False)
    text = draw.fill("«user» «host» «pub hex 12» «uuid» «hex 16» «user»")
    assert draw.values == [text.split()[4]]
    assert text.split()[0] == text.split()[5]


def test_drafts_go_where_drafts_are_sent() -> None:
    """A case in a draft is given to a dialect that sends one; all dialects get as many cases."""
    dealt = by_dialect(cases_of("open", 400, 5))
    assert not any(case.local_text for case in dealt["mistral"])
    sizes = [len(cases) for cases in dealt.values()]
    assert max(sizes) - min(sizes) <= 1


def test_a_leak_is_found_in_any_form() -> None:
    """A secret is found in a body in clear, escaped once and twice, in an address and in base64."""
    secret = 'Ab"c/d e+f=g'
    forms = [
        b'{"prompt": "Ab\\"c/d e+f=g"}',
        b'{"prompt": "x = \\"Ab\\\\\\"c/d e+f=g\\""}',
        b'{"prompt": "?p=Ab%22c%2Fd%20e%2Bf%3Dg"}',
        b'{"prompt": "QWIiYy9kIGUrZj1n"}',
        b'{"grammar": "root ::= \\"\\\\U00000041\\\\U00000062\\\\U00000022c/d e+f=g\\""}',
    ]
    assert [bool(leaked([secret], sent_pieces([body]))) for body in forms] == [True] * len(forms)
    assert leaked([secret], sent_pieces([b'{"prompt": "Ab\\"c/d "}'])) == ""
    assert leaked([secret], sent_pieces([forms[0]]), innocent=secret) == ""


async def test_what_masking_does_is_seen() -> None:
    """A prompt with a password is masked, and one without it stays as it is."""
    value = Draw(random.Random(2), apart=False).fill("«pass»")
    prompt = Prompt(chunks=(), prefix=f'password = "{value}"\n', typed="x = ", suffix="\n")
    assert value not in (await masked_prompt(prompt)).prefix
    bare = Prompt(chunks=(), prefix="import os\n", typed="x = ", suffix="\n")
    assert (await masked_prompt(bare)).prefix == bare.prefix


async def test_masked_lines_of_real_code_are_counted(shared_data: Path) -> None:
    """Lines of the data are counted, and hardly one is masked."""
    found = await false_alarms(shared_data, random.Random(1), n_documents=3)
    assert len(found) == 6
    assert sum(len(one.masked) for one in found) <= 0.01 * sum(one.n_lines for one in found)
    assert await false_alarms(shared_data / "none", random.Random(1)) == []


def test_an_interval_of_none_found_is_no_point() -> None:
    """None of 400 may still be one in a hundred; half of 100 is between .4 and .6."""
    low, high = share_interval(0, 400)
    assert low == 0
    assert 0.005 < high < 0.011
    assert [round(end, 1) for end in share_interval(50, 100)] == [0.4, 0.6]
