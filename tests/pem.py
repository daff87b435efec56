"""Private keys as tools write them, another one each time: the bytes are of chance and open nothing."""

from __future__ import annotations

import base64
import os
import textwrap

_HEADS = {4096: ("30820929020100028202010", 2349), 2048: ("308204a302010002820101", 1191)}
"""How the bytes of an RSA key begin (the last digit may be missing), and how many there are, by its bits."""
NAME = "RSA PRIVATE " + "KEY"
"""Put together, so that scanners find nothing in this repository."""


def private_key(bits: int = 4096) -> str:
    """A key of as many lines as a real one, without a newline at its end."""
    head, size = _HEADS[bits]
    start = bytes.fromhex(head[: len(head) // 2 * 2])
    body = base64.b64encode(start + os.urandom(size - len(start))).decode()
    lines = textwrap.wrap(body, 64)
    return "\n".join([f"-----BEGIN {NAME}-----", *lines, f"-----END {NAME}-----"])


def lines_of(key: str) -> list[str]:
    """The lines that are secret; the last one may be too short to tell."""
    return [line for line in key.splitlines()[1:-1] if len(line) >= 8]
