"""Passwords beside a user's name: `auth=("bob", "…")`, `login("bob", "…")`, `connect(host, user, "…")`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .literals import Literal, literal_at
from .secret_values import is_blank, is_made_up, is_mixed, is_odd, is_random, is_secret
from .span import Span
from .telling_names import Tells

_CALLS = re.compile(
    r"(?=[A-Zabcdeglmorsu])(?:(?P<login>(?:\b|(?<=_)|(?<=[a-z]))(?:[Aa]uth(?:entication|enticate|enticator|orize"
    r"|Handler)?|[Ll]og_?[io]n|[Ll]ogon|[Ss]ign_?[io]n|[Cc]redentials?"
    r"|BasicAuth|DigestAuth|NtlmAuth|AuthBase|BasicAuthentication|[Cc]reate_?[Uu]ser|[Cc]reate_?superuser"
    r"|[Uu]serPass\w*|[Aa]dd_?[Uu]ser|[Ss]et_?[Cc]redentials"
    r"|[Uu]sername_?[Pp]assword\w*|[Aa]nmelden|[Ee]inloggen|connexion|entrar|[Aa]ccount|[Bb]asic|[Uu]ser_?pwd"
    r"|OAuthHandler|OAuth1(?:Session)?|[Ss]et_?[Aa]uth)"
    r"(?:Credentials?|Auth|Handler|Provider|Token)?[\"']?\]?)"
    r"|(?P<connect>(?:\b|(?<=_))(?:(?:db|re|async|aio)?[Cc]onnect(?:ion)?|getConnection|get_?conn(?:ection)?"
    r"|create_connection|open_?connection|[Dd]b[Cc]onnect|URL\.create|create_pool"
    r"|(?:[A-Z]\w{0,20})?ConnectionPool|mysqli|PDO|sql\.Open|FTP|SMTP|IMAP4?|Client|[Dd]atabase"
    r"|GraphDatabase\.driver|Session)))"
)
_OPEN = re.compile(
    r"[ \t]*(?:=>|[:=,])?[ \t]*(?:\w[\w.]*)?[(\[]\s{0,60}|[ \t]*:[ \t]*[\w\[\], ]{1,40}=[ \t]*[(\[]\s{0,60}"
    r"|[ \t]*=[ \t]*(?=[bruf]?[\"'][^\"'\n]{1,60}[\"'],)"
)
_ARGUMENT = re.compile(r"[\w.]+(?:\([^()\n]{0,60}\)|\[[^\[\]\n]{0,60}\])*|[-+]?\d+")
_COMMA = re.compile(r"\s{0,60},\s{0,60}(?:#[^\n]{0,80}\n\s{0,60})?")
_KEYWORD = re.compile(r"\w+\s?=(?!=)\s?")
_PAIR = re.compile(r"(?P<quote>[\"'])(?P<user>[\w.@+-]{1,60}):(?P<password>[^\s\"'/:][^\s\"']{3,100})(?P=quote)")
_PAIR_BEFORE = re.compile(
    r"(?i:b64encode|auth\w*|user_?pwd|userpass|user_?pass|credentials?|login)[\"'\]]*\s{0,9}[=:(,]\s{0,9}[bruf]{0,2}$"
)
_KEYED = re.compile(
    r"\b(?:hmac\.new|createHmac|Fernet|AES\.new|HMAC)\(\s{0,20}(?:['\"]sha\d+['\"],\s{0,9})?(?=[bruf]{0,2}[\"'])"
    r"|(?:\b(?=[a-zP])(?:hashpw|checkpw|pbkdf2_hmac|scrypt|PBKDF2\w*|derive|check_password|verify_password"
    r"|make_password|unlock)|(?<=[\w.])(?:decrypt|password_hash)|\bdecrypt)"
    r"\(\s{0,20}(?:['\"]sha\d+['\"],\s{0,9}|[\w.]{1,60},\s{0,9})?(?=[bruf]{0,2}[\"'])"
    r"|\b(?:encrypt|load_key|set_?pass\w*|pass_|sha(?:1|256|512)|md5)\(\s{0,20}(?=[bruf]{0,2}[\"'])"
    r"|\b(?:wlan|sta|wifi|nic|wl|station)\w{0,9}\.connect\(\s{0,9}(?:[\w.]{1,40}"
    r"|[\"'][^\"'\n]{1,40}[\"']),\s{0,9}(?=[bru]{0,2}[\"'])"
    r"|\bextractall\(\s{0,9}[^()\n]{0,80},\s{0,9}(?=[bru]{0,2}[\"'])"
    r"|\bexecute_kw\(\s{0,9}[\w.]{1,40},\s{0,9}[\w.]{1,40},\s{0,9}(?=[\"'])"
    r"|\bbind\w{0,8}\(\s{0,9}(?:[\w.]{1,40}|[\"'][^\"'\n]{1,120}[\"']),\s{0,9}(?=[bru]{0,2}[\"'])"
    r"|(?<=[a-z])_bind\w{0,8}\(\s{0,9}(?:[\w.]{1,40}|[\"'][^\"'\n]{1,120}[\"']),\s{0,9}(?=[bru]{0,2}[\"'])"
    r"|\bjwt\.(?:encode|decode|sign|verify)\(\s{0,20}[\w.()]{1,60},\s{0,20}(?=[bruf]{0,2}[\"'])"
)
"""Functions that take a key by its place."""
_KEYED_LATER = re.compile(
    r"\bencrypt\(\s{0,9}[bruf]{0,2}[\"'][^\"'\n]{1,80}[\"'],\s{0,9}(?:\w{1,20}\s?=\s?)?(?=[bruf]{0,2}[\"'])"
)
"""With another key in front of it."""
_QUOTED_IN = re.compile(
    r"://[^\s:\"'{}%]{1,60}:(?:\{\w*\}|%s)@[^\"'\n]{0,200}[\"']\s{0,20}(?:\.format\(|%)"
    r"\s{0,20}\(?\s{0,9}(?:[\w.]{1,60}\(\s{0,9})?(?=[bruf]{0,2}[\"'])"
)
"""An address whose password alone follows."""
_ASKED = re.compile(r"assw|ASSW|assphrase|ennwort|enha|ontrase")
_PUT_TOGETHER = re.compile(
    r"://[^\s\"'@:]{1,60}:[\"']\s{0,20}[+.]\s{0,20}(?:[\w.]{1,60}\(\s{0,9})?(?=[bruf]{0,2}[\"'])"
    r"|[\"']:[\"']\s{0,20}[+.]\s{0,20}(?:[\w.]{1,60}\(\s{0,9})?(?=[bruf]{0,2}[\"']"
    r"[^\"'\n]{4,100}[\"']\)?\s{0,20}[+.]\s{0,20}[\"']@)"
)
"""An address to which the password is added."""
_PROMPTED = re.compile(
    r"(?i:p?assw\w*|passphrase|kennwort|senha|contraseña):?[ ]?[\"'][^\n()]{0,40}\)\s{0,20};?"
    r"\s{0,20}\w[\w.]{0,60}\.\s?(?:send\w*|write\w*)\(\s{0,9}(?=[bruf]{0,2}[\"'])"
    r"|(?i:passw\w*|passphrase):?[*]?[ ]?[\"'}\]]\s{0,20}send[ ](?:--[ ])?(?=[\"'])"
)
"""What is sent when a program asks for a password."""
_SENT = re.compile(
    r"(?:\bsend[ ]|\binput\s?=\s?|\b(?:send|sendline|write|write_line|send_command)\(\s{0,9})[bru]{0,2}[\"']"
    r"(?P<value>[^\s\"'\\,;:/<>(){}\[\]]{8,60})(?:(?:\\[rn]){1,2}[\"']|$)",
    re.MULTILINE,
)
"""One made-up word and a line's end: what a terminal is answered."""
_FILLED_IN = re.compile(r"://(?:\{\w*\}|%s):(?:\{\w*\}|%s)@[^\"'\n]{0,200}[\"']\s{0,20}(?:\.format\(|%\s?\()\s{0,20}")
"""An address whose user and password follow."""
_SETTING_FILLED = re.compile(
    r"(?i:pwd|password|pass|passwd)=(?:%s|\{\w{0,20}\})[^\"'\n]{0,100}[\"']\s{0,9}(?:%\s{0,9}\(|\.format\()\s{0,20}"
)
"""The same of a connection string."""
_PAIRED = re.compile(
    r"\(\s{0,9}[\"'][\w.@+-]{2,60}[\"']\s{0,9},\s{0,9}(?P<quote>[\"'])(?P<second>"
    r"[^\s\"'`<>{}()\[\]\\/]{8,40})(?P=quote)\s{0,9}\)"
)
_HAS_SIGN = re.compile(r"^(?=.*\d)(?=.*[A-Za-z]).*[!@#$^&*?]")
"""A pair of a word and of what passwords look like."""
_HOST = re.compile(
    r"[\w-]+(?:\.[\w-]+)*\.(?:[a-z]{2,4}|\d+|internal|local\w*|cluster|cloud|online|amazonaws|docker"
    r"|(?:[a-z]+-)+[a-z]+|home|intranet)(?::\d+)?(?:/\w*)?|localhost|utf-?8|latin-?1|[\w-]+:\d+|/[\w/.]+"
)
_OTHER = re.compile(r"-{1,2}[A-Za-z][\w-]*$|\.{0,2}/|#[0-9a-fA-F]{3,8}$|\.\w+$")
"""Options, paths, colours and file endings."""
_TAKES_SECRET = re.compile(r"user|secret|credential", re.IGNORECASE)
_DATABASE = re.compile(r"conn|ftp|url", re.IGNORECASE)
_MOST = 8


