"""What reviewers say is heeded by the next run: who is rejected ranks last, and a trusted check is in doubt no more."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench import loop
from workbench.detectors.suspect_check import SET_ASIDE
from workbench.records import DetectionRun, Verdict, verdict_id
from workbench.report import detector_scorecard, read_detection, read_verdicts
from workbench.schemas import SIGNALS, SPANS, Table
from workbench.store import DEMO_SECRET, Workspace, init_workspace
from workbench.windows import Window

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PASSES = {"large": 10, "medium": 8, "small": 6}
"""How many of the tasks 0 to 10 each model passes, from the last one down."""


def rows_of(table: Table, rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in table.schema} for row in rows], schema=table.schema)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Make a workspace of three models on eleven tasks, in a day; six tool calls of passed runs end in one error."""
    made = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    common = {"started_at": NOON, "time_known": True, "day": NOON.date(), "status": "OK"}
    spans, signals = [], []
    for model, n_passed in PASSES.items():
        for task in range(11):
            trace = f"{model}-{task:02}"
            root = {"trace_id": trace, "span_id": "a", "kind": "AGENT", "task": f"{task}", "model": model}
            call = {"trace_id": trace, "span_id": "b", "kind": "TOOL", "tool_name": "book"}
            fails = {"status": "ERROR", "error_message": "no seat left"} if task > 8 else {}
            spans += [{**common, **root}, {**common, **call, **fails}]
            outcome = {"target_kind": "trace", "target_id": trace, "trace_id": trace, "kind": "outcome"}
            told = {"signal_id": f"sig_{trace}", "name": "reward", "value": float(task >= 11 - n_passed)}
            signals.append({**outcome, **told, "day": NOON.date()})
    digests = ({**span, "content_digest": f"{span['trace_id']}{span['span_id']}"} for span in spans)
    made.telemetry.append(SPANS, rows_of(SPANS, digests), source="src_a", offset=1)
    made.telemetry.append(SIGNALS, rows_of(SIGNALS, signals), source="src_a", offset=1)
    return made


def say(workspace: Workspace, detector: str, traces: Iterable[str], label: Any, *, version: int = 1) -> None:
    verdicts = [
        Verdict(
            id=verdict_id("trace", trace, cluster_id="clu_a", annotator="ann"),
            target_kind="trace",
            target_id=trace,
            cluster_id="clu_a",
            detector=detector,
            detector_version=version,
            label=label,
            explanation="no",
            code="",
            annotator_kind="HUMAN",
            annotator="ann",
            identity="typed",
            at=NOON,
        )
        for trace in traces
    ]
    workspace.ledger.append(verdicts, now=NOON)


def tally(run: DetectionRun, detector: str) -> Any:
    return next(one for one in run.tallies if one.detector == detector)


def test_the_first_run_proposes_the_doubtful_check_and_blames_the_app_for_the_rest(workspace: Workspace) -> None:
    run = loop.detect(workspace, window=Window(), now=NOON).run
    n_failed = 33 - 10 - 8 - 6
    assert tally(run, "suspect_check").n_found == 3
    assert tally(run, "failed_outcome").n_found == n_failed - 3
    assert tally(run, "failed_outcome").not_applicable[SET_ASIDE] == 3
    assert run.demoted == {}
    by_code = {one.detector: one for one in run.agreements}
    errors = by_code["tool_error"]
    assert (errors.n_window, errors.n_judged, errors.n_found) == (33, 33, 6)
    assert by_code["failed_outcome"].n_judged == 33 - 3, "what is set aside is neither found nor clear"


def test_a_check_that_a_reviewer_trusts_is_the_apps_failure_again(workspace: Workspace) -> None:
    say(workspace, "suspect_check", ["small-00"], "rejected")
    run = loop.detect(workspace, window=Window(), now=NOON).run
    assert tally(run, "suspect_check").n_found == 0
    assert tally(run, "failed_outcome").n_found == 9


def test_a_detector_that_reviewers_reject_ranks_last_and_the_reader_is_told(workspace: Workspace) -> None:
    before = loop.detect(workspace, window=Window(), now=NOON)
    first = before.issues[0].detector
    assert {issue.detector for issue in before.issues} != {first}
    traces = before.findings.filter(pl.col("detector") == first)["trace_id"]
    say(workspace, first, traces, "rejected", version=tally(before.run, first).version)
    after = loop.detect(workspace, window=Window(), now=NOON.replace(hour=13))
    assert after.run.demoted.keys() == {first}
    assert f"{first}: reviewers confirmed 0 of {len(traces)} findings" in after.notes[0]
    assert after.issues[-1].detector == first
    report = read_detection(workspace)
    assert (report.problems[-1].detector, report.problems[-1].demoted) == (first, after.run.demoted[first])
    assert "ranks last" in detector_scorecard(report, read_verdicts(workspace)).html
