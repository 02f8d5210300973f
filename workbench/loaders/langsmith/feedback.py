"""One LangSmith feedback as a signal: who said it, how they scored, and which run, trace or thread it is about.

Users speak through the API, reviewers in LangSmith's app, judges as models: the source tells which, but for the API,
which programs use as well.
"""

import re
from collections.abc import Mapping
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.batch import Rows
from workbench.loaders.reading.fields import Fields, number
from workbench.loaders.reading.moments import read_iso
from workbench.loaders.reading.parts import as_object
from workbench.loaders.reading.quoting import unpacked
from workbench.loaders.reading.strict import dump_sorted
from workbench.loaders.users import user_id

_OBJECTS = frozenset({"feedback_source", "correction", "extra", "feedback_config"})
"""Fields that are no texts: where they are, as in Parquet, the text is their JSON."""
_FROM_USERS = re.compile(r"user[ _-]?score|feedback|thumb|rating|stars|csat|nps|(?:dis)?like", re.IGNORECASE)
"""Keys that apps give to what their users said, which the source tells only where it is LangSmith itself."""
_SAID_BY = {"app": "HUMAN", "model": "LLM", "evaluator": "LLM", "auto_eval": "LLM"}
USER_ASSUMED = "a feedback named like user feedback is read as HUMAN feedback"
API_ASSUMED = "an API feedback is read as an evaluation by a program"
TRACE_ASSUMED = "a feedback without trace_id is read as one on the whole trace"


def add_feedback(rows: Rows, record: Mapping[str, Any]) -> None:
    """Add the signal of one feedback to the rows.

    Raises
    ------
    RecordError
        If it has no key or no target, or its score or time is none.
    """
    fields = Fields(
        {name: unpacked(value) if name in _OBJECTS else value for name, value in record.items()}, of="feedback."
    )
    source = fields.record.get("feedback_source")
    said_by = Fields(as_object(source), of="feedback.feedback_source.")
    name = fields.identity("key", column="name")
    target = _target(fields)
    kind, annotator_kind = _kinds(fields, said_by, name)
    annotator = user_id(said_by.raw("user_id", "user_name", column="annotator"))
    signal = {
        **target,
        **_said(fields),
        "kind": kind,
        "name": name,
        "comment": fields.text("comment", column="comment"),
        "annotator_kind": annotator_kind,
        "annotator": None if annotator is None else rows.context.key_user(annotator),
        "at": fields.moment(read_iso(fields.raw("created_at", column="at"))),
    }
    fields.include(said_by)
    fields.pass_over("feedback_source")
    source_left = {"feedback_source": said_by.rest() if isinstance(source, dict) else source}
    rest = fields.rest() | {name: entry for name, entry in source_left.items() if entry}
    rows.add_signal(signal | {"attributes": dump_sorted(rest)})
    fields.report(rows)


def _target(fields: Fields) -> dict[str, str | None]:
    run_id = fields.text("run_id", column="target_id")
    trace_id = fields.text("trace_id", column="trace_id")
    if run_id is None and trace_id is None:
        thread_id = fields.text("feedback_thread_id", "thread_id", column="target_id")
        if thread_id is None:
            raise RecordError("a feedback names neither run nor trace nor thread", reason="no_id")
        return {"target_kind": "session", "target_id": thread_id, "trace_id": None}
    if run_id is not None and trace_id is not None and run_id != trace_id:
        return {"target_kind": "span", "target_id": run_id, "trace_id": trace_id}
    fields.assume(TRACE_ASSUMED if trace_id is None else None)
    return {"target_kind": "trace", "target_id": trace_id or run_id, "trace_id": trace_id or run_id}


def _said(fields: Fields) -> dict[str, Any]:
    """Return value and label; an object stays in the attributes."""
    score = fields.raw("score", column="value")
    said = fields.record.get("value")
    label = fields.text("value", column="label") if isinstance(said, str) else None
    if score is None and isinstance(said, int | float):
        score = fields.raw("value", column="value")
    return {"value": float(score) if isinstance(score, bool) else number(score, "feedback.score"), "label": label}


def _kinds(fields: Fields, said_by: Fields, name: str) -> tuple[str, str | None]:
    """Return the signal's kind, and the kind of its annotator; None where the source is none that is known."""
    source = said_by.record.get("type")
    if isinstance(source, str) and source in {"api", *_SAID_BY}:
        said_by.raw("type", column="annotator_kind")
    if isinstance(source, str) and source in _SAID_BY:
        return "evaluation", _SAID_BY[source]
    if _FROM_USERS.search(name):
        fields.assume(USER_ASSUMED)
        return "feedback", "HUMAN"
    fields.assume(API_ASSUMED if source == "api" else None)
    return "evaluation", "CODE" if source == "api" else None
