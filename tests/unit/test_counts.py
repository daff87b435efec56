"""Token counts that are kept, also while another document's push them out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from jupyter_mccom.engines.token_counts import Counts
from tests.cascades import held_texts


async def test_what_others_push_out_meanwhile_is_counted_all_the_same() -> None:
    """A count that other texts push out while it is awaited is still returned."""
    go_on = asyncio.Event()

    async def ask(texts: Sequence[str]) -> list[int]:
        if "slow" in texts:
            await go_on.wait()
        return [len(text) for text in texts]

    counts = Counts(ask)
    await counts.of(["kept"])
    waiting = asyncio.create_task(counts.of(["kept", "slow", "kept"]))
    await asyncio.sleep(0)
    await counts.of([f"{number}" for number in range(5000)])
    go_on.set()
    assert await waiting == [4, 4, 4]


async def test_no_text_is_kept() -> None:
    """Only digests are, so that what a person wrote can be forgotten."""

    async def ask(texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]

    counts = Counts(ask)
    assert await counts.of(["a_secret_name", "\ud800"]) == [13, 1]
    assert held_texts(counts, "a_secret_name") == []
