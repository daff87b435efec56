"""What became of one local text, in figures, and whether that says it was right.

Right, wrong, something between, or no evidence at all. Pure; holds no source text.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..types import READ_MS, Features, OutcomeKind, Reason, Target, Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One finished local text, shown or held back by the gates."""

    suggestion_id: str
    at_s: float
    """Unix time of its request."""
    model: str
    layout: str
    """How the prompt was made: another order of its parts makes another confidence."""
    language: str
    trigger: Trigger
    to: Target
    """Where its route went: the text itself was shown only if that is `local`."""
    reason: Reason
    features: Features
    outcome: OutcomeKind | None = None
    """How the shown text ended."""
    kept_chars: int = 0
    shown_ms: int = 0
    survived_30: float | None = None
    """Share of what was accepted that is still there after 30 s, 0..1; None: not told."""
    survived_300: float | None = None
    agree_chars: int | None = None
    """Leading characters that stand in the cell (Agreement); None: not told."""
    exact_line: bool | None = None
    drawn: bool = False

    @property
    def target(self) -> float | None:
        """How right the text was, 0..1; None: what is known is no evidence.

        One that was taken is worth the share that still stands. One that was typed over or deleted after it was read
        was wrong, unless the line became just that after all. One that was never painted, or not read, is judged by
        the line that the person left: what was done is no answer to it, yet without it the wrong ones that are typed
        over at once would be missing. So is one that was sent away by Esc, which may mean `not now`. Moving away leaves
        lines that are not finished: no evidence. A line judges one of its texts.
        """
        line = float(self.exact_line) if self.drawn and self.exact_line is not None else None
        if self.to != "local":
            return line
        if self.outcome in ("accepted", "typed", "partial"):
            return self._standing
        if self.outcome == "rejected" and self.shown_ms >= READ_MS:
            return float(bool(self.exact_line))
        return line if self.outcome in ("rejected", "dismissed", "superseded", "unseen") else None

    @property
    def _standing(self) -> float:
        """The smallest known share of a taken text: when it was taken, when its line was left, 30 s and 300 s later."""
        taken = self.kept_chars if self.outcome == "partial" else self.features.n_chars
        whole = max(self.features.n_chars, 1)
        survived = [share for share in (self.survived_30, self.survived_300) if share is not None]
        shares = [taken / whole * min(survived, default=1.0)]
        if self.agree_chars is not None:
            shares.append(self.agree_chars / whole)
        return min(1.0, *shares)
