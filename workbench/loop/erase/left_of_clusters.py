"""What remains of clusters when some of their findings go: counts, exemplars and phrases of those that stay.

A phrase, a title or a cause is made of many findings' words; one that stands on words of the erased alone goes too.
What a person calls a problem is made of what they read in its traces, of which no finding of a detector has the words.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from workbench.loop.detect.by_hand import BY_HAND
from workbench.records import ERASED
from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS, SIGNALS, SPANS
from workbench.store import Belongings, Names
from workbench.store.ledger import Quoted
from workbench.store.telemetry import Telemetry

Judged = Mapping[str, Sequence[Mapping[str, Any]]]
"""Records by id, in all revisions."""
_WORD = re.compile(r"\w+")
_DIGEST = re.compile("[0-9a-f]{64}")


class Left(NamedTuple):
    """What remains of the clusters that hold findings that go."""

    clusters: pl.DataFrame
    """schemas.CLUSTERS, of those that still have a finding."""
    own_words: Mapping[str, frozenset[str]]
    """By cluster: words that only findings that go had."""

    def is_theirs(self, quoted: Quoted, rows: Belongings, names: Names, *, judged: Judged) -> bool:
        """Return whether a text of the ledger goes: it names the user, or stands on what only they did.

        Parameters
        ----------
        quoted
            The text.
        rows
            What of the tables goes.
        names
            What names the user.
        judged
            The causes and issues that verdicts are about: what is said of one goes as its own words do.
        """
        target = quoted.record.get("target_id")
        if target in rows.traces:  # what a reviewer said of a trace of theirs
            return True
        records = (quoted.record, *judged.get(str(target), ()))
        return any(self._goes(quoted.text, record, rows) for record in records) or names.are_in(quoted.text.encode())

    def _goes(self, text: str, record: Mapping[str, Any], rows: Belongings) -> bool:
        if _was_shown(record, rows) or _was_quoted(text, record, rows):
            return True
        cluster = record.get("cluster_id")
        if cluster not in rows.clusters:
            return False
        is_empty = cluster not in set(self.clusters["cluster_id"])
        own = self.own_words.get(str(cluster), frozenset())
        return is_empty or _rests_on(record, rows) or not own.isdisjoint(_words(text))


def _rests_on(record: Mapping[str, Any], rows: Belongings) -> bool:
    """Return whether all that bears a cause out goes, or is gone already."""
    evidence = record.get("evidence")
    return bool(evidence) and all(one in rows.traces or _is_gone(one) for one in evidence or ())


def _was_shown(record: Mapping[str, Any], rows: Belongings) -> bool:
    """Return whether a model read a trace that goes before it proposed this: nothing says whose words it took."""
    if record.get("kind") != "proposed":
        return False
    shown = record.get("shown") or ()
    is_unknown = not shown and record.get("cluster_id") in rows.clusters  # an older release did not keep it
    return is_unknown or any(one in rows.traces or _is_gone(one) for one in shown)


def _was_quoted(text: str, record: Mapping[str, Any], rows: Belongings) -> bool:
    """Return whether a model that drafted a change gave these words for it, and read a trace that goes."""
    shown, quotes = record.get("shown") or (), record.get("quotes") or ()
    return bool(record.get("drafted_by")) and text in quotes and any(one in rows.traces for one in shown)


def _is_gone(quoted_id: str) -> bool:
    """Return whether an id was erased: it reads as its digest, or as what stands for that."""
    return quoted_id == ERASED or _DIGEST.fullmatch(quoted_id) is not None


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
        .select("cluster_id", "finding_id", "detector", "trace_id", "session_id", "user_key", "at", "text")
        .collect()
    )
    members = _as_read(telemetry, members)
    going = pl.col("finding_id").is_in(rows.findings)
    staying = members.filter(~going)
    clusters = telemetry.scan(CLUSTERS).filter(pl.col("cluster_id").is_in(touched)).collect()
    before = dict(clusters.select("cluster_id", "continues").iter_rows())
    own = _own_words(members.filter(going), staying, before)
    kept = clusters.join(staying, on="cluster_id", how="semi")
    held = set(kept["cluster_id"])
    # What goes on from a cluster that goes, goes on from the one before that: it carries the words of that too.
    lines = [_line(cluster, before)[1:] for cluster in kept["cluster_id"]]
    earlier = [next((one for one in line if one in held or one not in before), None) for line in lines]
    continued = kept.with_columns(pl.Series("continues", earlier, dtype=pl.String))
    return Left(_renewed(continued, staying, own, gone=rows.findings), own)


def _as_read(telemetry: Telemetry, members: pl.DataFrame) -> pl.DataFrame:
    """Return the findings with all that is recorded of their traces, and said of these, where a person put them in."""
    read = members.filter(pl.col("detector") == BY_HAND)["trace_id"].unique().drop_nulls().to_list()
    if not read:
        return members
    texts = (
        telemetry.scan(table).filter(pl.col("trace_id").is_in(read)).select("trace_id", words=_together(columns))
        for table, columns in ((SPANS, ("input", "output", "error_message", "attributes")), (SIGNALS, ("comment",)))
    )
    recorded = pl.concat(texts).group_by("trace_id").agg(pl.col("words").str.join("\n")).collect(engine="streaming")
    is_read = pl.col("detector") == BY_HAND
    text = pl.when(is_read).then(_together(("text", "words"))).otherwise("text")
    return members.join(recorded, on="trace_id", how="left").with_columns(text=text)


def _together(columns: Sequence[str]) -> pl.Expr:
    return pl.concat_str(columns, separator="\n", ignore_nulls=True)


def _line(cluster: str, before: Mapping[str, str | None]) -> list[str]:
    """Return a cluster and those that it goes on from, the newest first."""
    line = [cluster]
    while (earlier := before.get(line[-1])) is not None and earlier not in line:
        line.append(earlier)
    return line


def _own_words(
    going: pl.DataFrame, staying: pl.DataFrame, before: Mapping[str, str | None]
) -> dict[str, frozenset[str]]:
    """Return the words that only findings that go had, of each cluster and those that it goes on from."""
    gone = {cluster: _words(text or "") for cluster, text in _texts(going)}
    held = {cluster: _words(text or "") for cluster, text in _texts(staying)}
    return {cluster: _of_line(gone, cluster, before) - _of_line(held, cluster, before) for cluster in {*before, *gone}}


def _of_line(words: Mapping[str, frozenset[str]], cluster: str, before: Mapping[str, str | None]) -> frozenset[str]:
    return frozenset().union(*(words.get(one, frozenset()) for one in _line(cluster, before)))


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
