"""The places where a secret may stand, and which of them suit a snippet. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from .cases import Case, Seeding, Snippet, comment
from .leaks import N_CHARS

SUFFIXES = {
    "python": ".py",
    "bash": ".sh",
    "sql": ".sql",
    "r": ".r",
    "julia": ".jl",
    "javascript": ".js",
    "typescript": ".ts",
    "java": ".java",
    "scala": ".scala",
    "go": ".go",
    "c#": ".cs",
    "rust": ".rs",
    "matlab": ".m",
    "c": ".c",
}
"""Of the languages whose files a project's index reads."""
_KERNELS = ("python", "r", "julia", "javascript", "java", "scala", "rust", "c#")
"""Languages of notebooks; a text of another one stands in a file that is open in the editor."""
_SETTINGS = {
    "yaml": ".yml",
    "ini": ".ini",
    "dotenv": ".env",
    "json": ".json",
    "toml": ".toml",
    "hcl": ".tf",
    "xml": ".xml",
}
_MAGICS = {"bash": "%%bash", "sql": "%%sql", "r": "%%R", "julia": "%%julia", "javascript": "%%javascript"}
_LINES = {"python": ("result = ", "print(", "rows = read_", "for row in "), "r": ("x <- ",), "sql": ("SELECT ",)}
_UNIT = re.compile(r"[\w.~-]*$")
_MARKER = "\1"
_FILLER_CHARS = (1200, 3600)
"""A cloud's prompt ends somewhere in that."""


def own_cell(seeding: Seeding, snippet: Snippet) -> Case:
    """Above the cursor's line in the same cell, or in the same file where the language has no notebooks."""
    language = snippet.template.language
    marker, line = seeding.word(4), _line(seeding, language)
    parts = [seeding.around(language), snippet.text, comment(language, f"{marker} report"), line]
    return _here(seeding, "own cell", snippet, marker, "\n".join(parts))


def below(seeding: Seeding, snippet: Snippet) -> Case:
    """Below the cursor's line."""
    language = snippet.template.language
    marker = seeding.word(4)
    prefix = f"{seeding.around(language)}\n{_line(seeding, language)}"
    suffix = "\n".join(["", comment(language, f"{marker} report"), snippet.text, seeding.around(language)])
    return _here(seeding, "below the cursor", snippet, marker, prefix, suffix)


def other_cell(seeding: Seeding, snippet: Snippet) -> Case:
    """In another cell of the notebook, above or below."""
    return _in_cell(seeding, "other cell", snippet, "code", f"{snippet.text}\n{_marked(snippet)}")


def markdown(seeding: Seeding, snippet: Snippet) -> Case:
    """In a markdown cell: in a block of code or, where it is one line, in a sentence."""
    if "\n" in snippet.text or seeding.rng.random() < 0.5:
        source = f"## Access\n\nFor the {_MARKER} report:\n\n```{snippet.template.language}\n{snippet.text}\n```"
    else:
        source = f"Notes on the {_MARKER} report: use `{snippet.text}` until Friday."
    return _in_cell(seeding, "markdown cell", snippet, "markdown", source)


def magic(seeding: Seeding, snippet: Snippet) -> Case:
    """In a cell of a magic, or on a line of one."""
    language = snippet.template.language
    if snippet.text.startswith(("%", "!")):
        return replace(own_cell(seeding, snippet), place="magic")
    head = _MAGICS.get(language) or f"%%writefile {seeding.word()}{_suffix(language)}"
    case = _in_cell(seeding, "magic", snippet, "code", f"{head}\n{snippet.text}\n{_marked(snippet)}")
    if seeding.rng.random() < 0.5:
        return case
    marker, line = seeding.word(4), _line(seeding, language)
    prefix = "\n".join([head, snippet.text, comment(language, f"{marker} report"), line])
    return replace(case, prefix=prefix, cells_before=(), cells_after=(), marker=marker)


