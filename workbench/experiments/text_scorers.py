"""Scorers that read the text of an answer: equal, matched by a pattern, JSON of a schema, or how far from the expected.

They look at nothing else, so that anyone who has the answers comes to the same scores.
"""

import json
from typing import Any

import polars as pl

from workbench.boundaries.json_schema import read_schema
from workbench.boundaries.patterns import Pattern
from workbench.boundaries.plain_json import read_json
from workbench.errors import RecordError
from workbench.experiments.answer import Answer
from workbench.experiments.case import Case
from workbench.experiments.result_rows import Scorer
from workbench.stats.distance import changed_share


def exact(case: Case, answer: Answer) -> float | None:
    """Return 1.0 if the answer is the expected text or JSON value, 0.0 if not, None where none is expected.

    >>> exact(Case(case_id="c", input={}, expected="yes"), Answer(output=" yes"))
    1.0
    >>> exact(Case(case_id="c", input={}, expected={"a": 1, "b": 2}), Answer(output='{"b": 2, "a": 1}'))
    1.0
    """
    if case.expected is None:
        return None
    if isinstance(case.expected, str):
        return float(_said(answer) == case.expected.strip())
    return float(_json_in(answer) == case.expected)


def edit_distance(case: Case, answer: Answer) -> float | None:
    """Return how much of the answer would be changed to be the expected one, 0 to 1; None where none is expected.

    None too where a text is too long: see `stats.distance.changed_share`.

    >>> edit_distance(Case(case_id="c", input={}, expected="kitten"), Answer(output="sitting"))
    0.42857142857142855
    """
    return None if case.expected is None else changed_share(_said(answer), _expected(case))


def matched(pattern: str) -> Scorer:
    """Return a scorer: 1.0 where a pattern of RE2 is found in the answer, 0.0 where it is not.

    >>> matched("(?i)sorry")(Case(case_id="c", input={}), Answer(output="Sorry."))
    1.0
    """
    compiled = Pattern(pattern)
    return lambda _, answer: float(is_found(compiled, answer.output or ""))


def is_found(pattern: Pattern, text: str) -> bool:
    """Return whether a pattern is found in a text."""
    return pattern.first_match(pl.Series([text]))[0] is not None


def fitting(schema: str) -> Scorer:
    """Return a scorer: 1.0 where the answer is JSON of a schema, 0.0 where it is not; no fence is taken off.

    None where the answer is too large to be checked.

    Raises
    ------
    ValueError
        If the schema cannot be checked exactly.

    >>> score = fitting('{"type": "object", "required": ["court"]}')
    >>> [score(Case(case_id="c", input={}), Answer(output=text)) for text in ('{"court": "Ohio"}', "{}", "no JSON")]
    [1.0, 0.0, 0.0]
    """
    read = read_schema(read_json(schema.encode()))
    if read is None:
        raise ValueError("the schema cannot be checked exactly: it is too large, or refers to another file")

    def score(_: Case, answer: Answer) -> float | None:
        value = _json_in(answer)
        if value is ...:
            return 0.0
        return float(read.violation(value) is None) if read.can_check(value) else None

    return score


def _json_in(answer: Answer) -> Any:
    """Return the value that an answer is as JSON; `...`, which is no JSON value, where it is none."""
    try:
        return read_json((answer.output or "").encode())
    except RecordError:
        return ...


def _said(answer: Answer) -> str:
    return (answer.output or "").strip()


def _expected(case: Case) -> str:
    """Return the expected answer as an app's answer would be written that is no text."""
    is_text = isinstance(case.expected, str)
    return case.expected.strip() if is_text else json.dumps(case.expected, ensure_ascii=False)
