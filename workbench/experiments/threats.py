"""What speaks against believing an experiment: what was seen in this one, and what every such experiment assumes.

It is put together from the facts of the run, so that nobody has to remember it, and nobody can leave it out.
"""

from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from workbench.counted import counted
from workbench.experiments.bill import bill_of
from workbench.experiments.pairs import ARMS
from workbench.experiments.result_rows import trace_of
from workbench.experiments.tested import FEW_CHANGED
from workbench.experiments.validation import Held, Validation, changed_by_case

ALIKE = 0.95
"""Share of answers that are the same to the letter in both arms: then the versions hardly differ where it was asked."""


class Threat(NamedTuple):
    """One thing that speaks against believing it."""

    is_seen: bool
    """Whether it was seen in this experiment; False is what is assumed, and cannot be seen in it."""
    words: str
    """It, in a sentence or two."""


def threats_to(validation: Validation) -> tuple[Threat, ...]:
    """Return what speaks against believing an experiment, what was seen first; deterministic."""
    seen = (
        *_of_people(validation),
        *_of_tries(validation),
        *(words for held in validation.held for words in _of_holdout(held)),
        *_of_answers(validation),
        *_of_metrics(validation),
    )
    return (*(Threat(True, words) for words in seen), *(Threat(False, words) for words in _assumed(validation)))


def _of_people(validation: Validation) -> Iterator[str]:
    decision, ruling = validation.decision, validation.ruling
    if decision is not None and decision.decision != ruling.decision:
        yield (
            f"The ledger's newest decision is {decision.decision}; worked out anew it is {ruling.decision}. What was "
            "decided then rests on something that has changed since."
        )
    if ruling.decision in ("ship", "inconclusive") and not validation.signers:
        yield "Nobody has signed it."
    if validation.is_own:
        yield "Who signed it wrote the change, and nobody else has."
    if len(validation.changes) > 1:
        yield (
            f"{counted(len(validation.changes), 'change')} tested together: what "
            "each of them does, its ablation tells, and "
            "not this."
        )


def _of_tries(validation: Validation) -> Iterator[str]:
    n_earlier = len(validation.earlier)
    if n_earlier:
        decided = [one.decided.replace("_", " ") or "not decided" for one in validation.earlier]
        yield (
            f"It is experiment {n_earlier + 1} on the same change (the others: {', '.join(decided)}): who tries often "
            "finds something by chance."
        )


def _of_holdout(held: Held) -> Iterator[str]:
    record = held.record
    others = [use for use in held.uses if use.number > 0]
    if len(others) > 1:
        chance = 1 - 0.95 ** len(others)
        yield (
            f"The {record.kind} holdout was used by {counted(len(others), 'experiment')}, "
            f"of {record.n_uses} allowed: of so many "
            f"changes that do nothing, one looks better with a chance of {chance:.0%}."
        )
    if held.leakage is None:
        yield f"What leaks into the {record.kind} holdout cannot be known by now."
    elif held.leakage.n_overlap is None:
        yield (
            f"Of {held.leakage.n_unknown} development traces nothing is stored any more: what leaks from them into the "
            f"{record.kind} holdout cannot be known."
        )
    elif held.leakage.n_leaking:
        yield f"{counted(held.leakage.n_leaking, 'case')} of the {record.kind} holdout came up in development."
    if record.kind == "targeted" and record.basis == "found":
        yield (
            "The targeted cases are of the issue by what detectors found and not by what people confirmed: some may "
            "have no such problem."
        )
    if record.erased:
        yield f"{counted(len(record.erased), 'case')} of the {record.kind} holdout went, as users were erased."