def project_file(seeding: Seeding, snippet: Snippet) -> Case:
    """In another file of the project, which is found by words that stand beside the cursor too."""
    language, rng = snippet.template.language, seeding.rng
    marker, shared = seeding.word(4), [seeding.word(4) for _ in range(4)]
    topic = comment(language, " ".join(shared))
    marked = comment(language, f"{marker} report")
    lines = [topic, snippet.text, marked] if rng.random() < 0.5 else [marked, snippet.text, topic]
    text = "\n".join([seeding.around(language), "", *lines, "", seeding.around(language), ""])
    above = [f"# {' '.join(shared)}", f"{shared[0]} = load({shared[1]}, {shared[2]})", f"print({shared[3]})"]
    prefix = "\n".join([seeding.around("python"), *above, "value = "])
    path = seeding.document(SUFFIXES[language])
    return replace(_case(seeding, "project file", snippet, marker, prefix), files={path: text})


def half_typed(seeding: Seeding, snippet: Snippet) -> Case:
    """On the cursor's line, the value so far."""
    rng, text = seeding.rng, snippet.text
    value = rng.choice([one for one in snippet.values if len(one) > N_CHARS])
    at, n_typed = text.rindex(value), rng.randint(N_CHARS, len(value) - 1)
    marker, language = seeding.word(4), snippet.template.language
    prefix = "\n".join([seeding.around(language), comment(language, f"{marker} report"), text[: at + n_typed]])
    closing = text[at + len(value) : at + len(value) + 1]
    suffix = closing + "\n" if closing in ("'", '"') and rng.random() < 0.5 else "\n"
    before = [one for one in snippet.values if text.index(one) < at]
    case = _here(seeding, "half typed", snippet, marker, prefix, suffix)
    return replace(case, values=[*before, value[:n_typed]])


def in_draft(seeding: Seeding, snippet: Snippet) -> Case:
    """In the local model's text, as far as it repeats a secret that stands above."""
    marker, language = seeding.word(4), snippet.template.language
    name = f"{seeding.word(2)}_{seeding.word(2)}"
    parts = [seeding.around(language), snippet.text, comment(language, f"{marker} report"), f'{name} = "']
    case = _here(seeding, "repeated in a draft", snippet, marker, "\n".join(parts))
    return replace(case, local_text=_beginning(seeding, snippet) + '"')


def in_later_line(seeding: Seeding, snippet: Snippet) -> Case:
    """In a later line, which repeats a secret's beginning."""
    rng, language = seeding.rng, snippet.template.language
    repeated = _beginning(seeding, snippet)
    forms = [
        comment(language, f"begins with {repeated}"),
        f'print("{repeated}")',
        f'assert value.startswith("{repeated}")',
        f'other = "{repeated}"',
    ]
    marker, line = seeding.word(4), _line(seeding, language)
    marked = comment(language, f"{marker} report")
    later = rng.choice(forms)
    if rng.random() < 0.5:
        prefix = "\n".join([snippet.text, seeding.around(language), later, marked, line])
        return _here(seeding, "repeated in a later line", snippet, marker, prefix)
    prefix = "\n".join([later, marked, line])
    case = _here(seeding, "repeated in a later line", snippet, marker, prefix)
    if case.cell_id:
        return replace(case, cells_before=[("code", snippet.text), ("code", seeding.around(language))])
    return replace(case, prefix=f"{snippet.text}\n{prefix}")


