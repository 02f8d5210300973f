"""Lines are taken apart exactly, and members are counted as a parser counts them."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import RecordError
from workbench.loaders.otlp.exact import count_members
from workbench.loaders.otlp.pieces import members, resources, split

texts = st.text('ab:"\\ {}[],\n', max_size=6)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)


def line(records: list[Any]) -> dict[str, Any]:
    """Return a line of two scopes; what is around the records looks like records too."""
    scopes = [{"scope": {"spans": [{}]}, "spans": records}, {"spans": records[:1]}]
    return {"resourceSpans": [{"resource": {"attributes": [{}]}, "scopeSpans": scopes}]}


@given(st.lists(json_values, max_size=4), st.booleans())
def test_records_are_cut_out_byte_for_byte(records: list[Any], is_valid: bool) -> None:
    """The fast way, and the way for lines that are no JSON: a NaN beside the records makes the difference."""
    raw = json.dumps({**line(records), "x": 1 if is_valid else float("nan")}).encode()
    pieces = split(raw)
    cut = [record for record in [*records, *records[:1]] if isinstance(record, dict | list)]
    assert [json.loads(piece) for piece in pieces.records] == cut
    assert all(piece in raw for piece in pieces.records)
    assert pieces.envelope.count(b"scopeSpans") == 1


@given(json_values, st.sampled_from([(",", ":"), (", ", ": "), (" ,", " :"), (",", " \t: ")]))
def test_members_are_never_counted_short_when_certain(value: Any, separators: tuple[str, str]) -> None:
    counted = members(json.dumps(value, separators=separators).encode())
    if counted.is_certain:
        assert counted.n >= count_members(value)


def test_members_of_usual_text_are_exact() -> None:
    value = {"a": 'say "x": y', "b": [{"c": "d: e"}, {"f": ""}]}
    assert members(orjson.dumps(value)) == (4, True)


@pytest.mark.parametrize("raw", [b'{"resourceSpans":[', b"]", b"[}"])
def test_brackets_that_do_not_close_are_no_json(raw: bytes) -> None:
    with pytest.raises(RecordError, match=r"bracket"):
        split(raw)


def test_a_document_is_cut_at_its_first_level_only_if_nothing_else_is_there() -> None:
    resource: dict[str, Any] = {"scopeSpans": []}
    whole = {"resourceSpans": [resource, resource], "resourceLogs": [{"scopeLogs": []}]}
    document = orjson.dumps(whole, option=orjson.OPT_INDENT_2)
    parts = resources(document)
    assert parts is not None
    assert [orjson.loads(part) for part, _ in parts] == [
        {"resourceSpans": [resource]},
        {"resourceSpans": [resource]},
        {"resourceLogs": [{"scopeLogs": []}]},
    ]
    assert [document[end - 1 : end] for _, end in parts] == [b"}"] * 3
    assert resources(orjson.dumps({"resourceSpans": [resource], "other": 1})) is None
    assert resources(b'{"resourceSpans":[{}],"resourceSpans":[{}]}') is None
