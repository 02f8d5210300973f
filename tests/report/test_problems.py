"""Problems: their size, their place, their evidence, and what is only a hypothesis."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from workbench.detectors import DETECTORS
from workbench.records import Cause, Issue, Tally
from workbench.report import (
    at_a_glance,
    cluster_map,
    detection_conclusions,
    detection_figures,
    every_problem,
    in_own_words,
    problem_sections,
    summary,
    tallies,
    unclustered,
)
from workbench.report.blocks import MAX_ROWS
from workbench.report.detection import DetectionReport
from workbench.report.overlap import overlaps

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
CLUSTER = {"cluster_id": "clu_a", "n_traces": 2, "n_findings": 3, "exemplars": ["fnd_0"]}
HOSTILE = "</q><img src=x onerror=alert(1)>"
Detection = Callable[..., DetectionReport]
Make = Callable[..., Any]


@pytest.fixture
def report(
    detection: Detection, issue: Callable[..., Issue], cause: Callable[..., Cause], tally: Callable[..., Tally]
) -> DetectionReport:
    """Return a run with three findings in one cluster, in two of ten traces, and one finding in none."""
    return detection(
        [
            {"trace_id": "t1", "cluster_id": "clu_a", "text": "search: timed out", "at": AT},
            {"trace_id": "t1", "cluster_id": "clu_a", "text": "search: timed out", "at": AT},
            {"trace_id": "t2", "cluster_id": "clu_a", "text": "search: timed out", "at": AT},
            {"trace_id": "t3", "text": "alone", "suggested": 0},
        ],
        [CLUSTER],
        issues=[issue()],
        causes=[cause()],
        tallies=[
            tally(state="found", n_examined=9, n_found=4, n_clear=5),
            tally(detector="latency_outlier", state="not_applicable", n_examined=3, not_applicable={"too few": 3}),
            tally(detector="failed_outcome", state="failed", error="ValueError: no"),
        ],
        span_rows=[
            {"trace_id": "t1", "kind": "AGENT", "started_at": AT, "input": "What is the law?", "output": "It depends."}
        ],
    )


def test_the_summary_says_how_many_how_widespread_and_where(report: DetectionReport) -> None:
    said = summary(report).plain
    assert "1 recurring problem touches 20 % of 10 traces." in said
    assert "concentrates in tool name search 8.3× (1.9 to 40)" in said


def test_key_figures_count_problems_traces_findings_and_detectors(report: DetectionReport) -> None:
    shown = detection_figures(report).plain.splitlines()
    assert shown[0] == "1"
    assert shown[3:6] == ["20 %", "of traces have one", "2 of 10"]
    assert shown[6:9] == ["4", "findings", "like no other: 1 of 4 (25 %)"]
    assert shown[9:] == ["1 of 3", "detectors could judge", "failed: failed outcome"]


def test_at_a_glance_has_the_typical_finding_the_traces_and_the_leading_cause(report: DetectionReport) -> None:
    row = " ".join(at_a_glance(report, top_n=5).plain.split())
    assert "1 tool error search: timed out 2 (20 %) – tool name search 8.3× (1.9 to 40) medium proposed" in row
    assert "hypothesis" in row


def test_a_section_has_size_issue_hypothesis_evidence_and_quotes(report: DetectionReport) -> None:
    shown = " ".join(problem_sections(report, top_n=5, quote_characters=100).plain.split())
    for words in (
        "3 findings, 2 traces, users not recorded.",
        "First seen 2026-01-05, last 2026-01-06.",
        "Issue iss_1 proposed severity medium",
        "hypothesis 5 of 6 traces used search",
        "tool name search 5 of 6 (83 %) 1 of 10 (10 %) 8.3× (1.9 to 40) 0.012 80 % t1 t2 +3",
        "what the trace was asked What is the law?",
        "what it answered last It depends.",
    ):
        assert words in shown
    assert 'alt="Traces with it by day, 2026-01-05' in problem_sections(report, top_n=5, quote_characters=100).html


def test_only_the_wanted_number_of_sections_is_shown(detection: Detection) -> None:
    clusters = [{**CLUSTER, "cluster_id": f"clu_{at}", "n_traces": 9 - at} for at in range(3)]
    many = detection([{"trace_id": "t1", "cluster_id": "clu_0"}], clusters)
    assert problem_sections(many, top_n=2, quote_characters=100).html.count("<h3") == 2
    assert "1 problem more is not shown: all are listed under “All clusters”." in at_a_glance(many, top_n=2).plain


@pytest.mark.parametrize("top_n", [-1, 0, 21])
def test_a_number_of_problems_out_of_its_bounds_is_an_error(report: DetectionReport, top_n: int) -> None:
    with pytest.raises(ValueError, match="must be 1 to 20"):
        problem_sections(report, top_n=top_n, quote_characters=100)
    with pytest.raises(ValueError, match="must be 1 to 20"):
        cluster_map(report, top_n=top_n)


def test_all_clusters_are_listed_however_many_there_are(detection: Detection) -> None:
    clusters = [{**CLUSTER, "cluster_id": f"clu_{at}", "phrases": [f"phrase {at}."]} for at in range(34)]
    shown = every_problem(detection([{"trace_id": "t1", "cluster_id": "clu_0"}], clusters)).plain
    assert [f"phrase {at}." in shown for at in range(34)] == [True] * 34
    assert "14 clusters more" in shown


def test_a_problem_that_is_mostly_another_one_says_so_everywhere(detection: Detection) -> None:
    """Of b's four traces three have a; of c's two one has a, as many as have b; d has a trace of its own."""
    traces = {"a": (1, 2, 3, 4, 5), "b": (1, 2, 3, 6), "c": (5, 6), "d": (7,)}
    findings = [{"trace_id": f"t{n}", "cluster_id": f"clu_{name}"} for name in traces for n in traces[name]]
    clusters = [
        {**CLUSTER, "cluster_id": f"clu_{name}", "n_traces": len(of_it), "phrases": [f"phrase {name}"]}
        for name, of_it in traces.items()
    ]
    told = detection([*findings, findings[5]], clusters)
    assert overlaps(told) == {2: (1, 3 / 4), 3: (1, 1 / 2)}
    assert (
        "4 recurring problems touch 70 % of 10 traces, 2 of them mostly in the same traces as another."
        in (summary(told).plain.splitlines()[0])
    )
    for shown in (at_a_glance(told, top_n=5), every_problem(told)):
        assert shown.plain.count("mostly the same traces as 1 (75 %)") == 1
        assert shown.plain.count("mostly the same traces as 1 (50 %)") == 1
    section = problem_sections(told, top_n=2, quote_characters=100)
    assert "Mostly the same traces as 1 (75 %): it may be the same fault seen again." in section.plain
    assert 'href="#problem-1"' in section.html


def test_a_problem_without_time_cause_and_issue_says_so(detection: Detection) -> None:
    bare = detection([{"trace_id": "t1", "cluster_id": "clu_a"}], [CLUSTER])
    shown = problem_sections(bare, top_n=1, quote_characters=100).plain
    assert "No issue of it is in the ledger." in shown
    assert "sets its traces apart beyond chance" in shown
    assert "Traces with it by day" not in shown
    assert "no attribute stands out" in at_a_glance(bare, top_n=1).plain


def test_what_is_in_no_cluster_is_listed_with_its_trace_and_what_makes_it_a_problem(report: DetectionReport) -> None:
    """It was counted and listed nowhere, so that nobody could make a problem of it."""
    shown = " ".join(every_problem(report).plain.split())
    assert "In no cluster" in shown
    assert "tool error (1) alone" in shown
    assert "t3" in shown
    assert "workbench issue open --trace ID" in shown
    assert unclustered(report)["unit"].to_list() == ["t3"]


def test_what_is_in_no_cluster_is_listed_in_its_own_words(detection: Detection) -> None:
    """`issue unclustered` hid the number that was the whole problem: a case 8 where only case 7 is."""
    noise = [{"trace_id": trace, "text": "no case <number>"} for trace in ("t1", "t2")]
    told = detection(noise, span_rows=[{"trace_id": "t1", "error_message": "no case 8"}])
    alone = unclustered(told)
    assert alone.select("unit", "words").rows() == [("t1", "no case <number>"), ("t2", "no case <number>")]
    assert in_own_words(told, alone).select("unit", "words").rows() == [("t1", "no case 8"), ("t2", "no case <number>")]
    assert in_own_words(told, alone.tail(1))["words"].to_list() == ["no case <number>"]


def test_noise_is_stated_with_what_lies_near_a_cluster(report: DetectionReport) -> None:
    shown = every_problem(report).plain
    assert "1 of 4 (25 %) findings are like no other and are in no cluster" in shown
    assert "1 of them lies at the edge of a cluster." in shown


def test_conclusions_name_the_detectors_that_could_not_judge(report: DetectionReport) -> None:
    assert "Not judged: latency outlier, failed outcome." in detection_conclusions(report).plain


def test_a_failed_detector_comes_first_and_one_that_cannot_tell_says_why(report: DetectionReport) -> None:
    rows = [" ".join(row.split()) for row in tallies(report).plain.splitlines()]
    assert next(row for row in rows if row.startswith("failed outcome")).endswith("failed: ValueError: no")
    assert rows.index(next(row for row in rows if row.startswith("failed outcome"))) == 2
    assert any(row.startswith("latency outlier not applicable") and row.endswith("too few (3)") for row in rows)
    assert any("9 4 of 9 (44 %) 5 0" in row for row in rows)


def test_every_detector_is_listed_and_a_strangers_question_alone_is_framed(
    detection: Detection, tally: Callable[..., Tally]
) -> None:
    """Twenty rows were shown of twenty-four: those that cannot tell come last, and were the ones left out."""
    own = {one.code: one.question for one in DETECTORS}
    every = [tally(detector=code, question=question) for code, question in own.items()]
    shown = tallies(detection(tallies=[*every, tally(detector="theirs", question="Is it <b>?")]))
    assert len(every) > MAX_ROWS
    assert all(question in shown.plain for question in own.values())
    assert shown.html.count("<q ") == 1


def test_no_problem_is_said_in_every_part(detection: Detection) -> None:
    nothing = detection()
    assert "No recurring problem" in summary(nothing).plain
    assert "No recurring problem" in detection_conclusions(nothing).plain
    assert "There are no findings." in every_problem(nothing).plain
    assert detection_figures(nothing).plain.startswith("0")
    assert at_a_glance(nothing, top_n=3).plain


def test_hostile_words_stay_text_wherever_they_come_from(
    detection: Detection, issue: Callable[..., Issue], cause: Callable[..., Cause], tally: Callable[..., Tally]
) -> None:
    finding: Mapping[str, Any] = {"trace_id": HOSTILE, "cluster_id": "clu_a", "text": HOSTILE, "at": AT}
    report = detection(
        [finding],
        [{**CLUSTER, "phrases": [HOSTILE]}],
        issues=[issue(title=HOSTILE)],
        causes=[cause(values=(HOSTILE,), statement=HOSTILE, evidence=(HOSTILE,))],
        tallies=[tally(state="failed", error=HOSTILE), tally(not_applicable={HOSTILE: 1})],
        span_rows=[{"trace_id": HOSTILE, "input": HOSTILE, "output": f'[{{"content": "{HOSTILE}"}}]'}],
    )
    blocks = (
        summary(report),
        at_a_glance(report, top_n=5),
        problem_sections(report, top_n=5, quote_characters=100),
        every_problem(report),
        detection_conclusions(report),
        tallies(report),
    )
    assert all("<img src=x" not in block.html for block in blocks)
    assert "<img src=x" in blocks[2].plain
