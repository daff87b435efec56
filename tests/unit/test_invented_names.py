"""`bench --suite invented`: which names of a text stand nowhere, and what a flag for them is worth on made-up texts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jupyter_mccom.cascade.text.invented_names import InventedNames, invented_names
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.errors import CloudTimeout
from jupyter_mccom.evaluation.lib.metrics import mean
from jupyter_mccom.evaluation.lib.samples import Sample
from jupyter_mccom.evaluation.suites.invented import WHICH, Text, findings, flagged, text_of
from jupyter_mccom.learning.calibrate import log_loss
from jupyter_mccom.types import Cell, CompletionRequest, Features, Prompt, Trigger
from tests.cascades import cascade_of

ABOVE = Cell(cell_id="0", kind="code", source="import numpy as np\nvalues = load(path)\n%matplotlib inline")
BELOW = Cell(cell_id="2", kind="code", source="frame.groupby('a')")
NONE = InventedNames()
TRIGGERS: tuple[Trigger, ...] = ("typing", "invoke")


def _request(prefix: str, suffix: str = "") -> CompletionRequest:
    return CompletionRequest(
        id="r",
        client="c",
        document="d",
        cell_id="1",
        language="python",
        prefix=prefix,
        suffix=suffix,
        cells_before=(ABOVE,),
        cells_after=(BELOW,),
    )


@pytest.mark.parametrize(
    ("prefix", "text", "used", "keywords", "bound", "attributes"),
    [
        ("y = ", "np.mean(values)", (), (), (), ("mean",)),
        ("y = np.mean(va", "lues)", (), (), (), ()),
        ("y = np.mean(va", "lid)", ("valid",), (), (), ()),
        ("y = load(path, ", "sep=',')", (), ("sep",), (), ()),
        ("", "total = sum(values)", (), (), ("total",), ()),
        ("", "total = sum(total)", (), (), ("total", "total"), ()),
        ("y = [", "v for v in values]", (), (), (), ()),  # one letter
        ("y = [", "one for one in values]", (), (), ("one", "one"), ()),
        ("!pip install ", "some_package", (), (), (), ()),
        ("%timeit ", "some_name", (), (), (), ()),
        ('text = """\n', "Some words", (), (), (), ()),
        ("# ", "some words", (), (), (), ()),
        ("", "import pandas as pd", (), (), ("pandas", "pd"), ()),
        ("", "frame", ("frame",), (), (), ()),  # bound in a cell below only
        ("y = values.", "groupby", (), (), (), ()),
        ("say('", "a word", (), (), (), ()),  # in a string that is open
        ("", "plot(project_word)", ("plot",), (), (), ()),
        ("def fetch(", "url):", (), (), ("url",), ()),
        ("def ", "fetch(url, sep=''):\n    return url + sep", (), (), ("fetch", "url", "sep", "url", "sep"), ()),
        ("def fetch(url=", "default):", ("default",), (), (), ()),
        ("def fetch(\n    url,\n    ", "sep,", (), (), ("sep",), ()),
        ("def fetch(\n    ", "url: Address,", ("Address",), (), ("url",), ()),
        ("def fetch(url):\n    return ", "opened(url)", ("opened",), (), (), ()),
        ("class A:\n    def ", "run(self, *args):", (), (), ("run", "self", "args"), ()),
        ("tot", "al: int = 0", (), (), ("total",), ()),
        ("", "one, two = 1, 2\nfirst, other = two, one", (), (), ("one", "two", "first", "other", "two", "one"), ()),
    ],
)
def test_names_that_stand_nowhere(
    prefix: str, text: str, used: tuple[str, ...], keywords: tuple[str, ...], bound: tuple[str, ...], attributes: object
) -> None:
    """Names of a text are told by what they are; the word at the cursor is one."""
    found = invented_names(_request(prefix), text, ["project_word"])
    assert (found.used, found.keywords, found.bound, found.attributes) == (used, keywords, bound, attributes)


def test_a_star_brings_names() -> None:
    """Where a star import or a magic binds names, no name is made up."""
    for way in ("from pylab import *", "%run other.py"):
        assert not invented_names(_request(f"{way}\ny = "), "plot(1)")
    assert invented_names(_request("y = "), "plot(1)")


@pytest.mark.parametrize(
    "request_",
    [
        replace(_request("y = "), n_cells_above=2),
        _request("x = 1\n" * 4000 + "y = "),
        replace(_request("y = "), cells_before=(replace(ABOVE, source="x = 1\n" * 4000),)),
    ],
    ids=["cells that were not sent", "a long file", "a long cell"],
)
def test_what_was_not_sent_may_bind_a_name(request_: CompletionRequest) -> None:
    """Where a page may have left out the beginning of a document, with its imports, no name counts as made up."""
    assert not invented_names(request_, "pd.read_csv(path)")


