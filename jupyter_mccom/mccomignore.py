"""One folder's `.mccomignore`: which of its files go to no cloud and into no index, in gitignore syntax.

The one reader of files of that name. A file that cannot be read is an error, never an empty one.
"""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import RetrievalError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

NAME = ".mccomignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """What a file said when it was read."""

    stamp: tuple[int, int]
    """(mtime_ns, size) of the file then."""
    spec: GitIgnoreSpec


def patterns_in(folder: Path, known: Patterns | None = None) -> Patterns | None:
    """The patterns of a folder's file, `known` again while the file has not changed; None without a file.

    Raises RetrievalError when the file cannot be read or lies outside its folder, or a pattern is broken.
    """
    path = folder / NAME
    try:
        path.lstat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(error.strerror or "unknown cause") from error
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(folder.resolve()):
            raise RetrievalError(f"{NAME} points outside the project; make it a file of the project")
        status = real.stat()
        if not stat.S_ISREG(status.st_mode):
            raise _unreadable("it is not a regular file")
        stamp = (status.st_mtime_ns, status.st_size)
        if known is not None and known.stamp == stamp:
            return known
        return Patterns(stamp=stamp, spec=_parsed(real.read_text(encoding="utf-8-sig")))
    except UnicodeDecodeError as error:
        raise _unreadable("it is not UTF-8") from error
    except (OSError, RuntimeError) as error:
        raise _unreadable(getattr(error, "strerror", None) or str(error)) from error


def _unreadable(why: str) -> RetrievalError:
    return RetrievalError(f"{NAME} cannot be read ({why}); correct or delete it")


def _parsed(text: str) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(text.splitlines())
    except (ValueError, re.error) as error:
        raise RetrievalError(f"{NAME} has a pattern that cannot be read ({error}); correct it") from error
