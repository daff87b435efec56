"""`%mccom cloud …`: sets a cloud up through the service, and switches it on and off. A key is asked for hidden.

No key stands in a cell, in the history of input or in an output: the front end sends it as an answer to the kernel.
"""

from __future__ import annotations

import argparse
import getpass
import shlex
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

from ..cloud.cloud_request import usual_model
from ..errors import CloudKeyMissing, InputError
from ..server.cloud_state import added_lines, cloud_state_lines, trial_line
from ..server.status import cloud_lines, leaves_to
from .service import Service

_T = TypeVar("_T")


class _Arguments(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Raises InputError instead of ending the kernel."""
        raise InputError(f"{message}; use %mccom cloud add PROVIDER [--url U] [--model M] [--local]")


def _add(service: Service, rest: str) -> None:
    parser = _Arguments(add_help=False, allow_abbrev=False)
    parser.add_argument("provider")
    parser.add_argument("--url", default="")
    parser.add_argument("--model", default="")
    parser.add_argument("--local", action="store_true")
    try:
        words = shlex.split(rest)
    except ValueError as error:
        raise InputError(f"the line cannot be read ({error}); close each quote") from error
    if any(word.startswith("--key") for word in words):
        raise InputError("a key does not belong into a cell: leave it out, and you are asked for it")
    asked = vars(parser.parse_args(words)) | {"key": ""}
    state = service.cloud()
    if not (asked["local"] or asked["model"]):
        asked["model"] = state["fixed"]["model"]
    if not asked["model"]:
        names, asked = _with_key(service.cloud_models, asked)
        examples = {provider["id"]: provider["example_model"] for provider in state["providers"]}
        asked["model"] = usual_model(examples[asked["provider"]], names)
    trial, asked = _with_key(service.try_cloud, asked)
    print(trial_line(trial))
    state = service.put_cloud(asked)
    print(*added_lines(state, local=asked["local"]), sep="\n")


def _with_key(ask: Callable[[Mapping[str, Any]], _T], cloud: dict[str, Any]) -> tuple[_T, dict[str, Any]]:
    """The answer, and what was asked: where the provider wants a key, the person is asked for it."""
    try:
        return ask(cloud), cloud
    except CloudKeyMissing as error:
        key = getpass.getpass(f"{error}: ").strip()
        if not key:
            raise
    cloud = cloud | {"key": key}
    return ask(cloud), cloud


def _list(service: Service, rest: str) -> None:
    state = service.cloud()
    names = ", ".join(provider["id"] for provider in state["providers"])
    print(*cloud_state_lines(state), f"providers: {names}", sep="\n")


def _test(service: Service, rest: str) -> None:
    print(trial_line(service.try_cloud({})))


def _remove(service: Service, rest: str) -> None:
    if not rest:
        raise InputError("name the provider whose cloud and key are to be deleted (%mccom cloud list)")
    state = service.remove_cloud(rest)
    print(f"{rest} is removed, and so is its key", *cloud_state_lines(state)[:1], sep="\n")


def _switch(service: Service, rest: str, *, on: bool) -> None:
    if on and service.status()["cloud"] is None:
        config = f"set c.MCCom.cloud_dialect in {service.config} (see the README)"
        raise InputError(f"no cloud is set up; use %mccom cloud add, or {config}")
    service.change({"use_cloud": on})
    status = service.status()
    print(*cloud_lines(status["cloud"], leaves=leaves_to(status)), sep="\n")


CLOUD_VERBS: Mapping[str, Callable[[Service, str], None]] = {
    "on": lambda service, rest: _switch(service, rest, on=True),
    "off": lambda service, rest: _switch(service, rest, on=False),
    "add": _add,
    "list": _list,
    "test": _test,
    "remove": _remove,
}
"""What follows `%mccom cloud`."""
