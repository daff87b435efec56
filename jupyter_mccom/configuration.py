"""The server's configuration, read one setting at a time: a wrong value takes nothing else away.

What holds in the place of a wrong value is never more open than what may have been meant: a wrong address, key or
opt-out switches completions off, a wrong limit of the cloud switches the cloud off, and anything else has its default.
A setting that is wrong stays fixed: no person sets it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, TypeVar

from traitlets import Bool, Enum, List, TraitType
from traitlets.config import Config, Configurable

from .bounded import Real, Whole
from .settings import MCCom

_MOST_CHARS = 300
"""Of a line about one setting."""
_SHOWN_CHARS = 40
"""Of a value."""
_LIKENESS = 0.75
"""From 0 to 1: how like a setting's name another name must be, to be taken for it."""
_Held = tuple[Mapping[str, object], str]
"""What holds in the place of a wrong value, and that in words."""
_Opened = TypeVar("_Opened")

_OFF: _Held = ({"enabled": False}, "completions are off")
_NO_CLOUD: _Held = ({"use_cloud": False}, "no cloud is asked")
_NO_INDEX: _Held = ({"retrieval_tokens": 0}, "no project is indexed")
_NO_FIGURES: _Held = ({"keep_traces": False}, "no figures are kept")
_HELD: Mapping[str, _Held] = {
    **dict.fromkeys(("enabled", "languages_off", "paths_off", "opt_outs_bind"), _OFF),
    **dict.fromkeys(("local_url", "local_key_env", "local_key_file"), _OFF),
    **dict.fromkeys(("use_cloud", "cloud_dialect", "cloud_url", "cloud_model"), _NO_CLOUD),
    **dict.fromkeys(("cloud_key_env", "cloud_key_file", "cloud_calls_a_day", "cloud_tokens_a_day"), _NO_CLOUD),
    **dict.fromkeys(("cloud_prompt_tokens", "cloud_retrieval_tokens"), _NO_CLOUD),
    **dict.fromkeys(("retrieval_tokens", "project_root"), _NO_INDEX),
    **dict.fromkeys(("keep_traces", "traces_dir"), _NO_FIGURES),
    "cloud_setup": ({"cloud_setup": "admin"}, "nobody can set up a cloud"),
    "use_kernel": ({"use_kernel": False}, "no kernel is asked"),
    "find_servers": ({"find_servers": False}, "no server is looked for"),
}
"""Settings whose default could be more open than what was meant. Each other setting has its default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongSetting:
    """A setting that the configuration has wrong."""

    held: Mapping[str, object]
    """What holds until it is corrected."""
    line: str
    """Which setting, what was given, what is allowed, and what holds until it is corrected."""

    @property
    def switches_off(self) -> bool:
        """Completions are off until it is corrected."""
        return self.held.get("enabled") is False


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What a server's configuration sets."""

    values: Mapping[str, object]
    """Each alone is a value that the setting can have; as the configuration has them."""
    wrong: tuple[WrongSetting, ...] = ()

    @property
    def settings(self) -> MCCom:
        """The settings; `given` names the wrong ones too, and what holds in their place."""
        held: dict[str, object] = {}
        for one in self.wrong:
            held |= one.held
        return MCCom(config=Config({MCCom.__name__: {**self.values, **held}}))

    def less(self, name: str, why: str) -> Configuration:
        """The configuration without a value that cannot be used."""
        values = {other: value for other, value in self.values.items() if other != name}
        value = str(self.values[name])
        shown = _shown(name, value)
        said = f"MCCom.{name} = {shown} cannot be used: {why if shown == repr(value) else why.replace(value, '…')}"
        return replace(self, values=values, wrong=(*self.wrong, _wrong(name, said)))


def configuration_of(parent: Configurable) -> Configuration:
    """What the configuration of an application sets, from its files and its command line. Raises nothing."""
    probe = MCCom()
    probe.parent = parent
    section = {
        name: value for name, value in probe._find_my_config(parent.config).items() if not isinstance(value, Config)
    }
    traits, values, wrong = MCCom.class_traits(config=True), dict[str, object](), list[WrongSetting]()
    for name, value in section.items():
        if name not in traits:
            wrong.append(_unknown(name, section))
            continue
        try:
            MCCom(config=Config({MCCom.__name__: {name: value}}))
        except Exception as error:  # noqa: BLE001 - a value may be any object, and fail in any way
            wrong.append(_wrong(name, f"{_refusal(name, traits[name], error)}, not {_shown(name, value)}"))
        else:
            values[name] = value
    return Configuration(values=values, wrong=tuple(wrong))


