"""Valid JSON of any shape, anywhere in a provider's answer: a CloudError or a text, and never another error.

Each case is a real answer of the provider with one value replaced, left out or wrapped, over real HTTP. One server and
one engine serve all cases of a provider, so that 2,500 of them take seconds.
"""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Iterator
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_mccom.engines.remote.cloud_engine import CloudEngine
from jupyter_mccom.errors import CloudError
from tests.cloud_server import CloudServer, Piece
from tests.strict_engines import ABOVE, CLOUDS, all_of, cloud_at, prompt_at
from tests.strict_model import StrictModel

pytestmark = pytest.mark.thorough
LINE = "x = np.array(values)"
PROMPT = prompt_at(LINE, 8)
DRAFT = LINE[8:]
Path: TypeAlias = tuple[str | int, ...]
KINDS = [kind for kind, (provider, _) in CLOUDS.items() if "," not in kind or kind.endswith(("chat", "suffix"))]
N_EACH = 130
"""Cases of each kind, with as many again for those that check a draft."""
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**30), max_value=10**30)
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["", "NaN", "\ud800", "9" * 40]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)


Change: TypeAlias = tuple[int, int, int, str, Any]
"""Of one answer: 0 leaves it; which of its objects, which place in that, how, and the new value."""
CHANGES = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 99),
        st.integers(0, 999),
        st.sampled_from(["put", "put", "drop", "wrap"]),
        JSON,
    ),
    min_size=4,
    max_size=4,
)


def _paths(value: object, at: Path = ()) -> Iterator[Path]:
    yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from _paths(one, (*at, name))


def _changed(value: Any, path: Path, new: Any, how: str) -> Any:
    if not path:
        return [value] if how == "wrap" else new
    changed = copy.deepcopy(value)
    place = changed
    for name in path[:-1]:
        place = place[name]
    if how == "drop":
        del place[path[-1]]
    else:
        place[path[-1]] = [place[path[-1]]] if how == "wrap" else new
    return changed


class _Fuzzed:
    """Answers as the strict model, but for one value of the n-th answer."""

    def __init__(self, kind: str, draft: str) -> None:
        self._draft = draft
        self._model = StrictModel(ABOVE + LINE)
        self._changes: list[Change] = []
        self._loop = asyncio.new_event_loop()
        self._server = CloudServer((), self._reply)
        self._listening = self._loop.run_until_complete(asyncio.start_server(self._server.talk, "127.0.0.1", 0))
        self._provider, self._name = CLOUDS[kind]
        self._url = f"http://127.0.0.1:{self._listening.sockets[0].getsockname()[1]}"
        self._engine = self._loop.run_until_complete(self._opened())
        self.n_errors = self.n_texts = 0

    async def _opened(self) -> CloudEngine:
        return cloud_at(self._provider, self._url, self._name, read_s=5)

    def case(self, changes: list[Change]) -> None:
        """Answers, each with a value changed."""
        self._changes = [*changes]
        try:
            tokens = self._loop.run_until_complete(all_of(self._engine, PROMPT, self._draft))
        except CloudError:
            self.n_errors += 1
        else:
            "".join(token.text for token in tokens).encode()
            self.n_texts += 1

    def close(self) -> None:
        self._loop.run_until_complete(self._engine.aclose())
        self._listening.close()
        for task in self._server.tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*self._server.tasks, return_exceptions=True))
        self._loop.close()

    def _reply(self, path: str, body: dict[str, Any]) -> list[Piece]:
        head, *pieces = self._model.reply(path, body)
        lines = b"".join(piece for piece in pieces if isinstance(piece, bytes)).decode().split("\n")
        told = [number for number, line in enumerate(lines) if line.removeprefix("data: ").startswith("{")]
        kept, which, where, how, new = self._changes.pop(0) if self._changes else (0, 0, 0, "put", None)
        if told and kept:
            number = told[which % len(told)]
            start = "data: " if lines[number].startswith("data: ") else ""
            value = json.loads(lines[number].removeprefix("data: "))
            paths = list(_paths(value))
            path_in = paths[where % len(paths)]
            lines[number] = start + json.dumps(
                _changed(value, path_in, new, how if path_in or how != "drop" else "put")
            )
        return [head, "\n".join(lines).encode()]


@pytest.mark.parametrize(
    ("kind", "draft"),
    [*((kind, "") for kind in KINDS), *((kind, DRAFT) for kind in ("vllm", "sglang", "llama-server-ngram-mod"))],
)
def test_no_shape_of_json_breaks_an_engine(kind: str, draft: str) -> None:
    """Every answer ends as a text that can be encoded, or as a CloudError with the next step."""
    fuzzed = _Fuzzed(kind, draft)

    @settings(
        max_examples=N_EACH,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(CHANGES)
    def cases(changes: list[Change]) -> None:
        fuzzed.case(changes)

    try:
        cases()
    finally:
        fuzzed.close()
    assert fuzzed.n_errors
    assert fuzzed.n_texts
    assert (len(KINDS) + 3) * N_EACH >= 2000
