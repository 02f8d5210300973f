"""Whether planted faults come back as clusters of their own, with the slice that they were planted in as first cause.

Each world has 5,000 traces of the research desk in four weeks and twelve faults drawn from twenty-one, with a
prevalence of 0.5 to 8 % of the traces each; nine of them, or more, lie in a slice of one to three attribute values that
is drawn too (`planted_worlds`). Its files go through feed and detect as anyone's do.

- A unit is a trace; of a fault that shows in what the user says next it is the session, and of one that only a user
  sees, the traces of which a user complained in words.
- Purity of a cluster for a fault: the share of its units that have the fault. Completeness: the share of the fault's
  units that are in it. The best cluster of a fault is the one with the highest F1 of the two.
- A fault is its own cluster when both pass .8. It is detected when .8 of its units have a finding of any detector.
- Its slice is first when the first cause of its best cluster holds the slice's values and no others. Faults without a
  slice are not counted, nor those that came too late: a run has one fault, and where faults drawn before had taken so
  much of the slice that most of this one's traces lie elsewhere, it is not where the fault concentrates.
- A null run is a world in which nothing is planted, harmless noise included; or a planted world of which every finding
  was moved to a random one of the traces that its detector judged. It is clean when no cause is proposed.

Usage::

    python -m tests.benchmarks.planted               # 20 seeds; an hour on one core
    python -m tests.benchmarks.planted --seeds 20:40 --shuffled 0                   # the figures of the README
    python -m tests.benchmarks.planted --seeds 100:103 --null 0 --verbose --worlds FOLDER

With `--worlds` the worlds stay in the folder, fed, and a later run finds them there.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import polars as pl

from tests.benchmarks.planted_worlds import draw_world, is_told_only
from workbench import causes, detectors, loop
from workbench.causes.members import with_traces
from workbench.records import Cause
from workbench.schemas import SIGNALS
from workbench.simulate import FAULTS, MORE_FAULTS, World, write
from workbench.store import DEMO_SECRET, Workspace, init_workspace, open_workspace
from workbench.windows import Window

NOW = datetime(2026, 10, 26, 6, 0, tzinfo=UTC)
BAR = 0.8
"""Purity and completeness above which a fault is its own cluster."""


class Outcome(NamedTuple):
    """What became of one planted fault."""

    fault: str
    n_units: int
    detected: float
    """Share of its units that have a finding."""
    detector: str
    """Of its best cluster; empty without one."""
    purity: float
    completeness: float
    is_own: bool
    slice_rank: int | None
    """Place of its slice among the causes of the best cluster, from 1; 0 where it is not there; None without slice."""
    first: str
    """The first cause, in words."""
    slice: str = ""
    """Where it was planted."""


class Planted(NamedTuple):
    """One planted fault."""

    name: str
    slice: Mapping[str, str]
    """Where it is, empty for everywhere."""
    of_session: bool
    """Whether it shows in the session, not in the trace."""


class Found(NamedTuple):
    """One world, fed and detected."""

    faults: tuple[Planted, ...]
    truth: pl.DataFrame
    """One row a trace: trace_id, fault."""
    workspace: Workspace
    detection: loop.Detection


def main() -> None:
    """Run the worlds that the arguments name and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="0:20", help="first:last, the last not included")
    parser.add_argument("--null", type=int, default=None, help="worlds with nothing planted; as many as seeds")
    parser.add_argument("--shuffled", type=int, default=None, help="worlds whose findings are moved; as many as seeds")
    parser.add_argument("--traces", type=int, default=5_000)
    parser.add_argument("--worlds", type=Path, default=None, help="where worlds stay and are found again")
    parser.add_argument("--verbose", action="store_true", help="print each fault of each world")
    arguments = parser.parse_args()
    first, last = map(int, arguments.seeds.split(":"))
    seeds = range(first, last)
    n_null = len(seeds) if arguments.null is None else arguments.null
    n_shuffled = len(seeds) if arguments.shuffled is None else arguments.shuffled
    outcomes: list[Outcome] = []
    nulls: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as temporary:
        worlds = arguments.worlds or Path(temporary)
        for place, seed in enumerate(seeds):
            started = time.process_time()
            found = find(partial(draw_world, seed, n_traces=arguments.traces), worlds / f"p{seed}")
            judged = judge(found)
            outcomes += judged
            say(f"seed {seed}: {summary(judged)}, {time.process_time() - started:.0f} CPU s")
            if arguments.verbose:
                table(judged)
            if place < n_shuffled:
                shuffled = causes_of_shuffled(found, seed=seed)
                nulls["shuffled"] += not shuffled
                said(shuffled, f"seed {seed}, findings shuffled")
            if place < n_null:
                empty = partial(World, seed=seed, n_traces=arguments.traces, product="research_desk", faults=())
                proposed = slices(find(empty, worlds / f"n{seed}").detection.causes)
                nulls["nothing planted"] += not proposed
                said(proposed, f"seed {seed}, nothing planted")
    by_type(outcomes)
    say(f"all: {summary(outcomes)}")
    for kind, n in nulls.items():
        say(f"null runs, {kind}: no cause in {n} of {n_null if kind == 'nothing planted' else n_shuffled}")


