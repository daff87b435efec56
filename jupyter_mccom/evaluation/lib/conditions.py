"""Under which conditions a way of asking is replayed: how fast the local machine is, and whose cloud is asked.

Pure; knows nothing of replays. Rows of a replay are named here, so that those of another commit can be found again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from .bench import NETWORK_S
from .profiles import FIFTH, HOSTED_7B, Profile

LOCAL, CASCADE, AHEAD, BARE, CLOUD, TWICE = WAYS = (
    "local alone",
    "cascade",
    "asked in advance",
    "no retrieval",
    "cloud alone",
    "best of two",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """`name` stands behind a way's name; `local_alone` in its place where a way has no cloud."""

    name: str
    local_alone: str = LOCAL
    local_share: float = 1.0
    """The share that local work takes of its time on this machine."""
    network_s: float = 0.0
    """Added to each call of a cloud that works on this machine."""
    profile: Profile | None = None
    """The times of a cloud that works elsewhere."""

    def name_of(self, way: str) -> str:
        """A replay's name, in rows and tables."""
        return self.local_alone if way == LOCAL else f"{way} {self.name}"

    @property
    def computed(self) -> bool:
        """True when some of the seconds are computed, not measured."""
        return self.local_share != 1 or self.profile is not None

    @property
    def words(self) -> str:
        """The conditions in words, for a table's title."""
        if self.profile is None:
            return f"{self.name} ms of network, this machine's cloud"
        return f"computed: local work in {self.local_share:g} of its time, the cloud's of {self.profile.words}"


HERE = Conditions(name=f"{NETWORK_S * 1000:.0f}", network_s=NETWORK_S)
NO_NETWORK = Conditions(name="0")
ELSEWHERE = Conditions(name="hosted", local_alone=f"{LOCAL}, a fifth", local_share=FIFTH, profile=HOSTED_7B)
CONDITIONS = (HERE, NO_NETWORK, ELSEWHERE)

Replay: TypeAlias = tuple[str, Conditions]
_ALONE: tuple[Replay, ...] = ((LOCAL, HERE), (LOCAL, ELSEWHERE))
_GOALS: tuple[Replay, ...] = tuple((way, given) for given in (HERE, ELSEWHERE) for way in (CASCADE, CLOUD))
_AHEAD: tuple[Replay, ...] = tuple((way, given) for given in (HERE, ELSEWHERE) for way in (CASCADE, AHEAD))
_OTHERS = ((BARE, HERE), (TWICE, HERE), *((way, NO_NETWORK) for way in (CASCADE, BARE, CLOUD, TWICE)))
REPLAYS: Mapping[str, tuple[Replay, ...]] = {
    "local": _ALONE,
    "goals": (*_ALONE, *_GOALS),
    "ahead": _AHEAD,
    "all": (*_ALONE, *_GOALS, *_OTHERS),
}
"""What `--replays` names."""
ORDER = [given.name_of(LOCAL) for given in (HERE, ELSEWHERE)]
ORDER += [given.name_of(way) for given in CONDITIONS for way in WAYS if way != LOCAL]
"""The order of replays in tables."""
