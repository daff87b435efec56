"""A cloud that is not this processor: how long a hosted model takes, for text that a model of this machine writes.

Figures that rest on a profile are computed, not measured, and every table says so. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

FIFTH = 0.2
"""The share of this machine's time that local work takes on a laptop, about."""
PAPER_LATENCY = 0.744
"""Mean latency, cascade ÷ cloud alone: 25.6 % less (paper 1.4, its 24 settings)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The seconds of one completion, its network included; the same for every prompt."""

    name: str
    first_token_s: float
    token_s: float

    def until_s(self, n_tokens: int) -> float:
        """Seconds from the request until `n_tokens` are there; none takes as long as one."""
        return self.first_token_s + self.token_s * max(0, n_tokens - 1)

    @property
    def words(self) -> str:
        """The profile in words, for a table's title."""
        return f"{self.name}: {self.first_token_s:g} s to the first token, {self.token_s:g} s a token"


HOSTED_7B = Profile(name="a hosted 7B", first_token_s=0.39, token_s=0.0124)
"""The straight line through the paper's table 4 (Qwen2.5-Coder-7B on an A800, left and right context, 200 ms of
network) over the mean tokens of its table 3: 9.9 tokens 501 ms, 34.9 tokens 811 ms; the two between: 4 % off."""
HOSTED_32B = Profile(name="a hosted 32B", first_token_s=0.58, token_s=0.025)
"""An assumption from the 7B's: four times the weights on twice the cards take twice the time, the network as long."""
HOSTED = (HOSTED_7B, HOSTED_32B)
