"""A name for a cluster from a namer that is passed in, such as a call to a language model; none is needed.

Key phrases name every cluster. A namer may word it better, from texts that strangers wrote: so what it saw is kept, its
answer is untrusted, held to one short line of words, and dropped where it is none.
"""

import unicodedata
from collections.abc import Callable
from typing import NamedTuple

import polars as pl

from workbench.boundaries.display import shorten, visible
from workbench.schemas import require

MAX_NAME_CHARACTERS = 60
"""What is kept of a name: it heads a line of a table."""
MAX_SEEN_CHARACTERS = 200
"""What a namer sees of a text: a cluster's texts say what they share in their first words."""


class ToName(NamedTuple):
    """What a namer sees of a cluster."""

    detector: str
    """The detector's code."""
    phrases: tuple[str, ...]
    """Key phrases, best first."""
    texts: tuple[str, ...]
    """The beginnings of its most typical texts, best first; written by strangers."""
    n_findings: int
    """How many findings it holds."""


Namer = Callable[[ToName], str]
"""What names a cluster: a line of words; its `__name__` is kept as who named it."""


def name_clusters(clusters: pl.DataFrame, texts: pl.DataFrame, *, namer: Namer) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return the clusters with name, named_by and named_from, and a note for each answer that was no name.

    A cluster whose namer raises, or answers nothing that can be a name, keeps its phrases alone.

    Parameters
    ----------
    clusters
        schemas.CLUSTERS, one row a cluster.
    texts
        One row a finding at least for the exemplars: finding_id and text.
    namer
        Called once a cluster, the largest first.
    """
    require(clusters, ("cluster", "detector", "phrases", "exemplars", "n_findings"), of="clustering.name_clusters")
    said = dict(texts.select("finding_id", pl.col("text").fill_null("")).iter_rows())
    who = getattr(namer, "__name__", type(namer).__name__)
    rows, notes = [], []
    for row in clusters.sort("cluster").iter_rows(named=True):
        seen = [finding for finding in row["exemplars"] if finding in said]
        asked = ToName(
            row["detector"],
            tuple(row["phrases"]),
            tuple(shorten(said[finding], MAX_SEEN_CHARACTERS) for finding in seen),
            row["n_findings"],
        )
        name, fault = _ask(namer, asked)
        rows.append((row["cluster_id"], name, who, seen))
        notes += [f"cluster {row['cluster']}: not named, {fault}"] if fault else []
    made = pl.DataFrame(
        rows,
        {"cluster_id": pl.String, "name": pl.String, "named_by": pl.String, "named_from": pl.List(pl.String)},
        orient="row",
    )
    names = [column for column in made.columns if column != "cluster_id"]
    return clusters.drop(names).join(made, on="cluster_id", how="left", maintain_order="left").select(
        clusters.columns
    ), tuple(notes)


def clean_name(answer: object) -> str | None:
    """Return the answer as a name: its first line of words, what is hidden dropped, shortened; None if it is none.

    >>> clean_name('"Gift card refused"')
    'Gift card refused'
    >>> clean_name("!!") is None
    True
    """
    if not isinstance(answer, str):
        return None
    lines = (" ".join(_seen(line).split()).strip("\"'`*#_ ") for line in answer[: 50 * MAX_NAME_CHARACTERS].split("\n"))
    first = next((line for line in lines if any(letter.isalpha() for letter in line)), None)
    return None if first is None else shorten(first, MAX_NAME_CHARACTERS)


def _ask(namer: Namer, asked: ToName) -> tuple[str | None, str]:
    """Return the name, or why there is none."""
    try:
        name = clean_name(namer(asked))
    except Exception as error:  # noqa: BLE001 a namer is a stranger's program: a run must not die of it
        return None, f"the namer failed with {type(error).__name__}"
    return name, "" if name else "the namer answered no words"


def _seen(text: str) -> str:
    """Return the text without characters that are not seen; tabs become spaces."""
    return "".join(
        character if visible(character) == character else " " if unicodedata.category(character) == "Cc" else ""
        for character in text
    )