def beside_users(text: str) -> Iterator[Span]:
    """The literals of calls and pairs that stand where a password does."""
    for found in _CALLS.finditer(text):
        opened = _OPEN.match(text, found.end())
        if opened and not text[found.end() : opened.end()].lstrip().startswith(","):
            yield from _in_call(text, opened.end(), found[0], connects=found["connect"] is not None)
    yield from _keys_and_fillings(text)
    for found in _PAIRED.finditer(text):
        if _HAS_SIGN.search(found["second"]) and _is_strong(found["second"]):
            yield found.span("second")
    if ":" in text:
        for found in _PAIR.finditer(text):
            before = text[max(0, found.start() - 40) : found.start()]
            if _PAIR_BEFORE.search(before) and is_secret(found["password"], Tells.SURELY):
                yield found.span("password")


_KEYED_HINTS = re.compile(
    r"\.new\(|createHmac|Fernet\(|HMAC\(|pw\(|_hmac\(|scrypt\(|PBKDF2|derive\(|_password\(|unlock\(|crypt\("
    r"|_hash\(|load_key|pass_\("
    r"|sha(?:1|256|512)\(|md5\(|\.connect\(|extractall\(|execute_kw|jwt\.|bind|setpass|set_pass"
)


def _keys_and_fillings(text: str) -> Iterator[Span]:
    """Keys by their place in a call, and the password that an address is filled in with."""
    keyed = _KEYED_HINTS.search(text) is not None
    sends = "send" in text or "write" in text or "input" in text
    for found in _SENT.finditer(text) if sends else ():
        value = found["value"]
        if is_random(value) or is_made_up(value) or (value.isdigit() and len(value) >= 8):
            yield found.span("value")
    for found in (
        *(_KEYED.finditer(text) if keyed else ()),
        *(_KEYED_LATER.finditer(text) if keyed else ()),
        *(_QUOTED_IN.finditer(text) if "://" in text else ()),
        *(_PUT_TOGETHER.finditer(text) if "+" in text or " . " in text else ()),
        *(_PROMPTED.finditer(text) if sends and _ASKED.search(text) else ()),
    ):
        literal = literal_at(text, found.end())
        if literal and len(literal_text := text[literal.start : literal.end]) >= 8 and not is_blank(literal_text):
            yield literal.start, literal.end
    for found in _SETTING_FILLED.finditer(text) if "%" in text or ".format" in text else ():
        for argument in _arguments(text, found.end())[1:]:
            value = _value(text, argument)
            if isinstance(argument, Literal) and is_odd(value) and not _HOST.fullmatch(value):
                yield argument.start, argument.end
    for found in _FILLED_IN.finditer(text):
        arguments = _arguments(text, found.end())
        if len(arguments) > 1 and isinstance(arguments[1], Literal):
            yield arguments[1].start, arguments[1].end