def find(draw: Callable[[], World], folder: Path) -> Found:
    """Return the world, fed into a workspace in the folder, unless it is there, and detected."""
    fed = folder / "workspace"
    if not (folder / "done").exists():
        write(draw(), folder / "world")
        workspace = init_workspace(fed, secret=DEMO_SECRET)
        loop.feed(workspace, [folder / "world" / "telemetry", folder / "world" / "signals.jsonl"], now=NOW)
        (folder / "done").touch()
    workspace = open_workspace(fed)
    lines = (folder / "world" / "faults.jsonl").read_bytes().splitlines()
    truth = pl.DataFrame(
        [orjson.loads(line) for line in (folder / "world" / "truth.jsonl").read_bytes().splitlines()],
        schema={"trace_id": pl.String, "fault": pl.String},
    )
    detection = loop.detect(workspace, window=Window(), now=NOW, is_dry_run=True)
    return Found(tuple(_planted(orjson.loads(line)) for line in lines), truth, workspace, detection)


def _planted(fault: Mapping[str, Any]) -> Planted:
    """Return a fault from its line in the world's files; without a slice if most of its traces lie elsewhere."""
    is_there = fault["n_traces_in_slice"] > 0.5 * fault["n_traces"]
    units = {one.name: one.unit for one in (*FAULTS, *MORE_FAULTS)}
    slice_ = orjson.loads(fault["slice"]) if is_there else {}
    return Planted(fault["fault"], slice_, units[fault["fault"]] == "session")


def judge(found: Found) -> list[Outcome]:
    """Return what became of each planted fault."""
    placed = _placed(found)
    return [
        _judge(fault, found, placed)._replace(slice=" ".join(f"{name}={value}" for name, value in fault.slice.items()))
        for fault in found.faults
    ]


def _placed(found: Found) -> pl.DataFrame:
    """Return one row a finding and trace: cluster_id (null for noise), detector, trace_id, session_id."""
    findings = found.detection.findings.select("finding_id", "detector", "trace_id", "session_id")
    return findings.join(found.detection.memberships.select("finding_id", "cluster_id"), on="finding_id")


def _judge(fault: Planted, found: Found, placed: pl.DataFrame) -> Outcome:
    units, having = _units(fault, found, placed)
    sizes = units.group_by("cluster_id").agg(n=pl.col("unit").n_unique(), detector=pl.col("detector").first())
    hits = units.filter(pl.col("unit").is_in(list(having))).group_by("cluster_id").agg(hits=pl.col("unit").n_unique())
    detected = len(having & set(units["unit"])) / len(having)
    scored = (
        sizes.drop_nulls("cluster_id")
        .join(hits, on="cluster_id")
        .with_columns(purity=pl.col("hits") / pl.col("n"), completeness=pl.col("hits") / len(having))
        .with_columns(f1=2 * pl.col("purity") * pl.col("completeness") / (pl.col("purity") + pl.col("completeness")))
        .sort("f1", "cluster_id", descending=[True, False])
    )
    if scored.is_empty():
        rank = 0 if fault.slice else None
        return Outcome(fault.name, len(having), detected, "", 0.0, 0.0, False, rank, "")
    best = scored.row(0, named=True)
    proposed = [cause for cause in slices(found.detection.causes) if cause.cluster_id == best["cluster_id"]]
    return Outcome(
        fault.name,
        len(having),
        detected,
        best["detector"],
        best["purity"],
        best["completeness"],
        best["purity"] > BAR and best["completeness"] > BAR,
        _rank(fault, proposed),
        proposed[0].statement if proposed else "",
    )


def _units(fault: Planted, found: Found, placed: pl.DataFrame) -> tuple[pl.DataFrame, set[str]]:
    """Return the findings with the unit that each is about, and the units that have the fault and show it."""
    truth = found.truth.filter(pl.col("fault") == fault.name)
    having = set(truth["trace_id"])
    if is_told_only(fault.name):
        having &= _complained(found.workspace)
    spans = found.workspace.telemetry.spans().select("trace_id", "session_id").drop_nulls().unique().collect()
    sessions = dict(spans.iter_rows())
    if fault.of_session:
        units = placed.with_columns(unit=pl.coalesce("session_id", pl.col("trace_id").replace(sessions)))
        return units, {sessions[trace_id] for trace_id in having}
    # A finding about a whole session is about the trace of it that has the fault, if one has.
    of_session = {sessions[trace_id]: trace_id for trace_id in sorted(having)}
    return placed.with_columns(unit=pl.coalesce("trace_id", pl.col("session_id").replace(of_session))), having


