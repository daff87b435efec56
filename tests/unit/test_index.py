"""The index: scores equal rank-bm25's after any changes, and a cache file that is right or absent."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rank_bm25 import BM25Okapi

from jupyter_mccom.errors import RetrievalError
from jupyter_mccom.retrieval.index import FEWEST, Index, Scored, rank, terms
from jupyter_mccom.retrieval.index_file import read, write
from jupyter_mccom.types import Chunk

STAMP = (1, 2)
WORDS = ["load", "loadCsv", "csv_file", "df", "mean", "np", "plot", "x1y", "for", ""]


def _chunk(text: str, source: str = "a.py") -> Chunk:
    return Chunk(source=source, first_line=1, last_line=1, text=text)


def _index(**documents: Sequence[str]) -> Index:
    index = Index()
    for name, texts in documents.items():
        index.put(name, STAMP, [_chunk(text, name) for text in texts])
    return index


def _reference(chunks: Sequence[Chunk], query: str) -> list[Scored]:
    corpus = [terms(chunk.text) for chunk in chunks]
    if not any(corpus):
        return []
    filled = [*corpus, *([] for _ in range(FEWEST - len(corpus)))]
    scores = BM25Okapi(filled).get_scores(terms(query))
    scored = [(chunk, float(score)) for chunk, score in zip(chunks, scores, strict=False) if score > 0]
    return sorted(scored, key=lambda one: -one[1])


def _scores(scored: Sequence[Scored]) -> list[object]:
    """The scores in order, but for those near 0: an average idf that cancels out has any sign."""
    return [pytest.approx(score, rel=1e-9) for _, score in scored if score > 1e-9]


def _assert_same(found: Sequence[Scored], expected: Sequence[Scored]) -> None:
    """Asserts equal scores, best first, for the same chunks; chunks of equal score may be in any order."""
    assert _scores(found) == [score for _, score in expected if score > 1e-9]
    own = dict(expected)
    assert [own[chunk] for chunk, score in found if score > 1e-9] == _scores(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("loadCsvFile", ["loadcsvfile", "load", "csv", "file"]),
        ("HTTPServer2", ["httpserver2", "http", "server"]),
        ("load_csv(path)", ["load_csv", "load", "csv", "path"]),
        ("__init__", ["__init__", "init"]),
        ("resnet50 = x", ["resnet50", "resnet", "50"]),
        ("lr=0.001, n=224", ["lr", "001", "224"]),
        ("Größe_mm", ["größe_mm", "größe", "mm"]),
        ("def f(self): return None if True else is_valid", ["is_valid", "valid"]),
        ("a" * 65 + " " + "b" * 64, ["b" * 64]),
        ("df df", ["df", "df"]),
        ("", []),
        ("(+) \0 \ud800", []),
    ],
)
def test_terms_are_words_and_their_parts(text: str, expected: list[str]) -> None:
    """Terms are the words of a text and the parts of compound names."""
    assert terms(text) == expected


def test_rank_is_best_first_and_leaves_out_what_shares_nothing() -> None:
    """Ranking puts the best first, leaves out what shares no term, and scores as rank-bm25 does."""
    chunks = [_chunk(text) for text in ("plot mean", "load csv csv", "load table", "other", "thing")]
    found = rank(chunks, "load csv")
    assert [chunk.text for chunk, _ in found] == ["load csv csv", "load table"]
    _assert_same(found, _reference(chunks, "load csv"))


@pytest.mark.parametrize("texts", [[], [""], ["", "( )"]])
def test_nothing_is_found_in_nothing(texts: list[str]) -> None:
    """Nothing is found among empty texts."""
    assert rank([_chunk(text) for text in texts], "load csv") == []
    assert _index(a=texts).search("load csv", 5) == []


@pytest.mark.parametrize("texts", [["load csv"], ["load csv", "load csv"]])
def test_the_only_chunks_there_are_can_be_found(texts: list[str]) -> None:
    """A chunk is found even when all chunks hold the same words."""
    chunks = [_chunk(text) for text in texts]
    assert len(rank(chunks, "load csv")) == len(_index(a=texts).search("load csv", 5)) == len(texts)


_TEXTS = st.lists(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join), max_size=6)
_CHANGES = st.lists(st.tuples(st.sampled_from("abcde"), st.one_of(st.none(), _TEXTS)), max_size=25)


@pytest.mark.thorough
@settings(max_examples=400, deadline=None)
@given(_CHANGES, st.lists(st.sampled_from(WORDS), max_size=10).map(" ".join), st.integers(0, 40))
def test_scores_are_those_of_rank_bm25_after_any_changes(
    changes: list[tuple[str, list[str] | None]], query: str, n: int
) -> None:
    """After any changes the scores equal those of rank-bm25."""
    index = Index()
    held: dict[str, list[Chunk]] = {}
    for name, texts in changes:
        if texts is None:
            index.drop(name)
            held.pop(name, None)
        else:
            held[name] = [_chunk(text, f"{name} {i}") for i, text in enumerate(texts)]
            index.put(name, STAMP, held[name])
        index.search(query, 1)  # a search between changes leaves nothing behind
    chunks = [chunk for found in held.values() for chunk in found]
    expected = _reference(chunks, query)
    assert index.n_chunks == len(chunks)
    assert set(index.stamps) == set(held)
    _assert_same(index.search(query, len(chunks)), expected)
    best = index.search(query, n)
    assert _scores(best) == [score for _, score in expected[:n] if score > 1e-9]
    others = index.search(query, len(chunks), without="a")
    _assert_same(others, [(chunk, score) for chunk, score in expected if chunk not in held.get("a", [])])


def test_a_document_put_again_replaces_itself_and_its_stamp() -> None:
    """A document that is put again replaces its chunks and its stamp."""
    index = _index(a=["load csv", "plot"], b=["mean", "max", "min"])
    index.put("a", (3, 4), [_chunk("other words", "a")])
    assert index.search("load csv plot", 5) == []
    assert [chunk.text for chunk, _ in index.search("other", 5)] == ["other words"]
    assert index.stamps == {"a": (3, 4), "b": STAMP}
    assert index.n_chunks == 4


def test_dropping_an_unknown_document_changes_nothing() -> None:
    """Dropping an unknown document changes nothing."""
    index = _index(a=["load csv"])
    index.drop("b")
    assert index.stamps == {"a": STAMP}
    assert index.n_chunks == 1


def test_a_document_without_chunks_is_known() -> None:
    """A document without chunks keeps its stamp."""
    index = _index(a=[], b=["load"])
    assert index.stamps == {"a": STAMP, "b": STAMP}
    assert [chunk.text for chunk, _ in index.search("load", 5, without="a")] == ["load"]


def test_what_finds_no_room_is_left_out_and_counted() -> None:
    """Chunks beyond the bound are left out and counted until there is room."""
    index = Index(max_chunks=3)
    index.put("a", STAMP, [_chunk("load", "a"), _chunk("plot", "a")])
    index.put("b", STAMP, [_chunk("mean", "b"), _chunk("csv", "b")])
    index.put("c", STAMP, [_chunk("max", "c")])
    assert (index.n_chunks, index.n_left_out) == (3, 2)
    assert list(index.stamps) == ["a", "b", "c"]
    assert index.search("csv max", 5) == []
    index.drop("a")
    index.put("b", STAMP, [_chunk("mean", "b"), _chunk("csv", "b")])
    assert (index.n_chunks, index.n_left_out) == (2, 1)


def test_room_is_used_again() -> None:
    """Putting one document many times does not grow the index."""
    index = _index(a=["load csv", "plot"], b=["mean"])
    for i in range(100):
        index.put("a", (i, 0), [_chunk(f"w{i}"), _chunk("plot")])
    assert index.n_chunks == 3
    assert index.search("w42", 5) == []
    assert len(index.search("w99", 5)) == 1


def test_a_saved_index_is_the_same_when_loaded(tmp_path: Path) -> None:
    """A loaded index finds what the saved one found."""
    index = _index(**{"a.py": ["load csv", "plot \ud800 é"], "b.py": ["mean csv", "max", "min"], "c.py": []})
    path = tmp_path / "deep" / "index"
    index.save(path)
    loaded = Index.load(path)
    assert loaded is not None
    assert loaded.stamps == index.stamps
    assert loaded.search("load csv", 5) == index.search("load csv", 5)
    assert loaded.search("plot", 5) == index.search("plot", 5) != []


def test_a_document_with_chunks_left_out_is_not_kept(tmp_path: Path) -> None:
    """A document with chunks left out is not saved."""
    index = Index(max_chunks=1)
    index.put("a", STAMP, [_chunk("load")])
    index.put("b", STAMP, [_chunk("csv")])
    index.save(tmp_path / "index")
    loaded = Index.load(tmp_path / "index")
    assert loaded is not None
    assert list(loaded.stamps) == ["a"]


def test_loading_keeps_to_the_bound(tmp_path: Path) -> None:
    """Loading keeps to the bound of chunks."""
    _index(a=["load", "csv", "plot"]).save(tmp_path / "index")
    loaded = Index.load(tmp_path / "index", max_chunks=2)
    assert loaded is not None
    assert (loaded.n_chunks, loaded.n_left_out) == (2, 1)


@pytest.mark.skipif(os.name != "posix", reason="file modes")
def test_the_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    """The cache file is its owner's alone, and a file that others can open is not read."""
    path = tmp_path / "index"
    _index(a=["load"]).save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for mode in (0o640, 0o602):
        path.chmod(mode)
        assert Index.load(path) is None
    path.chmod(0o600)
    assert Index.load(path) is not None