def _of_answers(validation: Validation) -> Iterator[str]:
    bills = [bill_of(arm, validation.outcomes) for arm in ARMS]
    if any(one.n_errors for one in bills):
        told = " and ".join(f"{one.n_errors:,} of the {one.arm}" for one in bills)
        yield f"Errors count as failures of their arm: {told}. A fault of the provider's weighs like one of the app's."
    if sum(one.n_cached for one in bills):
        yield f"{counted(sum(one.n_cached for one in bills), 'answer')} came of an earlier run, at another time."
    same, n = _same_answers(validation)
    if n and same / n >= ALIKE:
        yield (
            f"The two versions gave the same answer to the letter in {same:,} of "
            f"{counted(n, 'run')}: they hardly differ on "
            "what they were asked."
        )
    n_unstable, n_repeated = _unstable(validation)
    if n_unstable:
        of = f"{n_unstable:,} of {counted(n_repeated, 'case')}"
        yield f"The same version answered the same case now right, now wrong, in {of}."
    models = [_models(validation, arm) for arm in ARMS]
    if all(models) and models[0] != models[1]:
        yield f"The models differ: {', '.join(models[0])} in the baseline, {', '.join(models[1])} in the candidate."


def _of_metrics(validation: Validation) -> Iterator[str]:
    n_changed = len(changed_by_case(validation))
    if validation.is_run and 0 < n_changed < FEW_CHANGED:
        yield f"Only {counted(n_changed, 'case')} came out otherwise: one more or less may turn the decision."
    for one in validation.analysis.estimates:
        yield from (f"{one.metric}: {note}." for note in one.notes)
    for quality in validation.judges:
        yield from (f"The judge of {quality.metric}: {doubt}." for doubt in quality.doubts)
    flagged = [one for one in validation.slices.found if one.is_flagged]
    if flagged:
        yield f"{len(flagged)} slices are shown worse: they decide nothing, and would have to be guardrails to do so."
    for attribute in validation.slices.absent:
        yield f"By {attribute} it was to be shown, and no case says it."


def _assumed(validation: Validation) -> Iterator[str]:
    plan = validation.plan
    if plan is None:
        return
    if plan.is_live:
        yield "Users are independent of each other, and the flag is the only thing that differs between the arms."
    else:
        yield (
            "What users ask from now on is like these cases: they were asked before, by users who may not be those of "
            "tomorrow."
        )
        yield "The cases are independent, or of users who are: near-duplicates among them would count as one."
        if plan.n_trials == 1:
            yield "Each version was asked each case once: what it would say the next time is a part of the noise."
    if any(metric.source.kind == "code" for metric in plan.metrics):
        yield "The metrics measure what matters to users: a program that scores text can be pleased without them."
    yield f"Of changes that do nothing one in {round(1 / plan.alpha)} passes a test at {plan.alpha:g}, one-sided."


def _same_answers(validation: Validation) -> tuple[int, int]:
    """Return in how many runs both arms answered the same to the letter, and how many runs both answered."""
    by_arm: dict[str, dict[tuple[str, int], str]] = {arm: {} for arm in ARMS}
    for one in validation.outcomes:
        if one.answer.output is not None:
            by_arm.setdefault(one.arm, {})[one.case_id, one.trial] = one.answer.output
    baseline, candidate = (by_arm[arm] for arm in ARMS)
    both = baseline.keys() & candidate.keys()
    return sum(baseline[run] == candidate[run] for run in both), len(both)


def _unstable(validation: Validation) -> tuple[int, int]:
    """Return in how many cases a target passed in one trial of an arm and failed in another, of those with several."""
    if validation.plan is None or validation.plan.n_trials == 1:
        return 0, 0
    names = [metric.name for metric in validation.plan.of_role("target") if metric.kind == "binary"]
    rows = validation.results.filter(pl.col("metric").is_in(names), pl.col("value").is_not_null())
    cases = rows.group_by("case_id", "arm", "metric").agg(pl.col("value").n_unique().alias("n_values"))
    by_case = cases.group_by("case_id").agg(pl.col("n_values").max())
    return by_case.filter(pl.col("n_values") > 1).height, by_case.height


def _models(validation: Validation, arm: str) -> tuple[str, ...]:
    traces = {trace_of(one.answer) for one in validation.outcomes if one.arm == arm} - {None}
    models = validation.spans.filter(pl.col("trace_id").is_in(list(traces)), pl.col("kind") == "LLM")["model"]
    return tuple(sorted(set(models.drop_nulls())))
