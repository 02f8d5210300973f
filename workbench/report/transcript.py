"""A trace as a person reads it: who said what, what tools were asked and gave back, and where it first failed.

A model call is given the whole talk anew each time; what was shown once is not shown again.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import polars as pl

from workbench.boundaries.display import shorten
from workbench.report import formats
from workbench.report.detection import DetectionReport
from workbench.report.messages import Message, messages, readable

MAX_STEPS = 400
"""Steps that are shown: a longer run is read in its own tool; what is left out is said."""
MAX_CHARACTERS = 40_000
"""Of one text of a step."""
_MAX_DEPTH = 100
"""Spans within spans that are followed; deeper ones follow at the end."""
_LABELS = {"words": "", "thought": "thinking", "result": "result"}
_Row = Mapping[str, Any]


class Step(NamedTuple):
    """One thing that happened in a trace."""

    role: str
    """user, assistant, system, tool, retriever or step."""
    name: str
    """The tool, or the span; empty where the role says it all."""
    parts: tuple[tuple[str, str], ...]
    """Label and text of each piece: words have no label, arguments, results and errors have."""
    span_id: str
    depth: int
    """Spans around it, from 0."""
    duration_ms: float | None
    is_error: bool
    is_first_failure: bool = False
    """Whether the trace first failed here."""


def transcript(spans: pl.DataFrame) -> list[Step]:
    """Return the steps of a trace, or of the traces of a session one after the other, in the order in which they began.

    Parameters
    ----------
    spans
        Frame in schemas.SPANS, one row a span.
    """
    ordered = spans.sort(pl.col("started_at"), "trace_id", "span_id", nulls_last=True)
    heard: Counter[Message] = Counter()
    steps = []
    for of_trace in ordered.partition_by("trace_id", maintain_order=True):
        rows = of_trace.to_dicts()
        has_tools = any(row["kind"] == "TOOL" for row in rows)
        steps += [step for row, depth, is_end in _walk(rows) for step in _steps(row, depth, is_end, has_tools, heard)]
    failed = first_failure(spans)
    at = next((at for at, step in enumerate(steps) if step.is_error and step.span_id == failed), None)
    return [step._replace(is_first_failure=place == at) for place, step in enumerate(steps)]


def first_failure(spans: pl.DataFrame) -> str | None:
    """Return the span at which a trace first failed: of those with an error the first to end, the inmost of these.

    What encloses a failed span fails with it, and ends later. None where no span has an error.
    """
    failed = spans.filter(pl.col("status") == "ERROR")
    if failed.is_empty():
        return None
    around = set(failed["parent_span_id"].drop_nulls())
    inmost = failed.filter(~pl.col("span_id").is_in(list(around)))
    of = failed if inmost.is_empty() else inmost
    first = of.sort(pl.coalesce("ended_at", "started_at"), "span_id", nulls_last=True)
    return str(first["span_id"][0])


def finding_reader(report: DetectionReport) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return a function from a finding to what `widgets.transcript.Transcript` shows of its trace or session.

    The finding is a row of `Explored.findings`; each call reads the store.
    """

    def read(finding: Mapping[str, Any]) -> dict[str, Any]:
        column = "session_id" if finding["trace_id"] is None else "trace_id"
        unit = finding[column]
        spans = report.spans.filter(pl.col(column) == unit).collect(engine="streaming")
        return shown(
            spans,
            title=f"{formats.words(column.removesuffix('_id')).capitalize()} {shorten(unit or '', 64)}",
            found={finding["span_id"]},
        )

    return read


def shown(spans: pl.DataFrame, *, title: str, found: Collection[str | None] = ()) -> dict[str, Any]:
    """Return a trace or session as plain values for a view: its title, facts, and steps.

    Parameters
    ----------
    spans
        Frame in schemas.SPANS, one row a span.
    title
        What stands above.
    found
        The spans that a finding is about; their steps are marked.
    """
    if spans.is_empty():
        return {"title": title, "note": "No span of it is in the store any more."}
    steps = transcript(spans)
    left_out = len(steps) - MAX_STEPS
    return {
        "title": title,
        "facts": _facts(spans),
        "steps": [_plain(step, found) for step in steps[:MAX_STEPS]],
        "note": f"{formats.counted(left_out, 'step')} more, not shown." if left_out > 0 else "",
    }


def _walk(rows: Sequence[_Row]) -> Iterator[tuple[_Row, int, bool]]:
    """Yield each span as it begins, and again as it ends where others lie within it; with the spans around it."""
    ids = {row["span_id"] for row in rows}
    within: dict[str, list[_Row]] = {}
    for row in rows:
        within.setdefault(row["parent_span_id"] or "", []).append(row)
    tops = [row for row in rows if row["parent_span_id"] not in ids]
    seen: set[int] = set()
    # Spans that only lead to each other have no top: they come last, each as one.
    for top in [*tops, *rows]:
        yield from _within(top, within, seen)


