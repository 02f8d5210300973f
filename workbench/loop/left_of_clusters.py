"""What remains of clusters when some of their findings go: counts, exemplars and phrases of those that stay.

A phrase, a title or a cause is made of many findings' words; one that stands on words of the erased alone goes too.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS
from workbench.store import Belongings, Names
from workbench.store.ledger import Quoted
from workbench.store.telemetry import Telemetry

_WORD = re.compile(r"\w+")


class Left(NamedTuple):
    """What remains of the clusters that hold findings that go."""

    clusters: pl.DataFrame
    """schemas.CLUSTERS, of those that still have a finding."""
    own_words: Mapping[str, frozenset[str]]
    """By cluster: words that only findings that go had."""

    def is_theirs(self, quoted: Quoted, rows: Belongings, names: Names) -> bool:
        """Return whether a text of the ledger goes: it names the user, or stands on what only they did."""
        if quoted.record.get("target_id") in rows.traces:  # what a reviewer said of a trace of theirs
            return True
        cluster = quoted.record.get("cluster_id")
        if cluster not in rows.clusters:
            return names.are_in(quoted.text.encode())
        evidence = quoted.record.get("evidence")
        is_alone = isinstance(evidence, list) and bool(evidence) and rows.traces.issuperset(evidence)
        is_empty = cluster not in set(self.clusters["cluster_id"])
        own = self.own_words.get(str(cluster), frozenset())
        return is_alone or is_empty or not own.isdisjoint(_words(quoted.text)) or names.are_in(quoted.text.encode())


def left_of(telemetry: Telemetry, rows: Belongings) -> Left:
    """Return what remains of the clusters when the findings of `rows` go."""
    touched = sorted(rows.clusters)
    if not touched:
        return Left(CLUSTERS.empty(), {})
    members = (
        telemetry.scan(MEMBERSHIPS)
        .filter(pl.col("cluster_id").is_in(touched))
        .select("run_id", "finding_id", "cluster_id")
        .join(telemetry.scan(FINDINGS), on=["run_id", "finding_id"])
        .select("cluster_id", "finding_id", "trace_id", "session_id", "user_key", "at", "text")
        .collect()
    )
    going = pl.col("finding_id").is_in(rows.findings)
    staying = members.filter(~going)
    own = _own_words(members.filter(going), staying)
    clusters = telemetry.scan(CLUSTERS).filter(pl.col("cluster_id").is_in(touched)).collect()
    kept = clusters.join(staying, on="cluster_id", how="semi")
    return Left(_renewed(kept, staying, own, gone=rows.findings), own)


def _own_words(going: pl.DataFrame, staying: pl.DataFrame) -> dict[str, frozenset[str]]:
    held = {cluster: _words(text or "") for cluster, text in _texts(staying)}
    return {cluster: _words(text or "") - held.get(cluster, frozenset()) for cluster, text in _texts(going)}


def _texts(members: pl.DataFrame) -> list[tuple[str, str | None]]:
    return list(members.group_by("cluster_id").agg(pl.col("text").drop_nulls().str.join("\n")).iter_rows())


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


def _renewed(
    clusters: pl.DataFrame, staying: pl.DataFrame, own: Mapping[str, frozenset[str]], *, gone: frozenset[str]
) -> pl.DataFrame:
    counts = staying.group_by("cluster_id").agg(
        n_findings=pl.col("finding_id").n_unique().cast(pl.Int64),
        n_traces=pl.col("trace_id").drop_nulls().n_unique().cast(pl.Int64),
        n_sessions=pl.col("session_id").drop_nulls().n_unique().cast(pl.Int64),
        n_users=pl.col("user_key").drop_nulls().n_unique().cast(pl.Int64),
        stand_in=pl.col("finding_id").min(),
    )
    joined = clusters.drop("n_findings", "n_traces", "n_sessions", "n_users").join(counts, on="cluster_id")
    phrases, exemplars, names, seen = [], [], [], []
    for row in joined.iter_rows(named=True):
        theirs = own.get(row["cluster_id"], frozenset())
        seen.append([one for one in row["named_from"] or () if one not in gone])
        # A name was made of all that the namer saw: where one of that goes, nothing says which words came from where.
        names.append(row["name"] if len(seen[-1]) == len(row["named_from"] or ()) else None)
        phrases.append([phrase for phrase in row["phrases"] or () if theirs.isdisjoint(_words(phrase))])
        kept = [one for one in row["exemplars"] or () if one not in gone]
        exemplars.append(kept or [row["stand_in"]])
    return joined.with_columns(
        pl.Series("phrases", phrases, dtype=pl.List(pl.String)),
        pl.Series("exemplars", exemplars, dtype=pl.List(pl.String)),
        pl.Series("name", names, dtype=pl.String),
        pl.Series("named_from", seen, dtype=pl.List(pl.String)),
    ).select(CLUSTERS.schema.names())
