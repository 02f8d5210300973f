"""What a browser asks for: values of the right kind and length, whatever it sends."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.widgets import asked

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)
)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("  why \n", "why"),
        ("a\x00b", "a�b"),
        ("half \ud83d", "half �"),
        ("\ud83d\ude00", "😀"),
        ("x" * 12, "x" * 10),
        (7, ""),
        (None, ""),
        (["a"], ""),
    ],
)
def test_words_are_trimmed_cut_and_such_as_can_be_stored(typed: Any, words: str) -> None:
    assert asked.words({"text": typed}, "text", limit=10) == words


@given(JSON)
def test_whatever_is_sent_words_can_be_encoded(value: Any) -> None:
    assert len(asked.words({"text": value}, "text", limit=20).encode()) <= 80


@pytest.mark.parametrize(
    ("at", "chosen"), [(0, "a"), (1, "b"), (2, None), (-1, None), (True, None), ("0", None), (0.0, None), (None, None)]
)
def test_a_choice_is_by_its_number_and_nothing_else(at: Any, chosen: str | None) -> None:
    assert asked.one_of(["a", "b"], {"at": at}, "at") == chosen


def test_statements_that_are_empty_or_no_texts_are_left_out() -> None:
    assert asked.statements({"statement": [" one ", "", 7, "two"]}) == ("one", "two")
    assert asked.statements({"statement": "one"}) == ()
    assert len(asked.statements({"statement": ["x"] * 99})) == asked.MAX_PARTS
