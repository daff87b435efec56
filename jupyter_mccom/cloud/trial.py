"""One real completion of a constant text, which shows whether a cloud works before it is used."""

from __future__ import annotations

import time
from contextlib import aclosing
from dataclasses import dataclass

import anyio

from ..errors import CloudBroken, CloudError, CloudTimeout, EngineError
from ..protocols import Engine
from ..types import Prompt

_PROMPT = Prompt(chunks=(), prefix="def add(first, second):\n", typed="    return", suffix="\n\n\nprint(add(1, 2))\n")
_N_TOKENS = 24
_TRIAL_S = 20.0
_SLOW_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of it."""

    text: str
    seconds: float
    model: str
    """As the engine names it."""
    checks_drafts: bool
    """The local text is checked as a draft."""
    note: str = ""
    """What a person should know of an answer that came; empty when there is nothing."""


async def trial(engine: Engine, *, name: str) -> Trial:
    """The first line that the engine writes; the engine is closed. `name` is the provider's, for people.

    Raises CloudError where nothing comes, or not in time.
    """
    began_s, text = time.monotonic(), ""
    try:
        with anyio.fail_after(_TRIAL_S):
            async with aclosing(engine.generate(_PROMPT, max_tokens=_N_TOKENS)) as tokens:
                async for token in tokens:
                    text += token.text
                    if "\n" in text.strip():
                        break
    except TimeoutError:
        raise CloudTimeout(f"{name} did not finish within {_TRIAL_S:g} s; check the address and the model") from None
    except CloudError:
        raise
    except EngineError as error:
        raise CloudBroken(str(error)) from error
    finally:
        with anyio.CancelScope(shield=True):
            await engine.aclose()
    line, seconds = text.strip().partition("\n")[0], time.monotonic() - began_s
    if not line:
        raise CloudBroken(f"{name} answered without a text; choose another model")
    checks = engine.skills.checks_draft
    return Trial(text=line, seconds=seconds, model=engine.name, checks_drafts=checks, note=_note(line, seconds))


def _note(line: str, seconds: float) -> str:
    if "first" not in line and "second" not in line:
        return "the text does not continue the code; a model that was made for code may suit better"
    return "completions will wait as long as this call took; a smaller model may suit better" * (seconds > _SLOW_S)
