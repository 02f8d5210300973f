"""Label Studio's exports: JSON by tasks, and JSON_MIN as its converter 2.1 makes it of the same annotations."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from workbench.loaders.verdicts.book import Book

Say = Callable[[Book], list[tuple[str, str, str, str]]]
MAPPING: dict[str, dict[str, Any]] = {
    "read": {"question": "quality", "explanation": "why"},
    "labels": {"confirmed": ["bad"], "rejected": ["good"]},
}


def result(name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"id": "a", "from_name": name, "to_name": "text", "type": kind, "value": value}


TASKS: list[dict[str, Any]] = [
    {
        "id": 1,
        "data": {"text": "Q1", "trace_id": "t1"},
        "annotations": [
            {
                "id": 11,
                "completed_by": {"id": 7, "email": "ann@example.com", "first_name": "Ann", "last_name": "B"},
                "result": [
                    result("quality", "choices", {"choices": ["bad"]}),
                    result("why", "textarea", {"text": ["wrong court"]}),
                    result("stars", "rating", {"rating": 2}),
                ],
                "was_cancelled": False,
                "ground_truth": False,
                "created_at": "2026-03-01T10:00:00.000000Z",
                "updated_at": "2026-03-01T10:05:00.000000Z",
                "lead_time": 4.2,
            },
            {
                "id": 12,
                "completed_by": 8,
                "result": [result("quality", "choices", {"choices": ["good"]})],
                "was_cancelled": False,
                "created_at": "2026-03-01T11:00:00.000000Z",
                "updated_at": "2026-03-01T11:00:00.000000Z",
            },
            {"id": 13, "completed_by": 9, "result": [], "was_cancelled": True},
        ],
        "predictions": [
            {
                "id": 1,
                "model_version": "judge 1",
                "score": 0.8,
                "created_at": "2026-03-01T09:00:00.000000Z",
                "result": [result("quality", "choices", {"choices": ["bad"]})],
            }
        ],
    },
    {
        "id": 2,
        "data": {"text": "Q2", "trace_id": "t2"},
        "annotations": [
            {
                "id": 14,
                "completed_by": 8,
                "result": [
                    result("quality", "choices", {"choices": ["bad", "good"]}),
                    result("stars", "rating", {"rating": 5}),
                ],
                "was_cancelled": False,
                "created_at": "2026-03-01T12:00:00.000000Z",
            }
        ],
        "predictions": [],
    },
]
MIN: list[dict[str, Any]] = [
    {
        "text": "Q1",
        "trace_id": "t1",
        "id": 1,
        "quality": "good",
        "annotator": 8,
        "annotation_id": 12,
        "created_at": "2026-03-01T11:00:00.000000Z",
        "updated_at": "2026-03-01T11:00:00.000000Z",
        "lead_time": 1.0,
    },
    {
        "text": "Q1",
        "trace_id": "t1",
        "id": 1,
        "quality": "bad",
        "why": "wrong court",
        "stars": [{"rating": 2}],
        "annotator": "ann@example.com",
        "annotation_id": 11,
        "created_at": "2026-03-01T10:00:00.000000Z",
        "updated_at": "2026-03-01T10:05:00.000000Z",
        "lead_time": 4.2,
    },
    {
        "text": "Q2",
        "trace_id": "t2",
        "id": 2,
        "quality": {"choices": ["bad", "good"]},
        "stars": [{"rating": 5}],
        "annotator": 8,
        "annotation_id": 14,
        "created_at": "2026-03-01T12:00:00.000000Z",
        "updated_at": "2026-03-01T12:00:00.000000Z",
        "lead_time": 2.0,
    },
]
SAID = [("t1", "ann@example.com", "confirmed", "wrong court"), ("t1", "8", "rejected", "")]


def test_annotations_are_of_people_and_predictions_of_models(book_of: Callable[..., Book], said_of: Say) -> None:
    book = book_of(TASKS, form="label_studio", **MAPPING)
    assert said_of(book) == [*SAID, ("t1", "judge 1", "confirmed", "")]
    assert [(one.verdict.annotator_kind, one.verdict.score) for one in book.given] == [
        ("HUMAN", None),
        ("HUMAN", None),
        ("LLM", 0.8),
    ]
    assert book.given[0].verdict.at == datetime(2026, 3, 1, 10, 5, tzinfo=UTC)
    assert all(one.is_timed for one in book.given)
    assert [one.reason for one in book.refused] == ["skipped", "two_labels"]


def test_the_short_form_says_the_same_of_people(book_of: Callable[..., Book], said_of: Say) -> None:
    book = book_of(MIN, form="label_studio", **MAPPING)
    assert sorted(said_of(book)) == sorted(SAID)
    assert [one.reason for one in book.refused] == ["two_labels"]


def test_a_rating_is_a_label_by_its_number(book_of: Callable[..., Book], said_of: Say) -> None:
    mapping: dict[str, Any] = {"read": {"question": "stars"}, "labels": {"confirmed": [1, 2], "rejected": [4, 5]}}
    said = [("t1", "ann@example.com", "confirmed", ""), ("t2", "8", "rejected", "")]
    for content in (TASKS, MIN):
        book = book_of(content, **mapping)
        assert sorted(said_of(book)) == sorted(said)
        assert book.guessed["an annotation without an answer to the question is no verdict"] >= 1


def test_a_task_that_names_no_trace_or_nobody_is_refused(book_of: Callable[..., Book]) -> None:
    nameless = {**TASKS[0], "data": {"text": "Q1"}, "predictions": []}
    nobody = {**TASKS[0], "annotations": [{**TASKS[0]["annotations"][0], "completed_by": None}], "predictions": []}
    book = book_of([nameless, nobody], **MAPPING)
    assert [one.reason for one in book.refused] == ["no_id", "no_id", "skipped", "no_annotator"]
    assert book.given == []
