"""Feedback that a chat log carries in its records, or a table of its own holds, as signals: thumbs, scores, edits."""

from collections.abc import Mapping
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.batch import Rows
from workbench.loaders.mapped.mapping import SignalMapping
from workbench.loaders.mapped.readings import Readings
from workbench.loaders.reading.fields import is_empty
from workbench.loaders.reading.messages import text_of
from workbench.loaders.reading.strict import dump_sorted, is_finite
from workbench.loaders.users import user_id
from workbench.stats.distance import changed_share

_HUMAN_ASSUMED = "feedback without an annotator_kind in the mapping is read as said by a HUMAN"
_LABEL_ASSUMED = "a value in words is read as a label"
_AT_ASSUMED = "a signal without a time of its own has the time of its record"
_SAYS = ("value", "label", "comment", "kept")


def add_mapped_signal(
    signal: SignalMapping, record: Readings, span: Mapping[str, Any], rows: Rows, *, beside: Mapping[str, Any]
) -> bool:
    """Add one statement of a record to the rows, if the record makes it; return whether it does.

    Parameters
    ----------
    signal, record
        The statement, and the record that may make it.
    span
        The columns of the record's own span; empty where it has none.
    rows
        Where the signal goes.
    beside
        What else the record says, for the signal's attributes.

    Raises
    ------
    RecordError
        If its value is a word without a number in the mapping, or the record does not say what it is about.
    """
    found = {name: record.take(path, f"signals.{name}") for name, path in signal.paths.items()}
    if all(is_empty(found.get(name)) for name in _SAYS):
        return False
    value, label = _value(signal, found, record)
    raw_user = user_id(found.get("user_id"))
    annotator_kind = signal.annotator_kind
    if annotator_kind is None and signal.kind == "feedback":
        annotator_kind = "HUMAN"
        record.assume(_HUMAN_ASSUMED)
    rows.add_signal(
        {
            **_target(signal, found, span, rows),
            "kind": signal.kind,
            "name": signal.name,
            "value": value,
            "label": label,
            "comment": text_of(found.get("comment")) or None,
            "annotator_kind": annotator_kind,
            "annotator": signal.annotator if raw_user is None else rows.context.key_user(raw_user),
            "at": _at(found, record, span),
            "attributes": dump_sorted({**beside, **_texts(found)}),
        }
    )
    return True


def _texts(found: Mapping[str, Any]) -> dict[str, str]:
    """Return the two texts of an edit, as far as they are there."""
    return {name: text for name in ("kept", "original") if (text := text_of(found.get(name))) is not None}


def _value(signal: SignalMapping, found: Mapping[str, Any], record: Readings) -> tuple[float | None, str | None]:
    raw, label = found.get("value"), text_of(found.get("label")) or None
    texts = _texts(found)
    if is_empty(raw) and signal.kind == "edit" and len(texts) == len(("kept", "original")):
        return changed_share(texts["original"], texts["kept"]), label
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


def _target(
    signal: SignalMapping, found: Mapping[str, Any], span: Mapping[str, Any], rows: Rows
) -> dict[str, str | None]:
    """Return what a signal is about: what the mapping names, else the record's own span, trace, session or user."""
    named = user_id(found.get("target_id"))
    if "target_id" not in signal.paths:
        target_id = span.get("user_key" if signal.target == "user" else f"{signal.target}_id")
    else:
        target_id = rows.context.key_user(named) if named is not None and signal.target == "user" else named
    trace_id = target_id if signal.target == "trace" else text_of(found.get("trace_id")) or span.get("trace_id")
    if target_id is None or (signal.target == "span" and trace_id is None):
        raise RecordError(f"signals.{signal.name}: the record does not name its {signal.target}", reason="no_id")
    is_of_trace = signal.target in ("span", "trace")
    return {"target_kind": signal.target, "target_id": target_id, "trace_id": trace_id if is_of_trace else None}


def _at(found: Mapping[str, Any], record: Readings, span: Mapping[str, Any]) -> int | None:
    if not is_empty(found.get("at")):
        return record.moment("at", found["at"])
    at: int | None = span.get("started_at") if span.get("ended_at") is None else span["ended_at"]
    record.assume(_AT_ASSUMED if at is not None else None)
    return at
