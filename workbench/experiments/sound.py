"""Whether the estimates are those of the plan, and numbers: nothing is decided by one that is missing or is none."""

from collections.abc import Sequence
from dataclasses import fields
from math import isfinite

from workbench.counted import counted
from workbench.experiments.analysis import Analysis
from workbench.experiments.estimate import Estimate
from workbench.experiments.metric import Metric
from workbench.experiments.plan import Plan

_P_VALUES = ("p", "p_superior", "p_worse", "p_non_inferior", "p_beyond", "p_useless")


def wrong_estimates(plan: Plan, analysis: Analysis) -> list[str]:
    """Return what of the estimates cannot be, a sentence each; empty where all are as the plan asks for them."""
    targets = [metric.name for metric in plan.of_role("target")]
    wanted = [name for name in targets if name not in analysis.unmeasured] if plan.targeted_id else []
    faults = _not_once(analysis.estimates, [metric.name for metric in plan.metrics])
    faults += [f"{fault}, on random cases" for fault in _not_once(analysis.on_random, wanted)]
    by_name = {metric.name: metric for metric in plan.metrics}
    every = [one for one in (*analysis.estimates, *analysis.on_random) if one.metric in by_name]
    faults += [
        f"{one.metric}: is judged on {one.judged_on or 'any'} cases, not on those of the plan"
        for one in analysis.estimates
        if one.metric in by_name and one.judged_on != plan.judged_on(by_name[one.metric].role)
    ]
    faults += [f"{one.metric}: is not of random cases" for one in analysis.on_random if one.judged_on != "random"]
    return faults + [fault for one in every for fault in _wrong(by_name[one.metric], one)]


def _not_once(estimates: Sequence[Estimate], names: Sequence[str]) -> list[str]:
    found = [one.metric for one in estimates]
    faults = [f"{name}: there is no estimate" for name in names if name not in found]
    faults += [f"{name}: is not to be estimated" for name in sorted(set(found) - set(names))]
    return faults + [f"{name}: is estimated twice" for name in sorted(set(found)) if found.count(name) > 1]


def _wrong(metric: Metric, estimate: Estimate) -> list[str]:
    values = {entry.name: getattr(estimate, entry.name) for entry in fields(estimate)}
    numbers = {name: value for name, value in values.items() if isinstance(value, float)}
    faults = [f"{metric.name}: {name} is no number" for name, value in numbers.items() if not isfinite(value)]
    faults += [
        f"{metric.name}: {name} == {values[name]}, must be 0 to 1"
        for name in _P_VALUES
        if values[name] is not None and not 0 <= values[name] <= 1
    ]
    if estimate.role != metric.role:
        faults.append(f"{metric.name}: is a {metric.role} in the plan")
    if estimate.n_cases < 2 or estimate.n_units < 2:
        faults.append(f"{metric.name}: rests on {counted(estimate.n_cases, 'case')}")
    if not estimate.gain_low <= estimate.gain <= estimate.gain_high:
        faults.append(f"{metric.name}: its interval does not hold its estimate")
    if metric.role == "guardrail" and None in (estimate.p_non_inferior, estimate.p_beyond):
        faults.append(f"{metric.name}: a guardrail without a test against its margin")
    if metric.role == "target" and estimate.p_useless is None:
        faults.append(f"{metric.name}: a target without a test against its minimum worthwhile effect")
    return faults
