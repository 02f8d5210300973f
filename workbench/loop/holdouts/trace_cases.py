"""Stored traces as cases: what was asked, by whom, with which tools, and what reviewers expect of the answer."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from workbench.detectors.recorded import first_request, parsed
from workbench.experiments.case import OF_REQUEST, QUESTION, Case, ToolCall
from workbench.experiments.expectation import read_expectation
from workbench.ids import content_id
from workbench.records import Verdict
from workbench.review import is_by_person, standing
from workbench.store import Workspace, derived, mark

SLICES = ("user_tier", "task", "model", "release", "prompt_version")
"""Attributes of a request by which results are also shown, as the first span that names one says."""


class TraceCases(NamedTuple):
    """Cases of traces."""

    cases: tuple[Case, ...]
    """In the order of the traces that were asked for."""
    verdict_ids: Mapping[str, tuple[str, ...]]
    """By case the verdicts that an expectation came from."""
    without: tuple[str, ...]
    """Traces that are not there, or of which no question is recorded."""


def asked(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return what an app is asked, of the spans of one trace, the root first: its question, and what else is known.

    None where no question is recorded.
    An input that is a JSON object is taken by its names; messages, and text, by the first request in them.
    """
    recorded = next((row["input"] for row in rows if (row["input"] or "").strip()), None)
    if recorded is None:
        return None
    value, question = parsed(recorded), first_request(recorded)
    found = dict(value) if isinstance(value, dict) and "messages" not in value else {}
    if question is not recorded or not found:
        found[QUESTION] = question
    if not any(isinstance(one, str) and one.strip() for one in found.values()):
        return None
    known = {name: next((row[name] for row in rows if row[name]), None) for name in OF_REQUEST}
    return {name: value for name, value in known.items() if value is not None} | found


def cases_of(workspace: Workspace, trace_ids: Iterable[str]) -> TraceCases:
    """Return the cases of some traces; read-only.

    Parameters
    ----------
    workspace
        Where the traces and the verdicts on them lie.
    trace_ids
        The traces.
    """
    wanted = list(dict.fromkeys(trace_ids))
    spans = workspace.telemetry.spans().filter(pl.col("trace_id").is_in(wanted))
    whose = derived.traces(spans).select("trace_id", "user_key", "root_span_id").collect(engine="streaming")
    found: dict[str, list[dict[str, Any]]] = {}
    for row in spans.collect(engine="streaming").sort("started_at", "span_id").iter_rows(named=True):
        found.setdefault(row["trace_id"], []).append(row)
    said = _notes(workspace, found)
    key = workspace.user_key
    cases, verdict_ids = {}, {}
    for trace_id, user_key, root in whose.iter_rows():
        rows = sorted(found[trace_id], key=lambda row: row["span_id"] != root)
        given = asked(rows)
        if not given:
            continue
        case_id = content_id("cas", mark(trace_id, key))
        expectation = read_expectation(one.explanation for one in said.get(trace_id, ()))
        cases[trace_id] = Case(
            case_id=case_id,
            input=given,
            user_key=user_key,
            expected=expectation.expected,
            assertions=expectation.assertions,
            trace_id=trace_id,
            tools=tuple(map(_call, (row for row in found[trace_id] if row["kind"] == "TOOL"))),
            slices=_slices(rows),
        )
        if expectation.expected is not None or expectation.assertions:
            verdict_ids[case_id] = tuple(one.id for one in said[trace_id])
    kept = tuple(cases[one] for one in wanted if one in cases)
    return TraceCases(kept, verdict_ids, tuple(one for one in wanted if one not in cases))


def _notes(workspace: Workspace, traces: Mapping[str, object]) -> Mapping[str, list[Verdict]]:
    """Return what people's verdicts that stand say of each trace, oldest first; what decides between others, alone."""
    said: dict[str, list[Verdict]] = {}
    for one in standing(workspace.ledger.revisions(Verdict)):
        if one.target_kind == "trace" and one.target_id in traces and is_by_person(one) and one.explanation:
            said.setdefault(one.target_id, []).append(one)
    decided = {trace_id: [one for one in heard if one.is_adjudication] for trace_id, heard in said.items()}
    return {
        trace_id: sorted(decided[trace_id] or heard, key=lambda one: (one.at, one.id))
        for trace_id, heard in said.items()
    }


def _call(row: Mapping[str, Any]) -> ToolCall:
    given = parsed(row["input"] or "{}")
    arguments = given if isinstance(given, dict) else {"input": given}
    is_error = row["status"] == "ERROR"
    output = row["output"] or (row["error_message"] if is_error else "") or ""
    return ToolCall(row["tool_name"] or row["name"] or "", arguments, output, is_error)


def _slices(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    named = {name: next((row[name] for row in rows if row[name]), None) for name in SLICES}
    return {name: str(value) for name, value in named.items() if value is not None}
