"""A cloud that is not this processor, a machine that is faster than this one, and another commit's rows."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.errors import InputError
from jupyter_mccom.evaluation.lib.conditions import CONDITIONS, ELSEWHERE, HERE, NO_NETWORK, ORDER, REPLAYS
from jupyter_mccom.evaluation.lib.cputime import WorkClock, there_is_one
from jupyter_mccom.evaluation.lib.profiles import HOSTED_7B, Profile
from jupyter_mccom.evaluation.report import keystrokes_table
from jupyter_mccom.evaluation.report.against import compared
from jupyter_mccom.evaluation.typing.metered import Metered
from jupyter_mccom.evaluation.typing.virtual import VirtualLoop, run_virtually
from jupyter_mccom.server.completions import IN_ADVANCE
from jupyter_mccom.types import Prompt, Token

PROMPT = Prompt(chunks=(), prefix="", typed="x = ", suffix="")
PROFILE = Profile(name="a test's", first_token_s=100.0, token_s=10.0)


class _Working(ScriptedEngine):
    """An engine whose tokens each take real work of this machine, in a thread."""

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        for word in ("a", " b", " c"):
            await asyncio.to_thread(sum, range(200_000))
            yield Token(text=word, prob=0.9)


def _written_at_s(engine: ScriptedEngine, profile: Profile | None) -> list[float]:
    """When each token came, in virtual seconds from the call; at last, when the stream ended."""

    async def run(loop: VirtualLoop) -> list[float]:
        metered = Metered(engine, loop, pid=lambda: None, profile=profile)
        with loop.skipping():
            start_s = loop.time()
            found = [loop.time() - start_s async for _ in metered.generate(PROMPT, max_tokens=9)]
            return [*found, loop.time() - start_s]

    return run_virtually(run)


def test_profile_of_the_7b() -> None:
    """The profile of the 7B is within 5 % of the paper's table 4 at the mean tokens of its table 3."""
    for n_tokens, ms in ((9.93, 501), (15.03, 588), (17.69, 592), (34.91, 811)):
        assert HOSTED_7B.first_token_s + HOSTED_7B.token_s * (n_tokens - 1) == pytest.approx(ms / 1000, rel=0.05)
    assert HOSTED_7B.until_s(0) == HOSTED_7B.until_s(1)


def test_tokens_come_when_the_profile_says() -> None:
    """A hosted cloud's tokens come at the profile's seconds, whatever this machine needs to write them."""
    assert _written_at_s(_Working({}), PROFILE) == pytest.approx([100, 110, 120, 130], abs=0.1)


def test_nothing_written_takes_the_first_token() -> None:
    """An answer without a token takes as long as a first token."""
    assert _written_at_s(ScriptedEngine({}), PROFILE) == pytest.approx([100], abs=0.1)


def test_without_a_profile_work_takes_its_own_time() -> None:
    """A cloud of this machine takes its real work and the network."""
    assert _written_at_s(_Working({}), None)[-1] < 10


def test_a_hosted_answer_ends_when_it_is_cancelled() -> None:
    """A key that cancels a hosted answer closes the engine's stream, and calls are noted."""
    closed: list[bool] = []

    class Closing(_Working):
        async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
            try:
                async for token in super().generate(prompt, max_tokens=max_tokens, draft=draft):
                    yield token
            finally:
                closed.append(True)

    async def run(loop: VirtualLoop) -> int:
        metered = Metered(Closing({}), loop, pid=lambda: None, profile=PROFILE)

        async def read() -> None:
            async for _ in metered.generate(PROMPT, max_tokens=9):
                pass

        with loop.skipping():
            task = asyncio.create_task(read())
            await asyncio.sleep(115)
            task.cancel()
            await asyncio.wait({task})
        return metered.calls[0].n_written

    assert run_virtually(run) == 2
    assert closed == [True]


def test_calls_in_advance_are_told_apart() -> None:
    """A call is in advance where the server says so, and in tasks that such work starts; not by a task's name."""

    async def run(loop: VirtualLoop) -> list[bool]:
        metered = Metered(ScriptedEngine({}), loop, pid=lambda: None)

        async def ask() -> None:
            async for _ in metered.generate(PROMPT, max_tokens=1):
                pass

        async def in_advance() -> None:
            IN_ADVANCE.set(True)
            await asyncio.create_task(ask())

        await asyncio.create_task(in_advance(), name="any")
        await asyncio.create_task(ask(), name="mccom in advance")
        return [call.in_advance for call in metered.calls]

    assert run_virtually(run) == [True, False]


@pytest.mark.skipif(not there_is_one(), reason="this system does not tell the CPU time of another process")
def test_a_faster_machine_takes_a_share_of_the_work() -> None:
    """A clock with a share tells that share of the seconds that were worked."""
    whole, fifth = WorkClock([]), WorkClock([], share=0.2)
    before = whole(), fifth()
    sum(range(3_000_000))
    after = whole(), fifth()
    assert (after[1] - before[1]) == pytest.approx(0.2 * (after[0] - before[0]), abs=0.005)


