"""A receiver as its own process, and what is sent to it."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest

from workbench.schemas import SPANS
from workbench.store import DEMO_SECRET, Workspace, init_workspace

START_NS = 1_772_323_200_000_000_000  # 2026-03-01T00:00Z
JSON = {"content-type": "application/json"}


class Answer(NamedTuple):
    """An answer of the receiver."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """A receiver that runs."""

    workspace: Workspace
    process: "subprocess.Popen[str]"
    port: int
    said: list[str] = field(default_factory=list)

    def post(
        self, body: bytes, headers: Mapping[str, str], *, path: str = "/v1/traces", method: str = "POST"
    ) -> Answer:
        """Send one request over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def stop(self, number: int = signal.SIGTERM) -> dict[str, Any]:
        """End it, and return what it says at its end; nothing if it was killed."""
        self.process.send_signal(number)
        out, errors = self.process.communicate(timeout=120)
        if number == signal.SIGKILL:
            return {}
        assert self.process.returncode == 0, errors
        answer: dict[str, Any] = json.loads(out)
        return answer

    def stored(self) -> list[int]:
        """Return the numbers of all spans in the store, as often as they are there."""
        spans = self.workspace.telemetry.scan(SPANS).select("span_id").collect()
        return sorted(int(span_id, 16) for span_id in spans["span_id"])


Start = Callable[..., Receiver]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Return a function that starts a receiver on a free port, for a new workspace or a given one."""
    running: list[Receiver] = []

    def start_receiver(workspace: Workspace | None = None, *arguments: str) -> Receiver:
        if workspace is None:
            workspace = init_workspace(tmp_path_factory.mktemp("received") / "acme", secret=DEMO_SECRET)
        process = _launch(workspace, "--port", "0", *arguments)
        assert process.stderr is not None
        first = process.stderr.readline()
        found = re.search(r"http://[^ ]*:(\d+) ", first)
        assert found, first + process.stderr.read()
        running.append(Receiver(workspace, process, int(found[1])))
        return running[-1]

    yield start_receiver
    for receiver in running:
        receiver.process.kill()
        receiver.process.communicate()


def _launch(workspace: Workspace, *arguments: str) -> "subprocess.Popen[str]":
    """Start the command."""
    command = [sys.executable, "-m", "workbench", "receive", "--workspace", str(workspace.root), "--json", *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def span(number: int, **fields: Any) -> dict[str, Any]:
    """Return a span with this number as its ids."""
    return {
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
        "name": "chat",
        "startTimeUnixNano": str(START_NS + number),
        "endTimeUnixNano": str(START_NS + number + 1000),
        **fields,
    }


def export(*spans: dict[str, Any]) -> bytes:
    """Return an export of spans as OTLP/JSON."""
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}).encode()


@pytest.fixture(scope="session")
def exported() -> Callable[..., bytes]:
    """Return a function that gives an export of spans with these numbers as OTLP/JSON."""
    return lambda *numbers: export(*map(span, numbers))
