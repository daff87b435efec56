"""Passwords in commands: options (`--password …`, mysql's `-p…`, curl's `-u user:…`) and what some commands are given.

`NAME=…` in front of a command, behind `export`, or in `--env` is found by its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .secret_values import is_blank, is_made_up, is_mixed, is_secret
from .span import Span
from .telling_names import Tells, what_tells

_VALUE = r"(?:\"(?P<{0}a>[^\"\n]{{1,300}})\"?|'(?P<{0}b>[^'\n]{{1,300}})'?|(?P<{0}c>[^\s\"'`|;&<>,)\]]{{1,300}}))"
_OPTION = re.compile(
    r"(?<![\w-])(?:--?|/)(?P<name>[A-Za-z][\w.-]{1,40})(?:=|[ \t]+|[\"'],?\s{0,20})" + _VALUE.format("o")
)
_COMMANDS = re.compile(
    r"(?<![\w./-])(?:mysql\w*|mariadb\w*|mycli|pgcli|sshpass|docker|podman|nerdctl|buildah|skopeo|helm|mongo\w*|twine|ssh-keygen|sqlcmd|bcp|isql|sqlplus|7z\w?"
    r"|zip|unzip|unrar|redis-cli|curl|wget|http|https|xh|lftp|ftp|smbclient|rpcclient|crackmapexec|htpasswd|ldap\w+|mosquitto_\w+|az|oc|ngrok|wandb|vault|heroku|aws|gcloud|openssl"
    r"|sudo|snowsql|beeline|impala-shell|clickhouse-client|cqlsh|influx|rclone|restic|svn|git|gh|glab|hf|huggingface-cli|kaggle"
    r"|conda|anaconda|pip|poetry|npm|yarn|sftp|scp|rsync|net|xfreerdp|rdesktop|ipmitool|snmp\w+|nmcli|wpa_passphrase|chpasswd"
    r"|passwd|gpg2?|borg|keytool|doppler|flyctl|fly|databricks|dbt|echo|printf|modal|railway|vercel|netlify|pscale|supabase|doctl|linode-cli|hcloud|kubectl)"
    r"(?:\.exe)?(?=[\s\"',])"
)
_SPACED = re.compile(
    r"(?m)(?:^[ \t]*|`)(?:%(?:set_)?env|ENV|!?setx|setenv)[ \t]{1,4}(?P<name>\w{3,80})[ \t]{1,4}" + _VALUE.format("e")
)
_GLUE = r"[\s\"',]{1,4}"
_FLAGS = re.compile(
    r"(?P<who>(?<=[\s\"'])-(?:-user|-userpass|-proxy-user|u|U)(?:[\"',]{0,2}[= \t]{0,2}[\"']{0,2}))"
    r"(?P<login>[^\s\"':%,]{1,80}[:%,](?P<loginpass>[^\s\"'`]{1,200}))"
    r"|(?<=[\s\"'])-(?P<flag>p|P|a|w|k|N|A|v|b)(?P<gap>[\"',]{0,2}[= \t]{0,2}[\"']{0,2})"
    r"(?P<short>[^\s\"'`\-][^\s\"'`]{2,200})"
    r"|(?:\bpass:|(?<=\s)/p:)(?P<openssl>[^\s\"'`]{3,200})"
)
_GIVEN = re.compile(
    r"\b(?:authtoken|add-authtoken|(?:wandb|vault|doppler|fly)[\"', \t]{1,4}login)"
    r"[\"', \t]{1,4}(?:--\w+[\"', \t]{1,4}){0,3}(?P<token>[\w.\-]{8,})"
    r"|\bconfigure[\"', \t]{1,4}set[\"', \t]{1,4}(?P<key>[\w.\-]{3,80})"
    + _GLUE
    + _VALUE.format("s")
    + r"|\bconfig[\"', \t]{1,4}(?:set[\"', \t]{1,4})?(?:--\w+[\"', \t]{1,4}){0,3}(?P<key2>[\w./:\-]{3,80})"
    + _GLUE
    + _VALUE.format("t")
    + r"|\bhtpasswd[ \t]+-\w*b\w*[ \t]+\S+[ \t]+\S+[ \t]+(?P<htpasswd>\S{3,})"
    r"|\b(?:echo|printf)[ \t]+(?:-\w+[ \t]+)?[\"']?(?:[\w.-]+:)?(?P<echo>[^\s\"'`|<>]{4,200})(?:\\n)?[\"']?"
    r"[ \t]*\|[ \t]*(?=[^\n]{0,120}(?:-S\b|stdin|passw|login|chpasswd))"
    r"|\bsqlplus[ \t]+(?:-\w+[ \t]+){0,3}[\w$#]{1,60}/(?P<oracle>[^\s@\"'/]{3,100})@"
    r"|\bsecrets?[ \t]+set[ \t]+\w+[ \t]+--body[= \t]+[\"']?(?P<body>[^\s\"']{4,})"
    r"|<<<[ \t]*[\"']?(?P<here>[^\s\"'`]{4,200})"
    r"|\bwpa_passphrase[ \t]+\S+[ \t]+[\"']?(?P<wpa>[^\s\"']{4,})"
)
_TAKES = {
    "p": re.compile(
        r"sshpass|docker|podman|nerdctl|buildah|mongo|twine|7z|unrar|\baz\b|\boc\b|xfreerdp|rdesktop|mysql|maria|cqlsh|beeline|pgcli|mycli|modal|chpasswd|influx"
    ),
    "P": re.compile(r"sqlcmd|bcp|isql|\bzip|unzip|mosquitto|ipmitool|cqlsh|snmp"),
    "a": re.compile(r"redis-cli"),
    "w": re.compile(r"ldap|\bnet\b|mosquitto"),
    "k": re.compile(r"openssl"),
    "N": re.compile(r"ssh-keygen"),
    "A": re.compile(r"snmp"),
    "v": re.compile(r"kaggle\s+config"),
    "b": re.compile(r"secret\s+set"),
}
_TIGHT = re.compile(r"mysql|maria|mycli|7z|unrar|modal")
"""With these a value follows `-p` without a space; with one, another argument follows."""
_PORTS = re.compile(r"\d{1,5}(?::\d{1,5}){0,2}(?:/\w+)?")
_AN_OPTION = re.compile(r"--?[a-z][a-z-]*(?:=|$)|-[A-Za-z]$")
_SHELL_LINE = re.compile(r"(?:^|`)[ \t]*[!%$]", re.MULTILINE)
_LONG = 20
_LONGEST_LINE = 600


def shell_passwords(text: str) -> Iterator[Span]:
    """The passwords in the commands of `text`, be they lines of a shell, magics or lists of arguments."""
    for found in _OPTION.finditer(text):
        tells = what_tells(found["name"].replace("-", "_"))
        if tells:
            yield from _valued(text, found, "o", max(tells, Tells.MIXED))
    for found in _SPACED.finditer(text):
        yield from _valued(text, found, "e", what_tells(found["name"]))
    at = 0
    for command in _COMMANDS.finditer(text):
        if command.start() < at:
            continue
        at = _end_of_command(text, command.start())
        yield from _of_command(text, command.start(), at)


def _end_of_command(text: str, start: int) -> int:
    """The end of the line, and of those that a backslash joins to it."""
    limit, end = min(len(text), start + _LONGEST_LINE), start
    while (end := text.find("\n", end, limit)) >= 0 and text[end - 1] == "\\":
        end += 1
    return limit if end < 0 else end


def _of_command(text: str, start: int, end: int) -> Iterator[Span]:
    for found in _FLAGS.finditer(text, start, end):
        if found["loginpass"] and not _is_filled_in(found["loginpass"]) and not found["loginpass"].startswith("//"):
            yield found.span("loginpass")
        elif found["openssl"] and not _is_filled_in(found["openssl"]):
            yield found.span("openssl")
        elif (
            found["short"]
            and _takes(text[start : found.start()], found["flag"], found["gap"])
            and not _is_filled_in(found["short"])
            and not _PORTS.fullmatch(found["short"])
        ):
            yield found.span("short")
    for found in _GIVEN.finditer(text, start, end):
        for prefix, key in (("s", "key"), ("t", "key2")):
            if found[key] and (tells := what_tells(re.split(r"[./:]", found[key])[-1])):
                yield from _valued(text, found, prefix, tells)
        yield from _given(found, surely=" -S" in text[start:end])


def _given(found: re.Match[str], *, surely: bool) -> Iterator[Span]:
    """What a command is given as a word, or by another command."""
    for group in ("token", "htpasswd", "echo", "here", "wpa", "oracle", "body"):
        value = found[group]
        if value and not _is_filled_in(value):
            shaped = surely or group not in {"token", "here"} or is_mixed(value) or len(value) >= _LONG
            if shaped:
                yield found.span(group)


def _takes(command: str, flag: str, gap: str) -> bool:
    """One of the words so far is a command whose option `flag` is followed by a password."""
    named = [found[0] for found in _TAKES[flag].finditer(command)]
    return bool(named) and not (gap.strip("\"',") and _TIGHT.search(command) and "=" not in gap and flag == "p")


def _valued(text: str, found: re.Match[str], prefix: str, tells: Tells) -> Iterator[Span]:
    for group in ("a", "b", "c"):
        value = found[prefix + group]
        if not value or _AN_OPTION.match(value) or not is_secret(value, tells) or _is_filled_in(value):
            continue
        if prefix != "o" or is_mixed(value) or is_made_up(value) or _is_shell(text, found, prefix + group):
            yield found.span(prefix + group)


def _is_shell(text: str, found: re.Match[str], group: str) -> bool:
    """The option has a `=`, or its line begins as those of a shell in a notebook do."""
    line = text.rfind("\n", max(0, found.start() - _LONGEST_LINE), found.start()) + 1
    return "=" in text[found.end("name") : found.start(group)] or (
        _SHELL_LINE.search(text, line, found.start()) is not None
    )


def _is_filled_in(value: str) -> bool:
    return is_blank(value) or value[0] in "$<{%" or "${" in value or "{" in value