def _in_call(text: str, at: int, name: str, *, connects: bool) -> Iterator[Span]:
    arguments = _arguments(text, at)
    for number, literal in enumerate(arguments):
        if isinstance(literal, Literal):
            value = text[literal.start : literal.end]
            known = len(value) < 4 or is_blank(value) or _HOST.fullmatch(value) or value.count(" ") > 2
            known = known or (" " in value.strip() and (connects or len(arguments) != 2))
            counts = _beside_host if connects else _beside_user
            if (
                not known
                and not _OTHER.match(value)
                and (is_random(value) or (number and counts(text, name, arguments, number)))
            ):
                yield literal.start, literal.end


def _value(text: str, argument: Literal | str) -> str:
    return argument if isinstance(argument, str) else text[argument.start : argument.end]


def _is_strong(value: str) -> bool:
    """`value` is mixed, and more than words with hyphens."""
    has_sign = not value.replace("-", "").replace("_", "").isalnum()
    return is_mixed(value) and (has_sign or any(map(str.isdigit, value)))


def _beside_user(text: str, name: str, arguments: Sequence[Literal | str], number: int) -> bool:
    """The second of two arguments, whatever it looks like; later ones and the last one if they are no plain word."""
    last = number == len(arguments) - 1
    surely = (number == 1 and len(arguments) == 2) or (last and _TAKES_SECRET.search(name) is not None)
    value = _value(text, arguments[number])
    return surely or ((_is_strong(value) or is_made_up(value)) and (last or number >= 2))