def test_what_tells() -> None:
    """A name that is used tells; a keyword argument, a name that the text binds or an attribute does not."""
    assert InventedNames(used=("one",))
    assert not InventedNames(keywords=("one",), bound=("two",), attributes=("three",))


def test_other_languages() -> None:
    """Nothing is known of names of another language, or of a cell of another."""
    other = replace(_request("x <- "), language="r")
    assert invented_names(other, "some_name") == NONE
    assert invented_names(_request("%%bash\n"), "some_name") == NONE


async def test_a_made_up_name_is_not_shown_unasked() -> None:
    """A text with a made-up name is held to the gate for noise; a person who asks sees it."""
    cascade = cascade_of(ScriptedEngine({"y = ": "mean(valid)\n", "z = ": "load(path)\n"}, prob=0.85))
    texts = {}
    for prefix in ("y = ", "z = "):
        for trigger in TRIGGERS:
            request = replace(_request(prefix), id=prefix + trigger, client=prefix + trigger, trigger=trigger)
            *_, last = [suggestion async for suggestion in cascade.complete(request)]
            texts[prefix, trigger] = last.text
    assert texts == {
        ("y = ", "typing"): "",
        ("y = ", "invoke"): "mean(valid)",
        ("z = ", "typing"): "load(path)",
        ("z = ", "invoke"): "load(path)",
    }


def _silent(prompt: Prompt) -> str:
    """A cloud that fails."""
    raise CloudTimeout("it was silent; try later")


async def test_a_made_up_name_asks_the_cloud() -> None:
    """With a cloud, a text with a made-up name is the cloud's to answer, and it is not shown where that fails."""
    for cloud, text in (
        (ScriptedEngine({"y = ": "load(path)\n"}), "load(path)"),
        (ScriptedEngine(_silent), ""),
    ):
        cascade = cascade_of(ScriptedEngine({"y = ": "mean(valid)\n"}, prob=0.85), cloud)
        *_, last = [suggestion async for suggestion in cascade.complete(_request("y = "))]
        assert (last.text, last.route.to) == (text, "cloud" if text else "nothing")


def test_what_was_read_is_known() -> None:
    """A name that stands in a hit, such as what the kernel holds, is not made up."""
    request = _request("y = ")
    assert invented_names(request, "tariff(path)").used == ("tariff",)
    assert not invented_names(request, "tariff(path)", ["# tariff(path): function"])


def test_a_flag_only_lowers_a_chance() -> None:
    """A flag of wrong texts lowers the loss of texts that its fit has not seen; one of right texts does nothing."""
    chances, folds = [0.5] * 40, [number % 4 for number in range(40)]
    flags = [number % 2 == 0 for number in range(40)]
    wrong = [not flag for flag in flags]
    lowered = flagged(chances, flags, wrong, folds)
    assert {chance < 0.2 for chance, flag in zip(lowered, flags, strict=True) if flag} == {True}
    assert {chance for chance, flag in zip(lowered, flags, strict=True) if not flag} == {0.5}
    assert mean([log_loss(a, float(b)) for a, b in zip(lowered, wrong, strict=True)]) < 0.6
    assert flagged(chances, flags, flags, folds) == chances


def _text(number: int, *, prob: float, right: bool, names: InventedNames = NONE) -> Text:
    request = _request("y = ")
    sample = Sample(task=f"t{number}#inside", kind="notebook", era="2025+", request=request, truth="1", key="inside")
    features = Features(
        confidence=prob, lowest_prob=prob, mean_prob=prob, log_prob=0.0, n_tokens=1, n_chars=1, parses=True
    )
    return Text(sample=sample, text="1" if right else "2", features=features, names=names)


def test_what_a_gate_holds_back() -> None:
    """The tables tell of each kind of names how many texts have them, and what a gate would hold back."""
    invented = InventedNames(used=("x",))
    texts = [_text(number, prob=0.99, right=number % 4 > 0) for number in range(40)]
    texts += [_text(number, prob=0.99, right=False, names=invented) for number in range(40, 44)]
    loss, gate = findings(texts, [1.0] * len(texts), model="m").tables
    assert [row[0] for row in loss.rows] == list(WHICH)
    assert loss.rows[0][1:3] == ["4", "0"]
    assert loss.rows[3][1:3] == ["0", "0"]
    assert gate.rows[1][:5] == ["names used", "balanced", "44, 14", "4", "0"]
    assert gate.rows[1][5] == f"{14 / 44:.3f}, 0.250"
    (few,) = findings(texts[-2:], [1.0, 1.0], model="m").tables
    assert (few.rows, "too few" in few.title) == ([], True)


def test_a_row_without_text() -> None:
    """A row that is not there or has no text gives none."""
    sample = _text(0, prob=0.5, right=True).sample
    token = {"text": "1", "prob": 0.5}
    assert text_of(sample, None) is None
    assert text_of(sample, {"text": "", "parses": True, "tokens": []}) is None
    found = text_of(sample, {"text": "1", "parses": True, "tokens": [token]})
    assert found is not None
    assert found.right
