"""Where what the kernel holds may stand: in no prompt, in the local model's alone, or in the cloud's too."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from jupyter_mccom.compose import open_cascade
from jupyter_mccom.models.store import Store
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import Chunk, CompletionRequest
from tests.conftest import SMALL

REQUEST = CompletionRequest(
    id="r", client="c", document="d.ipynb", cell_id="1", language="python", prefix="df['", suffix=""
)
HELD = Chunk(source="kernel", first_line=1, last_line=1, text="# df: pandas.DataFrame columns: rooms")
ELSEWHERE = "http://192.0.2.1:8012"


class Kernel:
    """Satisfies retrieval's Live, and counts how often it is asked."""

    def __init__(self) -> None:
        self.n_asked = 0

    async def chunk(self, request: CompletionRequest) -> Chunk | None:
        """One chunk for all documents."""
        self.n_asked += 1
        return HELD

    async def aclose(self) -> None:
        """Does nothing: there is nothing to close."""


@pytest.mark.parametrize(
    ("settings", "local", "cloud"),
    [
        ({}, True, False),
        ({"kernel_to_cloud": True}, True, True),
        ({"use_kernel": False, "kernel_to_cloud": True}, False, False),
        ({"retrieval_tokens": 0, "kernel_to_cloud": True}, False, False),
    ],
)
async def test_what_the_kernel_holds_stands_where_it_may(
    models: Store, settings: dict[str, object], local: bool, cloud: bool
) -> None:
    """What the kernel holds is in the local prompt, the cloud's or neither, as the settings say."""
    kernel = Kernel()
    given = MCCom(model=SMALL, cloud_dialect="openai", cloud_url="http://127.0.0.1:9", cloud_model="m", **settings)
    opened = open_cascade(given, live=kernel)
    async with aclosing(opened):
        for to_cloud, wanted in ((False, local), (True, cloud)):
            prompt = await opened.cascade.prompt(REQUEST, cloud=to_cloud)
            assert ("kernel" in [chunk.source for chunk in prompt.chunks]) == wanted
    assert bool(kernel.n_asked) == bool(given.use_kernel and given.retrieval_tokens)
