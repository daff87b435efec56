"""The routes by which a person sets up a cloud; each answers JSON, and none gives a key back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from typing import Any, TypeVar

import tornado.web

from . import wire
from .handler import MCComHandler, route

_T = TypeVar("_T")


class _CallingHandler(MCComHandler):
    """Calls a provider while the person waits."""

    _call: asyncio.Task[Any] | None = None

    def on_connection_close(self) -> None:
        """Nobody waits any more."""
        if self._call is not None:
            self._call.cancel()

    async def called(self, work: Coroutine[Any, Any, _T]) -> _T:
        """What `work` returns, while the connection stands."""
        self._call = call = self.cloud.begin(work)
        await asyncio.wait({call})
        if call.cancelled():
            raise tornado.web.Finish
        return call.result()


class CloudHandler(MCComHandler):
    """`GET /mccom/cloud` → what is set up, what may be, and what is found here; `PUT` sets one up, and answers so."""

    @route
    async def get(self) -> None:
        self.finish(json.dumps(await self.cloud.state()))

    @route
    async def put(self) -> None:
        await self.cloud.put(wire.cloud_request_from(self.body(), names_model=True))
        self.finish(json.dumps(await self.cloud.state()))


class CloudModelsHandler(_CallingHandler):
    """`POST /mccom/cloud/models`; closing the connection ends the question."""

    @route
    async def post(self) -> None:
        request = wire.cloud_request_from(self.body(), names_model=False)
        models = await self.called(self.cloud.models(request))
        self.finish(json.dumps({"models": models}))


class CloudTestHandler(_CallingHandler):
    """`POST /mccom/cloud/test`: one real completion; an empty body tests the cloud in use."""

    @route
    async def post(self) -> None:
        trial = await self.called(self.cloud.try_out(wire.trial_request_from(self.body())))
        self.finish(json.dumps(wire.json_from_trial(trial)))


class CloudProviderHandler(MCComHandler):
    """`DELETE /mccom/cloud/{provider}` deletes its cloud and keys; answers as `GET /mccom/cloud`."""

    @route
    async def delete(self, provider: str) -> None:
        await self.cloud.remove(provider)
        self.finish(json.dumps(await self.cloud.state()))


CLOUD_HANDLERS = [
    (r"/mccom/cloud", CloudHandler),
    (r"/mccom/cloud/models", CloudModelsHandler),
    (r"/mccom/cloud/test", CloudTestHandler),
    (r"/mccom/cloud/([a-z-]+)", CloudProviderHandler),
]
