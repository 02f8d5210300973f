"""Verdicts on values and their JSON Schemas, remembered while a window is read.

The same few schemas and arguments come with nearly every call, and two detectors hold against them what a model wrote:
its calls and its answers.
"""

from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from workbench.boundaries.json_schema import JsonSchema, Violation, read_schema

MAX_REMEMBERED = 50_000
"""Verdicts that are kept; then it is begun anew, since a workspace may hold any number of them."""
MAX_SCHEMAS = 300
"""Schemas that are kept ready, those asked of latest: one of a stranger may take megabytes."""


class Verdict(NamedTuple):
    """What a value breaks, or why it cannot be told; neither: it satisfies the schema."""

    violation: Violation | None = None
    reason: str | None = None


class SchemaChecks:
    """Holds values against schemas, and remembers by the digests of both."""

    def __init__(self) -> None:
        self._schemas: dict[bytes, JsonSchema | None] = {}
        self._verdicts: dict[tuple[bytes, bytes], Verdict] = {}

    def verdict(self, schema: Any, value: Any) -> Verdict:
        """Return what the value breaks, or the reason for which it cannot be told."""
        try:
            key = (_digest(schema), _digest(value))
        except TypeError:  # deeper than what orjson writes, though not than what it reads
            return Verdict(reason="too deep to check")
        if key not in self._verdicts:
            if len(self._verdicts) >= MAX_REMEMBERED:
                self._verdicts.clear()
            self._verdicts[key] = self._checked(schema, key[0], value)
        return self._verdicts[key]

    def _checked(self, schema: Any, digest: bytes, value: Any) -> Verdict:
        ready = self._schemas.pop(digest) if digest in self._schemas else read_schema(schema)
        self._schemas[digest] = ready  # last in order: the first is the one not asked of for longest
        if len(self._schemas) > MAX_SCHEMAS:
            del self._schemas[next(iter(self._schemas))]
        if ready is None:
            return Verdict(reason="schema not checkable")
        if not ready.can_check(value):
            return Verdict(reason="too large to check")
        return Verdict(ready.violation(value))


def _digest(value: Any) -> bytes:
    return blake2b(orjson.dumps(value, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()