def _beside_host(text: str, name: str, arguments: Sequence[Literal | str], number: int) -> bool:
    """No plain word; a plain word only where a database takes a password, behind a user."""
    value = _value(text, arguments[number])
    if is_made_up(value) and " " not in value:
        return True
    if number >= 2 and (is_secret(value, Tells.MIXED) or is_made_up(value) or (value.isdigit() and len(value) >= 8)):
        return True
    if _is_strong(value) and (not value.isidentifier() or len(value) >= 8):
        return True
    behind = number == 2 or (number == 3 and isinstance(arguments[2], Literal))
    between = number == 1 and len(arguments) == 3 and "/" in _value(text, arguments[2])
    place = (behind and len(arguments) <= 5) or between
    return place and _DATABASE.search(name) is not None and value.isalnum() and len(value) >= 6


def _arguments(text: str, at: int) -> list[Literal | str]:
    """The positional arguments from `at`, up to what is neither a literal nor a name."""
    found: list[Literal | str] = []
    for _ in range(_MOST):
        if _KEYWORD.match(text, at):
            break
        literal = literal_at(text, at)
        if literal:
            found.append(literal)
            at = literal.past
        elif argument := _ARGUMENT.match(text, at):
            found.append(argument[0])
            at = argument.end()
        else:
            break
        comma = _COMMA.match(text, at)
        if comma is None:
            break
        at = comma.end()
    return found
