"""Text that was typed up to the cursor, forced on a server that masks by a grammar; and what is done where none can be.

A server that was told to begin with the forced text writes it again: `Behind` takes it off the answer. One that ignores
or refuses that is asked anew without (`Healing`), so that nothing is shown that does not continue what was typed.
Knows no server.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, TypeAlias

from ..errors import EngineError
from ..types import Prompt, Token
from .fim import left_blanks, unforced

Write: TypeAlias = Callable[[Prompt, str, bool], AsyncGenerator[Token, None]]
"""Writes an answer: of a prompt, with a draft that begins where the model does, and whether the prompt is healed.
A prompt that is not healed stands in the standard order, which training did cut inside words."""
_REFUSALS = (400, 422)
"""HTTP statuses of a server that does not take the grammar."""
_MOST_IGNORED = 3
_UNFORCEABLE = ("Cc", "Cs", "Zl", "Zp")
"""Control characters end some grammars, and line separators end some servers' events."""
_META = frozenset("^$.*+?\\()[]{}|")


class NotForced(Exception):
    """An answer does not begin with the forced text. `ignored`: the server did not heed it."""

    def __init__(self, *, ignored: bool) -> None:
        super().__init__("the answer does not begin with what was typed")
        self.ignored = ignored


def forceable(text: str) -> bool:
    """A server's grammar can hold it."""
    return bool(text) and all(char == "\t" or unicodedata.category(char) not in _UNFORCEABLE for char in text)


def grammar(text: str) -> str:
    """llama.cpp's grammar (GBNF) of `text` and anything behind it. All but letters and digits is escaped."""
    escaped = "".join(char if char.isascii() and char.isalnum() else f"\\U{ord(char):08X}" for char in text)
    return f'root ::= "{escaped}" [^\\x00]*'


def regex(text: str) -> str:
    """`text` and anything behind it, in what xgrammar, llguidance and outlines have in common.

    They know neither `\\Z` nor the escapes that `re.escape` writes for a blank or a sign without a meaning.
    """
    return "".join(f"\\{char}" if char in _META else char for char in text) + "[\\s\\S]*"


def most_tokens(text: str) -> int:
    """Tokens that a text has at most: one a byte."""
    return len(text.encode())


class Behind:
    """Takes an answer's tokens from the forced text on; gives what each adds behind the cursor."""

    def __init__(self, forced: str, max_tokens: int) -> None:
        self.left = forced
        """Forced text that was not written yet."""
        self._begun = False
        self.n_left = max_tokens
        """Tokens that may still come, beside those that end inside the forced text."""

    def put(self, token: Token, told: Mapping[str, Any] | None = None) -> Token:
        """The token less the forced text. `told`: llama.cpp's word on its probabilities. Raises NotForced."""
        self._begun = True
        if not self.left:
            self.n_left -= 1
            return token
        left, text = self.left, token.text
        if not left.startswith(text) and not text.startswith(left):
            raise NotForced(ignored=True)
        self.left = left[len(text) :]
        self.n_left -= len(text) > len(left)
        allowed = allowed_prob(left.encode(), told) if told else None
        return replace(token, text=text[len(left) :], forced=True, allowed_prob=allowed)

    def end(self) -> None:
        """The answer is over. Raises NotForced: a server that was told so does not end inside the forced text.

        One that wrote nothing at all, as behind an empty prompt, has ignored nothing.
        """
        if self.left:
            raise NotForced(ignored=self._begun)


def allowed_prob(left: bytes, told: Mapping[str, Any]) -> float | None:
    """A token's share of the probability of those of `top_logprobs` that agree with `left`; None if it is not there.

    The bytes told of a token that ends a character are the character's; its own are those of the same id.
    """
    tops: Sequence[Mapping[str, Any]] = told.get("top_logprobs") or ()
    own = next((_bytes_of(top) for top in tops if top.get("id") == told.get("id")), b"")
    rest = left[len(_bytes_of(told) or own) - len(own) :] if own else b""
    if not rest:
        return None
    agreeing = [top for top in tops if (piece := _bytes_of(top)) and _agree(piece, rest)]
    if not agreeing:  # inside a character of three tokens or more, the server tells no bytes
        return None
    return min(1.0, math.exp(told["logprob"]) / sum(math.exp(top["logprob"]) for top in agreeing))


def _bytes_of(told: Mapping[str, Any]) -> bytes:
    """The bytes that are told of a token. Raises TypeError where they are no list."""
    found = told.get("bytes") or []
    if not isinstance(found, list):
        raise TypeError("the bytes of a token are no list")
    return bytes(found)


def _agree(piece: bytes, rest: bytes) -> bool:
    return piece.startswith(rest) or rest.startswith(piece)


class Healing:
    """Decides if text is forced on one server: until the server has ignored it."""

    def __init__(self) -> None:
        self._n_ignored = 0

    @property
    def works(self) -> bool:
        """True while the server is not known to ignore forced text; the value of `Skills.heals`."""
        return self._n_ignored < _MOST_IGNORED

    async def written(self, prompt: Prompt, draft: str, write: Write) -> AsyncGenerator[Token, None]:
        """What `write` writes behind the cursor, healed if that can be had."""
        if self.works and (forceable(prompt.forced) or not (prompt.forced or left_blanks(prompt))):
            begun = False
            try:
                tokens = write(prompt, prompt.forced + draft if draft else "", True)
                async with aclosing(_together(tokens)) as together:
                    async for token in together:
                        begun = True
                        yield token
                if len(prompt.forced.strip()) > 1:  # less may come by chance
                    self._n_ignored = 0
                return
            except NotForced as error:
                self._n_ignored += error.ignored
            except EngineError as error:
                if begun or not prompt.forced or getattr(error, "status", None) not in _REFUSALS:
                    raise
                self._n_ignored += 1
        async with aclosing(plainly(prompt, draft, write)) as tokens:
            async for token in tokens:
                yield token


async def plainly(prompt: Prompt, draft: str, write: Write) -> AsyncGenerator[Token, None]:
    """What `write` writes behind the cursor when nothing is forced.

    The blanks before the cursor are left to the model, and taken off what it writes.
    """
    blanks = left_blanks(prompt)
    async with aclosing(write(unforced(prompt), blanks + draft if draft else "", False)) as tokens:
        async for token in tokens:
            n_same = next((n for n in range(len(blanks), 0, -1) if token.text.startswith(blanks[:n])), 0)
            blanks = blanks[n_same:] if n_same == len(token.text) else ""
            yield replace(token, text=token.text[n_same:]) if n_same else token


async def _together(tokens: AsyncGenerator[Token, None]) -> AsyncGenerator[Token, None]:
    """Tokens that end inside the forced text wait for the next: until then the answer may turn out to be another."""
    held: list[Token] = []
    async with aclosing(tokens):
        async for token in tokens:
            held.append(token)
            if token.text or not token.forced:
                for one in held:
                    yield one
                held = []
    for one in held:
        yield one
