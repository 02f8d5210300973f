"""The command that groups any texts; nothing of a workspace is read or written."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from workbench.boundaries.display import shorten, visible
from workbench.cli.app import EmbedderOption, JsonOption, SeedOption, app, embedder_of
from workbench.cli.output import answer_with, new_table, progress_bar, tell
from workbench.counted import counted
from workbench.loop.detect.cluster_texts import Clustered, cluster_file

SHOWN_CLUSTERS = 30
"""Clusters in the table: a screen; the file and --json have all."""
SHOWN_CHARACTERS = 60
"""What is shown of a typical text."""


@app.command()
def cluster(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, JSON lines or Parquet; plain or gzip.")],
    text: Annotated[str, typer.Option("--text", metavar="COLUMN", help="The column with the texts.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The new file: .csv, .tsv, .jsonl, .ndjson or .parquet.")
    ],
    embedder: EmbedderOption = "auto",
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Group any texts: all rows are written with `cluster` (-1 is noise), `strength` and a place `x`, `y` on a map.

    Rows keep their order and their values; a row without a text is noise. In a CSV, cells that a spreadsheet would run
    as a formula are prefixed with an apostrophe, and counted; JSON lines and Parquet are written as they are.

    Example: `workbench cluster tickets.csv --text subject --out tickets-grouped.csv`
    """
    with progress_bar() as (_, told):
        told(f"grouping the texts of {file.name}")
        embed, name = embedder_of(embedder, told=told)
        found = cluster_file(file, text=text, out=out, embed=embed, seed=seed)
    for note in found.notes:
        tell(note.removeprefix("texts: "))
    if found.n_guarded:
        tell(f"{found.n_guarded:,} cells could run as formulas and are prefixed with '; JSON lines and Parquet are raw")
    if found.n_refused:
        tell(
            f"{counted(found.n_refused, 'line is no JSON object and is', 'lines are no JSON objects and are')} left out"
        )
    answer_with(_answer(found, out=out, seed=seed, embedder=name), _table(found, out), as_json=as_json)


def _answer(found: Clustered, *, out: Path, seed: int, embedder: str) -> dict[str, Any]:
    columns = ("cluster", "n_findings", "stability", "family", "phrases")
    return {
        "out": str(out),
        "rows": found.rows.height,
        "noise": _n_noise(found),
        "noise_share": _n_noise(found) / found.rows.height,
        "without_text": found.n_empty,
        "refused_lines": found.n_refused,
        "prefixed_cells": found.n_guarded,
        "seed": seed,
        "embedder": embedder,
        "clusters": [
            {"n" if name == "n_findings" else name: row[name] for name in columns}
            | {"example": found.examples[row["cluster"]]}
            for row in found.clusters.iter_rows(named=True)
        ],
        "notes": list(found.notes),
    }


def _table(found: Clustered, out: Path) -> Table:
    shown = new_table(("phrases", "a typical text", "cluster", "rows", "share", "stability", "family"), n_text=2)
    for row in found.clusters.head(SHOWN_CLUSTERS).iter_rows(named=True):
        example = shorten(found.examples[row["cluster"]], SHOWN_CHARACTERS)
        shown.add_row(
            escape(visible(", ".join(row["phrases"][:3]))),
            escape(visible(example)),
            str(row["cluster"]),
            f"{row['n_findings']:,}",
            f"{row['n_findings'] / found.rows.height:.1%}",
            "" if row["stability"] is None else f"{row['stability']:.2f}",
            "" if row["family"] is None else str(row["family"]),
        )
    n_noise, n_more = _n_noise(found), found.clusters.height - SHOWN_CLUSTERS
    more = f" ({n_more:,} more are in the file)" if n_more > 0 else ""
    shown.caption = escape(
        visible(
            f"{counted(found.rows.height, 'row')}: {counted(found.clusters.height, 'cluster')}{more}, "
            f"{counted(n_noise, 'row is', 'rows are')} noise "
            f"({n_noise / found.rows.height:.1%}, {found.n_empty:,} without a text). Written to {out}."
        )
    )
    return shown


def _n_noise(found: Clustered) -> int:
    return int((found.rows["cluster"] < 0).sum())
