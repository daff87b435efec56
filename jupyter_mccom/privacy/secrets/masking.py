"""Secrets in text become placeholders before it leaves the machine, and come back where an answer echoes them.

A placeholder is a word that ends by itself, so that code stays code. Knows nothing of prompts or engines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise

from ..fragments import Fragments
from .document_spans import spans
from .span import Span, merged

PLACEHOLDER = "MCCOM_SECRET_"
_ECHO = re.compile(rf"{PLACEHOLDER}[0-9]+_")
_LEAST_ELSEWHERE = 6


class Masking:
    """The placeholders of one request: the same secret has the same placeholder in all its texts."""

    def __init__(self) -> None:
        self._placeholders: dict[str, str] = {}
        self._secrets: dict[str, str] = {}
        self._known: set[str] = set()
        """Whole secrets; the others are parts of them."""
        self._fragments: Fragments | None = None

    @property
    def secrets(self) -> int:
        """Number of different secrets that are known."""
        return len(self._secrets)

    def learn(self, *parts: str) -> None:
        """Notes the secrets of a text, given as the parts that it is cut into, so that `mask` finds them anywhere."""
        for part, found in _by_part(parts):
            for start, end in found:
                self.add(part[start:end])

    def add(self, secret: str) -> None:
        """Notes a secret, so that `mask` finds it, and parts of it, anywhere."""
        if secret not in self._known:
            self._known.add(secret)
            self._fragments = None
            self._placeholder(secret)

    def where(self, text: str) -> list[Span]:
        """Where secrets of a whole text stand in it, and their other occurrences there, also in part."""
        self.learn(text)
        return merged([*spans(text), *self._elsewhere(text), *self._parts_of_known().spans(text)])

    def mask(self, text: str, hidden: Iterable[Span] = ()) -> str:
        """`text` with a placeholder for each secret. Every line stays, but for those of a private key.

        `hidden` is where it holds secrets of the document that it was cut from.
        """
        return self._masked([text], hidden)[0]

    def mask_parts(self, *parts: str) -> list[str]:
        """Masks a text that is cut at a cursor. A secret is found even if the cut goes through it."""
        return self._masked(parts, ())

    def mask_found(self, parts: Sequence[str], found: Iterable[Span]) -> list[str]:
        """Masks a text whose secrets were looked for already: `found` is where they stand in the whole."""
        return self._masked(parts, found, look=False)

    def _masked(self, parts: Sequence[str], hidden: Iterable[Span], *, look: bool = True) -> list[str]:
        if look:
            self.learn(*parts)
        whole = "".join(parts)
        parts_of_known = self._parts_of_known()
        elsewhere = [*self._elsewhere(whole), *parts_of_known.spans(whole), *parts_of_known.edges(whole), *hidden]
        by_part = _by_part(parts, elsewhere, look=look)
        return [self._replaced(part, [*found, *self._elsewhere(part)]) for part, found in by_part]

    def restore(self, text: str) -> str:
        """`text` with the secrets back in the place of their placeholders."""
        return _ECHO.sub(lambda found: self._secrets.get(found[0], found[0]), text)

    def ends_masked(self, text: str) -> bool:
        """A placeholder stands at the end of `text`."""
        return any(text.endswith(placeholder) for placeholder in self._secrets)

    def unfinished(self, text: str) -> int:
        """Characters at the end of `text` that may be the beginning of a placeholder."""
        longest = max(map(len, self._secrets), default=1)
        sizes = range(min(len(text), longest - 1), 0, -1)
        return next((n for n in sizes if any(known.startswith(text[-n:]) for known in self._secrets)), 0)

    def _parts_of_known(self) -> Fragments:
        if self._fragments is None:
            self._fragments = Fragments(self._known)
        return self._fragments

    def _placeholder(self, secret: str) -> str:
        if secret not in self._placeholders:
            placeholder = f"{PLACEHOLDER}{len(self._placeholders) + 1}_"
            self._placeholders[secret], self._secrets[placeholder] = placeholder, secret
        return self._placeholders[secret]

    def _elsewhere(self, text: str) -> Iterator[Span]:
        """Known secrets without the name or the quotes that gave them away; a mere word counts only in quotes."""
        for secret in self._placeholders:
            if len(secret) < _LEAST_ELSEWHERE or secret not in text:
                continue
            before, after = (r"(?<=[\"'`])", r"(?=[\"'`])") if secret.isalpha() else (r"(?<!\w)", r"(?!\w)")
            bare = re.escape(secret)
            pattern = (before if secret[0].isalnum() else "") + bare + (after if secret[-1].isalnum() else "")
            yield from (found.span() for found in re.finditer(pattern, text))

    def _replaced(self, text: str, found: list[Span]) -> str:
        pieces, at = [], 0
        for start, end in merged(found):
            pieces += [text[at:start], self._placeholder(text[start:end])]
            at = end
        return "".join([*pieces, text[at:]])


def _by_part(parts: Sequence[str], more: Iterable[Span] = (), *, look: bool = True) -> Iterator[tuple[str, list[Span]]]:
    """The parts, each with the spans in it and those of `more`, counted from its own start."""
    whole = "".join(parts)
    echoes = (echo.span() for echo in _ECHO.finditer(whole)) if PLACEHOLDER in whole else ()
    found = merged([*(spans(whole) if look else ()), *echoes, *more])
    for part, (first, last) in zip(parts, pairwise(accumulate(map(len, parts), initial=0)), strict=True):
        cut = ((max(start, first) - first, min(end, last) - first) for start, end in found)
        yield part, [(start, end) for start, end in cut if start < end]
