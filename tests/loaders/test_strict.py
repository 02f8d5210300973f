"""One parser decides what bytes say; what it does not take has a reason of one word."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import RecordError
from workbench.loaders.reading.strict import (
    MAX_DEPTH,
    depth,
    dump,
    dump_sorted,
    parse,
    read,
    require_single_keys,
    samples,
)

_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(_VALUES)
def test_what_json_can_say_survives_the_way_out_and_back(value: Any) -> None:
    assert parse(dump(value).encode()) == value
    assert parse(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'{"a": 1, "a": 1}', "duplicate_key"),
        (b'{"a": [{"b": 1, "b": 2}]}', "duplicate_key"),
        (b"[" * 100_000 + b"]" * 100_000, "too_deep"),
        (b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1), "too_deep"),
        (b"[1" + b"0" * 5000 + b"]", "bad_number"),
        (b"\xff\xfe{\x00}\x00", "not_utf8"),
        (b'{"a": "\xff"}', "not_utf8"),
        (b"", "not_json"),
        (b'{"a": ', "not_json"),
        (b'{"a": 1} {"b": 2}', "not_json"),
        (b"{'a': 1}", "not_json"),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(RecordError) as refusal:
        parse(raw)
    assert refusal.value.reason == reason


def test_a_record_beyond_the_size_is_refused() -> None:
    with pytest.raises(RecordError) as refusal:
        parse(b'"' + b"x" * 100 + b'"', max_bytes=100)
    assert refusal.value.reason == "too_large"


def test_a_refusal_never_quotes_the_record() -> None:
    with pytest.raises(RecordError) as refusal:
        parse(b'{"password": hunter2}')
    assert "hunter2" not in str(refusal.value)


def test_a_byte_order_mark_is_passed_over() -> None:
    assert parse(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_a_lone_surrogate_becomes_the_replacement_character_and_is_counted() -> None:
    parsed = read(b'{"a": "\\ud83d\\ude00 \\ud83d"}', max_bytes=100)
    assert parsed.value == {"a": "\N{GRINNING FACE} \ufffd"}
    assert sum(parsed.repairs.values()) == 1


def test_an_escaped_pair_of_surrogates_is_no_repair() -> None:
    assert not read(b'{"a": "\\ud83d\\ude00"}', max_bytes=100).repairs


def test_nan_is_no_number_and_null_when_written_again() -> None:
    parsed = read(b"[NaN, -Infinity, 1e999]", max_bytes=100)
    assert dump(parsed.value) == "[null,null,null]"
    assert sum(parsed.repairs.values()) == 2


def test_an_integer_beyond_64_bits_is_kept_to_the_digit() -> None:
    assert dump(parse(b'{"a": 18446744073709551617}')) == '{"a":"18446744073709551617"}'


def test_one_record_with_a_repeated_key_does_not_spoil_the_document() -> None:
    parsed = read(b'[{"a": 1, "a": 2}, {"a": 3}]', max_bytes=100)
    assert parsed.has_repeated_keys
    require_single_keys(parsed.value[1])
    with pytest.raises(RecordError):
        require_single_keys(parsed.value[0])


def test_depth_counts_brackets_outside_of_texts_only() -> None:
    assert depth(b'{"a": ["[[[[{{{{\\"[[", 1]}') == 2


def test_hostile_escapes_take_linear_time() -> None:
    start = time.process_time()
    with pytest.raises(RecordError):
        parse(b'"' + b'\\"' * 2_000_000)
    assert time.process_time() - start < 2


def test_sorted_text_is_the_same_for_equal_objects() -> None:
    assert dump_sorted({"b": 1, "a": 2}) == dump_sorted({"a": 2, "b": 1})


@pytest.mark.parametrize("end", range(1, 60))
def test_samples_of_a_head_that_ends_anywhere_are_a_prefix_of_the_document(end: int) -> None:
    document = b'{"trace": {"id": "x, } ]", "tags": ["a"]}, "observations": []}'
    for sample in samples(document[:end]):
        assert sample.keys() <= {"trace", "observations"}
        assert sample.get("trace", {}).get("id", "x, } ]") == "x, } ]"


def test_samples_pass_over_a_bad_first_line() -> None:
    assert {"target_kind": "trace"} in samples(b'garbage\n{"target_kind": "trace"}\n{"cut": ')


def test_samples_of_an_array_are_its_elements() -> None:
    assert samples(b'[{"a": 1}, {"b": {"c": 2, "d": ')[:2] == [{"a": 1}, {"b": {"c": 2}}]
