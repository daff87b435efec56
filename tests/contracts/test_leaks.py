"""No secret in any field of any body that leaves the machine: prompts, rules that force text, drafts, token ids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from jupyter_mccom.privacy.masked_engine import MaskedEngine
from jupyter_mccom.types import Chunk, Prompt
from tests.cloud_server import CloudServer
from tests.strict_engines import ALL, HEALING, all_of, opened, prompt_at
from tests.strict_model import Heeds, StrictModel, forced_by, left_of, rule_in

pytestmark = pytest.mark.thorough

SECRETS = ("sk-" + "aB3dE5gH7jK9mN1pQ4sT6vW8", "c0rrect-" + "h0rse.b4ttery", "hf_" + "aB3dE5gH7jK9mN1pQ4sT6vW8yZ0aB3")
ABOVE = "import services\n"
_SIGNS = re.compile(r"[\W_]+")


def _strings(value: object, model: StrictModel) -> Iterator[str]:
    """All texts of a JSON value, names and token ids too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _strings(inner, model)
    elif isinstance(value, list):
        if value and all(isinstance(one, int) for one in value):
            yield model.decoded(value)
        for inner in value:
            yield from _strings(inner, model)


def _sent(server: CloudServer, model: StrictModel) -> Iterator[str]:
    """What went out, as it is, without its escapes, and as one text up to the cursor."""
    for path, headers, body in server.asked:
        yield from (path, *headers, *headers.values())
        for text in _strings(body, model):
            yield text
            yield re.sub(r"\\U([0-9A-F]{8})", lambda found: chr(int(found[1], 16)), text)
            yield re.sub(r"\\(.)", r"\1", text)
        asked = model.decoded(
            next((body[name] for name in ("prompt", "input_ids", "text", "content") if name in body), "")
        )
        rule = rule_in(body)
        yield left_of(asked) + (forced_by(rule) if rule else "")


def _leaks(server: CloudServer, model: StrictModel, needle: str) -> list[str]:
    bare = _SIGNS.sub("", needle)
    return [text for text in _sent(server, model) if needle in text or bare in _SIGNS.sub("", text)]


def _prompts(secret: str) -> Iterator[tuple[Prompt, str, int]]:
    """Prompts and drafts, and how many characters of the secret they hold before the cursor."""
    size = len(secret)
    for line in (f'client = services.open(api_key="{secret}", timeout', f"password = '{secret}'; wait"):
        for cursor in range(line.index(secret) + size, len(line) + 1, 4):
            yield prompt_at(line, cursor, ABOVE), "=3)", size
    named = f"{ABOVE}password = '{secret}'\n"
    for line in ("client = services.op", f"use({secret})", f"use('{secret}", f"use({secret}"):
        yield prompt_at(line, len(line), named), "en()", size
    for n_typed in (5, 8, 13, size - 1):
        for line in (f'api_key = "{secret[:n_typed]}', f"password = '{secret[:n_typed]}"):
            yield prompt_at(line, len(line), ABOVE), "", n_typed
            yield prompt_at(line, len(line), ABOVE), f"{secret[n_typed:]}{line[line.index('=') + 2]}\n", n_typed
    for line in ("api_key = ", 'api_key = "', "client.api_k"):
        rest = f'api_key = "{secret}"'[len(line) :] if line[0] == "a" else f'ey = "{secret}"'
        yield prompt_at(line, len(line), ABOVE), rest, 0


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    ("kind", "heeds"), [*((kind, "heeds") for kind in ALL), *((kind, "ignores") for kind in HEALING)]
)
async def test_no_field_of_any_body_holds_a_secret(kind: str, heeds: Heeds, secret: str) -> None:
    """Neither the secret nor its first characters, be it whole, half typed at the cursor, or in the draft."""
    model = StrictModel(ABOVE + "client = 1", heeds)
    async with opened(kind, model) as (inner, server):
        engine = MaskedEngine(inner)
        for prompt, draft, n_typed in _prompts(secret):
            server.asked.clear()
            await all_of(engine, prompt, draft, max_tokens=8)
            needle = secret[: min(8, n_typed or 8)]
            assert server.asked
            assert _leaks(server, model, needle) == [], (prompt, draft)
            assert _leaks(server, model, secret[-8:]) == [] or (n_typed == 0 and not draft)


def _cut_prompts(secret: str) -> Iterator[tuple[Prompt, str]]:
    """Prompts and drafts that hold parts of a secret that only a document, a place in it or another line tells."""
    named, middle = f"password = '{secret}'\n", secret[4:-4]
    file = Chunk(source="a.py", first_line=9, last_line=9, text=f"  {middle}\nx = 1", hidden=((2, 2 + len(middle)),))
    cell = Chunk(source="cell 1", first_line=2, last_line=2, text=f"{secret[-9:]}'\nuse({secret[:9]})")
    for line in ("client = services.op", f"use({secret[:8]}", f"use('{secret[:13]}', ti", f"# {middle[:11]}, a"):
        at = prompt_at(line, len(line), ABOVE)
        yield replace(at, own=(ABOVE + named + ABOVE + line, "")), secret[:12]
        yield replace(at, cells=(f"x = 1\n{named}",), suffix=f"{secret[9:]}\n", chunks=(cell,)), f"{middle})\n"
        yield replace(at, chunks=(file, cell), cells=(named,)), ""
    above = f"{ABOVE}{named}# {secret[:10]}\n{secret[5:14]} = 1\n"
    for n_typed in (4, 8, 11):
        line = f"login('bob', '{secret[:n_typed]}"
        yield prompt_at(line, len(line), above), secret[n_typed:-1]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("kind", ALL)
async def test_no_part_of_a_secret_leaves(kind: str, secret: str) -> None:
    """No 8 characters of a secret, be it cut, in a later line, in a draft or half typed, and counting sends nothing."""
    model = StrictModel(ABOVE + "client = 1")
    parts = [secret[at : at + 8] for at in range(len(secret) - 7)]
    async with opened(kind, model) as (inner, server):
        engine = MaskedEngine(inner)
        for prompt, draft in _cut_prompts(secret):
            server.asked.clear()
            await all_of(engine, prompt, draft, max_tokens=8)
            assert server.asked
            sent = [*_sent(server, model)]
            assert [part for part in parts if any(part in text for text in sent)] == [], (prompt, draft)
        server.asked.clear()
        await engine.count([f"password = '{secret}'", secret])
        assert server.asked == []


@pytest.mark.parametrize("kind", HEALING)
async def test_text_beside_a_placeholder_is_not_forced(kind: str) -> None:
    """A rule goes out for half a word behind a masked secret, and none where a placeholder touches the word."""
    model = StrictModel(ABOVE)
    secret = SECRETS[0]
    line = f"client = services.open(api_key='{secret}', timeou"
    async with opened(kind, model) as (inner, server):
        engine = MaskedEngine(inner)
        await all_of(engine, prompt_at(line, len(line), ABOVE))
        assert {forced_by(rule) for _, _, body in server.asked if (rule := rule_in(body))} == {" timeou"}
        for cut in (len(line) - 8, line.index(secret) + len(secret), line.index(secret) + 9):
            server.asked.clear()
            await all_of(engine, prompt_at(line, cut, ABOVE))
            assert not any(rule_in(body) for _, _, body in server.asked)
