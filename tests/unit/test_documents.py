"""The open documents: kept apart, bounded, forgotten whole, closed; and how a suggestion reaches the route."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from types import AsyncGeneratorType

import jupyter_mccom
from jupyter_mccom.cascade.documents import Documents
from jupyter_mccom.cascade.pipeline import Cascade
from jupyter_mccom.compose import open_cascade
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.retrieval.search import Retrieval
from jupyter_mccom.server.completions import Completions
from jupyter_mccom.server.live_settings import LiveSettings
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import Cell, CompletionRequest, Outcome, Prompt, Suggestion, Token
from tests.cascades import cascade_of, held_texts
from tests.clock import in_virtual_time

CELL = Cell(cell_id="0", kind="code", source="def my_secret_function(path):\n    return path")
REQUEST = CompletionRequest(
    id="r0",
    client="c",
    document="d.ipynb",
    cell_id="1",
    language="python",
    prefix="x = np.z",
    suffix="",
    cells_before=(CELL,),
)
TEXTS = ("np.z", "eros(3)", "my_secret_function")


class _Recorder:
    """A recorder that keeps nothing."""

    def keep(self, event: object) -> None:
        """Drops the event."""


def _cascade(engine: ScriptedEngine, *, cloud: ScriptedEngine | None = None) -> Cascade:
    """A cascade wired as in use: retrieval holds its hits in the document."""
    documents = Documents()
    retriever = Retrieval(tree=None, live=None, held=documents.held)
    cascade = cascade_of(engine, cloud, retriever=retriever, documents=documents)
    cascade.journal.recorder = _Recorder()
    return cascade


async def _ask(cascade: Cascade, request: CompletionRequest) -> Suggestion:
    *_, last = [suggestion async for suggestion in cascade.complete(request)]
    return last


async def _rest_of_the_loop() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_nothing_is_left_after_forget() -> None:
    """No text of the person can be reached from the cascade: line, suggestion, hits, look-ahead, traces."""
    engine = ScriptedEngine({"np.z": "eros(3)\n", "np.ze": "ros(3)\n"})
    cascade = _cascade(engine)
    shown = await _ask(cascade, REQUEST)
    await cascade.look_ahead(REQUEST, shown)
    ended = Outcome(suggestion_id=shown.suggestion_id, kind="rejected", shown_ms=900)
    await _ask(cascade, replace(REQUEST, id="r1", prefix="x = np.ze", last=ended))
    await _rest_of_the_loop()
    assert held_texts(cascade, *TEXTS, but=(engine,)) == sorted(TEXTS)
    cascade.forget()
    assert held_texts(cascade, *TEXTS, but=(engine,)) == []


@in_virtual_time
async def test_what_runs_while_all_is_forgotten() -> None:
    """A running answer goes on for who waits for it, is in no record, and leaves nothing behind."""
    engine = ScriptedEngine({"np.z": "eros(3)\n"}, token_s=0.02)
    cascade = _cascade(engine)
    asking = asyncio.create_task(_ask(cascade, REQUEST))
    await asyncio.sleep(0.05)
    cascade.forget()
    assert (await asking).text == "eros(3)"
    del asking
    await _rest_of_the_loop()
    assert cascade.journal.traces == ()
    assert held_texts(cascade, *TEXTS, but=(engine,)) == []


@in_virtual_time
async def test_who_waits_for_another_answer_while_all_is_forgotten() -> None:
    """A request that waits for the running answer of an older one is forgotten too, although it wrote nothing yet."""
    engine = ScriptedEngine({"np.z": "oo(3)\n", "np.ze": "ros(4)\n"}, token_s=0.05)
    cascade = _cascade(engine)
    first = asyncio.create_task(_ask(cascade, REQUEST))
    await asyncio.sleep(0.01)
    second = asyncio.create_task(_ask(cascade, replace(REQUEST, id="r1", prefix="x = np.ze")))
    await asyncio.sleep(0.01)
    cascade.forget()
    assert (await second).text == "ros(4)"
    await asyncio.gather(first, return_exceptions=True)
    del first, second
    await _rest_of_the_loop()
    assert cascade.journal.traces == ()
    assert held_texts(cascade, *TEXTS, "ros(4)", but=(engine,)) == []


async def test_documents_make_room() -> None:
    """A hundred are kept; the one asked about longest ago goes, unless something runs for it."""
    documents = Documents()
    busy = documents.of(REQUEST)
    busy.begin(REQUEST, asyncio.sleep(60))
    others = [replace(REQUEST, document=f"{number}.ipynb") for number in range(120)]
    made = [documents.of(request) for request in others]
    assert documents.of(REQUEST) is busy
    assert documents.of(others[-1]) is made[-1]
    assert documents.of(others[0]) is not made[0]
    await documents.aclose()
    assert documents.asking() == ()


async def test_windows_and_documents_are_kept_apart() -> None:
    """Two windows on one notebook, and two notebooks in one window, are four documents."""
    documents = Documents()
    requests = [replace(REQUEST, client=client, document=name) for client in "ab" for name in "xy"]
    assert len({id(documents.of(request)) for request in requests}) == 4


async def test_a_change_of_settings_keeps_the_last_suggestion() -> None:
    """What other tiers had written goes, but a suggestion that is shown is still typed along with no model call."""
    first, second = ScriptedEngine({"np.z": "eros(3)\n"}), ScriptedEngine({})
    before = cascade_of(first)
    shown = await _ask(before, REQUEST)
    await before.look_ahead(REQUEST, shown)
    after = cascade_of(second, documents=before.documents)
    again = await _ask(after, replace(REQUEST, id="r1", prefix="x = np.ze"))
    assert (again.text, again.origin) == ("ros(3)", "again")
    assert after.documents.of(REQUEST).ahead == {}


class _Looking(ScriptedEngine):
    """At its first token, which of the package's async generators are alive."""

    def __init__(self, script: dict[str, str]) -> None:
        super().__init__(script)
        self.alive: list[str] = []
        self._older = _generators()
        """Of other tests, whose loops are gone."""

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        async with aclosing(super().generate(prompt, max_tokens=max_tokens, draft=draft)) as tokens:
            async for token in tokens:
                self.alive = self.alive or sorted(map(_name, (one for one in _generators() if one not in self._older)))
                yield token


