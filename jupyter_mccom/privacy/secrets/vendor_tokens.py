"""Tokens whose shape says whose they are: a table of what they begin with, and detect-secrets' plugins.

Of the plugins only the patterns are used: their `analyze_line` reads settings that are global to the process and may
ask the secret's own service whether it is valid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from .secret_values import is_random
from .span import Span

_ANY = r"[A-Za-z0-9_\-]"
_SHAPES = (
    # one word each in front of the body: OpenAI, Anthropic, Stripe, Clerk, ElevenLabs, OpenRouter, Langfuse, Supabase
    rf"(?:sk|pk|rk)[-_](?:(?:proj|svcacct|admin|ant|or|live|test|prod|lf|helicone|None)[-_])?{_ANY}{{14,}}",
    rf"(?:sess|whsec|rzp_live|rzp_test|shippo_live|shippo_test|duffel_live|duffel_test|sb_secret|sb_publishable)[-_]{_ANY}{{14,}}",
    # code hosts, registries and builds
    rf"(?:gh[pousr]|github_pat)_{_ANY}{{16,}}|gl(?:pat|dt|rt|ptt|cbt|agent|oas|soat|ft|imt|ffct)-{_ANY}{{16,}}",
    rf"(?:npm|nfp|vcp|rnd|rubygems|CLOJARS|cio|oy2|bkua|CCIPAT|CCIPRJ|sq[aup]|pul|fio-u|aio|tfp|rdme)[-_]?{_ANY}{{26,}}",
    rf"A3-[A-Z0-9]{{6}}-[A-Z0-9\-]{{24,}}|GR1348941{_ANY}{{16,}}|SWM(?:TKN|KEY)-1-{_ANY}{{20,}}|AQ\.A{_ANY}{{30,}}|ABSK[\w+/=]{{60,}}|API-[A-Z0-9]{{24,}}|EXO[a-f0-9]{{24}}",
    rf"pypi-{_ANY}{{16,}}|dckr_(?:pat|oat)_{_ANY}{{16,}}|AT(?:ATT|CTT|BB)[\w\-=]{{20,}}|tskey-{_ANY}{{12,}}",
    # model hosts and tools
    rf"(?:hf|api_org)_[A-Za-z0-9]{{16,}}|(?:gsk|xai|r8|fw|pplx|tvly|nvapi|jina|csk|rpa|e2b|esecret|pcsk|lsv2_pt|lsv2_sk|wandb_v\d)[-_]{_ANY}{{18,}}",
    rf"(?:pa|fc|ls__|exa|bb_live|bb_test|phx|phc|sgp|uk|co|vck|cpk|gsc)[-_](?=[A-Za-z0-9]*\d){_ANY}{{28,}}",
    # clouds
    r"(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA|AGPA|ANPA)[A-Z0-9]{12,}|LTAI[A-Za-z0-9]{14,}|AKID[A-Za-z0-9]{24,}",
    rf"AIza{_ANY}{{26,}}|ya29\.{_ANY}{{16,}}|GOCSPX-{_ANY}{{16,}}|1//0{_ANY}{{30,}}|AQVN{_ANY}{{30,}}|y0_{_ANY}{{40,}}",
    r"[A-Za-z0-9_~.\-]{3}\dQ~[A-Za-z0-9_~.\-]{20,}",
    rf"(?:dapi|dose|dsapi|dkea)[a-f0-9]{{24,}}(?:-\d)?|do[op]r?_v1_[a-f0-9]{{32,}}|dor_v1_[a-f0-9]{{32,}}|HRKU-{_ANY}{{24,}}",
    rf"(?:hvs|hvb|hvr)\.{_ANY}{{18,}}|s\.[A-Za-z0-9]{{24}}(?![A-Za-z0-9])|\w{{14}}\.atlasv1\.{_ANY}{{40,}}|napi_{_ANY}{{30,}}|npg_[A-Za-z0-9]{{10,}}",
    rf"pscale_(?:tkn|pw|oauth)_[\w.\-]{{24,}}|mdb_sa_sk_{_ANY}{{20,}}|sbp_[a-f0-9]{{24,}}|ops_eyJ{_ANY}{{40,}}|v1\.0-[a-f0-9]{{20,}}-[a-f0-9]{{60,}}",
    rf"fm[12][a-z]?_{_ANY}{{40,}}|fo1_{_ANY}{{30,}}|AGE-SECRET-KEY-1[A-Z0-9]{{40,}}|sha256~{_ANY}{{40,}}|cfut_{_ANY}{{30,}}|cfat_{_ANY}{{30,}}",
    # shops, notes, tables, dashboards, design
    r"shp(?:at|ss|ca|pa|tka)_[a-fA-F0-9]{20,}|(?:secret_|ntn_)[A-Za-z0-9]{30,}|pat[A-Za-z0-9]{14}\.[a-f0-9]{24,}|key[A-Za-z0-9]{14}(?![\w])",
    rf"gls?[ac]_{_ANY}{{20,}}|glc_[A-Za-z0-9+/=]{{30,}}|dp\.(?:pt|st|ct|sa|scim|audit|said)\.[\w.\-]{{24,}}|PMAK-[a-f0-9]{{20,}}-[a-f0-9]{{24,}}",
    rf"lin_(?:api|oauth)_[A-Za-z0-9]{{24,}}|fig[dor]+_{_ANY}{{24,}}|NR(?:AK|II|JS|SP|RA|BR)-{_ANY}{{18,}}|nr(?:ak|ii|js)-{_ANY}{{18,}}",
    rf"sntry[su]_[\w+/=\-]{{30,}}|dd(?:p|ap|app|pat)_{_ANY}{{24,}}|dt0[a-z]\d\d\.[A-Z0-9]{{20,}}(?:\.[A-Z0-9]{{40,}})?|pat-(?:na|eu)\d-[a-f0-9\-]{{30,}}",
    rf"xkeysib-[a-f0-9]{{40,}}(?:-\w+)?|(?:key|pubkey)-[a-f0-9]{{28,}}(?:-[a-f0-9]+)*|SG\.{_ANY}{{14,}}(?:\.{_ANY}*)?|re_{_ANY}{{8}}_{_ANY}{{16,}}",
    rf"xox[a-z]-(?:\d-)?[A-Za-z0-9\-]{{10,}}|xapp-[A-Za-z0-9\-]{{10,}}|xwfp-{_ANY}{{20,}}|sq0[a-z]{{3}}-{_ANY}{{20,}}|EAAA[\w\-]{{50,}}|EAA[A-Za-z0-9]{{60,}}",
    r"(?:SK|AC|AP)[a-f0-9]{32}|access_token\$[a-z]+\$[a-z0-9]{16}\$[a-f0-9]{32}|FLWSECK[\w\-]{16,}|EZ[AT]K[A-Za-z0-9]{50,}|PK[A-Z0-9]{24}",
    r"(?:CFPAT|LSTOKEN|ico|dnkey|retool|hxtp|pn[ub]|tr_dev|tr_prod|api|sdk|mob)[-_](?=[A-Za-z\-]*\d)[A-Za-z0-9\-]{30,}|sl\.[A-Za-z0-9_\-]{60,}|A{20}[A-Za-z0-9%]{60,}",
    r"\d{8,10}:[A-Za-z0-9_\-]{30,}|[MNO][A-Za-z0-9_\-]{22,26}\.[A-Za-z0-9_\-]{6}\.[A-Za-z0-9_\-]{24,}|[0-9a-f]{32}-us\d{1,2}",
    rf"eyJ{_ANY}{{10,}}(?:\.{_ANY}{{4,}})?(?:\.{_ANY}*)?|[12]/\d{{14,}}:[a-f0-9]{{8,}}|(?:access|link)-(?:production|development|sandbox)-[a-f0-9\-]{{30,}}",
)
_TOKEN = re.compile("|".join(_SHAPES))
_HALF = re.compile(
    r"(?:sk-(?:proj|ant|or|svcacct)-|gh[pousr]_|github_pat_|glpat-|hf_|xox[abeoprs]-|xapp-|AKIA|ASIA|AIza|shp(?:at|ss|ca|pa)_|ntn_|dckr_pat_"
    r"|dop_v1_|npm_|pypi-|glsa_|pcsk_|PMAK-|lin_api_|figd_|sbp_|hvs\.|NRAK-|dp\.(?:pt|st)\.|SG\.|sk_live_|rk_live_|sk_test_|whsec_|dapi|gsk_|GOCSPX-)"
    r"[\w.\-]{0,24}"
)
"""What a person has typed of one, at the end of a line or of a string."""
_URLS = re.compile(
    r"hooks\.slack\.com/(?:services|workflows|triggers)/([\w/+\-]{20,})|discord(?:app)?\.com/api/webhooks/(\d{6,}/[\w\-]{20,})"
    r"|api\.telegram\.org/bot(\d{6,}:[\w\-]{20,})|webhook\.office\.com/webhookb2/([\w@\-/]{8,})"
    r"|://([0-9a-f]{24,}(?::[0-9a-f]{24,})?)@[\w.\-]+/\d+|[?&;]sig=([A-Za-z0-9%+/=_\-]{16,})|[?&;](?:(?:rlkey|X-Goog-Signature)=([\w%+/=\-]{8,})|(?:Signature|code)=([\w%+/=\-]{20,}))"
    r"|hooks\.zapier\.com/hooks/\w+/([\w/]{8,})|/with/key/([\w\-]{8,})|/private-([0-9a-f]{8,})"
    r"|\b(?:infura\.io|alchemy\.com|alchemyapi\.io|quiknode\.pro|ankr\.com)/(?:v\d/)?([\w\-]{10,})|X-Amz-(?:Signature|Credential)=([\w%/\-]{20,})"
)
_RUN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9][A-Za-z0-9_.~:$/+%\-]{7,}(?:==?(?![\w=])|=[0-9A-F]{8}(?!\w))?")
_CUT = re.compile(r"[\"'`]?[ \t)\]},;]*(?:\r?\n|$)")
_EDGES = "\"' \t=:.,"
_PLUGINS = (
    "artifactory.ArtifactoryDetector",
    "aws.AWSKeyDetector",
    "azure_storage_key.AzureStorageKeyDetector",
    "cloudant.CloudantDetector",
    "ibm_cloud_iam.IbmCloudIamDetector",
    "ibm_cos_hmac.IbmCosHmacDetector",
    "mailchimp.MailchimpDetector",
    "softlayer.SoftlayerDetector",
    "square_oauth.SquareOAuthDetector",
)
"""Those that know more than a beginning; the table above has the others'."""
_VALUE_IN_GROUP = {
    "AWSKeyDetector",
    "CloudantDetector",
    "IbmCloudIamDetector",
    "IbmCosHmacDetector",
    "SoftlayerDetector",
}
_WINDOW, _OVERLAP = 800, 300
"""Some of the plugins' patterns take time that grows with the square of a line's length."""
_LONGEST_RUN = 3_000


