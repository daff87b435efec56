"""What is said of a namespace, run here as it runs in a kernel: signatures, members, frames, and the bounds."""

from __future__ import annotations

import functools
import importlib
import json
import types
from typing import Any

import pytest

from jupyter_mccom.retrieval.namespace import MAX_CHARS, MAX_NAMES, NamespaceText

numpy: Any = importlib.import_module("numpy")


@pytest.fixture(scope="module")
def pandas() -> Any:
    """Imported by the worker that runs these tests, which takes 0.3 s."""
    return importlib.import_module("pandas")


def _described(**user: object) -> dict[str, tuple[str, str, list[str], str]]:
    text = repr(NamespaceText(user))
    assert len(text) <= MAX_CHARS
    return {name: (type_name, shape, members, rest) for name, type_name, shape, members, rest in json.loads(text)}


@pytest.mark.parametrize(
    ("definition", "shown"),
    [
        ("def f(): pass", "()"),
        ("def f(a, b=1): pass", "(a, b=...)"),
        ("def f(a, /, b): pass", "(a, /, b)"),
        ("def f(a, b=1, /): pass", "(a, b=..., /)"),
        ("def f(*args, **kw): pass", "(*args, **kw)"),
        ("def f(*, a, b=2): pass", "(*, a, b=...)"),
        ("def f(a, *args, b=2, **kw): local = 1", "(a, *args, b=..., **kw)"),
        ("f = lambda q, secret='abc': q", "(q, secret=...)"),
        ("async def f(a: int = 3) -> 'str': pass", "(a=...)"),
    ],
)
def test_a_function_shows_its_parameters_and_no_value(definition: str, shown: str) -> None:
    """A function shows its parameters, and no default value."""
    user: dict[str, Any] = {}
    exec(definition, user)  # noqa: S102 - our own text
    assert _described(f=user["f"])["f"] == ("function", "", [], shown)


def test_a_decorated_function_shows_what_it_wraps() -> None:
    """A decorated function shows the parameters of what it wraps."""

    def inner(path: str, sep: str = ",") -> None: ...

    @functools.wraps(inner)
    def outer(*args: Any) -> None: ...

    loop: Any = lambda: None  # noqa: E731 - it wraps itself
    loop.__wrapped__ = loop
    found = _described(outer=outer, loop=loop)
    assert found["outer"][3] == "(path, sep=...)"
    assert found["loop"][3] == "()"


def test_a_class_and_its_objects() -> None:
    """A class shows how it is made, an object its own attributes first."""

    class Parent:
        def shared(self) -> None: ...

    class Net(Parent):
        def __init__(self, n: int, *, act: str = "relu") -> None:
            self.weights = n
            self._hidden = act

        def forward(self) -> None: ...

    found = _described(Net=Net, net=Net(1))
    assert found["Net"] == ("class", "", ["forward", "shared"], "(n, *, act=...)")
    assert found["net"] == ("Net", "", ["weights", "forward", "shared"], "")


def test_builtin_values_show_only_their_type() -> None:
    """Values of builtin types show only their type."""
    found = _described(a=1, b="secret", c=[1, 2], d={"secret": 1}, e=None, f=numpy)
    assert {name: entry[0] for name, entry in found.items()} == {
        "a": "int",
        "b": "str",
        "c": "list",
        "d": "dict",
        "e": "NoneType",
        "f": "module numpy",
    }
    assert all(entry[1:] == ("", [], "") for entry in found.values())


def test_frames_and_arrays_show_shapes_and_dtypes(pandas: Any) -> None:
    """Frames and arrays show shapes and dtypes, and no value of a category."""
    frame = pandas.DataFrame(
        {"kind": pandas.Categorical(["secret"]), "day": pandas.to_datetime(["2020-01-01"]).as_unit("ns"), "n": [1]}
    )
    found = _described(frame=frame, column=frame["n"], array=numpy.zeros((2, 3), dtype="f4"))
    assert found["frame"][:3] == ("pandas.DataFrame", "(1, 3)", ["kind: category", "day: datetime64[ns]", "n: int64"])
    assert found["column"][:2] == ("pandas.Series", "(1,) int64")
    assert found["array"][:2] == ("numpy.ndarray", "(2, 3) float32")


def test_a_frame_of_a_class_of_ones_own_is_not_looked_into(pandas: Any) -> None:
    """A frame of a person's own class is not looked into."""

    class Frame(pandas.DataFrame):  # type: ignore[misc, name-defined, unused-ignore]
        pass

    assert _described(frame=Frame({"a": [1]}))["frame"][:2] == ("Frame", "")


def test_private_names_and_those_of_ipython_are_left_out() -> None:
    """Private names and those of IPython are left out."""
    assert _described(_a=1, __b=1, In=1, Out=1, get_ipython=1, exit=1, quit=1, open=1, kept=1).keys() == {"kept"}


def test_frames_come_first_then_the_newest_names(pandas: Any) -> None:
    """Frames come first, then the newest names; the rest is left out."""
    user = {"frame": pandas.DataFrame({"a": [1]}), **{f"n{i}": i for i in range(1000)}}
    names = list(_described(**user))
    assert names == ["frame", *(f"n{i}" for i in range(999, 1000 - MAX_NAMES, -1))]


def test_all_names_come_before_the_oldest_columns(pandas: Any) -> None:
    """The answer is bounded, and every name comes before the columns of the oldest frames."""
    wide = pandas.DataFrame(numpy.zeros((1, 5000)), columns=[f"{'column' * 11}_{n}" for n in range(5000)])
    found = _described(**{f"wide{i}": wide for i in range(MAX_NAMES - 1)}, small=1)
    assert len(found) == MAX_NAMES
    n_columns = [len(entry[2]) for entry in found.values()]
    assert sorted(n_columns, reverse=True) == n_columns
    assert {*n_columns} == {60, 0}


def test_names_that_take_all_the_room_are_bounded_too() -> None:
    """Names that fill the answer are bounded too."""
    names = [chr(0x4E00 + i) * 80 for i in range(MAX_NAMES)]
    assert 50 < len(_described(**dict.fromkeys(names, 1))) < MAX_NAMES


def test_an_error_in_looking_gives_an_answer_all_the_same() -> None:
    """An error while looking gives an empty answer."""
    assert repr(NamespaceText(types.SimpleNamespace())) == "[]"  # type: ignore[arg-type]
