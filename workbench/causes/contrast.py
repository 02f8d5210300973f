"""Contrast: the attribute values that a cluster's traces have more often than the traces without it.

It shows where a problem concentrates, not what makes it: a cause is a hypothesis until a person confirms it.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

import polars as pl

from workbench.causes.attributes import ATTRIBUTES
from workbench.schemas import require
from workbench.stats.exact import over_representation
from workbench.stats.intervals import ratio_of_shares
from workbench.stats.multiplicity import benjamini_hochberg

MIN_TRACES = 3
"""Traces that a value, and a cluster, need: two alike are a coincidence that no test can tell from a cause."""
MAX_Q = 0.05
"""The false-discovery rate of a run: of a hundred values found, five may be chance. Benjamini, Hochberg (1995)."""
MIN_LIFT = 1.0
"""The low end of the lift's interval must lie above it: where test and interval disagree, nothing is found."""

_MEMBER = ["cluster_id", "detector", "trace_id"]
_ATTRIBUTE = ["trace_id", "attribute", "value"]
_VALUE = ["cluster_id", "attribute", "value"]


class Contrast(NamedTuple):
    """What sets the clusters of one run apart."""

    values: pl.DataFrame
    """One row a cluster and over-represented value, by cluster id, then by share in the cluster less that elsewhere.

    cluster_id, attribute, value; hits and n: traces of the cluster with the value, and where the attribute is known;
    other_hits and other_n: the same of the rest; lift, lift_low, lift_high; p_value, q_value; share_explained; same:
    attribute and value of others that exactly the same traces have.
    """
    known: pl.DataFrame
    """One row a cluster and attribute: n traces of the cluster, and n_all traces in all, where it is known."""


