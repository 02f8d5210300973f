"""How far the reviewers agree, where they do not, and how far models that judge can be trusted."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from workbench.report import formats
from workbench.report.blocks import Block, numbers, sentences, table, words
from workbench.report.markup import Html, join, muted, said
from workbench.report.review import ReviewReport
from workbench.report.review_prevalence import cluster_name
from workbench.review import Consensus, Disagreement, consensus, disagreements, judges_against_people
from workbench.stats.agreement import Estimate

_FIGURES = {"alpha": "Krippendorff's alpha", "kappa": "kappa (Conger; of two, Cohen)", "ac1": "Gwet's AC1"}


def reviewer_agreement(report: ReviewReport) -> Block:
    """Return how far people agree, by what is judged: raw, within each label, and beyond chance, with intervals."""
    told = consensus(report.first, seed=report.review.seed)
    if not told:
        return sentences("Nothing was judged by two people: how far they agree is not known.")
    of_each = [_figures(one) for one in told]
    labels = dict.fromkeys(label for one in told for label in one.labels)
    names = ("raw", *map(_within, labels), *_FIGURES.values())
    rows = [
        (name, *(_written(figures[name]) if name in figures else muted("–") for figures in of_each))
        for name in names
        if any(name in figures for figures in of_each)
    ]
    columns = (f"{formats.count(one.figures.n_compared)} {one.kind}s" for one in told)
    return table(
        (*words("figure"), *numbers(*columns)),
        rows,
        caption="How far do the reviewers agree?",
        of="figure",
        note="Of what two or more judged, with 95 % intervals that are bootstrapped over items, by first labels, given "
        "without seeing those of others. Raw: the share of pairs of labels that are the same; within a label: of the "
        "labels beside one of it, the share that is it too. No single figure can be trusted: where nearly all labels "
        "are the same, alpha and kappa can be low while hardly anybody differs.",
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


def _figures(one: Consensus) -> dict[str, Estimate]:
    """Return the figures of one kind of item by name; a label that nobody gave has none."""
    within = zip(one.labels, one.figures.by_label, strict=False)
    return {
        "raw": one.figures.raw,
        **{_within(label): estimate for label, estimate in within if isfinite(estimate.value)},
        **{name: getattr(one.figures, field) for field, name in _FIGURES.items()},
    }


def _within(label: str) -> str:
    return f"within {label}"


def _written(estimate: Estimate) -> Html | str:
    if not isfinite(estimate.value):
        return muted("undefined")
    ends = f" ({estimate.low:.2f} to {estimate.high:.2f})" if isfinite(estimate.low) else ""
    return f"{estimate.value:.2f}{ends}"


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
