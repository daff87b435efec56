"""What is printed on a console or into a pipe: of any encoding, and never a reason to fail.

A console of Windows may know 256 characters (cp1252, cp437), and a pipe of a bare system only ASCII.
"""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tqdm import tqdm


def be_lenient() -> None:
    """From now on a character that an output does not know is printed as its escape, such as `\\u2192`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def progress_bar(**options: Any) -> tqdm[Any]:
    """A bar on stderr; none in a pipe. It is drawn with `#` where the console has no block characters."""
    from tqdm import tqdm

    return tqdm(disable=None, **options)


def note(message: str) -> None:
    """A line above a bar that may be there."""
    from tqdm import tqdm

    tqdm.write(message, file=sys.stderr)
