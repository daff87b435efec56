"""What is set up as the cloud, what may be, and what is found here: one JSON object for a page and the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ..cloud.cloud_file import ChosenCloud
from ..cloud.cloud_set_up import CloudSetUp
from ..cloud.found_servers import FoundServer
from ..compose import cloud_address, cloud_name
from ..settings import MCCom
from .status import sent

_PLACES = {"keyring": "in the keyring", "file": "in a file", "environment": "in the environment", "none": "none"}

_FIXED = {"url": "address", "model": "model"}


def cloud_state(settings: MCCom, set_up: CloudSetUp, *, why_not: str, found: Sequence[FoundServer]) -> dict[str, Any]:
    """As `tests/wire/cloud_*.json` show it; no key is in it. Reads a file.

    `why_not`: why the configuration lets no person set up a cloud; empty when it does.
    """
    refused = why_not or ("" if set_up.clouds.writable else set_up.clouds.trouble)
    return {
        "cloud": _administrators(settings) if why_not else _persons(set_up),
        "local": None if why_not or not set_up.names_local else _named_only(set_up.clouds.local),
        "may_set_up": not refused,
        "why_not": refused,
        "fixed": {"url": "", "model": ""} if refused else asdict(set_up.fixed),
        "trouble": "" if why_not else set_up.trouble,
        "providers": _providers(set_up),
        "found": [] if refused or set_up.fixed.url else [_json_of(server) for server in found],
        "consent": sent(settings.cloud_prompt_tokens, kernel=settings.use_kernel and settings.kernel_to_cloud),
    }


def cloud_state_lines(state: Mapping[str, Any]) -> list[str]:
    """The same in lines for a person."""
    cloud = state["cloud"]
    by = " (set by the server's configuration)" if cloud and cloud["by"] == "administrator" else ""
    lines = [f"in use: {named(cloud)}; key: {_PLACES[cloud['key_place']]}{by}" if cloud else "no cloud is in use"]
    lines += [f"local model: {named(state['local'])}"] if state["local"] else []
    lines += [f"found here: {one['name']} at {one['url']}: {', '.join(one['models'])}" for one in state["found"]]
    fixed = [f"{_FIXED[name]} {value}" for name, value in state["fixed"].items() if value]
    lines += [f"set by the server's configuration: {', '.join(fixed)}"] if fixed and not by else []
    return [*lines, *(line for line in (state["why_not"], state["trouble"]) if line)]


def added_lines(state: Mapping[str, Any], *, local: bool) -> list[str]:
    """What is then in use, and what leaves the machine. `local`: a server was made the local model."""
    return [f"local model: {named(state['local'])}"] if local else [cloud_state_lines(state)[0], state["consent"]]


def named(cloud: Mapping[str, Any]) -> str:
    """A cloud in the words of a person."""
    return f"{cloud['name']} ({cloud['provider']}), model {cloud['model']}, at {cloud['url']}"


def trial_line(trial: Mapping[str, Any]) -> str:
    """What came of a test call."""
    drafts = "; it checks the local text as a draft" if trial["checks_drafts"] else ""
    note = f"; {trial['note']}" if trial["note"] else ""
    return f"{trial['model']} answered {trial['text']!r} in {trial['seconds']:.2f} s{drafts}{note}"


def _persons(set_up: CloudSetUp) -> dict[str, Any] | None:
    held = set_up.held
    if held is None:
        return None
    place = set_up.place_of(held.cloud)
    return {**(_named_only(held.cloud) or {}), "has_key": place != "none", "key_place": place, "by": "person"}


def _named_only(one: ChosenCloud | None) -> dict[str, Any] | None:
    """Provider, name, address and model; None where there is none."""
    return (
        {"provider": one.provider, "name": cloud_name(one.provider), "url": one.url, "model": one.model}
        if one
        else None
    )


def _administrators(settings: MCCom) -> dict[str, Any] | None:
    """The cloud that the configuration names; None where it names none."""
    if not settings.cloud_dialect:
        return None
    place = "environment" if settings.cloud_key_env else "file" if settings.cloud_key_file else "none"
    return {
        "provider": settings.cloud_dialect,
        "name": cloud_name(settings.cloud_dialect),
        "url": cloud_address(settings),
        "model": settings.cloud_model,
        "has_key": place != "none",
        "key_place": place,
        "by": "administrator",
    }


def _providers(set_up: CloudSetUp) -> list[dict[str, Any]]:
    return [
        {
            "id": provider.id,
            "name": provider.name,
            "url": provider.url,
            "needs_url": not provider.url,
            "needs_key": provider.needs_key,
            "lists_models": bool(provider.models_path),
            "example_model": provider.example_model,
            "draft": provider.draft,
        }
        for provider in set_up.providers
    ]


def _json_of(server: FoundServer) -> dict[str, Any]:
    return {"provider": server.provider, "name": server.name, "url": server.url, "models": list(server.models)}
