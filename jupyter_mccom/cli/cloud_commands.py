"""`jupyter mccom cloud add|list|test|remove`: sets up a cloud for every server of the person. A key is never shown.

A key is read from a file or from standard input, or asked for hidden; it is no argument, which other users of the
machine could read.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from ..cloud.cloud_request import CloudRequest, usual_model
from ..errors import CloudKeyMissing, InputError, SettingsError, SettingsLocked
from ..settings import MCCom
from .settings_arguments import from_arguments

if TYPE_CHECKING:
    from ..cloud.cloud_set_up import CloudSetUp
    from ..cloud.trial import Trial

_T = TypeVar("_T")


def add_cloud_commands(parser: argparse.ArgumentParser) -> None:
    """Adds the verbs of `jupyter mccom cloud`."""
    verbs = parser.add_subparsers(dest="verb", required=True)

    def verb(name: str, run: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        sub = verbs.add_parser(name, help=about, description=about)
        sub.set_defaults(run_verb=run)
        return sub

    add = verb("add", _add, "Try a cloud with one real completion, and use it if it answers. The key is asked for.")
    add.add_argument("provider", help="id of the provider; `jupyter mccom cloud list` names them")
    add.add_argument("--url", default="", help="base address of the server (default: the provider's own)")
    add.add_argument("--model", default="", help="name of the model (default: the provider's usual one)")
    add.add_argument("--key-file", default="", help="file that holds the key (default: it is asked for)")
    add.add_argument("--local", action="store_true", help="use the server, on this machine, as the local model")
    about = "Print the cloud that is in use, the providers, and servers that run on this machine."
    verb("list", _list, about).add_argument("--json", action="store_true", help="print JSON")
    verb("test", _test, "Make one real completion with the cloud that is in use.")
    verb("remove", _remove, "Delete a cloud and its key.").add_argument("provider", help="id of the provider")


def run_cloud(arguments: argparse.Namespace) -> int:
    """Runs one of the verbs."""
    run: Callable[[argparse.Namespace], int] = arguments.run_verb
    return run(arguments)


def _add(arguments: argparse.Namespace) -> int:
    from ..compose import open_set_up
    from ..privacy.keys import key_from
    from ..server.cloud_state import added_lines, cloud_state, trial_line
    from ..server.wire import json_from_trial

    settings = _settings(arguments)
    _allowed(settings)
    set_up = open_set_up(settings)
    try:
        key = key_from("", arguments.key_file)
    except SettingsError as error:
        raise InputError(str(error)) from error
    named = {name: getattr(arguments, name) for name in ("provider", "url", "model", "local")}
    request = CloudRequest(**named, key=key)
    trial = asyncio.run(_Adding(set_up, request).run())
    state = cloud_state(settings, set_up, why_not="", found=())
    print(trial_line(json_from_trial(trial)), *added_lines(state, local=request.local), sep="\n")
    return 0


class _Adding:
    """Asks for a key where the provider wants one, for a model where none is named, and tries before it keeps."""

    def __init__(self, set_up: CloudSetUp, request: CloudRequest) -> None:
        self._set_up = set_up
        self._request = request

    async def run(self) -> Trial:
        """The trial of the cloud that is then in use. Raises MCComError, and then nothing has changed."""
        self._request = self._set_up.fixed.of(self._request)
        if not self._request.model:
            names = await self._with_key(self._set_up.models)
            example = next(one.example_model for one in self._set_up.providers if one.id == self._request.provider)
            self._request = replace(self._request, model=usual_model(example, names))
        trial = await self._with_key(self._set_up.try_out)
        await self._set_up.add(self._request)
        return trial

    async def _with_key(self, ask: Callable[[CloudRequest], Awaitable[_T]]) -> _T:
        """The answer; where it takes a key that is not known yet, the person is asked for it."""
        try:
            return await ask(self._request)
        except CloudKeyMissing:
            key = await asyncio.to_thread(_hidden, self._request.provider)
            if not key:
                raise
        self._request = replace(self._request, key=key)
        return await ask(self._request)


def _hidden(provider: str) -> str:
    """A key from the terminal, which does not show it, or from standard input; empty where there is none."""
    import getpass

    return getpass.getpass(f"Key for {provider}: ") if sys.stdin.isatty() else sys.stdin.readline().strip()


def _list(arguments: argparse.Namespace) -> int:
    from ..cloud.found_servers import found_servers
    from ..compose import open_set_up, why_not_persons
    from ..server.cloud_state import cloud_state, cloud_state_lines

    settings = _settings(arguments)
    set_up = open_set_up(settings)
    found = asyncio.run(found_servers()) if settings.find_servers else []
    state = cloud_state(settings, set_up, why_not=why_not_persons(settings, settings.given), found=found)
    names = ", ".join(provider["id"] for provider in state["providers"])
    print(json.dumps(state) if arguments.json else "\n".join([*cloud_state_lines(state), f"providers: {names}"]))
    return 0


def _test(arguments: argparse.Namespace) -> int:
    from ..compose import open_set_up, try_in_use, why_not_persons, with_cloud
    from ..server.cloud_state import trial_line
    from ..server.wire import json_from_trial

    settings = _settings(arguments)
    held = None if why_not_persons(settings, settings.given) else open_set_up(settings).held
    if held is not None:
        held.key.wait()
        settings = with_cloud(settings, held.cloud)
    trial = asyncio.run(try_in_use(settings, held.key if held else None))
    print(trial_line(json_from_trial(trial)))
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    from ..compose import open_set_up

    _allowed(_settings(arguments))
    asyncio.run(open_set_up().remove(arguments.provider))
    print(f"{arguments.provider} is removed, and so is its key")
    return 0


def _settings(arguments: argparse.Namespace) -> MCCom:
    """The settings that a Jupyter server here would have."""
    return from_arguments(arguments.rest, as_the_server=True)


def _allowed(settings: MCCom) -> None:
    """Raises SettingsLocked where the configuration lets no person set up a cloud."""
    from ..compose import why_not_persons

    why_not = why_not_persons(settings, settings.given)
    if why_not:
        raise SettingsLocked(why_not)