def tokens(text: str) -> Iterator[Span]:
    """Tokens of known vendors, whole or as far as they are typed."""
    for run in _RUN.finditer(text):
        yield from _in_run(text, *run.span())
    if "://" in text or "sig=" in text or "X-Amz-" in text or "hooks." in text or "office.com" in text:
        for found in _URLS.finditer(text):
            group = found.lastindex or 0
            yield found.span(group)


def _in_run(text: str, start: int, end: int) -> Iterator[Span]:
    at = start
    while at < end:
        found = _TOKEN.match(text, at, min(end, at + _LONGEST_RUN))
        if found and _is_no_name(found[0]):
            yield at, found.end() - (found[0][-1] in _EDGES)
            at = found.end()
        elif (
            (half := _HALF.match(text, at, end)) and half.end() == end and _CUT.match(text, end) and _is_typed(half[0])
        ):
            yield at, end
            return
        if end - at > _LONGEST_RUN:
            return
        at = _next_word(text, at + 1, end)


_OF_AMAZON = {"AKIA", "ASIA"}
_SEAM = re.compile(r"[_.~:$/+%\-](?=[A-Za-z0-9])")


def _next_word(text: str, at: int, end: int) -> int:
    seam = _SEAM.search(text, at, end)
    return seam.end() if seam else end


