"""What is proposed in an empty cell, where nobody has asked: the local text, or its first statements that are sure."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from ..types import CompletionRequest, Route
from .answer import RunningAnswer
from .route import Gates
from .text.empty_cell import beginnings
from .text.language import cell_language
from .text.noise import is_noise
from .text.parse import breaks
from .writing import LocalText


async def proposed(answer: RunningAnswer, gates: Gates, written: LocalText, route: Route) -> Route:
    """The `route` of the local text, or that of its first statements that are sure; what nobody can judge is not."""
    if route.reason == "ungated":
        return Route(to="nothing", reason="low")
    if route.to == "local":
        return route
    for text in beginnings(answer.local_text):
        found = await asyncio.to_thread(_route_of, gates, answer.request, replace(written, text=text))
        if found.to == "local":
            answer.hopeless = False
            answer.wrote(text, parses=True)
            return found
    return route


def _route_of(gates: Gates, request: CompletionRequest, written: LocalText) -> Route:
    """The route of a text that nobody has asked for; takes some milliseconds."""
    text, tokens = written.text, written.generation.tokens
    language = cell_language(request.language, request.prefix)
    return gates.route(
        tokens,
        text=text,
        parses=not breaks(language, request.prefix, text, request.suffix),
        cloud="off",
        noise=is_noise(request, text, written=written.generation.text, taken=False),
        invents=written.invents(request),
        misses=written.misses(request),
    )