def _generators() -> list[AsyncGeneratorType[object, object]]:
    """The package's async generators that have not ended."""
    package = str(Path(jupyter_mccom.__file__).parent)
    found = [one for one in gc.get_objects() if isinstance(one, AsyncGeneratorType) and one.ag_frame is not None]
    return [one for one in found if one.ag_code.co_filename.startswith(package)]


def _name(generator: AsyncGeneratorType[object, object]) -> str:
    code = generator.ag_code
    return code.co_qualname if hasattr(code, "co_qualname") else code.co_name


def _served(cascade: Cascade) -> Completions:
    settings = MCCom()
    opened = replace(open_cascade(settings), cascade=cascade, recorder=None)
    return Completions(LiveSettings(settings, lambda wanted, former: opened))


async def _passed(engine: _Looking, cascade: Cascade) -> Sequence[str]:
    """The async generators between the engine and the route; `use` is a context manager, no token passes it."""
    found = [suggestion async for suggestion in _served(cascade).complete(REQUEST)]
    assert found[-1].final
    return [name for name in engine.alive if name.rpartition(".")[2] != "use"]


async def test_a_token_passes_four_generators() -> None:
    """A token passes four generators to the route: the engine, the writing, the document and the service."""
    local = _Looking({"np.z": "eros(3)\n"})
    assert [name.rpartition(".")[2] for name in await _passed(local, _cascade(local))].count("complete") == 2
    assert len(local.alive) - 1 <= 4
    cloud = _Looking({"np.z": "eros((3, 4))\n"})
    unsure = ScriptedEngine({"np.z": "eros(3)\n"}, prob=0.6)
    assert len(await _passed(cloud, _cascade(unsure, cloud=cloud))) <= 4