def contrast(
    members: pl.DataFrame,
    attributes: pl.DataFrame,
    *,
    examined: pl.DataFrame | None = None,
    circular: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> Contrast:
    """Return the over-represented attribute values of each cluster; read-only, the same in any order of the rows.

    Each value that at least `MIN_TRACES` traces have, and not all, is tested against every cluster by Fisher's
    one-sided exact test, over the traces of which the attribute is known; the q-values count all these tests. The lift
    is the share with the value in the cluster over that in the rest, with its 95 % score interval.

    Parameters
    ----------
    members
        One row a finding in a cluster: cluster_id, detector, trace_id.
    attributes
        As of `trace_attributes`: trace_id, attribute, value; a null value is "known to have none".
    examined
        The traces that each detector could judge: detector, trace_id. A cluster is compared with these alone: what a
        detector cannot see is no evidence that the problem is absent. None is all traces, for every detector.
    circular
        Attributes that a detector's judgement itself goes by, by detector: they are left out for its clusters.

    Raises
    ------
    SchemaError
        If a column is missing.

    Notes
    -----
    The share explained is (P(value | cluster) - P(value | rest)) / (1 - P(value | rest)), clipped to 0 to 1: the
    attributable fraction of case-control studies (Cole, MacMahon 1971, Attributable risk percent in case-control
    studies). It is what the value accounts for, if it is a cause and the rest shows how common it is anyway.

    Traces count as independent; many traces of one user or one task make q-values too small.
    """
    require(members, _MEMBER, of="contrast")
    require(attributes, _ATTRIBUTE, of="contrast")
    members, attributes = members.select(_MEMBER).unique(), attributes.select(_ATTRIBUTE).unique()
    groups = members.partition_by("detector", as_dict=True) or {("",): members}
    counts = [
        _count(group, _population(group, attributes.filter(~_is_one_of(circular.get(code, ()))), examined))
        for (code,), group in groups.items()
    ]
    hits = pl.concat([count.hits for count in counts])
    tested = _tested(hits, n_tests=sum(count.n_tests for count in counts))
    found = _lifted(tested.filter(pl.col("q_value") <= MAX_Q, pl.col("hits") >= MIN_TRACES))
    return Contrast(_once(_ranked(found)), pl.concat([count.known for count in counts]))


class _Counts(NamedTuple):
    known: pl.DataFrame
    hits: pl.DataFrame
    n_tests: int


def _is_one_of(names: Collection[str]) -> pl.Expr:
    return pl.col("attribute").is_in(list(names))


def _population(members: pl.DataFrame, attributes: pl.DataFrame, examined: pl.DataFrame | None) -> pl.DataFrame:
    if examined is None:
        return attributes
    require(examined, ["detector", "trace_id"], of="contrast")
    judged = examined.join(members, on="detector", how="semi").select("trace_id")
    return attributes.join(pl.concat([judged, members.select("trace_id")]), on="trace_id", how="semi")


def _count(members: pl.DataFrame, attributes: pl.DataFrame) -> _Counts:
    """Count the clusters of one detector: traces where an attribute is known, with each value, and comparisons."""
    n_all = attributes.select("trace_id", "attribute").unique().group_by("attribute").agg(_len("n_all"))
    placed = members.select("cluster_id", "trace_id").join(attributes, on="trace_id")
    n = placed.group_by("cluster_id", "attribute").agg(n=pl.col("trace_id").n_unique().cast(pl.Int64))
    known = n.join(n_all, on="attribute")
    values = _testable(attributes, n_all)
    compared = known.filter(pl.col("n") >= MIN_TRACES, pl.col("n") < pl.col("n_all"))
    n_values = values.group_by("attribute").agg(_len("n_values"))
    hits = (
        placed.join(values.select("attribute", "value"), on=["attribute", "value"], how="semi")
        .group_by(_VALUE)
        .agg(_len("hits"))
        .join(compared, on=["cluster_id", "attribute"])
        .join(values, on=["attribute", "value"])
    )
    return _Counts(known, hits, int(compared.join(n_values, on="attribute")["n_values"].sum()))


def _testable(attributes: pl.DataFrame, n_all: pl.DataFrame) -> pl.DataFrame:
    """Return the values that could stand out somewhere, judged by their total alone, so that the q-values hold."""
    values = attributes.drop_nulls("value").group_by("attribute", "value")
    # Values of the same traces have the same exclusive-or of hashed ids; others do once in 2^64 pairs.
    counted = values.agg(_len("hits_all"), same_traces=pl.col("trace_id").hash().bitwise_xor())
    is_testable = pl.col("hits_all").is_between(MIN_TRACES, pl.col("n_all") - 1)
    return counted.join(n_all, on="attribute").filter(is_testable).drop("n_all")


def _tested(hits: pl.DataFrame, *, n_tests: int) -> pl.DataFrame:
    """Return the values with p_value and q_value; those without a hit have p = 1, are not listed, and count."""
    tables = hits.with_columns(
        other_hits=pl.col("hits_all") - pl.col("hits"),
        other_n=pl.col("n_all") - pl.col("n"),
    )
    p_values = over_representation(
        tables["hits"], tables["n"], other_hits=tables["other_hits"], other_n=tables["other_n"]
    )
    q_values = benjamini_hochberg(p_values, n_tests=n_tests)
    return tables.with_columns(pl.Series("p_value", p_values), pl.Series("q_value", q_values))


def _lifted(values: pl.DataFrame) -> pl.DataFrame:
    """Return the values with lift, its interval and the share explained, where the lift is above `MIN_LIFT`."""
    interval = ratio_of_shares(values["hits"], values["n"], other_hits=values["other_hits"], other_n=values["other_n"])
    share, other_share = pl.col("hits") / pl.col("n"), pl.col("other_hits") / pl.col("other_n")
    return values.with_columns(
        pl.Series("lift_low", interval.low),
        pl.Series("lift_high", interval.high),
        lift=share / other_share,
        share_explained=((share - other_share) / (1 - other_share)).clip(0, 1),
    ).filter(pl.col("lift_low") > MIN_LIFT)


def _ranked(values: pl.DataFrame) -> pl.DataFrame:
    """Order by how much more frequent a value is, in points: a share explained is 1 for what nearly all traces have."""
    order = pl.Enum([attribute.name for attribute in ATTRIBUTES])
    return values.sort(
        "cluster_id",
        pl.col("hits") / pl.col("n") - pl.col("other_hits") / pl.col("other_n"),
        pl.col("lift_low"),
        pl.col("attribute").cast(order, strict=False),
        "attribute",
        "value",
        descending=[False, True, True, False, False, False],
    )


def _once(ranked: pl.DataFrame) -> pl.DataFrame:
    """Return each set of traces of a cluster once, under the value that ranks first."""
    alike = ranked.group_by("cluster_id", "same_traces", maintain_order=True)
    numbers = (
        "hits",
        "n",
        "other_hits",
        "other_n",
        "lift",
        "lift_low",
        "lift_high",
        "p_value",
        "q_value",
        "share_explained",
    )
    return alike.agg(
        pl.col("attribute", "value", *numbers).first(),
        same=pl.struct("attribute", "value").slice(1),
    ).select(*_VALUE, *numbers, "same")


def _len(name: str) -> pl.Expr:
    return pl.len().cast(pl.Int64).alias(name)
