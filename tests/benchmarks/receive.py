"""Whether the live receiver holds a rate on one core, and what an acknowledgement costs; with kills if that is asked.

The receiver runs as its own process, pinned to one core with `taskset`; the senders run here, on another one. Each span
is about 2 kB with 20 attributes, and comes once. At the end every span that was acknowledged is looked for in the
tables, and must be there exactly once.

Usage::

    python tests/benchmarks/receive.py                                    # 2,000 spans/s for a minute, protobuf
    python tests/benchmarks/receive.py --encoding json --spans-a-request 10
    python tests/benchmarks/receive.py --kills 5                          # kill -9 five times on the way
    python tests/benchmarks/receive.py --rate 100000 --seconds 20         # as much as it takes: the senders wait

It prints one line: spans sent, acknowledged and stored, the rate held, the receiver's share of its core, the
acknowledgement's latency, and how long the receiver took to end. It exits with 1 if anything was lost or doubled, or if
the rate was not held. Needs Linux, two cores and `taskset`.
"""

import argparse
import http.client
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import polars as pl
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData

from workbench.schemas import SPANS
from workbench.store import DEMO_SECRET, Workspace, init_workspace

N_SENDERS = 16
START_NS = 1_767_225_600_000_000_000
HELD_SHARE = 0.98
"""Of the asked rate: below it the rate was not held."""
_PROSE = "the court held that the claim may proceed because filing was timely and notice had been given to both " * 6


def main() -> None:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=2000, help="spans a second")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--spans-a-request", type=int, default=50)
    parser.add_argument("--encoding", choices=("protobuf", "json"), default="protobuf")
    parser.add_argument("--kills", type=int, default=0)
    asked = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        workspace = init_workspace(Path(folder) / "workspace", secret=DEMO_SECRET)
        sys.exit(measure(workspace, asked))


def measure(workspace: Workspace, asked: argparse.Namespace) -> int:
    """Send, end the receiver, compare; return the exit code."""
    server = Server(workspace)
    senders = [Sender(place, server, asked) for place in range(N_SENDERS)]
    began = time.monotonic()
    for sender in senders:
        sender.start()
    for kill in range(asked.kills):
        time.sleep(max(0.0, began + asked.seconds * (kill + 1) / (asked.kills + 1) - time.monotonic()))
        server.kill_and_restart()
    for sender in senders:
        sender.join()
    seconds = time.monotonic() - began
    cpu_s = server.cpu_s()
    ending = time.monotonic()
    server.stop()
    ending_s = time.monotonic() - ending
    acknowledged = {number for sender in senders for number in sender.acknowledged}
    n_sent = sum(sender.n_sent for sender in senders)
    stored = workspace.telemetry.scan(SPANS).select(pl.col("span_id").str.to_integer(base=16)).collect()["span_id"]
    n_lost, n_doubled = len(acknowledged - set(stored)), stored.len() - stored.n_unique()
    latencies = pl.Series([latency for sender in senders for latency in sender.latencies_ms]).sort()
    rate = len(acknowledged) / seconds
    median, late, longest = (latencies[int(share * (latencies.len() - 1))] for share in (0.5, 0.99, 1))
    print(  # noqa: T201
        f"{n_sent:,} spans sent, {len(acknowledged):,} acknowledged, {stored.len():,} stored, {n_lost} lost, "
        f"{n_doubled} doubled; {rate:,.0f} spans/s for {seconds:.0f} s with {100 * cpu_s / seconds:.0f} % of one core; "
        f"acknowledged after {median:.1f} ms (median), {late:.1f} ms (99 %), {longest:.0f} ms (longest); "
        f"{server.n_killed} kills; ended in {ending_s:.1f} s"
    )
    is_held = asked.kills or asked.rate > 50_000 or rate >= HELD_SHARE * asked.rate
    return 0 if is_held and not n_lost and not n_doubled else 1


