"""Label Studio: annotations of people and predictions of models, as JSON (tasks) or JSON_MIN (an annotation each).

What a control of the labelling page was answered with stands under its name: choices, a rating, or a text.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.batch import Rows
from workbench.loaders.mapped.places import find
from workbench.loaders.reading.moments import read_iso
from workbench.loaders.reading.pieces import Piece
from workbench.loaders.reading.strict import is_finite, samples
from workbench.loaders.users import user_id
from workbench.loaders.verdicts.book import Book, Refuse, Said
from workbench.loaders.verdicts.reading import answer_of

_TRACE_IDS = ("data.trace_id", "meta.trace_id", "trace_id", "data.traceId", "traceId", "data.meta.trace_id")
NO_ANSWER = "an annotation without an answer to the question is no verdict"
UNNAMED = "label studio prediction"
"""The annotator of a prediction that names no version of a model."""
_OF_MIN = frozenset({"annotation_id", "annotator", "lead_time"})
_NOT_ASKED = frozenset({*_OF_MIN, "id", "created_at", "updated_at", "agreement"})


def recognises(head: bytes) -> bool:
    """Return whether this is the beginning of a Label Studio export."""
    return any(_is_task(sample) or sample.keys() >= _OF_MIN for sample in samples(head))


def read(piece: Piece, rows: Rows, book: Book) -> None:
    """Add the annotations and predictions of one task, or the annotation of one record of JSON_MIN, to the book."""
    piece.require_single_keys(piece.value)
    if not isinstance(piece.value, dict):
        raise RecordError("a task is no object")
    record = piece.value
    trace_id = _trace_id(record, book.reading.trace_id)
    if not _is_task(record):
        answers = {name: _answers(value) for name, value in record.items() if name not in _NOT_ASKED}
        _say(record, answers, record.get("annotator"), trace_id, rows, book, refuse=partial(piece.refused, part=0))
        return
    of_people, of_models = (_list(record.get(name)) for name in ("annotations", "predictions"))
    for part, one in enumerate([*of_people, *of_models]):
        is_person, refuse = part < len(of_people), partial(piece.refused, part=part)
        try:
            if not isinstance(one, dict):
                raise RecordError("an annotation is no object")
            if one.get("was_cancelled") or one.get("skipped"):
                raise RecordError("an annotation that was skipped is no verdict", reason="skipped")
            who = one.get("completed_by") if is_person else user_id(one.get("model_version")) or UNNAMED
            answers = dict(_results(one))
            _say(one, answers, who, trace_id, rows, book, refuse=refuse, is_person=is_person)
        except RecordError as error:
            rows.refused.append(refuse(error))


def _say(
    one: Mapping[str, Any],
    answers: Mapping[str, tuple[str, ...]],
    who: Any,
    trace_id: str | None,
    rows: Rows,
    book: Book,
    *,
    refuse: Refuse,
    is_person: bool = True,
) -> None:
    reading = book.reading
    book.questions.update(name for name, given in answers.items() if given and name != reading.question)
    if not answers.get(reading.question):
        rows.guessed[NO_ANSWER] += 1
        return
    moment = read_iso(one.get("updated_at") or one.get("created_at"))
    rows.guessed.update({moment.assumed: 1} if moment.assumed else {})
    score: Any = None if is_person else one.get("score")
    said = Said(
        answers=answers[reading.question],
        annotator_kind="HUMAN" if is_person else "LLM",
        annotator=_name(who),
        trace_id=trace_id,
        at=moment.at,
        explanation="; ".join(answers.get(reading.explanation, ())),
        code="; ".join(answers.get(reading.code, ())),
        score=float(score) if is_finite(score) else None,
    )
    book.say(said, refuse=refuse)


def _is_task(record: Mapping[str, Any]) -> bool:
    return "data" in record and bool({"annotations", "predictions"} & record.keys())


def _trace_id(record: Mapping[str, Any], path: str) -> str | None:
    places = (path, f"data.{path}") if path else _TRACE_IDS
    return next((found for one in places if (found := user_id(find(record, one))) is not None), None)


def _name(who: Any) -> str | None:
    """Return who annotated: the address of an account that is given whole, else its number."""
    if isinstance(who, dict):
        return user_id(who.get("email")) or user_id(who.get("username")) or user_id(who.get("id"))
    return user_id(who)


def _results(one: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what each control was answered with."""
    by: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
    for result in _list(one.get("result")):
        if isinstance(result, dict) and isinstance(name := result.get("from_name"), str):
            by[name] += _answers(result.get("value"))
    yield from by.items()


def _answers(value: Any) -> tuple[str, ...]:
    """Return an answer as texts, however it is wrapped."""
    if isinstance(value, list):
        return tuple(text for entry in value for text in _answers(entry))
    if isinstance(value, dict):
        return tuple(text for name in ("choices", "rating", "text", "number") for text in _answers(value.get(name)))
    return (answer_of(value),) if isinstance(value, str | int | float) and value != "" else ()


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
