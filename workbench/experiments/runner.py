"""The runner: asks every arm about every case, a bounded number at once, and can be stopped anywhere.

Each question is in the journal before it is asked and with its outcome before the next one is; whoever starts the same
run again goes on where it stood. Nothing that was finished is asked or paid for again, and an error is kept as the
outcome that it is.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

from workbench.experiments.arm import Spend
from workbench.experiments.budget import UNLIMITED, Budget, require_bounds
from workbench.experiments.cache import Cache
from workbench.experiments.journal import open_journal
from workbench.experiments.outcome import Outcome
from workbench.experiments.schedule import Item
from workbench.experiments.session import Progress, Run, Session
from workbench.ids import digest

AT_ONCE = 8
"""Questions under way at a time; a kill can cost no more than these."""


async def run(
    items: Sequence[Item],
    journal: Path,
    *,
    now: Callable[[], datetime],
    until: int | None = None,
    budget: Spend = UNLIMITED,
    cache: Cache | None = None,
    n_at_once: int = AT_ONCE,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[Outcome], str] = lambda _: "",
    keep: Callable[[Outcome], bool] = lambda _: True,
    monotonic: Callable[[], float] = time.monotonic,
) -> Run:
    """Return what became of every question; what the journal holds already is not asked again.

    Parameters
    ----------
    items
        Who is asked what, in order; see `schedule`.
    journal
        The file that the run is kept in.
    now
        Gives the time, UTC.
    until
        How many of them are asked by now, from the first on; None is all. The rest is asked when the run goes on.
    budget
        What the whole run may cost; it stops before a question that could take it past that.
    cache
        Answers of earlier runs that asked the same; None asks anew.
    n_at_once
        Questions under way at a time.
    progress
        Is told after every outcome.
    stop
        Says of an outcome why no further question is asked; empty where there is no reason.
    keep
        Says of an outcome, after `stop`, whether its answer goes into the cache.
    monotonic
        Gives seconds, for the pace.

    Raises
    ------
    ConfigError
        If the journal is another run's, or the budget cannot be kept because an arm does not say its most.
    StoreError
        If the journal is damaged or cannot be written, or another process has it open.
    ValueError
        If n_at_once is below 1.
    """
    if n_at_once < 1:
        raise ValueError(f"n_at_once == {n_at_once}, must be at least 1")
    arms = {item.arm.name: item.arm for item in items}.values()
    require_bounds(budget, arms)
    async with AsyncExitStack() as stack:
        opened = stack.enter_context(open_journal(journal, run=run_digest(items)))
        for line in (arm.line for arm in arms if arm.line is not None):
            await stack.enter_async_context(line)
        of_all = Budget(budget)
        session = Session(
            items[:until],
            opened,
            of_all,
            cache,
            now=now,
            monotonic=monotonic,
            progress=progress,
            stop=stop,
            keep=keep,
        )
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(min(n_at_once, len(items))):
                    workers.create_task(session.work())
        except ExceptionGroup as faults:
            raise faults.exceptions[0] from faults
    return session.result()


def run_digest(items: Sequence[Item]) -> str:
    """Return what a run is known by: all that its answers depend on, and their order."""
    return digest(*(item.key for item in items))
