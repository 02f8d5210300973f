"""OpenInference annotations: the fields of the specification, there and back."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.loaders.verdicts.test_own import unproven, verdicts
from workbench.errors import ConfigError
from workbench.loaders.verdicts import annotation_frame, annotation_of
from workbench.loaders.verdicts.book import Book
from workbench.records import Verdict, verdict_id

Say = Callable[[Book], list[tuple[str, str, str, str]]]
TRACE = "a60d0d229b8cafd44ac3f43cc4be3c6a"
PHOENIX: dict[str, Any] = {
    "id": "VHJhY2VBbm5vdGF0aW9uOjE=",
    "trace_id": TRACE,
    "name": "verdict",
    "annotator_kind": "HUMAN",
    "result": {"label": "confirmed", "score": 0.5, "explanation": "wrong court"},
    "metadata": {"page": 3},
    "identifier": "",
    "source": "APP",
    "user_id": "VXNlcjox",
    "created_at": "2026-03-11T00:00:00+00:00",
    "updated_at": "2026-03-12T00:00:00+00:00",
}
"""As `GET /v1/projects/.../trace_annotations` of Phoenix 20 gives it."""


def test_an_annotation_has_the_fields_of_the_specification_and_no_empty_one() -> None:
    verdict = Verdict(
        id=verdict_id("trace", TRACE, annotator="Ann"),
        target_kind="trace",
        target_id=TRACE,
        detector="tool_error",
        label="rejected",
        explanation="",
        code="slow",
        annotator_kind="HUMAN",
        annotator="Ann",
        identity="os_user",
        at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    annotation = annotation_of(verdict)
    assert annotation.keys() == {"trace_id", "name", "label", "annotator_kind", "identifier", "metadata"}
    assert (annotation["name"], annotation["label"], annotation["identifier"]) == (
        "verdict.tool_error",
        "rejected",
        verdict.id,
    )
    metadata = json.loads(annotation["metadata"])  # the specification: an object as JSON in a text
    assert metadata["workbench_verdict"]["code"] == "slow"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(verdicts().filter(lambda one: one.target_kind == "trace"), min_size=1, max_size=4), st.booleans())
def test_a_verdict_comes_back_whole_as_an_annotation(
    book_of: Callable[..., Book], written: list[Verdict], as_table: bool
) -> None:
    rows = annotation_frame(written).to_dicts() if as_table else [annotation_of(one) for one in written]
    book = book_of(b"".join(msgspec.json.encode(row) + b"\n" for row in rows), form="openinference")
    assert book.refused == []
    assert [one.verdict for one in book.given] == [unproven(one) for one in written]


def test_what_somebody_changed_on_the_server_counts(book_of: Callable[..., Book]) -> None:
    verdict = Verdict(
        id=verdict_id("trace", TRACE, annotator="Ann"),
        target_kind="trace",
        target_id=TRACE,
        label="rejected",
        explanation="",
        code="",
        annotator_kind="HUMAN",
        annotator="Ann",
        identity="os_user",
        at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    (given,) = book_of([annotation_of(verdict) | {"label": "uncertain"}]).given
    assert given.verdict == replace(verdict, label="uncertain", identity="typed")


def test_phoenixs_annotations_are_verdicts_by_their_users(book_of: Callable[..., Book], said_of: Say) -> None:
    book = book_of([PHOENIX], form="openinference")
    assert said_of(book) == [(TRACE, "VXNlcjox", "confirmed", "wrong court")]
    (given,) = book.given
    assert (given.verdict.score, given.verdict.at) == (0.5, datetime(2026, 3, 12, tzinfo=UTC))
    assert book.left["annotation.metadata"] == 1


def test_the_attributes_of_a_span_are_annotations_of_its_trace_or_of_itself(
    book_of: Callable[..., Book], said_of: Say
) -> None:
    span = {
        "name": "chain",
        "context": {"trace_id": TRACE, "span_id": "1ccb9a4f3d25bddf"},
        "attributes": {
            "openinference.span.kind": "CHAIN",
            "annotations.0.annotation.name": "verdict",
            "annotations.0.annotation.label": "confirmed",
            "annotations.0.annotation.annotator_kind": "LLM",
            "annotations.0.annotation.identifier": "judge-v2",
            "evaluations.0.evaluation.name": "verdict",
            "evaluations.0.evaluation.score": 0,
            "evaluations.0.evaluation.annotator_kind": "CODE",
            "evaluations.0.evaluation.identifier": "lint",
            "trace.annotations.1.annotation.name": "verdict",
            "trace.annotations.1.annotation.label": "uncertain",
            "trace.annotations.1.annotation.annotator_kind": "HUMAN",
            "trace.annotations.1.annotation.identifier": "Ben",
        },
    }
    book = book_of([span, {"name": "bare", "context": {}, "attributes": {}}], labels={"rejected": [0]})
    assert said_of(book) == [
        (TRACE, "judge-v2", "confirmed", ""),
        (TRACE, "lint", "rejected", ""),
        (TRACE, "Ben", "uncertain", ""),
    ]
    assert book.guessed["a span without an annotation is no verdict"] == 1


def test_an_annotation_of_a_span_waits_for_its_trace(book_of: Callable[..., Book], said_of: Say) -> None:
    of_span = {name: value for name, value in PHOENIX.items() if name != "trace_id"}
    book = book_of([of_span | {"span_id": "s1"}, of_span | {"span_id": "s2"}])
    assert [said.span_id for said, _ in book.of_spans] == ["s1", "s2"]
    book.place({"s1": TRACE})
    assert said_of(book) == [(TRACE, "VXNlcjox", "confirmed", "wrong court")]
    assert [one.reason for one in book.refused] == ["no_id"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"annotator_kind": "USER"}, "wrong_type"),
        ({"trace_id": None, "session_id": "s1"}, "no_id"),
        ({"user_id": None, "identifier": None}, "no_annotator"),
        ({"result": {"label": "great"}}, "unknown_label"),
        ({"result": {}}, "no_label"),
        ({"result": {"score": "much"}}, "wrong_type"),
    ],
)
def test_an_annotation_that_is_no_verdict_is_refused(
    book_of: Callable[..., Book], change: dict[str, Any], reason: str
) -> None:
    book = book_of([PHOENIX, PHOENIX | change])
    assert [one.reason for one in book.refused] == [reason]
    assert len(book.given) == 1


def test_the_names_of_other_annotations_are_told_where_none_is_the_one(book_of: Callable[..., Book]) -> None:
    with pytest.raises(ConfigError, match="nothing in it answers 'verdict', but 'correctness'"):
        book_of([PHOENIX | {"name": "correctness"}])
    assert len(book_of([PHOENIX | {"name": "correctness"}], read={"question": "correctness"}).given) == 1
