"""Small frames and records for reports: what is not given is null or usual, so that each test names what it counts."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from workbench.records import Cause, DetectionRun, Issue, LoadReport, Tally
from workbench.report.detection import DetectionReport, place, rank_problems, traffic_of
from workbench.report.telemetry import Telemetry
from workbench.report.traces import traces
from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS, QUARANTINE, SIGNALS, SPANS, Table
from workbench.store.joined import waiting_signals

DAY = date(2026, 1, 5)
NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)
SPAN = {"trace_id": "t1", "kind": "LLM", "status": "UNSET", "time_known": True, "day": DAY}
SIGNAL = {"target_kind": "trace", "kind": "feedback", "name": "thumb", "annotator_kind": "HUMAN", "day": DAY}
FINDING = {"run_id": "run_1", "detector": "tool_error", "severity": "medium", "unit": "span", "day": DAY}
CLUSTER = {
    "run_id": "run_1",
    "detector": "tool_error",
    "phrases": ["timed out"],
    "n_sessions": 0,
    "n_users": 0,
    "day": DAY,
}

Rows = Sequence[Mapping[str, Any]]


def frame(table: Table, rows: Rows, usual: Mapping[str, Any]) -> pl.DataFrame:
    """Return rows in a table's schema; what is not given is usual or null."""
    columns = {name: [{**usual, **row}.get(name) for row in rows] for name in table.schema.names()}
    assert not {name for row in rows for name in row} - columns.keys(), "no such column"
    return pl.DataFrame(columns, schema=table.schema)


@pytest.fixture
def spans() -> Callable[..., pl.LazyFrame]:
    """Return a function from rows to schemas.SPANS."""
    return lambda *rows: frame(
        SPANS, [{"span_id": f"s{at}", "content_digest": f"d{at}", **row} for at, row in enumerate(rows)], SPAN
    ).lazy()


@pytest.fixture
def telemetry(spans: Callable[..., pl.LazyFrame]) -> Callable[..., Telemetry]:
    """Return a function from rows of spans, signals and quarantine, and load reports, to what a report looks at."""

    def build(
        span_rows: Rows = (), *, signals: Rows = (), quarantine: Rows = (), loads: Sequence[LoadReport] = ()
    ) -> Telemetry:
        every = spans(*span_rows)
        said = frame(SIGNALS, [{"signal_id": f"g{at}", **row} for at, row in enumerate(signals)], SIGNAL)
        return Telemetry(
            spans=every,
            signals=said,
            waiting=waiting_signals(every, said.lazy()).collect(),
            quarantine=frame(QUARANTINE, quarantine, {"source": "src_1", "offset": 0, "piece": -1, "day": DAY}),
            loads=[(NOW, load) for load in loads],
            traces=traces(every),
            now=NOW,
        )

    return build


@pytest.fixture
def load_report() -> Callable[..., LoadReport]:
    """Return a function from counts to a load report."""

    def build(path: str = "a.jsonl", **counts: Any) -> LoadReport:
        counted = ("n_in", "n_stored", "n_duplicate", "n_quarantined", "n_spans", "n_traces", "n_signals")
        usual: dict[str, Any] = dict.fromkeys(counted, 0)
        usual |= {name: {} for name in ("refused", "mapped", "guessed", "left")}
        return LoadReport(**{"path": path, "source": f"src_{path}", "format": "otlp", **usual, **counts})

    return build


@pytest.fixture
def cause() -> Callable[..., Cause]:
    """Return a function from values to a cause: 5 of 6 traces of the cluster, 1 of 10 others."""

    def build(**given: Any) -> Cause:
        usual: dict[str, Any] = {
            "id": "cau_1",
            "run_id": "run_1",
            "cluster_id": "clu_a",
            "kind": "contrast",
            "attributes": ("tool_name",),
            "values": ("search",),
            "statement": "5 of 6 traces used search",
            "n_cluster_with": 5,
            "n_cluster": 6,
            "n_rest_with": 1,
            "n_rest": 10,
            "lift": (5 / 6) / (1 / 10),
            "lift_low": 1.9,
            "lift_high": 40.2,
            "p_value": 0.004,
            "q_value": 0.012,
            "share_explained": 0.8,
            "evidence": ("t1", "t2", "t3", "t4", "t5"),
        }
        return Cause(**usual | given)

    return build


@pytest.fixture
def issue() -> Callable[..., Issue]:
    """Return a function from values to a proposed issue of cluster clu_a."""

    def build(**given: Any) -> Issue:
        usual: dict[str, Any] = {
            "id": "iss_1",
            "state": "proposed",
            "title": "tool error: timed out",
            "detector": "tool_error",
            "severity": "medium",
            "run_id": "run_1",
            "cluster_id": "clu_a",
            "cause_ids": ("cau_1",),
            "n_findings": 3,
            "n_traces": 2,
            "n_sessions": 0,
            "n_users": 0,
            "first_seen_at": datetime(2026, 1, 5, tzinfo=UTC),
            "last_seen_at": datetime(2026, 1, 6, tzinfo=UTC),
        }
        return Issue(**usual | given)

    return build


@pytest.fixture
def run() -> Callable[..., DetectionRun]:
    """Return a function from values to a detection run."""

    def build(**given: Any) -> DetectionRun:
        usual: dict[str, Any] = {
            "id": "run_1",
            "at": NOW,
            "window": "all",
            "table_versions": {"spans": 3},
            "tallies": (),
            "n_findings": 0,
            "n_clusters": 0,
            "noise_share": None,
            "seed": 0,
            "embedder": "static",
            "supersedes": None,
        }
        return DetectionRun(**usual | given)

    return build


@pytest.fixture
def tally() -> Callable[..., Tally]:
    """Return a function from values to a detector's tally."""

    def build(**given: Any) -> Tally:
        usual: dict[str, Any] = {
            "detector": "tool_error",
            "version": 1,
            "state": "clear",
            "n_examined": 0,
            "n_found": 0,
            "n_clear": 0,
            "not_applicable": {},
            "error": None,
        }
        return Tally(**usual | given)

    return build


@pytest.fixture
def detection(spans: Callable[..., pl.LazyFrame], run: Callable[..., DetectionRun]) -> Callable[..., DetectionReport]:
    """Return a function from rows to what a report of a run looks at; a finding names its cluster and place."""

    def build(
        findings: Rows = (),
        clusters: Rows = (),
        *,
        issues: Sequence[Issue] = (),
        causes: Sequence[Cause] = (),
        tallies: Sequence[Tally] = (),
        span_rows: Rows = (),
        n_traces: int = 10,
    ) -> DetectionReport:
        of_place = ("cluster_id", "suggested", "x", "y")
        named = [{"finding_id": f"fnd_{at}", **row} for at, row in enumerate(findings)]
        found = frame(FINDINGS, [{name: row[name] for name in row if name not in of_place} for row in named], FINDING)
        places = frame(
            MEMBERSHIPS,
            [{name: row[name] for name in row if name in (*of_place, "finding_id")} for row in named],
            {"run_id": "run_1", "day": DAY},
        )
        severities = {row["detector"]: row["severity"] for row in found.iter_rows(named=True)}
        return DetectionReport(
            run=run(tallies=tuple(tallies)),
            findings=place(found, places),
            problems=rank_problems(
                frame(CLUSTERS, [{"cluster": at, **row} for at, row in enumerate(clusters)], CLUSTER),
                [(one.cluster_id, one) for one in issues],
                causes,
                severities=severities,
            ),
            spans=spans(*span_rows),
            n_traces=n_traces,
            traffic=traffic_of(spans(*span_rows), until=None),
        )

    return build
