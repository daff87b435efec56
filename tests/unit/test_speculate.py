"""The draft for the local engine: which lines of the context continue the cursor's."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_mccom.cascade.drafts.speculate import draft_of
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.types import Cell, Chunk, CompletionRequest, Prompt, Skills, Token
from tests.cascades import cascade_of


def _request(
    prefix: str, suffix: str = "", cells: tuple[str, ...] = (), after: tuple[str, ...] = ()
) -> CompletionRequest:
    def noted(sources: tuple[str, ...]) -> tuple[Cell, ...]:
        return tuple(Cell(cell_id=str(n), kind="code", source=source) for n, source in enumerate(sources))

    return CompletionRequest(
        id="r",
        client="c",
        document="d",
        cell_id="x",
        language="python",
        prefix=prefix,
        suffix=suffix,
        cells_before=noted(cells),
        cells_after=noted(after),
    )


TWICE = "plt.plot(x, y)\nplt.show()\nplt.plot(x, y)\nplt.show()\n"


def test_a_line_begun_as_others_goes_on_as_they_do() -> None:
    """A line that begins like two others goes on like them."""
    assert draft_of(_request(TWICE + "plt.pl")) == "ot(x, y)\n"


def test_a_fresh_line_goes_on_as_below_lines_like_the_last() -> None:
    """A new line goes on as the lines below lines like the last one."""
    assert draft_of(_request(TWICE + "plt.plot(x, y)\n")) == "plt.show()\n"


def test_one_place_alone_is_no_draft() -> None:
    """One place alone gives no draft."""
    assert draft_of(_request("plt.plot(x, y)\nplt.pl")) == ""


def test_a_line_found_again_is_still_one_place() -> None:
    """A line that the search finds again still counts as one place."""
    piece = Chunk(source="cell 1", first_line=1, last_line=1, text="plt.plot(x, y)")
    assert draft_of(_request("plt.plot(x, y)\nplt.pl", cells=("a = 1",)), [piece]) == ""
    assert draft_of(_request("plt.pl", cells=("plt.plot(x, y)",)), [replace(piece, source="cell 0")]) == ""


def test_where_the_places_part_the_draft_ends_before_the_word() -> None:
    """The draft ends before the word at which the places differ."""
    above = "frame.plot(kind='bar', color='red')\nframe.plot(kind='bar', color='rose')\n"
    assert draft_of(_request(above + "frame.pl")) == "ot(kind='bar', color='"


def test_indentation_is_left_aside() -> None:
    """Indentation does not matter when lines are compared."""
    above = "if a:\n    print(total)\nprint(total)\nfor b in c:\n        pri"
    assert draft_of(_request(above.replace("        pri", "        prin"))) == "t(total)\n"


OWN_SCALED = "train = self.scale(train, axis=0)\nvalid = self.scale(valid, axis=0)\n"
SCALED = "train = scale(train, axis=0)\nvalid = scale(valid, axis=0)\n"


@pytest.mark.parametrize(
    ("above", "typed", "draft"),
    [
        (SCALED, "test = scale(te", ""),  # one word in common is chance
        (OWN_SCALED, "test = self.scale(te", "st, axis=0)\n"),
        ("train = read(root, 'train.csv')\nvalid = read(root, 'valid.csv')\n", "test = read(root, ", "'test.csv')\n"),
        ("low.part = low.cut(part)\ntop.part = top.cut(part)\n", "mid.part = mid.cut(", "part)\n"),
        ("low = cut(\n    low.head,\n    n=low,\n)\n" * 2, "mid = cut(", ""),
        ("low = a.cut(\n    low.head,\n    n=low,\n)\n" * 2, "mid = a.cut(", "\n    mid.head,\n    n=mid,\n)\n"),
        ("first = second = get(a, b)\n" * 2, "this = this = get(a, ", ""),  # one name for two
        ("first = first + get(a, b)\n" * 2, "this = that + get(a, ", ""),  # two names for one
        ("a.go(one, two, three, to=home)\n" * 2, "b.go(x, y, three, t", ""),  # three others
        ("for row in rows.ordered(by=key):\n    print(row)\n" * 2, "while row in rows.ord", ""),  # a keyword is no name
    ],
)
def test_a_line_like_others_goes_on_with_its_own_names(above: str, typed: str, draft: str) -> None:
    """A line like others with other names goes on with its own names."""
    assert draft_of(_request(above + typed)) == draft


def test_other_names_are_asked_only_where_no_line_is_the_same() -> None:
    """Lines with other names count only when no line is the same."""
    above = "train = fit(self, a=1)\nvalid = fit(self, a=1)\n" + "test = fit(self, a=2)\n" * 2
    assert draft_of(_request(above + "test = fit(self, ")) == "a=2)\n"
    assert draft_of(_request(above.replace("a=2", "a=1") + "last = fit(self, ")) == "a=1)\n"


def test_only_indentation_is_left_to_the_model() -> None:
    """A draft on a blank line begins with the indentation, which the model is left to write."""
    assert draft_of(_request("count = 1\ncount = 1\ncount = ")) == "1\n"
    assert (
        draft_of(_request("def f():\n    a()\n    b()\n\ndef g():\n    a()\n    b()\n\ndef h():\n    a()\n    "))
        == "    b()\n"
    )


def test_a_statement_of_several_lines_is_taken_whole() -> None:
    """A statement of several lines is drafted whole."""
    call = "result = compute(\n    first,\n    second,\n)\n"
    assert draft_of(_request(call + "x = 1\n" + call + "result = c")) == "ompute(\n    first,\n    second,\n)\n"


def test_comments_and_empty_lines_are_skipped() -> None:
    """Comments and empty lines below the line that is alike are skipped."""
    above = "load()\n\n# then\nsave()\nload()\nsave()\nload()\n"
    assert draft_of(_request(above)) == "save()\n"


def test_cells_suffix_and_chunks_are_places_too() -> None:
    """Other cells, the rest of this one and retrieved chunks are places too."""
    line = "model.fit(x, y)\n"
    chunk = Chunk(source="a.py", first_line=1, last_line=1, text=line)
    for request, chunks in (
        (_request("model.f", cells=(line, line)), ()),
        (_request("model.f", cells=(line,), after=(line,)), ()),
        (_request("model.f", suffix="\n" + line + line), ()),
        (_request("model.f", cells=(line,)), (chunk,)),
    ):
        assert draft_of(request, chunks) == "it(x, y)\n"


def test_text_that_is_no_code_is_no_place() -> None:
    """Markdown cells are no places."""
    request = _request("model.f")
    words = tuple(Cell(cell_id=str(n), kind="markdown", source="model.fit(x, y)") for n in range(2))
    noted = CompletionRequest(
        id="r",
        client="c",
        document="d",
        cell_id="x",
        language="python",
        prefix="model.f",
        suffix="",
        cells_before=words,
    )
    assert draft_of(request) == draft_of(noted) == ""


@pytest.mark.parametrize("typed", ["", "pl", "   ", "zzzz"])
def test_too_little_or_nothing_like_it_is_no_draft(typed: str) -> None:
    """Too little text, or nothing like it, gives no draft."""
    assert draft_of(_request(f"plt.plot(x)\nplt.plot(x)\n\nunlike = 1\n{typed}")) == ""


@given(st.text("ab(\n .#", max_size=60), st.text("ab(\n .#", max_size=20))
def test_any_text_is_taken(prefix: str, suffix: str) -> None:
    """Any text gives no draft or one that is not blank."""
    draft = draft_of(_request(prefix, suffix))
    assert not draft or draft.strip()


class _Checking(ScriptedEngine):
    """Notes the draft that it is given."""

    def __init__(self, *, checks_draft: bool) -> None:
        super().__init__({"te": "st, axis=0)\n"})
        self.checks_draft = checks_draft
        self.drafts: list[str] = []

    @property
    def skills(self) -> Skills:
        """The scripted skills, but for `checks_draft`, which the test sets."""
        return replace(super().skills, checks_draft=self.checks_draft)

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        self.drafts.append(draft)
        async for token in super().generate(prompt, max_tokens=max_tokens):
            yield token


@pytest.mark.parametrize(("checks_draft", "expected"), [(True, "st, axis=0)\n"), (False, "")])
async def test_a_local_engine_that_checks_drafts_is_given_one(checks_draft: bool, expected: str) -> None:
    """Only a local engine that checks drafts is given one."""
    engine = _Checking(checks_draft=checks_draft)
    *_, last = [
        suggestion async for suggestion in cascade_of(engine).complete(_request(OWN_SCALED + "test = self.scale(te"))
    ]
    assert last.text == "st, axis=0)"
    assert engine.drafts == [expected]
