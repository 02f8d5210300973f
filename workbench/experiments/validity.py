"""Whether an experiment may decide anything at all: every fact of how it was run, checked, and none taken on trust.

The gate fails closed. What is not known, not a number, empty, stale or of another experiment is a fault, and one fault
makes the decision invalid, whatever the numbers say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from workbench.counted import counted
from workbench.experiments.judging import Judging
from workbench.experiments.live_validity import too_many_users_missing, users_differ
from workbench.experiments.metric import Metric
from workbench.experiments.paired_validity import of_pairs
from workbench.experiments.pairs import ARMS, STATUSES
from workbench.experiments.plan import Plan, plan_digest
from workbench.ids import digest
from workbench.schemas import RESULTS
from workbench.stats.sample_ratio import THRESHOLD, sample_ratio_p

NOT_RUN = "it was not run to"
"""What the reason begins with of an experiment that still goes on: it is followed by how far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How an experiment was run; None is not known, and a fault."""

    experiment_id: str
    """The experiment (exp_...)."""
    plan_digest: str
    """Of the plan that the ledger froze."""
    frozen_at: datetime | None
    """When it was frozen, UTC."""
    started_at: datetime | None
    """When the first arm ran, UTC."""
    commits: Mapping[str, str]
    """The app's version in each arm, as it was frozen."""
    holdout_id: str
    """The holdout that was run."""
    targeted_id: str = ""
    """The targeted one that was run beside it; empty without one."""
    cases: Judging | None = None
    """Cases of both that were to be run by now; of live traffic None."""
    n_overlap: int | None
    """Cases of either that are, or nearly are, development traces or examples in a prompt."""
    n_uses_left: int | None
    """How often they might still be used before this experiment, the less of two."""
    n_assigned: tuple[int, int] | None
    """Runs that each arm was given: baseline, candidate; meant to be the same number. Of live traffic users, by their
    first exposure, in the shares of the plan."""
    results_digest: str
    """`results_digest` of the results as the run left them."""
    look: float | None = 1.0
    """The planned look at which it is decided: the share of the cases that were run; None between looks."""
    n_mixed: int | None = None
    """Of live traffic: users who were seen in both arms, who are left out."""


def results_digest(results: pl.DataFrame, before: pl.DataFrame | None = None) -> str:
    """Return SHA-256 of the results, and of those from before them, the same in whatever order the rows stand."""
    names = RESULTS.schema.names()
    frames = [results] if before is None else [results, before]
    return digest(*(frame.select(names).sort(names, nulls_last=True).write_json() for frame in frames))


def faults_of(
    plan: Plan, conduct: Conduct, results: pl.DataFrame, *, before: pl.DataFrame | None = None
) -> tuple[str, ...]:
    """Return why the experiment can decide nothing, a sentence a fault; empty for a sound one.

    Parameters
    ----------
    plan
        The plan, as it is now.
    conduct
        How it was run.
    results
        schemas.RESULTS of it.
    before
        Of live traffic: what `analyse` is given of before, which the digest of the results covers too.
    """
    frames = [results] if before is None else [results, before]
    columns = [name for frame in frames for name, dtype in RESULTS.schema.items() if frame.schema.get(name) != dtype]
    if columns:
        return (f"the results lack {', '.join(columns)}, or have another type there",)
    return (
        *_of_plan(plan, conduct),
        *([] if plan.is_live else _of_holdout(plan, conduct)),
        *_of_rows(plan, conduct, results, before=before),
        *_of_arms(plan, conduct, results),
        *judges_differ(results, metrics=plan.metrics),
        *(
            _of_users(plan, conduct, results)
            if plan.is_live
            else of_pairs(plan, conduct.cases, results, look=conduct.look)
        ),
    )


def _of_plan(plan: Plan, conduct: Conduct) -> list[str]:
    is_planned = conduct.look in plan.looks or (conduct.look is None and plan.is_live)
    faults = [] if is_planned else [f"no look is planned at {conduct.look} of the cases"]
    if conduct.plan_digest != plan_digest(plan):
        faults.append("the plan is not the one that was frozen")
    if conduct.frozen_at is None:
        faults.append("the plan was not frozen")
    if conduct.started_at is None:
        faults.append("it is not known when the first arm ran")
    times = (conduct.frozen_at, conduct.started_at)
    if any(at is not None and at.tzinfo is None for at in times):
        faults.append("a time has no time zone")
    elif conduct.frozen_at is not None and conduct.started_at is not None and conduct.frozen_at > conduct.started_at:
        faults.append("the plan was frozen after the first run")
    return faults