def _complained(workspace: Workspace) -> set[str]:
    said = workspace.telemetry.scan(SIGNALS).filter(
        pl.col("kind") == "feedback", pl.col("value") == 0, pl.col("comment").is_not_null()
    )
    return set(said.select("trace_id").collect()["trace_id"])


def _rank(fault: Planted, proposed: Sequence[Cause]) -> int | None:
    if not fault.slice:
        return None
    return next((place for place, cause in enumerate(proposed, start=1) if values(cause) == dict(fault.slice)), 0)


def slices(proposed: Iterable[Cause]) -> list[Cause]:
    """Return the causes that say where a problem concentrates: a blamed step or a phrase claims no such thing."""
    return [cause for cause in proposed if cause.kind in {"contrast", "onset"}]


def values(cause: Cause) -> Mapping[str, str]:
    """Return the attribute values that a cause names."""
    return dict(cause.conditions)


def causes_of_shuffled(found: Found, *, seed: int) -> Sequence[Cause]:
    """Return the causes proposed when each finding is moved to a random trace that its detector judged."""
    spans = found.workspace.telemetry.spans_of_traces(window=Window())
    signals = found.workspace.telemetry.scan(SIGNALS)
    run_id = found.detection.run.id
    judged = pl.concat(
        [detectors.examine(one, spans, signals, run_id=run_id, now=NOW).judged for one in detectors.DETECTORS]
    )
    moved = []
    for (detector,), findings in found.detection.findings.group_by("detector", maintain_order=True):
        among = with_traces(judged.filter(pl.col("detector") == detector), spans)["trace_id"].unique().sort()
        about = findings["trace_id"].unique().drop_nulls().sort()
        others = among.sample(len(about), seed=seed, shuffle=True)
        moved.append(findings.with_columns(pl.col("trace_id").replace(about, others)))
    proposal = causes.propose(
        pl.concat(moved),
        found.detection.memberships,
        spans,
        run_id=run_id,
        examined=judged,
        circular={detector.code: detector.decided_by for detector in detectors.DETECTORS},
    )
    return slices(proposal.causes)


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return the three shares in words."""
    sliced = [one for one in outcomes if one.slice_rank is not None]
    own, first = sum(one.is_own for one in outcomes), sum(one.slice_rank == 1 for one in sliced)
    found = sum(one.detected > BAR for one in outcomes)
    return (
        f"own cluster {own} of {len(outcomes)} ({own / len(outcomes):.2f}), detected {found}, "
        f"slice first {first} of {len(sliced)} ({first / max(len(sliced), 1):.2f})"
    )


def by_type(outcomes: Sequence[Outcome]) -> None:
    """Print one line a fault type."""
    say(f"{'fault':24}{'worlds':>7}{'units':>12}{'detected':>9}{'own':>5}{'slices':>7}{'first':>6}  detectors")
    for name in sorted({one.fault for one in outcomes}):
        mine = [one for one in outcomes if one.fault == name]
        sliced = [one for one in mine if one.slice_rank is not None]
        units = f"{min(one.n_units for one in mine)} to {max(one.n_units for one in mine)}"
        say(
            f"{name:24}{len(mine):>7}{units:>12}{sum(one.detected > BAR for one in mine):>9}"
            f"{sum(one.is_own for one in mine):>5}{len(sliced):>7}{sum(one.slice_rank == 1 for one in sliced):>6}  "
            + ", ".join(f"{code} {n}" for code, n in Counter(one.detector for one in mine).most_common())
        )


def table(outcomes: Iterable[Outcome]) -> None:
    """Print one line a fault of one world."""
    for one in outcomes:
        say(
            f"  {one.fault:24}{one.n_units:>4} detected {one.detected:.2f} purity {one.purity:.2f} "
            f"completeness {one.completeness:.2f} {'own' if one.is_own else 'NOT':4}"
            f"slice {'-' if one.slice_rank is None else one.slice_rank} {one.detector}: {one.first} [{one.slice}]"
        )


def said(proposed: Sequence[Cause], where: str) -> None:
    """Print the causes of a null run."""
    for cause in proposed:
        say(f"  {where}: {cause.statement} (q {cause.q_value:.2g})")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
