"""From rows to tables, plots and goals, on answers that were made up."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from jupyter_mccom.cascade.route import Gates
from jupyter_mccom.evaluation.lib.policies import Both, elsewhere, policies
from jupyter_mccom.evaluation.lib.profiles import Profile
from jupyter_mccom.evaluation.lib.timed_answers import TimedAnswer
from jupyter_mccom.evaluation.report import keystrokes_table, one_shot_table
from jupyter_mccom.evaluation.report.reliability import calibration
from jupyter_mccom.evaluation.report.strata import Stratum
from jupyter_mccom.types import Token

GATES = Gates(sure=0.8, show=0.6)


def _answer(text: str, *, prob: float, total_s: float) -> TimedAnswer:
    tokens = tuple(Token(text=word, prob=prob) for word in text.split())
    return TimedAnswer(text=text, tokens=tokens, prompt_s=total_s / 2, total_s=total_s, parses=True)


def _both(local: str, cloud: str, second: str, *, prob: float) -> Both:
    return Both(
        local=_answer(local, prob=prob, total_s=1.0),
        cloud=_answer(cloud, prob=0.9, total_s=3.0),
        second=_answer(second, prob=0.9, total_s=2.0),
        truth="a b c",
        kind="notebook",
        era="2025+",
    )


RIGHT, WRONG = "a b c", "x y z"
SURE_AND_RIGHT = _both(RIGHT, WRONG, WRONG, prob=0.9)
SURE_AND_WRONG = _both(WRONG, WRONG, RIGHT, prob=0.9)
UNSURE = _both(WRONG, RIGHT, RIGHT, prob=0.7)
HOPELESS = _both(WRONG, RIGHT, WRONG, prob=0.1)


def _one(name: str, both: Both) -> tuple[bool, float, int, int, int]:
    result = policies(GATES)[name](both)
    return result.right, round(result.latency_s, 6), result.calls, result.shown, result.wrong


def test_what_the_cascade_costs_and_shows() -> None:
    """A cascade's latency, calls, shown and wrong texts follow from its two answers."""
    assert _one("cascade", SURE_AND_RIGHT) == (True, 1.0, 0, 1, 0)
    assert _one("cascade", SURE_AND_WRONG) == (True, 3.0, 1, 2, 1)
    assert _one("cascade", UNSURE) == (True, 3.0, 1, 1, 0)
    assert _one("cascade", HOPELESS) == (False, 3.0, 1, 1, 1)


def test_a_text_given_up_costs_only_its_first_tokens() -> None:
    """A local text that is given up costs the time of the tokens that decided it, and no more."""
    tokens = tuple(Token(text=word, prob=0.1 if at < 3 else 0.9) for at, word in enumerate("xyzabc"))
    both = replace(HOPELESS, local=TimedAnswer(text="xyzabc", tokens=tokens, prompt_s=0.5, total_s=1.0, parses=True))
    assert _one("cascade", both)[1] == 2.7  # half of a second for the first token, a tenth for each of the next two
    hesitant = replace(GATES, show=0, show_chance=lambda features: features.lowest_prob - 0.5, sure_chance=lambda _: 0)
    late = tuple(replace(token, prob=0.9 if at < 4 else 0.1) for at, token in enumerate(tokens))
    both = replace(both, local=replace(both.local, tokens=late))
    assert round(policies(hesitant)["cascade"](both).latency_s, 6) == 2.9  # at the fifth


def test_which_rounds_each_policy_asks_with() -> None:
    """The cloud alone asks with the first round; the best of two cloud answers asks with both."""
    assert _one("cloud alone", SURE_AND_WRONG) == (False, 3.0, 1, 1, 1)
    assert _one("best of two cloud answers", SURE_AND_WRONG) == (True, 4.8, 2, 1, 0)
    assert _one("best of two cloud answers", UNSURE) == (True, 3.0, 1, 1, 0)


STRATA = {"weighted": Stratum(statements=list("abcd"), weights=[1.0] * 4)}


