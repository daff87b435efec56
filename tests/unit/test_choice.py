"""What `auto` makes of measured figures: a table of machines."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from jupyter_mccom.engines.choosing.model_choice import READ_TOKENS, WRITE_TOKENS, Choice, Figures, Option, choose

GB = 10**9
SMALL = Option(name="small", kind="gguf", n_bytes=GB // 10, rank=0, present=True)
MIDDLE = Option(name="middle", kind="gguf", n_bytes=GB // 2, rank=1, present=True)
LARGE = Option(name="large", kind="gguf", n_bytes=5 * GB, rank=2, present=True)
MLX = Option(name="middle-mlx", kind="mlx", n_bytes=GB // 3, rank=1, present=True)
BUDGET_S = 0.5


def figures(statement_s: float) -> Figures:
    """Figures of a model that takes `statement_s` for a statement."""
    each_s = statement_s / (READ_TOKENS + WRITE_TOKENS)
    return Figures(read_s=each_s, write_s=each_s)


def _choose(*options: Option, free_gb: float = 64, **statement_s: float) -> Choice:
    told = {name.replace("_", "-"): figures(seconds) for name, seconds in statement_s.items()}
    return choose(options, told, budget_s=BUDGET_S, free_bytes=int(free_gb * GB))


def test_the_largest_that_is_quick_enough_is_chosen() -> None:
    """The largest model that is quick enough is chosen."""
    assert _choose(SMALL, MIDDLE, LARGE, small=0.01, middle=0.1, large=0.4).name == "large"
    assert _choose(SMALL, MIDDLE, LARGE, small=0.01, middle=0.1, large=0.6).name == "middle"


def test_what_was_not_measured_is_predicted_from_its_size() -> None:
    """The time of a model that was not measured is predicted from its size."""
    quick = _choose(SMALL, MIDDLE, LARGE, small=0.03)
    assert quick.name == "large"
    assert 0.03 < quick.statement_s["middle"] < quick.statement_s["large"] < BUDGET_S
    assert _choose(SMALL, MIDDLE, LARGE, small=0.1).name == "middle"
    assert _choose(SMALL, MIDDLE, LARGE, small=0.3).name == "small"


def test_what_does_not_fit_memory_is_not_chosen() -> None:
    """A model that does not fit into memory is not chosen, and the reason names the figure."""
    choice = _choose(SMALL, MIDDLE, LARGE, free_gb=4, small=0.01, middle=0.05, large=0.2)
    assert choice.name == "middle"
    assert "large" in choice.why
    assert "7.2 GB" in choice.why
    assert choice.too_large == ("large",)


def test_the_quickest_serves_where_all_are_too_slow() -> None:
    """When no model is quick enough, the quickest one serves, and the reason says so."""
    choice = _choose(SMALL, MIDDLE, small=0.9, middle=2.0)
    assert (choice.name, choice.offer) == ("small", "")
    assert re.search(r"0\.90 s .*auto_budget_s .*0\.5 s.*middle 2\.00 s", choice.why)


def test_a_model_that_is_rarely_right_gives_way() -> None:
    """A quick model that is rarely right is not used where one that is right often enough is here and fits."""
    rarely, often = replace(SMALL, exact_match=0.3), replace(MIDDLE, exact_match=0.43)
    assert _choose(rarely, often, small=0.4).name == "middle"
    assert _choose(rarely, often, small=0.4, middle=1.0).name == "middle"
    assert _choose(rarely, often, small=0.4, free_gb=0.3).name == "small"
    assert _choose(rarely, replace(often, present=False), small=0.4).name == "small"


def test_a_better_model_that_is_not_here_is_offered() -> None:
    """A better model that is not on the machine is offered and not chosen."""
    choice = _choose(SMALL, replace(MIDDLE, present=False), replace(LARGE, present=False), small=0.05)
    assert (choice.name, choice.offer) == ("small", "middle")
    assert choice.why.endswith("; better and not here yet: middle (0.13 s, 500 MB)")


def test_a_larger_model_that_would_be_too_slow_is_not_offered() -> None:
    """A larger model that would be too slow is not offered."""
    choice = _choose(SMALL, replace(LARGE, present=False), small=0.4)
    assert (choice.name, choice.offer) == ("small", "")
    assert "too much: large 4.18 s (predicted)" in choice.why


def test_of_two_engines_the_quicker_is_chosen() -> None:
    """The quicker of two engines with the same model is chosen."""
    assert _choose(MIDDLE, MLX, middle=0.2, middle_mlx=0.1).name == "middle-mlx"
    assert _choose(MIDDLE, MLX, middle=0.1, middle_mlx=0.2).name == "middle"


def test_figures_of_one_engine_say_nothing_of_another() -> None:
    """The figures of one kind of engine predict nothing about another kind."""
    choice = _choose(SMALL, MLX, small=0.05)
    assert (choice.name, choice.offer) == ("small", "")
    assert "middle-mlx" not in choice.statement_s


@pytest.mark.parametrize("budget_s", [0.1, 0.5, 2.0])
def test_a_choice_never_depends_on_the_order_of_the_models(budget_s: float) -> None:
    """The choice does not depend on the order of the models."""
    told = {"small": figures(0.08), "middle-mlx": figures(0.3)}
    one, other = (
        choose(options, told, budget_s=budget_s, free_bytes=64 * GB)
        for options in ([SMALL, MIDDLE, MLX, LARGE], [LARGE, MLX, MIDDLE, SMALL])
    )
    assert (one.name, one.offer) == (other.name, other.offer)
