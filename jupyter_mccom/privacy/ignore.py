"""Documents that never go to the cloud: those that a `.mccomignore` names.

Every folder from the root down to the document's own may have one; its patterns count from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from ..mccomignore import Patterns, patterns_in


class Ignored:
    """The patterns below a root; a file is read again when it has changed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[str, Patterns | None] = {}
        """By folder, as they were read last."""
        self._reading: dict[str, asyncio.Future[bool]] = {}
        """By document, while its files are read."""

    def covers(self, document: str) -> bool:
        """True if a document (path below the root, `/` as separator) must stay on this machine.

        Where links lead elsewhere below the root, the path there counts too. Raises RetrievalError when a file cannot
        be read or lies outside its folder, or a pattern is broken.
        """
        parts = [part for part in document.split("/") if part not in ("", ".")]
        if ".." in parts:
            return True
        paths = {tuple(parts), self._where_links_lead(parts)}
        return any(self._names("/".join(path[:n]), "/".join(path[n:])) for path in paths for n in range(len(path)))

    async def keeps(self, document: str) -> bool:
        """As `covers`; the files are read in a thread, since they may lie on a slow disk, and in one a document.

        Who no longer waits leaves the thread to the next one: keys would take all threads while a disk is away.
        """
        reading = self._reading.get(document)
        if reading is None:
            reading = asyncio.get_running_loop().run_in_executor(None, self.covers, document)
            self._reading[document] = reading
            reading.add_done_callback(lambda done: self._has_read(document, done))
        return await asyncio.shield(reading)

    def _has_read(self, document: str, reading: asyncio.Future[bool]) -> None:
        del self._reading[document]
        if not reading.cancelled():
            reading.exception()  # that of one for which nobody waits any more is not told

    def _where_links_lead(self, parts: Sequence[str]) -> tuple[str, ...]:
        """The path itself where they lead out of the root, or in a circle."""
        try:
            return self._root.joinpath(*parts).resolve().relative_to(self._root.resolve()).parts
        except (OSError, RuntimeError, ValueError):
            return tuple(parts)

    def _names(self, folder: str, path: str) -> bool:
        self._known[folder] = found = patterns_in(self._root / folder, self._known.get(folder))
        return found is not None and found.spec.match_file(path)
