"""A follower that is killed, and files that rotate under it: every record once, by real processes."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.schemas import SPANS
from workbench.store import DEMO_SECRET, Workspace, init_workspace
from workbench.store.durability import turn
from workbench.store.workspace import WRITING

WRITER = """
import json, os, sys
path = sys.argv[1]
for number, command in enumerate(map(str.strip, sys.stdin)):
    if command == "rotate":
        os.rename(path, path.replace(".json", f"-{number}.json"))
    else:
        first, last = map(int, command.split())
        with open(path, "a") as file:
            for span in range(first, last):
                span = {"traceId": f"{span:032x}", "spanId": f"{span:016x}", "name": "chat"}
                text = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}) + "\\n"
                file.write(text[:40])
                file.flush()  # half a line is there for a moment
                file.write(text[40:])
                file.flush()
    print("done", flush=True)
"""


class Follower:
    """A follower as its own process."""

    def __init__(self, workspace: Workspace, pattern: Path) -> None:
        self.workspace = workspace
        command = [sys.executable, "-m", "workbench", "ingest", "--follow", "--json", str(pattern)]
        self.process = subprocess.Popen(
            [*command, "--workspace", str(workspace.root)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stderr is not None
        assert "following" in self.process.stderr.readline()

    def stored(self) -> list[int]:
        spans = self.workspace.telemetry.scan(SPANS).select("span_id").collect()
        return sorted(int(span_id, 16) for span_id in spans["span_id"])

    def wait_for(self, n_spans: int) -> None:
        """Return when so many spans are stored; a minute is far beyond what it takes."""
        moment = threading.Event()
        for _ in range(300):
            if len(self.stored()) >= n_spans:
                return
            moment.wait(0.2)
        pytest.fail(f"{len(self.stored())} of {n_spans} spans were stored")


@pytest.fixture
def write(tmp_path: Path) -> Iterator["Writer"]:
    (tmp_path / "logs").mkdir()
    writer = Writer(tmp_path / "logs" / "traces.json")
    yield writer
    writer.process.kill()
    writer.process.communicate()


class Writer:
    """What writes the files, as its own process; a command is done when this returns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, command: str) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"


def test_kills_and_rotations_leave_every_record_once(tmp_path: Path, write: Writer) -> None:
    workspace = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    pattern = write.path.with_name("traces*.json")
    write("1 101")
    follower = Follower(workspace, pattern)
    follower.wait_for(100)
    write("101 201")
    write("rotate")
    write("201 301")
    follower.wait_for(300)
    write("301 401")
    follower.process.kill()
    follower.process.communicate()
    write("401 451")
    write("rotate")  # while nobody looks
    write("451 501")
    follower = Follower(workspace, pattern)
    write("rotate")
    write("501 601")
    follower.wait_for(600)
    follower.process.send_signal(signal.SIGTERM)
    out, errors = follower.process.communicate(timeout=60)
    assert follower.process.returncode == 0, errors
    assert follower.stored() == list(range(1, 601))
    files = json.loads(out)["files"]
    assert all(file["in"] == file["stored"] + file["duplicate"] + file["quarantined"] for file in files)
    assert sum(file["in"] for file in files) == 600
    assert len(list(write.path.parent.iterdir())) == 4, "three rotations"


def test_who_asks_twice_does_not_wait_for_the_end_of_a_look(tmp_path: Path, write: Writer) -> None:
    """Ctrl-C did nothing at all as long as a look took, hours where a file was long."""
    workspace = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    write("1 2")
    with turn(workspace.root / WRITING, is_alone=True):  # the look waits for its turn to write
        follower = Follower(workspace, write.path)
        follower.process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            follower.process.wait(timeout=2)
        follower.process.send_signal(signal.SIGINT)
        out, errors = follower.process.communicate(timeout=60)
    assert (follower.process.returncode, out, errors) == (130, "", "")
