"""What a value must look like to be a secret: placeholders, paths and code are none."""

from __future__ import annotations

import re

from ..common_words import is_common_word
from .telling_names import Tells, is_telling_word

_BLANK = re.compile(
    r"\{[^{}\s]*\}|<[^<>]*>|\[[A-Z_ ]*\]|\$\(?\w+\)?|\$\{.*\}|\$\(.*|%\(?\w*\)?s|%\w+%|\{\{.*\}\}|[*.xX_\-•…#?]+"
    r"|(?i:your[-_ ].*"
    r"|(?:insert|enter|replace|paste|type|put|add)[-_ ]+(?:your|the|my|in|with|api|here|key|token|password)\b"
    r".*|.*[-_ ]here\W*|none|null|nil|true|false|undefined|changeme|change[-_]me|placeholder|redacted|hidden|masked"
    r"|string|str|text|bytes|object|required|optional|n/?a|.*x{4,}|dummy|todo|tbd|empty|default)"
    r"|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|(?:[A-Z]\w*\.)?MCCOM_SECRET_\d+_"
)
"""Stands where a secret will be put."""
_PATH = re.compile(
    r"(?:\.{0,2}|~|[A-Za-z]:)[/\\][\w.@ \-/\\{}$]+"
    r"|[\w.\-/\\ {}$]+\.(?:json|pem|key|txt|ya?ml|toml|ini|cfg|env|crt|cer|p12"
    r"|pfx|jks|csv|py|ipynb|html?|md|db|sqlite|pkl|npz?|parquet|gz|zip|png|jpe?g|svg|js|ts|xml|log|pub)"
)
_URL = re.compile(
    r"[a-z][a-z0-9+.-]{1,20}://[^\s@]*|[\w-]+\.(?:io|com|org|net|ai|dev)/[\w./:-]+|[\w-]+(?:\.[\w-]+){1,5}\.(?:com|org|net|io|ai|dev|local|internal)"
)
_BRACES = re.compile(r"\{[^{}]{0,80}\}|%\(?\w{0,30}\)?s|\$\{[^{}]{0,80}\}")
_RUN = re.compile(r"[A-Za-z0-9]{4,}")
_ALNUM, _DIGIT = re.compile(r"[A-Za-z0-9]"), re.compile(r"[0-9]")
_CHANGE = re.compile(r"(?<=[0-9])(?=[A-Za-z])|(?<=[A-Za-z])(?=[0-9])|(?<=[a-z])(?=[A-Z])")
_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+")
_SEVERAL_KINDS = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])")
"""No variable of a shell has capitals, small letters and digits."""
_ENOUGH = 200
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LEAST = 3
_LONGEST = 4_000


def is_secret(value: str, tells: Tells) -> bool:
    """`value` stands beside a name that tells so much, and looks like what such a name has."""
    if not _LEAST <= len(value) <= _LONGEST or is_blank(value):
        return False
    value = value if value.startswith("{") and value.endswith("}") else _BRACES.sub("", value)
    if tells is Tells.SURELY:
        return len(value) >= _LEAST and not _is_prose(value) and (is_random(value) or not _is_place(value))
    if tells is Tells.MIXED:
        return (
            len(value) >= 4
            and " " not in value
            and (is_mixed(value) or is_made_up(value) or (value.isdigit() and len(value) >= 8))
            and not (_is_place(value) and not is_random(value))
        )
    return len(value) >= 10 and " " not in value and is_random(value)


def is_blank(value: str) -> bool:
    """`value` stands where a secret will be put, or is no value."""
    signs = not any(map(str.isalnum, value)) and len(set(value)) < 5
    blank = _BLANK.fullmatch(value) is not None and not (value[0] == "$" and _SEVERAL_KINDS.search(value))
    return signs or blank or is_telling_word(value)


def is_mixed(value: str) -> bool:
    """`value` is no plain word or number: it has digits and letters, or signs that words have not."""
    has_letter = any(char.isalpha() for char in value)
    has_digit = any(char.isdigit() for char in value)
    has_sign = any(not char.isalnum() and char not in "-_./ :,()[]{}'\"<>|" for char in value)
    return has_letter and (has_digit or has_sign) and not is_blank(value)


def is_random(value: str) -> bool:
    """`value` changes between digits, capitals and small letters more often than names and versions do."""
    value = value[:_ENOUGH]
    if _UUID.search(value):
        return True
    n_chars, n_digits = len(_ALNUM.findall(value)), len(_DIGIT.findall(value))
    if not n_digits and n_chars >= 16 and value.isalnum():
        return n_changes(value) >= 3 and is_made_up(value)
    return n_chars >= 8 and 0 < n_digits < n_chars and n_changes(value) >= max(3, n_chars / 6)


def is_made_up(value: str, *, least: int = 8) -> bool:
    """`value` has at least `least` characters, and letters, a quarter of which is in no common words."""
    pieces = [piece for piece in _PIECE.findall(value) if len(piece) > 2]
    n_letters = sum(map(len, pieces))
    known = sum(len(piece) for piece in pieces if is_common_word(piece))
    return len(value) >= least and n_letters > 0 and known * 4 < n_letters * 3


def is_odd(value: str) -> bool:
    """`value` is no plain words: it has digits and letters, is random, made up, or a long number."""
    number = value.isdigit() and len(value) >= 6
    return not is_blank(value) and (number or is_mixed(value) or is_made_up(value) or is_random(value))


def n_changes(value: str) -> int:
    """How often `value` changes between digits, capitals and small letters; a word's capital counts once."""
    return len(_CHANGE.findall(" ".join(_RUN.findall(value))))


def _is_prose(value: str) -> bool:
    """A sentence about secrets: it names one, or is long and ends as sentences do."""
    words = value.split()
    if len(words) < 2:
        return False
    about = any(is_telling_word(word) for word in words)
    return (
        about or value.rstrip().endswith((":", "?", "...")) or (len(words) >= 7 and value.rstrip().endswith((".", "!")))
    )


def _is_place(value: str) -> bool:
    """A path or an address, such as where a secret is kept."""
    return _PATH.fullmatch(value) is not None or _URL.fullmatch(value) is not None
