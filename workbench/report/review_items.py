"""What a reviewer sees of an item: its trace with the finding marked, its problem and causes, and what is like it.

The traces of many items are read in one scan, so that the next ones are there before they are asked for.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from workbench.boundaries.display import shorten
from workbench.causes.members import in_last_traces
from workbench.records import Cause
from workbench.report import formats
from workbench.report.detection import DetectionReport, Problem
from workbench.report.explored import cause_of, facts_of, name_of
from workbench.report.own_words import own_words
from workbench.report.remarks import Remark, read_remarks, steps_of, units_of
from workbench.report.transcript import shown
from workbench.report.trend import Trend, trends
from workbench.store import derived

MAX_POINTS = 2_000
"""Of the map beside an item: more are one cloud at its size."""
N_NEIGHBOURS = 5
"""Traces like it that are named: they are read one after the other."""
N_EXAMPLES = 9
"""Traces of a cause or an issue that can be looked at."""
LEAST_LITERAL = 12
"""Characters of a finding's words that are looked for in its trace: shorter ones are everywhere."""
MAX_QUOTES = 12
TITLE_CHARACTERS, TEXT_CHARACTERS = 64, 200
RECENT_DAYS = 7
"""Last days that are compared with those before, as the report of detection does."""
_MASKED = re.compile(r"<[a-z ]+>|: |\n")
_BLIND = {"question": "Has this trace the problem, whatever a detector found or missed in it?", "text": ""}
"""What is asked of a trace from after a ship."""
Task = Mapping[str, Any]


class _Item(NamedTuple):
    """What is known of a task before its spans are read."""

    trace_id: str | None
    found: pl.DataFrame
    """The findings that are judged, of that trace."""
    examples: tuple[str, ...]
    """Traces of a cause or an issue; none of a trace."""
    problem: Problem | None
    asked: Cause | None
    is_blind: bool
    """Whether nothing is said of what a detector found in it, of how often of late, and of causes."""


def review_reader(report: DetectionReport) -> Callable[[Sequence[Task]], list[dict[str, Any]]]:
    """Return a function from tasks of a review to what `widgets.review` shows of each, in their order.

    A call is one scan of the spans. The function only reads, and may be called from any thread.

    Parameters
    ----------
    report
        The detection run that is reviewed.
    """
    problems = {problem.cluster_id: problem for problem in report.problems}
    moved = trends(report, recent_days=RECENT_DAYS)
    facts = {one.cluster_id: _facts(one, report, moved.get(one.cluster_id)) for one in report.problems}
    questions = {tally.detector: tally.question for tally in report.run.tallies}
    findings = _in_traces(report)
    ground = _ground(findings)

    def read(tasks: Sequence[Task]) -> list[dict[str, Any]]:
        items = [_item(task, findings, problems) for task in tasks]
        beside = [_beside(item, findings) for item in items]
        wanted = {item.trace_id for item in items} | {one.trace_id for of_item in beside for one in of_item}
        spans = report.spans.filter(pl.col("trace_id").is_in(sorted(wanted - {None}))).collect(engine="streaming")
        of_trace = {key[0]: rows for key, rows in spans.partition_by("trace_id", as_dict=True).items()}
        remarks = read_remarks(report.signals, units_of(spans))
        words = own_words([one.found for of_item in beside for one in of_item if one.found], spans, remarks)
        return [
            _shown(item, of_trace.get(item.trace_id, spans.clear()), remarks, [_named(one, words) for one in others])
            for item, others in zip(items, beside, strict=True)
        ]

    def _shown(
        item: _Item, spans: pl.DataFrame, remarks: Sequence[Remark], beside: list[dict[str, str]]
    ) -> dict[str, Any]:
        problem, mine = item.problem, [one for one in remarks if one.unit in units_of(spans)]
        words = _in_own_words(item.found, spans, mine)
        quotes = _quotes(item, words)
        trace = shown(spans, title=_title(item.trace_id), found=_found_spans(item.found)) | {"quotes": quotes}
        trace["steps"] = [*trace.get("steps", []), *steps_of(mine, found=words)]
        seen: dict[str, Any] = {"trace": trace, "finding": _finding(item, questions, words)}
        has_examples = item.asked is not None or bool(item.examples)
        seen |= {"examples": beside if has_examples else [], "neighbours": [] if has_examples else beside}
        if problem is not None:
            said, causes = ([], ()) if item.is_blind else (facts[problem.cluster_id], problem.causes)
            seen["cluster"] = {"rank": problem.rank, "name": name_of(problem), "facts": said}
            seen["causes"] = [
                cause_of(cause) | {"id": cause.id, "is_asked": item.asked is not None and cause.id == item.asked.id}
                for cause in causes
            ]
        return seen | {"map": _map(item, ground)}

    return read


