"""Cases: what a file of them says, and what of a case an answer depends on."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import RecordError
from workbench.experiments.case import Assertion, Case, ToolCall, from_jsonl, to_jsonl

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=5,
)
TEXT = st.text(st.characters(codec="utf-8"))
OBJECTS = st.dictionaries(TEXT, JSON, max_size=3)
CASES = st.builds(
    Case,
    case_id=TEXT.filter(str.strip),
    input=OBJECTS,
    user_key=st.none() | TEXT,
    group=TEXT,
    expected=JSON,
    assertions=st.lists(st.builds(Assertion, st.sampled_from(["contains", "calls"]), TEXT), max_size=2).map(tuple),
    trace_id=st.none() | TEXT,
    tools=st.lists(st.builds(ToolCall, TEXT, OBJECTS, TEXT, st.booleans()), max_size=2).map(tuple),
    slices=st.dictionaries(TEXT, TEXT, max_size=2),
)
CASE = Case(
    case_id="c1",
    input={"question": "Is Smith v. Jones binding in Ohio?"},
    user_key="usr_a",
    group="g1",
    expected="no",
    assertions=(Assertion("contains", "Ohio"),),
    trace_id="t1",
    tools=(ToolCall("search_cases", {"query": "Smith"}, '{"hits": []}'),),
    slices={"tier": "pro"},
)


@given(st.lists(CASES, max_size=4, unique_by=lambda case: case.case_id))
def test_cases_are_read_as_they_were_written(cases: list[Case]) -> None:
    assert from_jsonl(to_jsonl(cases)) == tuple(cases)


def test_a_file_by_hand_needs_an_id_and_an_input() -> None:
    (case,) = from_jsonl('\ufeff{"case_id": "c1", "input": {"question": "§ 1?"}}\r\n\n'.encode())
    assert case == Case(case_id="c1", input={"question": "§ 1?"})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"case_id": "c2"}', "wrong_type"),
        ('{"case_id": "", "input": {}}', "wrong_type"),
        ('{"case_id": 7, "input": {}}', "wrong_type"),
        ('{"case_id": "c2", "input": "q"}', "wrong_type"),
        ('{"case_id": "c2", "input": {}, "expect": "yes"}', "wrong_type"),
        ('{"case_id": "c2", "input": {}, "assertions": [["regex", "x"]]}', "wrong_type"),
        ('{"case_id": "c2", "input": {}, "expected": 1, "expected": 0}', "duplicate_key"),
        ('{"case_id": "c2", "input": {}, "expected": NaN}', "bad_number"),
        ('{"case_id": "c1", "input": {}}', "duplicate_key"),
        ('{"case_id": "c2", "inp', "not_json"),
    ],
)
def test_a_file_with_one_bad_line_is_no_set_of_cases(line: str, reason: str) -> None:
    """Half a holdout would be judged as if it were the whole one."""
    with pytest.raises(RecordError, match="holdout, line 2") as refused:
        from_jsonl(f'{{"case_id": "c1", "input": {{}}}}\n{line}\n'.encode(), where="holdout")
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("other", "is_asked_the_same"),
    [
        ({"case_id": "c2"}, False),
        ({"input": {"question": "?"}}, False),
        ({"tools": ()}, False),
        ({"expected": "yes"}, True),
        ({"assertions": ()}, True),
        ({"user_key": None}, True),
        ({"group": ""}, True),
        ({"trace_id": None}, True),
        ({"slices": {}}, True),
    ],
)
def test_each_field_is_in_the_digest_and_what_the_arm_is_told_in_its_own(
    other: dict[str, Any], is_asked_the_same: bool
) -> None:
    changed = replace(CASE, **other)
    assert changed.digest != CASE.digest
    assert (changed.asked_digest == CASE.asked_digest) == is_asked_the_same


def test_names_of_the_input_have_no_order() -> None:
    one, other = (Case(case_id="c", input=given) for given in ({"a": 1, "b": 2}, {"b": 2, "a": 1}))
    assert (one.digest, one.asked_digest) == (other.digest, other.asked_digest)
