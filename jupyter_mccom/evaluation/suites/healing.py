"""`bench --suite healing`: where to cut the cursor's line, and by which rule to force what was cut off.

One model in this process, the prompts that the product builds, at keys inside words and behind signs or blanks: the
exact rest of the line for each cut with each rule. At one position the cuts follow each other, so that the model's
cache holds the prompt above the line.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias, get_args

from ...cascade.engine_context import Context
from ...cascade.text.heal import heal
from ...engines.decoding.constrain import Rule
from ...engines.decoding.decoding import Check, Decoder, Decoding
from ...engines.fim import PromptFormat
from ...retrieval.search import Retrieval
from ...settings import MCCom
from ...types import CompletionRequest, Prompt, Skills, Token
from ..lib.bench import Bench
from ..lib.in_process import load_in_process
from ..lib.key_positions import at_keys, pressed
from ..lib.metrics import edit_similarity, exact_match
from ..lib.samples import Sample, notebook_samples
from ..lib.timed_answers import written
from ..report.findings import Findings, Table
from ..report.strata import Stratum, strata

Cut: TypeAlias = Callable[[str, Decoder], tuple[str, str]]
"""The cursor's line up to the cursor → what stands in the prompt, and what is forced on the answer."""
_RULES: Sequence[Rule] = get_args(Rule)
_ASKED = ("inside", "behind")
_WORD = re.compile(r"[ \t]*\w+$")
_WORD_AND_SIGN = re.compile(r"[ \t]*(?:[^\w\s]?\w+|[^\w\s]+|)$")
_NEXT = re.compile(r"\s*(?:\w+|[^\w\s]+)")


def uncut(line: str, decoder: Decoder) -> tuple[str, str]:
    """No healing: the model writes the blanks at the line's end anew."""
    return line.rstrip(" \t"), ""


def word(line: str, decoder: Decoder) -> tuple[str, str]:
    """Back over the identifier or number under the cursor and the blanks before it; without one, as `uncut`."""
    found = _WORD.search(line)
    return (line[: found.start()], line[found.start() :]) if found else uncut(line, decoder)


def last_token(line: str, decoder: Decoder) -> tuple[str, str]:
    """Back over the last token of the line as the tokenizer writes it, and over those that end inside a character."""
    ids = decoder.encode(line, special=False)
    while ids:
        ids.pop()
        try:
            typed = b"".join(map(decoder.piece, ids)).decode()
        except UnicodeDecodeError:
            continue
        if line.startswith(typed):
            return typed, line[len(typed) :]
    return "", line


def word_or_last_token(line: str, decoder: Decoder) -> tuple[str, str]:
    """Whichever of both goes back farther; all behind it is forced."""
    end = min(len(word(line, decoder)[0]), len(last_token(line, decoder)[0]))
    return line[:end], line[end:]


def word_and_sign(line: str, decoder: Decoder) -> tuple[str, str]:
    """Back over the word with one sign directly before it, else over the last run of signs, and the blanks before."""
    found = _WORD_AND_SIGN.search(line)
    assert found is not None, "it matches at the end of any line"
    return line[: found.start()], line[found.start() :]


def pre_token(line: str, decoder: Decoder) -> tuple[str, str]:
    """The cut that the product makes: before the last piece, since no token reaches across its start."""
    found = heal(line)
    return found.typed, found.forced


def two_pre_tokens(line: str, decoder: Decoder) -> tuple[str, str]:
    """The cut of `heal`, made twice: before the last two pieces."""
    first = heal(line)
    typed = heal(first.typed).typed
    return typed, line[len(typed) :]


CUTS: Mapping[str, Cut] = {
    "word": word,
    "last token": last_token,
    "word or last token, the farther": word_or_last_token,
    "word and its sign": word_and_sign,
    "pre-token": pre_token,
    "two pre-tokens": two_pre_tokens,
}
_NONE = "none"
VARIANTS: Mapping[str, tuple[Cut, Rule]] = {
    _NONE: (uncut, "own"),
    **{f"{name}, {rule}": (cut, rule) for name, cut in CUTS.items() for rule in _RULES},
}


class _EitherRule(Decoding):
    """One cache for both rules."""

    def by(self, rule: Rule) -> None:
        """Sets the rule for the answers from the next one on."""
        self._rule = rule


