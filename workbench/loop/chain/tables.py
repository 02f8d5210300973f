"""The part of a chain that lies in tables: traces and sessions, what was found in them, and the clusters of that.

Each table is asked as a whole, however many traces there are: a step is one question and not one a trace. An id is
only given out while its rows are there, so that those of an erased user do not come back from an old verdict.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from workbench import backlog
from workbench.boundaries.display import shorten
from workbench.counted import counted
from workbench.detectors.recorded import first_request
from workbench.loop.chain.kinds import Key, Line
from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS, SPANS
from workbench.store import derived
from workbench.store.telemetry import Telemetry

SAID_CHARACTERS = 120
"""Of the words of a trace in its line: the width of a screen."""
Edge = tuple[Key, Key]
_IDS = {"trace": (SPANS, "trace_id"), "session": (SPANS, "session_id")} | {
    "finding": (FINDINGS, "finding_id"),
    "cluster": (CLUSTERS, "cluster_id"),
}


def begins_with(telemetry: Telemetry, start: str) -> list[Key]:
    """Return all traces, sessions, findings and clusters whose id begins so, sorted."""
    found = []
    for kind, (table, column) in _IDS.items():
        ids = telemetry.scan(table).select(column).filter(pl.col(column).str.starts_with(start)).unique().collect()
        found += [Key(kind, one) for one in ids[column]]
    return sorted(found)


def edges_on(telemetry: Telemetry, keys: Iterable[Key]) -> list[Edge]:
    """Return what the tables lead to from traces, sessions and findings: up to clusters."""
    by_kind = _by_kind(keys)
    visits = _visits(telemetry, pl.col("trace_id").is_in(by_kind["trace"])) if by_kind["trace"] else _no_visits()
    sessions = [*by_kind["session"], *visits["session_id"]]
    of_unit = pl.col("trace_id").is_in(by_kind["trace"]) | _is_of_session(sessions)
    found = _findings(telemetry, of_unit) if by_kind["trace"] or sessions else _no_findings()
    findings = [*by_kind["finding"], *found["finding_id"]]
    places = _places(telemetry, pl.col("finding_id").is_in(findings)) if findings else _no_places()
    return [*_edges(visits, found), *_in_clusters(places)]


def edges_back(telemetry: Telemetry, keys: Iterable[Key]) -> list[Edge]:
    """Return what the tables lead to from clusters, findings and sessions, back to traces."""
    by_kind = _by_kind(keys)
    places = _places(telemetry, pl.col("cluster_id").is_in(by_kind["cluster"])) if by_kind["cluster"] else _no_places()
    findings = [*by_kind["finding"], *places["finding_id"]]
    found = _findings(telemetry, pl.col("finding_id").is_in(findings)) if findings else _no_findings()
    sessions = [*by_kind["session"], *found.filter(pl.col("unit") == "session")["session_id"].drop_nulls()]
    visits = _visits(telemetry, pl.col("session_id").is_in(sessions)) if sessions else _no_visits()
    return [*_edges(visits, found), *_in_clusters(places)]


def there(telemetry: Telemetry, keys: Iterable[Key]) -> set[Key]:
    """Return the traces, sessions, findings and clusters among the keys that the tables still hold."""
    found = set()
    for kind, ids in _by_kind(keys).items():
        if ids:
            table, column = _IDS[kind]
            held = telemetry.scan(table).select(column).filter(pl.col(column).is_in(ids)).unique().collect()
            found |= {Key(kind, one) for one in held[column]}
    return found


def lines(telemetry: Telemetry, keys: Iterable[Key]) -> dict[Key, Line]:
    """Return how each of some traces, sessions, findings and clusters reads."""
    by_kind = _by_kind(keys)
    told = {Key("session", one): Line("a user's visit") for one in by_kind["session"]}
    if by_kind["trace"]:
        spans = telemetry.spans().filter(pl.col("trace_id").is_in(by_kind["trace"]))
        told |= {Key("trace", row["trace_id"]): _trace(row) for row in _rows(derived.traces(spans))}
    if by_kind["finding"]:
        rows = telemetry.scan(FINDINGS).filter(pl.col("finding_id").is_in(by_kind["finding"])).sort("run_id")
        told |= {Key("finding", row["finding_id"]): _finding(row) for row in _rows(rows)}  # the newest run's words
    if by_kind["cluster"]:
        rows = telemetry.scan(CLUSTERS).filter(pl.col("cluster_id").is_in(by_kind["cluster"]))
        told |= {Key("cluster", row["cluster_id"]): _cluster(row) for row in _rows(rows)}
    return told


def _by_kind(keys: Iterable[Key]) -> dict[str, list[str]]:
    by_kind: dict[str, list[str]] = {kind: [] for kind in _IDS}
    for key in keys:
        if key.kind in by_kind:
            by_kind[key.kind].append(key.id)
    return by_kind


def _is_of_session(sessions: list[str]) -> pl.Expr:
    return (pl.col("unit") == "session") & pl.col("session_id").is_in(sessions)


def _visits(telemetry: Telemetry, wanted: pl.Expr) -> pl.DataFrame:
    rows = telemetry.scan(SPANS).select("trace_id", "session_id").filter(wanted & pl.col("session_id").is_not_null())
    return rows.unique().collect()


def _findings(telemetry: Telemetry, wanted: pl.Expr) -> pl.DataFrame:
    rows = telemetry.scan(FINDINGS).select("finding_id", "trace_id", "session_id", "unit").filter(wanted)
    return rows.unique().collect()


def _places(telemetry: Telemetry, wanted: pl.Expr) -> pl.DataFrame:
    rows = telemetry.scan(MEMBERSHIPS).select("finding_id", "cluster_id")
    return rows.filter(wanted & pl.col("cluster_id").is_not_null()).unique().collect()


def _no_visits() -> pl.DataFrame:
    return SPANS.empty().select("trace_id", "session_id")


def _no_findings() -> pl.DataFrame:
    return FINDINGS.empty().select("finding_id", "trace_id", "session_id", "unit")


def _no_places() -> pl.DataFrame:
    return MEMBERSHIPS.empty().select("finding_id", "cluster_id")


def _edges(visits: pl.DataFrame, found: pl.DataFrame) -> Iterator[Edge]:
    for trace_id, session_id in visits.iter_rows():
        yield Key("trace", trace_id), Key("session", session_id)
    for finding_id, trace_id, session_id, unit in found.iter_rows():
        if trace_id is not None:
            yield Key("trace", trace_id), Key("finding", finding_id)
        elif unit == "session" and session_id is not None:
            yield Key("session", session_id), Key("finding", finding_id)


def _in_clusters(places: pl.DataFrame) -> Iterator[Edge]:
    return ((Key("finding", finding_id), Key("cluster", cluster_id)) for finding_id, cluster_id in places.iter_rows())


def _rows(rows: pl.LazyFrame) -> Iterator[dict[str, Any]]:
    return rows.collect().iter_rows(named=True)


def _trace(row: dict[str, Any]) -> Line:
    state = row["status"] if row["status"] == "ERROR" else ""
    asked = row["input"] and (first_request(row["input"]) or row["input"])
    words = ": ".join(said for said in (row["name"], asked) if said)
    return Line(_one_line(words), state, row["started_at"])


def _finding(row: dict[str, Any]) -> Line:
    detector = row["detector"].replace("_", " ")
    return Line(_one_line(f"{detector}: {row['text']}" if row["text"] else detector), row["severity"] or "", row["at"])


def _cluster(row: dict[str, Any]) -> Line:
    title = backlog.title(row["detector"], [row["name"]] if row["name"] else row["phrases"] or [])
    return Line(
        f"{title} ({counted(row['n_findings'], 'finding')} in {counted(row['n_traces'], 'trace')})", "", row["first_at"]
    )


def _one_line(words: str | None) -> str:
    """Return words on one line, cut; of a long text only its beginning is read."""
    return shorten(" ".join((words or "")[: 4 * SAID_CHARACTERS].split()), SAID_CHARACTERS)
