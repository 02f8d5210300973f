"""Slices of the cases: each metric in each, adjusted together; they flag, and a small or lone one is passed over."""

import polars as pl
import pytest

from tests.experiments.made import RIGHT, plan, results
from workbench.experiments.analysis import Analysis, analyse
from workbench.experiments.case import Case
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.plan import Plan
from workbench.experiments.slices import MIN_CASES, Slices, slices_of

COST = Metric(
    name="cost",
    role="guardrail",
    direction=-1,
    kind="positive",
    margin=Amount(0.5, is_relative=True),
    on_worse="allow_within_margin",
)


def cases(*tiers: str | None, attribute: str = "tier") -> list[Case]:
    """Return one case a tier; None has no attribute."""
    named = [{attribute: tier} if tier else {} for tier in tiers]
    return [Case(case_id=f"c{number:04}", input={}, slices=slices) for number, slices in enumerate(named)]


def look(made: Plan, rows: pl.DataFrame, held: list[Case]) -> Slices:
    def come_to(part: pl.DataFrame) -> Analysis:
        return analyse(made, part)

    return slices_of(made, rows, held, analyse=come_to)


def test_a_part_that_breaks_is_flagged_though_the_whole_does_not_change() -> None:
    """All twelve firms break and all twelve free users are fixed: a mid-p of .5 ** 13, and of 1 - .5 ** 13."""
    rows = results([1.0] * 12 + [0.0] * 12, [0.0] * 12 + [1.0] * 12)
    found = look(plan(RIGHT), rows, cases(*["firm"] * 12, *["free"] * 12)).found
    assert [(one.attribute, one.value, one.is_flagged) for one in found] == [
        ("tier", "firm", True),
        ("tier", "free", False),
    ]
    assert found[0].q == pytest.approx(2 * 0.5**13)  # of two tests
    assert (found[0].estimate.baseline, found[0].estimate.candidate, found[0].estimate.n_cases) == (1.0, 0.0, 12)


def test_small_slices_are_counted_and_what_parts_nothing_is_none() -> None:
    rows = results([1.0] * 24, [1.0] * 24)
    tiers = [*["firm"] * MIN_CASES, *["free"] * (24 - MIN_CASES - 2), "pro", None]
    looked = look(plan(RIGHT), rows, cases(*tiers))
    assert [one.value for one in looked.found] == ["firm", "free"]
    assert (looked.n_small, looked.absent) == (1, ())
    assert look(plan(RIGHT), rows, cases(*["firm"] * 24)).found == ()


def test_a_loss_that_is_allowed_is_flagged_only_beyond_its_margin() -> None:
    """All cost a tenth more, which a budget of one half allows; the firms' cost doubles, which it does not."""
    wobble = [1 + 0.01 * (number % 3) for number in range(24)]
    dearer = [2.0 * one if number < 12 else 1.1 * one for number, one in enumerate(wobble)]
    noisy = [one * (1 + 0.001 * (number % 5)) for number, one in enumerate(dearer)]
    same = results([1.0] * 24, [1.0] * 24)
    rows = pl.concat([same, results(wobble, noisy, metric="cost")])
    found = look(plan(RIGHT, COST), rows, cases(*["firm"] * 12, *["free"] * 12)).found
    flagged = [(one.estimate.metric, one.value) for one in found if one.is_flagged]
    assert flagged == [("cost", "firm")]


def test_a_metric_is_looked_at_by_the_attributes_that_it_names() -> None:
    named = Metric(name="right", role="target", mwe=Amount(0.0), slices=("court", "task"))
    rows = results([1.0] * 24, [1.0] * 24)
    held = [
        Case(case_id=one.case_id, input={}, slices={**one.slices, "court": "state" if at % 2 else "federal"})
        for at, one in enumerate(cases(*["firm"] * 12, *["free"] * 12))
    ]
    looked = look(plan(named), rows, held)
    assert {one.attribute for one in looked.found} == {"court"}
    assert looked.absent == ("task",)
