"""The keys that suites ask at: places of a cursor █, what is drawn, shares, and figures weighted by them."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_mccom.evaluation.lib.key_positions import KINDS, Place, Pressed, at_keys, place_of, pressed
from jupyter_mccom.evaluation.lib.metrics import percentile
from jupyter_mccom.evaluation.lib.samples import Sample, notebook_samples
from jupyter_mccom.evaluation.report.strata import WEIGHTED, alike, strata
from jupyter_mccom.evaluation.suites.infill import place_at
from jupyter_mccom.types import CompletionRequest


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("█x = np.array(y)", "start"),
        ("    █return x", "start"),
        ("  █  return x", "start"),
        ("x = np.ar█ray(y)", "inside"),
        ("x_█y = 1", "inside"),
        ("x = 12█34", "inside"),
        ("größ█e = 1", "inside"),
        ("名█前 = 1", "inside"),
        ("f'{to█tal}'", "inside"),
        ("x = np.█array(y)", "behind"),
        ("x = █np", "behind"),
        ("x =█ np", "behind"),
        ('data["█name"]', "behind"),
        ("x =█= y", "behind"),
        ("f('😀█')", "behind"),
        ("np█.array(y)", "word's end"),
        ("x█ = 1", "word's end"),
        ("x = 1█", "line's end"),
        ("x = 1█  ", "line's end"),
    ],
)
def test_place(line: str, place: Place) -> None:
    """A cursor stands inside a word only between two of its characters."""
    before, _, after = line.partition("█")
    assert place_of(before, after) == place


def _sample(line: str, column: int = 0, task: str = "t") -> Sample:
    request = CompletionRequest(
        id=task,
        client="c",
        document="d",
        cell_id="",
        language="python",
        prefix="above\n" + line[:column],
        suffix="\nbelow",
    )
    return Sample(task=task, kind="notebook", era="2025+", request=request, truth=line[column:])


def _marked(sample: Sample) -> str:
    return sample.request.prefix.rpartition("\n")[2] + "█" + sample.truth


def test_one_key_of_each_kind() -> None:
    """A statement is asked once at each kind of key, from left to right, wherever its data cut it."""
    line = "    total = sum(values[1:])"
    found = at_keys([_sample(line, 12)], 1)
    assert [_marked(sample).replace("█", "") for sample in found] == [line] * 3
    assert _marked(found[0]) == "    █total = sum(values[1:])"
    assert {sample.key for sample in found} == set(KINDS)
    assert [sample.key for sample in found] == [place_of(*_marked(sample).split("█")) for sample in found]
    assert [len(sample.truth) for sample in found] == sorted((len(sample.truth) for sample in found), reverse=True)
    assert {sample.task for sample in found} == {f"t#{kind}" for kind in KINDS}
    assert {sample.request.id for sample in found} == {sample.task for sample in found}
    assert {(sample.statement, sample.request.suffix) for sample in found} == {("t", "\nbelow")}


@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        ("f(x)", {"start", "behind"}),
        ("abc", {"start", "inside"}),
        ("ab", {"start"}),
        ("x", set()),
        ("# a comment", set()),
        ("ab  # a long comment", {"start"}),
        ("", set()),
    ],
)
def test_too_little_left(line: str, kinds: set[str]) -> None:
    """A key after which less than two characters of code are left is not asked, nor one inside a comment."""
    assert {sample.key for sample in at_keys([_sample(line)], 1)} == kinds


def test_truth_is_the_physical_line() -> None:
    """A comment behind the code is part of what stands there, and no cursor is in it."""
    for seed in range(20):
        for sample in at_keys([_sample("x = np.array(y)  # made once")], seed):
            assert sample.truth.endswith(")  # made once")


def test_hash_in_a_string() -> None:
    """A `#` inside a string begins no comment."""
    columns = {_marked(s).index("█") for seed in range(60) for s in at_keys([_sample("c('#ff00aa', x)")], seed)}
    assert max(columns) > 9


def test_same_seed_same_keys(shared_data: Path) -> None:
    """The same seed draws the same keys, whatever else is drawn; another seed draws others."""
    few, more = notebook_samples(shared_data, 10), notebook_samples(shared_data, 40)
    assert at_keys(few, 1) == at_keys(more, 1)[: len(at_keys(few, 1))]
    assert at_keys(few, 1) != at_keys(few, 2)
    assert len({sample.task for sample in at_keys(more, 1)}) == len(at_keys(more, 1))


def _points(folder: Path, *lines: str) -> Path:
    (folder / "notebooks").mkdir()
    row = {"task_id": "a", "book": "b", "era": "2025+", "cell": 0, "line": 0, "cut_col": 0}
    rows = [json.dumps({**row, "ground_truth": line, "uses_earlier_cell_name": False}) for line in lines]
    (folder / "notebooks" / "statements.jsonl").write_text("\n".join(rows) + "\n")
    return folder


def test_shares_of_keys(tmp_path: Path) -> None:
    """Every key of every statement counts where it leaves the cursor, and the start once a line."""
    found = pressed(_points(tmp_path, "    np.ab  # no key", "x = 1"))
    expected = {"start": 2, "inside": 2, "behind": 4, "word's end": 2, "line's end": 2}
    assert found.counts == expected
    assert found.share("inside") == pytest.approx(2 / 12)
    assert re.findall(r"\d[\d.]*", found.note())[:5] == ["12", "0.17", "0.17", "0.33", "0.17"]


def test_shares_of_real_code(shared_data: Path) -> None:
    """Most keys fall inside a word, as the page on healing says."""
    found = pressed(shared_data)
    assert found.share("inside") > 0.5 > found.share("behind") > found.share("start") > 0


PRESSED = Pressed(counts={"start": 1, "inside": 6, "behind": 3, "word's end": 5})


def _keyed(statement: str, *kinds: str) -> list[Sample]:
    return [replace(_sample("x", task=f"{statement}#{kind}"), key=kind) for kind in kinds]


def test_weighted_by_shares() -> None:
    """Over all kinds a figure is the mean of the kinds' means, each as often as such a key is pressed."""
    samples = [*_keyed("a", *KINDS), *_keyed("b", *KINDS), *_keyed("c", "start")]
    right = [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    found = strata(samples, PRESSED)
    assert {name: (one.n, round(one.value(right), 4)) for name, one in found.items()} == {
        "start": (3, 0.6667),
        "inside": (2, 0.5),
        "behind": (2, 0.0),
        WEIGHTED: (7, 0.3667),
    }
    assert found["inside"].told(right) == "0.50 (0.00–1.00)"
    assert found["inside"].gained(right, [0.0] * 7) == "+0.500 (+0.00 to +1.00)"
    assert found["inside"].gained(right, right) == "0"
    assert found["inside"].count(right) == 1
    shown = [1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]
    wrong = [0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0]
    shares = (1 / 10 * 2 / 3, 6 / 10 * 1 / 2, 3 / 10)
    assert found[WEIGHTED].value(wrong, shown) == pytest.approx(shares[2] / sum(shares))
    assert found["inside"].told(wrong, [0.0] * 7) == "–"


def test_a_kind_that_nobody_has() -> None:
    """Where a kind has no position, the others share its weight."""
    found = strata(_keyed("a", "inside", "behind"), PRESSED)
    assert found[WEIGHTED].value([1.0, 0.0]) == pytest.approx(6 / 9)
    assert (found["start"].n, found["start"].value([1.0, 0.0])) == (0, 0.0)
    assert found["start"].percentile([1.0, 0.0], 0.5) == "–"


def test_interval_by_statements() -> None:
    """Positions of one statement are drawn together, so three that agree are no surer than one."""
    samples = [one for name in "abcdef" for one in _keyed(name, *KINDS)]
    right = [float(at // 3 % 2) for at in range(18)]
    found = alike(samples)["all"]
    alone = alike(_keyed("a", "start") + [s for name in "bcdef" for s in _keyed(name, "start")])["all"]
    assert found.told(right) == alone.told(right[::3])


def test_weighted_percentile() -> None:
    """A value counts by its weight: a median is where half of the weights lie at or below."""
    assert percentile([1.0, 2.0, 3.0], 0.5, [1.0, 1.0, 8.0]) == 3.0
    assert percentile([3.0, 1.0, 2.0], 0.5, [1.0, 8.0, 1.0]) == 1.0
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.5, [1.0] * 4) == percentile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.0
    samples = [*_keyed("a", *KINDS), *_keyed("b", *KINDS)]
    one = strata(samples, PRESSED)[WEIGHTED]
    assert one.percentile([1.0, 2.0, 3.0] * 2, 0.5) == "2.00 (2.00–2.00)"


def test_place_of_an_infilling() -> None:
    """A span that ends inside a line leaves its rest behind the cursor."""
    request = _sample("").request
    span = replace(_sample("ta"), request=replace(request, prefix="a\nto", suffix="l = 1\n"))
    assert place_at(span) == "inside"
    assert place_at(replace(span, truth="\n    b")) == "line's end"
    assert Counter(map(place_at, [replace(span, request=replace(request, prefix="a\n"))])) == {"start": 1}
