"""What a YAML document says, as PyYAML's own safe loader reads it; and nothing that YAML can do besides."""

import time
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from workbench.boundaries.plain_yaml import MAX_CHARACTERS, MAX_DEPTH, read_yaml
from workbench.errors import RecordError

SETTINGS = """\
# of the summary agent
model: "small-1"
temperature: 0.2
retries: 2
is_streamed: off
stop: [END, 'on']
fallback: ~
since: 2026-09-28
note: |
  two
  lines
limits:
  - {name: pages, most: 1e3}
"""

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(-1e9, 1e9) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def test_each_kind_of_value_is_read() -> None:
    assert read_yaml(SETTINGS) == {
        "model": "small-1",
        "temperature": 0.2,
        "retries": 2,
        "is_streamed": False,
        "stop": ["END", "on"],
        "fallback": None,
        "since": "2026-09-28",
        "note": "two\nlines\n",
        "limits": [{"name": "pages", "most": 1000.0}],
    }


def test_an_empty_document_says_nothing() -> None:
    assert read_yaml("") is None
    assert read_yaml("# only a comment\n") is None


@given(plain)
def test_what_is_dumped_is_read_back(value: Any) -> None:
    dumped = yaml.safe_dump(value, allow_unicode=True)
    assume(not set(dumped) & set("\x85\u2028\u2029"))  # line breaks of YAML 1.1 that its emitter writes as they are
    assert read_yaml(dumped) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &x 1\nb: *x\n", "alias"),
        ("a: &a [1, 1]\nb: &b [*a, *a]\nc: [*b, *b]\n", "alias"),
        ("a: !!python/object/apply:os.system ['true']", "tag"),
        ("a: !!binary aGVsbG8=", "tag"),
        ("a: !mine 1", "tag"),
        ("retries: 1\nretries: 9\n", "duplicate_key"),
        ("? [a, b]\n: 1\n", "not_yaml"),
        ("a: [1, 2\n", "not_yaml"),
        ("a: 1\n---\nb: 2\n", "not_yaml"),
        ("a: \x07\n", "not_yaml"),
        ("a: 1.0e999\n", "bad_number"),
        ("[" * 100_000, "too_deep"),
        ("a: " + "x" * MAX_CHARACTERS, "too_large"),
    ],
)
def test_what_yaml_can_do_besides_is_refused(text: str, reason: str) -> None:
    started = time.perf_counter()
    with pytest.raises(RecordError) as refused:
        read_yaml(text)
    assert refused.value.reason == reason
    assert time.perf_counter() - started < 5


def test_the_deepest_that_is_taken_is_taken() -> None:
    value: Any = 1
    for _ in range(MAX_DEPTH):
        value = [value]
    assert read_yaml("[" * MAX_DEPTH + "1" + "]" * MAX_DEPTH) == value


def test_the_line_of_a_fault_is_named() -> None:
    with pytest.raises(RecordError, match=r"line 3: .*twice"):
        read_yaml("a: 1\nb: 2\na: 3\n")
