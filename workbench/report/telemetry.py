"""What came in at a glance: how much, how fresh it is, and who says how it went.

A reader who does not know what is missing believes the rest too much, so that gaps are shown before averages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from workbench.errors import InsufficientDataError
from workbench.records import LoadReport
from workbench.report import formats
from workbench.report.blocks import Block, Figure, bullets, key_figures, numbers, sentences, table, words
from workbench.report.look import BLUE
from workbench.report.markup import Html, bar, muted, said, strong
from workbench.report.source_files import source_files
from workbench.report.traces import traces
from workbench.report.unusual_days import unusual_days
from workbench.schemas import QUARANTINE, SIGNALS, SPANS
from workbench.store import Workspace
from workbench.store.joined import waiting_signals
from workbench.windows import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """What one report looks at."""

    spans: pl.LazyFrame
    """schemas.SPANS, each span once."""
    signals: pl.DataFrame
    """schemas.SIGNALS."""
    waiting: pl.DataFrame
    """schemas.SIGNALS, of the whole store: those about something that has not come in."""
    quarantine: pl.DataFrame
    """schemas.QUARANTINE, of every load."""
    loads: Sequence[tuple[datetime, LoadReport]]
    """When each file was ingested and what became of it, oldest first."""
    traces: pl.DataFrame
    """One row a trace, as `report.traces` derives it."""
    now: datetime
    """The moment that ages count back from, UTC."""


def read_telemetry(workspace: Workspace, *, window: Window, now: datetime) -> Telemetry:
    """Return what a report shows of the window; read-only.

    Raises
    ------
    InsufficientDataError
        If the window holds no span.
    """
    spans = workspace.telemetry.spans(window=window)
    waiting = waiting_signals(workspace.telemetry.scan(SPANS), workspace.telemetry.scan(SIGNALS))
    derived = traces(spans)
    if derived.is_empty():
        raise InsufficientDataError(
            f"no spans in window {window}",
            where=workspace.root.resolve().name,
            fix="run `workbench ingest`, or widen the window",
        )
    return Telemetry(
        spans=spans,
        signals=workspace.telemetry.scan(SIGNALS, window=window).collect(),
        waiting=waiting.collect(engine="streaming"),
        quarantine=workspace.telemetry.scan(QUARANTINE).collect(),
        loads=workspace.loads.all(),
        traces=derived,
        now=now,
    )


def telemetry_summary(telemetry: Telemetry) -> Block:
    """Return the telemetry in one sentence, the headline: how many traces, how fresh, what was refused."""
    last = _moment(telemetry.traces["started_at"].max())
    fresh = "their time is not recorded" if last is None else f"the newest started {_age(last, telemetry.now)}"
    n_refused = _n_refused(telemetry)
    refused = f"{formats.counted(n_refused, 'record')} refused" if n_refused else "no record refused"
    return sentences(strong(f"{formats.counted(telemetry.traces.height, 'trace')}, {fresh}; {refused}."))


def telemetry_figures(telemetry: Telemetry) -> Block:
    """Return the window's key figures: traces, spans, users, signals, errors, age of the newest span."""
    derived = telemetry.traces
    n_errors, n_signalled = derived.filter("has_error").height, _signalled(telemetry)
    last = derived["started_at"].max()
    return key_figures(
        [
            Figure(formats.count(derived.height), "traces", formats.counted(int(derived["n_spans"].sum()), "span")),
            Figure(*_distinct(derived, "session_id", "sessions")),
            Figure(*_distinct(derived, "user_key", "users")),
            Figure(formats.share(n_errors / derived.height), "with an error", f"{formats.counted(n_errors, 'trace')}"),
            Figure(
                formats.share(n_signalled / derived.height),
                "with a signal",
                formats.counted(telemetry.signals.height, "signal"),
            ),
            Figure(_age(last, telemetry.now).removesuffix(" ago"), "since newest trace", formats.moment(_moment(last))),
        ]
    )


def freshness(telemetry: Telemetry, *, top_n: int) -> Block:
    """Return how old the newest trace of each service is, stalest first."""
    by_service = (
        telemetry.traces.group_by("service")
        .agg(pl.len().alias("n"), pl.col("started_at").min().alias("first"), pl.col("started_at").max().alias("last"))
        .sort("last", "service", nulls_last=True)
    )
    rows = (
        (
            muted(formats.NOT_KNOWN) if row["service"] is None else said(row["service"]),
            formats.count(row["n"]),
            formats.moment(row["first"]),
            formats.moment(row["last"]),
            _age(row["last"], telemetry.now),
        )
        for row in by_service.iter_rows(named=True)
    )
    return table(
        (*words("service"), *numbers("traces", "first trace", "newest trace", "age")),
        rows,
        caption="How fresh is it, service by service?",
        top_n=top_n,
        of="service",
    )


