"""A comparison as a whole: what was decided, every figure, and the cases behind it.

A terminal, a page and a script show the same value, so that none of them works anything out by itself.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import polars as pl

from workbench.experiments.analysis import Analysis
from workbench.experiments.decision import Ruling
from workbench.experiments.kinds import FailureKind
from workbench.experiments.pairs import ARMS, pairs_of
from workbench.experiments.plan import Plan
from workbench.experiments.recorded import Counts
from workbench.records import DecisionKind
from workbench.stats.pass_k import pass_k

SENTENCES: Mapping[DecisionKind, str] = {
    "ship": "Ship: the candidate is shown better, and nothing is shown worse.",
    "dont_ship": "Do not ship: the candidate is shown worse, or not better by what would be worth it.",
    "inconclusive": "Inconclusive: these results settle it neither way.",
    "invalid": "Invalid: these results can decide nothing.",
}
"""Each decision in one sentence."""
_AT_A_COST = "Ship, at a known cost: the candidate is shown better, and what is shown worse is within what was allowed."
_HARM = "Do not ship: the candidate is shown worse."
_USELESS = "Do not ship: the candidate is not better by what would be worth it."


class ChangedCase(NamedTuple):
    """One case that came out otherwise."""

    metric: str
    """By which metric."""
    case_id: str
    """The case."""
    is_fixed: bool
    """Whether it is better with the candidate."""
    baseline: float
    """Its mean over trials in the baseline."""
    candidate: float
    """The same in the candidate."""


class PassPowers(NamedTuple):
    """pass^1, pass^2, ... of both arms: the chance that so many trials of a case all pass."""

    baseline: tuple[float, ...]
    candidate: tuple[float, ...]


class Comparison(NamedTuple):
    """What two result sets come to."""

    ruling: Ruling
    """The decision with its reasons."""
    plan: Plan
    """By which metrics and level."""
    analysis: Analysis
    """Every estimate."""
    results: pl.DataFrame
    """schemas.RESULTS of both arms."""
    counts: Counts
    """Rows and cases."""
    notes: tuple[str, ...]
    """What to know before believing it, a sentence each."""
    kinds: tuple[FailureKind, ...] | None
    """Kinds of failure in the runs; None where the files hold scores and no runs."""


def sentence_of(ruling: Ruling) -> str:
    """Return a decision in one sentence, the same wherever it is told.

    >>> sentence_of(Ruling("ship", ("right: shown better",), known_costs=("latency_ms: shown worse",)))[:23]
    'Ship, at a known cost: '
    """
    if ruling.decision == "dont_ship":
        return _HARM if ruling.is_harm else _USELESS
    return _AT_A_COST if ruling.decision == "ship" and ruling.known_costs else SENTENCES[ruling.decision]


def changed_cases(comparison: Comparison) -> tuple[ChangedCase, ...]:
    """Return the cases that are better or worse with the candidate, the broken ones first, by metric and case."""
    changed = []
    for metric in comparison.plan.metrics:
        if metric.name not in {one.metric for one in comparison.analysis.estimates}:
            continue
        pairs = pairs_of(comparison.results, metric)
        for case_id, before, after in zip(pairs.case_ids, pairs.baseline, pairs.candidate, strict=True):
            if before != after:
                is_fixed = bool(metric.direction * (after - before) > 0)
                changed.append(ChangedCase(metric.name, case_id, is_fixed, float(before), float(after)))
    # Shorter ids first, so that numbers stand in their order.
    return tuple(sorted(changed, key=lambda one: (one.is_fixed, one.metric, len(one.case_id), one.case_id)))


def pass_powers(comparison: Comparison, metric: str) -> PassPowers | None:
    """Return pass^k of both arms for k up to the trials that every case has; None unless all cases have two or more.

    Parameters
    ----------
    comparison
        The comparison.
    metric
        A metric of it whose values are 0 or 1.
    """
    rows = comparison.results.filter(pl.col("metric") == metric, pl.col("status") != "missing")
    passes = (pl.col("value") == 1).fill_null(value=False)
    if rows.is_empty() or not rows["value"].drop_nulls().is_in([0.0, 1.0]).all():
        return None
    by_case = rows.group_by("arm", "case_id").agg(passes.sum().alias("passed"), pl.len().alias("n"))
    most = int(by_case["n"].min())  # type: ignore[arg-type]
    if most < 2:
        return None
    powers = []
    for arm in ARMS:
        passed, n = (
            by_case.filter(pl.col("arm") == arm)[name].to_numpy().astype(np.float64) for name in ("passed", "n")
        )
        powers.append(tuple(pass_k(passed, n, k=k).share for k in range(1, most + 1)))
    return PassPowers(*powers)
