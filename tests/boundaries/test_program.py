"""Programs: bounded in time and output, alone with what they are given, and gone with all that they started."""

import os
import select
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from workbench.boundaries.program import Ran, run_program
from workbench.experiments.to_end import to_end


def ran(code: str, folder: Path, given: bytes = b"", **options: Any) -> Ran:
    """Run Python code as a program."""
    return to_end(run_program([sys.executable, "-S", "-c", code], given, folder=folder, **options))


def is_gone(pid: int) -> bool:
    """Return whether a process ends within some seconds, or has."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 20)[0])
    finally:
        os.close(handle)


def test_it_reads_what_it_is_given_in_its_folder(tmp_path: Path) -> None:
    code = "import os, sys; sys.stdout.write(sys.stdin.read().upper() + os.getcwd())"
    assert ran(code, tmp_path, b"x").out == b"X" + os.fsencode(tmp_path.resolve())


def test_it_sees_nothing_of_this_process_but_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_LLM_KEY", "secret")
    said = ran("import os; print(sorted(os.environ))", tmp_path, environment={"MODEL": "m1"}).out.decode()
    assert "WORKBENCH_LLM_KEY" not in said
    assert "HOME" not in said
    assert "'MODEL'" in said
    assert "'PATH'" in said


def test_no_shell_reads_its_arguments(tmp_path: Path) -> None:
    code = "import sys; print(sys.argv[1])"
    command = [sys.executable, "-S", "-c", code, "$(touch x); `touch x` > x"]
    assert b"$(touch x)" in to_end(run_program(command, b"", folder=tmp_path)).out
    assert list(tmp_path.iterdir()) == []


def test_a_failure_says_how_it_ended_and_has_no_output(tmp_path: Path) -> None:
    got = ran("print('half an answer'); raise ValueError('no holding')", tmp_path)
    assert (got.fault, got.out) == ("failed", b"")
    assert "ends with 1" in got.what
    assert got.what.endswith("ValueError: no holding")


def test_a_program_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    got = to_end(run_program([str(tmp_path / "none")], b"", folder=tmp_path))
    assert (got.fault, got.what) == ("failed", "cannot be started (FileNotFoundError)")


def test_one_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(600)'])\n"
        "open('child', 'w').write(str(child.pid)); time.sleep(600)"
    )
    got = ran(code, tmp_path, time_limit_s=1.0)
    assert (got.fault, got.out) == ("timeout", b"")
    assert is_gone(int((tmp_path / "child").read_text()))


def test_a_child_that_it_leaves_behind_ends_too_and_does_not_hold_up_the_answer(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid)"
    )
    began = time.monotonic()
    got = ran(code, tmp_path, time_limit_s=60.0)
    assert time.monotonic() - began < 30
    assert is_gone(int(got.out))


def test_one_that_prints_without_end_is_killed(tmp_path: Path) -> None:
    got = ran("while True: print('x' * 65536)", tmp_path, max_bytes=1 << 20)
    assert (got.fault, got.out) == ("too_large", b"")


def test_one_that_does_not_read_is_no_failure(tmp_path: Path) -> None:
    assert ran("print('yes')", tmp_path, b"x" * (1 << 20)).out == b"yes\n"
