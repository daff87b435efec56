"""What each way of asking would have shown, from one run of both models on the same positions.

A person who accepts exact matches and rejects the rest (paper 6.4) decides what follows. Greedy text depends neither on
the route nor on a draft, so that one run of each model serves every policy; where the gates give up on a local text
early, round 2 asks with what there is of it by the default gates. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ...cascade.route import N_CONFIDENCE, Gates
from .bench import NETWORK_S
from .metrics import exact_match
from .profiles import Profile
from .timed_answers import TimedAnswer

PAPER = Gates(sure=0.8, show=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """Both models at one position; the cloud's times hold its network."""

    local: TimedAnswer
    cloud: TimedAnswer
    """The cloud's answer with round 1 of retrieval."""
    second: TimedAnswer
    """The cloud's answer with what round 2 found for the local text."""
    truth: str
    kind: str
    era: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One policy at one position."""

    right: bool
    latency_s: float
    """Until the last text that this policy shows, the person's own time aside."""
    network_s: float
    """The network's part of it."""
    calls: int
    shown: int
    wrong: int
    local_shown: int
    """The local model's among those shown."""
    local_wrong: int


def elsewhere(both: Both, *, local_share: float, profile: Profile) -> Both:
    """The answers on other machines, computed: local work takes `local_share` of its time, the cloud its profile's."""

    def hosted(answer: TimedAnswer) -> TimedAnswer:
        before_s = local_share * answer.before_s
        total_s = before_s + profile.until_s(len(answer.tokens))
        return replace(answer, before_s=before_s, prompt_s=before_s + profile.until_s(1), total_s=total_s)

    local = replace(
        both.local,
        before_s=local_share * both.local.before_s,
        prompt_s=local_share * both.local.prompt_s,
        total_s=local_share * both.local.total_s,
    )
    return replace(both, local=local, cloud=hosted(both.cloud), second=hosted(both.second))


Policy = Callable[[Both], Result]


def local_alone(both: Both) -> Result:
    """The result of the local model without gates and cloud."""
    return _shown(both, local=True, cloud=None, latency_s=both.local.total_s)


def cloud_alone(both: Both) -> Result:
    """The result of the cloud alone, which costs a call for every position."""
    return _shown(both, local=False, cloud=both.cloud, latency_s=both.cloud.total_s)


def best_of_two(both: Both) -> Result:
    """The cloud's second answer too where the first is not right, which an oracle knows; the network once.

    The local text that the second one was searched with costs nothing here.
    """
    if exact_match(both.cloud.text, both.truth):
        return cloud_alone(both)
    found = _shown(both, local=False, cloud=both.second, latency_s=both.cloud.total_s + both.second.total_s - NETWORK_S)
    return replace(found, calls=2)


def cascade(gates: Gates, *, parse: bool) -> Policy:
    """The gates of `cascade.route`; what is rejected goes to the cloud."""

    def policy(both: Both) -> Result:
        local, cloud = both.local, both.second
        route = gates.route(local.tokens, text=local.text, parses=local.parses or not parse, cloud="ready")
        if route.to == "cloud":
            return _shown(both, local=False, cloud=cloud, latency_s=_given_up_s(local, gates, parse) + cloud.total_s)
        if route.to == "nothing" or exact_match(local.text, both.truth):
            return _shown(both, local=route.to == "local", cloud=None, latency_s=local.total_s)
        return _shown(both, local=True, cloud=cloud, latency_s=local.total_s + cloud.total_s)

    return policy


def _given_up_s(local: TimedAnswer, gates: Gates, parse: bool) -> float:
    """Seconds until the gates send it to the cloud: at the token at which they give up on it, or when it is whole.

    A single gate on the confidence needs no more than the tokens that this is the mean of.
    """
    n_leading = next((at for at, token in enumerate(local.tokens) if token.text.strip()), 0)
    if not parse and gates.sure_chance is None:
        return local.until_s(N_CONFIDENCE + n_leading)
    n_tokens = next((n for n in range(1, len(local.tokens)) if gates.hopeless(local.tokens[:n])), len(local.tokens))
    return local.until_s(n_tokens)


def policies(gates: Gates) -> Mapping[str, Policy]:
    """Every row of the table."""
    return {
        "local alone": local_alone,
        "cloud alone": cloud_alone,
        "best of two cloud answers": best_of_two,
        "cascade": cascade(gates, parse=True),
        "cascade, no parse gate": cascade(gates, parse=False),
        "cascade, the paper's single gate": cascade(PAPER, parse=False),
    }


def _shown(both: Both, *, local: bool, cloud: TimedAnswer | None, latency_s: float) -> Result:
    texts = ([both.local.text] if local else []) + ([cloud.text] if cloud else [])
    right = [exact_match(text, both.truth) for text in texts if text]
    local_shown = int(local and bool(both.local.text))
    return Result(
        right=any(right),
        latency_s=latency_s,
        network_s=NETWORK_S if cloud else 0.0,
        calls=int(cloud is not None),
        shown=len(right),
        wrong=right.count(False),
        local_shown=local_shown,
        local_wrong=int(bool(local_shown) and not right[0]),
    )
