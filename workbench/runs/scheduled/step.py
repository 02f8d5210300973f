"""One step of a profile: a command of this program in a process of its own, which is ended when its time is over.

A process can be ended whatever it does, in Python or below, and gives its memory back; what it had stored is whole.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from workbench.boundaries.display import visible
from workbench.errors import ConfigError, InsufficientDataError
from workbench.records import Step, StepState

SAID_CHARACTERS = 600
"""Of what a step says on standard error: the end, where the reason stands."""
GRACE_S = 10.0
"""Between the signal that asks a step to end and the one that does not ask."""
_STATES: dict[int, StepState] = {
    0: "done",
    ConfigError.exit_code: "refused",
    InsufficientDataError.exit_code: "insufficient",
}
"""By exit code; any other is a failure."""


def run_step(words: Sequence[str], *, root: Path, limit_s: float, holding: Sequence[int] = ()) -> Step:
    """Run one command in a workspace, and return what became of it; its folder is the workspace's.

    Parameters
    ----------
    words
        The command without the program's name and the workspace.
    root
        The workspace's folder.
    limit_s
        It is ended after so many seconds.
    holding
        File descriptors that it keeps open while it runs.
    """
    # -P: the folder holds data of others, and no module is imported from it
    command = [sys.executable, "-P", "-m", "workbench", *words, "--workspace", str(root.resolve())]
    started = time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command,
            cwd=root,
            env={**os.environ, **_search_path()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
            pass_fds=tuple(holding),
        )
        exit_code: int | None = None
        try:
            exit_code = process.wait(timeout=limit_s)
            state = _STATES.get(exit_code, "failed")
        except subprocess.TimeoutExpired:
            state = "over_time"
        finally:
            _end(process)
        tail = "" if state == "done" else _tail(said)
    if state == "over_time":
        tail = f"ended after {limit_s:,.0f} s, its limit. {tail}".rstrip()
    return Step(" ".join(words), state, exit_code, round(time.monotonic() - started, 1), tail)


def _search_path() -> dict[str, str]:
    """Return where modules are looked for, as it is seen from here: a relative folder would be one of the workspace."""
    named = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    return {"PYTHONPATH": os.pathsep.join(str(Path(entry).resolve()) for entry in named)} if named else {}


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a process that still runs, with all of its group; a notebook's kernel sees that it is alone, and ends."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, how)
        try:
            process.wait(timeout=GRACE_S)
        except subprocess.TimeoutExpired:
            continue


def _tail(said: IO[bytes]) -> str:
    """Return the end of what a step said, on one line."""
    size = said.seek(0, os.SEEK_END)
    said.seek(max(0, size - 4 * SAID_CHARACTERS))
    words = " ".join(said.read().decode("utf-8", "replace").split())
    return visible(words)[-SAID_CHARACTERS:].removeprefix("workbench: ")
