"""One part of a run: from when it is started to when it is done, stopped or killed.

Workers take the questions in their order; the journal and the budget are kept here, in one place, so that no question
is asked that is not written down or not paid for.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from typing import NamedTuple

import msgspec

from workbench.counted import counted
from workbench.errors import WorkbenchError
from workbench.experiments.answer import Answer, error
from workbench.experiments.arm import Spend
from workbench.experiments.budget import Budget
from workbench.experiments.cache import Cache
from workbench.experiments.journal import Journal
from workbench.experiments.outcome import NOTHING, Outcome, charge
from workbench.experiments.schedule import Item


class Progress(NamedTuple):
    """How far a run is."""

    n_done: int
    """Questions that have their outcome, those of earlier parts of the run included."""
    n_all: int
    """Questions in all."""
    n_errors: int
    """Of those done, errors."""
    n_cached: int
    """Of those done, answered from the cache."""
    spent: Spend
    """What the budget is charged with so far."""
    left_s: float | None
    """Seconds that the rest takes at the pace of this part of the run; None before anything was asked."""


class Run(NamedTuple):
    """What a run came to."""

    outcomes: tuple[Outcome, ...]
    """In the order of the schedule; those that are missing were not asked."""
    n_missing: int
    """Questions without an outcome; with any, the same run may be started again to go on."""
    stopped: str
    """Why it ended before all was asked; empty where all was."""
    n_interrupted: int
    """Questions that an earlier part of the run began and did not finish: each may have been paid for once more."""
    spent: Spend
    """What the budget is charged with, the most of those that were interrupted included."""


class Session:
    """The state of a run while it goes on."""

    def __init__(
        self,
        items: Sequence[Item],
        journal: Journal,
        budget: Budget,
        cache: Cache | None,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        progress: Callable[[Progress], None] | None,
        stop: Callable[[Outcome], str],
        keep: Callable[[Outcome], bool],
    ) -> None:
        self._items, self._journal, self._budget, self._cache = items, journal, budget, cache
        self._now, self._monotonic, self._progress, self._stop, self._keep = now, monotonic, progress, stop, keep
        self._done = dict(journal.held.finished)
        for charged in (outcome.charged for outcome in self._done.values()):
            budget.charge(charged)
        for begun in journal.held.interrupted:
            budget.charge(begun.most)
        self._left = iter([item for item in items if item.key not in self._done])
        self._n_errors = sum(outcome.answer.status == "error" for outcome in self._done.values())
        self._n_cached = sum(outcome.is_cached for outcome in self._done.values())
        self._began, self._n_asked = monotonic(), 0
        self._stopped = next(filter(None, map(stop, self._done.values())), "")
        self._turn = asyncio.Lock()
        self._settled = asyncio.Event()

    async def work(self) -> None:
        """Ask one question after the other until none is left, or the run is stopped."""
        while (item := await self._next()) is not None:
            started_at = self._now()
            try:
                answer = await _answer(item)
            except WorkbenchError as fault:  # of the experiment, not of the arm: nothing is scored by it
                self._stopped = self._stopped or str(fault)
                self._journal.let_go(item.key)
                self._settle(item, NOTHING)
                return
            charged = charge(answer, item.arm.most)
            is_usable = self._finish(item, answer, started_at=started_at, charged=charged)
            self._settle(item, charged)
            if self._cache is not None and is_usable:
                self._cache.put(item.key, answer)

    def result(self) -> Run:
        """Return what it came to."""
        outcomes = tuple(self._done[item.key] for item in self._items if item.key in self._done)
        n_missing, n_interrupted = len(self._items) - len(outcomes), len(self._journal.held.interrupted)
        return Run(outcomes, n_missing, self._stopped, n_interrupted, self._budget.spent)

    async def _next(self) -> Item | None:
        """Return the next question that has to be asked, once there is room for it in the budget."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._turn)  # so that questions begin in their order
            while not self._stopped and (item := next(self._left, None)) is not None:
                kept = self._cache.get(item.key) if self._cache is not None else None
                if kept is not None:
                    self._finish(item, kept, started_at=self._now(), charged=NOTHING, is_cached=True)
                    continue
                if not await self._has_room(item):
                    return None
                self._budget.set_aside(item.arm.most)
                self._journal.started(item.key, at=self._now(), most=item.arm.most)
                return item
        return None

    async def _has_room(self, item: Item) -> bool:
        """Return whether the budget has room, if need be once what is under way has its price."""
        while not self._budget.has_room(item.arm.most):
            if self._budget.n_aside == 0:
                self._stopped = self._stopped or _over(self._budget, item)
            if self._stopped:
                return False
            self._settled.clear()
            await self._settled.wait()
        return not self._stopped

    def _finish(
        self, item: Item, answer: Answer, *, started_at: datetime, charged: Spend, is_cached: bool = False
    ) -> bool:
        """Note what came of a question, and return whether its answer may serve another run."""
        outcome = Outcome(
            key=item.key,
            arm=item.arm.name,
            version=item.arm.version,
            case_id=item.case.case_id,
            trial=item.trial,
            seed=item.seed,
            answer=answer,
            started_at=started_at,
            finished_at=self._now(),
            is_cached=is_cached,
            charged=charged,
        )
        self._journal.finished(outcome)
        self._done[item.key] = outcome
        self._n_asked += not is_cached
        self._n_errors += answer.status == "error"
        self._n_cached += is_cached
        why = self._stop(outcome)
        self._stopped = self._stopped or why
        if is_cached:
            self._tell()
        return not why and self._keep(outcome)

    def _settle(self, item: Item, charged: Spend) -> None:
        self._budget.settle(item.arm.most, charged)
        self._settled.set()
        self._tell()

    def _tell(self) -> None:
        if self._progress is None:
            return
        n_left = len(self._items) - len(self._done)
        pace = (self._monotonic() - self._began) / self._n_asked if self._n_asked else None
        self._progress(
            Progress(
                len(self._done),
                len(self._items),
                self._n_errors,
                self._n_cached,
                self._budget.spent,
                None if pace is None else pace * n_left,
            )
        )


async def _answer(item: Item) -> Answer:
    """Return what came of asking, as the journal will tell it again."""
    try:
        answer = await item.arm.ask(item.case, item.trial, item.seed)
    except WorkbenchError:
        raise
    except Exception as fault:  # noqa: BLE001  (an adapter may be anyone's: what it raises is what came of asking)
        return error("failed", f"{type(fault).__name__} in the adapter")
    try:
        return msgspec.json.decode(msgspec.json.encode(answer), type=Answer)
    except (TypeError, ValueError, RecursionError) as fault:
        return error("bad_answer", f"the answer cannot be kept: {type(fault).__name__}")


def _over(budget: Budget, item: Item) -> str:
    limits = [] if budget.limit.usd is None else [f"{budget.limit.usd:g} USD"]
    limits += [] if budget.limit.tokens is None else [f"{counted(budget.limit.tokens, 'token')}"]
    return (
        f"the budget of {' and '.join(limits)} has no room for another answer of {item.arm.name}: raise it and start "
        "the run again to go on"
    )
