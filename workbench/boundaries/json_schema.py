"""JSON Schemas that strangers wrote: what a value breaks, at a bounded cost, or "cannot tell".

Traces hold the schemas of tools and answers. A schema may refer to another host, refer to itself, branch without end or
hold a regular expression that takes years. So each is first copied into a plain one: known keywords only, references
inside it written out, its size bounded; what cannot be copied exactly is not checked at all, since half a schema would
accuse the innocent. Patterns run in Rust's linear-time engine.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jsonschema_rs

MAX_NODES = 20_000
"""Of a schema once its references are written out; a tool of 100 arguments has about 500."""
MAX_DEPTH = 40
"""Levels of a schema or a value; those of real tools have under ten."""
MAX_CHECKS = 1_000_000
"""Parts of the schema times parts of the value: a hundred arguments of a large tool, and milliseconds."""
MAX_WORDED = 20_000
"""Checks up to which a violation is put in words: the library makes an error for each branch that failed."""
MAX_PATTERNS = 50
"""In one schema."""
MAX_PATTERN_BYTES = 100_000
"""Of one compiled pattern: 3 MB take 3 s on a text of 10,000 characters, a pattern of dates some hundred bytes."""

_ONE = ("additionalProperties", "contains", "propertyNames", "not", "if", "then", "else", "items")
_SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("properties", "patternProperties", "dependentSchemas")
_PLAIN = (
    *("type", "enum", "const", "required", "dependentRequired", "uniqueItems", "pattern", "multipleOf"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength"),
    *("minItems", "maxItems", "minContains", "maxContains", "minProperties", "maxProperties"),
)
_UNSUPPORTED = ("$dynamicRef", "$recursiveRef", "unevaluatedProperties", "unevaluatedItems", "dependencies")
_TYPES = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})


class Violation(NamedTuple):
    """The first thing that a value breaks."""

    path: tuple[str | int, ...]
    """Names and places down to the part that breaks it; they may be the value's own words."""
    keyword: str
    """What is broken: required, type, enum, ..."""
    detail: str
    """The property that is missing or not allowed, the types or number that were wanted; a stranger's words."""

    @property
    def words(self) -> str:
        """What is broken and where; places in lists are left out, since each value has its own.

        >>> Violation(("stops", 3, "city"), "type", "string").words
        'stops.city: must be string'
        """
        where = ".".join(part for part in self.path if isinstance(part, str))
        what = {
            "required": f"{self.detail} is missing",
            "additionalProperties": f"{self.detail} is not allowed",
            "type": f"must be {self.detail}",
            "enum": "is none of the allowed values",
        }.get(self.keyword, f"breaks {self.keyword} {self.detail}".strip())
        return f"{where}: {what}" if where else what


@dataclass(frozen=True, slots=True)
class JsonSchema:
    """A schema that can be checked."""

    _validator: Any
    _n_nodes: int

    def can_check(self, value: Any) -> bool:
        """Return whether a value is small enough to be checked."""
        return self._fits(value, MAX_CHECKS)

    def violation(self, value: Any) -> Violation | None:
        """Return the first thing that a value breaks, None where it satisfies the schema; deterministic.

        Raises
        ------
        ValueError
            If the value is too large: ask `can_check` first.
        """
        if not self.can_check(value):
            raise ValueError(f"a value of more than {MAX_CHECKS // self._n_nodes} parts")
        if self._validator.is_valid(value):
            return None
        if not self._fits(value, MAX_WORDED):
            return Violation((), "schema", "")
        try:
            self._validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            return Violation(tuple(error.instance_path), error.kind.name, _detail(error.kind.as_dict()))
        return None

    def _fits(self, value: Any, n_checks: int) -> bool:
        most = n_checks // self._n_nodes
        return _n_parts(value, most=most) <= most


def read_schema(schema: Any) -> JsonSchema | None:
    """Return a schema ready to be checked; None where that cannot be done exactly and safely.

    Keywords that only describe are ignored, `format` too, as JSON Schema has it. Google's spelling (types in capitals,
    `nullable`) and the `items` of older drafts are understood.

    >>> schema = read_schema({"type": "object", "required": ["city"]})
    >>> schema.violation({"town": "Rome"})
    Violation(path=(), keyword='required', detail='city')
    """
    copier = _Copier(schema)
    try:
        plain = copier.copied(schema, 0, ())
        validator = jsonschema_rs.Draft202012Validator(
            plain, offline=True, pattern_options=jsonschema_rs.RegexOptions(size_limit=MAX_PATTERN_BYTES)
        )
    except (_NoExactCopyError, ValueError):  # the library's own errors are ValueErrors
        return None
    return JsonSchema(validator, copier.n_nodes)


class _NoExactCopyError(Exception):
    """The schema is too large, or says something that is not known here."""


