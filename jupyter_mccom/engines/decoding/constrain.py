"""Text that an answer must begin with, as tokens: which ones may come next until it is written (token healing).

Works on bytes, since a token may end inside a character. Knows no library, no prompt and no probabilities.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from itertools import accumulate
from threading import Thread
from typing import Literal, TypeAlias

Ids: TypeAlias = "array[int]"
"""Ids of tokens, four bytes each."""
Rule: TypeAlias = Literal["own", "likeliest"]
"""Which token may end inside the forced text. `likeliest`: the likeliest one that agrees with it; `own`: only the
tokenizer's own first token of what is left, since the likeliest is short-sighted (forced `tot` wrote `to`, `to`)."""


class Vocabulary:
    """All tokens that may stand for typed text, sorted by their bytes; a look-up is a bisection.

    Their bytes stand in one string: apart, 150,000 of them took 25 MB of a process instead of 3.
    Added, control and end tokens are not among them: a typed `<` must not become a marker.
    """

    def __init__(self, pieces: Iterable[tuple[bytes, int]]) -> None:
        texts: list[bytes] = []
        ids: Ids = array("i")
        for piece, token in pieces:  # no pairs are kept: Python holds on to some of them, and so to memory around them
            texts.append(piece)
            ids.append(token)
        order = sorted(range(len(texts)), key=texts.__getitem__)
        self._ids: Ids = array("i", list(map(ids.__getitem__, order)))
        texts = list(map(texts.__getitem__, order))
        del order
        self._text = b"".join(texts)
        self._ends = array("I", list(accumulate(map(len, texts), initial=0)))
        """Where each piece begins in `_text`, and the end of the last one."""

    def beyond(self, text: bytes) -> Ids:
        """Tokens whose bytes begin with `text`, itself included."""
        return self._ids[self._at(text) : self._end(text)]

    def inside(self, text: bytes) -> list[tuple[bytes, int]]:
        """Tokens that are a beginning of `text` and shorter, the shortest first."""
        found = []
        for size in range(1, len(text)):
            at = self._at(text[:size])
            if at == len(self._ids) or not self._piece(at).startswith(text[:size]):
                break  # none begins like that, so none longer does
            while at < len(self._ids) and self._piece(at) == text[:size]:
                found.append((text[:size], int(self._ids[at])))
                at += 1
        return found

    def _piece(self, at: int) -> bytes:
        return self._text[self._ends[at] : self._ends[at + 1]]

    def _at(self, text: bytes) -> int:
        """Where the pieces begin that are `text` or stand behind it."""
        return bisect_left(range(len(self._ids)), text, key=self._piece)

    def _end(self, text: bytes) -> int:
        """Where the pieces end that begin with `text`."""
        kept = text.rstrip(b"\xff")
        if not kept:
            return len(self._ids)
        return self._at(kept[:-1] + bytes([kept[-1] + 1]))


def read_in_a_thread(pieces: Callable[[], Iterable[tuple[bytes, int]]]) -> Future[Vocabulary]:
    """Starts to read the vocabulary at once in a thread. The process does not wait for it at its end."""
    found: Future[Vocabulary] = Future()

    def read() -> None:
        try:
            found.set_result(Vocabulary(pieces()))
        except BaseException as error:  # noqa: BLE001 - whoever needs the vocabulary raises it
            found.set_exception(error)

    Thread(target=read, name="vocabulary", daemon=True).start()
    return found


class Forced:
    """What is left of a text that is forced; `encode` is the tokenizer's own."""

    def __init__(self, text: str, vocabulary: Vocabulary, encode: Callable[[str], Sequence[int]], rule: Rule) -> None:
        self._left = text.encode()
        self._vocabulary = vocabulary
        self._encode = encode
        self._rule = rule

    @property
    def left(self) -> bytes:
        """The forced text that is not written yet. Empty: decoding is free."""
        return self._left

    def allowed(self) -> Ids:
        """Tokens that agree with what is left; none where the vocabulary cannot write it."""
        beyond = self._vocabulary.beyond(self._left)
        inside = self._vocabulary.inside(self._left)
        if self._rule == "own" and inside:
            own = self._own_first()
            of_own = [pair for pair in inside if pair[1] == own]
            inside = of_own if of_own or own in beyond else inside
        return array("i", (token for _, token in inside)) + beyond

    def write(self, piece: bytes) -> bytes:
        """Takes the bytes of an allowed token; returns those behind the forced text."""
        size = min(len(piece), len(self._left))
        assert piece[:size] == self._left[:size], "the token was not among the allowed ones"
        self._left = self._left[size:]
        return piece[size:]

    def give_up(self) -> list[int]:
        """What is left as the tokenizer writes it, where no token may be forced; nothing is left then."""
        text, self._left = self._left, b""
        return list(self._encode(text.decode(errors="replace")))

    def _own_first(self) -> int | None:
        try:
            ids = self._encode(self._left.decode())
        except UnicodeDecodeError:  # the last token ended inside a character
            return None
        return ids[0] if ids else None
