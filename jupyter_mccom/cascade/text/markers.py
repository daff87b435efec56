"""A model's own markers in its text: tokens of fill-in-the-middle, of chats, of thinking. None of them is code.

Models write them where a server prints its special tokens, or where they were not made for what they are asked. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_FIM = "fim_prefix|fim_suffix|fim_middle|fim_pad|fim-prefix|fim-suffix|fim-middle|fim-pad"
_FILES = "file_sep|file_separator|reponame|repo_name|gh_stars|issue_start|issue_comment|issue_closed|empty_output"
_FILES += "|jupyter_start|jupyter_text|jupyter_code|jupyter_output|jupyter_script|commit_before|commit_msg|commit_after"
_CHAT = "start_of_turn|tool_call|tool_response"
_WORDS = "think|thinking|thought|reasoning|filename|PRE|SUF|MID"
"""Also words of a person's: markers only where a line begins with them."""
_ENDS = "endoftext|end_of_turn|eos|EOT"
_BARS = "|｜"
_MARKER = re.compile(
    rf"<[{_BARS}][^\s<>{_BARS}]{{1,40}}[{_BARS}]>|</?(?:{_FIM}|{_FILES}|{_CHAT}|{_ENDS})>|</s>|◁/?think▷"
    rf"|^[ \t]*(?:</?(?:{_WORDS})>|\[/?(?:INST|PREFIX|SUFFIX|MIDDLE)\])",
    re.MULTILINE,
)
_END = re.compile(
    rf"<[{_BARS}](?:endoftext|end_of_text|im_end|eot_id|eom_id|end|return|end▁of▁sentence)[{_BARS}]>"
    rf"|<(?:{_ENDS})>|</s>"
)
"""What ends a text: where it comes first, the model has nothing to say."""
_BEGUN = re.compile(rf"<[{_BARS}][^\s<>{_BARS}]{{0,40}}[{_BARS}]?$")
_NAMED = re.compile(r"(?:</?[A-Za-z_-]{0,16}|\[/?[A-Z]{0,6}|◁/?[a-z]{0,5})$")


@dataclass(frozen=True, slots=True)
class Marker:
    """The first marker of a text."""

    at: int
    """Its offset in the text."""
    ends: bool
    """It is the model's end of a text, as it would be if the server had not printed it."""


def first_marker(text: str, *, prefix: str, own: Sequence[str] = ()) -> Marker | None:
    """The first marker in a model's text behind `prefix`; None where there is none.

    One that stands in a string is no marker where a text of the person's, `prefix` or one of `own`, has it too.
    """
    for found in _MARKER.finditer(text):
        said = found[0].lstrip(" \t")
        line = (prefix + text[: found.start()]).rpartition("\n")[2]
        quoted = any(line.count(quote) % 2 for quote in "'\"")
        if not (quoted and any(said in one for one in (prefix, *own))):
            return Marker(found.start(), _END.fullmatch(said) is not None)
    return None


def without_begun(text: str, *, whole: bool) -> str:
    """`text` less the marker that its end may begin; `whole`: nothing follows, so that only what must be one goes."""
    begun = _BEGUN.search(text) or (None if whole else _NAMED.search(text))
    return text[: begun.start()] if begun else text
