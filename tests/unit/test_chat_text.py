"""A chat's answer as the text at the cursor: what it repeats and fences is taken away, piece by piece."""

from __future__ import annotations

import pytest

from jupyter_mccom.engines.remote.chat_text import ChatText, most_tokens_of, prediction_of, turns
from jupyter_mccom.types import Chunk, Prompt


def prompt_of(typed: str, above: str = "import math\n") -> Prompt:
    """A prompt whose line is typed so far."""
    return Prompt(chunks=(), prefix=above, typed=typed, suffix="\nprint(x)\n")


def _text(prompt: Prompt, answer: str, size: int) -> str:
    text = ChatText(prompt)
    pieces = [text.add(answer[at : at + size]) for at in range(0, len(answer), size)]
    return "".join([*pieces, text.rest()])


@pytest.mark.parametrize("size", [1, 3, 200])
@pytest.mark.parametrize(
    ("typed", "answer", "expected"),
    [
        ("x = math.p", "x = math.pi * 2", "i * 2"),
        ("x = math.p", "math.pi * 2", "i * 2"),
        ("x = math.pi", "pi * 2", " * 2"),
        ("x = math.p", "i * 2", "i * 2"),
        ("x = math.", "math.pi", "pi"),
        ("x = ", "x = 5", "5"),
        ("x = ", "5", "5"),
        ("x = ", " 5", "5"),
        ("    x = ma", "x = math.pi", "th.pi"),
        ("    x = ma", "    x = math.pi", "th.pi"),
        ("", "x = 5", "x = 5"),
        ("    ", "    x = 5", "    x = 5"),
        ("x = math.p", "import math\nx = math.pi", "i"),
        ("x = math.p", "```python\nimport math\nx = math.pi\n```\nThat is pi.", "i"),
        ("x = math.p", "```\nx = math.pi", "i"),
        ("x = math.p", "```python\n```", ""),
        ("x = math.p", "", ""),
        ("x = math.p", "y = math.pi", "y = math.pi"),
        ("x = math.p", "x = m.pi", ""),
        ("df.", "df['Close']", ""),
        ("s = '", "s = '```'", ""),
    ],
)
def test_what_is_given_of_an_answer(typed: str, answer: str, expected: str, size: int) -> None:
    """Repetitions and fences are left out wherever the stream is cut; a line written otherwise gives nothing."""
    assert _text(prompt_of(typed), answer, size) == expected


def test_one_line_above_an_empty_line_is_no_repetition() -> None:
    """On an empty line, one line as above may be meant; two and more down to the cursor are a repetition."""
    prompt = prompt_of("", above="a = 1\nb = 2\n")
    assert _text(prompt, "b = 2\nc = 3", 4) == "b = 2\nc = 3"
    assert _text(prompt, "a = 1\nb = 2\nc = 3", 4) == "c = 3"


def test_text_comes_as_soon_as_it_can_be_nothing_else() -> None:
    """What can no longer be a repetition or a fence is given out at once."""
    text = ChatText(prompt_of("x = math.p"))
    assert [text.add(piece) for piece in ("x = ", "math.", "pi", " * 2", "\n", "``", "`", "more")] == [
        *("", "", "i", " * 2", "", "", "", ""),
    ]
    assert text.rest() == ""


def test_the_question_ends_with_the_line() -> None:
    """What a key changes stands last, and everything of the prompt is in the question."""
    chunk = Chunk(source="cell 0", first_line=1, last_line=1, text="import numpy")
    prompt = Prompt(chunks=(chunk,), prefix="a = 1\n", typed="x = n", forced="p.", suffix=")\n")
    *examples, (role, asked) = turns(prompt)
    assert role == "user"
    assert asked.endswith("import numpy\n\na = 1\n\nLine to complete:\nx = np.")
    assert ")\n" in asked
    assert [one for one, _ in examples] == ["user", "assistant"] * 2
    assert prediction_of(prompt, "array(") == "x = np.array("
    assert prediction_of(prompt, "") == ""
    assert most_tokens_of(prompt, 10) > 10


def test_the_examples_are_answered_as_is_asked() -> None:
    """An answer of the examples begins with the line that is asked for."""
    (_, first), (_, answer), (_, second), (_, _) = turns(prompt_of(""))[:4]
    line = first.partition("Line to complete:\n")[2]
    assert line
    assert answer.startswith(line)
    assert not second.partition("Line to complete:\n")[2]
