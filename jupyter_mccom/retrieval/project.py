"""Which files belong to a document's project, and their text.

Code files only. `.gitignore`, `.mccomignore` and the folders that tools fill are left out; links are never followed,
so nothing outside the root is read. Knows nothing of chunks or processes.
"""

from __future__ import annotations

import os
import re
import stat
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ..errors import RetrievalError
from ..mccomignore import NAME, patterns_in

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

Stamp: TypeAlias = tuple[int, int]
"""(mtime_ns, size)."""
MAX_FILES = 20_000
"""Most files of a project, and most folders: Linux watches 8,192 to 1,048,576 for a user."""
MAX_BYTES = 1 << 20
"""Most bytes of a file: a larger one was written by a program."""
MAX_NOTEBOOK_BYTES = 8 << 20
"""Its outputs are in it."""
NOTEBOOK = ".ipynb"
LANGUAGES = {
    ".py": "python",
    ".pyi": "python",
    ".pyx": "cython",
    NOTEBOOK: "",
    ".r": "r",
    ".jl": "julia",
    ".sql": "sql",
    ".sh": "bash",
    ".js": "javascript",
    ".mjs": "javascript",
    ".jsx": "javascript",
    ".ts": "typescript",
    ".tsx": "typescript",
    ".c": "c",
    ".h": "c",
    ".cpp": "c++",
    ".cc": "c++",
    ".hpp": "c++",
    ".cu": "cuda",
    ".java": "java",
    ".scala": "scala",
    ".cs": "c#",
    ".go": "go",
    ".rs": "rust",
    ".m": "matlab",
}
"""By lower-case suffix; a notebook names its own. Text for people is left out."""
_RULES = ".gitignore"
_TOOLS_FOLDERS = frozenset(
    {"__pycache__", "__pypackages__", "node_modules", "bower_components", "site-packages", "dist-packages"}
    | {"build", "dist", "venv"}
)
_ENVIRONMENT = ("pyvenv.cfg", "conda-meta")
"""A folder that holds one of these is an environment, whatever its name."""


def root_of(jupyter_root: Path, document: str, project_root: str) -> Path:
    """The folder to index for a document (path below the Jupyter root): `project_root` when the document lies in it,
    else the nearest one above the document with a `.git`, else its own. None above the Jupyter root is considered.

    Raises RetrievalError when the document lies outside both, or `project_root` is no folder.
    """
    try:
        top = jupyter_root.expanduser().resolve()
        folder = (top / document).parent.resolve()
        chosen = (top / Path(project_root).expanduser()).resolve() if project_root else None
    except (OSError, ValueError, RuntimeError) as error:
        raise RetrievalError(f"{document!r} has no folder ({error}); save it in one") from error
    if chosen is not None:
        if not os.path.isdir(chosen):
            raise RetrievalError(f"project_root {project_root!r} is not a folder; name a folder or leave it empty")
        if folder.is_relative_to(chosen):
            return chosen
    if not folder.is_relative_to(top):
        raise RetrievalError(f"{document!r} lies outside {top}; set project_root to the folder that holds it")
    within = [above for above in (folder, *folder.parents) if above.is_relative_to(top)]
    return next((above for above in within if os.path.lexists(above / ".git")), folder)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the ignore files of a folder and of those above it leave out."""

    prefix: str = ""
    """From the topmost folder that has rules to the root."""
    closed: bool = False
    """Nothing here is to be indexed."""
    git: tuple[tuple[int, GitIgnoreSpec], ...] = ()
    """Deepest first, each with the characters of its folder's path: the first that has a say decides."""
    private: tuple[tuple[int, GitIgnoreSpec], ...] = ()
    """Each of these alone can leave a file out, as in privacy."""

    def leave_out(self, path: str) -> bool:
        """True if a path below the root is left out; a folder's path ends with `/`."""
        path = self.prefix + path
        if self.closed or any(spec.match_file(path[skip:]) for skip, spec in self.private):
            return True
        said = (spec.check_file(path[skip:]).include for skip, spec in self.git)
        return bool(next((include for include in said if include is not None), False))

    def within(self, top: Path, folder: str, *, git: bool = True) -> Rules:
        """These and those of a folder below `top`. Raises RetrievalError when its `.mccomignore` is broken."""
        own = _git_rules(top / folder) if git else None
        private = _private_rules(top / folder)
        return replace(
            self,
            git=((len(folder), own), *self.git) if own else self.git,
            private=((len(folder), private), *self.private) if private else self.private,
        )


@dataclass(slots=True, kw_only=True)
class Listing:
    """What a walk found. Paths are below the root, `/` as separator; a folder's ends with one, the root's is empty."""

    root: Path
    top: Path
    documents: dict[str, Stamp] = field(default_factory=dict)
    folders: dict[str, Rules] = field(default_factory=dict)
    """Those that were read, and what is left out in them."""
    trouble: str = ""
    """What is missing and why, for people; empty when nothing is."""

    def full(self, limit: int) -> bool:
        """True once the limit of documents or folders is reached."""
        return max(len(self.documents), len(self.folders)) >= limit

    def stamp(self, path: str) -> Stamp | None:
        """Stamp of one file now; None when it is gone or does not belong to the project."""
        rules, name = self._around(path)
        if rules is None or not _is_code(name) or rules.leave_out(path):
            return None
        return _stamp(self.root / path)

    def stale(self, path: str) -> bool:
        """True if a change at this path asks for another walk: rules changed, or a folder came or went."""
        rules, name = self._around(path)
        if rules is None or name in (_RULES, NAME, *_ENVIRONMENT):
            return rules is not None
        known = f"{path}/" in self.folders
        there = _may_be_walked(name) and _is_folder(self.root / path)
        return known != there and (known or not rules.leave_out(f"{path}/"))

    def _around(self, path: str) -> tuple[Rules | None, str]:
        folder, slash, name = path.rpartition("/")
        return self.folders.get(folder + slash), name