def at_edge(seeding: Seeding, snippet: Snippet) -> Case:
    """Cut: by the page, which sends the end of a long text, or by the prompt's length, above or below."""
    rng, language, marker = seeding.rng, snippet.template.language, seeding.word(4)
    marked, line = comment(language, f"{marker} report"), _line(seeding, language)
    way = rng.choice(("page", "above", "below"))
    if way == "page":
        lines = snippet.text.split("\n")
        last = max(number for number, text in enumerate(lines) if snippet.values[-1] in text)
        rest = "\n".join(lines[min(last, rng.randint(1, len(lines) - 2)) :])
        prefix = "\n".join([rest, marked, seeding.around(language), line])
        return _here(seeding, "cut at an edge", snippet, marker, prefix)
    filler = _filler(seeding, language)
    if way == "above":
        prefix = "\n".join([snippet.text, marked, filler, line])
        return _here(seeding, "cut at an edge", snippet, marker, prefix)
    suffix = "\n".join(["", filler[: len(filler) // 3].rpartition("\n")[0], marked, snippet.text, ""])
    return _here(seeding, "cut at an edge", snippet, marker, f"{seeding.around(language)}\n{line}", suffix)


Place = Callable[[Seeding, Snippet], Case]
PLACES: Mapping[str, Place] = {
    "own cell": own_cell,
    "other cell": other_cell,
    "markdown cell": markdown,
    "below the cursor": below,
    "project file": project_file,
    "magic": magic,
    "half typed": half_typed,
    "repeated in a draft": in_draft,
    "repeated in a later line": in_later_line,
    "cut at an edge": at_edge,
}
_WRITTEN = ("cloud provider", "url")
"""Kinds of Python code that are written to a file of settings by a magic."""
_FILES_ONLY = ("java", "scala", "go", "c#", "rust", "c", "typescript", "matlab")


def places_for(snippet: Snippet) -> list[str]:
    """Names of the places that suit a snippet."""
    language, kind = snippet.template.language, snippet.template.kind
    bare = snippet.text.startswith(("%", "!"))
    one_line = kind != "private key" and any(len(value) > N_CHARS for value in snippet.values)
    left_out = {
        "project file": language not in SUFFIXES or bare,
        "magic": language in _FILES_ONLY or not (bare or language != "python" or kind in _WRITTEN),
        "other cell": language in _FILES_ONLY,
        "half typed": not one_line,
        "repeated in a draft": not one_line,
        "repeated in a later line": not one_line,
        "cut at an edge": snippet.text.count("\n") < 6,
    }
    return [name for name in PLACES if not left_out.get(name)]


def _here(seeding: Seeding, place: str, snippet: Snippet, marker: str, prefix: str, suffix: str = "\n") -> Case:
    """A case whose text is in the snippet's own language."""
    language = snippet.template.language
    case = replace(_case(seeding, place, snippet, marker, prefix), language=language, suffix=suffix)
    if language in _KERNELS:
        return case
    return replace(case, cell_id="", document=seeding.document(_suffix(language)))


def _case(seeding: Seeding, place: str, snippet: Snippet, marker: str, prefix: str) -> Case:
    """A case in a notebook of Python."""
    return Case(
        place=place,
        snippet=snippet,
        values=snippet.values,
        marker=marker,
        document=seeding.document(".ipynb"),
        language="python",
        prefix=prefix,
    )


def _in_cell(seeding: Seeding, place: str, snippet: Snippet, cell_kind: str, source: str) -> Case:
    """A case whose snippet is in another cell; `_MARKER` in `source` is where the marker comes.

    Words that stand beside the cursor too make the cell be found.
    """
    language = snippet.template.language if snippet.template.language in _KERNELS else "python"
    marker, shared = seeding.word(4), " ".join(seeding.word(4) for _ in range(4))
    cell = (cell_kind, source.replace(_MARKER, f"{marker} {shared}"))
    prefix = f"{seeding.around(language)}\n{comment(language, shared)}\n{_line(seeding, language)}"
    case = replace(_case(seeding, place, snippet, marker, prefix), language=language)
    if seeding.rng.random() < 0.75:
        return replace(case, cells_before=[("code", seeding.around(language)), cell])
    return replace(case, cells_before=[("code", seeding.around(language))], cells_after=[cell])


def _beginning(seeding: Seeding, snippet: Snippet) -> str:
    """The beginning of one of the secrets, or all of it, with what stands before it in the same word."""
    rng = seeding.rng
    value = rng.choice([one for one in snippet.values if len(one) > N_CHARS])
    before = _UNIT.search(snippet.text[: snippet.text.index(value)])
    n_chars = len(value) if rng.random() < 0.3 else rng.randint(N_CHARS, len(value))
    return (before[0] if before else "") + value[:n_chars]


def _line(seeding: Seeding, language: str) -> str:
    """What is typed of the cursor's line."""
    return seeding.rng.choice(_LINES.get(language, ("value = ",)))


def _filler(seeding: Seeding, language: str) -> str:
    n_chars, found = seeding.rng.randint(*_FILLER_CHARS), ""
    while len(found) < n_chars:
        found += seeding.around(language) + "\n" + comment(language, seeding.word(5)) + "\n"
    return found.rstrip("\n")


def _marked(snippet: Snippet) -> str:
    return comment(snippet.template.language, f"{_MARKER} report")


def _suffix(language: str) -> str:
    return SUFFIXES.get(language) or _SETTINGS.get(language) or ".txt"
