"""One row a cluster."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from workbench.clustering.describe import cluster_id, describe
from workbench.clustering.embed import embed
from workbench.errors import SchemaError
from workbench.schemas import CLUSTERS

DAY = date(2026, 1, 6)
Findings = Callable[..., pl.DataFrame]


def rows(findings: pl.DataFrame, clusters: Sequence[int]) -> pl.DataFrame:
    return describe(findings.with_columns(cluster=pl.Series(clusters)), embed=embed, run_id="run_1", day=DAY)


def test_counts_are_of_distinct_things_and_missing_ones_are_not_counted(findings_of: Findings) -> None:
    noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    findings = findings_of(["no seat"] * 4).with_columns(
        trace_id=pl.Series(["a", "a", "b", "c"]),
        session_id=pl.Series(["s", "s", None, None]),
        at=pl.Series([noon, noon + timedelta(hours=1), None, noon - timedelta(hours=1)]),
    )
    (row,) = rows(findings, [0, 0, 0, -1]).to_dicts()
    assert (row["n_findings"], row["n_traces"], row["n_sessions"], row["n_users"]) == (3, 2, 1, 0)
    assert (row["first_at"], row["last_at"]) == (noon, noon + timedelta(hours=1))
    assert (row["run_id"], row["day"], row["phrases"]) == ("run_1", DAY, ["no seat"])


def test_the_schema_is_that_of_the_table_also_without_clusters(findings_of: Findings) -> None:
    assert rows(findings_of(["no seat"]), [0]).schema == CLUSTERS.schema
    assert rows(findings_of(["no seat"]), [-1]).equals(CLUSTERS.empty())


def test_the_id_follows_from_run_and_members_in_any_order(findings_of: Findings) -> None:
    found = rows(findings_of(["no seat", "no seat", "card empty"])[::-1], [1, 0, 0])["cluster_id"].to_list()
    assert found == [cluster_id("run_1", ["fnd_000", "fnd_001"]), cluster_id("run_1", ["fnd_002"])]
    assert cluster_id("run_1", ["a", "b"]) == cluster_id("run_1", ["b", "a"]) != cluster_id("run_2", ["a", "b"])


def test_exemplars_are_nearest_to_the_centre_and_each_text_comes_once_before_any_again(findings_of: Findings) -> None:
    place = {"middle": 0.0, "near": 0.3, "far": 0.9}

    def by_place(texts: Sequence[str]) -> NDArray[np.float32]:
        angles = np.array([place[text] for text in texts])
        return np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)

    findings = findings_of(["far", "middle", "middle", "middle", "near"]).with_columns(cluster=pl.lit(0))
    (exemplars,) = describe(findings, embed=by_place, run_id="run_1", day=DAY)["exemplars"].to_list()
    # Centre: three at 0, one at 0.3 and one at 0.9, so that 0.3 is nearest, then 0, then 0.9.
    assert exemplars == ["fnd_004", "fnd_001", "fnd_000", "fnd_002", "fnd_003"]


def test_a_missing_column_is_named(findings_of: Findings) -> None:
    with pytest.raises(SchemaError, match="missing column cluster"):
        describe(findings_of(["no seat"]), embed=embed, run_id="run_1", day=DAY)
