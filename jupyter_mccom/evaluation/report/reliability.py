"""Does a confidence say how often a text is right: three scores of a text, a table and a reliability diagram. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ...cascade.route import confidence
from ...types import Token
from ..lib.metrics import auroc, bins, calibration_error, interval_of, mean
from .findings import Plot, Series, Table

_N_BINS = 10


def scores_of(tokens: Sequence[Token]) -> dict[str, float] | None:
    """The scores of one text, 0..1 each; None where the engine gives no probabilities or wrote only white space."""
    probs = [token.prob for token in tokens if token.prob is not None and token.text]
    first = confidence(tokens)
    if first is None or not probs:
        return None
    return {"first 3 tokens, mean": first, "all tokens, mean": mean(probs), "lowest": min(probs)}


def reliability(scores: Mapping[str, Sequence[float]], right: Sequence[bool]) -> Plot:
    """Share of texts that are right, by score: a line a score, on the diagonal where it is calibrated."""
    series = []
    for name, values in scores.items():
        found = bins(values, right, _N_BINS)
        points, sizes = [(score, share) for score, share, _ in found], [size for *_, size in found]
        series += [Series(name=name, points=points), Series(name=name, points=points, style="dots", sizes=sizes)]
    return Plot(
        title="Reliability of the confidence",
        x="confidence, mean of its bin",
        y="share right",
        series=series,
        diagonal=True,
    )


def calibration(texts: Sequence[tuple[bool, Sequence[Token]]]) -> tuple[list[Table], list[Plot]]:
    """Tables and plots of how well each score tells right texts from wrong ones (AUROC, ECE, reliability diagram).

    `texts` has, for each text, whether it is right and its tokens. Nothing where no text has a score.
    """
    scored = [(is_right, found) for is_right, tokens in texts if (found := scores_of(tokens)) is not None]
    if not scored:
        return [], []
    right = [is_right for is_right, _ in scored]
    scores = {name: [found[name] for _, found in scored] for name in scored[0][1]}
    rows = []
    for name, values in scores.items():
        figures = [_figure(figure, values, right) for figure in (auroc, calibration_error)]
        rows.append([name, *figures, f"{mean(values):.2f}"])
    title = f"Confidence of {len(right)} texts, of which {mean([float(one) for one in right]):.2f} are right"
    table = Table(title=title, head=["score", "AUROC", "ECE, 10 bins", "mean"], rows=rows)
    return [table], [reliability(scores, right)]


def _figure(
    figure: Callable[[Sequence[float], Sequence[bool]], float], values: Sequence[float], right: Sequence[bool]
) -> str:
    low, high = interval_of(lambda drawn: figure([values[at] for at in drawn], [right[at] for at in drawn]), len(right))
    return f"{figure(values, right):.2f} ({low:.2f}–{high:.2f})"
