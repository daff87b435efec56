"""Names that say that their value is a secret, in the languages that people write code in.

A name is read by its parts (`dbPassword`, `DB_PASSWORD` and `db-password` have the same ones). What a name tells is
one of three: its value is a secret whatever it looks like; only if it looks random or mixed; nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum
from functools import lru_cache


class Tells(IntEnum):
    """How much a name says about its value."""

    NOTHING = 0
    RANDOM = 1
    """`token`, `key`: a value counts if it looks random."""
    MIXED = 2
    """`auth_token`, `pin`: a value counts if it is no plain word."""
    SURELY = 3
    """`password`: any value counts."""


_SURELY = frozenset(
    # English and its abbreviations
    "password passwd passwrd passwort passphrase passcode passkey pwd pswd psw pw passw pword passwords passwds pwds pass1"
    " pass2 secret secrets apikey apikeys appkey authkey accesskey secretkey privatekey privkey masterkey signingkey"
    " encryptionkey clientsecret appsecret apisecret sharedsecret accountkey sharedkey storagekey userpass userpassword"
    " userpwd dbpass dbpassword dbpwd mysqlpwd pgpassword sshpass keypass storepass keyfilepass rootpass rootpassword"
    " adminpass adminpassword sshpassword credential credentials creds passin passout requirepass masterauth sudopass"
    " sharedaccesskey awssecretaccesskey psk wpapsk mypassword newpassword oldpassword"
    # German, Dutch, Scandinavian, Finnish
    " kennwort passworte kennwoerter losungswort geheimnis wachtwoord wachtwoorden lösenord losenord adgangskode passord"
    " kodeord salasana tunnussana"
    # Spanish, Portuguese, French, Italian, Catalan, Romanian
    " contraseña contrasena contraseñas contrasenas contrasenya contrasenia senha senhas palavrapasse motdepasse mdp"
    " motpasse parolaordine parolă parola"
    # Slavic, Hungarian, Baltic, Greek, Turkish
    " hasło haslo heslo geslo lozinka zaporka šifra jelszó jelszo slaptažodis parool пароль пароли парол лозинка"
    " секрет κωδικός κωδικος şifre sifre parolası"
    # Chinese, Japanese, Korean, Vietnamese, Thai, Indonesian, Hindi, Arabic, Hebrew, Persian
    " 密码 密碼 口令 密钥 密鑰 秘钥 秘鑰 私钥 mima パスワード 暗証番号 秘密鍵 パスフレーズ 비밀번호 패스워드 암호 비번"
    " matkhau mậtkhẩu รหัสผ่าน katasandi sandi पासवर्ड سر كلمةالمرور كلمةالسر סיסמה סיסמא رمزعبور گذرواژه".split()
)
_MIXED = frozenset(
    [
        "pass",
        "pin",
        "pincode",
        "otp",
        "totp",
        "mnemonic",
        "bearer",
        "jwt",
        "pat",
        "sas",
        "dsn",
        "salt",
        "pepper",
        "clave",
        "claves",
        "chave",
        "chiave",
        "mot",
        "parole",
        "code",
        "authtoken",
        "accesstoken",
        "refreshtoken",
        "apitoken",
        "bottoken",
        "token",
        "секретный",
        "auth",
        "basicauth",
        "httpauth",
        "authorization",
        "userpwd",
        "sessionid",
        "csrftoken",
        "connstr",
        "connectionstring",
        "cookie",
        "login",
        "logins",
        "ключ",
        "令牌",
        "토큰",
        "トークン",
    ]
) - {"token", "code", "mot", "login", "logins", "auth", "cookie"}
_RANDOM = frozenset(
    [
        "token",
        "tokens",
        "key",
        "keys",
        "auth",
        "cookie",
        "session",
        "signature",
        "sig",
        "hmac",
        "seed",
        "webhook",
        "cle",
        "clé",
        "klucz",
        "sleutel",
    ]
)
_BEFORE_KEY = frozenset(
    [
        "api",
        "access",
        "auth",
        "secret",
        "private",
        "priv",
        "service",
        "account",
        "encryption",
        "master",
        "signing",
        "client",
        "shared",
        "storage",
        "subscription",
        "license",
        "ssh",
        "rsa",
        "db",
        "database",
        "admin",
        "root",
        "application",
        "consumer",
        "instrumentation",
        "deploy",
        "deployment",
        "integration",
        "partner",
        "developer",
        "dev",
        "cloud",
        "merchant",
        "openai",
        "anthropic",
        "azure",
        "aws",
        "gcp",
        "google",
        "hf",
        "cohere",
        "mistral",
        "groq",
        "pinecone",
        "datadog",
        "dd",
        "sendgrid",
        "stripe",
        "mailgun",
        "twilio",
        "newrelic",
        "weaviate",
        "qdrant",
        "wandb",
        "kaggle",
        "serpapi",
        "tavily",
        "elastic",
        "algolia",
        "maps",
        "backup",
        "fernet",
        "aes",
        "cipher",
        "crypto",
        "decryption",
        "bot",
        "host",
        "rest",
        "write",
        "read",
        "session",
        "hmac",
        "licence",
        "server",
        "ibm",
        "sas",
        "stream",
        "connection",
        "gemini",
        "claude",
        "replicate",
        "deepseek",
        "together",
        "openrouter",
        "langchain",
        "langsmith",
        "supabase",
    ]
)
_BEFORE_TOKEN = frozenset(
    [
        "auth",
        "access",
        "api",
        "bot",
        "refresh",
        "bearer",
        "secret",
        "session",
        "github",
        "gh",
        "gitlab",
        "slack",
        "hf",
        "huggingface",
        "personal",
        "oauth",
        "oauth2",
        "id",
        "jwt",
        "deploy",
        "npm",
        "pypi",
        "vault",
        "telegram",
        "discord",
        "service",
        "user",
        "app",
        "device",
        "security",
        "csrf",
        "xsrf",
        "account",
        "private",
        "databricks",
        "registry",
        "admin",
        "push",
        "webhook",
        "client",
        "login",
        "sas",
        "sts",
        "aws",
        "azure",
        "do",
        "digitalocean",
        "doppler",
        "notion",
        "airtable",
        "ngrok",
        "root",
        "read",
        "write",
        "ci",
        "job",
        "my",
    ]
)
_ABOUT = frozenset(
    [
        "field",
        "fields",
        "name",
        "names",
        "type",
        "types",
        "label",
        "labels",
        "input",
        "inputs",
        "hint",
        "help",
        "prompt",
        "message",
        "msg",
        "error",
        "errors",
        "url",
        "uri",
        "link",
        "path",
        "paths",
        "file",
        "files",
        "filename",
        "dir",
        "folder",
        "env",
        "var",
        "vars",
        "variable",
        "variables",
        "len",
        "length",
        "size",
        "min",
        "max",
        "limit",
        "count",
        "regex",
        "pattern",
        "policy",
        "rule",
        "rules",
        "column",
        "col",
        "header",
        "headers",
        "param",
        "params",
        "parameter",
        "option",
        "options",
        "arg",
        "args",
        "attr",
        "attribute",
        "class",
        "cls",
        "page",
        "view",
        "form",
        "screen",
        "route",
        "endpoint",
        "title",
        "text",
        "description",
        "desc",
        "placeholder",
        "validator",
        "strength",
        "reset",
        "changed",
        "expired",
        "expires",
        "expiry",
        "expiration",
        "ttl",
        "timeout",
        "lifetime",
        "algorithm",
        "algo",
        "scheme",
        "method",
        "mode",
        "format",
        "encoding",
        "provider",
        "manager",
        "store",
        "helper",
        "service",
        "handler",
        "factory",
        "builder",
        "generator",
        "getter",
        "callback",
        "fn",
        "func",
        "function",
        "required",
        "missing",
        "invalid",
        "valid",
        "incorrect",
        "wrong",
        "mismatch",
        "visible",
        "enabled",
        "disabled",
        "index",
        "idx",
        "number",
        "num",
        "ids",
        "embedding",
        "embeddings",
        "dim",
        "dims",
        "dtype",
        "mask",
        "masks",
        "prob",
        "probs",
        "logits",
        "vocab",
        "vocabulary",
        "arn",
        "ref",
        "reference",
        "selector",
        "hash",
        "hashed",
        "digest",
        "template",
        "example",
        "usage",
        "scope",
        "scopes",
        "status",
        "state",
        "info",
        "metadata",
        "kind",
        "event",
        "events",
        "action",
    ]
)
"""Behind a telling part these make the name one of something else: `password_field`, `token_url`."""
_ASKS = frozenset(
    [
        "get",
        "read",
        "ask",
        "prompt",
        "input",
        "fetch",
        "load",
        "find",
        "list",
        "delete",
        "remove",
        "check",
        "verify",
        "validate",
        "hash",
        "has",
        "is",
        "no",
        "num",
        "n",
        "max",
        "min",
        "forgot",
        "forget",
        "reset",
        "show",
        "hide",
        "toggle",
        "generate",
        "gen",
        "random",
        "make",
        "need",
        "needs",
        "require",
        "requires",
        "missing",
        "invalid",
        "wrong",
        "without",
        "use",
        "count",
        "sort",
        "group",
        "primary",
        "foreign",
        "index",
        "pad",
        "eos",
        "bos",
        "unk",
        "sep",
        "cls",
        "special",
        "next",
        "last",
        "first",
        "prev",
    ]
)
"""In front of a telling part these ask for a value or are about one: `get_secret("name")`."""
_KNOWN = (_SURELY | _MIXED | _RANDOM | _BEFORE_KEY | _BEFORE_TOKEN | _ABOUT) - {"my"}
_WORDS = re.compile(r"[^\W\d](?:[^\W\d]|-)*")
_PART = re.compile(r"[A-Z]+(?![^\W\dA-Z_])|[A-Z]?[^\W\dA-Z_]+|\d+")
_NAME = re.compile(r"[^\W\d](?:[\w$]|-(?=[^\W_])){1,79}")
_LONGEST_NAME = 64


def names_in(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[re.Match[str], Tells]]:
    """The telling names of `text` between two places."""
    for found in _NAME.finditer(text, start, len(text) if end is None else end):
        tells = what_tells(found[0])
        if tells:
            yield found, tells


@lru_cache(maxsize=16_384)
def what_tells(name: str) -> Tells:
    """What `name` says about its value."""
    if len(name) > _LONGEST_NAME:
        return Tells.NOTHING
    parts = [part.lower() for part in _PART.findall(name) if not part.isdigit()]
    last = len(parts) - 1
    told, at = max(((_part(parts, number), number) for number in range(len(parts))), default=(Tells.NOTHING, 0))
    if told is Tells.NOTHING:
        return told
    if any(part in _ABOUT for part in parts[at + 1 :]) and told > Tells.RANDOM:
        return Tells.RANDOM
    if at < last and told < Tells.MIXED:
        return Tells.NOTHING
    return Tells.RANDOM if parts[0] in _ASKS and at else told


def asks(name: str) -> bool:
    """A function of this name looks a value up or checks one: its arguments are names, not secrets."""
    parts = [part.lower() for part in _PART.findall(name)]
    return bool(parts) and (parts[0] in _ASKS or parts[0] in {"getpass", "getenv"})


def is_telling_word(word: str) -> bool:
    """`word` is a telling name and nothing else, such as stands in prose, in forms and for a variable."""
    bare = word.strip("-_.:,;!?'\"`()[] ")
    if not bare or not _WORDS.fullmatch(bare) or not what_tells(bare):
        return False
    return all(part.lower() in _KNOWN for part in _PART.findall(bare))


def _part(parts: list[str], number: int) -> Tells:
    """What one part tells, beside the parts in front of it."""
    part, before = parts[number], parts[number - 1] if number else ""
    pair = before + part
    if part in _SURELY or pair in _SURELY or "".join(parts[max(0, number - 2) : number + 1]) in _SURELY:
        return Tells.SURELY
    if part in {"key", "keys"} and before in _BEFORE_KEY:
        return Tells.SURELY
    if (
        part == "pass"
        and number
        and before not in {"by", "low", "high", "band", "one", "single", "forward", "backward"}
    ):
        return Tells.SURELY
    if part in _MIXED or pair in _MIXED or (part == "token" and before in _BEFORE_TOKEN):
        return Tells.MIXED
    return Tells.RANDOM if part in _RANDOM else _glued(part)


def _glued(part: str) -> Tells:
    """Names without a seam: `mypassword`, `dbpasswd`, `xapikey`."""
    for word in ("password", "passwd", "passwort", "passphrase", "apikey", "secretkey", "accesskey", "пароль", "密码"):
        if part.endswith(word) or (part.startswith(word) and len(part) <= len(word) + 2):
            return Tells.SURELY
    return Tells.MIXED if part.endswith(("pwd", "authtoken", "accesstoken")) and len(part) <= 16 else Tells.NOTHING
