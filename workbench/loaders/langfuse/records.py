"""One record of a Langfuse export, whatever it was written as: its own names in camelCase, its numbers as numbers.

Tables spell names in snake_case, and write numbers, lists and objects as texts.
"""

import re
from collections.abc import Mapping
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.reading.quoting import unpacked

_SNAKE = re.compile(r"_([a-z])")
_NUMBERS = frozenset(
    {
        *("totalCost", "calculatedTotalCost", "latency", "inputUsage", "outputUsage"),
        *("promptTokens", "completionTokens"),
    }
)
_FLAGS = frozenset({"public", "bookmarked"})
_OBJECTS = frozenset({"tags", "modelParameters", "usageDetails", "costDetails"})


def record_of(value: Any, what: str) -> dict[str, Any]:
    """Return a record of an export.

    Raises
    ------
    RecordError
        If it is no object.
    """
    if not isinstance(value, dict):
        raise RecordError(f"{what} is no object")
    return {name: _opened(name, entry) for name, entry in camel(value).items()}


def camel(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record with its own field names in camelCase.

    >>> camel({"trace_id": 1, "startTime": {"in_a": 2}})
    {'traceId': 1, 'startTime': {'in_a': 2}}
    """
    return {_SNAKE.sub(lambda found: found[1].upper(), name): value for name, value in record.items()}


def figure(value: Any) -> Any:
    """Return the number that a text writes out; anything else as it is.

    >>> figure("12"), figure("0.5"), figure("twelve"), figure(3)
    (12, 0.5, 'twelve', 3)
    """
    if not isinstance(value, str):
        return value
    for number in (int, float):
        try:
            return number(value)
        except ValueError:
            continue
    return value


def _opened(name: str, entry: Any) -> Any:
    if name in _FLAGS and entry in ("true", "false"):
        return entry == "true"
    return figure(entry) if name in _NUMBERS else unpacked(entry) if name in _OBJECTS else entry
