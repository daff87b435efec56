"""What a person reads, in one place: other tests assert codes, states and figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_mccom.learning.verdict import Gain, Verdict
from jupyter_mccom.magics.pages import why
from jupyter_mccom.server.status import lines_of

WIRE = Path(__file__).parents[1] / "wire"
GAIN = Gain(
    n=75,
    log_loss=0.41,
    catalogue_log_loss=0.52,
    lower_gain=0.01,
    recall=0.7,
    wrong_shown=0.2,
    catalogue_wrong_shown=0.3,
)
FIGURES = "log loss 0.52 → 0.41, wrong texts among those shown at the same recall 30% → 20%, on the newest 75"


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (
            Verdict(calibration=None, n=34, n_right=9, gain=None),
            "using the default thresholds: 34 of 200 needed outcomes",
        ),
        (
            Verdict(calibration=None, n=300, n_right=4, gain=None),
            "using the default thresholds: 300 of 200 needed outcomes, 4 of them right "
            "(at least 20 right and 20 wrong ones are needed)",
        ),
        (
            Verdict(calibration=None, n=250, n_right=90, gain=GAIN),
            f"using the default thresholds: 250 outcomes do not show a reliable improvement ({FIGURES})",
        ),
        (
            Verdict(calibration=object(), n=250, n_right=90, gain=GAIN, n_bench=50),  # type: ignore[arg-type]  # only None counts
            f"using learnt thresholds, from 250 outcomes, 50 of them from a benchmark: {FIGURES}",
        ),
    ],
    ids=["few", "one-sided", "no-gain", "learnt"],
)
def test_verdict_reads_well(verdict: Verdict, said: str) -> None:
    """The line about thresholds says which ones hold, and from how many outcomes."""
    assert verdict.why == said


def test_status_reads_well() -> None:
    """The lines of `jupyter mccom status` about a machine with a cloud."""
    status = json.loads((WIRE / "status_cloud.json").read_text(encoding="utf-8"))
    assert lines_of(status) == [
        "ready: qwen2.5-coder-0.5b answers first, and asks qwen2.5-coder-1.5b when it is unsure.",
        "engine llamacpp, 1 thread",
        "auto: a statement takes 0.41 s (measured), auto_budget_s allows 0.5 s",
        "prompts: at most 512 tokens: until it is known how fast this machine reads",
        "cloud qwen2.5-coder-1.5b at http://127.0.0.1:8012 (llama-server: takes no draft); 1990 calls left today; "
        "32 saved today",
        "Sent when the local model is unsure, when its text would break the cell, when you type something else, and "
        "when you ask: up to 4096 tokens from around the cursor, other cells and project files. Nothing from the "
        "kernel is sent. Secrets are masked, and documents named in .mccomignore are never sent.",
        "eagerness balanced: confidence > 0.8: shown; otherwise the cloud is asked; if it does not answer, "
        "confidence > 0.6: shown",
        "project: 120 files, 900 pieces (ready)",
        "only the first 20000 files are indexed",
        "using the default thresholds: 34 of 200 needed outcomes",
    ]


def test_status_without_a_cloud_reads_well() -> None:
    """Without a cloud, the status says that nothing leaves and which texts are shown."""
    status = json.loads((WIRE / "status_ready.json").read_text(encoding="utf-8"))
    assert lines_of(status) == [
        "ready: qwen2.5-coder-0.5b answers on this machine; nothing leaves it.",
        "engine llamacpp, 1 thread",
        "prompts: at most 512 tokens: until it is known how fast this machine reads",
        "the cloud is off; nothing leaves this machine",
        "eagerness balanced: confidence > 0.6: shown; otherwise: hidden",
        "using the default thresholds: 34 of 200 needed outcomes",
    ]


def test_why_reads_well() -> None:
    """The lines of `%mccom why` about a text of the cloud that was accepted."""
    trace = {
        "document": "a.ipynb",
        "trigger": "typing",
        "text": "mean(values)",
        "route": {"to": "cloud", "reason": "unsure", "confidence": 0.75, "chance": 0.61},
        "generations": [{"engine": "small"}, {"engine": "large"}],
        "features": {"mean_prob": 0.5, "lowest_prob": 0.25},
        "outcome": {"kind": "accepted", "shown_ms": 1500, "kept_chars": 14},
        "instead": "",
        "hits": [],
        "draft": {"offered": 9, "accepted": 4},
        "trouble": "",
        "stage_s": {"local": 0.5, "cloud": 1.5, "total": 2.0},
    }
    assert why(trace).rows == (
        ("suggestion", "mean(values)"),
        ("shown from", "cloud: large"),
        ("because", "the local text was not likely enough to be right"),
        (
            "confidence",
            "a chance of 0.61 to be right; 0.75 (mean probability of the first 3 tokens; "
            "whole text 0.50, its lowest token 0.25)",
        ),
        ("outcome", "accepted after 1.5 s, 14 characters kept"),
        ("draft", "4 of 9 drafted tokens taken"),
        ("seconds", "local 0.50, cloud 1.50, total 2.00"),
    )