def listing(root: Path, *, top: Path | None = None, max_files: int = MAX_FILES) -> Listing:
    """Walks a resolved root, near files first; what cannot be read is left out.

    The `.mccomignore` of every folder from `top` (the root or one above it) down to the root counts too.
    """
    found = Listing(root=root, top=top or root)
    try:
        queue = deque([("", _rules_above(root, found.top))])
    except RetrievalError as error:
        found.trouble = str(error)
        return found
    while queue and not found.full(max_files):
        folder, rules = queue.popleft()
        try:
            entries = _entries(root / folder)
            rules = rules.within(found.top, rules.prefix + folder)
        except OSError:
            continue
        except RetrievalError as error:
            found.trouble = str(error)
            found.folders[folder] = Rules(closed=True)
            continue
        found.folders[folder] = rules
        for entry in entries:
            path = folder + entry.name
            if entry.is_dir(follow_symlinks=False):
                if not rules.leave_out(f"{path}/") and _is_folder(root / path):
                    queue.append((f"{path}/", rules))
            elif found.full(max_files):
                break
            elif not rules.leave_out(path) and (stamp := _stamp(root / path)):
                found.documents[path] = stamp
    if found.full(max_files):
        found.trouble = f"only the first {max_files:,} files are indexed; set project_root to a smaller folder"
    return found


def read(root: Path, document: str) -> tuple[Stamp, str]:
    """A file's stamp and its text; no text when it is too large, binary or not UTF-8.

    Raises OSError when it is gone, not allowed, no ordinary file, or there is a link on the way.
    """
    with os.fdopen(_opened(root, document), "rb") as file:
        status = os.fstat(file.fileno())
        limit = _limit(document)
        data = file.read(limit + 1) if status.st_size <= limit else b"\0"
    stamp = (status.st_mtime_ns, status.st_size)
    if len(data) <= limit and b"\0" not in data:
        with suppress(UnicodeDecodeError):
            return stamp, data.decode("utf-8-sig")
    return stamp, ""


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """The code files and folders in a folder, by name; none when it is an environment."""
    if any(os.path.lexists(folder / name) for name in _ENVIRONMENT):
        return []
    with os.scandir(folder) as entries:
        kept = [e for e in entries if _is_code(e.name) or (_may_be_walked(e.name) and e.is_dir(follow_symlinks=False))]
    return sorted(kept, key=lambda entry: entry.name)


def _may_be_walked(name: str) -> bool:
    return not name.startswith(".") and name not in _TOOLS_FOLDERS and _is_text(name)


def _is_code(name: str) -> bool:
    suffix = os.path.splitext(name)[1].lower()
    return suffix in LANGUAGES and not name.startswith(".") and not name.endswith(".min.js") and _is_text(name)


def _is_text(name: str) -> bool:
    """A name of other bytes than UTF-8 could not be shown or sent."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


def _is_folder(path: Path) -> bool:
    """And no link or junction to one."""
    return os.path.isdir(path) and os.path.realpath(path) == str(path)


def _stamp(path: Path) -> Stamp | None:
    """The stamp of a file; None for one that is no ordinary file, empty or too large."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    if stat.S_ISREG(status.st_mode) and 0 < status.st_size <= _limit(path.name):
        return (status.st_mtime_ns, status.st_size)
    return None


def _limit(name: str) -> int:
    return MAX_NOTEBOOK_BYTES if name.lower().endswith(NOTEBOOK) else MAX_BYTES


def _opened(root: Path, path: str) -> int:
    """A descriptor of an ordinary file, each step from the root taken without following a link."""
    descriptor = _descriptor(root, path)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(f"{path} is not a regular file")


def _descriptor(root: Path, path: str) -> int:
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    if os.open not in os.supports_dir_fd:
        if os.path.realpath(root / path) != str(root / path):
            raise OSError(f"{path} is a link")
        return os.open(root / path, flags)
    *folders, name = path.split("/")
    at = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for folder in folders:
            below = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = below
        return os.open(name, flags, dir_fd=at)
    finally:
        os.close(at)


def _rules_above(root: Path, top: Path) -> Rules:
    parts = [f"{part}/" for part in root.relative_to(top).parts]
    rules = Rules("".join(parts))
    for depth in range(len(parts)):
        rules = rules.within(top, "".join(parts[:depth]), git=False)
    return rules


def _git_rules(folder: Path) -> GitIgnoreSpec | None:
    """The rules of a folder's `.gitignore`. As in git, a link is no rules file, and a broken line is no rule."""
    from pathspec import GitIgnoreSpec

    lines = []
    with suppress(OSError):
        for line in _rules_text(folder, _RULES).decode("utf-8-sig", "replace").splitlines():
            with suppress(ValueError, re.error):
                GitIgnoreSpec.from_lines([line])
                lines.append(line)
    return GitIgnoreSpec.from_lines(lines) if lines else None


def _private_rules(folder: Path) -> GitIgnoreSpec | None:
    try:
        found = patterns_in(folder)
    except RetrievalError as error:
        raise RetrievalError(f"nothing in {folder} is indexed: {error}") from error
    return found.spec if found else None


def _rules_text(folder: Path, name: str) -> bytes:
    with os.fdopen(_opened(folder, name), "rb") as file:
        return file.read(MAX_BYTES)
