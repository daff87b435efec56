"""A model's own markers: no suggestion has one, and a model that writes them instead of code is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pytest

from jupyter_mccom.cascade.text.markers import first_marker, without_begun
from jupyter_mccom.compose import open_cascade
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.server.status import status_of
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import CompletionRequest, Suggestion
from tests.cascades import cascade_of
from tests.cloud_server import Piece, answer, events, json_answer, serving

REQUEST = CompletionRequest(
    id="r", client="c", document="a.py", cell_id="", language="python", prefix="x = ", suffix=""
)
INSTEAD = (
    *("<|file_sep|>main.py\nimport os", "<|fim_pad|>" * 8, "<think>\nThe user", "<fim_middle>x", "<filename>a.py\nx"),
    *("<｜fim▁begin｜>x", "<|channel|>analysis<|message|>We", "[INST] complete", "<PRE> x", "\n<|fim_prefix|>def"),
)
ENDS = ("<|endoftext|>", "<|im_end|>\nmore", "</s>", "<|eot_id|>", "<｜end▁of▁sentence｜>")


async def _last(cascade_local: str, cloud: str | None = None, *, prob: float = 0.95) -> Suggestion:
    """The final suggestion of a local and a cloud model that write these."""
    engine = ScriptedEngine({"": cloud}) if cloud is not None else None
    cascade = cascade_of(ScriptedEngine({"": cascade_local}, prob=prob), engine)
    found = [suggestion async for suggestion in cascade.complete(REQUEST)]
    assert [one.text for one in found if "<" in one.text] == []
    return found[-1]


@pytest.mark.parametrize("written", INSTEAD)
async def test_markers_instead_of_code_are_nothing(written: str) -> None:
    """A model that writes a marker instead of code shows nothing, and the route says no fill-in-the-middle."""
    last = await _last(written)
    assert (last.text, last.route.to, last.route.reason) == ("", "nothing", "no-infill")


@pytest.mark.parametrize("written", ENDS)
async def test_a_printed_end_is_an_end(written: str) -> None:
    """An end of text that a server prints is an end: nothing is shown, and the model is not blamed."""
    last = await _last(written)
    assert (last.text, last.route.reason) == ("", "low")


@pytest.mark.parametrize("marker", [*INSTEAD, *ENDS])
async def test_code_before_a_marker_is_shown(marker: str) -> None:
    """Code that stands before a marker is shown, without it."""
    last = await _last(f"1 + 2\n{marker}")
    assert last.text == "1 + 2"
    last = await _last("", f"1 + 2\n{marker}")
    assert (last.text, last.origin) == ("1 + 2", "cloud")


@pytest.mark.parametrize("marker", ["<|file_sep|>", "<|fim_pad|>", "<fim_suffix>", "</s>"])
async def test_a_marker_on_the_line_ends_it(marker: str) -> None:
    """A marker behind code on its line ends the text there."""
    assert (await _last(f"total{marker}more")).text == "total"
    assert (await _last("", f"total{marker}more")).text == "total"


@pytest.mark.parametrize("written", INSTEAD)
async def test_the_cloud_is_asked_instead_of_a_model_without_infill(written: str) -> None:
    """The cloud is asked where the local model writes markers; where the cloud does too, nothing is shown."""
    last = await _last(written, "1 + 2\n")
    assert (last.text, last.route.to, last.route.reason) == ("1 + 2", "cloud", "no-infill")
    assert (await _last(written, written)).text == ""


async def test_a_cloud_without_infill_is_told() -> None:
    """Where the cloud writes markers, the local text is shown if it may be, and the trouble says what to do."""
    cascade = cascade_of(ScriptedEngine({"": "1 + 2\n"}, prob=0.7), ScriptedEngine({"": INSTEAD[0]}, name="big"))
    found = [suggestion async for suggestion in cascade.complete(REQUEST)]
    assert (found[-1].text, found[-1].route.to, found[-1].route.reason) == ("1 + 2", "local", "no-infill")
    assert "big" in cascade.journal.cloud_trouble
    assert "no fill-in-the-middle; name another cloud_model" in cascade.journal.cloud_trouble


@pytest.mark.parametrize(
    ("text", "prefix", "own", "at"),
    [
        ('<|endoftext|>"', 'stop = "', ('end = "<|endoftext|>"',), None),
        ('<|endoftext|>"', 'stop = "', (), 0),
        ("<|endoftext|>", "stop = ", ('end = "<|endoftext|>"',), 0),
        ("filename>", "usage: <", (), None),
        ("prog <filename>", 'usage = "', (), None),
        ("a < b and c > d", "if ", (), None),
        ("List[PREFIX]", "x = ", (), None),
        ("f <| x |> g", "y = ", (), None),
        ("Vec<T>::new()", "let x = ", (), None),
    ],
)
def test_what_is_no_marker(text: str, prefix: str, own: Sequence[str], at: int | None) -> None:
    """What a person writes is no marker: comparisons, types, and a marker in a string where they have it too."""
    found = first_marker(text, prefix=prefix, own=own)
    assert (found and found.at) == at


@pytest.mark.parametrize(
    ("text", "streaming", "whole"),
    [
        ("x<|fim_", "x", "x"),
        ("x<fim", "x", "x<fim"),
        ("a<", "a", "a<"),
        ("a < b", "a < b", "a < b"),
        ("x</", "x", "x</"),
    ],
)
def test_a_marker_that_may_come_is_held_back(text: str, streaming: str, whole: str) -> None:
    """While a text is written, what may become a marker is held back; at its end, only what must be one is left out."""
    assert without_begun(text, whole=False) == streaming
    assert without_begun(text, whole=True) == whole


def _models(path: str) -> Sequence[Piece] | None:
    owned = {"data": [{"id": "chatty", "owned_by": "organization_owner"}]}
    return json_answer(owned) if path.endswith("/models") else None


def _writes(written: str) -> Callable[[str, dict[str, object]], Sequence[Piece]]:
    """A server's answer that is this text, in pieces of 3 characters: by completions, or by a chat."""
    pieces = [written[at : at + 3] for at in range(0, len(written), 3)]

    def reply(path: str, body: dict[str, object]) -> Sequence[Piece]:
        if path.endswith("/version"):
            return json_answer({}, status="404 Not Found")
        if path.endswith("/chat/completions"):
            return answer(events(*({"choices": [{"delta": {"content": piece}}]} for piece in pieces)))
        return _models(path) or answer(events(*({"choices": [{"text": piece}]} for piece in pieces)))

    return reply


