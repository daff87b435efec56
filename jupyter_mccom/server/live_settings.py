"""The settings and the cascade that hold now, and what a change does to them.

A change opens a successor, which takes over every part whose settings are the same. Requests that run keep the cascade
that they began with; what only that one used is closed after the last of them. One owner: nothing else opens or closes
a cascade of the server. Knows nothing of HTTP.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

from ..compose import OpenCascade
from ..errors import SettingsLocked
from ..settings import MCCom, changed, personal

Open: TypeAlias = Callable[[MCCom, OpenCascade | None], OpenCascade]
"""Opens a cascade by its settings and the former one; may block. Raises SettingsError or ModelError."""


@dataclass(slots=True)
class _Generation:
    opened: OpenCascade
    n_users: int = 0
    unused: asyncio.Event = field(default_factory=asyncio.Event)


class LiveSettings:
    """Settings that `settings.given` names are the administrator's: nobody changes them here."""

    def __init__(self, settings: MCCom, open_: Open) -> None:
        self._open = open_
        self.locked = settings.given
        """Names that the server's configuration has fixed."""
        self._generation = _Generation(open_(settings, None))
        self._changing = asyncio.Lock()
        self._leaving = asyncio.Lock()
        self._model_leaves: asyncio.Task[None] | None = None
        self._retiring: set[asyncio.Task[None]] = set()

    @property
    def opened(self) -> OpenCascade:
        """The cascade in force, to look at; `use` gives the one to ask."""
        return self._generation.opened

    @property
    def settings(self) -> MCCom:
        """The settings in force."""
        return self.opened.settings

    @asynccontextmanager
    async def use(self) -> AsyncGenerator[OpenCascade, None]:
        """The cascade, not closed meanwhile. First waits until a replaced model is gone: memory may hold one only."""
        while self._model_leaves is not None and not self._model_leaves.done():
            await asyncio.wait({self._model_leaves})
        generation = self._generation
        generation.n_users += 1
        generation.unused.clear()
        try:
            yield generation.opened
        finally:
            generation.n_users -= 1
            if not generation.n_users:
                generation.unused.set()

    async def change(self, values: Mapping[str, object]) -> None:
        """Puts these values in force, all or none.

        Raises SettingsLocked for a name that is not a person's to set, SettingsError or ModelError for a value.
        """
        for name in values:
            if name in self.locked or name not in personal():
                raise SettingsLocked(
                    f"the server's configuration fixes MCCom.{name}; ask its administrator to change it"
                )
        async with self._changing:
            former = self._generation
            opened = await asyncio.to_thread(self._successor, values)
            self._generation = _Generation(opened)
            retiring = asyncio.create_task(self._retire(former, opened), name="mccom settings")
            self._retiring.add(retiring)
            retiring.add_done_callback(self._retiring.discard)
            if opened.host is not former.opened.host:
                self._model_leaves = retiring

    async def aclose(self) -> None:
        """Ends everything; whoever uses a cascade must have let go of it."""
        async with self._changing:
            await asyncio.gather(*self._retiring)
            await self.opened.aclose()

    def _successor(self, values: Mapping[str, object]) -> OpenCascade:
        return self._open(changed(self.settings, **values), self.opened)

    async def _retire(self, former: _Generation, successor: OpenCascade) -> None:
        async with self._leaving:  # in order: a part that two of them used is closed with the later one
            if former.n_users:
                await former.unused.wait()
            await former.opened.hand_over(successor)
