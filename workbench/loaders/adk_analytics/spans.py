"""The rows of one span of the agent analytics table as that span: when it started and ended, what went in and out."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.adk_analytics.columns import call_id_of, columns_of
from workbench.loaders.adk_analytics.rows import Row, left_of
from workbench.loaders.batch import Rows
from workbench.loaders.reading.fields import duration_ms
from workbench.loaders.reading.moments import moved
from workbench.loaders.reading.strict import dump_sorted

KINDS: tuple[tuple[tuple[str, ...], str, str | None], ...] = (
    (("INVOCATION_", "USER_MESSAGE_RECEIVED"), "CHAIN", None),
    (("LLM_",), "LLM", "generate_content"),
    (("TOOL_STARTING", "TOOL_COMPLETED", "TOOL_ERROR"), "TOOL", "execute_tool"),
    (("AGENT_STARTING", "AGENT_COMPLETED", "AGENT_ERROR"), "AGENT", "invoke_agent"),
)
"""Types of rows, and the kind and operation of the span that has one of them; the first that fits."""
STARTS = ("INVOCATION_STARTING", "USER_MESSAGE_RECEIVED", "AGENT_STARTING", "LLM_REQUEST", "TOOL_STARTING")
ENDS = (
    *("INVOCATION_COMPLETED", "INVOCATION_ERROR", "AGENT_COMPLETED", "AGENT_ERROR"),
    *("LLM_RESPONSE", "LLM_ERROR", "TOOL_COMPLETED", "TOOL_ERROR"),
)
START_ASSUMED = "the start of a span without a row for it is its end less its latency"


class _Told(NamedTuple):
    """One row, and what it says in columns."""

    row: Row
    columns: Mapping[str, Any]


def is_apart(row: Row) -> bool:
    """Return whether a row is the late result of a tool, written under the span of the invocation that brought it."""
    return row.has_type("TOOL_COMPLETED") and call_id_of(row) is not None


def add_span(span_rows: Sequence[Row], rows: Rows, *, below: str | None = None) -> None:
    """Add the span of some rows, in the order of their times; a row that does not fit is refused.

    Parameters
    ----------
    span_rows
        Rows of one span.
    rows
        Where the span goes.
    below
        The span that the only row was written under, if it is no part of that.
    """
    told: list[_Told] = []
    for row in span_rows:
        try:
            told.append(_Told(row, columns_of(row, rows)))
        except RecordError as error:
            rows.refused.append(row.refusal(error))
    if not told:
        return
    columns: dict[str, Any] = {}
    for one in told:
        columns |= {name: value for name, value in one.columns.items() if value is not None}
    try:
        columns |= _times(told)
    except RecordError as error:
        rows.refused += [row.refusal(error) for row, _ in told]
        return
    first = told[0].row
    columns |= {
        **_kind(told, columns),
        **_status(told),
        "trace_id": first.trace_id,
        "span_id": first.span_id if below is None else f"{below}:{first.event_id or call_id_of(first)}",
    }
    rows.add_span(
        columns
        | {"parent_span_id": columns.get("parent_span_id") if below is None else below}
        | {"attributes": dump_sorted(_attributes(told, columns))}
    )
    for row, _ in told:
        for fields in (row.fields, row.content, row.attributes):
            fields.report(rows)


def _kind(told: Sequence[_Told], columns: Mapping[str, Any]) -> dict[str, Any]:
    for types, kind, operation in KINDS:
        if any(row.has_type(*types) for row, _ in told):
            what = {"LLM": "model", "TOOL": "tool_name", "AGENT": "agent"}.get(kind, "")
            name = " ".join(filter(None, (operation or "invocation", columns.get(what))))
            return {"kind": kind, "operation": operation, "name": name}
    return {"kind": "UNKNOWN", "name": told[0].row.event_type or None}


def _times(told: Sequence[_Told]) -> dict[str, Any]:
    """Return start and end by the rows of those types, and the latency as recorded, else the time between them.

    Raises
    ------
    RecordError
        If the latency leads to no date.
    """
    rows = [row for row, _ in told]
    times = [row.at for row in rows if row.at is not None]
    starts = [row.at for row in rows if row.at is not None and row.has_type(*STARTS)]
    ends = [row.at for row in rows if row.at is not None and row.has_type(*ENDS)]
    latencies = [row.total_ms for row in rows if row.total_ms is not None]
    started_at = min(starts or times, default=None)
    ended_at = max(ends, default=None)
    if not starts and ended_at is not None and latencies:
        started_at = moved(ended_at, -latencies[-1])
        rows[-1].fields.assume(START_ASSUMED)
    return {
        "started_at": started_at,
        "ended_at": ended_at,
        "duration_ms": latencies[-1] if latencies else duration_ms(started_at, ended_at),
        "time_known": started_at is not None,
    }


def _status(told: Sequence[_Told]) -> dict[str, str | None]:
    """Return the status: an error of any row, else what the row of the end says, else nothing is known yet."""
    failed = [one for one in told if one.row.is_error]
    is_ok = any(row.fields.record.get("status") == "OK" for row, _ in told if row.has_type(*ENDS))
    for row, _ in told:
        row.fields.pass_over("status")
    messages = (columns.get("error_message") for _, columns in (*failed, *told))
    return {
        "status": "ERROR" if failed else "OK" if is_ok else "UNSET",
        "error_message": next(filter(None, messages), None),
    }


def _attributes(told: Sequence[_Told], columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return what has no column, row by row; `said` is what a row said in a column in which another one stands."""
    given: dict[str, Any] = {}
    is_truncated = any(_is_true(row.fields.record.get("is_truncated")) for row, _ in told)
    left = []
    for row, said in told:
        if not _is_true(row.fields.record.get("is_truncated")):
            row.fields.pass_over("is_truncated")
        beside = {name: value for name, value in said.items() if value is not None and value != columns[name]}
        left.append(left_of(row, given) | ({"said": beside} if beside else {}))
    return {"rows": left} | ({"is_truncated": True} if is_truncated else {})


def _is_true(flag: Any) -> bool:
    return flag is True or (isinstance(flag, str) and flag.lower() == "true")
