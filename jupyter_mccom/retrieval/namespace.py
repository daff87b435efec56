"""What a live namespace holds, as JSON: names, types, shapes, columns, signatures; never values.

The text of this file is run inside the kernel of a person who did not ask for it, so none of their code may run: a
value is seen through `type(value)` and the C descriptors of `type`, and its attributes are read only where its class is
exactly a known one. An import finds what is loaded and loads nothing (kernel.py). Works on Python 3.8 and later.
"""

from __future__ import annotations

import json
import sys
import types
from typing import Any

MAX_NAMES = 200
MAX_CHARS = 32 * 1024
_MAX_MEMBERS = 60
_MAX_ATTRIBUTES = 30
_MAX_NAME_CHARS = 80
_MAX_HOPS = 8
_HIDDEN = ("In", "Out", "exit", "quit", "get_ipython", "open")
"""What IPython itself puts there."""

_NAME = type.__dict__["__name__"].__get__
_MODULE = type.__dict__["__module__"].__get__
_DICT = type.__dict__["__dict__"].__get__
_MRO = type.__dict__["__mro__"].__get__
_MODULE_DICT = types.ModuleType.__dict__["__dict__"].__get__  # type: ignore[index]  # typeshed gives the method of an instance


class NamespaceText:
    """Its representation is the JSON: `[[name, type, shape, [member, …], signature], …]`, frames first, then newest."""

    def __init__(self, user: dict[str, Any]) -> None:
        try:
            self._text = _described(user)
        except BaseException:  # noqa: BLE001 - an error would take the place of the person's own in sys.last_value
            self._text = "[]"

    def __repr__(self) -> str:
        return self._text


def _described(user: dict[str, Any]) -> str:
    readers = _readers()
    frames = [key for key, (_, reader) in readers.items() if reader in (_pandas_frame, _polars_frame)]
    public = [item for item in reversed(list(user.items())) if _is_public(item[0]) and item[0] not in _HIDDEN]
    public.sort(key=lambda item: id(type(item[1])) not in frames)
    entries, room = [], MAX_CHARS - 2
    for name, value in public[:MAX_NAMES]:
        type_name, shape, members, signature = _described_value(value, readers)
        n_chars = len(json.dumps([name, type_name, shape, [], signature])) + 2
        if n_chars < room:
            room -= n_chars
            entries.append([name, type_name, shape, members, signature])
    for entry in entries:
        n_chars = len(json.dumps(entry[3]))
        entry[3] = entry[3] if n_chars < room else []
        room -= n_chars if entry[3] else 0
    return json.dumps(entries)


def _described_value(value: Any, readers: dict[int, Any]) -> tuple[str, str, list[str], str]:
    cls = type(value)
    type_name = _text(_NAME(cls))
    try:
        if id(cls) in readers:
            type_name, reader = readers[id(cls)]
            return (type_name, *reader(value), "")
        if cls is types.ModuleType:
            return f"module {_text(_MODULE_DICT(value).get('__name__'))}".rstrip(), "", [], ""
        if cls is types.FunctionType:
            return type_name, "", [], _signature(value)
        if any(base is type for base in _MRO(cls)):
            return "class", "", _attributes([], value), _constructor(value)
        return type_name, "", _attributes([_own_dict(value, cls)], cls), ""
    except Exception:  # noqa: BLE001 - the name and its type are known all the same
        return type_name, "", [], ""


def _readers() -> dict[int, tuple[str, Any]]:
    """The readers by the id of a known class: hashing or comparing a class may run its metaclass."""
    found = {}
    for module_name, class_name, reader in (
        ("pandas", "DataFrame", _pandas_frame),
        ("pandas", "Series", _pandas_series),
        ("polars", "DataFrame", _polars_frame),
        ("polars", "Series", _array),
        ("numpy", "ndarray", _array),
        ("torch", "Tensor", _array),
    ):
        module = sys.modules.get(module_name)
        if type(module) is types.ModuleType and class_name in _MODULE_DICT(module):
            found[id(_MODULE_DICT(module)[class_name])] = (f"{module_name}.{class_name}", reader)
    return found


def _pandas_frame(value: Any) -> tuple[str, list[str]]:
    if not (_is_of("pandas", value.index) and _is_of("pandas", value.columns)):
        return "", []
    labels = list(value.columns[:_MAX_MEMBERS])
    return str(value.shape), _columns(labels, list(value.dtypes.array[:_MAX_MEMBERS]))


