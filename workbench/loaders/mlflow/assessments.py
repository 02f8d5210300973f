"""One MLflow assessment as a signal: who judged, what they said, and which trace, span or session it is about.

People's feedback is `feedback`, that of judges and programs an evaluation. An expectation is no judgement of the answer
but what the answer should have been: an evaluation without a value, the expectation in its attributes. So is an
assessment that a later one overrides: it is kept, and counts for nothing.
"""

from collections.abc import Mapping
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.batch import Rows
from workbench.loaders.mlflow.values import SPAN_BYTES, TRACE_BYTES, id_of, said_in
from workbench.loaders.reading.fields import Fields, number
from workbench.loaders.reading.moments import read_ms_or_iso
from workbench.loaders.reading.parts import as_object
from workbench.loaders.reading.pushed import is_own
from workbench.loaders.reading.strict import dump_sorted
from workbench.loaders.users import user_id

_SAID_BY = {"HUMAN": "HUMAN", "LLM_JUDGE": "LLM", "AI_JUDGE": "LLM", "CODE": "CODE"}
_UNNAMED = "default"
"""What MLflow writes where nobody said who judged."""
_SESSION = "mlflow.trace.session"
HUMAN_ASSUMED = "a HUMAN feedback is read as a user's"
OVERRIDDEN = "an assessment that a later one overrides is kept without a value"


def add_assessment(rows: Rows, record: Any, *, trace_id: str | None) -> None:
    """Add the signal of one assessment to the rows.

    Raises
    ------
    RecordError
        If it is no object, has no name or no target, or its time is none.
    """
    if not isinstance(record, dict):
        raise RecordError("an assessment is no object")
    fields = Fields(record, of="assessment.")
    source = record.get("source")
    said_by = Fields(as_object(source), of="assessment.source.")
    annotator_kind = _SAID_BY.get(str(said_by.record.get("source_type")).upper())
    if annotator_kind is not None:
        said_by.raw("source_type", column="annotator_kind")
    feedback = record.get("feedback")
    is_feedback = isinstance(feedback, dict)
    is_said = is_feedback and record.get("valid") is not False
    is_from_user = is_said and annotator_kind == "HUMAN" and not is_own(record.get("metadata"))
    fields.assume(HUMAN_ASSUMED if is_from_user else None)
    signal = {
        **_target(fields, trace_id),
        "kind": "feedback" if is_from_user else "evaluation",
        "name": fields.identity("assessment_name", "name", column="name"),
        **_said(fields, feedback if is_feedback else None),
        "annotator_kind": annotator_kind,
        "annotator": _annotator(said_by, annotator_kind, rows),
        "at": _time(fields),
    }
    fields.pass_over("source")
    fields.include(said_by)
    rest = fields.rest() | ({"source": said_by.rest()} if said_by.rest() else {})
    if source is not None and not isinstance(source, dict):
        rest["source"] = source
    if "expectation" in rest:
        rest["expectation"] = expectation_of(rest["expectation"])
    own_id = record.get("trace_id")
    if isinstance(own_id, str) and signal["trace_id"] not in (None, id_of(own_id, n_bytes=TRACE_BYTES)):
        rest["trace_id"] = own_id
    rows.add_signal(signal | {"attributes": dump_sorted(rest)})
    fields.report(rows)


def _target(fields: Fields, trace_id: str | None) -> dict[str, str | None]:
    own_id = fields.text("trace_id", "request_id", column="trace_id")
    span_id = fields.text("span_id", column="target_id")
    metadata = fields.record.get("metadata")
    of_session = metadata.get(_SESSION) if isinstance(metadata, dict) else None
    if isinstance(of_session, str) and of_session and span_id is None:
        return {"target_kind": "session", "target_id": of_session, "trace_id": None}
    if trace_id is None and own_id is not None:
        trace_id = id_of(own_id, n_bytes=TRACE_BYTES)
    if trace_id is None:
        raise RecordError("an assessment names no trace", reason="no_id")
    if span_id is not None:
        return {"target_kind": "span", "target_id": id_of(span_id, n_bytes=SPAN_BYTES), "trace_id": trace_id}
    return {"target_kind": "trace", "target_id": trace_id, "trace_id": trace_id}


def _said(fields: Fields, feedback: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return value, label and comment; what is no feedback, or overridden, stays in the attributes."""
    if feedback is None or fields.record.get("valid") is False:
        fields.assume(None if feedback is None else OVERRIDDEN)
        return {"comment": fields.text("rationale", column="comment") if feedback is None else None}
    value = feedback.get("value")
    inner = Fields(feedback, of="assessment.feedback.")
    said: dict[str, Any] = {"value": None, "label": None, "comment": fields.text("rationale", column="comment")}
    if isinstance(value, str):
        said["label"] = inner.text("value", column="label")
    elif isinstance(value, int | float):
        said["value"] = float(value) if isinstance(value, bool) else number(value, "feedback.value")
        inner.pass_over("value")
    if not inner.rest():
        fields.pass_over("feedback")
    fields.include(inner)
    return said


def _annotator(said_by: Fields, annotator_kind: str | None, rows: Rows) -> str | None:
    """Return who judged: a person keyed, a judge or program by name."""
    name = said_by.record.get("source_id")
    if name == _UNNAMED:
        return None
    raw = user_id(said_by.raw("source_id", column="annotator"))
    return raw if raw is None or annotator_kind in ("LLM", "CODE") else rows.context.key_user(raw)


def _time(fields: Fields) -> int | None:
    value = fields.raw("create_time", "create_time_ms", column="at")
    return fields.moment(read_ms_or_iso(value))


def expectation_of(expectation: Any) -> Any:
    """Return what an expectation says; an object is written as JSON in a text.

    >>> expectation_of({"serialized_value": {"serialization_format": "JSON_FORMAT", "value": '{"a": 1}'}})
    {'a': 1}
    >>> expectation_of({"value": "yes"}), expectation_of({"value": 1, "more": 2})
    ('yes', {'value': 1, 'more': 2})
    """
    if not isinstance(expectation, dict) or len(expectation) != 1:
        return expectation
    wrapped = expectation.get("serialized_value")
    is_json = isinstance(wrapped, dict) and wrapped.get("serialization_format") == "JSON_FORMAT" and len(wrapped) == 2
    return said_in(wrapped.get("value")) if is_json and wrapped else expectation.get("value", expectation)
