"""One Langfuse score as a signal: who judged, what they said, and which trace, span or session it is about."""

import re
from collections.abc import Mapping
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.batch import Rows
from workbench.loaders.langfuse.records import figure
from workbench.loaders.reading.fields import Fields, number
from workbench.loaders.reading.moments import read_iso
from workbench.loaders.reading.quoting import unpacked
from workbench.loaders.reading.strict import dump_sorted
from workbench.loaders.users import user_id

_FROM_USERS = re.compile(r"feedback|thumb|rating|stars|csat|nps|(?:dis)?like", re.IGNORECASE)
"""Names that apps give to what their users said: the API's scores do not tell users from programs."""
_API_ASSUMED = {
    True: "an API score named like user feedback is read as HUMAN feedback",
    False: "an API score is read as an evaluation by a program",
}
_SAID_BY = {"ANNOTATION": "HUMAN", "EVAL": "LLM"}


def add_score(rows: Rows, record: Mapping[str, Any], *, trace_id: str | None) -> None:
    """Add the signal of one score, its field names in camelCase, to the rows.

    Raises
    ------
    RecordError
        If it has no name or no target, or its value or time is none.
    """
    fields = Fields({**record, "metadata": unpacked(record.get("metadata"))}, of="score.")
    name = fields.identity("name", column="name")
    target = _target(fields, trace_id)
    said = _said(fields)
    kind, annotator_kind = _kinds(fields, name)
    author = user_id(fields.raw("authorUserId", column="annotator"))
    at = fields.moment(read_iso(fields.raw("timestamp", "createdAt", column="at")))
    rows.add_signal(
        {
            **target,
            **said,
            "kind": kind,
            "name": name,
            "annotator_kind": annotator_kind,
            "annotator": None if author is None else rows.context.key_user(author),
            "at": at,
            "attributes": dump_sorted(fields.rest()),
        }
    )
    fields.report(rows)


def _target(fields: Fields, trace_id: str | None) -> dict[str, str | None]:
    trace_id = fields.text("traceId", column="trace_id") or trace_id
    span_id = fields.text("observationId", column="target_id")
    if span_id is not None and trace_id is not None:
        return {"target_kind": "span", "target_id": span_id, "trace_id": trace_id}
    session_id = fields.text("sessionId", column="target_id") if trace_id is None else None
    if session_id is not None:
        return {"target_kind": "session", "target_id": session_id, "trace_id": None}
    if trace_id is None:
        raise RecordError("a score names neither trace nor session", reason="no_id")
    return {"target_kind": "trace", "target_id": trace_id, "trace_id": trace_id}


def _said(fields: Fields) -> dict[str, Any]:
    """Return value, label and comment; the value of a correction is a placeholder, its text is what was said."""
    if fields.record.get("dataType") == "CORRECTION":
        return {"comment": fields.text("longStringValue", column="comment")}
    value = fields.raw("value", column="value")
    value = value if fields.record.get("dataType") == "CATEGORICAL" else figure(value)
    label = fields.text("stringValue", column="label")
    if isinstance(value, str):
        value, label = None, label or value
    return {
        "value": float(value) if isinstance(value, bool) else number(value, "score.value"),
        "label": label,
        "comment": fields.text("comment", "longStringValue", column="comment"),
    }


def _kinds(fields: Fields, name: str) -> tuple[str, str]:
    """Return the signal's kind, and the kind of its annotator."""
    said_by = fields.text("source", column="annotator_kind")
    if fields.record.get("dataType") == "CORRECTION":
        return "edit", "HUMAN"
    if said_by in _SAID_BY:
        return "evaluation", _SAID_BY[said_by]
    is_from_user = bool(_FROM_USERS.search(name))
    fields.assume(_API_ASSUMED[is_from_user])
    return ("feedback", "HUMAN") if is_from_user else ("evaluation", "CODE")