class Server:
    """The receiver, pinned to the first core."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace, self.n_killed, self._cpu_s = workspace, 0, 0.0
        self.port = 0
        self._start()
        self._cpu_s = -self._ticks()  # what starting takes does not count

    def _start(self) -> None:
        core = str(min(os.sched_getaffinity(os.getppid())))
        command = ["taskset", "-c", core, sys.executable, "-m", "workbench", "receive", "--json"]
        command += ["--workspace", str(self.workspace.root), "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        first = self.process.stderr.readline()
        found = re.search(r":(\d+) ", first)
        assert found, first
        self.port = int(found[1])

    def kill_and_restart(self) -> None:
        """Kill it without warning, and start it on the same port."""
        self._cpu_s += self._ticks()
        self.process.kill()
        self.process.communicate()
        self.n_killed += 1
        self._start()

    def stop(self) -> None:
        """End it as a supervisor would."""
        self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=600)
        assert self.process.returncode == 0, errors

    def cpu_s(self) -> float:
        """Return the CPU seconds that it took so far."""
        return self._cpu_s + self._ticks()

    def _ticks(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(eq=False)
class Sender(threading.Thread):
    """Sends its share of the spans at its share of the rate, each request again until it is acknowledged."""

    place: int
    server: Server
    asked: argparse.Namespace
    n_sent: int = 0
    acknowledged: list[int] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        """Send until the time is over."""
        of_request = self.asked.spans_a_request
        between_s = N_SENDERS * of_request / self.asked.rate
        began = time.monotonic() + between_s * self.place / N_SENDERS  # not all at once
        connection = None
        n_requests = 0
        while (due := began + n_requests * between_s) < began + self.asked.seconds:
            if time.monotonic() > began + self.asked.seconds:
                return
            first = 1 + self.place * 100_000_000 + n_requests * of_request
            numbers = list(range(first, first + of_request))
            body = _message(numbers, self.asked.encoding)
            time.sleep(max(0.0, due - time.monotonic()))
            self.n_sent += of_request
            connection = self._send(body, connection)
            self.acknowledged += numbers
            n_requests += 1

    def _send(self, body: bytes, connection: http.client.HTTPConnection | None) -> http.client.HTTPConnection:
        headers = {"content-type": "application/json" if self.asked.encoding == "json" else "application/x-protobuf"}
        while True:
            if connection is None:
                connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
            began = time.perf_counter()
            try:
                connection.request("POST", "/v1/traces", body, headers)
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException):
                connection = None
                time.sleep(0.1)
                continue
            if response.status == 200:
                self.latencies_ms.append(1000 * (time.perf_counter() - began))
                return connection
            time.sleep(0.1)


def _message(numbers: list[int], encoding: str) -> bytes:
    data = TracesData()
    resource = data.resource_spans.add()
    _set(resource.resource.attributes.add(), "service.name", "shop")
    spans = resource.scope_spans.add().spans
    for number in numbers:
        _fill(spans.add(), number)
    if encoding == "protobuf":
        return bytes(data.SerializeToString())
    return orjson.dumps(MessageToDict(data, use_integers_for_enums=True))  # ids in base64, which is read too


def _fill(span: Span, number: int) -> None:
    span.trace_id, span.span_id = (number // 5 + 1).to_bytes(16, "big"), number.to_bytes(8, "big")
    span.name, span.kind = "chat", Span.SpanKind.SPAN_KIND_CLIENT
    span.start_time_unix_nano = START_NS + number * 1_000_000
    span.end_time_unix_nano = span.start_time_unix_nano + 1_500_000_000
    _set(span.attributes.add(), "gen_ai.operation.name", "chat")
    _set(span.attributes.add(), "gen_ai.request.model", "m-1")
    _set(span.attributes.add(), "session.id", f"session {number // 50}")
    _set(span.attributes.add(), "user.id", f"user {number // 100}")
    _set(span.attributes.add(), "gen_ai.input.messages", f"{number} {_PROSE}")
    _set(span.attributes.add(), "gen_ai.output.messages", f"{_PROSE} {number}")
    for place in range(12):
        _set(span.attributes.add(), f"app.attribute.{place}", f"value {number % 97}")
    for name in ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"):
        attribute = span.attributes.add(key=name)
        attribute.value.int_value = number % 1000


def _set(attribute: object, name: str, value: str) -> None:
    attribute.key, attribute.value.string_value = name, value  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
