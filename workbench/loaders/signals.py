"""The project's own lines of signals: what users, reviewers and programs said about traces that are in the store.

Feedback often lies in a database of its own, apart from the telemetry. One JSON object a line is enough to bring it in:
the columns of schemas.SIGNALS, `at` as an ISO text, and `user_id` instead of `annotator` where a user said it. An edit
gives the text that was `kept`, and the `original` where it is at hand: `value` is then the share that was changed.
A fact about a user, such as the tier, is of kind `profile`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.batch import Batch, Context, Rows
from workbench.loaders.reading.fields import Fields
from workbench.loaders.reading.moments import read_iso
from workbench.loaders.reading.pieces import Piece, load_pieces
from workbench.loaders.reading.strict import dump_sorted, samples
from workbench.loaders.source import Source
from workbench.loaders.users import user_id
from workbench.stats.distance import changed_share

TARGET_KINDS = ("span", "trace", "session", "user")
KINDS = ("feedback", "outcome", "evaluation", "edit", "profile")
ANNOTATOR_KINDS = ("HUMAN", "LLM", "CODE")
_MEASURED = "the share of an edit that was changed is measured from its two texts"


def recognises(head: bytes) -> bool:
    """Return whether this is the beginning of a log of signals."""
    return any({"target_kind", "target_id", "name"} <= sample.keys() for sample in samples(head))


def load(source: Source, context: Context) -> Iterator[Batch]:
    """Yield the signals of the file."""
    return load_pieces(source, context, _add_signal)


def _add_signal(piece: Piece, rows: Rows) -> None:
    piece.require_single_keys(piece.value)
    if not isinstance(piece.value, dict):
        raise RecordError("a signal is no object")
    fields = Fields(piece.value)
    kind = choice(fields, "kind", KINDS)
    signal = {
        **_target(fields, rows),
        "kind": kind,
        "name": fields.identity("name", column="name"),
        "value": _changed(fields) if kind == "edit" else fields.number("value", column="value"),
        "label": fields.text("label", column="label"),
        "comment": fields.text("comment", column="comment"),
        **_annotator(fields, rows),
        "at": fields.moment(read_iso(fields.raw("at", column="at"))),
    }
    rows.add_signal(signal | {"attributes": dump_sorted(_attributes(fields))})
    fields.report(rows)


def choice(fields: Fields, name: str, words: tuple[str, ...]) -> str:
    """Return a field that must be one of a few words.

    Raises
    ------
    RecordError
        If it is none of them.
    """
    value = fields.text(name, column=name)
    if value not in words:
        raise RecordError(f"{name} is none of {', '.join(words)}")
    return value


def _changed(fields: Fields) -> float | None:
    """Return the share of an edit that was changed: as it is said, or measured; its texts stay in the attributes."""
    said, original, kept = fields.number("value", column="value"), *map(fields.record.get, ("original", "kept"))
    if said is not None or not (isinstance(original, str) and isinstance(kept, str)):
        return said
    fields.assume(_MEASURED)
    return changed_share(original, kept)


def _target(fields: Fields, rows: Rows) -> dict[str, str | None]:
    target_kind = choice(fields, "target_kind", TARGET_KINDS)
    target_id = fields.identity("target_id", column="target_id")
    if target_kind == "user":
        return {"target_kind": target_kind, "target_id": rows.context.key_user(target_id), "trace_id": None}
    trace_id = fields.text("trace_id", column="trace_id")
    if target_kind == "span" and trace_id is None:
        raise RecordError("a signal on a span has no trace_id", reason="no_id")
    if target_kind == "trace" and trace_id not in (None, target_id):
        raise RecordError("a signal on a trace names another trace_id")
    return {
        "target_kind": target_kind,
        "target_id": target_id,
        "trace_id": target_id if target_kind == "trace" else trace_id,
    }


def _annotator(fields: Fields, rows: Rows) -> dict[str, str | None]:
    said = fields.record.get("annotator_kind")
    raw_user = user_id(fields.raw("user_id", column="annotator"))
    annotator = fields.text("annotator", column="annotator")
    return {
        "annotator_kind": None if said is None else choice(fields, "annotator_kind", ANNOTATOR_KINDS),
        "annotator": annotator if raw_user is None else rows.context.key_user(raw_user),
    }


def _attributes(fields: Fields) -> Mapping[str, Any]:
    attributes = fields.raw("attributes", column="attributes")
    if attributes is not None and not isinstance(attributes, dict):
        raise RecordError("attributes is no object")
    return {**(attributes or {}), **fields.rest()}
