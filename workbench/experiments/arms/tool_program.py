"""Live tools of an app: a program in the folder of the version under test is given one call and gives its result.

{"name": "lookup", "arguments": {...}, "seed": 7}   ->   the result, a text or JSON
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from workbench.boundaries.program import TIME_LIMIT_S, run_program
from workbench.experiments.arms.tools import Result, Tools, called


def tool_program(
    command: Sequence[str],
    folder: Path,
    *,
    environment: Mapping[str, str] = {},
    time_limit_s: float = TIME_LIMIT_S,
) -> Tools:
    """Return tools whose results a program prints; what goes wrong with it is what the model is told, as an error.

    Parameters
    ----------
    command
        Program and arguments; no shell sees them.
    folder
        Where it runs.
    environment
        Variables that it gets besides PATH.
    time_limit_s
        Of one call; then it is killed, with all that it started.
    """

    async def call(name: str, arguments: Mapping[str, Any], seed: int) -> Result:
        given = msgspec.json.encode({"name": name, "arguments": arguments, "seed": seed})
        ran = await run_program(command, given, folder=folder, environment=environment, time_limit_s=time_limit_s)
        if ran.fault is not None:
            return Result(ran.what, is_error=True)
        return Result(ran.out.decode("utf-8", "replace"))

    return called(call)
