"""Verdicts as rows: what is written is read as it was, and what is wrong is refused alone."""

import json
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import msgspec
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.loaders.verdicts import frame_of, row_of
from workbench.loaders.verdicts.book import Book
from workbench.records import Verdict, verdict_id

words = st.text(max_size=30)
names = st.text(min_size=1, max_size=20)
targets: dict[str, tuple[Any, ...]] = {
    "trace": ("confirmed", "rejected", "uncertain", "withdrawn"),
    "issue": ("confirmed", "rejected", "uncertain", "withdrawn"),
    "cluster": ("confirmed", "rejected", "withdrawn"),
    "cause": ("confirmed", "rejected", "uncertain", "edited", "split", "merge", "withdrawn"),
}


@st.composite
def verdicts(draw: st.DrawFn) -> Verdict:
    """Any verdict that the record allows."""
    target_kind: Any = draw(st.sampled_from(sorted(targets)))
    label = draw(st.sampled_from(targets[target_kind]))
    of_what: dict[str, Any] = {
        "cluster_id": draw(st.none() | names),
        "annotator": draw(names),
        "review_id": draw(st.none() | names),
        "is_adjudication": draw(st.booleans()),
    }
    target_id = draw(names)
    return Verdict(
        id=verdict_id(target_kind, target_id, **of_what | ({"cluster_id": None} if target_kind == "cluster" else {})),
        target_kind=target_kind,
        target_id=target_id,
        **of_what,
        detector=draw(st.none() | names),
        detector_version=draw(st.none() | st.integers(0, 1000)),
        label=label,
        score=draw(st.none() | st.floats(0, 1)),
        explanation=draw(words),
        code=draw(words),
        statement=tuple(draw(st.lists(words, min_size=2 if label == "split" else 0, max_size=4))),
        same_as=draw(names if label == "merge" else st.none() | names),
        category=draw(st.none() | names),
        severity=draw(st.sampled_from([None, "low", "medium", "high"])),
        is_flagged=draw(st.booleans()),
        is_undo=draw(st.booleans()),
        n_checked=draw(st.integers(0, 100)),
        n_agreed=draw(st.integers(0, 100)),
        annotator_kind=draw(st.sampled_from(["HUMAN", "LLM", "CODE"])),
        identity=draw(st.sampled_from(["program", "os_user", "typed", "database_role", "hub_token"])),
        at=draw(st.datetimes(datetime(1971, 1, 1), datetime(2026, 3, 31), timezones=st.just(UTC))),
        seen=draw(words),
    )


any_file = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@any_file
@given(st.lists(verdicts(), min_size=1, max_size=5))
def test_every_field_comes_back_from_json_lines(book_of: Callable[..., Book], written: list[Verdict]) -> None:
    content = b"".join(msgspec.json.encode(row_of(one)) + b"\n" for one in written)
    check(book_of(content, form="verdicts"), written)


@any_file
@given(st.lists(verdicts(), min_size=1, max_size=5))
def test_every_field_comes_back_from_parquet(book_of: Callable[..., Book], written: list[Verdict]) -> None:
    content = BytesIO()
    frame_of(written).write_parquet(content)
    check(book_of(content.getvalue(), form="verdicts"), written)


def check(book: Book, written: list[Verdict]) -> None:
    """All but how the names were obtained is as it was."""
    assert book.refused == []
    assert [one.verdict for one in book.given] == [unproven(one) for one in written]


def unproven(verdict: Verdict) -> Verdict:
    """Return what is left of a verdict's claims: a program's stays a program's, every other name is a typed one."""
    return replace(verdict, identity="program" if verdict.identity == "program" else "typed")


def test_a_frame_has_a_column_for_every_field_and_their_types() -> None:
    frame = frame_of([])
    assert frame.columns == [entry.name for entry in fields(Verdict)]
    typed = {
        "at": pl.Datetime("us", "UTC"),
        "statement": pl.List(pl.String),
        "is_undo": pl.Boolean,
        "n_checked": pl.Int64,
    }
    assert {name: frame.schema[name] for name in typed} == typed


ROW = {
    "target_kind": "trace",
    "target_id": "t1",
    "label": "confirmed",
    "annotator_kind": "HUMAN",
    "annotator": "Ann",
    "at": "2026-03-01T00:00:00Z",
}


def test_a_row_may_be_written_by_hand(book_of: Callable[..., Book]) -> None:
    (given,) = book_of([ROW]).given
    assert given.verdict.id == verdict_id("trace", "t1", annotator="Ann")
    assert (given.verdict.explanation, given.verdict.code, given.verdict.is_flagged) == ("", "", False)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": "ver_of_somebody_else"}, "wrong_id"),
        ({"annotator": ""}, "no_id"),
        ({"target_id": None}, "no_id"),
        ({"label": "maybe"}, "wrong_type"),
        ({"label": "edited"}, "wrong_type"),
        ({"target_kind": "user"}, "wrong_type"),
        ({"score": 1.5}, "wrong_type"),
        ({"score": "high"}, "wrong_type"),
        ({"is_flagged": "yes"}, "wrong_type"),
        ({"statement": "one"}, "wrong_type"),
        ({"annotator_kind": None}, "wrong_type"),
        ({"at": "yesterday"}, "bad_time"),
        ({"at": "2026-04-01T00:00:00.000001Z"}, "bad_time"),
    ],
)
def test_a_wrong_row_is_refused_with_its_bytes_and_its_neighbours_stay(
    book_of: Callable[..., Book], change: dict[str, Any], reason: str
) -> None:
    book = book_of(b"".join(json.dumps(row).encode() + b"\n" for row in (ROW, ROW | change, ROW)))
    assert len(book.given) == 2
    (refused,) = book.refused
    assert refused.reason == reason
    assert json.loads(refused.raw) == ROW | change
    assert "maybe" not in refused.detail  # a fault is told without the record's own text


def test_a_line_that_is_no_json_or_gives_a_key_twice_is_refused(book_of: Callable[..., Book]) -> None:
    good = json.dumps(ROW).encode()
    book = book_of(good + b'\n{"target_kind": \n' + good[:-1] + b', "label": "rejected"}\n' + good + b"\n")
    assert [one.reason for one in book.refused] == ["not_json", "duplicate_key"]
    assert len(book.given) == 2


def test_a_row_without_a_time_is_of_the_import_and_said_to_be(book_of: Callable[..., Book]) -> None:
    book = book_of([{**ROW, "at": None}])
    assert [(one.is_timed, one.verdict.at) for one in book.given] == [(False, book.now)]
    assert book.guessed == {"a verdict without a time is of the time of its import": 1}


def test_fields_that_a_verdict_does_not_have_are_told(book_of: Callable[..., Book]) -> None:
    assert book_of([{**ROW, "mood": "good", "weather": None}]).left == {"mood": 1}


def test_personal_data_in_words_is_redacted_and_counted_and_an_annotators_name_stays(
    book_of: Callable[..., Book],
) -> None:
    row = {**ROW, "annotator": "ann@example.com", "explanation": "ask ben@example.org", "code": "user_id='ben'"}
    book = book_of([row], is_redacted=True)
    (given,) = book.given
    assert (given.verdict.annotator, given.verdict.explanation) == ("ann@example.com", "ask [email]")
    assert "'ben'" not in given.verdict.code
    assert "usr_" in given.verdict.code
    assert book.redacted == {"email": 1}
