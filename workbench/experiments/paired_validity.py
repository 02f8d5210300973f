"""Whether both arms ran the cases that were planned: none that nobody planned, hardly any missing, and those evenly.

Where there are two holdouts each is looked at by itself: what is missing of a few targeted cases must not hide among
many random ones.
"""

from collections.abc import Iterator

import polars as pl

from workbench.counted import counted
from workbench.experiments.judging import Judging, measured, of_cases
from workbench.experiments.live_validity import MAX_MISSING_SHARE
from workbench.experiments.metric import Metric
from workbench.experiments.pairs import ARMS
from workbench.experiments.plan import Plan
from workbench.experiments.scoring import DETECTOR
from workbench.stats.sample_ratio import THRESHOLD
from workbench.stats.sign import sign_test


def of_pairs(plan: Plan, cases: Judging | None, results: pl.DataFrame, *, look: float | None) -> list[str]:
    """Return what is wrong with the pairs that were run, a sentence a fault.

    Parameters
    ----------
    plan
        The plan.
    cases
        The cases that were to be run; None is not known, which is a fault of the holdout and not said here.
    results
        schemas.RESULTS.
    look
        The look at which it is decided.
    """
    if cases is None or look is None:
        return []
    n_strange = results["case_id"].n_unique() - of_cases(results, cases.every)["case_id"].n_unique()
    faults = [f"{counted(n_strange, 'case')} of the results: of no holdout of the plan"] if n_strange else []
    if not plan.targeted_id:
        return [*faults, *_of_side(plan, results, plan.metrics, n_planned=plan.n_cases_at(look))]
    on_targeted, on_random = of_cases(results, cases.targeted), of_cases(results, cases.case_ids)
    targets, others = plan.of_role("target"), tuple(one for one in plan.metrics if one.role != "target")
    of_targeted = _of_side(plan, on_targeted, targets, n_planned=plan.n_targeted_at(look))
    of_random = [*_of_side(plan, on_random, others, n_planned=plan.n_cases_at(look)), *_unevenly(on_random, targets)]
    faults += [f"targeted cases: {fault}" for fault in of_targeted]
    return faults + [f"random cases: {fault}" for fault in of_random]


def _of_side(plan: Plan, results: pl.DataFrame, metrics: tuple[Metric, ...], *, n_planned: int) -> Iterator[str]:
    n_cases = results["case_id"].n_unique()
    if n_cases > n_planned:
        yield f"{counted(n_cases, 'case was', 'cases were')} run, planned were {n_planned}"
    for metric in metrics:
        yield from too_many_missing(results, metric, by=("case_id", "trial"), n=n_planned * plan.n_trials)


def _unevenly(on_random: pl.DataFrame, targets: tuple[Metric, ...]) -> Iterator[str]:
    for metric in targets:
        yield from too_many_missing(measured(on_random, metric), metric, by=("case_id", "trial"))


def too_many_missing(results: pl.DataFrame, metric: Metric, *, by: tuple[str, ...], n: int | None = None) -> list[str]:
    """Return a fault if too many pairs of a metric are missing, and one if one arm misses more than the other.

    Parameters
    ----------
    results
        schemas.RESULTS.
    metric
        The metric; of one whose missing values are failures, only what has no row at all is missing.
    by
        What makes a pair: cases, or cases and trials.
    n
        Pairs that there should be; None is all that either arm has.
    """
    rows = results.filter(pl.col("metric") == metric.name)
    is_scored = (pl.col("status") == "ok") & pl.col("value").is_finite().fill_null(value=False)
    known = rows.filter(pl.lit(metric.missing == "fail") | (pl.col("status") == "error") | is_scored)
    one, other = (set(known.filter(pl.col("arm") == arm).select(by).iter_rows()) for arm in ARMS)
    everything = set(rows.select(by).iter_rows())
    n_pairs = max(n or 0, len(everything))
    n_missing = n_pairs - len(one & other)
    faults = []
    if n_pairs and n_missing / n_pairs > MAX_MISSING_SHARE:
        faults.append(
            f"{metric.name}: {n_missing:,} of {counted(n_pairs, 'pair is', 'pairs are')} "
            f"missing ({n_missing / n_pairs:.1%}), "
            f"more than {MAX_MISSING_SHARE:.0%}{_why(metric) if n_missing == n_pairs else ''}"
        )
    n_one, n_other = len(other - one), len(one - other)
    if sign_test(n_one, n_other) < THRESHOLD:
        faults.append(
            f"{metric.name}: the baseline misses {n_one:,} that the candidate has, the candidate {n_other:,} that the "
            "baseline has"
        )
    return faults


def _why(metric: Metric) -> str:
    """Return why a metric may have no value at all, where that is known."""
    if not metric.measured.startswith(DETECTOR):
        return ""
    return ": a detector judges the steps of a run, which the app is to return (`otlp`), or measure it otherwise"