class InProcess:
    """Satisfies protocols.Engine: one model in this process, by either rule. It blocks while it writes."""

    skills = Skills(probs=True, infill=True, checks_draft=False, heals=True)

    def __init__(self, name: str, decoder: Decoder, reads: PromptFormat) -> None:
        self.name = name
        self.decoder = decoder
        self._decoding = _EitherRule(decoder, Check(all_of_it=False))
        self._reads = reads

    def by(self, rule: Rule) -> None:
        """The rule of the answers from now on."""
        self._decoding.by(rule)

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """The answer of this process's model."""
        text = self._reads.render(prompt)
        tokens: Iterator[Token] = self._decoding.write(
            text, max_tokens=max_tokens, draft="", gone=lambda: False, forced=prompt.forced
        )
        for token in tokens:
            yield token

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text."""
        return [len(self.decoder.encode(text, special=False)) for text in texts]

    async def aclose(self) -> None:
        """The model stays until the process ends."""


def measure(bench: Bench) -> Findings:
    """Raises InputError without the data or for a model that is no GGUF file, EngineMissing without llama.h."""
    samples = at_keys(notebook_samples(bench.data, bench.n, bench.seed), bench.seed)
    samples = [sample for sample in samples if sample.key in _ASKED]
    rows = asyncio.run(_run(bench, samples))
    keys = pressed(bench.data)
    parts = {name: stratum for name, stratum in strata(samples, keys).items() if stratum.n}
    title = f"{bench.model}, prompts of {bench.settings.n_prompt} tokens, n = {len(rows)}"
    return Findings(
        tables=[_table(title, rows, parts)],
        notes=["gained: against no healing at the same positions; next word: it is right", keys.note()],
        figures={
            name: {key: one.value([row[name]["right"] for row in rows]) for key, one in parts.items()}
            for name in VARIANTS
        },
    )


def _table(title: str, rows: Sequence[Mapping[str, Any]], parts: Mapping[str, Stratum]) -> Table:
    *_, overall = parts.values()
    lines = []
    for name in VARIANTS:
        right, base = ([float(row[one]["right"]) for row in rows] for one in (name, _NONE))
        exact = [stratum.told(right, digits=3) for stratum in parts.values()]
        first = [stratum.told([row[name]["next_word"] for row in rows]) for stratum in parts.values()]
        similar = overall.told([row[name]["similar"] for row in rows])
        n_forced = f"{overall.value([row[name]['n_forced'] for row in rows]):.1f}"
        lines.append([name, *exact, overall.gained(right, base), *first, similar, n_forced])
    head = ["cut, rule", *(f"exact, {key}" for key in parts), "gained", *(f"next word, {key}" for key in parts)]
    return Table(title=title, head=[*head, "edit similarity", "forced tokens"], rows=lines)


async def _run(bench: Bench, samples: Sequence[Sample]) -> list[dict[str, Any]]:
    engine = _opened(bench.settings)
    return await bench.measured(
        [(sample.task, sample) for sample in samples], lambda sample: _row(engine, bench.settings, sample)
    )


def _opened(settings: MCCom) -> InProcess:
    model, decoder = load_in_process(settings)
    return InProcess(model.id, decoder, PromptFormat(fim=model.fim, layout=model.layout))


async def _row(engine: InProcess, settings: MCCom, sample: Sample) -> dict[str, Any]:
    """A value a variant; cuts that come to the same are asked once."""
    context = Context(
        engine,
        Retrieval(tree=None, live=None),
        n_tokens=settings.n_prompt,
        n_retrieved_tokens=settings.retrieval_tokens,
    )
    prompt, _ = await context.prompt(sample.request)
    line = prompt.typed + prompt.forced
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    row = {}
    for name, (cut, rule) in VARIANTS.items():
        typed, forced = cut(line, engine.decoder)
        asked = typed, forced, rule if forced else "own"
        if asked not in found:
            engine.by(rule)
            found[asked] = await _answer(engine, replace(prompt, typed=typed, forced=forced), sample, settings)
        row[name] = found[asked]
    return row


async def _answer(engine: InProcess, prompt: Prompt, sample: Sample, settings: MCCom) -> dict[str, Any]:
    request: CompletionRequest = sample.request
    answer = await written(engine, request, prompt, max_tokens=settings.max_tokens)
    return {
        "right": exact_match(answer.text, sample.truth),
        "next_word": next_word(answer.text) == next_word(sample.truth),
        "similar": edit_similarity(answer.text, sample.truth),
        "n_forced": sum(token.forced for token in answer.tokens),
        "text": answer.text,
    }


def next_word(text: str) -> str:
    """The first word or run of signs, the blanks before it included; empty where there is none."""
    found = _NEXT.match(text)
    return found[0] if found else ""
