"""Argilla: responses of people and suggestions of models, as records are exported to JSON or to a table.

JSON nests them by question; a table (`to_datasets`, then Parquet or JSON lines) has a column for the values of each
question's responses, one for who gave them and one for their status. Neither says when a response was given.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.batch import Rows
from workbench.loaders.mapped.places import find
from workbench.loaders.reading.fields import is_empty
from workbench.loaders.reading.pieces import Piece
from workbench.loaders.reading.quoting import unpacked
from workbench.loaders.reading.strict import is_finite, samples
from workbench.loaders.users import user_id
from workbench.loaders.verdicts.book import Book, Said
from workbench.loaders.verdicts.reading import answer_of

_TRACE_IDS = ("metadata.trace_id", "fields.trace_id", "trace_id", "metadata.traceId", "traceId")
BY_ID = "the record's id is read as the trace's"
NO_STATUS = "a response that names no status is read as submitted"
NO_RESPONSE = "a record without an answer to the question is no verdict"
UNNAMED = "argilla suggestion"
"""The annotator of a suggestion that names no agent."""


class _Answered(NamedTuple):
    """What one person or model answered to each question of a record."""

    answers: dict[str, Any]
    status: str
    score: float | None = None


def recognises(head: bytes) -> bool:
    """Return whether this is the beginning of an Argilla export."""
    return any(
        {"fields", "responses", "suggestions"} <= sample.keys()
        or ("_server_id" in sample and any(name.endswith(".responses") for name in sample))
        for sample in samples(head)
    )


def read(piece: Piece, rows: Rows, book: Book) -> None:
    """Add the responses and suggestions of one record to the book."""
    piece.require_single_keys(piece.value)
    if not isinstance(piece.value, dict):
        raise RecordError("a record is no object")
    record, reading = piece.value, book.reading
    people, models = dict(_responses(record)), dict(_suggestions(record))
    book.questions.update(
        name for one in (*people.values(), *models.values()) for name in one.answers if name != reading.question
    )
    trace_id = _trace_id(record, reading.trace_id, rows)
    n_said = 0
    for part, (who, one) in enumerate([*people.items(), *models.items()]):
        if reading.question not in one.answers:
            continue
        n_said += 1
        refuse = partial(piece.refused, part=part)
        try:
            if who in people and not one.status:
                rows.guessed[NO_STATUS] += 1
            if one.status not in ("", "submitted"):
                raise RecordError(f"a response that is {one.status} is no verdict", reason="not_submitted")
            said = Said(
                answers=_texts(one.answers[reading.question]),
                annotator_kind="HUMAN" if who in people else "LLM",
                annotator=who,
                trace_id=trace_id,
                explanation="; ".join(_texts(one.answers.get(reading.explanation))),
                code="; ".join(_texts(one.answers.get(reading.code))),
                score=one.score,
            )
            book.say(said, refuse=refuse)
        except RecordError as error:
            rows.refused.append(refuse(error))
    if not n_said:
        rows.guessed[NO_RESPONSE] += 1


def _trace_id(record: Mapping[str, Any], path: str, rows: Rows) -> str | None:
    for one in (path,) if path else _TRACE_IDS:
        if (found := user_id(find(record, one))) is not None:
            return found
    own = user_id(record.get("id")) if not path else None
    rows.guessed.update({BY_ID: 1} if own is not None else {})
    return own


def _responses(record: Mapping[str, Any]) -> Iterator[tuple[str, _Answered]]:
    """Yield who answered, and what to each question."""
    by: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    statuses: dict[str, str] = {}
    for question, who, value, status in (*_nested(record), *_flat(record)):
        by[who][question] = value
        statuses[who] = status if status in ("draft", "discarded") else "submitted" if status else ""
    yield from ((who, _Answered(answers, statuses[who])) for who, answers in by.items())


def _nested(record: Mapping[str, Any]) -> Iterator[tuple[str, str, Any, str]]:
    responses = unpacked(record.get("responses"))
    for question, given in responses.items() if isinstance(responses, dict) else ():
        for one in given if isinstance(given, list) else ():
            if isinstance(one, dict):
                yield question, str(one.get("user_id") or ""), one.get("value"), str(one.get("status") or "")


def _flat(record: Mapping[str, Any]) -> Iterator[tuple[str, str, Any, str]]:
    for name, given in record.items():
        if not name.endswith(".responses") or not isinstance(values := unpacked(given), list):
            continue
        users, statuses = (_list(record.get(f"{name}.{of}"), len(values)) for of in ("users", "status"))
        for value, who, status in zip(values, users, statuses, strict=True):
            yield name.removesuffix(".responses"), str(who or ""), value, str(status or "")


def _list(given: Any, n: int) -> list[Any]:
    """Return a column beside the values; where it is not as long, nobody can say whose is whose."""
    values = unpacked(given)
    return values if isinstance(values, list) and len(values) == n else [None] * n


def _suggestions(record: Mapping[str, Any]) -> Iterator[tuple[str, _Answered]]:
    by: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    scores: dict[str, float] = {}
    for question, value, agent, score in (*_nested_suggestions(record), *_flat_suggestions(record)):
        if not is_empty(value):
            who = user_id(agent) or UNNAMED
            by[who][question] = value
            scores.update({who: float(score)} if is_finite(score) else {})
    yield from ((who, _Answered(answers, "", scores.get(who))) for who, answers in by.items())


def _nested_suggestions(record: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any, Any]]:
    suggestions = unpacked(record.get("suggestions"))
    for question, one in suggestions.items() if isinstance(suggestions, dict) else ():
        if isinstance(one, dict):
            yield question, one.get("value"), one.get("agent"), one.get("score")


def _flat_suggestions(record: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any, Any]]:
    for name, value in record.items():
        if name.endswith(".suggestion"):
            yield name.removesuffix(".suggestion"), value, record.get(f"{name}.agent"), record.get(f"{name}.score")


def _texts(value: Any) -> tuple[str, ...]:
    """Return an answer as texts: a label, a number, or a list of labels."""
    values = value if isinstance(value, list) else [value]
    return tuple(answer_of(one) for one in values if isinstance(one, str | int | float) and one != "")
