"""Secrets in text become placeholders before it leaves the machine, and come back where an answer echoes them.

The shapes are those of detect-secrets' plugins and a few of our own. Only the plugins' patterns are used: their
`analyze_line` reads settings that are global to the process and may ask the secret's own service whether it is valid.
A placeholder is a word that ends by itself, so that code stays code. Knows nothing of prompts or engines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from ...types import Span

if TYPE_CHECKING:
    from detect_secrets.plugins.high_entropy_strings import HighEntropyStringsPlugin

PLACEHOLDER = "MCCOM_SECRET_"
ECHO = re.compile(rf"{PLACEHOLDER}[0-9]+_")
_PEM = re.compile(r"-----(BEGIN|END) [A-Z0-9 ]{0,30}PRIVATE KEY[A-Z ]{0,9}-----")
_PEM_CHARS = 20_000
_PEM_LINE = re.compile(r"[\s\"'(#]*([A-Za-z0-9+/=]{1,99})(?:\\[nr])*[\"',)\s]*")
_RUN = re.compile(r"[A-Za-z0-9+/=_.:\-]{20,}")
"""A line without such a run that has a digit holds no token of a known shape."""
_TOKEN = re.compile(
    r"\b(?:sk|pk|rk)[-_][A-Za-z0-9_\-]{16,}|\bhf_[A-Za-z0-9]{20,}|\bAIza[A-Za-z0-9_\-]{30,}|\bgh[pousr]_[A-Za-z0-9_]{20,}"
    r"|\bgithub_pat_[A-Za-z0-9_]{20,}|\bnpm_[A-Za-z0-9]{30,}|\bxox[a-z]-[A-Za-z0-9\-]{10,}|\bxapp-[A-Za-z0-9\-]{10,}"
    r"|\beyJ[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]{4,}(?:\.[A-Za-z0-9_\-]*)?|\bya29\.[A-Za-z0-9_\-]{20,}|\bGOCSPX-[\w\-]{20,}"
    r"|\b(?:gsk|xai|r8|glpat|dapi|nvapi|tvly|pplx|lsv2_pt|lsv2_sk|pypi|whsec|dckr_pat|dop_v1)[-_]?[A-Za-z0-9_\-]{28,}"
)
_WORD = r"(?:api_?key|access_?key|auth_?key|secret|token|passw(?:or)?d|passphrase|passwd|pwd|credential)"
_KEYWORD = re.compile(
    r"api_?key|(?:access|auth|service|account|db|database|priv|private|client|encryption)_?key|key_?pass|pass(?:w|phr)"
    r"|pwd|secret|token|(?:db|database)_?pass|contrase|credential|bearer|authorization|[?&;]sig=",
    re.IGNORECASE,
)
_HINTS = ("key", "pass", "pwd", "secret", "token", "contrase", "credential", "bearer", "authorization", "sig=")
"""One of these is in all that `_KEYWORD` finds; the pattern alone would take most of the time."""
_NAMED = (
    # token = "…": long and mixed, since a tokenizer's tokens are words
    re.compile(
        r"token\w{0,40}[\"'\]]{0,2}\s*(?:[:=]|=>|<-|,)\s*[furb]{0,2}[\"'](?=[^\"'\s]*\d)([^\"'\s<>{}]{16,})", re.I
    ),
    # password = "… at the end of the line: the cursor stands inside
    re.compile(_WORD + r"\w{0,40}(?<!token)[\"'\]]{0,2}\s*(?::|=|=>|<-)\s*[furb]{0,2}[\"']([^\"'\s]{4,})$", re.I),
    # os.environ.setdefault("PASSWORD", "…") and R's password <- "…"
    re.compile(
        _WORD + r"\w{0,40}(?<!token)[\"']?\s*(?:,|<-)\s*[furb]{0,2}[\"'](?=[^\"']*[\d\W])([^\"'\s]{6,})[\"']", re.I
    ),
    # dotenv, %env, export, YAML: no quotes
    re.compile(
        r"^[\s!#-]*(?:export\s+|%(?:set_)?env\s+|set\s+)?[\w.-]{0,40}"
        + _WORD
        + r"[\w-]{0,40}(?:=|:\s+)(?=\S*\d)(?=\S*[A-Za-z])([\w+/=.@!%^&*~-]{8,})\s*$",
        re.I,
    ),
    re.compile(r"^\s*[!%](?:set_env|env|export)\s+\w{0,40}" + _WORD + r"\w{0,40}[=\s]\s*([^\s\"'$]{6,})", re.I),
    re.compile(r"(?:bearer|authorization[\"']?\s*[:=,]\s*[\"']?(?:basic|token)?)\s+([\w.~+/=\-]{12,})", re.I),
    re.compile(r"[?&;]sig=([A-Za-z0-9%+/=_\-]{20,})"),
)
_LOGIN = re.compile(r"://[^\s/:@\"']{0,100}:([^\s/\"'`]{1,300})@")
_PLUGINS = (
    "artifactory.ArtifactoryDetector",
    "aws.AWSKeyDetector",
    "azure_storage_key.AzureStorageKeyDetector",
    "cloudant.CloudantDetector",
    "discord.DiscordBotTokenDetector",
    "github_token.GitHubTokenDetector",
    "gitlab_token.GitLabTokenDetector",
    "ibm_cloud_iam.IbmCloudIamDetector",
    "ibm_cos_hmac.IbmCosHmacDetector",
    "jwt.JwtTokenDetector",
    "mailchimp.MailchimpDetector",
    "npm.NpmDetector",
    "openai.OpenAIDetector",
    "pypi_token.PypiTokenDetector",
    "sendgrid.SendGridDetector",
    "slack.SlackDetector",
    "softlayer.SoftlayerDetector",
    "square_oauth.SquareOAuthDetector",
    "stripe.StripeDetector",
    "telegram_token.TelegramBotTokenDetector",
    "twilio.TwilioKeyDetector",
)
_VALUE_IN_GROUP = {
    "AWSKeyDetector",
    "CloudantDetector",
    "IbmCloudIamDetector",
    "IbmCosHmacDetector",
    "SoftlayerDetector",
}
_BLANK = re.compile(
    r"\{[^{}]*\}|<[^<>]*>|\$\w+|\$\{.*\}|%\(?\w*\)?s|[*.xX_\-]+|\s*"
    r"|(?i:(?:your|my|insert|enter)[-_ ].*|.*[ _]here)|[A-Z]+(?:_[A-Z]+)*_(?:KEY|TOKEN|SECRET|PASSWORD)"
)
"""Stands where a secret will be put."""
_DIGEST = re.compile(r"sha-?\d|md5|digest|checksum|hash|commit|revision|integrity|etag|uuid", re.IGNORECASE)
_DIGIT = re.compile(r"[0-9]")
_WINDOW, _OVERLAP = 800, 300
"""Some patterns take time that grows with the square of a line's length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Detectors:
    whole: tuple[re.Pattern[str], ...]
    valued: tuple[re.Pattern[str], ...]
    """The secret is the first group."""
    keyword: tuple[tuple[re.Pattern[str], int], ...]
    entropy: tuple[HighEntropyStringsPlugin, ...]


