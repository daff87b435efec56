"""Where the secrets of a whole document stand: all detectors, each kind in its own file, asked once for each text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from .assignments import assigned
from .command_arguments import command_passwords
from .config_files import placed_passwords
from .connection_strings import logins
from .entropy import random_strings
from .named_blocks import named_from_afar
from .positional_credentials import beside_users
from .private_keys import key_bodies, private_keys
from .shell_lines import shell_passwords
from .span import Span, merged
from .sql_statements import sql_passwords
from .telling_names import what_tells
from .user_pairs import beside_user_names
from .vendor_tokens import plugin_tokens, tokens

_RUN = re.compile(r"[A-Za-z0-9+/=_.:\-]{16,}")
"""A line without such a run that has a digit holds nothing random."""
_DIGIT = re.compile(r"[0-9]")


@lru_cache(maxsize=256)
def spans(text: str) -> tuple[Span, ...]:
    """(start, end) of each secret in a whole document, in order and without overlaps. Takes time linear in `text`."""
    found = [*key_bodies(text), *(private_keys(text) if "PRIVATE KEY" in text else ())]
    for detector in (
        assigned,
        tokens,
        logins,
        shell_passwords,
        command_passwords,
        sql_passwords,
        beside_users,
        beside_user_names,
        named_from_afar,
        placed_passwords,
    ):
        found += detector(text)
    found += _by_line(text)
    return tuple(merged(found))


def forget() -> None:
    """Drops the texts in which secrets were looked for, and their names. Any thread may call it."""
    spans.cache_clear()
    what_tells.cache_clear()


def _by_line(text: str) -> Iterator[Span]:
    at = 0
    for line in text.splitlines(keepends=True):
        if "://" in line or any(_DIGIT.search(run) for run in _RUN.findall(line)):
            both = [*plugin_tokens(line), *random_strings(line)]
            yield from ((at + start, at + end) for start, end in both)
        at += len(line)