def _in_traces(report: DetectionReport) -> pl.DataFrame:
    """Return the findings, those of sessions in the trace in which a review shows them."""
    named = report.findings.filter(pl.col("trace_id").is_null())["session_id"].drop_nulls().unique()
    if named.is_empty():
        return report.findings
    touched = report.spans.filter(pl.col("session_id").is_in(named.to_list())).select("trace_id").unique()
    traces = derived.traces(report.spans.join(touched, on="trace_id", how="semi"))
    starts = traces.select("trace_id", "session_id", pl.col("started_at").alias("at")).collect(engine="streaming")
    return in_last_traces(report.findings, starts)


def _facts(problem: Problem, report: DetectionReport, moved: Trend | None) -> list[tuple[str, str]]:
    """Return what is known of a problem, but for its issue, whose id tells a reviewer nothing."""
    return [fact for fact in facts_of(problem, report, moved) if fact[0] != "issue"]


def _item(task: Task, findings: pl.DataFrame, problems: Mapping[str, Problem]) -> _Item:
    problem = problems.get(task["cluster_id"] or "")
    asked = None
    examples: tuple[str, ...] = ()
    trace_id: str | None = task["target_id"]
    if task["kind"] != "trace":
        causes = () if problem is None else problem.causes
        asked = next((cause for cause in causes if cause.id == task["target_id"]), None)
        examples = (_typical(problem, findings) if asked is None else asked.evidence)[:N_EXAMPLES]
        trace_id = examples[0] if examples else None
    of_trace = pl.col("trace_id") == trace_id
    # A watch asks of a cluster's problem and names no detector: who knew what it found would agree with it.
    is_blind = task["kind"] == "trace" and task["cluster_id"] is not None and task.get("detector", "") is None
    of_cluster = pl.col("cluster_id") == pl.lit(None if is_blind else task["cluster_id"], dtype=pl.String)
    found = findings.filter(of_trace, of_cluster).sort("at", "finding_id")
    return _Item(trace_id, found, examples, problem, asked, is_blind)


def _typical(problem: Problem | None, findings: pl.DataFrame) -> tuple[str, ...]:
    """Return the traces of a problem's most typical findings, each once."""
    if problem is None:
        return ()
    of = dict(findings.filter(pl.col("cluster_id") == problem.cluster_id).select("finding_id", "trace_id").iter_rows())
    return tuple(dict.fromkeys(of[one] for one in problem.exemplars if of.get(one) is not None))


def _title(trace_id: str | None) -> str:
    return "No trace shows it" if trace_id is None else f"Trace {shorten(trace_id, TITLE_CHARACTERS)}"


def _found_spans(found: pl.DataFrame) -> set[str]:
    """Return the spans that findings are about, or name in their evidence."""
    named = [one for evidence in found["evidence"].drop_nulls() for one in _span_ids(evidence)]
    return {*found["span_id"].drop_nulls(), *named}


def _span_ids(evidence: str) -> list[str]:
    ids = _values_of(evidence).get("span_ids")
    return [one for one in ids if isinstance(one, str)] if isinstance(ids, list) else []


def _in_own_words(found: pl.DataFrame, spans: pl.DataFrame, remarks: Sequence[Remark]) -> list[str]:
    """Return the words that made detectors find something: those that they say they read, else a finding's own.

    A refusal is grouped by what was asked for, and found in what was answered. They are as the trace has them, and
    masked where they do not stand in it.
    """
    rows = [
        row | {"text": said if isinstance(said := _values_of(row["evidence"]).get("said"), str) else row["text"]}
        for row in found.iter_rows(named=True)
    ]
    return [words for words in own_words(rows, spans, remarks).values() if words]


def _values_of(evidence: str | None) -> Mapping[str, Any]:
    try:
        values = json.loads(evidence or "{}")
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def _finding(item: _Item, questions: Mapping[str, str], words: Sequence[str]) -> dict[str, str] | None:
    if item.found.is_empty():
        return _BLIND if item.is_blind else None
    detector = item.found["detector"][0]
    return {"question": questions.get(detector) or formats.words(detector), "text": words[0] if words else ""}