def test_the_goals_say_what_is_missed() -> None:
    """Each goal is named as met or missed, with its figure."""
    found = one_shot_table.findings([SURE_AND_RIGHT, SURE_AND_WRONG, UNSURE, HOPELESS], GATES, STRATA)
    goals = {row[0]: row[-1] for row in found.tables[1].rows}
    assert goals == {
        "exact match ÷ cloud alone": "met",
        "mean latency ÷ cloud alone": "missed",
        "the same without the network": "missed",
        "cloud calls": "missed",
        "wrong among shown": "missed",
    }
    assert "cloud calls" in found.notes[1]
    line = next(series for plot in found.plots for series in plot.series if "threshold" in series.name)
    assert [line.points[0][0], line.points[-1][0]] == [0.75, 1.0]  # calls: what is rejected; everything
    assert [row[1][:4] for row in found.tables[2].rows] == [f"{calls:.2f}" for calls, _ in line.points[::2]]


def test_latency_with_a_hosted_cloud_is_computed() -> None:
    """Computed answers take a fifth of their time locally and the profile's time in the cloud, and are labelled so."""
    profile = Profile(name="a test's", first_token_s=1.0, token_s=0.5)
    local, cloud = replace(UNSURE.local, before_s=0.2), replace(UNSURE.cloud, before_s=0.5)
    there = elsewhere(replace(UNSURE, local=local, cloud=cloud), local_share=0.2, profile=profile)
    times = [(answer.prompt_s, answer.total_s) for answer in (there.local, there.cloud, there.second)]
    assert [round(second, 6) for pair in times for second in pair] == [0.1, 0.2, 1.1, 2.1, 1.0, 2.0]
    assert there.cloud.text == UNSURE.cloud.text
    table = one_shot_table.findings([SURE_AND_RIGHT, SURE_AND_WRONG, UNSURE, HOPELESS], GATES, STRATA).tables[3]
    assert table.title.startswith("Computed: local work in 0.2 of its time")
    assert table.rows[-1][2] == "0.744"
    assert [row[-1] for row in table.rows if row[-1]] == ["missed"]  # three of four ask both


def test_a_score_that_tells_right_from_wrong_has_an_area_of_one() -> None:
    """A score that separates right from wrong has an area under its curve of 1."""
    draw = random.Random(1)
    good = [(True, [Token(text="a", prob=draw.uniform(0.8, 1.0))]) for _ in range(40)]
    bad = [(False, [Token(text="a", prob=draw.uniform(0.0, 0.2))]) for _ in range(40)]
    (table,), (plot,) = calibration([*good, *bad])
    assert table.rows[0][1] == "1.00 (1.00–1.00)"
    assert table.rows[0][2].startswith("0.1")
    assert plot.diagonal
    assert calibration([(True, [Token(text="a", prob=None)])]) == ([], [])


def _way(*, keys: int, useful_s: float | None, calls: int, shown: int = 2, right: int = 1) -> dict[str, Any]:
    call = {"n_prompt": 200, "n_evaluated": 2, "n_written": 9, "n_offered": 0, "n_accepted": 0, "in_advance": False}
    return {
        "keys_typed": keys,
        "keys_needed": 40,
        "took_s": 8.0,
        "useful_s": useful_s,
        "accepted_chars": 40 - keys,
        "read": 1,
        "shown": shown,
        "right": right,
        "partly": 0,
        "right_read": 1,
        "latency_s": [0.5, 1.5],
        "requests": 20,
        "along": 4,
        "cancelled": 3,
        "local": [call],
        "cloud": [call] * calls,
    }


def test_typing_goals_compare_at_the_same_network() -> None:
    """The goals of typing compare the cascade with the cloud alone over the same network."""
    names = ["local alone", *(f"{way} {ms}" for way in ("no retrieval", "best of two") for ms in (200, 0))]
    ways = {name: _way(keys=40, useful_s=None, calls=1) for name in names}
    ways |= {
        "cascade 200": _way(keys=20, useful_s=2.0, calls=1),
        "cloud alone 200": _way(keys=30, useful_s=4.0, calls=4),
    }
    ways |= {"cascade 0": _way(keys=30, useful_s=None, calls=2), "cloud alone 0": _way(keys=30, useful_s=4.0, calls=4)}
    found = keystrokes_table.findings([{"kind": "notebook", "era": "2025+", "ways": ways}] * 3)
    slow, fast = ([row[-1] for row in table.rows] for table in found.tables[-2:])
    assert slow == ["met", "met", "met", "missed"]
    assert fast == ["missed", "missed", "missed", "missed"]
    assert found.figures["cascade 200"]["s to useful text"] == 2.0
    assert found.figures["cascade 0"]["s to useful text"] == 8.0  # typed out before anything useful came
