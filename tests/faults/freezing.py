"""Freezes a release candidate and kills itself (kill -9) at a step, then freezes it again; one line of JSON a kill.

Usage: python -m tests.faults.freezing TEMPLATE FOLDER all|2,7
"""

import json
import os
import shutil
import signal
import sys
from datetime import timedelta
from itertools import count
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from tests.loop.people import ANN
from tests.loop.releasable import LATER
from workbench.boundaries.git_objects import Objects
from workbench.changes.repository import AppRepository
from workbench.loop.release import freeze_candidate
from workbench.store import open_workspace
from workbench.store.ledger import Ledger

REFERENCES: tuple[CodeType, ...] = (AppRepository.point.__code__, Ledger.append.__code__)
"""Where something becomes visible: a reference, an entry of the ledger."""
OBJECTS: tuple[CodeType, ...] = (Objects.merge.__code__, Objects.write_commit.__code__)
"""Where objects are written, which nothing names yet."""


def freeze(root: Path, kill_at: int, steps: tuple[CodeType, ...]) -> int:
    """Freeze the candidate, dying before or after the step of that number; return how many such moments there were."""
    n_moments = 0

    def watch(frame: FrameType, event: str, _: object) -> None:
        nonlocal n_moments
        if event in ("call", "return") and frame.f_code in steps:
            n_moments += 1
            if n_moments == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    workspace = open_workspace(root)
    sys.setprofile(watch)
    freeze_candidate(workspace, "W10", actor=ANN, now=LATER)
    sys.setprofile(None)
    return n_moments


def in_a_process_of_its_own(root: Path, kill_at: int, steps: tuple[CodeType, ...]) -> bool:
    """Freeze in a fork; return whether it was killed."""
    child = os.fork()
    if child == 0:
        freeze(root, kill_at, steps)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return True
    assert status == 0, status
    return False


def again(root: Path) -> None:
    """Freeze in a fork, an hour later, and say what came of it."""
    child = os.fork()
    if child == 0:
        workspace = open_workspace(root)
        made = freeze_candidate(workspace, "W10", actor=ANN, now=LATER + timedelta(hours=1))
        answer: dict[str, Any] = {"id": made.id, "commit": made.commit, "tree": made.tree, "digest": made.digest}
        sys.stdout.write(json.dumps(answer | {"root": str(root), "ablations": made.ablations}) + "\n")
        sys.stdout.flush()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def main(template: Path, folder: Path, kills: str) -> None:
    """Kill at every moment (`all`), or at those given with commas between, counted where something becomes visible."""
    steps = (*OBJECTS, *REFERENCES) if kills == "all" else REFERENCES
    for kill_at in count(1) if kills == "all" else [*map(int, kills.split(",")), 0]:
        root = shutil.copytree(template, folder / str(kill_at))
        was_killed = in_a_process_of_its_own(root, kill_at, steps)
        again(root)
        if not was_killed:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
