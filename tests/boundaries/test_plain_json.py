"""JSON that strangers answer with: one meaning, or the reason why it is not taken."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.boundaries.plain_json import MAX_DEPTH, read_json
from workbench.errors import RecordError

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_what_is_written_is_read(value: object) -> None:
    assert read_json(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")) == value


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"garbage", "not_json"),
        (b'{"a": 1} {"b": 2}', "not_json"),
        (b'{"score": 1, "score": 0}', "duplicate_key"),
        (b'{"score": NaN}', "bad_number"),
        (b'{"score": -Infinity}', "bad_number"),
        (b'{"score": 1e999}', "bad_number"),
        (b"9" * 5_000, "bad_number"),
        (b'"\xff"', "not_utf8"),
        (rb'"\ud800"', "not_utf8"),
        (b"[" * 100_000, "too_deep"),
        (b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2), "too_deep"),
        (b" " * 101, "too_large"),
    ],
)
def test_what_has_more_than_one_meaning_or_none_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(RecordError) as refused:
        read_json(raw, max_bytes=100 if reason == "too_large" else 1 << 20)
    assert refused.value.reason == reason


def test_brackets_in_a_text_are_no_nesting() -> None:
    assert read_json(json.dumps("[" * 1_000).encode()) == "[" * 1_000
    depth = MAX_DEPTH
    assert read_json(b"[" * depth + b"]" * depth) is not None