@pytest.mark.parametrize("written", INSTEAD)
async def test_a_served_model_without_infill_is_told(written: str) -> None:
    """After three answers of markers the status says that the served model has no fill-in-the-middle, until it has."""
    async with serving(by=_writes(written)) as server:
        opened = open_cascade(MCCom(local_url=server.url, show_threshold=0))
        try:
            for number in range(3):
                assert status_of(opened)["state"] == "ready"
                request = CompletionRequest(
                    id=f"r{number}",
                    client="c",
                    document="a.py",
                    cell_id="",
                    language="python",
                    prefix=f"x{number} = ",
                    suffix="",
                )
                found = [suggestion async for suggestion in opened.cascade.complete(request)]
                assert [one.text for one in found] == [""]
            status = status_of(opened)
            assert status["state"] == "trouble"
            assert "no fill-in-the-middle" in status["detail"]
            assert "MCCom.local_model" in status["detail"]
            server.by = _writes("1 + 2\n")
            assert [one.text async for one in opened.cascade.complete(REQUEST)][-1] == "1 + 2"
            assert status_of(opened)["state"] == "ready"
        finally:
            await opened.cascade.aclose()


@pytest.mark.parametrize("dialect", ["openai-compatible", "mistral", "openai", "lmstudio"])
@pytest.mark.parametrize("written", INSTEAD)
async def test_a_clouds_markers_are_never_shown(dialect: str, written: str) -> None:
    """Markers of a cloud are never shown, be it asked for the middle or in a chat."""
    async with serving(by=_writes(written)) as server:
        cloud = {"cloud_dialect": dialect, "cloud_url": server.url, "cloud_model": "codestral-or-else"}
        opened = open_cascade(MCCom(local_url=server.url, **cloud))
        try:
            found = [suggestion async for suggestion in opened.cascade.complete(REQUEST)]
            status = status_of(opened)
        finally:
            await opened.cascade.aclose()
        paths = {path for path, _, _ in server.asked}
    assert [one.text for one in found if one.text] == []
    assert found[-1].route.reason == "no-infill", json.dumps([sorted(paths), found[-1].route.reason])
    assert "no fill-in-the-middle" in status["cloud"]["trouble"]
