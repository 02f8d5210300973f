"""What in the tables is a user's: whole traces, whole sessions, and all that was said or found about them.

A trace is the user's if any of its spans carries the key, as its user or in a text; it goes whole, because its other
spans quote it. A session is the user's if every user in it is; of one that is shared, only the user's traces go.
"""

from typing import NamedTuple

import polars as pl

from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS, SIGNALS, SPANS
from workbench.store.telemetry import Telemetry

TEXTS_THAT_NAME = {
    SPANS.name: ("user_key", "input", "output", "error_message", "attributes"),
    SIGNALS.name: ("target_id", "annotator", "comment", "attributes"),
    FINDINGS.name: ("user_key", "text", "evidence"),
}
"""Columns in which a keyed id may stand."""


class Belongings(NamedTuple):
    """What is a user's, by id; everything is empty where the tables hold nothing of them."""

    traces: frozenset[str]
    sessions: frozenset[str]
    """Sessions in which the user was alone."""
    shared_sessions: frozenset[str]
    """Sessions in which others were too: they stay, but for the user's traces."""
    spans: frozenset[str]
    """Content digests."""
    signals: frozenset[str]
    findings: frozenset[str]
    clusters: frozenset[str]
    """Clusters that hold or show one of the findings or were named from it, and those that go on from them."""


def belongings(telemetry: Telemetry, user_key: str) -> Belongings:
    """Return what of the tables is a user's."""
    spans = telemetry.scan(SPANS)
    alone, shared = _sessions(spans, user_key)
    of_sessions = pl.col("session_id").is_in(alone)
    traces = _ids(spans.filter(_names(SPANS.name, user_key) | of_sessions.fill_null(value=False)), "trace_id")
    in_traces = pl.col("trace_id").is_in(traces).fill_null(value=False)
    about = in_traces | pl.col("target_id").is_in([*traces, *alone]) | _names(SIGNALS.name, user_key)
    found = in_traces | of_sessions | _names(FINDINGS.name, user_key)
    found |= pl.col("session_id").is_in(shared) & (pl.col("unit") == "session")
    findings = _ids(telemetry.scan(FINDINGS).filter(found), "finding_id")
    of_findings = pl.col("finding_id").is_in(findings)
    in_clusters = _ids(telemetry.scan(MEMBERSHIPS).filter(of_findings), "cluster_id")
    shown = (pl.col(one).list.set_intersection(findings).list.len() > 0 for one in ("exemplars", "named_from"))
    is_touched = pl.any_horizontal(pl.col("cluster_id").is_in(in_clusters), *shown)
    clusters = telemetry.scan(CLUSTERS)
    touched = _ids(clusters.filter(is_touched), "cluster_id")
    return Belongings(
        frozenset(traces),
        frozenset(alone),
        frozenset(shared),
        frozenset(_ids(spans.filter(in_traces), "content_digest")),
        frozenset(_ids(telemetry.scan(SIGNALS).filter(about), "signal_id")),
        frozenset(findings),
        _with_later(clusters, touched),
    )


def _with_later(clusters: pl.LazyFrame, touched: list[str]) -> frozenset[str]:
    """Return the clusters and all that go on from them, which carry their phrases and names."""
    pairs = clusters.filter(pl.col("continues").is_not_null()).select("continues", "cluster_id").collect()
    reached, new = set(touched), set(touched)
    while new:
        new = {later for earlier, later in pairs.iter_rows() if earlier in new} - reached
        reached |= new
    return frozenset(reached)


def _sessions(spans: pl.LazyFrame, user_key: str) -> tuple[list[str], list[str]]:
    """Return the sessions in which the user was alone, and those in which others were too."""
    known = spans.filter(pl.col("session_id").is_not_null(), pl.col("user_key").is_not_null())
    theirs = _ids(known.filter(pl.col("user_key") == user_key), "session_id")
    others = known.filter(pl.col("session_id").is_in(theirs), pl.col("user_key") != user_key)
    shared = _ids(others, "session_id")
    return sorted(set(theirs) - set(shared)), shared


def _names(table: str, user_key: str) -> pl.Expr:
    columns = (pl.col(name).str.contains(user_key, literal=True) for name in TEXTS_THAT_NAME[table])
    return pl.any_horizontal(columns).fill_null(value=False)


def _ids(rows: pl.LazyFrame, column: str) -> list[str]:
    found = rows.select(pl.col(column).drop_nulls().unique()).collect(engine="streaming")
    return sorted(found[column].to_list())
