"""A provider that is asked within its limits: so many questions and tokens a minute, and again where it was too busy.

All arms that ask the same provider share one of these. What it says about pauses holds for everyone who asks it, so
that they do not all run into the same wall one after the other.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

from workbench.errors import ServerError
from workbench.experiments.answer import ASKED_AGAIN, Answer

WINDOW_S = 60.0
"""What providers state their limits by."""
MAX_ATTEMPTS = 6
"""With the pauses below a quarter of a minute on average, and half a minute at most."""
FIRST_PAUSE_S = 1.0
FIRST_ATTEMPTS = 3
"""At a provider that has never been reached: three seconds at most, and whoever named a wrong address need not wait."""
LONGEST_PAUSE_S = 120.0
"""A provider that wants a longer pause has run out of a day's allowance: the run stops and is gone on with later."""

T = TypeVar("T")


class Limits(NamedTuple):
    """What a provider allows in any minute; None is no limit."""

    requests_per_minute: int | None = None
    """Questions, those that were turned away included."""
    tokens_per_minute: int | None = None
    """Tokens, in and out; a question counts as the most that it can take until it is answered."""


class _Asked:
    """One question of the last minute."""

    __slots__ = ("at", "n_tokens")

    def __init__(self, at: float, n_tokens: int) -> None:
        self.at, self.n_tokens = at, n_tokens


class Provider:
    """One provider's limits, as all who ask it share them.

    Parameters
    ----------
    name
        What it is called in errors.
    limits
        What it allows.
    sleep, monotonic
        Wait, and tell seconds.
    rng
        Spreads pauses.

    Raises
    ------
    ValueError
        If a limit is below 1.
    """

    def __init__(
        self,
        name: str,
        limits: Limits = Limits(),  # noqa: B008  (a NamedTuple is never changed)
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        if any(limit is not None and limit < 1 for limit in limits):
            raise ValueError(f"limits == {limits}, must be at least 1")
        self.name, self.limits = name, limits
        self._sleep, self._monotonic, self._rng = sleep, monotonic, rng or random.Random()  # noqa: S311  (pauses)
        self._asked: deque[_Asked] = deque()
        self._not_before = float("-inf")
        self._was_reached = False
        self._turn = asyncio.Lock()

    async def patiently(
        self,
        once: Callable[[], Awaitable[T | Answer]],
        *,
        most_tokens: int = 0,
        tokens_of: Callable[[T], int | None] = lambda _: None,
    ) -> T | Answer:
        """Return what comes of a question; it is asked again only where the provider said that it did not do the work.

        Parameters
        ----------
        once
            Asks once.
        most_tokens
            Tokens that it can take at most.
        tokens_of
            How many it took, once it is answered; None where that is not known.

        Raises
        ------
        ServerError
            If the provider has never been reached, or asks for a pause that is too long to wait for.
        """
        attempt = 0
        while True:
            attempt += 1
            asked = await self._admitted(most_tokens)
            got = await once()
            self._check_reached(got, attempt)
            if not isinstance(got, Answer):
                known = tokens_of(got)
                asked.n_tokens = asked.n_tokens if known is None else known
                return got
            if got.error_kind not in ASKED_AGAIN:
                return got
            asked.n_tokens = 0
            spread_s = self._rng.uniform(0, min(FIRST_PAUSE_S * 2 ** (attempt - 1), LONGEST_PAUSE_S))
            if got.retry_after_s is None:
                if attempt == MAX_ATTEMPTS:
                    return got
                await self._sleep(spread_s)
                continue
            if got.retry_after_s > LONGEST_PAUSE_S:
                raise ServerError(
                    f"{got.error_message}, and asks for a pause of {got.retry_after_s:,.0f} s",
                    where=self.name,
                    fix="start the run again then: it goes on where it stood",
                )
            self._not_before = max(self._not_before, self._monotonic() + got.retry_after_s)
            if attempt == MAX_ATTEMPTS:
                return got
            await self._sleep(got.retry_after_s + spread_s)

    def _check_reached(self, got: object, attempt: int) -> None:
        """Raise where nothing came of the first attempts of all: that is the address's fault, and no arm's outcome."""
        if not isinstance(got, Answer) or got.error_kind != "unreachable":
            self._was_reached = True
        elif not self._was_reached and attempt >= FIRST_ATTEMPTS:
            fix = "is it running there? Start it: nothing is counted so far"
            raise ServerError(got.error_message or "cannot be reached", where=self.name, fix=fix)

    async def _admitted(self, most_tokens: int) -> _Asked:
        async with self._turn:  # first come, first served
            while (wait_s := self._wait_s(most_tokens)) > 0:
                await self._sleep(wait_s)
            self._asked.append(_Asked(self._monotonic(), most_tokens))
            return self._asked[-1]

    def _wait_s(self, most_tokens: int) -> float:
        """Return for how long nothing more may be asked; 0 if it may be now."""
        now = self._monotonic()
        while self._asked and self._asked[0].at <= now - WINDOW_S:
            self._asked.popleft()
        wait_s = max(0.0, self._not_before - now)
        if not self._asked:  # one that takes more than a minute's tokens is asked alone
            return wait_s
        n_requests, n_tokens = len(self._asked), sum(one.n_tokens for one in self._asked) + most_tokens
        for one in self._asked:
            if _fits(n_requests + 1, self.limits.requests_per_minute) and _fits(
                n_tokens, self.limits.tokens_per_minute
            ):
                break
            wait_s = max(wait_s, one.at + WINDOW_S - now)
            n_requests, n_tokens = n_requests - 1, n_tokens - one.n_tokens
        return wait_s


def _fits(amount: int, limit: int | None) -> bool:
    return limit is None or amount <= limit
