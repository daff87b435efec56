"""How many cloud calls and tokens a day may still cost; a hard stop. Pure but for the clock and the ledger it is given.

A day (UTC) has its own account, which nothing sets back: a clock that jumps gives no day's calls twice. Where the clock
was some days ahead, the account of that day holds; one of more than a week ahead was a mistake, and does not.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from functools import partial

from ..protocols import Account, Clock, Ledger, Payment

_DAY_S = 86400
_HELD_DAYS = 7
_KEPT_DAYS = 16


class MemoryLedger:
    """Satisfies protocols.Ledger for one process."""

    trouble = ""

    def __init__(self) -> None:
        self._days: dict[int, Account] = {}

    def known(self) -> Mapping[int, Account]:
        """The accounts of all days."""
        return dict(self._days)

    async def change(self, work: Payment) -> tuple[bool, Mapping[int, Account]]:
        """Runs `work` on the accounts, and returns what it says and how they are then."""
        return work(self._days), self.known()


class Budget:
    """The daily limit of cloud calls and tokens, which all who share `ledger` share. 0 means no limit."""

    def __init__(self, *, calls_a_day: int, tokens_a_day: int, clock: Clock, ledger: Ledger | None = None) -> None:
        self._limits = (calls_a_day, tokens_a_day)
        self._clock = clock
        self._ledger = ledger or MemoryLedger()
        self._days = self._ledger.known()
        self._unkept = 0
        """Tokens that the ledger does not know of yet: it is told with the next call."""

    def limit(self, *, calls_a_day: int, tokens_a_day: int) -> None:
        """Sets other limits; what was spent today stays spent."""
        self._limits = (calls_a_day, tokens_a_day)

    async def take(self) -> bool:
        """Takes one call, if there is one left: two requests at the same moment cannot take the same."""
        tokens, self._unkept = self._unkept, 0
        work = partial(_taken, today=self._today, limits=self._limits, tokens=tokens)
        taken, self._days = await self._ledger.change(work)
        return taken

    def spend(self, n_tokens: int) -> None:
        """Counts tokens of a call."""
        self._unkept += n_tokens

    async def aclose(self) -> None:
        """Tells the ledger what it does not know yet."""
        tokens, self._unkept = self._unkept, 0
        if tokens:
            _, self._days = await self._ledger.change(partial(_paid, today=self._today, tokens=tokens))

    @property
    def calls(self) -> int:
        """Calls of this day."""
        return self._account.calls

    @property
    def tokens(self) -> int:
        """Tokens of this day: of prompts and drafts by the engine's count, one for each piece of an answer."""
        return self._account.tokens + self._unkept

    @property
    def spent(self) -> bool:
        """True when no call or no token is left today."""
        return _is_spent(Account(calls=self.calls, tokens=self.tokens), self._limits)

    @property
    def calls_left(self) -> int | None:
        """Calls left today; None without a limit."""
        calls, _ = self._limits
        if not calls:
            return None
        return 0 if self.spent else calls - self.calls

    @property
    def trouble(self) -> str:
        """Why the ledger cannot be kept, one line; empty when it can."""
        return self._ledger.trouble

    @property
    def _today(self) -> int:
        return int(self._clock.unix_s() // _DAY_S)

    @property
    def _account(self) -> Account:
        return self._days.get(_held_to(self._days, self._today), Account())


def _held_to(days: Mapping[int, Account], today: int) -> int:
    """The day whose account holds: today's, or that of a day shortly ahead which had calls already."""
    return max((day for day in days if today < day <= today + _HELD_DAYS), default=today)


def _is_spent(account: Account, limits: tuple[int, int]) -> bool:
    calls, tokens = limits
    return bool(calls and account.calls >= calls) or bool(tokens and account.tokens >= tokens)


def _paid(days: MutableMapping[int, Account], *, today: int, tokens: int) -> bool:
    """Adds tokens of the calls so far, and drops the accounts of the days that are farthest away."""
    day = _held_to(days, today)
    account = days.get(day, Account())
    days[day] = Account(calls=account.calls, tokens=account.tokens + tokens)
    for other in sorted(days, key=lambda one: abs(one - today))[_KEPT_DAYS:]:
        del days[other]
    return True


def _taken(days: MutableMapping[int, Account], *, today: int, limits: tuple[int, int], tokens: int) -> bool:
    """Takes a call of the day; False when none is left."""
    _paid(days, today=today, tokens=tokens)
    day = _held_to(days, today)
    account = days[day]
    if _is_spent(account, limits):
        return False
    days[day] = Account(calls=account.calls + 1, tokens=account.tokens)
    return True
