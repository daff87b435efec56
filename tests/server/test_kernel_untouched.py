"""Asking leaves no trace in a real kernel and runs none of the person's code, however hostile."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.live import DOCUMENT, Notebook, notebook

STATE = """[
    sorted(globals()), dir(), get_ipython().run_line_magic('who_ls', ''), list(In), sorted(Out.items()),
    [_, __, ___, _i, _ii, _exit_code], get_ipython().execution_count, repr(__import__('sys').last_value),
    list(get_ipython().history_manager.get_range(output=True)), sorted(__import__('sys').modules),
]"""
HOSTILE = """
import enum, functools, sys, time, types
TOUCHED, SLOW = [], []

def touch(*args, **kwargs):
    TOUCHED.append(sys._getframe(1).f_code.co_name)
    time.sleep(30 if SLOW else 0)
    return NotImplemented

SPECIAL = [
    f"__{name}__"
    for name in (
        "getattribute getattr repr str format len bool iter next contains getitem call dir eq ne hash lt int index "
        "float bytes sizeof reduce reduce_ex instancecheck subclasscheck array array_interface length_hint"
    ).split()
] + [f"_repr_{kind}_" for kind in ("html", "mimebundle", "pretty", "json")] + [
    "_ipython_display_", "_ipython_key_completions_", "_ipython_canary_method_should_not_exist_",
]
HOOKS = {name: touch for name in SPECIAL}
LOOKS = {name: property(touch) for name in ("columns", "dtypes", "shape", "dtype", "index", "__doc__")}

Metaclass = type("Metaclass", (type,), {})
Evil = Metaclass("Evil", (), {**HOOKS, **LOOKS, "__class__": property(touch), "__dict__": property(touch)})
evil = object.__new__(Evil)

class Keys(dict):
    pass

class Own:
    pass

own = Own()
own.__dict__ = Keys(attribute=evil)
class Number(tuple):
    pass

lazy = type("Lazy", (types.ModuleType,), {})("lazy")
module = types.ModuleType("module")
module.__getattr__ = touch
del module.__name__
sys.modules["polars"] = lazy

def wrapped(a, b=evil, *, c: evil = evil) -> evil:
    pass

wrapped.__wrapped__ = wrapped.__signature__ = evil
wrapped.__defaults__ = Number((evil,))
wrapped.__kwdefaults__ = Keys(c=evil)
partial = functools.partial(wrapped, evil)
Color = enum.Enum("Color", {"RED": evil})
class Init:
    __init__ = evil
    __module__ = evil

class Text(str):
    pass

globals()[Text("text_key")] = 1
globals()[5] = 1

import pandas
Frame = type("Frame", (pandas.DataFrame,), {**LOOKS})
frame = object.__new__(Frame)
class Labels(pandas.Index):
    pass

labelled = pandas.DataFrame([[1, 2]], columns=pandas.Index([evil, "good"], dtype=object))
indexed = pandas.DataFrame({"a": [evil]})
indexed._mgr.axes[1] = object.__new__(Labels)

for cls in (Keys, Number, Text, Labels):
    for name, hook in HOOKS.items():
        if name not in ("__hash__", "__eq__"):
            setattr(cls, name, hook)
for name, hook in HOOKS.items():
    setattr(Metaclass, name, hook)
setattr(type(lazy), "__getattribute__", touch)

