"""What else an experiment shows: slices, kinds of failure, and what the answers cost."""

from workbench.experiments.bill import Bill, bill_of
from workbench.experiments.pairs import ARMS
from workbench.experiments.slices import MIN_CASES, Slice
from workbench.experiments.validation import Validation
from workbench.report import amounts, formats
from workbench.report.blocks import Block, numbers, sentences, stack, table, words
from workbench.report.comparison import failure_kinds_table
from workbench.report.markup import Html, badge, join, muted, said


def slices_table(validation: Validation, *, top_n: int) -> Block:
    """Return every metric in parts of the cases, the surest losses first.

    Raises
    ------
    ValueError
        If `top_n` is not 1 to 20.
    """
    slices, plan = validation.slices, validation.plan
    if plan is None or not slices.found:
        return sentences(f"No attribute of the cases parts them into slices of {MIN_CASES} or more.")
    flagged = [one for one in slices.found if one.is_flagged]
    named = [join([said(one.estimate.metric), " where ", *_part(one)]) for one in flagged]
    told = (
        join(["Shown worse: ", join(named, ", "), ". To decide anything it has to be a guardrail of its own, planned."])
        if flagged
        else f"No metric is shown worse in any slice; {formats.counted(len(slices.found), 'test')} were made."
    )
    small = f" {formats.counted(slices.n_small, 'smaller slice')} not looked at." if slices.n_small else ""
    shown = table(
        (*words("slice", "metric", ""), *numbers("cases", "baseline", "candidate", "difference", "interval", "q")),
        [_slice(validation, one) for one in slices.found],
        caption="Is any part of the cases worse off?",
        top_n=top_n,
        of="slice",
        note="Slices flag and never decide. q is of a loss, adjusted for all after Benjamini and Hochberg; of a "
        f"budget it is of a loss beyond its margin.{small}",
    )
    return stack(sentences(told), shown, name="slices")


def new_failures(validation: Validation, *, top_n: int) -> Block:
    """Return the kinds of failure that only one version has, as the detectors find them in both.

    Raises
    ------
    ValueError
        If `top_n` is not 1 to 20.
    """
    comparison = validation.comparison
    if comparison is None or validation.kinds is None:
        return sentences("The runs recorded no steps, so that no detector could look at them.")
    return failure_kinds_table(comparison, top_n=top_n)


def what_it_cost(validation: Validation) -> Block:
    """Return what the answers of each version took, and each judge's: errors, tokens, money, time."""
    if not validation.outcomes:
        return sentences("The journal of the run is not there, so that its bill is not known.")
    return table(
        (
            *words("of"),
            *numbers("answers", "errors", "of earlier runs", "tokens in", "tokens out", "cost", "median time"),
        ),
        [
            *(_bill(arm, bill_of(arm, validation.outcomes)) for arm in ARMS),
            *(_bill(join(["the judge of ", said(one.metric)]), one.bill) for one in validation.judges),
        ],
        caption="What did the answers take, and to judge them?",
        of="row",
        note="A judge's errors are replies that gave no value. Not recorded is what one answer at least does not say: "
        "a sum without it would be too small.",
    )


def _slice(validation: Validation, one: Slice) -> tuple[Html | str, ...]:
    estimate = one.estimate
    metric = next(metric for metric in validation.plan.metrics if metric.name == estimate.metric)  # type: ignore[union-attr]
    return (
        join(_part(one)),
        said(estimate.metric),
        badge("worse") if one.is_flagged else "",
        formats.count(estimate.n_cases),
        amounts.level(metric, estimate.baseline),
        amounts.level(metric, estimate.candidate),
        amounts.difference(metric, estimate.difference),
        amounts.interval(metric, estimate),
        formats.probability(one.q),
    )


def _part(one: Slice) -> list[Html | str]:
    return [muted(f"{formats.words(one.attribute)} "), said(one.value)]


def _bill(of: Html | str, bill: Bill) -> tuple[Html | str, ...]:
    kinds = f" ({', '.join(map(formats.words, bill.error_kinds))})" if bill.n_errors else ""
    return (
        of,
        formats.count(bill.n_answers),
        f"{formats.count(bill.n_errors)}{kinds}",
        formats.count(bill.n_cached),
        formats.NOT_KNOWN if bill.input_tokens is None else formats.count(bill.input_tokens),
        formats.NOT_KNOWN if bill.output_tokens is None else formats.count(bill.output_tokens),
        formats.usd(bill.cost_usd),
        formats.duration(bill.median_ms),
    )
