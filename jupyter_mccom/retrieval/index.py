"""BM25 over chunks: rank-bm25 for a few, postings with the same formula for many, changed a document at a time.

Knows nothing of files but the one it is kept in. An Index belongs to one thread.
"""

from __future__ import annotations

import keyword
import re
import sys
from array import array
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from heapq import nlargest
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ..types import Chunk, Span
from .index_file import read, write

if TYPE_CHECKING:
    from numpy import floating
    from numpy.typing import NDArray

Scored: TypeAlias = tuple[Chunk, float]
"""A chunk and its BM25 score, above 0."""

_K1, _B, _EPSILON = 1.5, 0.75, 0.25
"""rank-bm25's own. A term in more than half of all chunks has `_EPSILON` times the average idf, not a negative one."""
MAX_CHUNKS = 200_000
"""Some 2.8 million lines of Python."""
FEWEST = 16
"""A smaller corpus is filled up with empty chunks: by Okapi's formula a term that is in half of them tells nothing, so
that a notebook of two cells or a project of one file would never be found."""
_VERSION = 2
"""Version of the file: another one when chunks are cut differently."""
_MAX_WORD = 64
"""A longer word is data."""
_WORD = re.compile(r"\w+")
_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]+|\d+")
_STOP = frozenset({"self", *(word.lower() for word in keyword.kwlist)})
"""In so many chunks that `_EPSILON` would lift them above words that tell more."""


def terms(text: str) -> list[str]:
    """Identifiers and numbers in order, lower-cased, each followed by its parts (camelCase, snake_case, digits).

    Left out: Python's keywords and `self`, single characters, words of over 64 characters.
    """
    found: list[str] = []
    for word in _WORD.findall(text):
        found += _terms_of(word)
    return found


@lru_cache(maxsize=1 << 16)
def _terms_of(word: str) -> tuple[str, ...]:
    if len(word) > _MAX_WORD:
        return ()
    whole = word.lower()
    parts = [] if word[0].isdigit() else [part.lower() for part in _PART.findall(word)]
    kept = [whole, *(part for part in parts if part != whole)]
    return tuple(sys.intern(term) for term in kept if len(term) > 1 and term not in _STOP)


def forget() -> None:
    """Drops the words that this process has cut into terms. Any thread may call it."""
    _terms_of.cache_clear()


def rank(chunks: Sequence[Chunk], query: str) -> list[Scored]:
    """Chunks with a score above 0, best first. Scans them all: for a notebook's cells, not for a project."""
    from rank_bm25 import BM25Okapi

    corpus = [terms(chunk.text) for chunk in chunks]
    if not any(corpus):
        return []
    corpus += [[] for _ in range(FEWEST - len(corpus))]
    scores = BM25Okapi(corpus, k1=_K1, b=_B, epsilon=_EPSILON).get_scores(terms(query))
    scored = [(chunk, float(score)) for chunk, score in zip(chunks, scores, strict=False) if score > 0]
    return sorted(scored, key=lambda one: -one[1])


Packed: TypeAlias = tuple[str, int, int, str, tuple[Span, ...]]
"""A chunk's fields, as they are kept and sent."""


def packed(chunk: Chunk) -> Packed:
    """The fields of a chunk, in the order of Packed."""
    return chunk.source, chunk.first_line, chunk.last_line, chunk.text, chunk.hidden


def unpacked(fields: Sequence[Any]) -> Chunk:
    """The chunk of these fields. Raises TypeError or ValueError for what are none."""
    source, first, last, text, hidden = fields
    spans = tuple((int(start), int(end)) for start, end in hidden)
    return Chunk(source=str(source), first_line=int(first), last_line=int(last), text=str(text), hidden=spans)


class _Document(NamedTuple):
    stamp: tuple[int, int]
    slots: array[int]
    n_left_out: int


