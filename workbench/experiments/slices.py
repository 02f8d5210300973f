"""What the results come to in parts of the cases, such as one tier of users: looked at to flag, and never to decide.

Who looks at enough slices finds a bad one by chance, so that all of them are adjusted together. A slice that matters by
itself has to be declared as a guardrail before the run.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import polars as pl

from workbench.experiments.analysis import Analysis
from workbench.experiments.case import Case
from workbench.experiments.estimate import Estimate
from workbench.experiments.metric import Metric
from workbench.experiments.plan import Plan
from workbench.stats.multiplicity import benjamini_hochberg

FALSE_FLAGS = 0.05
"""Expected share of flags that are false (Benjamini, Hochberg): as the level of the plan usually is."""
MIN_CASES = 10
"""Of a slice: even if all of five cases break, chance does that once in thirty, and some ten slices are looked at."""
_ROOM = 12
"""Values of an attribute that are looked at: more are no slices but names."""


class Slice(NamedTuple):
    """One metric in one part of the cases."""

    attribute: str
    """What the cases have in common: the attribute."""
    value: str
    """And its value."""
    estimate: Estimate
    """What they come to, as of `analyse`."""
    q: float
    """Of "not worse here", of a budget "not worse by more than it", adjusted for all that is looked at."""

    @property
    def is_flagged(self) -> bool:
        """Whether it is shown worse here."""
        return self.q <= FALSE_FLAGS


class Slices(NamedTuple):
    """What was looked at."""

    found: tuple[Slice, ...]
    """Every slice of every metric, the surest losses first."""
    n_small: int
    """Slices that have fewer than MIN_CASES cases, or values of which there are too many: not looked at."""
    absent: tuple[str, ...]
    """Attributes that the plan names and no case has."""


def slices_of(
    plan: Plan, results: pl.DataFrame, cases: Iterable[Case], *, analyse: Callable[[pl.DataFrame], Analysis]
) -> Slices:
    """Return every metric of a plan in every slice; deterministic.

    A metric that names attributes is looked at by these alone, any other by all that the cases have.

    Parameters
    ----------
    plan
        The plan.
    results
        schemas.RESULTS of both arms.
    cases
        The cases, with their attributes.
    analyse
        From rows of some cases to their estimates, as the whole is analysed.
    """
    parts = _parts(cases)
    attributes = {attribute for attribute, _ in parts}
    large = {part: ids for part, ids in parts.items() if len(ids) >= MIN_CASES}
    metrics = {metric.name: metric for metric in plan.metrics}
    found: list[tuple[str, str, Estimate]] = []
    for (attribute, value), ids in sorted(large.items()):
        estimates = analyse(results.filter(pl.col("case_id").is_in(ids))).estimates
        found += [
            (attribute, value, one) for one in estimates if attribute in (metrics[one.metric].slices or attributes)
        ]
    q_values = benjamini_hochberg([_p(metrics[one.metric], one) for *_, one in found]) if found else ()
    every = [Slice(*one, float(q)) for one, q in zip(found, q_values, strict=True)]
    order = {metric.name: place for place, metric in enumerate(plan.metrics)}
    every.sort(key=lambda one: (one.q, order[one.estimate.metric], one.attribute, one.value))
    named = {attribute for metric in plan.metrics for attribute in metric.slices}
    return Slices(tuple(every), len(parts) - len(large), tuple(sorted(named - attributes)))


def _parts(cases: Iterable[Case]) -> Mapping[tuple[str, str], list[str]]:
    """Return the cases of each value of an attribute by which they differ."""
    parts: dict[tuple[str, str], list[str]] = {}
    for case in cases:
        for attribute, value in case.slices.items():
            parts.setdefault((attribute, value), []).append(case.case_id)
    values: dict[str, int] = {}
    for attribute, _ in parts:
        values[attribute] = values.get(attribute, 0) + 1
    return {part: ids for part, ids in parts.items() if 1 < values[part[0]] <= _ROOM}


def _p(metric: Metric, estimate: Estimate) -> float:
    is_allowed = metric.on_worse == "allow_within_margin" and estimate.p_beyond is not None
    return estimate.p_beyond if is_allowed and estimate.p_beyond is not None else estimate.p_worse
