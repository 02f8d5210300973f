"""What settings say otherwise, by key; what only looks otherwise is no difference."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.changes.diff_settings import diff_settings

values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "x", "y"]), inner, max_size=3),
    max_leaves=8,
)
mappings = st.dictionaries(st.sampled_from(["a", "b", "c"]), values, max_size=3)


def words(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [one.words for one in diff_settings(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"a": 1}, {"a": 1.0}, []),
        ({"retries": 2}, {"retries": 3}, ["retries is 3, was 2"]),
        ({}, {"tone": {"mode": "on"}}, ['tone is new: {"mode":"on"}']),
        ({"tone": "warm"}, {}, ['tone is gone, was "warm"']),
        ({"a": True}, {"a": 1}, ["a is 1, was true"]),
        ({"a": None}, {}, ["a is gone, was null"]),
        ({"model": {"name": "s", "t": 0}}, {"model": {"name": "s", "t": 1}}, ["model.t is 1, was 0"]),
        ({"stop": ["a", "b"]}, {"stop": ["b", "c"]}, ['stop also has "c"', 'stop has no "a" any more']),
        ({"stop": ["a", "b"]}, {"stop": ["b", "a"]}, ['stop is ["b","a"], was ["a","b"]']),
        ({"r": [{"name": "x", "most": 1}]}, {"r": [{"name": "x", "most": 2}]}, ["r.x.most is 2, was 1"]),
        (
            {"r": [{"name": "x"}, {"name": "y"}]},
            {"r": [{"name": "y"}, {"name": "x"}]},
            ['the order of r is ["y","x"]'],
        ),
        # Which comes first may decide: a fallback, a rule.
        (
            {"stop": ["a", "b"]},
            {"stop": ["c", "a", "b"]},
            ['stop also has "c"', 'stop is ["c","a","b"], was ["a","b"]'],
        ),
        (
            {"stop": ["a", "b"]},
            {"stop": ["b", "a", "c"]},
            ['stop also has "c"', 'stop is ["b","a","c"], was ["a","b"]'],
        ),
        ({"stop": ["a", "a", "b"]}, {"stop": ["a"]}, ['stop has no "b" any more', 'stop is ["a"], was ["a","a","b"]']),
        (
            {"r": [{"name": "x"}]},
            {"r": [{"name": "y"}, {"name": "x"}]},
            ['r.y is new: {"name":"y"}', 'the order of r is ["y","x"]'],
        ),
    ],
)
def test_each_difference_is_said_once(before: dict[str, Any], after: dict[str, Any], said: list[str]) -> None:
    assert words(before, after) == said


def test_a_long_text_is_told_word_by_word() -> None:
    [one] = diff_settings({"say": f"{'be kind ' * 12}now"}, {"say": f"{'be kind ' * 12}then"})
    assert one.words == "say is worded otherwise"
    assert [(piece.op, piece.text.strip()) for piece in one.pieces][1:] == [("removed", "now"), ("added", "then")]


def test_half_a_character_is_told_as_any_other() -> None:
    """An escape in a settings file that stands for no character stopped the whole diff."""
    assert words({"a": 1}, {"a": "\ud800"}) == ['a is "\ud800", was 1']


@given(mappings, mappings)
def test_there_is_a_difference_where_the_values_differ_and_nowhere_else(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    def typed(value: Any) -> Any:
        """Return the value so that True is not 1."""
        if isinstance(value, dict):
            return {key: typed(one) for key, one in value.items()}
        return [typed(one) for one in value] if isinstance(value, list) else (type(value).__name__, value)

    assert bool(diff_settings(before, after)) == (typed(before) != typed(after))
