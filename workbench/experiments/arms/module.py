"""An arm that is a function in the app's own code: `module:function`, as each version has it.

Two versions of one module do not live in one process, so that each call is a process of its own, in the version's
folder: what it prints, leaks or leaves behind ends with it.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec

from workbench.boundaries.program import TIME_LIMIT_S
from workbench.experiments.arm import UNKNOWN, Arm, Spend
from workbench.experiments.arms import call_function
from workbench.experiments.arms.command import command_arm
from workbench.experiments.provider import Provider
from workbench.ids import digest


def module_arm(
    function: str,
    folder: Path,
    *,
    name: str,
    version: str,
    interpreter: str = "",
    environment: Mapping[str, str] = {},
    secrets: Mapping[str, str] = {},
    most: Spend = UNKNOWN,
    time_limit_s: float = TIME_LIMIT_S,
    provider: Provider | None = None,
) -> Arm:
    """Return an arm that calls a function with a case's input and a seed; parameters as of `command_arm`.

    Parameters
    ----------
    function
        module:function, found in the folder before all that is installed. It returns a text, or an object as
        `arms.reply` has it, or is a coroutine function that does.
    interpreter
        The Python that runs it, by its path or as PATH has it, 3.11 or newer: of an environment that has what the app
        needs and this one does not. Empty is this process's own.
    """
    arm = command_arm(
        [interpreter or sys.executable, "-B", str(Path(call_function.__file__)), function],
        folder,
        name=name,
        version=version,
        environment=environment,
        secrets=secrets,
        most=most,
        time_limit_s=time_limit_s,
        provider=provider,
    )
    told = msgspec.json.encode([function, environment, time_limit_s, *filter(None, [interpreter])], order="sorted")
    return replace(arm, adapter=digest("python", told))
