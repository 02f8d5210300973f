"""What a page says of a comparison: every interval with its margin, in the colours of the decision."""

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from tests.experiments.made import NOON, RIGHT, counted, plan, results
from workbench import report
from workbench.experiments.analysis import analyse
from workbench.experiments.comparison import Comparison
from workbench.experiments.decision import decide
from workbench.experiments.kinds import FailureKind
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.recorded import Counts

TONE = Metric(name="tone", role="guardrail", margin=Amount(0.05))
EVIL = "<img src=x onerror=alert(1)>\x1b[31m"


def compared(frame: pl.DataFrame, *metrics: Metric, **given: Any) -> Comparison:
    made = plan(*metrics)
    analysis = analyse(made, frame)
    usual: dict[str, Any] = {
        "ruling": decide(made, analysis, faults=(), now=NOON),
        "plan": made,
        "analysis": analysis,
        "results": frame,
        "counts": Counts((0, 0), (0, 0), (0, 0), ((), ())),
        "notes": (),
        "kinds": None,
    }
    return Comparison(**usual | given)


@pytest.fixture(scope="module")
def two() -> Comparison:
    """Return a target with six fixed and three broken of 20, and a tone that never changes."""
    same = results([1.0] * 18 + [0.0] * 2, [1.0] * 18 + [0.0] * 2, metric="tone")
    return compared(pl.concat([counted(6, 3, 20), same]), RIGHT, TONE)


def test_the_chart_tells_each_interval_in_words_too(two: Comparison) -> None:
    chart = report.comparison_chart(two)
    assert isinstance(chart, report.Chart)
    low, high = (100 * end for end in (two.analysis.estimates[0].low, two.analysis.estimates[0].high))
    assert f"right: +15.0 points ({low:+.1f} to {high:+.1f}), neither is shown" in chart.alt
    assert "tone: +0.0 points" in chart.alt
    assert chart.size[0] > 500


def test_figures_have_one_row_a_metric(two: Comparison) -> None:
    lines = report.comparison_figures(two).plain.splitlines()
    assert lines[1] == "metric role baseline candidate difference 90 % interval p cases fixed broken"
    assert lines[2].startswith("right target 0.15 0.3 +15.0 points")
    assert lines[2].endswith("0.51 20 6 3")
    assert lines[3].endswith("1 20 0 0")


def test_new_kinds_of_failure_stand_before_those_that_are_gone(two: Comparison) -> None:
    kinds = (
        FailureKind("tool_error", "not found", 3, 0, ("1", "2")),
        FailureKind("refusal", "", 0, 2, ("4",)),
        FailureKind("retry_storm", "no seats", 1, 1, ("5",)),
    )
    lines = report.failure_kinds_table(two._replace(kinds=kinds)).plain.splitlines()
    assert lines[0] == "Which kinds of failure are new (1), and which are gone (1)?"
    assert lines[2:] == ["new refusal in users' words 2 4", "gone tool error not found 3 1, 2"]
    assert "cannot be told" in report.failure_kinds_table(two).plain
    assert "none is gone" in report.failure_kinds_table(two._replace(kinds=kinds[2:])).plain


def test_what_only_an_interval_shows_is_not_coloured() -> None:
    """An interval below zero is no loss among four tests: a chart that showed one belied the decision beside it."""
    same = [results([1.0] * 20, [1.0] * 20, metric=name) for name in ("tone", "form", "cited")]
    guards = [TONE, replace(TONE, name="form"), replace(TONE, name="cited")]
    one_worse = compared(pl.concat([counted(0, 5, 20), *same]), RIGHT, *guards)
    assert one_worse.analysis.estimates[0].gain_high < 0
    assert one_worse.ruling.worse == frozenset()
    chart = report.comparison_chart(one_worse)
    assert isinstance(chart, report.Chart)
    assert "neither is shown" in chart.alt
    assert "shown worse" not in chart.alt
    alone = compared(counted(0, 5, 20))
    assert alone.ruling.worse == {("right", "")}
    assert "shown worse" in getattr(report.comparison_chart(alone), "alt", "")


def test_nothing_to_show_is_said() -> None:
    empty = compared(counted(0, 0, 0))
    assert "nothing to draw" in getattr(report.comparison_chart(empty), "plain", "")


def test_words_of_a_file_are_never_markup() -> None:
    evil = compared(counted(1, 0, 5), kinds=(FailureKind("tool_error", EVIL, 0, 1, (EVIL,)),))
    block = report.failure_kinds_table(evil)
    assert "<img" not in block.html
    assert "\x1b" not in block.html