def _pandas_series(value: Any) -> tuple[str, list[str]]:
    return _array(value) if _is_of("pandas", value.index) else ("", [])


def _polars_frame(value: Any) -> tuple[str, list[str]]:
    return str(value.shape), _columns(value.columns[:_MAX_MEMBERS], value.dtypes[:_MAX_MEMBERS])


def _array(value: Any) -> tuple[str, list[str]]:
    return f"{tuple(value.shape)} {_dtype(value.dtype)}", []


def _columns(labels: list[Any], dtypes: list[Any]) -> list[str]:
    named = [(_label(label), _dtype(dtype)) for label, dtype in zip(labels, dtypes)]  # noqa: B905 - Python 3.8
    return [f"{label}: {dtype}" for label, dtype in named if label]


def _label(label: Any) -> str:
    """A column's name as it is; a number or a tuple of names as Python writes it; nothing for another object."""
    plain = label if type(label) is tuple else (label,)
    if not all(type(part) is str or type(part) is int for part in plain):  # `in` would compare
        return ""
    text = label if type(label) is str else repr(label)
    return text if len(text) <= _MAX_NAME_CHARS else ""


def _dtype(dtype: Any) -> str:
    """The name of a type of values; that of its class where that may be the person's own or name the values."""
    if any(base is type for base in _MRO(type(dtype))):
        return _text(_NAME(dtype))
    if _is_of("numpy", dtype) or _is_of("pandas", dtype):
        return _text(dtype.name)
    return _text(str(dtype)) if _is_of("torch", dtype) else _text(_NAME(type(dtype)))


def _attributes(dicts: list[Any], cls: type) -> list[str]:
    """Public names of an object and its classes, its own first; builtin classes are known to everybody."""
    dicts += [_DICT(base) for base in _MRO(cls) if _text(_MODULE(base)) != "builtins"]
    names = {name: None for found in dicts for name in list(found)[:MAX_NAMES] if _is_public(name)}
    return list(names)[:_MAX_ATTRIBUTES]


def _own_dict(value: Any, cls: type) -> dict[str, Any]:
    """The object's `__dict__`, unless a class puts a descriptor of its own before it."""
    for base in _MRO(cls):
        descriptor = _DICT(base).get("__dict__")
        if descriptor is not None:
            found = descriptor.__get__(value) if type(descriptor) is types.GetSetDescriptorType else None
            return found if type(found) is dict else {}
    return {}


def _constructor(cls: type) -> str:
    for base in _MRO(cls):
        method = _DICT(base).get("__init__")
        if method is not None:
            return _signature(method, skip=1) if type(method) is types.FunctionType else ""
    return ""


def _signature(function: Any, skip: int = 0) -> str:
    """The parameters' names; a default is `...`: it is a value, and so may an annotation be."""
    for _ in range(_MAX_HOPS):
        inner = function.__dict__.get("__wrapped__") if type(function.__dict__) is dict else None
        if type(inner) is not types.FunctionType:
            break
        function = inner
    code = function.__code__
    n_plain, n_all = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    rest = list(code.co_varnames[n_all:])
    n_required = n_plain - (len(function.__defaults__) if type(function.__defaults__) is tuple else 0)
    plain = [name + ("=..." if at >= n_required else "") for at, name in enumerate(code.co_varnames[:n_plain])]
    if skip < code.co_posonlyargcount:
        plain.insert(code.co_posonlyargcount, "/")
    starred = ["*" + rest.pop(0)] if code.co_flags & 4 else ["*"] if code.co_kwonlyargcount else []
    given = function.__kwdefaults__ if type(function.__kwdefaults__) is dict else {}
    named = [name + ("=..." if name in given else "") for name in code.co_varnames[n_plain:n_all]]
    return "(" + ", ".join(plain[skip:] + starred + named + (["**" + rest[0]] if code.co_flags & 8 else [])) + ")"


def _is_public(name: Any) -> bool:
    return type(name) is str and len(name) <= _MAX_NAME_CHARS and name.isidentifier() and name[0] != "_"


def _is_of(package: str, value: Any) -> bool:
    """True when the value's class is one of the package's own."""
    return _text(_MODULE(type(value))).split(".")[0] == package


def _text(name: Any) -> str:
    return name[:_MAX_NAME_CHARS] if type(name) is str else ""
