"""Langfuse's scores as verdicts: of one name, by their authors, in every form in which they are exported."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from workbench.errors import ConfigError
from workbench.loaders.verdicts.book import Book

Say = Callable[[Book], list[tuple[str, str, str, str]]]
MAPPING: dict[str, dict[str, Any]] = {
    "read": {"question": "quality"},
    "labels": {"confirmed": ["bad", "true"], "rejected": ["good", 0]},
}
SCORE: dict[str, Any] = {
    "id": "s1",
    "projectId": "p1",
    "traceId": "t1",
    "observationId": None,
    "name": "quality",
    "value": 0,
    "stringValue": "bad",
    "dataType": "CATEGORICAL",
    "source": "ANNOTATION",
    "comment": "wrong court",
    "authorUserId": "ann@example.com",
    "timestamp": "2026-03-01T10:00:00.000Z",
}


def test_scores_of_the_name_are_verdicts_by_their_authors(book_of: Callable[..., Book], said_of: Say) -> None:
    judged = {**SCORE, "source": "EVAL", "authorUserId": None, "stringValue": None, "value": 0, "comment": None}
    other = {**SCORE, "name": "speed"}
    book = book_of([SCORE, judged, other], form="langfuse", **MAPPING)
    assert said_of(book) == [("t1", "ann@example.com", "confirmed", "wrong court"), ("t1", "quality", "rejected", "")]
    assert [(one.verdict.annotator_kind, one.verdict.score) for one in book.given] == [("HUMAN", None), ("LLM", 0.0)]
    assert book.given[0].verdict.at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert book.guessed["a score of another name is no verdict"] == 1
    assert book.refused == []


def test_a_trace_with_its_scores_and_a_table_say_the_same(book_of: Callable[..., Book], said_of: Say) -> None:
    inside = {name: value for name, value in SCORE.items() if name != "traceId"}
    trace = {"id": "t1", "timestamp": "2026-03-01T09:00:00Z", "projectId": "p1", "userId": "u", "scores": [inside]}
    names = ("id", "trace_id", "name", "value", "string_value", "source", "comment", "author_user_id", "timestamp")
    cells = ("s1", "t1", "quality", "", "bad", "ANNOTATION", "wrong court", "ann@example.com", SCORE["timestamp"])
    table = f"{','.join(names)}\n{','.join(cells)}\n".encode()
    said = [("t1", "ann@example.com", "confirmed", "wrong court")]
    assert said_of(book_of(trace, form="langfuse", **MAPPING)) == said
    assert said_of(book_of(table, **MAPPING)) == said


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"authorUserId": None}, "no_annotator"),
        ({"traceId": None, "sessionId": "s1"}, "no_id"),
        ({"stringValue": "odd"}, "unknown_label"),
        ({"stringValue": None, "value": None}, "no_label"),
        ({"source": "DREAM"}, "wrong_type"),
        ({"timestamp": "noon"}, "bad_time"),
    ],
)
def test_a_score_that_is_no_verdict_is_refused(
    book_of: Callable[..., Book], change: dict[str, Any], reason: str
) -> None:
    book = book_of([SCORE, SCORE | change], **MAPPING)
    assert [one.reason for one in book.refused] == [reason]
    assert len(book.given) == 1


def test_the_scores_that_there_are_are_named_where_none_is_the_one(book_of: Callable[..., Book]) -> None:
    with pytest.raises(ConfigError, match="nothing in it answers 'verdict', but 'quality'"):
        book_of([SCORE])
