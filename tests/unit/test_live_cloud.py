"""The cloud of a running server, and what others set up meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import anyio
import pytest

from jupyter_mccom.cloud.cloud_file import ChosenCloud, CloudFile, PersonsClouds
from jupyter_mccom.cloud.cloud_set_up import CloudSetUp
from jupyter_mccom.errors import ModelError
from jupyter_mccom.server.live_cloud import LiveCloud


def _never(*_: object) -> NoReturn:
    raise AssertionError("nothing is asked")


async def test_what_could_not_be_put_in_force_is_tried_again(tmp_path: Path) -> None:
    """A cloud that another server has set up is not lost where the first try fails, as with a model that is away."""
    tried = []

    async def change(values: Mapping[str, object]) -> None:
        tried.append(values)
        if len(tried) == 1:
            raise ModelError("the model is away; mount its disk")

    set_up = CloudSetUp(tmp_path, _never)
    set_up.load()
    live = LiveCloud(set_up, why_not="", opened=_never, change=change)
    cloud = ChosenCloud(provider="ollama", url="http://127.0.0.1:11434", model="m")
    CloudFile(tmp_path).write(PersonsClouds(cloud=cloud))
    with pytest.raises(ModelError):
        await live.look()
    with anyio.fail_after(5):
        while len(tried) < 2:
            await live.look()  # it does not fail for it again
            await asyncio.sleep(0.01)
    await live.look()
    assert tried == [{}, {}]
    await live.aclose()
