"""Phoenix and MLflow servers as their projects ship them, each in an environment of its own, on free ports."""

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

SECRET = "a secret of these tests, public"
PATIENCE_S = 300.0


@contextmanager
def served_phoenix(python: str, folder: Path) -> Iterator[str]:
    """Give the URL of a new Phoenix."""
    port, grpc_port = _free_port(), _free_port()
    environment = {
        "PHOENIX_WORKING_DIR": str(folder),
        "PHOENIX_TELEMETRY_ENABLED": "false",
        "PHOENIX_ALLOW_EXTERNAL_RESOURCES": "false",
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(grpc_port),
    }
    url = f"http://127.0.0.1:{port}"
    with _served((python, "-m", "phoenix.server.main", "serve"), environment, f"{url}/healthz", folder):
        yield url


@contextmanager
def served_mlflow(python: str, folder: Path) -> Iterator[str]:
    """Give the URL of a new MLflow."""
    port = _free_port()
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
    url = f"http://127.0.0.1:{port}"
    with _served(command, environment, f"{url}/health", folder):
        yield url


def interpreter(variable: str) -> str:
    """Return the interpreter that a variable names; skip the test where it names none."""
    python = os.environ.get(variable)
    if not python:
        pytest.skip(f"{variable} names no interpreter; tests/loop/feed/test_pull_real_servers.py says how to make one")
    return python


def run(python: str, code: str, *arguments: str) -> str:
    """Return the last line that code prints in another environment."""
    run = subprocess.run([python, "-c", code, *arguments], check=True, capture_output=True, text=True)
    return run.stdout.splitlines()[-1] if run.stdout else ""


@contextmanager
def _served(command: Sequence[str], environment: dict[str, str], health: str, folder: Path) -> Iterator[None]:
    """Run a server until the block ends; it is healthy when the block begins."""
    with open(folder / "log", "wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **environment}, cwd=folder)
    try:
        _wait_for(health)
        yield
    finally:
        server.terminate()
        server.wait(60)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(1)
    pytest.fail(f"{url} does not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
