"""What every suite is given: settings, data, how many positions, and where its rows are kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, TypeVar

from ...settings import MCCom, changed
from .resumable_rows import Rows

_Item = TypeVar("_Item")
_CLOUD_MODEL = "qwen2.5-coder-1.5b"
NETWORK_S = 0.2
"""Added to each call of it (paper 6.1)."""
KEYS_A_MINUTE = 240.0
"""48 words a minute: a quick typist, so that what is measured does not flatter slow models."""
Progress = Callable[[int, int], None]
"""Is told how many of how many are done."""


def stand_in(settings: MCCom) -> str:
    """The model that stands for the cloud where a suite brings its own, in a process of this machine: `cloud_model`."""
    return settings.cloud_model or _CLOUD_MODEL


def of_stand_in(settings: MCCom) -> MCCom:
    """The settings under which that model runs here: its context holds a prompt of `cloud_prompt_tokens`."""
    context_tokens = settings.context_for(settings.cloud_prompt_tokens)
    return changed(settings, model=stand_in(settings), context_tokens=context_tokens)


def last_part(value: Any) -> Any:
    """The value; of an absolute path, one of Windows too, its last part."""
    if not isinstance(value, str):
        return value
    paths = (PurePosixPath(value), PureWindowsPath(value))
    found = next((path.name for path in paths if path.is_absolute() or value.startswith("~")), value)
    return found or value


@dataclass(frozen=True, slots=True, kw_only=True)
class Typing:
    """Options of the suite in which a person types."""

    keys_a_minute: float = KEYS_A_MINUTE
    replays: str = "all"
    """Which of `conditions.REPLAYS`."""
    against: Path | None = None
    """A result folder of another commit, to be compared with."""

    def made_with(self, suite: str) -> dict[str, Any]:
        """What of it decides a suite's rows."""
        return {"keys_a_minute": self.keys_a_minute, "replays": self.replays} if suite == "keystrokes" else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One run of a suite."""

    settings: MCCom
    data: Path
    n: int
    seed: int
    out: Path | None
    rows: Rows
    progress: Progress
    typing: Typing = Typing()

    @property
    def model(self) -> str:
        """The local model's name as results tell it: its id or, of a person's own file or folder, no more than that."""
        name: str = last_part(self.settings.model)
        return name

    async def measured(
        self, items: Sequence[tuple[str, _Item]], row_of: Callable[[_Item], Awaitable[dict[str, Any]]]
    ) -> list[dict[str, Any]]:
        """The row of each (key, item), in their order; what an earlier run measured is not measured again."""
        found = []
        for number, (key, item) in enumerate(items, 1):
            row = self.rows.get(key)
            if row is None:
                row = await row_of(item)
                self.rows.put(key, row)
            found.append(row)
            self.progress(number, len(items))
        return found
