"""Cases drawn at random from what is left of a pool: no near-duplicate of development, none that was used before.

Nor any of the other holdout that may stand beside them. What ships was lucky on its targeted cases: were those random
cases too, the gain that is reported of these would be lucky with them.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from workbench.clustering import Embed
from workbench.experiments.case import Case
from workbench.experiments.split import Split, split
from workbench.loop.holdouts.pool import pool, used_cases
from workbench.loop.holdouts.trace_cases import cases_of
from workbench.store import Workspace
from workbench.windows import Window

_GROWS = 2
"""How many times as many traces are read where too many of those that were read were left out."""


class Drawn(NamedTuple):
    """Cases that were drawn."""

    cases: tuple[Case, ...]
    """At most as many as were asked for, in a random order."""
    verdict_ids: Mapping[str, tuple[str, ...]]
    """By case the verdicts that an expectation came from."""
    left_out: Mapping[str, int]
    """Traces that could not be cases, by why, as far as they were looked at."""
    rest: frozenset[str]
    """Traces that share no user or visit with development either, and were not drawn."""


def draw(
    workspace: Workspace,
    *,
    among: Collection[str] | None,
    apart_from: Collection[str] | None,
    beside: Sequence[Case] = (),
    is_other_weeks: bool,
    n: Callable[[int], int],
    seed: int,
    window: Window,
    embed: Embed,
) -> Drawn:
    """Return at most so many cases at random as are wanted; deterministic given the store and seed.

    Parameters
    ----------
    workspace
        Where the traces lie; nothing is written.
    among
        The traces that come into question; None is all.
    apart_from
        The development traces; None for cases that need not be kept apart, because they are these.
    beside
        Cases of holdouts that may stand beside these: they and their near-duplicates are left out, their users are not.
    is_other_weeks
        Whether they must be of other weeks than these.
    n, seed
        How many, of so many traces that may be cases; and the seed of the draw.
    window
        When the traces began.
    embed
        What tells near-duplicates.
    """
    near = tuple(apart_from or ())
    found = pool(workspace, among=among, window=window, development=near, is_other_weeks=is_other_weeks, seed=seed)
    used = frozenset() if apart_from is None else used_cases(workspace)
    developed = cases_of(workspace, near).cases
    n_wanted = n_read = n(len(found.traces))
    while True:
        read = cases_of(workspace, found.traces[:n_read])
        fresh = [case for case in read.cases if case.case_id not in used]
        parted = split(fresh, development=developed, embed=embed)
        alone = (
            split(parted.cases, development=beside, embed=embed, may_share_users=True)
            if beside
            else Split(parted.cases, {})
        )
        if len(alone.cases) >= n_wanted or n_read >= len(found.traces):
            break
        n_read *= _GROWS
    left_out = Counter(parted.left_out.values()) + Counter(
        {
            **found.left_out,
            "used": len(read.cases) - len(fresh),
            "no_text": len(read.without),
            "holdout": len(alone.left_out),
        }
    )
    cases = alone.cases[:n_wanted]
    rest = frozenset(found.traces) - {case.trace_id for case in cases}
    return Drawn(cases, read.verdict_ids, {why: left_out[why] for why in sorted(left_out)}, rest)
