"""The scorecard counts what each detector sees, and what reviewers say of it; who is rejected is demoted, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from scipy.stats import beta

from workbench.detectors.scorecard import agreements, demoted, precision, rejected_traces, settled, verdict_frame
from workbench.records import Verdict, verdict_id
from workbench.schemas import VERDICTS

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def verdict(trace: str, label: Any = "confirmed", **given: Any) -> Verdict:
    usual: dict[str, Any] = {
        **{"target_kind": "trace", "target_id": trace, "label": label, "explanation": "", "code": ""},
        **{"annotator_kind": "HUMAN", "annotator": "ann", "identity": "typed", "at": NOON},
        **{"detector": "tool_error", "detector_version": 1, "cluster_id": "clu_a"},
    }
    fields = usual | given
    return Verdict(id=verdict_id("trace", trace, cluster_id="clu_a", annotator=fields["annotator"]), **fields)


def scores(verdicts: Sequence[Verdict], *, every: str | None = None) -> list[dict[str, Any]]:
    return precision(settled(verdict_frame(verdicts)), every=every).to_dicts()


def pairs(found: Mapping[str, str]) -> pl.DataFrame:
    """Return detector and trace of `{"a": "t1 t2"}`."""
    rows = [(detector, trace) for detector, traces in found.items() for trace in traces.split()]
    return pl.DataFrame(rows, schema={"detector": pl.String, "trace_id": pl.String}, orient="row")


def test_precision_is_the_share_confirmed_of_those_sure_with_jeffreys_interval() -> None:
    labels = ["confirmed"] * 5 + ["rejected"] * 2 + ["uncertain"]
    (row,) = scores([verdict(f"t{number}", label) for number, label in enumerate(labels)])
    assert (row["n_confirmed"], row["n_rejected"], row["n_uncertain"]) == (5, 2, 1)
    assert row["precision"] == 5 / 7
    assert (row["low"], row["high"]) == pytest.approx(tuple(beta.ppf([0.025, 0.975], 5.5, 2.5)))


def test_of_several_annotators_the_majority_decides_and_people_come_before_models() -> None:
    by = [
        verdict("t1", "rejected"),
        verdict("t1", "rejected", annotator="ben"),
        verdict("t1", "confirmed", annotator="eve"),
        verdict("t2", "confirmed"),
        verdict("t2", "rejected", annotator="ben"),
        verdict("t3", "confirmed"),
        *(verdict("t3", "rejected", annotator=name, annotator_kind="LLM") for name in ("m1", "m2")),
        verdict("t4", "rejected", annotator="m1", annotator_kind="LLM"),
    ]
    labels = dict(settled(verdict_frame(by)).select("trace_id", "label").iter_rows())
    assert labels == {"t1": "rejected", "t2": "uncertain", "t3": "confirmed", "t4": "rejected"}


def test_who_decides_between_reviewers_outweighs_them_and_what_is_taken_back_counts_no_more() -> None:
    by = [
        verdict("t1", "rejected"),
        verdict("t1", "rejected", annotator="ben"),
        verdict("t1", "confirmed", annotator="eve", is_adjudication=True),
        verdict("t2", "withdrawn", is_undo=True),
        verdict("t2", "rejected", annotator="ben"),
        verdict("t3", "withdrawn", is_undo=True),
    ]
    labels = dict(settled(verdict_frame(by)).select("trace_id", "label").iter_rows())
    assert labels == {"t1": "confirmed", "t2": "rejected"}


def test_precision_is_counted_by_week_too() -> None:
    later = verdict("t2", "rejected", at=NOON + timedelta(days=6))
    weeks = [verdict("t1"), later, verdict("t3", at=NOON + timedelta(days=7))]
    rows = scores(weeks, every="1w")
    assert [(row["period"].date().isoformat(), row["n_confirmed"], row["n_rejected"]) for row in rows] == [
        ("2026-03-02", 1, 1),
        ("2026-03-09", 1, 0),
    ]


def test_verdicts_on_causes_issues_and_traces_that_no_detector_found_do_not_count() -> None:
    cause = replace(verdict("x"), target_kind="cause", target_id="cau_1", detector=None)
    assert verdict_frame([cause]).is_empty()
    assert scores([verdict("t1", detector=None, detector_version=None)]) == []
    assert scores([]) == []
    assert verdict_frame([]).schema == VERDICTS.schema


@pytest.mark.parametrize(
    ("n_confirmed", "n_rejected", "is_demoted"), [(0, 3, False), (0, 4, True), (1, 6, False), (1, 7, True)]
)
def test_a_detector_is_demoted_once_reviewers_surely_reject_most_of_it(
    n_confirmed: int, n_rejected: int, is_demoted: bool
) -> None:
    labels = ["confirmed"] * n_confirmed + ["rejected"] * n_rejected
    table = precision(settled(verdict_frame([verdict(f"t{at}", label) for at, label in enumerate(labels)])))
    assert (beta.ppf(0.975, n_confirmed + 0.5, n_rejected + 0.5) < 0.5) == is_demoted
    assert ("tool_error" in demoted(table, versions={"tool_error": 1})) == is_demoted


def test_a_new_version_of_a_detector_begins_anew() -> None:
    table = precision(settled(verdict_frame([verdict(f"t{number}", "rejected") for number in range(9)])))
    assert demoted(table, versions={"tool_error": 1}) == {
        "tool_error": "reviewers confirmed 0 of 9 findings (precision at most 24%), so that its problems rank last"
    }
    assert demoted(table, versions={"tool_error": 2}) == {}
    assert demoted(table, versions={}) == {}


def test_coverage_overlap_and_conflict_are_counted_in_traces() -> None:
    """Of four traces, a and b are of one category, c of none: b contradicts a on t2, and c nobody."""
    found = pairs({"a": "t1 t2 t2", "b": "t1", "c": "t3"})
    judged = pairs({"a": "t1 t2", "b": "t1 t2 t3", "c": "t1 t2 t3", "d": "t4"})
    a, b, c, d = agreements(found, judged, n_window=4, categories={"a": "slow", "b": "slow", "d": "other"})
    assert (a.n_window, a.n_judged, a.n_found, a.n_overlap, a.n_conflict) == (4, 2, 2, 1, 1)
    assert (b.n_judged, b.n_found, b.n_overlap, b.n_conflict) == (3, 1, 1, 0)
    assert (c.n_judged, c.n_found, c.n_overlap, c.n_conflict) == (3, 1, 0, 0)
    assert (d.n_judged, d.n_found, d.n_overlap, d.n_conflict) == (1, 0, 0, 0)


def test_what_reviewers_reject_of_a_detector_is_named() -> None:
    table = settled(verdict_frame([verdict("t2", "rejected"), verdict("t1"), verdict("t3", "rejected", detector="x")]))
    assert rejected_traces(table, detector="tool_error") == ["t2"]