builtins = type = len = list = id = exec = eval = sorted = object = __import__ = json = Answer = touch
before = 0
TOUCHED.clear()
SLOW.append(True)
"""


@pytest.fixture
def jp_server_config() -> dict[str, Any]:
    """A plain server: no model is needed."""
    return {"ServerApp": {"jpserver_extensions": {}}}


async def _asked_again(book: Notebook) -> list[dict[str, Any]]:
    """Asks once more, and gives what the kernel told everybody meanwhile."""
    await book.state("idle")
    await book.heard()
    await book.names.names(DOCUMENT)
    return await book.heard()


async def test_asking_leaves_no_trace(jp_serverapp: Any) -> None:
    """Asking leaves history, output, errors and counters of the kernel as they were."""
    async with notebook(jp_serverapp) as book:
        await book.ran("import pandas\ndf = pandas.DataFrame({'a': [1]})\n'output'")
        await book.ran("!exit 3")
        await book.ran("'last output'")
        assert (await book.run("1 / 0"))["status"] == "error"
        await book.knows("df")
        state = await book.value(STATE)
        for _ in range(3):
            messages = await _asked_again(book)
            assert [message["content"] for message in messages] == [
                {"execution_state": "busy"},
                {"execution_state": "idle"},
            ]
            assert await book.value(STATE) == state
        assert "ZeroDivisionError" in state
        assert "last output" in state
        assert (await book.run("_, _exit_code"))["execution_count"] == 5


async def test_none_of_the_persons_code_runs(jp_serverapp: Any) -> None:
    """No code of the person runs when a kernel is asked."""
    async with notebook(jp_serverapp) as book:
        await book.ran(HOSTILE)
        known = await asyncio.wait_for(book.knows("before", "evil", "own", "wrapped", "module", "labelled"), 20)
        assert await book.value("TOUCHED") == "[]"
        assert known["evil"].type_name == "Evil"
        assert known["wrapped"].signature == "(a, b, *, c)"
        assert known["labelled"].members == ("good: int64",)
        assert known["indexed"].members == ()
        assert known["Color"].members == ("RED", "name", "value")
        assert known["lazy"].type_name == "Lazy"
        assert known["len"].type_name == "function"


async def test_a_patched_import_is_not_run(jp_serverapp: Any) -> None:
    """A patched import is not called."""
    async with notebook(jp_serverapp) as book:
        await book.ran(
            "import builtins, sys\nimporting, real = set(), builtins.__import__\n"
            "def patched(name, *rest):\n"
            "    importing.add(sys._getframe(1).f_globals['__name__'])\n    return real(name, *rest)\n"
            "builtins.__import__ = patched"
        )
        await book.knows("patched")
        await book.ran("import json")
        importing = await book.value("importing")
        assert "__main__" in importing
        assert "mccom" not in importing


async def test_another_client_of_the_kernel_keeps_its_replies(jp_serverapp: Any) -> None:
    """Another client of the kernel gets all its replies."""
    async with notebook(jp_serverapp) as book:
        other = book.manager.client(context=book.manager.context)
        other.start_channels(iopub=False, stdin=False, hb=False, control=False)
        await other.execute("x = 1", reply=True, timeout=20)
        await book.state("idle")
        await book.knows("x")
        reply = await other.execute("y = 1", reply=True, timeout=20)
        assert reply["content"]["status"] == "ok"
        other.stop_channels()


async def test_what_a_running_task_prints_stays_with_its_cell(jp_serverapp: Any) -> None:
    """What a running task prints stays with its cell."""
    async with notebook(jp_serverapp) as book:
        await book.ran(
            "import asyncio\nasync def tick():\n    for _ in range(20):\n        await asyncio.sleep(0.03)\n"
            "        print('tick')\ntask = asyncio.create_task(tick())"
        )
        await book.knows("task")
        printed: list[dict[str, Any]] = []
        while "".join(message["content"]["text"] for message in printed).count("tick") < 20:
            message = await book.client.get_iopub_msg(timeout=60)
            printed += [message] if message["content"].get("name") == "stdout" else []
        ours = book.client.session.session
        assert {message["parent_header"]["session"] for message in printed} == {ours}


async def test_what_the_person_deletes_is_freed(jp_serverapp: Any) -> None:
    """An object that the person deletes is freed."""
    async with notebook(jp_serverapp) as book:
        await book.ran("import gc, weakref\ngc.disable()\nclass Big: pass\nbig = Big()\nseen = weakref.ref(big)")
        await book.knows("big")
        await book.ran("del big")
        assert await book.value("seen()") == "None"
