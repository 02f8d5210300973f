"""A workspace with a detection run that is made by hand: so many traces a cluster, causes, issues and a rest."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from tests.backlog.issues import issue
from workbench.records import UNCATEGORISED, Cause, DetectionRun, Issue, Tally
from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS, SPANS, Table
from workbench.store import DEMO_SECRET, Workspace, init_workspace, open_workspace

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
RUN = "run_20260302T120000_aaaaaaaaaa"
DETECTOR = "tool_error"


class Clock:
    """A clock that a test sets; each look at it takes a second."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


def trace_of(cluster: str, number: int) -> str:
    return f"{cluster}-{number:05}"


def make_workspace(
    root: Path, sizes: Mapping[str, int], *, n_unflagged: int = 0, n_causes: int = 1, ledger: str | None = None
) -> Workspace:
    """Return a workspace with clusters of so many traces, each with causes and an issue, and traces in none."""
    workspace = init_workspace(root, secret=DEMO_SECRET)
    if ledger is not None:
        settings = root / "workspace.toml"
        settings.write_text(settings.read_text().replace("sqlite:///ledger.db", ledger))
        workspace = open_workspace(root)
    in_clusters = [(cluster, trace_of(cluster, n)) for cluster, size in sizes.items() for n in range(size)]
    unflagged = [trace_of("clear", number) for number in range(n_unflagged)]
    if in_clusters or unflagged:
        append(workspace, SPANS, spans([*(trace for _, trace in in_clusters), *unflagged]))
    if in_clusters:
        append(workspace, FINDINGS, findings(in_clusters))
        append(workspace, MEMBERSHIPS, memberships(in_clusters))
        append(workspace, CLUSTERS, clusters(sizes))
    causes = [a_cause(cluster, number) for cluster in sizes for number in range(n_causes)]
    workspace.ledger.append([*causes, *map(an_issue, sizes, sizes.values()), a_run(len(in_clusters))], now=NOON)
    return workspace


def append(workspace: Workspace, table: Table, rows: pl.DataFrame, *, offset: int = 1) -> None:
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in table.schema.items() if name not in rows.columns]
    whole = rows.with_columns(missing).select(pl.col(name).cast(dtype) for name, dtype in table.schema.items())
    workspace.telemetry.append(table, whole, source=f"by-hand-{table.name}", offset=offset)


def spans(traces: list[str]) -> pl.DataFrame:
    n = len(traces)
    return pl.DataFrame(
        {
            "trace_id": traces,
            "span_id": [f"s-{trace}" for trace in traces],
            "name": ["chat"] * n,
            "kind": ["LLM"] * n,
            "input": [f"what of {trace}" for trace in traces],
            "output": [f"all about {trace}" for trace in traces],
            "started_at": [NOON - timedelta(minutes=place) for place in range(n)],
            "time_known": [True] * n,
            "content_digest": [f"d-{trace}" for trace in traces],
            "source": ["src_x"] * n,
        }
    ).with_columns(ended_at="started_at", day=pl.col("started_at").dt.date())


def findings(in_clusters: list[tuple[str, str]]) -> pl.DataFrame:
    rows = [(RUN, f"fnd-{cluster}-{trace}", trace, f"failed in {trace}") for cluster, trace in in_clusters]
    frame = pl.DataFrame(rows, schema=["run_id", "finding_id", "trace_id", "text"], orient="row")
    return frame.with_columns(
        detector=pl.lit(DETECTOR),
        detector_version=pl.lit(3),
        severity=pl.lit("medium"),
        unit=pl.lit("trace"),
        evidence=pl.lit("{}"),
        at=pl.lit(NOON),
        day=pl.lit(NOON.date()),
    )


def memberships(in_clusters: list[tuple[str, str]]) -> pl.DataFrame:
    rows = [(RUN, f"fnd-{cluster}-{trace}", cluster) for cluster, trace in in_clusters]
    frame = pl.DataFrame(rows, schema=["run_id", "finding_id", "cluster_id"], orient="row")
    doubt = (pl.int_range(pl.len()) % 10) / 10
    return frame.with_columns(cluster=pl.lit(0), strength=1 - doubt, day=pl.lit(NOON.date()))


def clusters(sizes: Mapping[str, int]) -> pl.DataFrame:
    rows = [(RUN, cluster, number, size, size) for number, (cluster, size) in enumerate(sizes.items())]
    schema = ["run_id", "cluster_id", "cluster", "n_findings", "n_traces"]
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        detector=pl.lit(DETECTOR),
        phrases=pl.concat_list(pl.lit("voucher"), "cluster_id"),
        exemplars=pl.concat_list(pl.format("fnd-{}-{}-00000", "cluster_id", "cluster_id")),
        n_sessions=pl.lit(0),
        n_users=pl.lit(0),
        day=pl.lit(NOON.date()),
    )


def a_cause(cluster: str, number: int) -> Cause:
    said = f"{cluster} has prompt version {number} more often than others"
    return Cause(id=f"cau_{cluster}_{number}", run_id=RUN, cluster_id=cluster, kind="contrast", statement=said)


def an_issue(cluster: str, size: int) -> Issue:
    return issue(
        id=f"iss_{cluster}",
        title=f"tool error: voucher, {cluster}",
        detector=DETECTOR,
        run_id=RUN,
        cluster_id=cluster,
        cause_ids=(f"cau_{cluster}_0",),
        n_findings=size,
        n_traces=size,
        n_sessions=0,
        n_users=0,
        category=UNCATEGORISED,
    )


def a_run(n_findings: int) -> DetectionRun:
    tally = Tally(
        detector=DETECTOR,
        version=3,
        state="found",
        n_examined=n_findings,
        n_found=n_findings,
        n_clear=0,
        not_applicable={},
        error=None,
    )
    return DetectionRun(
        id=RUN,
        at=NOON,
        window="all",
        table_versions={},
        tallies=(tally,),
        n_findings=n_findings,
        n_clusters=1,
        noise_share=0.0,
        seed=0,
        embedder="none",
        supersedes=None,
    )
