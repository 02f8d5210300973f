"""When a run joins the clusters of the one before, and when everything is clustered anew."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from workbench import clustering, loop
from workbench.clustering import embed
from workbench.detectors import tool_error
from workbench.loop.detect.regroup import Grouped, group_run
from workbench.records import DetectionRun
from workbench.schemas import FINDINGS
from workbench.store import DEMO_SECRET, Workspace, init_workspace
from workbench.windows import Window

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
N_ERRORS = 8


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return a workspace with eight failed calls and one run that found them."""
    workspace = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    lines = []
    for number in range(1, N_ERRORS + 1):
        at = str(int((NOON + timedelta(minutes=number)).timestamp()) * 1_000_000_000)
        span = {
            "traceId": f"{number:032x}",
            "spanId": f"{number:016x}",
            "name": "execute_tool",
            "startTimeUnixNano": at,
            "endTimeUnixNano": at,
            "attributes": [
                {"key": "gen_ai.operation.name", "value": {"stringValue": "execute_tool"}},
                {"key": "gen_ai.tool.name", "value": {"stringValue": "redeem"}},
            ],
            "status": {"code": 2, "message": "the gift card was refused"},
        }
        lines.append(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}))
    (tmp_path / "export.jsonl").write_text("\n".join(lines) + "\n")
    loop.feed(workspace, [tmp_path / "export.jsonl"], now=NOON)
    loop.detect(workspace, window=Window(), now=NOON, select=[tool_error.DETECTOR])
    return workspace


@pytest.fixture
def again(workspace: Workspace) -> Callable[..., Grouped]:
    """Return a function that groups the first run's findings, so many times over, as a next run."""
    first = workspace.telemetry.scan(FINDINGS).collect()

    def group_again(n_times: int = 1, embedder: str = clustering.NAME, join_from: int = N_ERRORS) -> Grouped:
        findings = pl.concat(
            first.with_columns(pl.format("{}-{}", "finding_id", pl.lit(number)).alias("finding_id"))
            if number
            else first
            for number in range(n_times)
        )
        return group_run(
            workspace,
            findings,
            runs=workspace.ledger.latest(DetectionRun),
            embed=embed,
            embedder=embedder,
            run_id="run_2",
            now=NOON,
            join_from=join_from,
        )

    return group_again


def test_a_large_run_joins_the_one_before_and_says_so(again: Callable[..., Grouped], workspace: Workspace) -> None:
    [run] = workspace.ledger.latest(DetectionRun)
    found = again()
    assert (found.joins, found.n_joined) == (run.id, 0)
    assert found.grouping.notes == (f"0 new findings joined clusters of {run.id}, which keep their bounds",)
    assert found.grouping.clusters["continues"].null_count() == 0
    assert (run.joins, run.n_joined, run.grouped) == (None, 0, {"tool_error": N_ERRORS})


@pytest.mark.parametrize(
    "arguments",
    [{"join_from": N_ERRORS + 1}, {"n_times": 2}, {"embedder": "another"}],
    ids=["too few", "twice as many as were clustered", "another embedder"],
)
def test_else_everything_is_clustered_anew(again: Callable[..., Grouped], arguments: dict[str, int]) -> None:
    found = again(**arguments)
    assert (found.joins, found.n_joined) == (None, 0)
    assert found.grouping.clusters["continues"].null_count() == found.grouping.clusters.height == 1