def signals(telemetry: Telemetry, *, top_n: int) -> Block:
    """Return what is said about the traces from outside, by kind and name."""
    if telemetry.signals.is_empty():
        return sentences("No signal came in: nobody says which traces went well. Detectors that need one cannot judge.")
    n_traces = telemetry.traces.height
    by_name = (
        telemetry.signals.group_by("kind", "name", "annotator_kind")
        .agg(
            pl.len().alias("n"),
            pl.col("trace_id").drop_nulls().n_unique().alias("n_traces"),
            pl.col("value").mean().alias("mean"),
            pl.col("comment").is_not_null().sum().alias("n_comments"),
        )
        .sort(["n", "kind", "name"], descending=[True, False, False])
    )
    rows = (
        (
            row["kind"],
            said(row["name"] or ""),
            row["annotator_kind"] or muted(formats.NOT_KNOWN),
            formats.count(row["n"]),
            bar(row["n_traces"] / n_traces, formats.share(min(row["n_traces"] / n_traces, 1.0)), colour=BLUE),
            "–" if row["mean"] is None else f"{row['mean']:.2f}",
            formats.count(row["n_comments"]),
        )
        for row in by_name.iter_rows(named=True)
    )
    return table(
        (
            *words("kind", "name", "said by"),
            *numbers("signals"),
            *words("of traces"),
            *numbers("mean value", "with a comment"),
        ),
        rows,
        caption="Who says whether a trace went well?",
        top_n=top_n,
        of="kind of signal",
    )


def waiting(telemetry: Telemetry, *, top_n: int) -> Block:
    """Return the signals about something that has not come in, by what they are about; a sentence where none waits."""
    if telemetry.waiting.is_empty():
        return sentences("No signal waits: what each of them is about has come in.")
    by_target = (
        telemetry.waiting.group_by("target_kind", "kind", "name")
        .agg(pl.len().alias("n"), pl.col("target_id").n_unique().alias("n_targets"), pl.col("at").min())
        .sort(["n", "target_kind", "name"], descending=[True, False, False])
    )
    rows = (
        (
            row["target_kind"],
            row["kind"],
            said(row["name"] or ""),
            formats.count(row["n"]),
            formats.count(row["n_targets"]),
            formats.moment(row["at"]),
            _age(row["at"], telemetry.now),
        )
        for row in by_target.iter_rows(named=True)
    )
    return table(
        (*words("about a", "kind", "name"), *numbers("signals", "targets", "oldest", "age")),
        rows,
        caption="Which signals wait for what they are about?",
        top_n=top_n,
        of="kind of signal",
        note="They are joined as soon as it comes in. One that waits for long names an id that the telemetry does not "
        "have: look at the mapping, or at the export.",
    )


def telemetry_conclusions(telemetry: Telemetry) -> Block:
    """Return what matters of this telemetry, in short sentences: how fresh, what was refused, unusual days, gaps."""
    derived = telemetry.traces
    lacks = [
        (derived.height - _signalled(telemetry), "have no signal: nobody says how they went"),
        (derived["user_key"].null_count(), "name no user: users are undercounted"),
        (derived["session_id"].null_count(), "name no session"),
        (derived["started_at"].null_count(), "have no time, and are in no chart by day"),
        (derived["cost_usd"].null_count(), "have no cost: costs shown are a lower bound"),
    ]
    gaps: list[Html | str] = [f"{formats.share_of(n, derived.height)} traces {what}." for n, what in lacks if n]
    complete = "Every trace has a time, a cost, a user, a session and a signal."
    said_so = (_newest(telemetry), _refused(telemetry), *_waiting(telemetry), *unusual_days(derived))
    return bullets(*said_so, *(gaps or [complete]))


def _newest(telemetry: Telemetry) -> str:
    last = _moment(telemetry.traces["started_at"].max())
    if last is None:
        return "No trace has a time: how fresh they are is not known."
    return f"The newest trace started {_age(last, telemetry.now)}, {formats.moment(last)}."


def _refused(telemetry: Telemetry) -> str:
    n = _n_refused(telemetry)
    if not n:
        return "No record was refused."
    counted = formats.counted(n, "record was", "records were")
    return f"{counted} refused and {'is' if n == 1 else 'are'} in no number here."


def _waiting(telemetry: Telemetry) -> list[str]:
    n = telemetry.waiting.height
    return [f"{formats.counted(n, 'signal waits', 'signals wait')} for what they are about."] if n else []


def _n_refused(telemetry: Telemetry) -> int:
    return sum(file.n_refused for file in source_files(telemetry.loads))


def _distinct(derived: pl.DataFrame, column: str, name: str) -> tuple[str, str, str]:
    known = derived[column].drop_nulls()
    if known.is_empty():
        return "–", name, formats.NOT_KNOWN
    return formats.count(known.n_unique()), name, f"known of {formats.share(len(known) / derived.height)} of traces"


def _signalled(telemetry: Telemetry) -> int:
    """Return how many traces have a signal, of their own or of their session."""
    said_of = telemetry.signals
    sessions = said_of.filter(pl.col("target_kind") == "session")["target_id"]
    named = pl.col("trace_id").is_in(said_of["trace_id"].drop_nulls().unique().to_list())
    visited = pl.col("session_id").is_in(sessions.unique().to_list())
    return telemetry.traces.filter(named | visited.fill_null(value=False)).height


def _age(at: object, now: datetime) -> str:
    return formats.age(now - at) if isinstance(at, datetime) else formats.NOT_KNOWN


def _moment(at: object) -> datetime | None:
    return at if isinstance(at, datetime) else None