def _is_no_name(value: str) -> bool:
    """It has a digit, or the capitals within words that names have not."""
    tail = re.split(r"[-_.:]", value)[-1]
    if value[:4] in _OF_AMAZON and value.isupper() and len(value) >= 16:
        return True
    letters = len(tail) >= 24 and (tail != tail.lower() or len(tail) >= 30)
    return letters or any(char.isdigit() for char in value) or (value != value.lower() and is_random(value + "0"))


def _is_typed(value: str) -> bool:
    body = re.split(r"[-_.]", value)[-1]
    return len(body) >= 4 and (
        any(char.isdigit() for char in body) or (body != body.lower() and body != body.title() and not body.isupper())
    )


def plugin_tokens(line: str) -> Iterator[Span]:
    """What detect-secrets' plugins find in one line."""
    whole, valued = _plugins()
    for at in range(0, len(line), _WINDOW - _OVERLAP):
        window = line[at : at + _WINDOW]
        for pattern in whole:
            for found in pattern.finditer(window):
                value = found[0].strip(_EDGES)
                start = at + found.start() + found[0].index(value)
                if any(char.isdigit() for char in value):
                    yield start, start + len(value)
        for pattern in valued:
            for found in pattern.finditer(window):
                if found.lastindex:
                    yield at + found.start(1), at + found.end(1)


@cache
def _plugins() -> tuple[tuple[re.Pattern[str], ...], tuple[re.Pattern[str], ...]]:
    from importlib import import_module

    whole: list[re.Pattern[str]] = []
    valued: list[re.Pattern[str]] = []
    for name in _PLUGINS:
        module, _, kind = name.partition(".")
        for pattern in getattr(import_module(f"detect_secrets.plugins.{module}"), kind).denylist:
            (valued if kind in _VALUE_IN_GROUP and pattern.groups else whole).append(pattern)
    return tuple(whole), tuple(valued)
