"""Argilla's exports, as its client 2.8 writes these records with `to_json`, and as a table with `to_datasets`."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from workbench.loaders.verdicts.book import Book

Say = Callable[[Book], list[tuple[str, str, str, str]]]
ANN, BEN = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"
MAPPING: dict[str, dict[str, Any]] = {
    "read": {"question": "quality", "explanation": "why"},
    "labels": {"confirmed": ["bad"], "rejected": ["Good"]},
}
NESTED: list[dict[str, Any]] = [
    {
        "id": "r1",
        "fields": {"text": "Q1"},
        "metadata": {"trace_id": "t1"},
        "suggestions": {"quality": {"value": "bad", "score": 0.9, "agent": "judge-v1"}},
        "responses": {
            "quality": [{"value": "bad", "user_id": ANN}, {"value": "good", "user_id": BEN}],
            "why": [{"value": "wrong court", "user_id": ANN}],
        },
        "vectors": {},
        "status": "pending",
        "_server_id": None,
    },
    {
        "id": "r2",
        "fields": {"text": "Q2"},
        "metadata": {"trace_id": "t2"},
        "suggestions": {},
        "responses": {"quality": [{"value": "odd", "user_id": ANN}]},
        "vectors": {},
        "status": "pending",
        "_server_id": None,
    },
    {
        "id": "r3",
        "fields": {"text": "Q3"},
        "metadata": {"trace_id": "t3"},
        "suggestions": {},
        "responses": {},
        "vectors": {},
        "status": "pending",
        "_server_id": None,
    },
]
FLAT: list[dict[str, Any]] = [
    {
        "id": "r1",
        "status": "pending",
        "_server_id": None,
        "text": "Q1",
        "trace_id": "t1",
        "quality.responses": ["bad", "good"],
        "quality.responses.users": [ANN, BEN],
        "quality.responses.status": ["submitted", "submitted"],
        "why.responses": ["wrong court"],
        "why.responses.users": [ANN],
        "why.responses.status": ["submitted"],
        "quality.suggestion": "bad",
        "quality.suggestion.score": 0.9,
        "quality.suggestion.agent": "judge-v1",
    },
    {
        "id": "r2",
        "status": "pending",
        "_server_id": None,
        "text": "Q2",
        "trace_id": "t2",
        "quality.responses": ["odd", "bad"],
        "quality.responses.users": [ANN, BEN],
        "quality.responses.status": ["submitted", "draft"],
        "why.responses": None,
        "quality.suggestion": None,
    },
]
SAID = [("t1", ANN, "confirmed", "wrong court"), ("t1", BEN, "rejected", ""), ("t1", "judge-v1", "confirmed", "")]


def test_responses_are_of_people_and_suggestions_of_models(book_of: Callable[..., Book], said_of: Say) -> None:
    book = book_of(NESTED, form="argilla", **MAPPING)
    assert said_of(book) == SAID
    assert [(one.verdict.annotator_kind, one.verdict.score) for one in book.given] == [
        ("HUMAN", None),
        ("HUMAN", None),
        ("LLM", 0.9),
    ]
    assert [one.reason for one in book.refused] == ["unknown_label"]
    assert orjson.loads(book.refused[0].raw) == NESTED[1]
    assert book.guessed == {
        "a record without an answer to the question is no verdict": 1,
        "a response that names no status is read as submitted": 3,
        "a verdict without a time is of the time of its import": 3,
    }


def test_a_table_says_the_same_and_which_responses_are_drafts(book_of: Callable[..., Book], said_of: Say) -> None:
    book = book_of(b"".join(orjson.dumps(row) + b"\n" for row in FLAT), form="argilla", **MAPPING)
    assert said_of(book) == SAID
    assert [one.reason for one in book.refused] == ["unknown_label", "not_submitted"]


def test_a_label_of_no_list_may_be_an_open_code_of_which_nothing_is_sure(book_of: Callable[..., Book]) -> None:
    book = book_of(NESTED, read={**MAPPING["read"], "other_labels": "code"}, labels=MAPPING["labels"])
    odd = next(one.verdict for one in book.given if one.verdict.target_id == "t2")
    assert (odd.label, odd.code) == ("uncertain", "odd")
    assert book.guessed["a label of no list is an open code of an uncertain verdict"] == 1
    assert book.refused == []


def test_several_labels_may_not_mean_two_of_ours(book_of: Callable[..., Book]) -> None:
    answers = [{"value": ["bad", "slow"], "user_id": ANN}, {"value": ["bad", "good"], "user_id": BEN}]
    book = book_of([{**NESTED[0], "responses": {"quality": answers}, "suggestions": {}}], **MAPPING)
    assert [(one.verdict.label, one.verdict.code) for one in book.given] == [("confirmed", "slow")]
    assert [one.reason for one in book.refused] == ["two_labels"]


@pytest.mark.parametrize(
    ("record", "path", "trace_id"),
    [
        ({"metadata": {"request": {"trace": "t9"}}}, "metadata.request.trace", "t9"),
        ({"metadata": {}, "fields": {"trace_id": "t8"}}, "", "t8"),
        ({"metadata": {}}, "", "r1"),
        ({"metadata": {"trace_id": "tr-" + "0f" * 16}}, "", "0f" * 16),
    ],
)
def test_the_trace_is_found_where_the_mapping_says_or_by_its_usual_names(
    book_of: Callable[..., Book], record: dict[str, Any], path: str, trace_id: str
) -> None:
    book = book_of([NESTED[0] | record], read={**MAPPING["read"], **({"trace_id": path} if path else {})})
    assert {one.verdict.target_id for one in book.given} <= {trace_id}
    read = book_of(
        [NESTED[0] | record], read={**MAPPING["read"], **({"trace_id": path} if path else {})}, labels=MAPPING["labels"]
    )
    assert {one.verdict.target_id for one in read.given} == {trace_id}