def _quotes(item: _Item, words: Sequence[str]) -> list[str]:
    """Return words that stand in the trace if the finding, or the cause, is right; masked ones are left out."""
    cause = () if item.asked is None else (*item.asked.quotes, *item.asked.values)
    said = [part.strip() for text in words for part in _MASKED.split(text)]
    long = [words for words in (*said, *cause) if len(words) >= LEAST_LITERAL]
    return list(dict.fromkeys(long))[:MAX_QUOTES]


class _Beside(NamedTuple):
    """A trace that can be read instead of an item's own: one that shows the same cause, or lies near it."""

    trace_id: str
    found: Mapping[str, Any] | None
    """The finding that it is named by."""


def _beside(item: _Item, findings: pl.DataFrame) -> list[_Beside]:
    """Return the examples of a cause or an issue, else the neighbours of a trace of a problem."""
    if item.asked is None and not item.examples:
        return [] if item.problem is None else _neighbours(item, findings)
    mine = findings.filter(pl.col("trace_id").is_in(list(item.examples)))
    if item.problem is not None:
        mine = mine.filter(pl.col("cluster_id") == item.problem.cluster_id)
    first: dict[str, Mapping[str, Any]] = {}
    for row in mine.sort("at", "finding_id").iter_rows(named=True):
        first.setdefault(row["trace_id"], row)
    return [_Beside(trace_id, first.get(trace_id)) for trace_id in item.examples]


def _named(one: _Beside, words: Mapping[str, str]) -> dict[str, str]:
    at = one.found["at"] if one.found else None
    moment = "" if at is None else f" · {formats.moment(at)}"
    text = words[one.found["finding_id"]] if one.found else ""
    title = f"{shorten(one.trace_id, 16)}{moment}"
    return {"trace_id": one.trace_id, "title": title, "text": shorten(text, TEXT_CHARACTERS)}


def _neighbours(item: _Item, findings: pl.DataFrame) -> list[_Beside]:
    """Return the traces of the cluster that lie nearest on the map, nearest first."""
    placed = item.found.filter(pl.col("x").is_not_null() & pl.col("y").is_not_null())
    if placed.is_empty():
        return []
    x, y = placed["x"][0], placed["y"][0]
    others = findings.filter(
        pl.col("cluster_id") == placed["cluster_id"][0],
        pl.col("trace_id").is_not_null() & (pl.col("trace_id") != item.trace_id),
        pl.col("x").is_not_null() & pl.col("y").is_not_null(),
    ).with_columns(away=(pl.col("x") - x) ** 2 + (pl.col("y") - y) ** 2)
    near = others.sort("away", "at", "finding_id").unique("trace_id", keep="first", maintain_order=True)
    return [_Beside(row["trace_id"], row) for row in near.head(N_NEIGHBOURS).iter_rows(named=True)]


class _Ground(NamedTuple):
    """The map under every item: the places of findings, and the cluster of each."""

    places: list[tuple[float, float]]
    cluster_ids: list[str | None]
    of_cluster: dict[str, list[list[float]]]
    """What was made for a cluster: the same list again, so that it goes to the browser once."""


def _ground(findings: pl.DataFrame) -> _Ground:
    placed = findings.filter(pl.col("x").is_not_null() & pl.col("y").is_not_null()).sort("finding_id")
    every = np.unique(np.linspace(0, max(0, placed.height - 1), MAX_POINTS).astype(int)).tolist()
    drawn = placed[every] if placed.height else placed
    xy = drawn.select(pl.col("x", "y").round(3))
    return _Ground(list(xy.iter_rows()), drawn["cluster_id"].to_list(), {})


def _map(item: _Item, ground: _Ground) -> dict[str, Any] | None:
    placed = item.found.filter(pl.col("x").is_not_null() & pl.col("y").is_not_null())
    if placed.is_empty():
        return None
    cluster_id = placed["cluster_id"][0]
    if cluster_id not in ground.of_cluster:
        pairs: Iterable[tuple[tuple[float, float], str | None]] = zip(ground.places, ground.cluster_ids, strict=True)
        ground.of_cluster[cluster_id] = [[x, y, int(one == cluster_id)] for (x, y), one in pairs]
    here = [round(placed["x"][0], 3), round(placed["y"][0], 3)]
    return {"points": ground.of_cluster[cluster_id], "here": here}
