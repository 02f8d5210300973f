"""Families of clusters, where there are many."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.clustering.families import FAMILIES_FROM, families
from workbench.schemas import CLUSTERS


def embed(texts: Sequence[str], /) -> NDArray[np.float32]:
    """Return a direction for the first letter, and a little of one for the whole text."""
    rows = np.zeros((len(texts), 40), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        row["abc".index(text[0])] = 1.0
        row[3 + int(text[1:])] = 0.3
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def frames(kinds: str, detector: str = "tool_error") -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return clusters of one finding each, the n-th with n findings fewer, and their texts."""
    rows = [
        {
            "cluster_id": f"{detector} {place}",
            "cluster": place,
            "detector": detector,
            "exemplars": [f"{detector} {place}"],
            "n_findings": 100 - place,
        }
        for place in range(len(kinds))
    ]
    clusters = pl.DataFrame(rows).select(
        (pl.col(name) if name in rows[0] else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in CLUSTERS.schema.items()
    )
    texts = pl.DataFrame(
        {"finding_id": clusters["cluster_id"], "text": [f"{kind}{place}" for place, kind in enumerate(kinds)]}
    )
    return clusters, texts


def test_clusters_that_say_alike_are_one_family_and_the_largest_is_first() -> None:
    clusters, texts = frames("abcabbabbabb")
    found = families(clusters, texts, embed=embed)["family"].to_list()
    b, a, c = (found["abcabbabbabb".index(kind)] for kind in "bac")
    assert found == [{"a": a, "b": b, "c": c}[kind] for kind in "abcabbabbabb"]
    assert (b, a, c) == (0, 1, 2), "seven clusters of b, four of a, one of c"


def test_few_clusters_have_none_and_each_detector_its_own() -> None:
    few, some = frames("a" * (FAMILIES_FROM - 1)), frames("ab" * (FAMILIES_FROM // 2), "failed_outcome")
    both = [pl.concat(pair) for pair in zip(few, some, strict=True)]
    found = families(both[0], both[1], embed=embed)
    assert found.filter(pl.col("detector") == "tool_error")["family"].null_count() == FAMILIES_FROM - 1
    assert found.filter(pl.col("detector") == "failed_outcome")["family"].null_count() == 0
    assert found.columns == both[0].columns
    assert families(CLUSTERS.empty(), both[1], embed=embed).equals(CLUSTERS.empty())
