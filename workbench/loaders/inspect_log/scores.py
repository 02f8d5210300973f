"""Scores of a sample as signals: what each scorer said, who or what judged, and when.

A score that says right or wrong is an `outcome`, any other an `evaluation`. Inspect's letters are read as its own
metrics read them: C and true are 1, P is 0.5, I, N and false are 0.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.batch import Rows
from workbench.loaders.reading.fields import Fields
from workbench.loaders.reading.messages import text_of
from workbench.loaders.reading.moments import Moment, read_iso
from workbench.loaders.reading.parts import as_object
from workbench.loaders.reading.strict import dump, dump_sorted, is_finite

_LETTERS = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
_WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
_LETTERS_ASSUMED = "a score of C, P, I or N is read as 1, 0.5, 0 or 0"
_MODEL_ASSUMED = "a scorer that calls a model is read as an LLM's judgement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One score, and what the events say about it."""

    scorer: str
    """Its name."""
    score: Any
    at: Moment
    """When it was given."""
    target: Any = None
    """What would have been right."""
    is_by_model: bool = False
    """Whether a model was called to judge."""
    is_on_the_way: bool = False
    """Whether it was given before the sample's end."""


class _Value(NamedTuple):
    """A value of a score as columns."""

    name: str
    number: float | None
    label: str | None
    is_verdict: bool
    """Whether it says right or wrong."""


def add_score(judged: Judged, rows: Rows, *, trace_id: str) -> None:
    """Add a score to the rows: a signal for its value, or for each of its values where it has several.

    Raises
    ------
    RecordError
        If it is no object, or has no value.
    """
    if not isinstance(judged.score, dict):
        raise RecordError("a score is no object")
    fields = Fields(judged.score, of="scores.")
    if "value" not in judged.score:
        raise RecordError("a score has no value")
    values = list(_values(judged.scorer, fields.raw("value", column="value")))
    comment = text_of(fields.raw("explanation", column="comment"))
    edit = _last_edit(judged.score)
    author = edit.get("author")
    at = fields.moment(read_iso(edit["timestamp"]) if isinstance(edit.get("timestamp"), str) else judged.at)
    fields.assume(_LETTERS_ASSUMED if any(value.label in _LETTERS for value in values) else None)
    fields.assume(_MODEL_ASSUMED if judged.is_by_model and not edit else None)
    beside = {"target": judged.target, "intermediate": judged.is_on_the_way}
    attributes = fields.rest() | {name: value for name, value in beside.items() if value}
    for value in values:
        rows.add_signal(
            {
                "target_kind": "trace",
                "target_id": trace_id,
                "trace_id": trace_id,
                "kind": "outcome" if value.is_verdict and not judged.is_on_the_way else "evaluation",
                "name": value.name,
                "value": value.number,
                "label": value.label,
                "comment": comment,
                "annotator_kind": "HUMAN" if edit else "LLM" if judged.is_by_model else "CODE",
                "annotator": author if isinstance(author, str) and author else judged.scorer,
                "at": at,
                "attributes": dump_sorted(attributes),
            }
        )
    fields.report(rows)


def _values(name: str, value: Any) -> Iterator[_Value]:
    """Yield the values of a score; of an object or a list each of its entries under a name of its own."""
    if isinstance(value, dict) and value:
        for part, entry in value.items():
            yield _value(f"{name}.{part}", entry)
    elif isinstance(value, list) and value:
        for place, entry in enumerate(value):
            yield _value(f"{name}.{place}", entry)
    else:
        yield _value(name, value)


def _value(name: str, value: Any) -> _Value:
    if isinstance(value, bool):
        return _Value(name, float(value), None, True)
    if is_finite(value):
        return _Value(name, float(value), None, False)
    if value is None or isinstance(value, float):
        return _Value(name, None, None, False)
    if not isinstance(value, str):
        return _Value(name, None, dump(value), False)
    number = _LETTERS.get(value, _WORDS.get(value.lower()))
    return _Value(name, _number(value) if number is None else number, value, number is not None)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if is_finite(number) else None


def _last_edit(score: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return who set the value by hand, and when; empty if nobody did."""
    history = score.get("history")
    last = history[-1] if isinstance(history, list) and history else None
    provenance = last.get("provenance") if isinstance(last, dict) else None
    return as_object(provenance)
