"""What a page says of a comparison: decision first, every interval with its margin, broken cases before fixed ones."""

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


def test_the_decision_comes_first_and_what_would_settle_it_last(two: Comparison) -> None:
    lines = report.comparison_summary(two).plain.splitlines()
    assert lines[0] == "Inconclusive: these results settle it neither way."
    assert lines[1].startswith("right 15 % to 30 %, difference +15.0 points")
    assert "What would settle it:" in lines
    assert "172 cases" in lines[lines.index("What would settle it:") + 1]


def test_the_chart_tells_each_interval_in_words_too(two: Comparison) -> None:
    chart = report.comparison_chart(two)
    assert isinstance(chart, report.Chart)
    low, high = (100 * end for end in (two.analysis.estimates[0].low, two.analysis.estimates[0].high))
    assert f"right: +15.0 points ({low:+.1f} to {high:+.1f}), neither better nor worse" in chart.alt
    assert "tone: +0.0 points" in chart.alt
    assert chart.size[0] > 500


def test_figures_have_one_row_a_metric(two: Comparison) -> None:
    lines = report.comparison_figures(two).plain.splitlines()
    assert lines[1] == "metric role baseline candidate difference 90 % interval p cases fixed broken"
    assert lines[2].startswith("right target 0.15 0.3 +15.0 points")
    assert lines[2].endswith("0.51 20 6 3")
    assert lines[3].endswith("1 20 0 0")


def test_broken_cases_stand_before_fixed_ones(two: Comparison) -> None:
    lines = report.changed_cases_table(two, top_n=4).plain.splitlines()
    assert lines[0] == "Which cases were broken (3) and fixed (6)?"
    assert [line.split()[:3] for line in lines[2:6]] == [
        ["c0006", "right", "broken"],
        ["c0007", "right", "broken"],
        ["c0008", "right", "broken"],
        ["c0000", "right", "fixed"],
    ]
    assert "5 cases more are not shown" in lines[6]


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


def test_nothing_to_show_is_said() -> None:
    nothing = compared(counted(0, 0, 20))
    assert report.changed_cases_table(nothing).plain == "No case came out otherwise."
    empty = compared(counted(0, 0, 0))
    assert "nothing to draw" in getattr(report.comparison_chart(empty), "plain", "")
    assert report.comparison_summary(empty).plain.startswith("Invalid: these results can decide nothing.")


def test_words_of_a_file_are_never_markup() -> None:
    frame = counted(1, 0, 5).with_columns(pl.col("case_id") + EVIL)
    evil = compared(frame, kinds=(FailureKind("tool_error", EVIL, 0, 1, (EVIL,)),), notes=(EVIL,))
    for block in (
        report.changed_cases_table(evil),
        report.failure_kinds_table(evil),
        report.comparison_notes(evil),
        report.comparison_summary(evil),
    ):
        assert "<img" not in block.html
        assert "\x1b" not in block.html
