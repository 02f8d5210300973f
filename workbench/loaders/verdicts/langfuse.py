"""Langfuse's scores as verdicts: those of one name, by whoever gave them.

In ingest a score is a signal about the app. Here a team says that the scores of one name are verdicts of its reviewers:
those then teach detectors and decide, and their author's name is kept as it is.
"""

from functools import partial
from typing import Any

from workbench.errors import RecordError
from workbench.loaders import langfuse
from workbench.loaders.batch import Rows
from workbench.loaders.langfuse.records import record_of
from workbench.loaders.reading.fields import Fields
from workbench.loaders.reading.moments import read_iso
from workbench.loaders.reading.pieces import Piece
from workbench.loaders.reading.strict import is_finite
from workbench.loaders.users import user_id
from workbench.loaders.verdicts.book import AnnotatorKind, Book, Refuse, Said
from workbench.loaders.verdicts.reading import answer_of

recognises = langfuse.recognises
_SAID_BY: dict[str, AnnotatorKind] = {"ANNOTATION": "HUMAN", "EVAL": "LLM", "API": "CODE"}
BY_EVALUATOR = "an evaluator's score without an author is by the evaluator that the score is named after"


def read(piece: Piece, rows: Rows, book: Book) -> None:
    """Add the scores of one record to the book: it is one, or a trace that has some."""
    piece.require_single_keys(piece.value)
    record = record_of(piece.value, "a score")
    trace = record.get("trace")
    within = record.get("scores", trace.get("scores") if isinstance(trace, dict) else None)
    if not isinstance(within, list):
        _add(record, rows, book, partial(piece.refused, part=0))
        return
    for part, score in enumerate(within):
        refuse = partial(piece.refused, part=part)
        try:
            owner = record if not isinstance(trace, dict) else trace
            _add({"traceId": owner.get("id"), **record_of(score, "a score")}, rows, book, refuse)
        except RecordError as error:
            rows.refused.append(refuse(error))


def _add(record: dict[str, Any], rows: Rows, book: Book, refuse: Refuse) -> None:
    fields = Fields(record, of="score.")
    name = fields.identity("name", column="detector")
    if name != book.reading.question:
        book.questions[name] += 1
        rows.guessed["a score of another name is no verdict"] += 1
        return
    kind = _SAID_BY.get(str(fields.raw("source", column="annotator_kind")))
    if kind is None:
        raise RecordError("source is none of ANNOTATION, EVAL, API")
    author = user_id(fields.raw("authorUserId", column="annotator"))
    if author is None and kind != "HUMAN":
        fields.assume(BY_EVALUATOR)
        author = name
    word, value = fields.raw("stringValue", column="label"), fields.raw("value", column="score")
    at = fields.moment(read_iso(fields.raw("timestamp", "createdAt", column="at")))
    answer = word if word not in (None, "") else value
    said = Said(
        answers=() if answer in (None, "") else (answer_of(answer),),
        annotator_kind=kind,
        annotator=author,
        trace_id=fields.text("traceId", column="target_id"),
        at=at,
        explanation=fields.text("comment", column="explanation") or "",
        score=float(value) if word in (None, "") and is_finite(value) else None,
    )
    book.say(said, refuse=refuse)
    fields.report(rows)
