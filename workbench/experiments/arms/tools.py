"""Where a model's calls of tools get their results: replayed from the case's trace, simulated, or live.

A replay costs nothing, harms nobody and is the same for both arms; it knows only what was called then. What else is
called goes to a function, where one is given, and ends the run as an error of its own kind where none is.
"""

import inspect
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from workbench.experiments.arms.threads import in_thread
from workbench.experiments.case import Case

MAX_CHARACTERS = 200_000
"""Of one result: what is longer is cut, as no model reads it."""


class Result(NamedTuple):
    """What one call of a tool gave."""

    output: str
    """What the model is told."""
    is_error: bool = False
    """Whether the call failed."""


class NotRecordedError(Exception):
    """A tool was called in a way that the case's trace does not hold."""


Call = Callable[[str, Mapping[str, Any]], Awaitable[Result]]
"""From a tool's name and arguments to its result; raises NotRecordedError where it has none."""
Tools = Callable[[Case, int], Call]
"""From case and seed to the tools of one run."""


def replayed(otherwise: Tools | None = None) -> Tools:
    """Return tools that answer as they did in the case's trace, by name and arguments.

    Arguments are the same in any order of their names. A call that the trace holds several times is answered in that
    order, and once all are used as the last was.

    Parameters
    ----------
    otherwise
        Tools for what the trace does not hold.
    """

    def of_case(case: Case, seed: int) -> Call:
        recorded: dict[tuple[str, str], list[Result]] = {}
        for call in case.tools:
            recorded.setdefault(_known_by(call.name, call.arguments), []).append(Result(call.output, call.is_error))
        n_used: Counter[tuple[str, str]] = Counter()
        other = None if otherwise is None else otherwise(case, seed)

        async def call_tool(name: str, arguments: Mapping[str, Any]) -> Result:
            known_by = _known_by(name, arguments)
            if known_by in recorded:
                results = recorded[known_by]
                n_used[known_by] += 1
                return results[min(n_used[known_by], len(results)) - 1]
            if other is None:
                raise NotRecordedError
            return await other(name, arguments)

        return call_tool

    return of_case


def called(function: Callable[[str, Mapping[str, Any], int], Any]) -> Tools:
    """Return tools whose results a function gives: a simulation, or the real tools.

    Parameters
    ----------
    function
        From name, arguments and seed to a text, a JSON value or a `Result`, or an awaitable of these. What it raises is
        what the model is told, as apps do, by its class and words.
    """

    def of_case(case: Case, seed: int) -> Call:
        async def call_tool(name: str, arguments: Mapping[str, Any]) -> Result:
            try:
                value = await in_thread(lambda: function(name, arguments, seed))
                value = await value if inspect.isawaitable(value) else value
            except NotRecordedError:
                raise
            except Exception as fault:  # noqa: BLE001  (a tool may raise anything)
                return Result(f"{type(fault).__name__}: {fault}"[:MAX_CHARACTERS], is_error=True)
            if isinstance(value, Result):
                return value._replace(output=value.output[:MAX_CHARACTERS])
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
            return Result(text[:MAX_CHARACTERS])

        return call_tool

    return of_case


def _known_by(name: str, arguments: Mapping[str, Any]) -> tuple[str, str]:
    return name, json.dumps(arguments, sort_keys=True)
