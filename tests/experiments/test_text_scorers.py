"""Scorers of texts, by values counted by hand; what cannot be scored is None and never 0."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.experiments.answer import Answer
from workbench.experiments.case import Case
from workbench.experiments.text_scorers import edit_distance, exact, fitting, matched
from workbench.stats.distance import MAX_COMPARED

CASE = Case(case_id="c", input={})


def case(expected: object) -> Case:
    return Case(case_id="c", input={}, expected=expected)


def said(text: str) -> Answer:
    return Answer(output=text)


@pytest.mark.parametrize(
    ("expected", "output", "score"),
    [
        ("It binds.", " It binds.\n", 1.0),
        ("It binds.", "it binds.", 0.0),
        ({"court": "Ohio", "year": 1999}, '{"year": 1999, "court": "Ohio"}', 1.0),
        ({"court": "Ohio"}, "{'court': 'Ohio'}", 0.0),
        (["a"], '["a", "b"]', 0.0),
        (None, "anything", None),
    ],
)
def test_exact_holds_a_text_to_a_text_and_json_to_its_value(expected: object, output: str, score: float | None) -> None:
    assert exact(case(expected), said(output)) == score


@pytest.mark.parametrize(
    ("expected", "output", "score"),
    [
        ("abc", "abc", 0.0),
        ("abc", "xyz", 1.0),
        ("abcd", "abd", 1 / 4),  # one of four is deleted
        ("", "ab", 1.0),
        ("", "", 0.0),
        ({"a": 1}, '{"a": 2}', 1 / 8),
        (None, "ab", None),
        ("a", "b" * (MAX_COMPARED + 1), None),
    ],
)
def test_the_edit_distance_is_a_share_of_the_longer_text(expected: object, output: str, score: float | None) -> None:
    assert edit_distance(case(expected), said(output)) == score


@given(st.text(max_size=12), st.text(max_size=12))
def test_the_edit_distance_is_that_of_the_textbook(one: str, other: str) -> None:
    """The recursion of Levenshtein's definition, written down row by row."""
    one, other = one.strip(), other.strip()
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, start=1):
        before, row = row, [i]
        for j, right in enumerate(other, start=1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (left != right)))
    longest = max(len(one), len(other))
    assert edit_distance(case(one), said(other)) == pytest.approx(row[-1] / longest if longest else 0)


def test_a_pattern_is_found_anywhere_and_takes_linear_time() -> None:
    score = matched("(?i)supreme court of (ohio|texas)")
    assert [score(CASE, said(text)) for text in ("The Supreme Court of Ohio held", "The court held")] == [1.0, 0.0]
    assert matched("(a+)+$")(CASE, said("a" * 50_000 + "!")) == 0.0  # a backtracking engine takes years
    with pytest.raises(ValueError, match="no pattern of RE2"):
        matched(r"(a)\1")


def test_an_answer_is_json_of_a_schema_or_not() -> None:
    score = fitting('{"type": "object", "required": ["court"], "properties": {"court": {"enum": ["Ohio"]}}}')
    texts = (
        '{"court": "Ohio"}',
        '{"court": "Iowa"}',
        "{}",
        "Ohio",
        '```json\n{"court": "Ohio"}\n```',
        '{"court": NaN}',
    )
    assert [score(CASE, said(text)) for text in texts] == [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert score(CASE, said("[" * 200_000)) == 0.0
    with pytest.raises(ValueError, match="another file"):
        fitting('{"$ref": "other.json"}')