def test_a_file_that_is_absent_or_a_folder_is_none(tmp_path: Path) -> None:
    """An absent file or a folder loads as no index."""
    assert Index.load(tmp_path / "index") is None
    assert Index.load(tmp_path) is None


def test_a_damaged_file_is_none(tmp_path: Path) -> None:
    """A file with any byte changed or cut off loads as no index."""
    path = tmp_path / "index"
    _index(a=["load csv"]).save(path)
    whole = path.read_bytes()
    for damaged in (
        b"",
        b"\n",
        *(whole[:n] for n in range(len(whole))),
        *(whole[:i] + bytes([whole[i] ^ 1 << i % 8]) + whole[i + 1 :] for i in range(len(whole))),
        whole + b" ",
        whole.replace(b" 2 ", b" 1 ", 1),
    ):
        path.write_bytes(damaged)
        assert Index.load(path) is None
    path.write_bytes(whole)
    assert Index.load(path) is not None


@pytest.mark.parametrize(
    "value",
    [
        None,
        3,
        "text",
        {"a": 1},
        [3],
        [["a", 1]],
        [["a", 1, 2, 3]],
        [["a", 1, 2, [["a", 1, 2]]]],
        [["a", "x", 2, []]],
        [["a", float("inf"), 2, []]],
    ],
)
def test_a_right_checksum_over_something_else_is_none(tmp_path: Path, value: object) -> None:
    """A right checksum over other values loads as no index."""
    path = tmp_path / "index"
    write(path, 1, value)
    assert read(path, 1) == value
    assert Index.load(path) is None


