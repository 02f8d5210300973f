"""The same spans into a real Phoenix server, a real MLflow server and the workbench: CPU, disk, and a first question.

The peers come from environments of their own, which are never those of the workbench::

    python -m venv phoenix-env && phoenix-env/bin/pip install arize-phoenix
    python -m venv mlflow-env && mlflow-env/bin/pip install mlflow
    export WORKBENCH_PHOENIX_PYTHON=$PWD/phoenix-env/bin/python WORKBENCH_MLFLOW_PYTHON=$PWD/mlflow-env/bin/python

Usage, from the root of a checkout on Linux::

    python -m tests.benchmarks.peers                       # 20,000 spans, once; a quarter of an hour
    python -m tests.benchmarks.peers --spans 2000          # a look at it
    python -m tests.benchmarks.peers --only mlflow --repeat 3

What is measured, each with the same generated spans of agents (agents, chats and tools in OpenTelemetry's conventions,
about 1.9 kB a span):

- `spans / CPU s`: spans that can be read back, by the CPU seconds of the server process and its children from the first
  request until all is stored and the server is quiet again. Spans go to Phoenix and MLflow over OTLP/HTTP as protobuf,
  512 a request, as the exporter of the OpenTelemetry SDK sends them; what the client spends is not charged. The
  workbench reads the same spans from a file, as `workbench ingest` does, with user ids keyed and all else as by
  default: the CPU seconds of the whole process. Neither is charged for starting up; with its imports and the making of
  a workspace the workbench is shown in a line of its own. Its process is fresh: a first search and a first write are in
  its figure, a twentieth of it. A first request is in the servers', where it is lost among the others.
- `bytes / span`: what the folder of the database, or of the workspace, has grown by, after the server has ended.
- `error rate by tool`: CPU seconds of client and server (after imports) until a client has the error rate of each tool.
  Phoenix is asked in two ways: for all spans as a data frame (`phoenix-table`), which is what its documentation shows
  first, and for two columns of the tool spans alone, picked by the server (`phoenix-query`). Both are printed.
  MLflow's client searches for traces, so it is asked for all of them. The workbench scans its tables. All answers must
  agree.

The servers run on loopback with SQLite, the default of both, without telemetry to their makers, MLflow with one worker
and no job runner. Medians where there is more than one round. The goals are 250 times Phoenix's and 40 times MLflow's
spans a CPU second, a fifteenth of the disk, and the question a hundred times faster.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from tests.benchmarks.ingest import SECRET, SPANS_A_LINE, START_NS, agent_run, envelope
from tests.benchmarks.peer_servers import (
    PROJECT,
    cpu_of,
    free_port,
    new_experiment,
    peer_named,
    served,
    size,
    until_quiet,
)
from workbench.__main__ import ENVIRONMENT

CLIENTS = Path(__file__).with_name("peer_clients.py")
TOLERANCE = 1e-9
OUR_RUNS = 3
"""Of the workbench a round: they take seconds, and on a busy machine one run says little."""
_SCAN = "scan"


class Figures(NamedTuple):
    """What one round cost one system."""

    n_stored: int
    cpu_s: float
    n_bytes: int
    questions: dict[str, float]
    """CPU seconds until the error rates are there, by the way in which they are asked for."""
    rates: dict[str, dict[str, float]]
    """Error rate by tool, by the way in which it was asked for."""
    notes: str = ""


def main() -> None:
    """Measure what the arguments name, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spans", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=("phoenix", "mlflow"), action="append")
    parser.add_argument("--ours", nargs=2, metavar=("FILE", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ours:
        print(json.dumps(_ours(*map(Path, arguments.ours))))  # noqa: T201
        return
    names = arguments.only or ("phoenix", "mlflow")
    with tempfile.TemporaryDirectory() as folder:
        spans = Path(folder) / "spans.jsonl"
        n_spans = make(spans, n_spans=arguments.spans, seed=arguments.seed)
        rounds: dict[str, list[Figures]] = {name: [] for name in ("workbench", *names)}
        for number in range(arguments.repeat):
            rounds["workbench"] += [ours(spans, Path(folder) / f"workbench-{number}-{run}") for run in range(OUR_RUNS)]
            for name in names:
                rounds[name].append(theirs(name, spans, n_spans, Path(folder) / f"{name}-{number}"))
    _tell(rounds, n_spans)


def make(path: Path, *, n_spans: int, seed: int) -> int:
    """Write spans of agent runs as lines of OTLP/JSON, all of them good and each of them once; return how many."""
    rng = random.Random(seed)
    spans = (span for number in range(n_spans) for span in agent_run(rng, START_NS + number * 100_000_000))
    wanted = list(islice(spans, n_spans))
    with path.open("wb") as file:
        for first in range(0, n_spans, SPANS_A_LINE):
            file.write(orjson.dumps(envelope(wanted[first : first + SPANS_A_LINE])) + b"\n")
    return len(wanted)


def ours(spans: Path, folder: Path) -> Figures:
    """Return what the workbench needs, in a fresh process that is set up as the command line sets itself up."""
    command = [sys.executable, "-m", "tests.benchmarks.peers", "--ours", str(spans), str(folder)]
    environment = {**os.environ, **ENVIRONMENT, "WORKBENCH_SECRET": SECRET}
    before = os.times()
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    after = os.times()
    whole_s = after.children_user + after.children_system - before.children_user - before.children_system
    answer = json.loads(run.stdout.splitlines()[-1])
    notes = f"{whole_s:.2f} CPU s with imports and the making of a workspace: {answer['n'] / whole_s:,.0f} spans/CPU s"
    return Figures(
        answer["n"],
        answer["cpu_s"],
        answer["n_bytes"],
        {_SCAN: answer["question_s"]},
        {_SCAN: answer["rates"]},
        notes,
    )


def _ours(spans: Path, folder: Path) -> dict[str, Any]:
    import polars as pl

    from workbench.loop import feed
    from workbench.store import init_workspace
    from workbench.store.secret import load_secret

    workspace = init_workspace(folder, secret=load_secret())
    workspace.telemetry.spans().select(pl.len()).collect()
    n_bytes = size(folder)
    before = time.process_time()
    (report,) = feed(workspace, [spans], now=datetime(2026, 3, 1, tzinfo=UTC))
    cpu_s = time.process_time() - before
    costs = []
    for _ in range(5):
        before = time.process_time()
        rates = (
            workspace.telemetry.spans()
            .filter(pl.col("tool_name").is_not_null())
            .group_by("tool_name")
            .agg((pl.col("status") == "ERROR").mean())
            .collect()
        )
        costs.append(time.process_time() - before)
    return {
        "n": report.n_stored,
        "cpu_s": cpu_s,
        "n_bytes": size(folder) - n_bytes,
        "question_s": statistics.median(costs),
        "rates": dict(rates.iter_rows()),
    }


def theirs(name: str, spans: Path, n_spans: int, folder: Path) -> Figures:
    """Return what a peer needs, in a folder of its own."""
    folder.mkdir()
    port = free_port()
    peer = peer_named(name, folder, port)
    python = os.environ.get(peer.variable)
    if not python:
        raise SystemExit(f"set {peer.variable} to the interpreter of an environment with {name}; see --help")
    with served(peer, folder, port) as server:
        n_bytes = size(folder)
        target = new_experiment(port) if name == "mlflow" else PROJECT
        headers = [f"x-mlflow-experiment-id={target}"] if name == "mlflow" else []
        before = cpu_of(server.pid)
        sent = _client(
            os.environ["WORKBENCH_PHOENIX_PYTHON"],
            "send",
            f"http://127.0.0.1:{port}{peer.traces}",
            str(spans),
            *headers,
        )
        n_stored = until_quiet(server.pid, folder / peer.database)
        cpu_s = cpu_of(server.pid) - before
        costs, rates = {}, {}
        for question in peer.questions:
            before = cpu_of(server.pid)
            answer = _client(python, question, f"http://127.0.0.1:{port}", target, str(n_spans))
            costs[question] = cpu_of(server.pid) - before + answer["cpu_s"]
            rates[question] = answer["rates"]
        version = _version(python, name)
    notes = f"{version}; {n_spans - n_stored:,} spans lost, {sent['retries']} requests sent again"
    return Figures(n_stored, cpu_s, size(folder) - n_bytes, costs, rates, notes)


def _client(python: str, *arguments: str) -> dict[str, Any]:
    run = subprocess.run([python, str(CLIENTS), *arguments], check=True, stdout=subprocess.PIPE, text=True)
    answer: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return answer


def _version(python: str, name: str) -> str:
    package = {"phoenix": "arize-phoenix"}.get(name, name)
    code = f"from importlib.metadata import version; print(version({package!r}))"
    run = subprocess.run([python, "-c", code], check=True, stdout=subprocess.PIPE, text=True)
    return f"{package} {run.stdout.strip()}"


def _tell(rounds: dict[str, list[Figures]], n_spans: int) -> None:
    print(f"{n_spans:,} spans, Python {sys.version.split()[0]}")  # noqa: T201
    rates = rounds["workbench"][0].rates[_SCAN]
    for name, figures in rounds.items():
        print(f"{name:9} {_speed(figures):9,.0f} spans/CPU s {_bytes(figures):7,.0f} bytes/span")  # noqa: T201
        for question in figures[0].questions:
            agree = all(_agree(one.rates[question], rates) for one in figures)
            said = "" if agree else "; ITS ERROR RATES ARE OTHERS"
            print(f"          {_cost(figures, question):.4f} CPU s error rate by tool: {question}{said}")  # noqa: T201
        for one in figures:
            print(f"          {one.n_stored / one.cpu_s:,.0f} spans/CPU s; {one.notes}")  # noqa: T201
    ours_then = rounds["workbench"]
    for name, goal in (("phoenix", 250), ("mlflow", 40)):
        if figures := rounds.get(name, []):
            times = ", ".join(
                f"{_cost(figures, question) / _cost(ours_then, _SCAN):,.0f} times by {question}"
                for question in figures[0].questions
            )
            print(  # noqa: T201
                f"against {name}: {_speed(ours_then) / _speed(figures):,.0f} times spans a CPU second (goal {goal}), "
                f"1/{_bytes(figures) / _bytes(ours_then):.1f} of the disk (goal 1/15), "
                f"error rate by tool faster {times} (goal 100)"
            )


def _speed(figures: list[Figures]) -> float:
    return statistics.median(one.n_stored / one.cpu_s for one in figures)


def _bytes(figures: list[Figures]) -> float:
    return statistics.median(one.n_bytes / one.n_stored for one in figures)


def _cost(figures: list[Figures], question: str) -> float:
    return statistics.median(one.questions[question] for one in figures)


def _agree(rates: dict[str, float], others: dict[str, float]) -> bool:
    return rates.keys() == others.keys() and all(abs(rates[tool] - others[tool]) < TOLERANCE for tool in rates)


if __name__ == "__main__":
    main()