def _of_holdout(plan: Plan, conduct: Conduct) -> list[str]:
    faults = []
    if not plan.holdout_id or conduct.holdout_id != plan.holdout_id:
        faults.append("the holdout is not the one of the plan")
    if conduct.targeted_id != plan.targeted_id:
        faults.append("the targeted holdout is not the one of the plan")
    if conduct.cases is None:
        faults.append("it is not known which cases were to be run")
    faults += overlaps(conduct.n_overlap)
    if conduct.n_uses_left is None:
        faults.append("it is not known how often the holdout was used")
    elif conduct.n_uses_left < 1:
        faults.append("the holdout's allowed uses are spent")
    return faults


def overlaps(n_overlap: int | None) -> list[str]:
    """Return a fault where cases of a holdout are what the change was written from, or nobody knows."""
    if n_overlap is None:
        return ["it is not known whether the holdout overlaps development traces"]
    n = counted(n_overlap, "case of the holdout overlaps", "cases of the holdout overlap")
    return [f"{n} development traces"] if n_overlap else []


def _of_rows(plan: Plan, conduct: Conduct, results: pl.DataFrame, *, before: pl.DataFrame | None) -> list[str]:
    if results.is_empty():
        return ["there are no results"]
    names = plan.names
    ok = pl.col("status") == "ok"
    flags = {
        "of another experiment": (pl.col("experiment_id") != conduct.experiment_id).fill_null(value=True),
        "of no arm of the plan": ~pl.col("arm").is_in(ARMS).fill_null(value=False),
        "of no metric of the plan": ~pl.col("metric").is_in(names).fill_null(value=False),
        "without case or trial": pl.col("case_id").is_null() | pl.col("trial").is_null(),
        "without a known status": ~pl.col("status").is_in(STATUSES).fill_null(value=False),
        "said to be ok, without a number": ok & ~pl.col("value").is_finite().fill_null(value=False),
        "with a value, said to have none": (pl.col("status") == "missing") & pl.col("value").is_not_null(),
    }
    found = results.select(flag.sum().alias(words) for words, flag in flags.items()).row(0, named=True)
    faults = [f"{counted(n, 'row')} of the results: {words}" for words, n in found.items() if n]
    n_twice = results.height - results.select(RESULTS.key).n_unique()
    if n_twice:
        faults.append(f"{counted(n_twice, 'row')} of the results: there twice")
    if results_digest(results, before) != conduct.results_digest:
        faults.append("the results are not those that the run left")
    faults += [f"{name}: there is no result" for name in names if name not in set(results["metric"])]
    return faults


def _of_users(plan: Plan, conduct: Conduct, results: pl.DataFrame) -> list[str]:
    if conduct.n_assigned is None:
        return []  # said of the arms
    if conduct.n_mixed is None:
        return ["it is not known how many users were seen in both arms"]
    planned = None if conduct.look is None else plan.n_cases_at(conduct.look)
    return [
        *users_differ(results, n_assigned=conduct.n_assigned, n_mixed=conduct.n_mixed, n_planned=planned),
        *(fault for metric in plan.metrics for fault in too_many_users_missing(results, metric)),
    ]


def _of_arms(plan: Plan, conduct: Conduct, results: pl.DataFrame) -> list[str]:
    faults = []
    for arm in ARMS:
        ran = set(results.filter(pl.col("arm") == arm)["commit"])
        if not conduct.commits.get(arm) or ran != {conduct.commits[arm]}:
            faults.append(f"the {arm} did not run the version that was frozen")
    if conduct.n_assigned is None:
        faults.append("it is not known how many runs each arm was given")
    else:
        faults += _mismatch(*conduct.n_assigned, candidate_share=plan.candidate_share)
    return faults


def _mismatch(n_baseline: int, n_candidate: int, *, candidate_share: float) -> list[str]:
    if n_baseline < 1 or n_candidate < 1:
        return ["an arm was given nothing"]
    if sample_ratio_p(n_baseline, n_candidate, share=candidate_share) < THRESHOLD:
        return [f"sample-ratio mismatch: the arms were given {n_baseline:,} and {n_candidate:,}"]
    return []


def judges_differ(results: pl.DataFrame, *, metrics: Sequence[Metric]) -> list[str]:
    """Return a fault for each metric that is not scored by the same judge in both arms.

    Parameters
    ----------
    results
        schemas.RESULTS.
    metrics
        The metrics to look at; one whose source is a judge must be scored by that very version throughout.
    """
    faults = []
    for metric in metrics:
        scored = results.filter(pl.col("metric") == metric.name, pl.col("status") == "ok")
        by_arm = [set(scored.filter(pl.col("arm") == arm)["judge"]) for arm in ARMS]
        is_judged = metric.source.kind == "judge"
        if is_judged and any(found != {metric.source.version} for found in by_arm):
            faults.append(f"{metric.name}: not every value is by the judge of the plan")
        elif not is_judged and all(by_arm) and by_arm[0] != by_arm[1]:
            faults.append(f"{metric.name}: the judge or its version differs between the arms")
    return faults
