"""Which span of a trace stands for the whole of it: what the trace itself says is given to that one."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar


class HasColumns(Protocol):
    """A span that is not yet a row."""

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of its row, so far."""


SpanT = TypeVar("SpanT", bound=HasColumns)


def root_of(spans: Sequence[SpanT]) -> SpanT:
    """Return the first span whose parent is not among them, those without any parent first."""
    ids = {span.columns["span_id"] for span in spans}

    def order(span: SpanT) -> tuple[int, int]:
        parent = span.columns.get("parent_span_id")
        rank = 0 if parent is None else 1 if parent not in ids else 2
        return rank, span.columns["started_at"] or 0

    return min(spans, key=order)
