"""The order of the problems of a bare detection run, while nobody has reviewed it: what they hold, by severity.

Once people have, problems are ranked by `ranking`: by the users that they really hurt.
"""

from collections.abc import Callable, Container, Mapping
from typing import Any

import polars as pl

from workbench.records import Severity

SEVERITY_WEIGHT: Mapping[Severity, float] = {"low": 1.0, "medium": 2.0, "high": 3.0}
"""How often a trace counts in the order of problems: whole steps, a stand-in until their pain is measured."""


def ranked(
    clusters: pl.DataFrame,
    *,
    severity: Callable[[Mapping[str, Any]], Severity],
    demoted: Container[str] = (),
) -> list[dict[str, Any]]:
    """Return the clusters of one run by traces times SEVERITY_WEIGHT, findings and number; of demoted detectors last.

    Parameters
    ----------
    clusters
        Frame in schemas.CLUSTERS, one row a cluster.
    severity
        Gives the severity of a row.
    demoted
        Detectors that reviewers reject.
    """
    return sorted(
        clusters.iter_rows(named=True),
        key=lambda row: (
            row["detector"] in demoted,
            -row["n_traces"] * SEVERITY_WEIGHT[severity(row)],
            -row["n_findings"],
            row["cluster"],
        ),
    )
