"""What twelve machines get: a table, since most of them are not at hand. Nothing here asks the machine that runs it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from jupyter_mccom.engines.choosing.model_choice import (
    READ_TOKENS,
    WRITE_TOKENS,
    Choice,
    Figures,
    Option,
    choose,
    first_offer,
)
from jupyter_mccom.engines.choosing.weights import Facts, Form, taken
from jupyter_mccom.models.catalog import find, ids

GB = 10**9
BUDGET_S = 0.5
HALF, LARGER, LARGEST = "qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b", "qwen2.5-coder-7b"
SMALLEST = "smollm2-135m"


@dataclass(frozen=True)
class Case:
    """A machine, and what it is to get."""

    facts: Facts
    free_gb: float
    half_s: float
    """Seconds that a statement takes with the 0.5B, or with the first offer where that is another."""
    gets: str
    """Form and first offer."""
    next: str
    """What is offered once the first one runs; empty: nothing."""
    why: str = ""
    """A word of the reason why it is not MLX, or why nothing better is offered."""


def _facts(system: str, machine: str, *, mlx: bool = False, python: tuple[int, int] = (3, 12)) -> Facts:
    return Facts(system=system, machine=machine, python=python, mlx=mlx)


MAC, INTEL_MAC = _facts("darwin", "arm64", mlx=True), _facts("darwin", "x86_64")
LINUX, WINDOWS = _facts("linux", "x86_64"), _facts("win32", "AMD64")
MACHINES = {
    "Mac M1, 8 GB": Case(MAC, 3.0, 0.09, f"mlx {HALF}", LARGER, "qwen2.5-coder-7b needs 6.2 GB"),
    "Mac M1, 8 GB, Python 3.10": Case(
        _facts("darwin", "arm64", python=(3, 10)), 3.0, 0.25, f"gguf {HALF}", LARGER, "3.10"
    ),
    "Mac M2, 16 GB, without mlx-lm": Case(
        _facts("darwin", "arm64"), 9.0, 0.15, f"gguf {HALF}", LARGER, "pip install mlx-lm"
    ),
    "Mac M4 Max, 64 GB": Case(MAC, 48.0, 0.06, f"mlx {HALF}", LARGEST),
    "Intel Mac, 16 GB": Case(INTEL_MAC, 8.0, 0.45, f"gguf {HALF}", "", "qwen2.5-coder-1.5b 0.74 s (predicted)"),
    "Linux, 16 cores": Case(LINUX, 24.0, 0.12, f"gguf {HALF}", LARGEST),
    "Linux, NVIDIA": Case(LINUX, 50.0, 0.03, f"gguf {HALF}", LARGEST),
    "Linux, arm64": Case(_facts("linux", "aarch64"), 12.0, 0.28, f"gguf {HALF}", LARGER, "7b 1.08 s (predicted)"),
    "Linux, with MLX for the CPU": Case(_facts("linux", "x86_64", mlx=True), 12.0, 0.28, f"gguf {HALF}", LARGER),
    "Windows laptop": Case(WINDOWS, 6.0, 0.40, f"gguf {HALF}", "", "qwen2.5-coder-1.5b 0.65 s (predicted)"),
    "container, 2 cores, 2 GB": Case(LINUX, 1.2, 0.30, f"gguf {HALF}", "", "qwen2.5-coder-1.5b needs 1.6 GB"),
    "container, 0.5 GB": Case(LINUX, 0.4, 0.10, f"gguf {SMALLEST}", "", "qwen2.5-coder-0.5b needs 0.7 GB"),
    "Colab, 2 cores, 12 GB": Case(LINUX, 10.0, 0.55, f"gguf {HALF}", "", "nothing here is quicker"),
}


def _options(form: Form, here: str = "") -> list[Option]:
    models = [find(family if form == "gguf" else f"{family}-mlx") for family in ids()]
    return [
        Option(
            name=model.family,
            kind=form,
            n_bytes=model.n_bytes,
            rank=rank,
            present=model.family == here,
            exact_match=model.exact_match,
        )
        for rank, model in enumerate(models)
        if model is not None
    ]


def _once_it_runs(case: Case, form: Form, first: str) -> Choice:
    each_s = case.half_s / (READ_TOKENS + WRITE_TOKENS)
    measured = {first: Figures(read_s=each_s, write_s=each_s)}
    free = int(case.free_gb * GB)
    return choose(_options(form, first), measured, budget_s=BUDGET_S, free_bytes=free)


@pytest.mark.parametrize("case", MACHINES.values(), ids=MACHINES)
def test_a_machine_gets_what_suits_it(case: Case) -> None:
    """A machine gets a form of weights and a first offer; what is offered next fits its time and memory."""
    found = taken("auto", case.facts)
    first = first_offer(_options(found.form), free_bytes=int(case.free_gb * GB))
    assert f"{found.form} {first.name}" == case.gets
    choice = _once_it_runs(case, found.form, first.name)
    assert (choice.name, choice.offer) == (first.name, case.next)
    assert case.why in f"{found.why}; {choice.why}"
    assert bool(found.why) == (case.facts.apple_silicon and found.form == "gguf")


def test_an_offer_says_what_it_costs_and_what_is_gained() -> None:
    """An offer tells size, expected seconds, and the exact match of both models."""
    choice = _once_it_runs(MACHINES["Mac M1, 8 GB"], "mlx", HALF)
    assert choice.offered is not None
    assert (choice.offered.n_bytes, choice.offered.exact_match_now, choice.offered.exact_match) == (
        876_000_000,
        0.429,
        0.521,
    )
    assert f"{LARGER} (0.18 s, 876 MB, exactly right 52% of the time instead of 43%)" in choice.why


@pytest.mark.parametrize(
    ("wish", "facts", "form", "why"),
    [
        ("llamacpp", MAC, "gguf", ""),
        ("mlx", MAC, "mlx", ""),
        ("mlx", _facts("linux", "x86_64", mlx=True), "mlx", ""),
        ("mlx", LINUX, "gguf", "jupyter-mccom[mlx]"),
        ("mlx", INTEL_MAC, "gguf", "Intel"),
        ("mlx", WINDOWS, "gguf", "win32"),
    ],
)
def test_a_persons_wish_holds_where_it_can(wish: str, facts: Facts, form: str, why: str) -> None:
    """The setting `engine` decides where MLX can run; elsewhere llama.cpp is used, and the reason is told."""
    found = taken(wish, facts)  # type: ignore[arg-type]  # the table holds plain strings
    assert found.form == form
    assert why in found.why
    assert bool(found.why) is bool(why)
