"""What may follow a prompt, as tokens that the model has yet to agree with: a given text, else what was read before.

A text is encoded behind the prompt; where only the tokens differ and not the text, the rest is encoded anew. Without
one, or behind it, what followed the same tokens before is a draft (`prompt_lookup.py`). Knows no model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, TypeAlias

from ...types import DraftCheck
from .prompt_lookup import Lookup

Part: TypeAlias = Literal["start", "rest", "read"]
"""Part of a draft: where a given text begins, behind what came true of it, and what followed the same tokens before."""


class Encoder(Protocol):
    """The part of a decoding.Decoder that a draft needs: its tokenizer."""

    def encode(self, text: str, *, special: bool) -> list[int]: ...


class Draft:
    """What may follow, as tokens: what is left of a text that was given, else what followed the same tokens before."""

    def __init__(self, decoder: Encoder, text: str, *, behind: str, ids: Sequence[int]) -> None:
        self._decoder = decoder
        self._read = Lookup(ids)
        self._rest = text.encode()
        last_lines = behind[behind.rstrip("\n").rfind("\n") + 1 :]
        self._left = self._encoded(text, last_lines) if text else []
        self._given = bool(text)
        self.n_offered = self.n_passes = self._n_accepted = 0
        self._came_true = False

    @property
    def ids(self) -> list[int]:
        """The tokens of the draft that are still ahead; may be empty."""
        return self._left or self._read.following()

    @property
    def part(self) -> Part:
        """Which part of the draft `ids` comes from."""
        if not self._left:
            return "read"
        return "rest" if self._came_true else "start"

    @property
    def check(self) -> DraftCheck | None:
        """What became of it so far; None without a text where nothing was checked."""
        if not self._given and not self.n_offered:
            return None
        return DraftCheck(offered=self.n_offered, accepted=self._n_accepted, passes=self.n_passes)

    def written(self, token: int, piece: bytes, *, from_draft: bool) -> None:
        """The model wrote this token."""
        self._n_accepted += from_draft
        self._read.add(token)
        if not piece or not self._rest.startswith(piece):
            self._rest, self._left = b"", []
            return
        self._came_true = True
        self._rest = self._rest[len(piece) :]
        if self._left[:1] == [token]:
            self._left = self._left[1:]
        else:
            self._left = self._encoded_anew()

    def _encoded(self, text: str, behind: str) -> list[int]:
        """The tokens of `text` that follow those of `behind`, which may be only the last line with something on it."""
        before = self._decoder.encode(behind, special=True)
        joined = self._decoder.encode(behind + text, special=True)
        fits = joined[: len(before)] == before
        return joined[len(before) :] if fits else self._decoder.encode(text, special=False)

    def _encoded_anew(self) -> list[int]:
        try:
            return self._decoder.encode(self._rest.decode(), special=False)
        except UnicodeDecodeError:
            return []
