"""Passwords that a command takes by their place: `net use … bob …`, `redis-cli AUTH …`, `user bob …` of ftp.

Options are in `shell_lines.py`. On a line that begins as those of a shell in a notebook do, each argument counts that
is no word and no path and has digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .secret_values import is_blank, is_made_up, is_mixed, is_odd, is_random, is_secret
from .span import Span
from .telling_names import Tells

_GAP = r"[\"', \t]{1,4}"
_WORD = r"[\"']{0,2}(?P<value>[^\s\"'`|;&<>$][^\s\"'`|;&<>]{5,199})"
_PLACES = tuple(
    (hint, re.compile(pattern))
    for hint, pattern in (
        ("net", rf"(?i)\bnet{_GAP}use{_GAP}(?:\w:|\*){_GAP}\S{{3,100}}{_GAP}(?:/user:\S{{1,100}}{_GAP})?(?!/){_WORD}"),
        ("net", rf"(?i)\bnet{_GAP}user{_GAP}\S{{1,80}}{_GAP}(?!/){_WORD}"),
        ("smbclient", rf"\bsmbclient{_GAP}(?:-\w+{_GAP})?[/\\]{{2,4}}\S{{3,100}}{_GAP}(?!-){_WORD}"),
        ("AUTH", rf"(?:^|[\s\"'])AUTH{_GAP}(?:(?:default|[\w.-]{{1,40}}){_GAP}(?=[\w\"'!@#]))?{_WORD}"),
        ("alias", rf"\bmc{_GAP}alias{_GAP}set{_GAP}\S{{1,60}}{_GAP}\S{{3,100}}{_GAP}\S{{3,100}}{_GAP}{_WORD}"),
        ("obscure", rf"\brclone{_GAP}obscure{_GAP}{_WORD}"),
        ("rclone", rf"\brclone{_GAP}config[^\n]{{1,200}}?{_GAP}(?:pass|password|secret|key){_GAP}{_WORD}"),
        ("openssl", rf"\bopenssl{_GAP}passwd{_GAP}(?:-\w+{_GAP}(?:(?!-)\S{{2,16}}{_GAP}(?=[^\s|]))?){{0,3}}(?!-)"
        rf"{_WORD}"),
        ("nmcli", rf"\bnmcli\b[^\n]{{1,120}}?{_GAP}(?:password|wifi-sec\.psk|psk){_GAP}{_WORD}"),
        ("user ", rf"(?m)^[ \t]*(?:quote[ ])?user[ ]\S{{1,60}}[ ]{_WORD}[\"']?[ \t]*$"),
        ("open", rf"\bopen{_GAP}-u{_GAP}[^\s,]{{1,60}},{_WORD}"),
        ("ConvertTo-SecureString", rf"\bConvertTo-SecureString{_GAP}(?:-String{_GAP})?(?!-){_WORD}"),
        ("send", rf"(?i)(?:passw?\w*|assword)[:*\"']{{0,3}}[;\s]{{1,20}}send[ ](?:--[ ])?{_WORD}"),
        ("echo", rf"\b(?:echo|printf){_GAP}(?:-\w{_GAP})?{_WORD}[\"']?[ \t]*\|[ \t]*(?=\S{{1,30}}"
        rf"[^\n]{{0,120}}(?:-fd\b|pass|secret|login|crypt|-S\b))"),
        ("keyvault", rf"\bsecret{_GAP}set\b[^\n]{{1,200}}?--value[= \t]{_WORD}"),
        ("string", rf"\bsecrets{_GAP}put\b[^\n]{{1,200}}?--(?:string-value|value|bytes-value)[= \t]{_WORD}"),
        ("put-", rf"\b(?:put-parameter|create-secret|put-secret-value)\b[^\n]{{1,200}}?--(?:value"
        rf"|secret-string)[= \t]{_WORD}"),
        ("add-generic-password", rf"\badd-(?:generic|internet)-password\b[^\n]{{1,200}}?[ ]-w[ ]{_WORD}"),
        ("PASS ", r"\bPASS[ ](?P<value>[^\s\"'`\\]{6,100})(?=\\r|\\n|[\"']|[ \t]*$)"),
        ("using", rf"(?i)\buser[ ]\S{{1,60}}[ ]using[ ]{_WORD}"),
        ("socks", rf"(?m)^[ \t]*socks[45][ \t]+\S{{3,60}}[ \t]+\d{{2,5}}[ \t]+\S{{2,60}}[ \t]+{_WORD}"),
        (" -X", rf"\bsnmp\w+[^\n]{{1,160}}?[ ]-X[ ]{_WORD}"),
        (" -K", rf"\bccrypt\b[^\n]{{1,160}}?[ ]-K[ ]{_WORD}"),
        (" -s", rf"\bldappasswd\b[^\n]{{1,160}}?[ ]-s[ ]{_WORD}"),
        (".logon", r"\.logon[ ][^\s,]{1,100},(?P<value>[^\s\"'`;]{4,100})"),
        ("iinit", rf"\becho[ ]{_WORD}[ ]\|[ ]*iinit"),
        ("-p", rf"\b(?:useradd|usermod|adduser|ncftp\w*|curlftpfs|jupyter|xrdp|vncviewer|sshfs|nxc|netexec"
        rf"|evil-winrm|mitmproxy|robocopy|psexec|winexe|arangosh|cypher-shell|couchbase-cli|sqlite3|tsql|osql"
        rf"|db2|bteq|tdload|vsql|nzsql|exaplus|presto|trino){_GAP}[^\n]{{0,160}}?-p{_GAP}{_WORD}"),
        ("-P", rf"\b(?:tsql|osql|ncftp\w*|vsql){_GAP}[^\n]{{0,160}}?-P{_GAP}{_WORD}"),
        ("-w", rf"\b(?:vsql|nzsql|psexec)\b[^\n]{{0,160}}?[ ]-w{_GAP}{_WORD}"),
        ("-a", rf"\b(?:https?|xh|xhs){_GAP}[^\n]{{0,80}}?(?:-a|--auth)[= \t]{{1,2}}[\"']?[\w.@-]{{1,60}}:{_WORD}"),
    )
)  # fmt: skip
_ECHO = re.compile(
    r"(?:^|`)[ \t]*!!?[ \t]*(?:echo"
    r"|printf)[ \t]+(?:-\w+[ \t]+)?[\"']?(?:[\w.-]{1,60}:)?(?P<value>[^\s\"'`|<>$]"
    r"[^\s\"'`|<>]{5,199})[\"']?[ \t]*(?=$|[|>])",
    re.MULTILINE,
)
"""One word that a pipe or a file takes, or will take."""
_SHELL = re.compile(
    r"(?:^|`)[ \t]*(?:!!?|%%?(?:sx|system|bash|sh)\b)[ \t]*(?P<command>[\w./-]+)(?P<rest>[^\n]{8,600})", re.MULTILINE
)
_PLAIN = frozenset(
    [
        "pip",
        "pip3",
        "conda",
        "mamba",
        "apt",
        "apt-get",
        "ls",
        "cd",
        "cp",
        "mv",
        "rm",
        "mkdir",
        "cat",
        "head",
        "tail",
        "python",
        "python3",
        "git",
        "jupyter",
        "tree",
        "find",
        "grep",
        "awk",
        "sed",
        "make",
        "cmake",
        "gcc",
        "nvcc",
        "npm",
        "yarn",
        "tar",
        "unzip",
        "bash",
        "sh",
        "source",
        "which",
        "chmod",
        "du",
        "df",
        "wc",
        "sort",
        "uv",
        "brew",
        "yum",
        "date",
    ]
)
"""Commands whose arguments are files, packages and versions."""
_ARGUMENT = re.compile(r"(?<=[\s\"'])[\w!@#%^&*+=?~./-]{8,200}(?=[\s\"'`|;)]|$)")
_NAMED = re.compile(r".*\.[a-z]\w{0,9}(?:\.\w{2,4})?$|[\w-]+(?:\.[\w-]+)+$|-.*|/.*|[\d.:-]*[.:-][\d.:-]*$|\d{1,7}$")
_TELLING = re.compile(
    r"(?i)[\s\"'](?:[+/-]{1,2})?(?:[\w.]+[_-])?(?:passw(?:or)?d|pass|pw|logi?on|login|auth|adduser|add[_-]user"
    r"|useradd|http-basic[.]\w+|secrets?|token|credentials?|requirepass|using|-n?b)(?=[\s=\"'])|_passwd\b|<<<"
)
"""Behind such an argument a made-up word without digits counts too."""
_USER_AND_P = re.compile(
    r"[\s\"'][-/](?:u|U|ru|xu|l|n|-user(?:name)?|-login)[= \t][ \t]*\S{1,80}[^\n]{0,80}?[\s][-/](?:p|P|rp"
    r"|xp)[= \t][ \t]*" + _WORD
)
_PORT = re.compile(r"\d{1,5}")


def command_passwords(text: str) -> Iterator[Span]:
    """The passwords by their places in the commands of `text`."""
    for found in _placed(text):
        value = found["value"].removesuffix("\\r").removesuffix("\\n")
        if not _is_no_value(value):
            yield found.start("value"), found.start("value") + len(value)
    for line in _SHELL.finditer(text) if "!" in text or "%" in text else ():
        if line["command"].rsplit("/", 1)[-1] not in _PLAIN:
            yield from _odd_arguments(text, line)


def _placed(text: str) -> Iterator[re.Match[str]]:
    for hint, pattern in _PLACES:
        if hint in text:
            yield from pattern.finditer(text)
    if "!" in text or "%" in text:
        yield from (found for found in _ECHO.finditer(text) if is_odd(found["value"]))
        for line in _SHELL.finditer(text):
            yield from _USER_AND_P.finditer(text, line.start("command"), line.end())


def _odd_arguments(text: str, line: re.Match[str]) -> Iterator[Span]:
    """Arguments with digits that are no word, no host and no file."""
    telling = _TELLING.search(text, line.start("command"), line.end())
    told_from = telling.end() if telling else line.end()
    for found in _ARGUMENT.finditer(text, *line.span("rest")):
        value = found[0]
        has_digit = any(map(str.isdigit, value))
        strong = is_random(value) or is_made_up(value) or not value.replace("-", "").replace("_", "").isalnum()
        told = found.start() >= told_from and is_odd(value)
        if "/" in value and not (len(value) >= 32 and is_random(value)):
            continue
        if (told or (has_digit and is_mixed(value) and strong)) and (
            not _NAMED.fullmatch(value) or (told and is_random(value) and "/" not in value)
        ):
            yield found.span()


def _is_no_value(value: str) -> bool:
    return (
        is_blank(value)
        or value[0] in "{%-"
        or "{" in value
        or not is_secret(value, Tells.SURELY)
        or (_PORT.fullmatch(value) is not None)
    )