def test_replays_have_names_of_their_own() -> None:
    """No two replays share a name but those that need no network; the tables know all of them."""
    names = [given.name_of(way) for way, given in REPLAYS["all"]]
    assert len(set(names)) == len(names)
    assert {given.name_of(way) for replays in REPLAYS.values() for way, given in replays} <= set(ORDER)
    assert set(REPLAYS["local"]) < set(REPLAYS["goals"]) < set(REPLAYS["all"])
    assert [given.computed for given in CONDITIONS] == [False, False, True]
    assert HERE.name_of("local alone") == NO_NETWORK.name_of("local alone") != ELSEWHERE.name_of("local alone")


def _way(*, keys: int, useful_s: float | None) -> dict[str, Any]:
    return {
        "keys_typed": keys,
        "keys_needed": 40,
        "took_s": 8.0,
        "useful_s": useful_s,
        "accepted_chars": 0,
        "read": 1,
        "shown": 2,
        "right": 1,
        "partly": 0,
        "right_read": 1,
        "latency_s": [0.5],
        "requests": 2,
        "along": 0,
        "cancelled": 0,
        "local": [],
        "cloud": [],
    }


def _folder(folder: Path, rows: dict[str, Any], **head: Any) -> Path:
    lines = [{"suite": "keystrokes", **head}, *({"key": task, "row": row} for task, row in rows.items())]
    (folder / "keystrokes.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def test_what_is_computed_is_labelled_so() -> None:
    """The goals with a hosted cloud are computed, and their table says of what."""
    ways = {name: _way(keys=20, useful_s=1.0) for name in ORDER}
    found = keystrokes_table.findings([{"ways": ways}] * 2)
    *_, here, nowhere, hosted = [table.title for table in found.tables]
    assert "computed" not in here + nowhere
    assert hosted.startswith("Goals, computed: local work in 0.2 of its time, the cloud's of a hosted 7B")
    alone = {name: ways[name] for name in ("local alone", "local alone, a fifth")}
    assert len(keystrokes_table.findings([{"ways": alone}]).tables) == 3  # no cloud, no goals


def test_calls_in_advance_have_their_table() -> None:
    """A way that asks a cloud tells how soon its text was there after a rejection, and how many calls were extra."""
    calls = [{"in_advance": ahead, "n_prompt": 9, "n_written": 3} for ahead in (True, False, True)]
    for call in calls:
        call |= {"n_evaluated": 9, "n_offered": 0, "n_accepted": 0}
    way = _way(keys=20, useful_s=1.0) | {"cloud": calls, "after_rejection_s": [0.0, 1.5]}
    tables = keystrokes_table.findings([{"ways": {"cascade 200": way}}]).tables
    (table,) = (table for table in tables if "rejection" in table.title)
    ((name, n_texts, p50, _, n_ahead, n_calls),) = table.rows
    assert (name, n_texts, p50[:4], n_ahead, n_calls) == ("cascade 200", "2", "0.00", "2", "3")


def test_another_commits_rows(tmp_path: Path) -> None:
    """Statements of both folders are compared in pairs, by the names of the replays that both have."""
    theirs = {"a": {"ways": {"local alone": _way(keys=30, useful_s=4.0), "cascade 200": _way(keys=1, useful_s=1.0)}}}
    folder = _folder(tmp_path, theirs, seed=1, keys_a_minute=240.0, commit="ae2010b")
    ours = {name: {"ways": {"local alone": _way(keys=20, useful_s=2.0)}} for name in ("a", "b")}
    table = compared(ours, folder, {"seed": 1, "keys_a_minute": 240.0})
    assert "ae2010b" in table.title
    ((name, n, saved, useful, *_),) = table.rows
    assert (name, n, saved[:4], useful[:4]) == ("local alone", "1", "2.00", "0.50")


@pytest.mark.parametrize("seed", [2, 1], ids=["another seed", "other statements"])
def test_rows_that_cannot_be_compared(tmp_path: Path, seed: int) -> None:
    """Another seed or other statements are refused in one line."""
    folder = _folder(tmp_path, {"c": {"ways": {}}}, seed=1)
    with pytest.raises(InputError, match=re.escape(str(folder))):
        compared({"a": {"ways": {"local alone": _way(keys=20, useful_s=2.0)}}}, folder, {"seed": seed})


def test_a_folder_without_rows(tmp_path: Path) -> None:
    """A folder that no replay wrote is refused in one line."""
    with pytest.raises(InputError, match=re.escape(str(tmp_path))):
        compared({}, tmp_path, {})


def test_conditions_say_what_they_are() -> None:
    """A machine's own conditions name the network; a changed share alone counts as computed."""
    assert "200 ms" in HERE.words
    assert replace(HERE, local_share=0.5).computed
