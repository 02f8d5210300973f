"""What came of each item of a review: who judged it, and what is held to be so in the end.

Estimates rest on what stands: what was decided between people who disagreed, else what all who judged agree on. Where
they still disagree nothing is known, and a majority is not made into knowledge.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from workbench.records import Verdict
from workbench.schemas import require

ITEM = ("place", "kind", "cluster_id", "detector", "target_id", "n_alike", "inclusion_probability")
"""Columns of an item of a review."""
UNCERTAIN = "uncertain"

Key = tuple[str, str | None, str]
"""What is judged: its kind, its cluster and its id."""


class Disagreement(NamedTuple):
    """One thing that people judged differently at first."""

    kind: str
    cluster_id: str | None
    target_id: str
    said: tuple[tuple[str, str], ...]
    """Annotator and first label, by annotator."""
    decided: str | None
    """The label that an adjudication gave it; None while there is none."""


def outcomes(items: pl.DataFrame, standing: Iterable[Verdict]) -> pl.DataFrame:
    """Return the items with what people say of each: `n_judged` (people) and `label` (null while nobody judged it).

    The label is what was adjudicated, else what all agree on; where they disagree it is `uncertain`. What models and
    programs say is left out.

    Parameters
    ----------
    items
        One row an item: place, kind, cluster_id, detector, target_id, n_alike, inclusion_probability.
    standing
        The verdicts of the review that stand.
    """
    require(items, ITEM, of="review.outcomes")
    by_item = _by_item(standing)
    said = [by_item.get(key, []) for key in items.select("kind", "cluster_id", "target_id").iter_rows()]
    return items.with_columns(
        pl.Series("n_judged", [len({one.annotator for one in verdicts}) for verdicts in said], dtype=pl.Int64),
        pl.Series("label", [label_of(verdicts) for verdicts in said], dtype=pl.String),
    )


def label_of(verdicts: Sequence[Verdict]) -> str | None:
    """Return what several verdicts on one thing come to: the newest adjudication, else what all say; else `uncertain`.

    None where there is no verdict.
    """
    decisive = adjudication(verdicts)
    if decisive is not None:
        return decisive.label
    labels = {verdict.label for verdict in verdicts}
    return None if not labels else labels.pop() if len(labels) == 1 else UNCERTAIN


def adjudication(verdicts: Iterable[Verdict]) -> Verdict | None:
    """Return the newest verdict that decides between others; None where there is none."""
    decisive = [verdict for verdict in verdicts if verdict.is_adjudication]
    return max(decisive, key=lambda one: (one.at, one.id), default=None)


def disagreements(first: Iterable[Verdict], standing: Iterable[Verdict]) -> list[Disagreement]:
    """Return what people labelled differently at first, by cluster and id.

    Parameters
    ----------
    first
        The first labels, as of `first_labels`.
    standing
        The verdicts that stand, adjudications among them.
    """
    now = _by_item(standing)
    found = []
    for (kind, cluster_id, target_id), verdicts in _by_item(first).items():
        said = tuple(sorted({one.annotator: one.label for one in verdicts}.items()))
        if len({label for _, label in said}) > 1:
            decisive = adjudication(now.get((kind, cluster_id, target_id), ()))
            found.append(Disagreement(kind, cluster_id, target_id, said, decisive.label if decisive else None))
    return sorted(found, key=lambda one: (one.kind, one.cluster_id or "", one.target_id))


def _by_item(verdicts: Iterable[Verdict]) -> Mapping[Key, list[Verdict]]:
    """Return what people say of each item."""
    said: dict[Key, list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.annotator_kind == "HUMAN":
            said.setdefault((verdict.target_kind, verdict.cluster_id, verdict.target_id), []).append(verdict)
    return said
