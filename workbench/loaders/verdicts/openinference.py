"""OpenInference annotations: a verdict as others read it, and what others said as verdicts.

An annotation has a name (what was judged), a label, score or explanation, the kind of annotator, an identifier and
metadata, and is attached to a span, a trace or a session. A verdict on a trace fits: what an annotation has no field
for goes into its metadata, from where it is read again. Verdicts on causes, issues and clusters are about nothing that
an annotation can be attached to.

Read are the objects of a file as Phoenix's API and client write them, the same fields in a row, and the flat attributes
of spans (`annotations.0.annotation.label`, also `evaluations`, and with `trace.` in front).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, get_args

import msgspec
import polars as pl

from workbench.errors import RecordError
from workbench.loaders.batch import Rows
from workbench.loaders.reading.fields import Fields
from workbench.loaders.reading.moments import read_iso
from workbench.loaders.reading.parts import as_object
from workbench.loaders.reading.pieces import Piece
from workbench.loaders.reading.pushed import OWN
from workbench.loaders.reading.quoting import unpacked
from workbench.loaders.reading.strict import samples
from workbench.loaders.users import user_id
from workbench.loaders.verdicts.book import AnnotatorKind, Book, Refuse, Said, moment_of
from workbench.loaders.verdicts.own import row_of, verdict_of
from workbench.loaders.verdicts.reading import answer_of
from workbench.records import Verdict

NAME = "verdict"
_KINDS: Mapping[str, AnnotatorKind] = {one: one for one in get_args(AnnotatorKind)}
_SHOWN = frozenset({"label", "score", "explanation", "annotator_kind"})
"""Fields of a verdict that an annotation has itself."""
_SAYS = {"label", "score", "explanation", "result"}
_FLAT = re.compile(r"(?:(trace|session)\.)?(annotations|evaluations)\.(\d+)\.(?:annotation|evaluation)\.(\w+)")


def recognises(head: bytes) -> bool:
    """Return whether this is the beginning of a file of annotations, or of spans that carry some."""
    return any(_is_annotation(sample) or _flat(sample) for sample in samples(head))


def name_of(verdict: Verdict) -> str:
    """Return what an annotation of the verdict is called: with the detector, as each asks another question."""
    return NAME if verdict.detector is None else f"{NAME}.{verdict.detector}"


def rest_of(verdict: Verdict) -> dict[str, Any]:
    """Return what an annotation has no field for."""
    return {
        name: value for name, value in row_of(verdict).items() if name not in _SHOWN and value not in (None, "", [])
    }


def annotation_of(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict on a trace as an annotation: OpenInference's fields, in which what is missing is left out."""
    said = {"label": verdict.label, "score": verdict.score, "explanation": verdict.explanation or None}
    return {
        "trace_id": verdict.target_id,
        "name": name_of(verdict),
        **{name: value for name, value in said.items() if value is not None},
        "annotator_kind": verdict.annotator_kind,
        "identifier": verdict.id,
        "metadata": msgspec.json.encode({OWN: rest_of(verdict)}).decode(),
    }


def annotation_frame(verdicts: Iterable[Verdict]) -> pl.DataFrame:
    """Return verdicts on traces as a frame of annotations, one row each."""
    texts = ("trace_id", "name", "label", "explanation", "annotator_kind", "identifier", "metadata")
    return pl.DataFrame(
        [annotation_of(one) for one in verdicts], schema={**dict.fromkeys(texts, pl.String), "score": pl.Float64}
    )


def read(piece: Piece, rows: Rows, book: Book) -> None:
    """Add the annotations of one record to the book: it is one, or a span that has some."""
    piece.require_single_keys(piece.value)
    if not isinstance(piece.value, dict):
        raise RecordError("an annotation is no object")
    attached = list(_attached(piece.value))
    if not attached and not _is_annotation(piece.value):
        rows.guessed["a span without an annotation is no verdict"] += 1
        return
    for part, annotation in enumerate(attached or [piece.value]):
        refuse = partial(piece.refused, part=part)
        try:
            _add(annotation, rows, book, refuse)
        except RecordError as error:
            rows.refused.append(refuse(error))


def _add(annotation: Mapping[str, Any], rows: Rows, book: Book, refuse: Refuse) -> None:
    result = annotation.get("result")
    fields = Fields({**annotation, **as_object(result)}, of="annotation.")
    fields.pass_over("result")
    metadata = unpacked(fields.record.get("metadata"))
    own = unpacked(metadata.get(OWN)) if isinstance(metadata, dict) else None
    label, score = fields.raw("label", column="label"), fields.number("score", column="score")
    explanation = fields.text("explanation", column="explanation") or ""
    kind = _kind(fields)
    if isinstance(own, dict):
        moment = read_iso(own.get("at"))
        shown: dict[str, Any] = {"label": label, "score": score, "explanation": explanation, "annotator_kind": kind}
        shown["at"] = book.now if moment.at is None else moment_of(moment.at)
        book.add(verdict_of({**own, **shown}), refuse=refuse, is_timed=moment.at is not None)
        return
    name = fields.identity("name", column="detector")
    if name != book.reading.question:
        book.questions[name] += 1
        rows.guessed["an annotation of another name is no verdict"] += 1
        return
    at = fields.moment(read_iso(fields.raw("updated_at", "created_at", "at", column="at")))
    answer = label if label is not None else score
    said = Said(
        answers=() if answer is None else (answer_of(answer),),
        annotator_kind=kind,
        annotator=user_id(fields.raw("annotator", "user_id", "identifier", column="annotator")),
        trace_id=fields.text("trace_id", "traceId", column="target_id"),
        span_id=fields.text("span_id", "spanId", column="target_id"),
        at=at,
        explanation=explanation,
        score=score,
    )
    book.say(said, refuse=refuse)
    fields.report(rows)


def _kind(fields: Fields) -> AnnotatorKind:
    said = fields.raw("annotator_kind", column="annotator_kind")
    if (known := _KINDS.get(str(said))) is None:
        raise RecordError("annotator_kind is none of HUMAN, LLM, CODE")
    return known


def _is_annotation(record: Mapping[str, Any]) -> bool:
    of_what = {"trace_id", "traceId", "span_id", "spanId", "session_id"}
    return {"name", "annotator_kind"} <= record.keys() and bool(_SAYS & record.keys() and of_what & record.keys())


def _flat(record: Mapping[str, Any]) -> Mapping[str, Any]:
    attributes = record.get("attributes")
    held = attributes if isinstance(attributes, dict) else record
    return {name: value for name, value in held.items() if _FLAT.fullmatch(name)}


def _attached(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the annotations that a span carries in its attributes, each with what it is attached to."""
    context = record.get("context")
    ids = {**record, **as_object(context)}
    trace_id, span_id = (next((ids[name] for name in names if ids.get(name)), None) for names in _IDS)
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for name, value in _flat(record).items():
        if match := _FLAT.fullmatch(name):
            scope, form, number, field = match.groups()
            found.setdefault((scope or "", form, number), {})[field] = value
    for (scope, _, _), annotation in found.items():
        if scope != "session":
            yield {**annotation, "trace_id": trace_id, **({} if scope else {"span_id": span_id})}


_IDS = (("trace_id", "traceId", "context.trace_id"), ("span_id", "spanId", "context.span_id"))
