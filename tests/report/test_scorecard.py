"""The scorecard in a report: shares with their counts, precision with its interval, and who ranks last and why."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
from scipy.stats import beta

from workbench.detectors.scorecard import settled
from workbench.records import Agreement, DetectionRun, Tally
from workbench.report import detector_scorecard, precision_by_week, suspect_tasks
from workbench.report.detection import DetectionReport, rank_problems
from workbench.schemas import CLUSTERS, VERDICTS

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TALLY = Tally(
    detector="tool_error", version=1, state="found", n_examined=9, n_found=4, n_clear=5, not_applicable={}, error=None
)
AGREEMENT = Agreement(detector="tool_error", n_window=10, n_judged=8, n_found=4, n_overlap=1, n_conflict=2)
Run = Callable[..., DetectionRun]
Detection = Callable[..., DetectionReport]


def judged(*labels: str, detector: str = "tool_error", version: int = 1) -> pl.DataFrame:
    rows = [
        {
            **{"verdict_id": f"ver_{at}", "trace_id": f"t{at}", "detector": detector, "detector_version": version},
            **{"label": label, "annotator_kind": "HUMAN", "annotator": "ann", "at": NOON},
        }
        for at, label in enumerate(labels)
    ]
    columns = {name: [row.get(name) for row in rows] for name in VERDICTS.schema.names()}
    return settled(pl.DataFrame(columns, schema=VERDICTS.schema))


def test_a_detector_has_its_shares_its_precision_and_its_standing(detection: Detection, run: Run) -> None:
    report = replace(detection(), run=run(tallies=(TALLY,), agreements=(AGREEMENT,)))
    shown = detector_scorecard(report, judged("confirmed", "confirmed", "rejected")).html
    low, high = 100 * beta.ppf([0.025, 0.975], 2.5, 1.5)
    interval = f"2 of 3 (67 %), {low:.0f} to {high:.0f} %"
    for said in ("8 of 10 (80 %)", "4 of 8 (50 %)", "1 of 4 (25 %)", "2 of 4 (50 %)", interval):
        assert said in shown
    assert "as its severity" in shown


def test_verdicts_on_an_older_version_are_no_precision_of_this_one(detection: Detection, run: Run) -> None:
    report = replace(detection(), run=run(tallies=(TALLY,), agreements=(AGREEMENT,)))
    shown = detector_scorecard(report, judged("confirmed", version=7)).html
    assert "no verdict" in shown
    assert "precision is not known" in shown


def test_a_demoted_detector_is_named_with_the_reason_and_its_problems_come_last(detection: Detection, run: Run) -> None:
    why = {"tool_error": "reviewers confirmed 0 of 9 findings"}
    report = replace(detection(), run=run(tallies=(TALLY,), agreements=(AGREEMENT,), demoted=why))
    assert "reviewers confirmed 0 of 9 findings" in detector_scorecard(report, judged()).html
    usual = {"run_id": "run_1", "phrases": [], "exemplars": [], "n_sessions": 0, "n_users": 0}
    rows: list[dict[str, Any]] = [
        {**usual, "cluster_id": "clu_a", "cluster": 0, "detector": "tool_error", "n_traces": 90, "n_findings": 90},
        {**usual, "cluster_id": "clu_b", "cluster": 1, "detector": "slow", "n_traces": 3, "n_findings": 3},
    ]
    clusters = pl.DataFrame({name: [row.get(name) for row in rows] for name in CLUSTERS.schema}, schema=CLUSTERS.schema)
    problems = rank_problems(clusters, [], [], severities={}, demoted=why)
    assert [(problem.cluster_id, problem.demoted) for problem in problems] == [
        ("clu_b", None),
        ("clu_a", "reviewers confirmed 0 of 9 findings"),
    ]


def test_precision_is_shown_by_week(detection: Detection) -> None:
    shown = precision_by_week(judged("confirmed", "rejected", "uncertain")).html
    assert "2026-03-02" in shown
    assert "1 of 2 (50 %)" in shown
    assert "No finding has a verdict yet" in precision_by_week(judged()).html


def test_agreement_is_drawn_run_by_run_the_newest_last(detection: Detection, run: Run) -> None:
    older = run(id="run_0", at=NOON, agreements=(replace(AGREEMENT, n_overlap=4),))
    newer = run(id="run_1", at=NOON.replace(hour=13), agreements=(AGREEMENT,))
    blind = run(id="run_2", at=NOON.replace(hour=14), agreements=(replace(AGREEMENT, n_found=0, n_overlap=0),))
    report = replace(detection(), run=newer, runs=(older, newer, blind))
    said = "found by others too, oldest run first: 4 of 4 (100 %), 1 of 4 (25 %)"
    assert said + '"' in detector_scorecard(report, judged()).html
    alone = replace(report, run=older, runs=(older,))
    assert "oldest run first" not in detector_scorecard(alone, judged()).html


def test_tasks_in_doubt_are_listed_with_what_chance_makes(detection: Detection) -> None:
    counts = {"n_runs": 5, "n_models": 5, "best_rate": 0.73, "chance": 0.018}
    evidence = {"task": "<b>35</b>", **counts, "n_failing": 8, "n_expected": 4.19, "p_value": 0.052}
    findings = [
        {"finding_id": f"fnd_{at}", "detector": "suspect_check", "evidence": json.dumps(evidence)} for at in range(5)
    ]
    shown = suspect_tasks(detection(findings, [])).html
    assert shown.count("&lt;b&gt;35") == 1, "a task once, and no markup of a trace"
    assert "<b>35" not in shown
    assert "4.2 would" in shown
    assert "p 0.052" in shown
    assert "No check is in doubt" in suspect_tasks(detection([], [])).html
