"""Real servers of Phoenix and MLflow for the peer benchmark: started, watched and ended.

What a server spends is read from /proc, with all processes below it: Linux alone has that.
"""

import json
import os
import socket
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

PROJECT = "default"
"""Phoenix's project for spans that name none."""
EXPERIMENT = "peers"
QUIET_S = 6.0
"""A server that used less than a tenth of a core for so long has done its work."""
PATIENCE_S = 1800.0


class Peer(NamedTuple):
    """A server to measure."""

    name: str
    variable: str
    """The environment variable with its interpreter."""
    command: Sequence[str]
    environment: dict[str, str]
    health: str
    traces: str
    database: str
    questions: Sequence[str]


def peer_named(name: str, folder: Path, port: int) -> Peer:
    """Return `phoenix` or `mlflow`, as it is started in a folder of its own."""
    python = os.environ.get(f"WORKBENCH_{name.upper()}_PYTHON", "")
    if name == "phoenix":
        environment = {
            "PHOENIX_WORKING_DIR": str(folder),
            "PHOENIX_TELEMETRY_ENABLED": "false",
            "PHOENIX_ALLOW_EXTERNAL_RESOURCES": "false",
            "PHOENIX_HOST": "127.0.0.1",
            "PHOENIX_PORT": str(port),
            "PHOENIX_GRPC_PORT": str(free_port()),
        }
        command: tuple[str, ...] = (python, "-m", "phoenix.server.main", "serve")
        questions = ("phoenix-table", "phoenix-query")
        return Peer(
            name, "WORKBENCH_PHOENIX_PYTHON", command, environment, "/healthz", "/v1/traces", "phoenix.db", questions
        )
    environment = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    command = (
        *(python, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"),
        *("--artifacts-destination", str(folder / "artifacts")),
    )
    return Peer(
        name, "WORKBENCH_MLFLOW_PYTHON", command, environment, "/health", "/v1/traces", "mlflow.db", ("mlflow-traces",)
    )


@contextmanager
def served(peer: Peer, folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Give the server's process, healthy and quiet; ended, with its files closed, afterwards."""
    with open(folder / "log", "wb") as log:
        server = subprocess.Popen(
            peer.command,
            stdout=log,
            stderr=log,
            env={**os.environ, **peer.environment},
            cwd=folder,
            start_new_session=True,
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}{peer.health}")
        until_quiet(server.pid, folder / peer.database)
        yield server
    finally:
        _end(server)


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(60)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, 9)
        server.wait()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(1)
    raise SystemExit(f"{url} does not answer")


def until_quiet(pid: int, database: Path) -> int:
    """Wait until the server has done its work, and return how many spans its database holds."""
    deadline = time.monotonic() + PATIENCE_S
    known = (-1, 0.0)
    while time.monotonic() < deadline:
        n_spans, cpu_s = n_spans_in(database), cpu_of(pid)
        if n_spans == known[0] and cpu_s - known[1] < 0.1 * QUIET_S:
            return n_spans
        known = (n_spans, cpu_s)
        time.sleep(QUIET_S)
    raise SystemExit(f"the server of {database} does not come to rest")


def n_spans_in(database: Path) -> int:
    """Return how many spans can be read back."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=60)
    try:
        n_spans: int = connection.execute("SELECT count(*) FROM spans").fetchone()[0]
    finally:
        connection.close()
    return n_spans


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process and all below it, of those that ended too."""
    ticks, parents = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
            ticks[int(entry.name)] = sum(map(int, fields[11:15]))
    inside = {pid}
    while more := {child for child, parent in parents.items() if parent in inside} - inside:
        inside |= more
    return sum(ticks.get(one, 0) for one in inside) / os.sysconf("SC_CLK_TCK")


def new_experiment(port: int) -> str:
    """Return the id of a new experiment of an MLflow server."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/create",
        json.dumps({"name": EXPERIMENT}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        experiment: str = json.loads(answer.read())["experiment_id"]
    return experiment


def free_port() -> int:
    """Return a port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def size(folder: Path) -> int:
    """Return the bytes of all files in a folder, but for a server's own log."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.name != "log")