@pytest.mark.parametrize("payload", [b"no zlib", zlib.compress(b"no json"), zlib.compress(b"[" * 100_000)])
def test_a_right_checksum_over_no_value_is_none(tmp_path: Path, payload: bytes) -> None:
    """A right checksum over bytes that are no JSON loads as no index."""
    path = tmp_path / "index"
    write(path, 1, [])
    path.write_bytes(b"mccom-index 1 %s\n%s" % (hashlib.sha256(payload).hexdigest().encode(), payload))
    assert read(path, 1) is None


def test_a_file_of_another_version_is_none(tmp_path: Path) -> None:
    """A file of another version loads as no index."""
    path = tmp_path / "index"
    write(path, 1, json.loads("[]"))
    assert Index.load(path) is None
    write(path, 2, [])
    assert Index.load(path) is not None


def test_a_failed_save_leaves_nothing_behind(tmp_path: Path) -> None:
    """A failed save is an error with the next step and leaves no file behind."""
    target = tmp_path / "index"
    target.mkdir()
    with pytest.raises(RetrievalError, match="empty"):
        _index(a=["load"]).save(target)
    assert list(tmp_path.iterdir()) == [target]
    (tmp_path / "file").touch()
    with pytest.raises(RetrievalError):
        _index(a=["load"]).save(tmp_path / "file" / "index")


def test_saving_again_replaces_the_file(tmp_path: Path) -> None:
    """Saving again replaces the file."""
    path = tmp_path / "index"
    for words in (["load"], ["csv", "plot"]):
        _index(a=words).save(path)
        loaded = Index.load(path)
        assert loaded is not None
        assert loaded.n_chunks == len(words)
    assert list(tmp_path.iterdir()) == [path]
