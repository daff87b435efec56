"""The nouns of one completion: frozen values that every other part speaks in.

Knows nothing of files, processes, HTTP or JupyterLab. Text offsets are Python string offsets (code points);
durations end in `_s` or `_ms`; a list is a tuple, so that a value can be shared between tasks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from .frame import Frame

Span: TypeAlias = tuple[int, int]
"""Where in a text something begins and ends."""
CellKind: TypeAlias = Literal["code", "markdown", "raw"]
Trigger: TypeAlias = Literal["typing", "invoke", "ask"]
"""`typing`: a key; `invoke`: the person asked for a suggestion; `ask`: the person asked for the cloud's."""
Multiline: TypeAlias = Literal["line", "statement", "block"]
"""How far a suggestion may go: `block` is the statement, and the deeper lines below it that it opens."""
OptOut: TypeAlias = Literal["none", "notebook", "cell"]
"""Who opts out of completion: nobody, the notebook or the cell. None in a request: the client did not look."""
Off: TypeAlias = Literal["path-off", "notebook-off", "cell-off", "unread-off"]
OutcomeKind: TypeAlias = Literal[
    "accepted", "partial", "typed", "rejected", "dismissed", "moved", "superseded", "unseen"
]
READ_MS = 750
"""Milliseconds that a suggestion must be shown to count as read. What a person does earlier is no evidence."""
SurvivalAge: TypeAlias = Literal[30, 300]
"""Seconds after the acceptance at which the survival of the text is looked at."""
Target: TypeAlias = Literal["local", "cloud", "nothing"]
Reason: TypeAlias = Literal[
    "sure",
    "unsure",
    "unparsable",
    "rejected",
    "asked",
    "off",
    "offline",
    "late",
    "budget",
    "paused",
    "ahead",
    "low",
    "again",
    "dismissed",
    "ungated",
    "no-infill",
    "context",
    Off,
]
Origin: TypeAlias = Literal["local", "cloud", "again"]
Stop: TypeAlias = Literal["end", "statement", "length", "repetition", "marker", "late", "hopeless", "cut"]
"""`end`: the model's own end of text; `length`: max_tokens; `marker`: the model wrote a marker of its own instead of
code; `cut`: something else was typed, or nobody waited any more; the others: where the cascade closed the stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of the open notebook, as the editor holds it (unsaved text included)."""

    cell_id: str
    kind: CellKind
    source: str
    ran: int | None = None
    """When the live kernel ran it: larger is later; None: it did not, or that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one suggestion ended. Each suggestion has exactly one outcome."""

    suggestion_id: str
    kind: OutcomeKind
    kept_chars: int = 0
    """Characters of the suggestion that stand in the cell because of it (0 unless accepted, partial or typed)."""
    shown_ms: int = 0
    """From the first paint to the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """How much of an accepted text, or of the part that was taken, still stood in its cell some time later."""

    suggestion_id: str
    after_s: SurvivalAge
    kept_chars: int
    of_chars: int
    """At least 1, and at least `kept_chars`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """The figures of a local text by which its chance of being right is judged; `confidence` as in Route."""

    confidence: float
    lowest_prob: float
    """Probability of the least likely token, 0..1."""
    mean_prob: float
    log_prob: float
    """Natural logarithm of the whole text's probability, at most 0."""
    n_tokens: int
    n_chars: int
    """Characters of the trimmed text."""
    parses: bool
    """The cell holds with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionRequest:
    """What the editor knows when it asks."""

    id: str
    client: str
    """One browser window: windows on the same notebook do not cancel each other."""
    document: str
    """Path below the Jupyter root, `/` as separator."""
    cell_id: str
    """Empty in the file editor."""
    language: str
    """Lower-case name (`python`, `r`, `julia`, …); an unknown one is no error."""
    prefix: str
    """Text of the cell (or file) before the cursor; its head may be cut at a line start."""
    suffix: str
    cells_before: tuple[Cell, ...] = ()
    """Document order: the last one stands just above."""
    cells_after: tuple[Cell, ...] = ()
    n_cells_above: int = 0
    """Cells of the notebook above `cells_before`, too far to be sent."""
    trigger: Trigger = "typing"
    multiline: Multiline | None = None
    """None: as the cascade is set."""
    last: Outcome | None = None
    """How the document's previous suggestion ended, when this request follows from it."""
    deadline_s: float = 30.0
    opt_out: OptOut | None = None
    one_line: bool = False
    """The cursor's line is a magic or a shell command: what follows it is another thing."""

    @property
    def own_source(self) -> str:
        """The name of the cursor's cell or file, as a chunk's source."""
        return self.document if not self.cell_id else f"cell {self.n_cells_above + len(self.cells_before)}"

    @property
    def in_empty_cell(self) -> bool:
        """The cursor's cell holds nothing but white space."""
        return bool(self.cell_id) and not (self.prefix + self.suffix).strip()

    def without_cells(self) -> CompletionRequest:
        """The request without its cells, for keeping: the notebook around it may be large."""
        return replace(self, cells_before=(), cells_after=())

    def nearest_last(self) -> list[tuple[int, Cell]]:
        """The notebook's other cells that led here, each with its position in the notebook.

        Those that the kernel ran stand in the order in which it ran them, below the cursor too; one that it did not run
        stands behind all that are above it, and only if it is above the cursor.
        """
        ordered: list[tuple[int, int, Cell]] = []
        latest, n_before = 0, len(self.cells_before)
        for number, cell in enumerate((*self.cells_before, *self.cells_after)):
            latest = max(latest, cell.ran or 0)
            if number < n_before or cell.ran is not None:
                place = self.n_cells_above + number + (number >= n_before)
                ordered.append((latest if cell.ran is None else cell.ran, place, cell))
        return [(place, cell) for _, place, cell in sorted(ordered, key=lambda one: one[0])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of context. Lines count from 1 within `source`."""

    source: str
    first_line: int
    last_line: int
    text: str
    hidden: tuple[Span, ...] = ()
    """Where `text` holds secrets of the document that it was cut from, as far as they were looked for. What is on this
    machine may read them."""
    frames: tuple[Frame, ...] = ()
    """Of the kernel's chunk: the frames that it holds, also those of which `text` does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A retrieved chunk and how well it fits, 0..1."""

    chunk: Chunk
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """The input of an engine, which renders it in its model's fill-in-the-middle order."""

    chunks: tuple[Chunk, ...]
    """Context in the order in which it stands in the prompt: what changes least comes first."""
    prefix: str
    """Whole lines above the cursor's line, the last newline included."""
    typed: str
    """The cursor's line as far as its tokens surely end (`cascade/text/heal.py`)."""
    suffix: str
    forced: str = ""
    """What was typed behind `typed`, up to the cursor: the answer continues it. An engine that heals makes its tokens
    begin with exactly these characters; any other reads them at the end of its prompt (`engines/fim.py:unforced`)."""
    own: tuple[str, str] = ("", "")
    """The cursor's whole cell or file before and behind the cursor, from which the texts were cut. It is no part of the
    prompt, as `cells`: what leaves the machine is masked by the secrets that stand in them."""
    cells: tuple[str, ...] = ()
    """The other open cells, whole."""
    frames: tuple[Frame, ...] = ()
    """The data frames that the live kernel holds. They are no part of the prompt either: what a text says of them is
    looked up."""
    session: str = ""
    """Opaque and the same for every prompt of a document: keeps its requests on one replica and its cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCheck:
    """What became of a draft. A figure is None where the server does not report it."""

    offered: int | None = None
    """Tokens of drafts that were checked."""
    accepted: int | None = None
    """Offered tokens that are part of the answer."""
    passes: int | None = None
    """Calls that the answer took: one checks the draft, a second goes on where it diverged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One generated token."""

    text: str
    """What it adds behind the cursor. May be empty: a token that ends inside a UTF-8 character gives its text to the
    one that completes it, and one that ends inside `Prompt.forced` adds nothing."""
    prob: float | None
    """The model's probability of this token, 0..1, before any mask or sampling; None where the engine has none."""
    forced: bool = False
    """It begins with typed text (`Prompt.forced`): `prob` says how likely that was."""
    allowed_prob: float | None = None
    """Share, 0..1, of a forced token in the probability of all tokens that agree with the typed text. It says how sure
    the model is of the continuation. None: the token is not forced, or the engine does not report it."""
    from_draft: bool = False
    n_evaluated: int = 1
    """Tokens that the model evaluated to get here: on the first token the prompt tokens not found in the cache."""
    check: DraftCheck | None = None
    """What became of a draft so far: on the last token or on each, where the server reports it."""
    waited_s: float = 0.0
    """On the first token: seconds that the request waited while the model answered others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One finished (or closed) run of an engine."""

    engine: str
    tokens: tuple[Token, ...]
    stop: Stop
    first_token_s: float
    total_s: float

    @property
    def text(self) -> str:
        """The raw text, nothing trimmed."""
        return "".join(token.text for token in self.tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where the shown text comes from, and why."""

    to: Target
    reason: Reason
    confidence: float | None = None
    """Mean probability of the first 3 tokens (paper 2.1), 0..1; None where the engine has no probabilities."""
    chance: float | None = None
    """Probability of being right, 0..1, where the gates use it; None where they use the confidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A text to show at the cursor; the full text so far, never a difference."""

    suggestion_id: str
    request_id: str
    text: str
    """Empty in a final suggestion: there is nothing to show."""
    origin: Origin
    route: Route
    kept_chars: int = 0
    """Characters of the first text that the person has typed along since (origin `again`)."""
    final: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """All that is known of one request: what `%mccom why` prints and the evaluation reads."""

    request_id: str
    suggestion_id: str
    document: str
    cell_id: str
    language: str
    trigger: Trigger
    started_s: float
    """Unix time of the request."""
    route: Route
    origin: Origin
    text: str
    generations: tuple[Generation, ...] = ()
    """In the order in which engines were asked: local, then cloud."""
    features: Features | None = None
    """Figures of the local text, if it was finished; None where the engine has no probabilities."""
    draft: DraftCheck | None = None
    """What became of the drafts that the last engine checked: drafts that it was given, or its own."""
    trouble: str = ""
    """Why the cloud failed, one line; empty when it did not."""
    hits: tuple[Hit, ...] = ()
    stage_s: Mapping[str, float] = field(default_factory=dict)
    """Seconds a stage: `context`, `prompt`, `local`, `gates`, `cloud`, `total`."""
    outcome: Outcome | None = None
    instead: str = ""
    """What was typed in place of a rejected text, `Agreement.left`; empty until its line is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skills:
    """What an engine can do."""

    probs: bool
    """Tokens carry probabilities."""
    infill: bool
    """The text after the cursor is used."""
    checks_draft: bool
    """A draft is verified; otherwise it is ignored."""
    heals: bool = False
    """The answer can be forced to begin with `Prompt.forced` (token healing)."""
