"""Private keys as files hold them: real heads and sizes, random bodies. No key of them opens anything."""

from __future__ import annotations

import base64
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Layout: TypeAlias = str
"""`lines`: as in a file; `escaped`: on one line with `\\n`; `list` and `plus`: a string of code a line; `indent`: four
blanks before each line; `body`: without its first and last line."""
_BYTES: Mapping[tuple[str, int], int] = {
    ("rsa", 2048): 1192,
    ("rsa", 4096): 2349,
    ("pkcs8", 2048): 1218,
    ("pkcs8", 4096): 2375,
    ("encrypted", 2048): 1329,
    ("dsa", 1024): 448,
    ("ec", 256): 121,
    ("ec", 384): 167,
    ("openssh", 2048): 1811,
    ("openssh", 4096): 3369,
    ("pgp", 2048): 1870,
}
_TITLES: Mapping[str, str] = {
    "rsa": "RSA PRIVATE KEY",
    "pkcs8": "PRIVATE KEY",
    "encrypted": "ENCRYPTED PRIVATE KEY",
    "dsa": "DSA PRIVATE KEY",
    "ec": "EC PRIVATE KEY",
    "openssh": "OPENSSH PRIVATE KEY",
    "pgp": "PGP PRIVATE KEY BLOCK",
}
_OPENSSH = b"openssh-key-v1\0\0\0\0\4none\0\0\0\4none\0\0\0\0\0\0\0\1"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyBody:
    """One key: its first and last line, and the lines between."""

    first: str
    lines: Sequence[str]
    last: str

    @property
    def told(self) -> list[str]:
        """The lines that tell something of the key: the first one begins alike in all keys."""
        return [line for line in self.lines[1:] if len(line) > 1]


def lines_of_key(rng: random.Random, kind: str, bits: int) -> KeyBody:
    """A key of a kind of `_TITLES`."""
    n_bytes = _BYTES[kind, bits]
    head = _OPENSSH if kind == "openssh" else b"\x30\x82" + (n_bytes - 4).to_bytes(2, "big") + b"\x02\x01\x00"
    text = base64.b64encode(head + rng.randbytes(n_bytes - len(head))).decode()
    width = 70 if kind == "openssh" else 64
    title = _TITLES[kind]
    return KeyBody(
        first=f"-----BEGIN {title}-----" + ("\n" if kind == "pgp" else ""),
        lines=[text[at : at + width] for at in range(0, len(text), width)],
        last=f"-----END {title}-----",
    )


def shown(key: KeyBody, layout: Layout) -> str:
    """The key as a layout writes it."""
    lines = [key.first, *key.lines, key.last]
    if layout == "escaped":
        return "\\n".join(lines) + "\\n"
    if layout == "lines":
        return "\n".join(lines)
    if layout == "body":
        return "\n".join(key.lines)
    if layout == "indent":
        return "\n    ".join(lines)
    end = "," if layout == "list" else ""
    return "\n".join(f'    "{line}{"" if end else chr(92) + "n"}"{end}' for line in lines)
