"""A line that is the cursor's with other names, and what stands behind it, with the cursor's.

`test = np.log(test, wh` begins like `train = np.log(train, where=ok)`, so `ere=ok)` may follow. Pure; takes a line as
words, spaces and signs, so that any language will do. Knows nothing of where a line stands.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

_TOKEN = re.compile(r"[^\W\d]\w*|\d[\w.]*|\s+|.", re.DOTALL)
_MAX_RENAMED = 2
_MIN_COMMON = 2
"""Words that both lines have at the same places: our judgement, since one is often chance."""


def renamed_rests(key: str, places: Iterable[Sequence[str]]) -> Iterator[list[str]]:
    """What stands behind `key` on the first line of a place, and the lines below it, with the names that `key` has.

    Of places whose line begins like `key` but for one name or two, each the same wherever it stands.
    """
    typed = [*_tokens(key)]
    words = {token for token, _ in typed if token.isidentifier()}
    for line, *below in places:
        if sum(word in line for word in words) >= _MIN_COMMON:
            yield from _rest(typed, line, below)


def _rest(typed: Sequence[tuple[str, bool]], line: str, below: Sequence[str]) -> Iterator[list[str]]:
    """The rest behind `key`, as a list of one or none."""
    there = _tokens(line)
    *whole, (last, _) = typed
    names: dict[str, str] = {}
    n_common = 0
    for (name, is_name), (of, of_is_name) in zip(whole, there, strict=False):
        if (names.setdefault(of, name) if is_name and of_is_name else of) != name:
            return
        n_common += name == of and name.isidentifier()
    rest = _with(names, there)
    n_renamed = sum(of != name for of, name in names.items())
    as_many = len(set(names.values())) == len(names)
    if rest.startswith(last) and as_many and 0 < n_renamed <= _MAX_RENAMED and n_common >= _MIN_COMMON:
        yield [rest[len(last) :], *(_with(names, _tokens(line)) for line in below)]


def _tokens(line: str) -> Iterator[tuple[str, bool]]:
    """The tokens, each with whether it is a name that may differ. Keywords and attributes may not differ."""
    before = ""
    for found in _TOKEN.finditer(line):
        token = found.group()
        yield token, token.isidentifier() and not keyword.iskeyword(token) and before != "."
        before = token


def _with(names: Mapping[str, str], tokens: Iterable[tuple[str, bool]]) -> str:
    return "".join(names.get(token, token) if is_name else token for token, is_name in tokens)
