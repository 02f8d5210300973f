"""One row of the agent analytics table: what happened, when, in which span, with its JSON columns opened."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.ids import content_id
from workbench.loaders.batch import Refused
from workbench.loaders.reading.fields import Fields
from workbench.loaders.reading.moments import Moment, read_iso
from workbench.loaders.reading.parts import as_object
from workbench.loaders.reading.quoting import unpacked
from workbench.loaders.reading.strict import dump_sorted

_JSON = ("content", "content_parts", "attributes", "latency_ms")
"""Columns that are JSON, which exports write as a text."""
_SPAN_ID_ASSUMED = "a row without a span id is a span of its own: its id follows from its content"
_TRACE_ID_ASSUMED = "a row without a trace id belongs to the trace of its invocation"


class Row(NamedTuple):
    """One row; what of it fills a column is taken from its fields, and the rest stays."""

    fields: Fields
    content: Fields
    attributes: Fields
    event_type: str
    event_id: str
    trace_id: str
    span_id: str
    at: int | None
    """Microseconds since 1970, UTC."""
    total_ms: float | None
    """How long it took, as recorded."""
    refusal: Callable[[RecordError], Refused]

    @property
    def is_error(self) -> bool:
        """True if the row says that something failed."""
        return self.fields.record.get("status") == "ERROR"

    def has_type(self, *names: str) -> bool:
        """Return whether the row is of one of these types; `LLM_` stands for all that begin so."""
        begun = tuple(name for name in names if name.endswith("_"))
        return self.event_type in names or self.event_type.startswith(begun)


def read_row(value: Any, refusal: Callable[[RecordError], Refused]) -> Row:
    """Return the row of a record.

    Raises
    ------
    RecordError
        If it is no object, names neither trace nor invocation, or its time, type or latency is none.
    """
    if not isinstance(value, dict):
        raise RecordError("a row is no object")
    record = {name: unpacked(entry) if name in _JSON else entry for name, entry in value.items()}
    fields = Fields(record)
    content, attributes = _inner(record, "content"), _inner(record, "attributes")
    fields.pass_over(*(name for name in ("content", "attributes") if isinstance(record.get(name), dict)))
    invocation_id = fields.record.get("invocation_id")
    trace_id = fields.text("trace_id", column="trace_id")
    if trace_id is None and isinstance(invocation_id, str) and invocation_id:
        fields.assume(_TRACE_ID_ASSUMED)
        trace_id = invocation_id
    if trace_id is None:
        raise RecordError("there is neither trace_id nor invocation_id", reason="no_id")
    span_id = fields.text("span_id", column="span_id")
    fields.assume(_SPAN_ID_ASSUMED if span_id is None else None)
    return Row(
        fields=fields,
        content=content,
        attributes=attributes,
        event_type=_word(record, "event_type"),
        event_id=_word(record, "event_id"),
        trace_id=trace_id,
        span_id=span_id or content_id("spn", dump_sorted(value)),
        at=fields.moment(_moment(record.get("timestamp"))),
        total_ms=_total_ms(fields),
        refusal=refusal,
    )


def left_of(row: Row, said: dict[str, Any]) -> dict[str, Any]:
    """Return what no column has taken of a row; attributes that an earlier row of its span gave alike are left out.

    Parameters
    ----------
    row
        The row.
    said
        Attributes given so far by rows of its span, which are updated.
    """
    attributes = {name: value for name, value in row.attributes.rest().items() if said.get(name) != value}
    said |= attributes
    inner = {"content": row.content.rest(), "attributes": attributes}
    return row.fields.rest() | {name: value for name, value in inner.items() if value}


def _inner(record: Mapping[str, Any], name: str) -> Fields:
    value = record.get(name)
    return Fields(as_object(value), of=f"{name}.")


def _word(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    if value is not None and not isinstance(value, str):
        raise RecordError(f"{name} is no text")
    return value or ""


def _moment(value: Any) -> Moment:
    """Return the time of an ISO text, or of one as BigQuery writes it: `2026-01-05 10:00:00.5 UTC`."""
    if isinstance(value, str) and value.endswith(" UTC"):
        value = f"{value.removesuffix(' UTC')}+00:00"
    return read_iso(value)


def _total_ms(fields: Fields) -> float | None:
    latency = fields.record.get("latency_ms")
    inner = Fields(as_object(latency), of="latency_ms.")
    total_ms = inner.number("total_ms", column="duration_ms")
    fields.include(inner)
    if total_ms is not None and not inner.rest():
        fields.pass_over("latency_ms")
    return total_ms
