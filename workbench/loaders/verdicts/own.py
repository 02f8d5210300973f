"""Verdicts as rows of a file: every field under its own name, as JSON lines and Parquet hold them.

What is written is read again as it was, but for two things: a name that somebody had proven is then a typed one, and
personal data in words that were typed elsewhere is redacted as in all that comes in.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import polars as pl

from workbench.errors import RecordError
from workbench.loaders.batch import Rows
from workbench.loaders.reading.fields import is_empty
from workbench.loaders.reading.moments import read_iso
from workbench.loaders.reading.pieces import Piece
from workbench.loaders.reading.strict import samples
from workbench.loaders.verdicts.book import Book, moment_of, unproven
from workbench.records import Verdict, verdict_id
from workbench.schemas import Time

FIELDS = tuple(entry.name for entry in fields(Verdict))
_NEEDED = {"target_kind", "target_id", "label", "annotator"}
_PLACE, _MISSING = re.compile(r"`\$\.(\w+)"), re.compile(r"missing required field `(\w+)`")
_TYPES: Mapping[Any, Any] = {
    str: pl.String,
    float: pl.Float64,
    int: pl.Int64,
    bool: pl.Boolean,
    datetime: Time,
    tuple: pl.List(pl.String),
}


def recognises(head: bytes) -> bool:
    """Return whether this is the beginning of a file of verdicts, written here or by hand; signals have a `kind`."""
    return any(sample.keys() >= _NEEDED and "kind" not in sample for sample in samples(head))


def row_of(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as JSON holds it."""
    row: dict[str, Any] = msgspec.to_builtins(verdict)
    return row


def frame_of(verdicts: Iterable[Verdict]) -> pl.DataFrame:
    """Return verdicts as a frame, one row each, one column a field."""
    rows = [[_cell(getattr(one, name)) for name in FIELDS] for one in verdicts]
    return pl.DataFrame(rows, schema=schema(), orient="row")


def schema() -> pl.Schema:
    """Return the columns of a frame of verdicts: the fields of the record."""
    hints = get_type_hints(Verdict)
    return pl.Schema({name: _TYPES[_kind_of(hints[name])] for name in FIELDS})


def read(piece: Piece, rows: Rows, book: Book) -> None:
    """Add the verdict of one row to the book."""
    piece.require_single_keys(piece.value)
    if not isinstance(piece.value, dict):
        raise RecordError("a verdict is no object")
    moment = read_iso(piece.value.get("at"))
    verdict = verdict_of({**piece.value, "at": book.now if moment.at is None else moment_of(moment.at)})
    if moment.assumed:
        rows.guessed[moment.assumed] += 1
    rows.left.update(name for name, value in piece.value.items() if name not in FIELDS and not is_empty(value))
    is_by_hand = piece.value.get("id") is None  # what is written here has its own
    book.add(verdict, refuse=piece.refused, is_timed=moment.at is not None, is_by_hand=is_by_hand)


def verdict_of(row: Mapping[str, Any]) -> Verdict:
    """Return the verdict that a row says, its annotator's name unproven; an id that is not given is made.

    Raises
    ------
    RecordError
        If a field is missing or wrong, the fields do not fit together, or the id is not that of such a verdict: no_id,
        wrong_type, wrong_id.
    """
    given = {name: value for name, value in row.items() if name in FIELDS and value is not None}
    named = {name: given.get(name) for name in ("target_kind", "target_id", "annotator")}
    if unsaid := [name for name, value in named.items() if not (isinstance(value, str) and value)]:
        said = f"it does not say what is judged, or who judged: {' and '.join(unsaid)} must be text"
        raise RecordError(f"{said}{_allowed(unsaid[0])}", reason="no_id")
    target_kind, target_id, annotator = map(str, named.values())
    cluster_id, review_id = given.get("cluster_id"), given.get("review_id")
    if not all(one is None or isinstance(one, str) for one in (cluster_id, review_id)):
        raise RecordError("cluster_id or review_id is no text")
    own_id = verdict_id(
        target_kind,
        target_id,
        cluster_id=None if target_kind == "cluster" else cluster_id,
        annotator=annotator,
        review_id=review_id,
        is_adjudication=given.get("is_adjudication") is True,
    )
    if given.setdefault("id", own_id) != own_id:
        raise RecordError("its id is not that of a verdict of this annotator on this", reason="wrong_id")
    try:
        return unproven(msgspec.convert({"explanation": "", "code": "", "identity": "typed", **given}, Verdict))
    except msgspec.ValidationError as error:
        raise RecordError(_said(str(error))) from None


def _said(message: str) -> str:
    """Return what is wrong with a row in words that quote nothing of it, as the message may."""
    place, missing = _PLACE.search(message), _MISSING.search(message)
    if missing and missing[1] in FIELDS:
        return f"{missing[1]} is missing{_allowed(missing[1])}"
    if place and place[1] in FIELDS:
        return f"{place[1]} is not what a verdict has there{_allowed(place[1])}"
    return "its fields do not fit together: data/README.md says which labels need which fields"


def _allowed(name: str) -> str:
    """Return the values that a field may have, where these are few."""
    hint = get_type_hints(Verdict)[name]
    choices = [one for part in (hint, *get_args(hint)) if get_origin(part) is Literal for one in get_args(part)]
    return f", one of {', '.join(map(str, choices))}" if choices else ""


def _cell(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _kind_of(hint: Any) -> Any:
    """Return the Python type of a field, without None beside it."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _kind_of(next(one for one in get_args(hint) if one is not type(None)))
    return str if origin is Literal else origin or hint
