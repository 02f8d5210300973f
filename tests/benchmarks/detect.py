"""What the detectors cost on a million spans, and whether a Dask cluster finds the same in ten million.

Usage, from the root of a checkout::

    python -m tests.benchmarks.detect make acme --spans 1000000         # a workspace; two minutes
    python -m tests.benchmarks.detect rules acme                        # CPU seconds of each detector, peak memory

    python -m tests.benchmarks.detect make acme10 --spans 10000000      # 2 GB
    python -m tests.benchmarks.detect scheduler acme10 --workers 2      # here, on workers, and with one of them killed

The spans are those of `tests/benchmarks/ingest.py`, at most a million of them generated and the rest copies with ids of
their own, a month later each. `rules` runs every detector in one fresh process, set up as the command line sets itself
up; its goal is below 20 CPU seconds and 2 GB for all. `scheduler` compares what the detectors say in one process with
what they say on a real cluster of worker processes on this machine, and again while a worker is killed (`kill -9`):
findings, tallies and where it was judged must be equal.
"""

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import polars as pl
from distributed import LocalCluster

from tests.benchmarks import ingest
from workbench.__main__ import ENVIRONMENT
from workbench.detectors import DETECTORS, Examination, examine, together
from workbench.loop import feed
from workbench.loop.detect.on_scheduler import examine_on
from workbench.loop.detect.running import signals_about
from workbench.schemas import SIGNALS, SPANS
from workbench.store import Workspace, init_workspace, open_workspace
from workbench.windows import Window

GENERATED = 1_000_000
NOW = datetime(2026, 3, 1, tzinfo=UTC)
LATER = timedelta(days=30)
ROWS_A_FILE = 35_000
"""About what an ingest of a file of 2 GB writes at a time."""
_IDS = ("trace_id", "span_id", "parent_span_id", "session_id", "content_digest")
_TIMES = ("started_at", "ended_at", "day")
_PLACES = ["detector", "trace_id", "session_id"]


def main() -> None:
    """Run the command that the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    make_command = commands.add_parser("make", help="make a workspace with generated spans")
    make_command.add_argument("folder", type=Path)
    make_command.add_argument("--spans", type=int, default=GENERATED)
    rules_command = commands.add_parser("rules", help="time each detector")
    rules_command.add_argument("folder", type=Path)
    one_command = commands.add_parser("one", help="time each detector in this process")
    one_command.add_argument("folder", type=Path)
    scheduler_command = commands.add_parser("scheduler", help="compare with workers")
    scheduler_command.add_argument("folder", type=Path)
    scheduler_command.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    os.environ.setdefault("WORKBENCH_SECRET", ingest.SECRET)
    if arguments.command == "make":
        make(arguments.folder, n_spans=arguments.spans)
    elif arguments.command == "scheduler":
        compare(open_workspace(arguments.folder), n_workers=arguments.workers)
    elif arguments.command == "one":
        _rules(open_workspace(arguments.folder))
    else:
        command = [sys.executable, "-m", "tests.benchmarks.detect", "one", str(arguments.folder)]
        subprocess.run(command, check=True, env={**os.environ, **ENVIRONMENT})


def make(folder: Path, *, n_spans: int) -> None:
    """Make a workspace of generated spans, and of copies of them beyond the first million."""
    workspace = init_workspace(folder, secret=ingest.SECRET.encode())
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "spans.jsonl"
        ingest.make(file, n_spans=min(n_spans, GENERATED))
        feed(workspace, [file], now=NOW)
    first = workspace.telemetry.scan(SPANS).collect()
    for number in range(1, n_spans // GENERATED):
        rows = first.with_columns(
            *(pl.format(f"{number:04x}{{}}", pl.col(name).str.slice(4)).alias(name) for name in _IDS),
            pl.col(_TIMES) + number * LATER,
        )
        for place, slice_ in enumerate(rows.iter_slices(ROWS_A_FILE)):
            workspace.telemetry.append(SPANS, slice_, source=f"src_copies_{number}", offset=place)
    print(f"{workspace.telemetry.scan(SPANS).select(pl.len()).collect().item():,} spans in {folder}")  # noqa: T201


def compare(workspace: Workspace, *, n_workers: int) -> None:
    """Print what the detectors cost here and on workers, and whether they say the same; exit with 1 if not."""
    spans = workspace.telemetry.spans_of_traces(window=Window())

    def about(part: pl.LazyFrame) -> pl.LazyFrame:
        return signals_about(part, workspace.telemetry.scan(SIGNALS))

    here, cost_here = _timed(lambda: _examine_here(spans, about(spans)))
    _say("one process", here, cost_here, cost_here)
    for is_killing in (False, True):
        work = partial(_examine_there, spans, about, n_workers=n_workers, is_killing=is_killing)
        there, cost = _timed(work)
        _say(f"{n_workers} workers{', one killed' if is_killing else ''}", there, cost, cost_here)
        if not all(map(_is_equal, here, there)):
            raise SystemExit("workers found something else")
    print("equal: findings, tallies, and where it was judged")  # noqa: T201


def _examine_here(spans: pl.LazyFrame, signals: pl.LazyFrame) -> list[Examination]:
    return [examine(one, spans, signals, run_id="run_1", now=NOW) for one in together(DETECTORS, spans)]


def _examine_there(
    spans: pl.LazyFrame, about: Callable[[pl.LazyFrame], pl.LazyFrame], *, n_workers: int, is_killing: bool
) -> list[Examination]:
    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=n_workers, threads_per_worker=1, dashboard_address=None, host="127.0.0.1", memory_limit=0
    ) as cluster:

        def told(text: str) -> None:
            if is_killing and text.startswith("detecting on workers: 10 "):
                os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)

        address = cluster.scheduler_address
        return examine_on(address, DETECTORS, spans, about, run_id="run_1", now=NOW, told=told)


def _rules(workspace: Workspace) -> None:
    spans = workspace.telemetry.spans_of_traces(window=Window())
    about = signals_about(spans, workspace.telemetry.scan(SIGNALS))
    before = time.process_time()
    detectors = together(DETECTORS, spans)
    total = time.process_time() - before
    print(f"{'read together':20} {total:6.2f} CPU s")  # noqa: T201
    for detector in detectors:
        before = time.process_time()
        tally = examine(detector, spans, about, run_id="run_1", now=NOW).tally
        cost = time.process_time() - before
        total += cost
        print(f"{detector.code:20} {cost:6.2f} CPU s  {tally.state} {tally.n_found:,} of {tally.n_examined:,}")  # noqa: T201
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'all':20} {total:6.2f} CPU s (goal 20), {peak_mb:,.0f} MB at the peak (goal 2,000)")  # noqa: T201


def _timed(work: Callable[[], list[Examination]]) -> tuple[list[Examination], float]:
    """Return what the work gives, and its CPU seconds with those of the processes that it started and that ended."""
    before = os.times()
    done = work()
    after = os.times()
    return done, sum(after[:4]) - sum(before[:4])


def _say(where: str, examined: list[Examination], cost: float, cost_here: float) -> None:
    n = sum(one.findings.height for one in examined)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    said = f"{where:22} {cost:7.1f} CPU s ({cost / cost_here:.2f} times one process), {n:,} findings"
    print(f"{said}, at most {peak_mb:,.0f} MB here", flush=True)  # noqa: T201


def _is_equal(here: Examination, there: Examination) -> bool:
    judged = there.judged.sort(_PLACES).equals(here.judged.sort(_PLACES))
    return there.tally == here.tally and there.findings.equals(here.findings) and judged


if __name__ == "__main__":
    main()
