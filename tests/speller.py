"""A model whose tokens and answer are known, for tests of the decoding loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from jupyter_mccom.engines.decoding.constrain import Ids
from jupyter_mccom.engines.decoding.decoding import Allowed, NextToken

PIECES = [b"<end>", b"def", b"de", b"f", b" ", b"x", b"y", "😀".encode()[:2], "😀".encode()[2:], b"p", b"\n"]
ANSWER = "def x😀 x".encode()


class Speller:
    """A Decoder that writes ANSWER behind any prompt, longest pieces first, and notes what it evaluates."""

    n_batch = 4
    max_outputs = 4
    n_context = 64

    def __init__(self) -> None:
        self.evaluated: list[list[int]] = []
        self.held: list[int] = []
        self.n_prompt = 0

    def encode(self, text: str, *, special: bool) -> list[int]:
        """Longest piece first; what no piece has is left out."""
        data, ids = text.encode(), list[int]()
        while data:
            token = next((i for i, piece in enumerate(PIECES) if i and data.startswith(piece)), 0)
            if token:
                ids.append(token)
            data = data[len(PIECES[token]) if token else 1 :]
        return ids

    def piece(self, token: int) -> bytes:
        """The bytes of a token."""
        return PIECES[token]

    def ends(self, token: int) -> bool:
        """Only the first one does."""
        return token == 0

    def pieces(self) -> Iterable[tuple[bytes, int]]:
        """All but the end."""
        return [(piece, token) for token, piece in enumerate(PIECES) if token]

    def among(self, ids: Ids) -> Allowed:
        """The one that ANSWER goes on with, else the longest."""
        wanted = self._choice(len(self.held)).token
        found = wanted if wanted in ids else max(ids, key=lambda token: len(PIECES[token]))
        return Allowed(token=found, prob=0.5 if found == wanted else 0.1, share=0.9)

    def keep(self, n_tokens: int) -> int:
        """Cuts the cache, which always works here."""
        assert n_tokens <= len(self.held)
        del self.held[n_tokens:]
        return n_tokens

    def decode(self, tokens: Sequence[int], at: int, n_last: int, gone: Callable[[], bool]) -> list[NextToken]:
        """What ANSWER has behind the prompt and each of the tokens."""
        assert at == len(self.held)
        assert 0 < len(tokens) <= self.n_batch
        assert n_last <= self.max_outputs
        self.evaluated.append(list(tokens))
        self.held += tokens
        return [self._choice(len(self.held) - back) for back in range(n_last - 1, -1, -1)]

    def _choice(self, n_held: int) -> NextToken:
        written = b"".join(PIECES[token] for token in self.held[self.n_prompt : n_held])
        rest = ANSWER[len(written) :] if ANSWER.startswith(written) else b""
        token = next((i for i, piece in enumerate(PIECES) if rest and rest.startswith(piece)), 0)
        return NextToken(token=token, prob=0.5)
