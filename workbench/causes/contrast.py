"""Contrast: the attribute values that a cluster's traces have more often than the traces without it.

It shows where a problem concentrates, not what makes it: a cause is a hypothesis until a person confirms it.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import polars as pl

from workbench.causes.attributes import ATTRIBUTES
from workbench.causes.coded import Coded, encode
from workbench.causes.counts import HITS, KNOWN, Counter
from workbench.causes.populations import Marks, populations
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
    n_tests: int
    """Comparisons made; those not in `values` had a larger q."""


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
    coded = encode(attributes)
    return contrast_coded(members, coded, populations=populations(members, examined, coded), circular=circular)


def contrast_coded(
    members: pl.DataFrame,
    coded: Coded,
    *,
    populations: Mapping[str, Marks],
    circular: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> Contrast:
    """Return what `contrast` returns, of attributes that are in numbers already.

    `populations` has the traces that the clusters of each detector are compared with, their own included.
    """
    counter = Counter(coded, min_traces=MIN_TRACES)
    n_tests, hits, known = 0, [HITS.clear()], [KNOWN.clear()]
    placed = members.select(_MEMBER).unique().join(coded.traces, on="trace_id").sort("detector", "cluster_id", "trace")
    for (code,), of_detector in placed.partition_by("detector", as_dict=True).items():
        totals = counter.totals(populations[str(code)], besides=circular.get(str(code), ()))
        for (cluster_id,), cluster in of_detector.partition_by("cluster_id", as_dict=True).items():
            counts = counter.count(cluster["trace"].to_numpy().astype(np.int64), totals)
            n_tests += counts.n_tests
            hits.append(counts.hits.with_columns(cluster_id=pl.lit(cluster_id, pl.String)).select(HITS.columns))
            known.append(counts.known.with_columns(cluster_id=pl.lit(cluster_id, pl.String)).select(KNOWN.columns))
    tested = _tested(pl.concat(hits), n_tests=n_tests)
    found = _lifted(tested.filter(pl.col("q_value") <= MAX_Q, pl.col("hits") >= MIN_TRACES))
    return Contrast(_once(_ranked(found)), pl.concat(known), n_tests)


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
        nulls_last=True,
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