@dataclass(slots=True)
class _Copier:
    """Copies one schema, counting as it goes."""

    root: Any
    n_nodes: int = 0
    n_patterns: int = 0

    def copied(self, schema: Any, depth: int, inside: tuple[str, ...]) -> Any:
        """Return the plain copy of a schema; `inside` are the references that are being written out."""
        self._count(depth)
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, dict) or any(name in schema for name in _UNSUPPORTED):
            raise _NoExactCopyError
        schema = _modern(schema)
        copy: dict[str, Any] = {name: self._plain(schema[name], depth + 1) for name in _PLAIN if name in schema}
        self.n_patterns += ("pattern" in copy) + len(schema.get("patternProperties") or ())
        if self.n_patterns > MAX_PATTERNS:
            raise _NoExactCopyError
        for name in _ONE:
            if name in schema:
                copy[name] = self.copied(schema[name], depth + 1, inside)
        for name in _SEVERAL:
            if name in schema:
                copy[name] = [self.copied(one, depth + 1, inside) for one in _kept(schema[name], list)]
        for name in _NAMED:
            if name in schema:
                within = _kept(schema[name], dict)
                copy[name] = {key: self.copied(one, depth + 1, inside) for key, one in within.items()}
        if "$ref" in schema:
            copy["allOf"] = [*copy.get("allOf", ()), self._written_out(schema["$ref"], depth, inside)]
        return copy

    def _written_out(self, reference: Any, depth: int, inside: tuple[str, ...]) -> Any:
        if not isinstance(reference, str) or not reference.startswith("#") or reference in inside:
            raise _NoExactCopyError
        return self.copied(_pointed_at(self.root, reference), depth + 1, (*inside, reference))

    def _plain(self, value: Any, depth: int) -> Any:
        self._count(depth)
        if isinstance(value, list | dict):
            for part in value.values() if isinstance(value, dict) else value:
                self._plain(part, depth + 1)
        return value

    def _count(self, depth: int) -> None:
        self.n_nodes += 1
        if self.n_nodes > MAX_NODES or depth > MAX_DEPTH:
            raise _NoExactCopyError


def _modern(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return one level of a schema in the words of draft 2020-12: older drafts', OpenAPI's and Google's are changed."""
    changed = dict(schema)
    if isinstance(changed.get("items"), list):
        changed["prefixItems"] = changed.pop("items")
        if "additionalItems" in changed:
            changed["items"] = changed["additionalItems"]
    for word, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(changed.get(word), bool) and changed.pop(word) and inclusive in changed:
            changed[word] = changed.pop(inclusive)
    kind = changed.get("type")
    if isinstance(kind, str) and kind not in _TYPES:
        if kind == "TYPE_UNSPECIFIED":
            del changed["type"]
        elif kind.lower() in _TYPES:
            changed["type"] = kind.lower()
    if changed.get("nullable") is True and isinstance(changed.get("type"), str):
        changed["type"] = [changed["type"], "null"]
        if isinstance(changed.get("enum"), list):
            changed["enum"] = [*changed["enum"], None]
    # Google writes counts as texts, as protobuf's JSON does.
    for word in ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"):
        if isinstance(changed.get(word), str) and re.fullmatch("[0-9]{1,9}", changed[word]):
            changed[word] = int(changed[word])
    return {name: value for name, value in changed.items() if value is not None or name == "const"}


def _pointed_at(root: Any, reference: str) -> Any:
    """Return what a JSON pointer points at (RFC 6901)."""
    at = root
    for part in reference[1:].split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(at, dict) and name in at:
            at = at[name]
        elif isinstance(at, list) and name.isdecimal() and int(name) < len(at):
            at = at[int(name)]
        else:
            raise _NoExactCopyError
    if reference != "#" and not reference.startswith("#/"):
        raise _NoExactCopyError
    return at


def _kept(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise _NoExactCopyError
    return value


def _n_parts(value: Any, *, most: int) -> int:
    """Return how many parts a value has; more than `most` are not counted, nor is a value that is too deep."""
    n_parts, level = 0, [value]
    for _ in range(MAX_DEPTH):
        n_parts += len(level)
        if not level or n_parts > most:
            return n_parts
        level = [
            part
            for one in level
            if isinstance(one, list | dict)
            for part in (one.values() if isinstance(one, dict) else one)
        ]
    return n_parts if not level else most + 1


def _detail(said: Mapping[str, Any]) -> str:
    """Return the one fact of an error that its keyword does not say."""
    for name in ("property", "unexpected", "types", "limit", "pattern"):
        if name in said:
            fact = said[name]
            several = isinstance(fact, Sequence) and not isinstance(fact, str)
            return ", ".join(map(str, fact)) if several else str(fact)
    return ""
