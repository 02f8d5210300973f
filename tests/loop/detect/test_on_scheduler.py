"""Detectors on a real Dask cluster on loopback: what comes out is what comes out here, also when a worker is killed."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from workbench import loop, simulate
from workbench.detectors import DETECTORS, Examination, examine, goes_by
from workbench.loop.detect.on_scheduler import examine_on
from workbench.loop.detect.running import signals_about
from workbench.schemas import SIGNALS
from workbench.store import DEMO_SECRET, Workspace, init_workspace
from workbench.store.secret import ENVIRONMENT_VARIABLE
from workbench.windows import Window

if TYPE_CHECKING:
    from tests.conftest import Shell

NOW = datetime(2026, 4, 1, tzinfo=UTC)
PLACES = ["detector", "trace_id", "session_id"]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as running:
        yield running


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("scheduler")
    simulate.write(simulate.World(n_traces=300, weeks=2), folder / "world")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ENVIRONMENT_VARIABLE, DEMO_SECRET.decode())
        made = init_workspace(folder / "acme", secret=DEMO_SECRET)
        loop.feed(made, [folder / "world"], now=NOW)
        yield made


def examined_here(workspace: Workspace, spans: pl.LazyFrame) -> list[Examination]:
    about = signals_about(spans, workspace.telemetry.scan(SIGNALS))
    return [examine(one, spans, about, run_id="run_1", now=NOW) for one in DETECTORS]


def examined_there(workspace: Workspace, spans: pl.LazyFrame, cluster: Any, *, told: Any = print) -> list[Examination]:
    return examine_on(
        cluster.scheduler_address,
        DETECTORS,
        spans,
        lambda part: signals_about(part, workspace.telemetry.scan(SIGNALS)),
        run_id="run_1",
        now=NOW,
        told=told,
        n_spans=700,
    )


def require_equal(here: list[Examination], there: list[Examination]) -> None:
    assert sum(one.findings.height for one in here) > 100
    for one, other in zip(here, there, strict=True):
        assert other.tally == one.tally
        assert other.findings.equals(one.findings)
        assert other.judged.sort(PLACES).equals(one.judged.sort(PLACES))


def test_workers_find_what_is_found_here(cluster: Any, workspace: Workspace) -> None:
    here = loop.detect(workspace, window=Window(), now=NOW, is_dry_run=True)
    there = loop.detect(workspace, window=Window(), now=NOW, is_dry_run=True, scheduler=cluster.scheduler_address)
    assert there.run == here.run
    assert there.findings.equals(here.findings)
    assert there.memberships.equals(here.memberships)
    assert there.causes == here.causes
    assert [issue.title for issue in there.issues] == [issue.title for issue in here.issues]


def test_a_worker_killed_in_its_work_changes_nothing(cluster: Any, workspace: Workspace) -> None:
    said: list[str] = []

    def told(text: str) -> None:
        said.append(text)
        if text.startswith("detecting on workers: 3 "):
            os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)

    spans = workspace.telemetry.spans_of_traces(window=Window())
    require_equal(examined_here(workspace, spans), examined_there(workspace, spans, cluster, told=told))
    n_jobs = len(said) - 1
    # Detectors that go by the same are one job a part.
    groups = {goes_by(detector) or detector.code: detector.reads for detector in DETECTORS}
    of_traces = [group for group, reads in groups.items() if reads == "trace"]
    assert (len(groups), len(of_traces)) == (24 - 4 - 3 - 2, 12 - 3 - 2)
    assert n_jobs > len(groups) + len(of_traces), "those that read a trace have more than two parts each"
    assert said[-1] == f"detecting on workers: {n_jobs} of {n_jobs} jobs done"


def test_workers_read_the_version_that_was_there_when_the_run_began(
    cluster: Any, workspace: Workspace, tmp_path: Path
) -> None:
    spans = workspace.telemetry.spans_of_traces(window=Window())
    before = examined_here(workspace, spans)
    simulate.write(simulate.World(n_traces=20, weeks=1, seed=7), tmp_path / "more")
    loop.feed(workspace, [tmp_path / "more"], now=NOW)
    require_equal(before, examined_there(workspace, spans, cluster))


def test_no_scheduler_is_a_wrong_call_in_one_line(shell: "Shell", workspace: Workspace) -> None:
    pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    code, out, err = shell.run("detect", "-w", workspace.root, "--scheduler", "tcp://127.0.0.1:9")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "no scheduler answers" in err
