"""Commands of the workbench in forks of one process, each of which may be killed at a step that it takes.

Reads a line of JSON a command, `{"arguments": [...], "step": k, "moment": "half"}`, and says its exit code; it is -9 of
one that was killed: at its k-th step (from 0), before it, half-way through a write, or after it. A step is a write of
a file by this program, or what a table or the ledger is given. Without `step` it runs to its end.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from tests.faults.forked_commands import run
from workbench.store.ledger import Ledger
from workbench.store.telemetry import Telemetry


def die_at(step: int, moment: str) -> None:
    """Have this process killed at a step."""
    n_taken = 0

    def counted(take: Callable[..., Any], half: Callable[..., Any] | None = None) -> Callable[..., Any]:
        def taken(*arguments: Any, **named: Any) -> Any:
            nonlocal n_taken
            is_it, n_taken = n_taken == step, n_taken + 1
            if is_it and moment == "half" and half is not None:
                half(*arguments, **named)
            done = None if is_it and moment != "after" else take(*arguments, **named)
            if is_it:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        return taken

    write = os.write
    os.write = counted(write, lambda handle, raw: write(handle, raw[: len(raw) // 2]))
    Telemetry.append = counted(Telemetry.append)  # type: ignore[method-assign]
    Ledger.append = counted(Ledger.append)  # type: ignore[method-assign]


def main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            if asked.get("step") is not None:
                die_at(asked["step"], asked["moment"])
            run(asked["arguments"])
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
