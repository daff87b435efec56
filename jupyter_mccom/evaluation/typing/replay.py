"""A person types a statement into a real notebook or file, and takes what is right: one replay a way of asking.

Keys, pauses and reading pass in virtual time, models work in real time (`virtual.py`); what is sent and painted follows
the front end's rules (`frontend.py`). A text is read when it is whole; keys go on until it is noticed, and stop while
it is read. Knows engines only through the way that it is given.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from .frontend import FrontEnd, Ghost
from .typist import TAKE_S, Typist, right, taken

ENTER_S = 0.3
"""Seconds from the last character to Enter. A request for the finished line may still be sent."""


@dataclass(slots=True, kw_only=True)
class TypedStatement:
    """What a person did at one statement. Seconds count from the first key."""

    keys_typed: int = 0
    keys_needed: int = 0
    took_s: float = 0.0
    """Until the statement stood there."""
    useful_s: float | None = None
    """Until the first text was whole of which something was taken; None: there was none."""
    accepted_chars: int = 0
    read: int = 0
    """Texts that were read to the end and judged."""
    shown: int = 0
    """Suggestions that were painted."""
    right: int = 0
    """Shown suggestions whose first line was all that was left to type."""
    partly: int = 0
    """Shown suggestions that were wrong, but of which a person would have taken some words."""
    right_read: int = 0
    """Suggestions that were read and right."""
    latency_s: list[float] = field(default_factory=list)
    """Seconds from the request that began a text until it was whole, where none was shown before."""
    after_rejection_s: list[float] = field(default_factory=list)
    """Seconds from a request that tells a rejection until the cloud's first text, where one came."""
    requests: int = 0
    along: int = 0
    """Requests while a text was shown that agreed with what was typed: answered from it, with no model call."""
    cancelled: int = 0
    """Requests that a newer one ended before their text was whole, or took over."""

    @property
    def wrong(self) -> int:
        """Suggestions that were painted and not right."""
        return self.shown - self.right


class Person:
    """Types `statement` through a front end."""

    def __init__(self, front: FrontEnd, typist: Typist, statement: str) -> None:
        self._front = front
        self._typist = typist
        self._statement = statement
        self._loop = asyncio.get_running_loop()
        self._seen_s: dict[str, float] = {}
        self._judged: set[tuple[str, str]] = set()
        self._first_s = 0.0
        self._written = TypedStatement(keys_needed=len(statement))

    @property
    def _left(self) -> str:
        return self._statement[len(self._front.typed) :]

    async def write(self) -> TypedStatement:
        """Returns when the statement stands there and Enter was pressed."""
        while self._left:
            await self._until_key()
            if self._left:
                self._first_s = self._first_s or self._loop.time()
                self._front.key(self._left[0])
                self._written.keys_typed += 1
        self._written.took_s = self._loop.time() - self._first_s
        await asyncio.sleep(ENTER_S)
        await self._front.leave()
        self._count()
        return self._written

    async def _until_key(self) -> None:
        """Returns when the next key is due, or nothing is left to type."""
        due_s = self._due_s()
        while self._left:
            ghost = self._unread()
            noticed_s = self._noticed_s(ghost) if ghost else due_s
            if not await self._nothing_new(until_s=min(due_s, noticed_s)):
                continue
            if ghost is None or due_s <= noticed_s:
                return
            if await self._read(ghost):
                due_s = self._due_s()
            due_s = max(due_s, self._loop.time())

    def _due_s(self) -> float:
        return self._loop.time() + self._typist.gaps_s[len(self._front.typed)] if self._left else self._loop.time()

    def _unread(self) -> Ghost | None:
        """What is shown, when it is whole and was not judged yet."""
        ghost = self._front.ghost
        if ghost is None or not ghost.final or not self._front.left:
            return None
        return None if (ghost.suggestion_id, ghost.text) in self._judged else ghost

    def _noticed_s(self, ghost: Ghost) -> float:
        if ghost.suggestion_id not in self._seen_s:
            self._seen_s[ghost.suggestion_id] = ghost.whole_s + self._typist.reaction_s()
        return self._seen_s[ghost.suggestion_id]

    async def _nothing_new(self, *, until_s: float) -> bool:
        """Waits; False at once when what is shown changes."""
        self._front.news.clear()
        timer = self._loop.call_at(until_s, self._front.news.set)
        await self._front.news.wait()
        timer.cancel()
        return self._loop.time() >= until_s

    async def _read(self, ghost: Ghost) -> bool:
        """Reads what is shown, takes what is right of it; True when something was taken."""
        text = ghost.text
        await asyncio.sleep(self._typist.reading_s(self._front.left))
        if self._front.ghost is not ghost or ghost.text != text:
            return False  # another text came meanwhile
        self._judged.add((ghost.suggestion_id, text))
        self._written.read += 1
        self._written.right_read += right(self._front.left, self._left)
        words = taken(self._front.left, self._left)
        for word in words:
            await asyncio.sleep(TAKE_S)
            if self._front.ghost is not ghost or not self._front.left.startswith(word):
                break
            self._front.take(word)
            self._written.keys_typed += 1
            self._written.accepted_chars += len(word)
            if self._written.useful_s is None:
                self._written.useful_s = ghost.whole_s - self._first_s
        return bool(words)

    def _count(self) -> None:
        """What was shown and asked. Behind the finished statement nobody knows what would be right."""
        written = self._written
        for ghost in self._front.painted.values():
            left = self._statement[ghost.n_start :]
            if not left:
                continue
            written.shown += 1
            written.right += right(ghost.text, left)
            written.partly += not right(ghost.text, left) and bool(taken(ghost.text, left))
        for asked in self._front.asked:
            written.requests += 1
            written.along += asked.along
            if asked.rejects and asked.cloud_s is not None:
                written.after_rejection_s.append(asked.cloud_s)
            written.cancelled += not asked.ended
            if asked.text_s is not None and not asked.along and asked.n_typed < len(self._statement):
                written.latency_s.append(asked.text_s)