def _within(top: _Row, within: Mapping[str, list[_Row]], seen: set[int]) -> Iterator[tuple[_Row, int, bool]]:
    waiting: list[tuple[_Row, int, bool]] = [(top, 0, False)]
    while waiting:
        row, depth, is_end = waiting.pop()
        if is_end:
            yield row, depth, True
            continue
        if id(row) in seen:
            continue
        seen.add(id(row))
        children = [one for one in within.get(row["span_id"], []) if id(one) not in seen and depth < _MAX_DEPTH]
        yield row, depth, False
        waiting.append((row, depth, True))
        waiting.extend((child, depth + 1, False) for child in reversed(children))


def _steps(row: _Row, depth: int, is_end: bool, has_tools: bool, heard: Counter[Message]) -> Iterator[Step]:
    """Yield the steps of a span's beginning, or of its end."""
    if row["kind"] in {"TOOL", "RETRIEVER", "EMBEDDING", "RERANKER"}:
        if not is_end:
            yield _call(row, depth)
        return
    said = messages(row["output"], otherwise="assistant") if is_end else messages(row["input"], otherwise="user")
    kept = (_without_calls(message) if has_tools else message for message in said)
    fresh = _fresh([message for message in kept if message.parts], heard)
    is_error = is_end and row["status"] == "ERROR"
    for message in fresh[:-1] if is_error else fresh:
        yield _message(message, row, depth)
    if is_error:
        last = fresh[-1] if fresh else Message("assistant", ())
        step = _message(last, row, depth)
        yield step._replace(name=_name(row), parts=(*step.parts, *_error(row)), is_error=True)


def _call(row: _Row, depth: int) -> Step:
    is_error = row["status"] == "ERROR"
    given = [("asked with", _cut(readable(row["input"])))] if row["input"] else []
    back = [("gave back", _cut(readable(row["output"])))] if row["output"] else []
    parts = (*given, *back, *(_error(row) if is_error else ()))
    role = "tool" if row["kind"] == "TOOL" else "retriever"
    return Step(role, _name(row), parts, row["span_id"], depth, row["duration_ms"], is_error)


def _message(message: Message, row: _Row, depth: int) -> Step:
    parts = tuple(
        (f"asks for the tool {part.name} with" if part.kind == "call" else _LABELS[part.kind], _cut(part.text))
        for part in message.parts
    )
    took = row["duration_ms"] if message.role == "assistant" else None
    return Step(message.role, "", parts, row["span_id"], depth, took, is_error=False)


def _without_calls(message: Message) -> Message:
    """Return the message without what spans of tools say themselves."""
    if message.role == "tool":
        return Message("tool", ())
    return Message(message.role, tuple(part for part in message.parts if part.kind not in {"call", "result"}))


def _fresh(said: list[Message], heard: Counter[Message]) -> list[Message]:
    """Return the messages that were not heard yet, and note them: the third "yes" of a talk is new after the second."""
    now: Counter[Message] = Counter()
    fresh = []
    for message in said:
        now[message] += 1
        if now[message] > heard[message]:
            heard[message] += 1
            fresh.append(message)
    return fresh


def _error(row: _Row) -> tuple[tuple[str, str], ...]:
    words = ": ".join(word for word in (row["error_type"], row["error_message"]) if word)
    return (("error", _cut(words or "no message is recorded")),)


def _name(row: _Row) -> str:
    return str(row["tool_name"] or row["name"] or row["operation"] or "")


def _cut(text: str) -> str:
    return shorten(text, MAX_CHARACTERS)


def _facts(spans: pl.DataFrame) -> list[str]:
    started = spans["started_at"].min()
    ended = spans["ended_at"].max()
    n_errors = spans.filter(pl.col("status") == "ERROR").height
    known = [formats.counted(spans.height, "span")]
    if isinstance(started, datetime):
        known.insert(0, formats.moment(started))
    if isinstance(started, datetime) and isinstance(ended, datetime):
        known.append(formats.duration((ended - started).total_seconds() * 1_000))
    known.append(formats.counted(n_errors, "error") if n_errors else "no error")
    for column in ("release", "prompt_version", "model"):
        values = spans[column].drop_nulls().unique().sort().to_list()
        known.extend(f"{formats.words(column)} {shorten(value, 40)}" for value in values[:2])
    return known


def _plain(step: Step, found: Collection[str | None]) -> dict[str, Any]:
    return {
        "role": step.role,
        "name": step.name,
        "about": "" if step.duration_ms is None else formats.duration(step.duration_ms),
        "depth": max(0, step.depth - 1),
        "is_error": step.is_error,
        "is_first_failure": step.is_first_failure,
        "is_found": step.span_id in found,
        "parts": [{"label": label, "text": text} for label, text in step.parts],
    }
