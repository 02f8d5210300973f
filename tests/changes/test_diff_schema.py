"""What a tool asks of its caller otherwise, in words: what is expected is what an engineer would say of the two."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.changes.app_files import read_tool
from workbench.changes.diff_schema import diff_schemas, diff_tools

LOOKUP: dict[str, Any] = {
    "type": "object",
    "properties": {
        "citation": {"type": "string", "description": "The citation as printed."},
        "court": {"type": "string", "enum": ["federal", "state"]},
        "filters": {"type": "object", "properties": {"year": {"type": "integer", "minimum": 1900}}},
        "tags": {"type": "array", "items": {"type": "string"}},
        "at": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "required": ["citation"],
}


def edited(at: str, value: Any) -> dict[str, Any]:
    """Return the schema with another value at a place; None takes it out."""
    schema = copy.deepcopy(LOOKUP)
    *path, last = at.split("/")
    inside = schema
    for step in path:
        inside = inside[step]
    if value is None:
        del inside[last]
    else:
        inside[last] = value
    return schema


@pytest.mark.parametrize(
    ("at", "value", "said"),
    [
        ("required", ["citation", "court"], "parameter court is now required"),
        ("required", [], "parameter citation is now optional"),
        ("properties/citation/type", "integer", "parameter citation is of type integer, was string"),
        ("properties/citation/type", ["string", "null"], "parameter citation is of type string or null, was string"),
        ("properties/citation/type", None, "parameter citation is of type any, was string"),
        ("properties/court/enum", ["federal", "state", "tribal"], 'parameter court may be "tribal" too'),
        ("properties/court/enum", ["federal"], 'parameter court may not be "state" any more'),
        ("properties/court/enum", None, 'parameter court may be any value, before one of ["federal","state"]'),
        ("properties/judge", {"type": "string"}, "parameter judge is new: string, optional"),
        ("properties/tags", None, "parameter tags is gone, was array"),
        (
            "properties/filters/properties/year/type",
            "string",
            "parameter filters.year is of type string, was integer",
        ),
        ("properties/filters/properties/year/minimum", 1950, "parameter filters.year has minimum 1950, was 1900"),
        ("properties/filters/required", ["year"], "parameter filters.year is now required"),
        ("properties/tags/items/type", "integer", "parameter tags.items is of type integer, was string"),
        ("properties/at/anyOf", [{"type": "string"}], 'parameter at: anyOf has no {"type":"null"} any more'),
        ("additionalProperties", False, "the parameters has additionalProperties false"),
        ("required", ["citation", "x"], "x, which is no parameter, is required"),
    ],
)
def test_a_difference_is_said_in_words(at: str, value: Any, said: str) -> None:
    assert [one.words for one in diff_schemas(LOOKUP, edited(at, value))] == [said]


def test_a_description_is_told_word_by_word() -> None:
    [one] = diff_schemas(LOOKUP, edited("properties/citation/description", "The citation as cited."))
    assert one.where == "parameters.citation"
    assert one.words == "the description of parameter citation is worded otherwise"
    assert one.pieces == (("same", "The citation as "), ("removed", "printed"), ("added", "cited"), ("same", "."))


def test_the_order_of_keys_is_no_difference() -> None:
    turned = json.loads(json.dumps(LOOKUP), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    assert diff_schemas(LOOKUP, turned) == ()


def test_a_tool_says_its_name_and_what_else_it_has() -> None:
    before = read_tool('{"name": "find", "description": "Finds.", "strict": false}')
    after = read_tool('{"name": "look", "strict": true}')
    assert [one.words for one in diff_tools(before, after)] == [
        "the tool is called look, was find",
        "the tool has no description any more",
        "strict is true, was false",
    ]


keywords = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "integer"]),
        "description": st.sampled_from(["one", "two"]),
        "enum": st.lists(st.integers(0, 3), max_size=2, unique=True),
        "minimum": st.integers(0, 2),
        "required": st.lists(st.sampled_from("ab"), max_size=2, unique=True).map(sorted),
        "pattern": st.just("a"),
        "default": st.booleans(),
    },
)
schemas = st.recursive(
    keywords,
    lambda inner: st.tuples(
        keywords,
        st.fixed_dictionaries(
            {},
            optional={
                "properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
                "items": inner,
                "anyOf": st.lists(inner, max_size=2),
                "$defs": st.dictionaries(st.sampled_from("cd"), inner, max_size=2),
                "additionalProperties": inner | st.booleans(),
            },
        ),
    ).map(lambda pair: pair[0] | pair[1]),
    max_leaves=6,
)


def meant(schema: Any) -> Any:
    """Return the schema in a form in which two that mean the same are equal, as far as these differences go."""
    if not isinstance(schema, dict):
        return repr(schema)
    kept = {key: meant(value) for key, value in schema.items() if value not in ({}, []) or key in ("items", "enum")}
    return kept | ({"enum": sorted(schema["enum"])} if "enum" in schema else {})


@given(schemas, schemas)
def test_no_difference_is_lost(before: dict[str, Any], after: dict[str, Any]) -> None:
    if not diff_schemas(before, after):
        assert meant(before) == meant(after)


@given(schemas)
def test_a_schema_does_not_differ_from_itself(schema: dict[str, Any]) -> None:
    assert diff_schemas(schema, copy.deepcopy(schema)) == ()
