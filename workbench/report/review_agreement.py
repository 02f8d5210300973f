"""How far the reviewers agree, where they do not, and how far models that judge can be trusted."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from workbench.report import formats
from workbench.report.blocks import Block, numbers, sentences, table, words
from workbench.report.markup import Html, join, muted, said
from workbench.report.review import ReviewReport
from workbench.report.review_prevalence import cluster_name
from workbench.review import Disagreement, consensus, disagreements, judges_against_people
from workbench.stats.agreement import Estimate

_FIGURES = {"alpha": "Krippendorff's alpha", "kappa": "kappa (Conger; of two, Cohen)", "ac1": "Gwet's AC1"}


def reviewer_agreement(report: ReviewReport) -> Block:
    """Return how far people agree, by what is judged: raw, within each label, and beyond chance, with intervals."""
    told = consensus(report.first, seed=report.review.seed)
    if not told:
        return sentences("Nothing was judged by two people: how far they agree is not known.")
    rows: list[tuple[Html | str, ...]] = []
    for one in told:
        figures = one.figures
        within = zip(one.labels, figures.by_label, strict=False)
        estimates = {
            "raw": figures.raw,
            **{f"within {label}": estimate for label, estimate in within if isfinite(estimate.value)},
            **{name: getattr(figures, field) for field, name in _FIGURES.items()},
        }
        of = f"{one.kind}s, {formats.count(figures.n_compared)} judged by two or more"
        rows += [
            (of if at == 0 else "", name, *_written(estimate)) for at, (name, estimate) in enumerate(estimates.items())
        ]
    return table(
        (*words("judged", "figure"), *numbers("value", "95 % interval")),
        rows,
        caption="How far do the reviewers agree?",
        of="figure",
        note="First labels, given without seeing those of others; the intervals are bootstrapped over items. No single "
        "figure can be trusted: where nearly all labels are the same, alpha and kappa can be low while hardly anybody "
        "differs.",
    )


def where_reviewers_differ(report: ReviewReport, *, top_n: int) -> Block:
    """Return what people labelled differently at first: who said what, and what was decided.

    Raises
    ------
    ValueError
        If `top_n` is not 1 to 20.
    """
    found = disagreements(report.first, report.standing)
    if not found:
        return sentences("There is nothing on which reviewers differ.")
    undecided_first = sorted(found, key=lambda one: one.decided is not None)
    n_open = sum(one.decided is None for one in found)
    return table(
        words("judged", "in", "said", "decided"),
        [_difference(report, one) for one in undecided_first],
        caption="Where do reviewers differ?",
        top_n=top_n,
        of="disagreement",
        note=f"{formats.share_of(n_open, len(found))} are not decided yet, and count as uncertain.",
    )


def judges(report: ReviewReport) -> Block:
    """Return how far models and programs that judged traces agree with people, one row each."""
    rows = [
        (
            said(row["annotator"], limit=60),
            row["annotator_kind"],
            *_rate(row, "tpr", "n_confirmed"),
            *_rate(row, "tnr", "n_rejected"),
            formats.count(row["n_abstained"]),
        )
        for row in judges_against_people(report.everywhere).iter_rows(named=True)
    ]
    if not rows:
        return sentences("No model or program judged a trace that people judged.")
    return table(
        (
            *words("judge", "kind"),
            *numbers("of the problems it finds", "95 % interval", "of the rest it leaves alone", "95 % interval"),
            *numbers("not sure"),
        ),
        rows,
        caption="Can models that judge be trusted?",
        of="judge",
        note="Against what people say of the same traces, in all reviews of the workspace; Wilson intervals. A model's "
        "verdict never confirms an issue.",
    )


def _written(estimate: Estimate) -> tuple[Html | str, Html | str]:
    if not isfinite(estimate.value):
        return muted("undefined"), muted("–")
    ends = f"{estimate.low:.2f} to {estimate.high:.2f}" if isfinite(estimate.low) else "–"
    return f"{estimate.value:.2f}", ends


def _difference(report: ReviewReport, one: Disagreement) -> tuple[Html | str, ...]:
    return (
        join([f"{one.kind} ", said(one.target_id, limit=24)]),
        cluster_name(report, one.cluster_id),
        join([join([said(who, limit=30), f" {label}"]) for who, label in one.said], ", "),
        one.decided or muted("not yet"),
    )


def _rate(row: Mapping[str, Any], rate: str, of: str) -> Sequence[Html | str]:
    if row[rate] is None:
        return muted("no such trace"), muted("–")
    return formats.share_of(row[f"{of}_too"], row[of]), f"{formats.ends(row[f'{rate}_low'], row[f'{rate}_high'])} %"