class Index:
    """Chunks by document. Scores are those of rank-bm25's BM25Okapi over the chunks held now, at least FEWEST."""

    def __init__(self, *, max_chunks: int = MAX_CHUNKS) -> None:
        """Once `max_chunks` are held, what is put further is left out and counted."""
        self._max_chunks = max_chunks
        self._documents: dict[str, _Document] = {}
        self._chunks: list[Chunk | None] = []
        """By slot; None is free."""
        self._lengths = array("I")
        """Terms in the chunk of each slot."""
        self._free: list[int] = []
        self._postings: dict[int, dict[str, array[int]]] = {}
        """By times that a term is in a chunk, by term: its slots, ascending."""
        self._n_with: Counter[str] = Counter()
        """Chunks that hold a term."""
        self._settled = True
        """Both of these are those of the chunks held."""
        self._floor = 0.0
        """Stands for a negative idf."""
        self._norms: NDArray[floating[Any]]
        """By slot: what the term counts of its chunk are weighed against."""

    @property
    def stamps(self) -> Mapping[str, tuple[int, int]]:
        """(mtime_ns, size) of each document, as it was put."""
        return {name: document.stamp for name, document in self._documents.items()}

    @property
    def n_chunks(self) -> int:
        """The number of chunks in the index."""
        return len(self._chunks) - len(self._free)

    @property
    def n_left_out(self) -> int:
        """Chunks of the documents put for which there was no room."""
        return sum(document.n_left_out for document in self._documents.values())

    def put(self, document: str, stamp: tuple[int, int], chunks: Sequence[Chunk]) -> None:
        """Holds these chunks for the document, in place of those it had. `stamp` is (mtime_ns, size)."""
        self.drop(document)
        held = chunks[: max(0, self._max_chunks - self.n_chunks)]
        slots = array("I", [self._add(chunk) for chunk in held])
        self._documents[document] = _Document(stamp, slots, len(chunks) - len(held))

    def drop(self, document: str) -> None:
        """Forgets a document; an unknown one is none."""
        known = self._documents.pop(document, None)
        for slot in known.slots if known else ():
            self._remove(slot)

    def search(self, query: str, n: int, *, without: str = "") -> list[Scored]:
        """The best chunks, at most `n`, with a score above 0, best first; none of the document `without`."""
        import numpy as np

        self._settle()
        scores = np.zeros(len(self._chunks))
        weights = self._weights(query)
        for n_times, slots_of in self._postings.items():
            for term, weight in weights.items():
                if held := slots_of.get(term):
                    slots = np.frombuffer(held, dtype=np.uint32)
                    scores[slots] += weight * n_times * (_K1 + 1) / (n_times + self._norms[slots])
        if without in self._documents:
            scores[np.frombuffer(self._documents[without].slots, dtype=np.uint32)] = 0.0
        least = max(np.partition(scores, -n)[-n], sys.float_info.min) if n < len(scores) else sys.float_info.min
        best = nlargest(n, np.flatnonzero(scores >= least).tolist(), key=scores.__getitem__)
        return [(chunk, float(scores[slot])) for slot in best if (chunk := self._chunks[slot])]

    def save(self, path: Path) -> None:
        """Keeps it in one file, readable by its owner alone; documents with chunks left out are not kept.

        Raises RetrievalError when the file cannot be written; the one before stays.
        """
        kept = [(name, document) for name, document in self._documents.items() if not document.n_left_out]
        write(path, _VERSION, [[name, *known.stamp, self._packed(known.slots)] for name, known in kept])

    @classmethod
    def load(cls, path: Path, *, max_chunks: int = MAX_CHUNKS) -> Index | None:
        """What was saved; None when the file is not there, damaged, of another version, or open to other users."""
        index = cls(max_chunks=max_chunks)
        try:
            for name, mtime_ns, size, chunks in read(path, _VERSION):
                index.put(str(name), (int(mtime_ns), int(size)), [unpacked(fields) for fields in chunks])
        except (TypeError, ValueError, OverflowError):  # no file, or a right checksum over what is no index
            return None
        return index

    def _packed(self, slots: Sequence[int]) -> list[Packed]:
        return [packed(chunk) for slot in slots if (chunk := self._chunks[slot])]

    def _add(self, chunk: Chunk) -> int:
        if not self._free:
            self._free.append(len(self._chunks))
            self._chunks.append(None)
            self._lengths.append(0)
        slot = self._free.pop()
        found = terms(chunk.text)
        self._chunks[slot], self._lengths[slot] = chunk, len(found)
        times = Counter(found)
        for term, n_times in times.items():
            slots = self._postings.setdefault(n_times, {}).setdefault(term, array("I"))
            if slots and slots[-1] > slot:
                insort(slots, slot)
            else:
                slots.append(slot)
        self._n_with.update(times.keys())
        self._settled = False
        return slot

    def _remove(self, slot: int) -> None:
        chunk = self._chunks[slot]
        assert chunk is not None
        for term, n_times in Counter(terms(chunk.text)).items():
            slots = self._postings[n_times][term]
            del slots[bisect_left(slots, slot)]
            if not slots:
                del self._postings[n_times][term]
            self._n_with[term] -= 1
            if not self._n_with[term]:
                del self._n_with[term]
        self._chunks[slot], self._lengths[slot] = None, 0
        self._free.append(slot)
        self._settled = False

    def _settle(self) -> None:
        import numpy as np

        if self._settled or not self._n_with:
            return
        n_terms_by_n_with = Counter(self._n_with.values())
        total = sum(n_terms * self._idf(n_with) for n_with, n_terms in n_terms_by_n_with.items())
        self._floor = _EPSILON * total / len(self._n_with)
        mean = sum(self._lengths) / max(self.n_chunks, FEWEST)
        self._norms = _K1 * (1 - _B + _B * np.frombuffer(self._lengths, dtype=np.uint32) / mean)
        self._settled = True

    def _weights(self, query: str) -> dict[str, float]:
        """Times in the query × idf, by the query's terms that some chunk holds."""
        weights: dict[str, float] = {}
        for term, n_times in Counter(terms(query)).items():
            if n_with := self._n_with.get(term):
                idf = self._idf(n_with)
                weights[term] = n_times * (self._floor if idf < 0 else idf)
        return weights

    def _idf(self, n_with: int) -> float:
        return log(max(self.n_chunks, FEWEST) - n_with + 0.5) - log(n_with + 0.5)
