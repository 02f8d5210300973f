"""What a value breaks, as the JSON Schema documents say; and no schema of a stranger costs more than a moment."""

import time
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.boundaries.json_schema import MAX_CHECKS, read_schema

FLIGHT = {
    "type": "object",
    "properties": {
        "number": {"type": "string", "pattern": "^HAT[0-9]{3}$"},
        "seats": {"type": "integer", "minimum": 1},
        "cabin": {"$ref": "#/$defs/cabin"},
    },
    "required": ["number"],
    "additionalProperties": False,
    "$defs": {"cabin": {"enum": ["economy", "business"]}},
}


@pytest.mark.parametrize(
    ("value", "path", "keyword", "detail"),
    [
        ({"seats": 1}, (), "required", "number"),
        ({"number": "HAT001", "seats": "2"}, ("seats",), "type", "integer"),
        ({"number": "HAT001", "cabin": "first"}, ("cabin",), "enum", ""),
        ({"number": "HAT001", "meal": True}, (), "additionalProperties", "meal"),
        ({"number": "HAT1"}, ("number",), "pattern", "^HAT[0-9]{3}$"),
        ({"number": "HAT001", "seats": 0}, ("seats",), "minimum", "1"),
        ([], (), "type", "object"),
    ],
)
def test_the_first_thing_broken_is_named_with_its_place(
    value: Any, path: tuple[str, ...], keyword: str, detail: str
) -> None:
    schema = read_schema(FLIGHT)
    assert schema is not None
    assert schema.violation(value) == (path, keyword, detail)


def test_a_value_that_satisfies_the_schema_breaks_nothing() -> None:
    schema = read_schema(FLIGHT)
    assert schema is not None
    assert schema.violation({"number": "HAT001", "seats": 2, "cabin": "economy"}) is None


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "OBJECT", "properties": {"n": {"type": "INTEGER"}}}, {"n": 1}, {"n": "1"}),
        ({"type": "STRING", "nullable": True}, None, 1),
        ({"type": "string", "enum": ["a"], "nullable": True}, None, "b"),
        ({"items": [{"type": "string"}], "additionalItems": False}, ["a"], ["a", "b"]),
        ({"minimum": 0, "exclusiveMinimum": True}, 1, 0),
        ({"type": "ARRAY", "maxItems": "1"}, [1], [1, 2]),
        ({"type": "object", "title": "T", "format": "x", "examples": [1], "strict": True}, {}, []),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "const": None}, None, 0),
        (False, ..., {}),
    ],
)
def test_older_drafts_and_googles_spelling_are_understood(schema: Any, good: Any, bad: Any) -> None:
    ready = read_schema(schema)
    assert ready is not None
    assert good is ... or ready.violation(good) is None
    assert ready.violation(bad) is not None


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "https://example.com/schema.json"},
        {"$ref": "#"},
        {"$ref": "#/$defs/gone"},
        {"$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}, "$ref": "#/$defs/a"},
        {"pattern": "^(?=a)b"},
        {"pattern": "((a{1,100}){1,100}){1,100}"},
        {"type": "tensor"},
        {"properties": []},
        {"unevaluatedProperties": False},
        "object",
        None,
    ],
)
def test_a_schema_that_cannot_be_checked_exactly_is_not_checked_at_all(schema: Any) -> None:
    assert read_schema(schema) is None


def _doubling() -> dict[str, Any]:
    """Two references a level: a billion branches after 30 levels."""
    levels = {f"a{k}": {"anyOf": [{"$ref": f"#/$defs/a{k + 1}"}] * 2} for k in range(30)}
    return {"$defs": {**levels, "a30": {"type": "string"}}, "$ref": "#/$defs/a0"}


def _nested(n_levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(n_levels):
        schema = {"properties": {"a": schema}}
    return schema


def test_hostile_schemas_and_values_cost_a_moment() -> None:
    """Each of them would take minutes, end the process or never end, were it only handed to the library."""
    began = time.process_time()
    assert read_schema(_doubling()) is None
    assert read_schema(_nested(5_000)) is None
    assert read_schema({"enum": list(range(100_000))}) is None
    branches = read_schema({"anyOf": [{"additionalProperties": {"type": "string"}} for _ in range(6_000)]})
    assert branches is not None
    assert not branches.can_check({f"k{k}": 1 for k in range(1_000)})
    backtracking = read_schema({"pattern": "^(a+)+$"})
    assert backtracking is not None
    assert backtracking.violation("a" * 100_000 + "b") is not None
    deep: Any = []
    for _ in range(5_000):
        deep = [deep]
    anything = read_schema({})
    assert anything is not None
    assert not anything.can_check(deep)
    assert time.process_time() - began < 5


def test_a_value_that_is_too_large_is_refused() -> None:
    schema = read_schema({"type": "array"})
    assert schema is not None
    with pytest.raises(ValueError, match="more than 500000 parts"):
        schema.violation([0] * MAX_CHECKS)


def test_a_violation_of_a_large_value_is_told_without_words() -> None:
    schema = read_schema({"items": {"type": "integer"}})
    assert schema is not None
    assert schema.violation([*range(50_000), "x"]) == ((), "schema", "")


_SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "a", "ab"])
_NAMES = st.sampled_from("ab")
_VALUES = st.recursive(_SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner))
_TYPES = st.sampled_from(["string", "integer", "array", "object", "null", "boolean"])
_SCHEMAS = st.recursive(
    st.builds(lambda kind: {"type": kind}, _TYPES)
    | st.builds(lambda n: {"minimum": n, "minLength": 1}, st.integers(-3, 3)),
    lambda inner: st.one_of(
        st.builds(lambda one: {"items": one}, inner),
        st.builds(lambda one: {"not": one}, inner),
        st.builds(lambda some: {"anyOf": some}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(
            lambda some: {"properties": some, "required": sorted(some), "additionalProperties": False},
            st.dictionaries(_NAMES, inner),
        ),
    ),
    max_leaves=6,
)


@given(_SCHEMAS, _VALUES)
def test_what_is_valid_is_what_the_library_says_of_the_schema_itself(schema: dict[str, Any], value: Any) -> None:
    ready = read_schema(schema)
    assert ready is not None
    assert (ready.violation(value) is None) == jsonschema_rs.is_valid(schema, value)
