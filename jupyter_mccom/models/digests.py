"""Digests of files, read in pieces. Knows nothing of models."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from ..regular_file import open_regular
from .transfer import PIECE_BYTES


def sha256_of(path: Path, check: Callable[[], None] = lambda: None) -> str:
    """`check` is called between pieces and may raise."""
    return _digest_of(path, hashlib.sha256(), check)


def git_blob_of(path: Path, check: Callable[[], None] = lambda: None) -> str:
    """The name that git and the hub give a small file's content: SHA-1 over its size and bytes. `check` as above."""
    head = f"blob {path.stat().st_size}\0".encode()
    return _digest_of(path, hashlib.sha1(head, usedforsecurity=False), check)


def _digest_of(path: Path, digest: hashlib._Hash, check: Callable[[], None]) -> str:
    with open_regular(path) as file:
        while piece := file.read(PIECE_BYTES):
            check()
            digest.update(piece)
    return digest.hexdigest()