@lru_cache(maxsize=64)
def spans(text: str) -> tuple[Span, ...]:
    """Where the secrets of a whole document stand: (start, end) of each, in order and without overlaps."""
    found = list(_private_keys(text)) if "PRIVATE KEY" in text else []
    if PLACEHOLDER in text:
        found += [echo.span() for echo in ECHO.finditer(text)]
    start = 0
    for line in text.splitlines(keepends=True):
        found += [(start + first, start + last) for first, last in _in_line(line.rstrip("\r\n"))]
        start += len(line)
    return tuple(merged(found))


def forget() -> None:
    """Drops the texts in which secrets were looked for. Any thread may call it."""
    spans.cache_clear()


def merged(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, with overlaps merged."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return merged


def _private_keys(text: str) -> Iterator[Span]:
    """Keys whole, without their end or without their beginning, since a prompt may be cut; a mere marker is no key."""
    opened: re.Match[str] | None = None
    for found in [*_PEM.finditer(text)]:
        if found[1] == "END" and opened and found.end() - opened.start() < _PEM_CHARS:
            yield opened.start(), found.end()
            opened = None
        elif found[1] == "END":
            lines = text[: found.start()].splitlines(keepends=True)
            size = _body_chars(lines[::-1])
            yield found.start() - size, found.end() if size else found.start()
        else:
            opened = found
            rest = text[found.end() :].splitlines(keepends=True)
            escaped = re.match(r"(?:\\[nr]|[A-Za-z0-9+/=])*", rest[0]) if rest else None
            first = len(rest[0]) if rest and not rest[0].strip("\\nr\"'+, \n\r") else 0
            size = _body_chars(rest[1:]) if first else 0
            size = first + size if size else (escaped.end() if escaped and escaped.end() >= 16 else 0)
            yield found.start(), found.end() + size if size else found.start()


def _body_chars(lines: Sequence[str]) -> int:
    """Length of the lines of base64 at the head of `lines`; only the outermost two may be short."""
    size = longest = 0
    for number, line in enumerate(lines):
        body = _PEM_LINE.fullmatch(line)
        if body is None or (len(body[1]) < 16 and 1 <= number < len(lines) - 1):
            break
        size, longest = size + len(line), max(longest, len(body[1]))
    return size if longest >= 16 else 0


def _in_line(line: str) -> Iterator[Span]:
    if "://" in line and "@" in line:
        yield from _values(line, _LOGIN, 1)
    lower = line.lower()
    named = any(hint in lower for hint in _HINTS) and _KEYWORD.search(line) is not None
    if named:
        for at in range(0, len(line), _WINDOW - _OVERLAP):
            window = line[at : at + _WINDOW]
            for pattern, group in (*_detectors().keyword, *((pattern, 1) for pattern in _NAMED)):
                yield from ((at + start, at + end) for start, end in _values(window, pattern, group))
    if any(_DIGIT.search(run) for run in _RUN.findall(line)):
        yield from _tokens(line)
        if "'" in line or '"' in line:
            yield from _random(line, named=named)


def _values(line: str, pattern: re.Pattern[str], group: int) -> Iterator[Span]:
    for found in pattern.finditer(line):
        if _BLANK.fullmatch(found[group]) is None:
            yield found.span(group)


def _tokens(line: str) -> Iterator[Span]:
    """Tokens of a known shape; one without a digit is a name."""
    for pattern in (_TOKEN, *_detectors().whole):
        for found in pattern.finditer(line):
            start, end = found.span()
            while end > start and line[end - 1] in "\"' \t=:":
                end -= 1
            while start < end and line[start] in "\"' \t=:":
                start += 1
            if any(char.isdigit() for char in line[start:end]):
                yield start, end
    for pattern in _detectors().valued:
        yield from (found.span(1) for found in pattern.finditer(line) if found.lastindex)


def _random(line: str, *, named: bool) -> Iterator[Span]:
    """Quoted strings of high entropy, but for digests that say that they are."""
    if not named and _DIGEST.search(line):
        return
    for plugin in _detectors().entropy:
        for found in plugin.regex.finditer(line):
            text = found[2]
            mixed = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
            if len(text) >= 20 and mixed and plugin.calculate_shannon_entropy(text) > plugin.entropy_limit:
                yield found.span(2)


@cache
def _detectors() -> _Detectors:
    from importlib import import_module

    from detect_secrets.plugins.high_entropy_strings import Base64HighEntropyString, HexHighEntropyString
    from detect_secrets.plugins.keyword import QUOTES_REQUIRED_DENYLIST_REGEX_TO_GROUP

    whole: list[re.Pattern[str]] = []
    valued: list[re.Pattern[str]] = []
    for name in _PLUGINS:
        module, _, kind = name.partition(".")
        for pattern in getattr(import_module(f"detect_secrets.plugins.{module}"), kind).denylist:
            (valued if kind in _VALUE_IN_GROUP and pattern.groups else whole).append(pattern)
    return _Detectors(
        whole=tuple(whole),
        valued=tuple(valued),
        keyword=tuple(QUOTES_REQUIRED_DENYLIST_REGEX_TO_GROUP.items()),
        entropy=(Base64HighEntropyString(), HexHighEntropyString()),
    )
