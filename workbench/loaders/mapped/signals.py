"""Feedback that a chat log carries in its own records, as signals: thumbs, scores, comments."""

from collections.abc import Mapping
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.batch import Rows
from workbench.loaders.mapped.mapping import SignalMapping
from workbench.loaders.mapped.readings import Readings
from workbench.loaders.reading.fields import is_empty
from workbench.loaders.reading.messages import text_of
from workbench.loaders.reading.strict import is_finite
from workbench.loaders.users import user_id

_HUMAN_ASSUMED = "feedback without an annotator_kind in the mapping is read as said by a HUMAN"
_LABEL_ASSUMED = "a value in words is read as a label"
_AT_ASSUMED = "a signal without a time of its own has the time of its record"


def add_mapped_signal(signal: SignalMapping, record: Readings, span: Mapping[str, Any], rows: Rows) -> None:
    """Add one statement of a record to the rows; nothing where the record does not make it.

    Raises
    ------
    RecordError
        If its value is a word without a number in the mapping, or the record does not say what it is about.
    """
    found = {name: record.take(path, f"signals.{name}") for name, path in signal.paths.items()}
    if all(is_empty(found.get(name)) for name in ("value", "label", "comment")):
        return
    value, label = _value(signal, found, record)
    raw_user = user_id(found.get("user_id"))
    annotator_kind = signal.annotator_kind
    if annotator_kind is None and signal.kind == "feedback":
        annotator_kind = "HUMAN"
        record.assume(_HUMAN_ASSUMED)
    rows.add_signal(
        {
            **_target(signal, span),
            "kind": signal.kind,
            "name": signal.name,
            "value": value,
            "label": label,
            "comment": text_of(found.get("comment")) or None,
            "annotator_kind": annotator_kind,
            "annotator": signal.annotator if raw_user is None else rows.context.key_user(raw_user),
            "at": _at(found, record, span),
            "attributes": "{}",
        }
    )


def _value(signal: SignalMapping, found: Mapping[str, Any], record: Readings) -> tuple[float | None, str | None]:
    raw, label = found.get("value"), text_of(found.get("label")) or None
    if is_empty(raw):
        return None, label
    word = str(raw).lower() if isinstance(raw, bool) else str(raw)
    if word in signal.values:
        return signal.values[word], label
    if isinstance(raw, bool):
        return float(raw), label
    figure = _figure(raw)
    if figure is not None:
        return figure, label
    if signal.values or label is not None or not isinstance(raw, str):
        raise RecordError(f"signals.{signal.name}: value is no number, and no word in its values")
    record.assume(_LABEL_ASSUMED)
    return None, raw


def _figure(raw: Any) -> float | None:
    try:
        figure = float(raw)
    except (TypeError, ValueError, OverflowError):
        return None
    return figure if is_finite(figure) else None


def _target(signal: SignalMapping, span: Mapping[str, Any]) -> dict[str, Any]:
    target_id = span.get(f"{signal.target}_id")
    if target_id is None:
        raise RecordError(f"signals.{signal.name}: the record has no {signal.target}_id", reason="no_id")
    trace_id = None if signal.target == "session" else span["trace_id"]
    return {"target_kind": signal.target, "target_id": target_id, "trace_id": trace_id}


def _at(found: Mapping[str, Any], record: Readings, span: Mapping[str, Any]) -> int | None:
    if not is_empty(found.get("at")):
        return record.moment("at", found["at"])
    at: int | None = span["started_at"] if span["ended_at"] is None else span["ended_at"]
    record.assume(_AT_ASSUMED if at is not None else None)
    return at
