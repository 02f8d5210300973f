"""Checks of values against their JSON Schemas, remembered while a window is read.

The same few schemas and arguments come with nearly every call, and two detectors hold against them what a model wrote:
its calls and its answers.
"""

from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from workbench.boundaries.json_schema import JsonSchema, Violation, read_schema

MAX_REMEMBERED = 50_000
"""Checks that are kept; then it is begun anew, since a workspace may hold any number of them."""
MAX_SCHEMAS = 300
"""Schemas that are kept ready, those asked of latest: one of a stranger may take megabytes."""


class Checked(NamedTuple):
    """What a value breaks, or why it cannot be told; neither: it satisfies the schema."""

    violation: Violation | None = None
    reason: str | None = None


class SchemaChecks:
    """Holds values against schemas, and remembers by the digests of both."""

    def __init__(self) -> None:
        self._schemas: dict[bytes, JsonSchema | None] = {}
        self._known: dict[tuple[bytes, bytes], Checked] = {}

    def check(self, schema: Any, value: Any) -> Checked:
        """Return what the value breaks, or the reason for which it cannot be told."""
        try:
            key = (_digest(schema), _digest(value))
        except TypeError:  # deeper than what orjson writes, though not than what it reads
            return Checked(reason="too deep to check")
        if key not in self._known:
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            self._known[key] = self._checked(schema, key[0], value)
        return self._known[key]

    def _checked(self, schema: Any, digest: bytes, value: Any) -> Checked:
        ready = self._schemas.pop(digest) if digest in self._schemas else read_schema(schema)
        self._schemas[digest] = ready  # last in order: the first is the one not asked of for longest
        if len(self._schemas) > MAX_SCHEMAS:
            del self._schemas[next(iter(self._schemas))]
        if ready is None:
            return Checked(reason="schema not checkable")
        if not ready.can_check(value):
            return Checked(reason="too large to check")
        return Checked(ready.violation(value))


def _digest(value: Any) -> bytes:
    return blake2b(orjson.dumps(value, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()
