"""Tool calls that answers ask for, and which of them a tool result answers.

A result names its call, or answers the oldest that is open. Either is found without a search, since a hostile file can
hold as many open calls as results.
"""

from collections import Counter, OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

from workbench.loaders.reading.strict import dump


class Call(NamedTuple):
    """One tool call that an answer asked for."""

    id: str | None
    name: str | None
    arguments: str | None


class OpenCalls:
    """Calls without a result."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[str | None, int], Call] = OrderedDict()
        """By id and the number of the call among those of its id; oldest first."""
        self._n_asked: Counter[str | None] = Counter()
        self._n_closed: Counter[str | None] = Counter()

    def add(self, call: Call) -> None:
        """Add a call that was asked for."""
        self._open[call.id, self._n_asked[call.id]] = call
        self._n_asked[call.id] += 1

    def take(self, call_id: str | None) -> Call | None:
        """Close the oldest call of this id, or the oldest of all if the id is None; None if there is none."""
        key = next(iter(self._open), None) if call_id is None else (call_id, self._n_closed[call_id])
        call = self._open.pop(key, None) if key is not None else None
        if key is not None and call is not None:
            self._n_closed[key[0]] += 1
        return call


def calls_of(message: Mapping[str, Any]) -> list[Call]:
    """Return the tool calls of a message: name and arguments in `function`, as OpenAI has them, or beside the id."""
    calls = message.get("tool_calls")
    return [_call(call) for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []


def _call(call: Mapping[str, Any]) -> Call:
    inner = call.get("function")
    named = inner if isinstance(inner, dict) else call
    call_id, name, arguments = call.get("id"), named.get("name"), named.get("arguments")
    return Call(
        call_id if isinstance(call_id, str) and call_id else None,
        name if isinstance(name, str) else None,
        arguments if arguments is None or isinstance(arguments, str) else dump(arguments),
    )
