"""Made-up secrets and names, drawn from a seed: nothing that looks like a real token stands in the sources.

A template's field is `«kind number»`. Fields that are no secret: user, host, name, word, uuid and all behind `pub`.
"""

from __future__ import annotations

import base64
import random
import re
import string
from collections.abc import Callable, Mapping

from .key_files import Layout, lines_of_key, shown

_FIELD = re.compile("«([^»]*)»")
_LOWER, _UPPER, _DIGITS = string.ascii_lowercase, string.ascii_uppercase, string.digits
_B62 = string.ascii_letters + _DIGITS
ALPHABETS: Mapping[str, str] = {
    "hex": "0123456789abcdef",
    "b32": _LOWER + "234567",
    "b62": _B62,
    "b64": _B62 + "+/",
    "b64safe": _B62,
    "b64u": _B62 + "-_",
    "up": _UPPER + _DIGITS,
    "lower": _LOWER + _DIGITS,
    "digits": _DIGITS,
}
_SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
_USERS = ("anna.keller", "svc_reports", "etl", "jmorales", "readonly", "admin", "airflow", "k.tanaka", "deploy", "root")
_SIGNS: Mapping[str, str] = {
    "pass": "!#@$%&*?^~+=.-_",
    "plainpass": "_",
    "shellpass": "._-@%+",
    "sqlpass": "!#@%&*?^~+=.-_",
    "jlpass": "!#@%&*?^~+=.-_",
    "urlpass": "-_.~",
    "slashpass": "-_.~",
    "atpass": "-_.~",
    "spaced": "!#._-",
    "b64pass": "!#._-",
}
"""What a password of each field may hold beside letters and digits."""


class Draw:
    """Fills templates from one source of chance. `values` are the secrets so far, those that must not leave."""

    def __init__(self, rng: random.Random, *, apart: bool) -> None:
        """`apart`: passwords of other makes than without it."""
        self.rng = rng
        self.values: list[str] = []
        self._apart = apart
        self._same: dict[str, str] = {}

    def fill(self, template: str) -> str:
        """The template with each field drawn. A `user`, `host`, `name` or `word` is the same within it."""
        self._same = {}
        return _FIELD.sub(lambda found: self._field(found[1]), template)

    def word(self, n_syllables: int = 3) -> str:
        """A word of no language."""
        return "".join(self.rng.choices(_SYLLABLES, k=n_syllables))

    def _field(self, field: str) -> str:
        kind, *rest = field.split()
        named: dict[str, Callable[[], str]] = {
            "user": lambda: self.rng.choice(_USERS),
            "host": lambda: f"db{self.rng.randint(1, 9)}.{self.word()}.internal",
            "name": self.word,
            "word": self.word,
        }
        if kind in named:
            return self._same.setdefault(kind, named[kind]())
        if kind == "pub":
            return self._of(rest[0], int(rest[1]))
        if kind.startswith("pem"):
            body = lines_of_key(self.rng, rest[0], int(rest[1]))
            self.values += body.told
            layouts: Mapping[str, Layout] = {"pem": "lines", "pem1": "escaped"}
            return shown(body, layouts.get(kind) or kind.removeprefix("pem"))
        value = self._secret(kind, rest)
        if rest or kind != "uuid":
            self.values.append(value)
        return value

    def _secret(self, kind: str, rest: list[str]) -> str:
        if kind in ALPHABETS:
            return self._of(kind, int(rest[0]))
        if kind == "uuid":
            return "-".join(self._of("hex", n) for n in (8, 4, 4, 4, 12))
        if kind == "phrase":
            return " ".join(self.word(self.rng.choice((2, 3))) for _ in range(4))
        if kind == "basic":
            return base64.b64encode(f"{self.rng.choice(_USERS)}:{self._password('pass')}".encode()).decode()
        if kind == "b64pass":
            return base64.b64encode(self._password(kind).encode()).decode()
        return self._password(kind)

    def _of(self, alphabet: str, n: int) -> str:
        return "".join(self.rng.choices(ALPHABETS[alphabet], k=n))

    def _password(self, kind: str) -> str:
        """A password as people choose or generate them, of at least 10 characters."""
        signs = _SIGNS[kind]
        found = self.rng.choice(self._makes(signs))()
        if kind in ("slashpass", "atpass", "spaced"):
            at = self.rng.randrange(3, len(found) - 3)
            found = found[:at] + {"slashpass": "/", "atpass": "@", "spaced": " "}[kind] + found[at:]
        if kind == "urlpass" and self.rng.random() < 0.3:
            found += self.rng.choice(("%40", "%21", "%23")) + self._of("b62", 2)
        return found

    def _makes(self, signs: str) -> list[Callable[[], str]]:
        rng, word = self.rng, self.word

        def sign() -> str:
            return rng.choice(signs)

        if self._apart:
            return [
                lambda: f"{word(2).title()}{sign()}{word(3).title()}{rng.randint(1960, 2030)}",
                lambda: self._of("hex", 20),
                lambda: "".join(rng.choices(_B62, k=4)) + "".join(sign() + self._of("b62", 4) for _ in range(3)),
                lambda: word(4).translate(str.maketrans("aeio", "4310")) + sign() + word(2),
                lambda: word(6),
                lambda: self._of("lower", 12),
            ]
        return [
            lambda: f"{word(4).title()}{rng.randint(10, 99)}{sign()}",
            lambda: self._of("b62", rng.randint(12, 20)),
            lambda: "".join(rng.choices(_B62 + signs, k=14)),
            lambda: sign().join((word(2), word(2), str(rng.randint(10, 9999)))),
            lambda: word(5) + str(rng.randint(10, 99)),
        ]
