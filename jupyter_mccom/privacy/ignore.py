"""`.mccomignore`: documents that never go to the cloud, in gitignore syntax. Reads files of that name and nothing else.

Every folder from the root down to the document's own may have one; its patterns count from there.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import RetrievalError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

NAME = ".mccomignore"


class Ignored:
    """The patterns below a root; a file is read again when it has changed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folders: dict[str, _Patterns] = {}

    def covers(self, document: str) -> bool:
        """Whether a document (path below the root, `/` as separator) is kept out.

        Raises RetrievalError when a file cannot be read or lies outside its folder, or a pattern is broken.
        """
        parts = [part for part in document.split("/") if part not in ("", ".")]
        if ".." in parts:
            return True
        return any(self._patterns("/".join(parts[:n])).match("/".join(parts[n:])) for n in range(len(parts)))

    def _patterns(self, folder: str) -> _Patterns:
        if folder not in self._folders:
            self._folders[folder] = _Patterns(self._root / folder)
        return self._folders[folder]


class _Patterns:
    """One folder's file."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._read: tuple[int, int] | None = None
        self._spec: GitIgnoreSpec | None = None

    def match(self, path: str) -> bool:
        """Whether a path below the folder is covered."""
        spec = self._spec_now()
        return spec is not None and spec.match_file(path)

    def _spec_now(self) -> GitIgnoreSpec | None:
        path = self._root / NAME
        try:
            path.lstat()
        except FileNotFoundError:
            self._read = self._spec = None
            return None
        except OSError as error:
            raise _unreadable(error.strerror or "unknown cause") from error
        try:
            real = path.resolve(strict=True)
            if not real.is_relative_to(self._root.resolve()):
                raise RetrievalError(f"{NAME} points outside the project; make it a file of the project")
            status = real.stat()
            if not stat.S_ISREG(status.st_mode):
                raise _unreadable("it is no ordinary file")
            if self._read != (status.st_mtime_ns, status.st_size):
                spec = _parsed(real.read_text(encoding="utf-8-sig"))
                self._spec, self._read = spec, (status.st_mtime_ns, status.st_size)
        except UnicodeDecodeError as error:
            raise _unreadable("it is not UTF-8") from error
        except (OSError, RuntimeError) as error:
            raise _unreadable(getattr(error, "strerror", None) or str(error)) from error
        return self._spec


def _unreadable(why: str) -> RetrievalError:
    return RetrievalError(f"{NAME} cannot be read ({why}); mend or delete it")


def _parsed(text: str) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(text.splitlines())
    except (ValueError, re.error) as error:
        raise RetrievalError(f"{NAME} holds a pattern that cannot be read ({error}); mend it") from error