def opened_by(found: Configuration, open_: Callable[[MCCom], _Opened]) -> tuple[Configuration, _Opened]:
    """What `open_` opens by the configuration, less each value that keeps it from opening.

    Raises what `open_` raises where no value of the configuration is to blame.
    """
    opened, error = _tried(found, open_)
    while error is not None:
        for name in _suspects(found, str(error)):
            fewer = found.less(name, str(error) or type(error).__name__)
            opened, other = _tried(fewer, open_)
            if other is None or str(other) != str(error):
                found, error = fewer, other
                break
        else:
            raise error
    assert opened is not None
    return found, opened


def _tried(found: Configuration, open_: Callable[[MCCom], _Opened]) -> tuple[_Opened | None, Exception | None]:
    try:
        return open_(found.settings), None
    except Exception as error:  # noqa: BLE001 - the extension is not to be lost, whatever it is
        return None, error


def _suspects(found: Configuration, said: str) -> Sequence[str]:
    """Names that the configuration sets, first that whose value the message repeats, then those that it names."""

    def unlikely(name: str) -> tuple[bool, bool]:
        value = found.values[name]
        repeated = isinstance(value, str) and repr(str(value)) in said
        return not repeated, re.search(rf"\b{name}\b", said) is None

    return sorted(found.values, key=unlikely)


def _wrong(name: str, said: str) -> WrongSetting:
    default = MCCom.class_traits(config=True)[name].default()
    held, words = _HELD.get(name, ({}, f"the default, {default!r}, holds"))
    return WrongSetting(held={name: default, **held}, line=_line(said, f"{words} until the configuration is corrected"))


def _unknown(name: str, section: Mapping[str, object]) -> WrongSetting:
    """A name that no setting has. What it seems to mean is held as if its value were wrong, unless it is set too."""
    name = name[:_SHOWN_CHARS]
    likely = get_close_matches(name, MCCom.class_trait_names(config=True), n=1, cutoff=_LIKENESS)
    if not likely or likely[0] in section:
        return WrongSetting(held={}, line=_line(f"MCCom.{name} is no setting", "it does nothing: remove it"))
    return _wrong(likely[0], f"MCCom.{name} is no setting: MCCom.{likely[0]} may be meant")


def _line(said: str, holds: str) -> str:
    said = " ".join(said.split())
    most = _MOST_CHARS - len(holds)
    return f"{said if len(said) <= most else said[: most - 1] + '…'}; {holds}"


def _refusal(name: str, trait: TraitType[Any, Any], error: Exception) -> str:
    """What the setting must be. A message of our own says it best, up to the value."""
    said, _, _ = str(error).partition(", not ")
    return f"MCCom.{said}" if said.startswith(f"{name} must be ") else f"MCCom.{name} must be {_allowed(trait)}"


def _allowed(trait: TraitType[Any, Any]) -> str:
    if isinstance(trait, Whole | Real):
        kind = "a whole number" if isinstance(trait, Whole) else "a number"
        return f"{kind} between {trait.min:,} and {trait.max:,}"
    if isinstance(trait, Enum):
        *others, last = trait.values or ()
        return f"{', '.join(others)} or {last}"
    if isinstance(trait, Bool):
        return "True or False"
    return "a list of strings" if isinstance(trait, List) else "a string"


def _shown(name: str, value: object) -> str:
    """A value as far as people may see it: what belongs to a key, or may hold a password or a token, is not shown."""
    try:
        text = repr(str(value) if isinstance(value, str) else value)  # a command line's is of a class of its own
    except Exception:  # noqa: BLE001 - a number of more digits than Python writes, or any object
        return f"a {type(value).__name__} that cannot be shown"
    if "_key_" in name or "@" in text or "?" in text:  # an address may hold a password or a token
        return "what is set"
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…"
