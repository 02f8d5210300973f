"""Any texts grouped as findings are: of a column of a file, cluster, strength and a place on a map beside each row.

What detection does for findings is of use for any texts: tickets, survey answers, search queries.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import polars as pl

from workbench import clustering
from workbench.clustering import Embed, Namer
from workbench.errors import ConfigError
from workbench.loop.text_file import format_of, read_texts, write_beside
from workbench.schemas import FINDINGS

_DETECTOR = "texts"


class Clustered(NamedTuple):
    """The texts of a file, grouped."""

    rows: pl.DataFrame
    """One row a row of the file, in its order: cluster (-1 is noise), strength (0 to 1), x and y (null without map)."""
    clusters: pl.DataFrame
    """schemas.CLUSTERS, one row a cluster, largest first; exemplars are rows, counted from 0."""
    examples: dict[int, str]
    """By cluster its most typical text."""
    n_empty: int
    """Rows without a text: they are noise."""
    n_refused: int
    """Lines of the file that are no rows."""
    n_guarded: int
    """Cells of a CSV that were prefixed, because a spreadsheet would run them."""
    notes: tuple[str, ...]
    """What the reader must know of how it was done."""


def cluster_file(
    path: Path, *, text: str, out: Path, embed: Embed, seed: int = 0, namer: Namer | None = None
) -> Clustered:
    """Group the texts of a file's column and write all its rows to another, with what was found beside each.

    Deterministic given seed. The file itself is never changed.

    Raises
    ------
    ConfigError
        If file, column or format is not there, the file has a column of one of the names already, or out is the file.
    FormatError
        If the file cannot be read.
    """
    format_of(out)
    if out.exists() and path.exists() and out.samefile(path):
        raise ConfigError("out is the file itself", where=str(out), fix="name another file")
    file = read_texts(path, column=text)
    grouping = group_texts(file.texts, embed=embed, seed=seed, namer=namer)
    found = grouping.memberships.sort("finding_id").select("cluster", "strength", "x", "y")
    n_guarded = write_beside(file, found, out)
    typical = grouping.clusters.select("cluster", pl.col("exemplars").list.first()).iter_rows()
    return Clustered(
        found,
        grouping.clusters,
        {cluster: file.texts[int(row)] or "" for cluster, row in typical},
        sum(1 for value in file.texts if not (value or "").strip()),
        file.n_refused,
        n_guarded,
        grouping.notes,
    )


def group_texts(
    texts: list[str | None], *, embed: Embed, seed: int = 0, namer: Namer | None = None
) -> clustering.Grouping:
    """Return the texts grouped as if each were a finding; a finding's id is the text's place, counted from 0."""
    width = len(str(len(texts)))
    known = {
        "finding_id": pl.Series([f"{place:0{width}d}" for place in range(len(texts))], dtype=pl.String),
        "text": pl.Series(texts, dtype=pl.String),
        "detector": pl.Series([_DETECTOR] * len(texts), dtype=pl.String),
    }
    empty = pl.Series([None] * len(texts), dtype=pl.String)
    findings = pl.DataFrame([known.get(name, empty).cast(dtype).alias(name) for name, dtype in FINDINGS.schema.items()])
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return clustering.group(findings, embed=embed, seed=seed, run_id="texts", now=epoch, namer=namer)
