"""How long a local prompt may be: what a person has set, or what this machine reads soon enough. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..settings import COLD_PROMPT_S, LEAST_PROMPT_TOKENS, MOST_PROMPT_TOKENS, MCCom

_STEP_TOKENS = 64
"""As room is made in a prompt (`cascade.text.prompt`)."""
_SPARING_SHARE = 2
"""While the machine is to be spared, a prompt has so many times fewer tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptLength:
    """Most tokens of a local prompt, and why so many, for people."""

    tokens: int
    why: str


def prompt_length(settings: MCCom, read_s: float | None) -> PromptLength:
    """The length for a model that takes `read_s` seconds a prompt token; None: nobody knows yet.

    A person's own number holds as it is. A context that a person has set bounds what is decided here.
    """
    if settings.prompt_tokens:
        return _length(settings.prompt_tokens, "prompt_tokens says so")
    if read_s is None:
        return _bounded(LEAST_PROMPT_TOKENS, "until it is known how fast this machine reads", settings)
    reads = int(COLD_PROMPT_S / read_s) if read_s > 0 else MOST_PROMPT_TOKENS
    found = max(LEAST_PROMPT_TOKENS, min(MOST_PROMPT_TOKENS, reads // _STEP_TOKENS * _STEP_TOKENS))
    limit = {LEAST_PROMPT_TOKENS: ", the least", MOST_PROMPT_TOKENS: ", the most"}.get(found, "")
    return _bounded(found, f"this machine reads {reads} in {COLD_PROMPT_S:g} s{limit}", settings)


def in_force(decided: PromptLength, now: PromptLength) -> PromptLength:
    """What holds while the process runs for which `decided` was; `now` is what would be decided at present."""
    if now.tokens == decided.tokens:
        return now
    return replace(decided, why=f"{decided.why}; {now.tokens} from the model's next start")


def served_length(settings: MCCom) -> PromptLength:
    """The length where somebody else's server runs the model: its speed is not measured."""
    if settings.prompt_tokens:
        return prompt_length(settings, None)
    return _length(LEAST_PROMPT_TOKENS, "the speed of a server is not measured")


def spared(length: PromptLength, why: str) -> PromptLength:
    """A shorter prompt, while the machine is to be spared."""
    return _length(length.tokens // _SPARING_SHARE, f"{why}, instead of {length.tokens}")


def _bounded(tokens: int, why: str, settings: MCCom) -> PromptLength:
    """At most what fits a context that a person has set, with the suggestion and a fifth to spare."""
    if settings.context_tokens:
        fits = max(1, settings.context_tokens * 4 // 5 - settings.max_tokens)
        if fits < tokens:
            return _length(fits, f"context_tokens = {settings.context_tokens} holds no more")
    return _length(tokens, why)


def _length(tokens: int, why: str) -> PromptLength:
    return PromptLength(tokens=tokens, why=f"at most {tokens} tokens: {why}")
