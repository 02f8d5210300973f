"""How far the reviewers of a round agree, from what each said first and before knowing of the others.

What people disagree on is no property of the traces yet: where they agree little, it is the question that needs work.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from workbench.records import OF_CAUSES, Verdict
from workbench.stats.agreement import Agreement, agreement

_COMMON = ("confirmed", "rejected", "uncertain")
LABELS = {"trace": _COMMON, "cause": (*_COMMON, *OF_CAUSES), "issue": _COMMON}
"""What people can choose from, by what is judged."""


class Consensus(NamedTuple):
    """The agreement on the things of one kind."""

    kind: str
    """trace, cause or issue."""
    annotators: tuple[str, ...]
    """Who judged, sorted."""
    labels: tuple[str, ...]
    """What could be said; `figures.by_label` is in this order, and may be shorter where the last were not used."""
    figures: Agreement
    """The figures with their intervals."""


def consensus(first: Iterable[Verdict], *, seed: int = 0) -> list[Consensus]:
    """Return how far people agree, by kind of what is judged; kinds of which nothing was judged twice are left out.

    Parameters
    ----------
    first
        The first labels of a review, as of `first_labels`; those of models and programs are left out.
    seed
        Seed of the intervals' bootstrap.
    """
    by_people = [verdict for verdict in first if verdict.annotator_kind == "HUMAN"]
    found = (_of_kind(kind, [one for one in by_people if one.target_kind == kind], seed=seed) for kind in LABELS)
    return [one for one in found if one.figures.n_compared]


def _of_kind(kind: str, verdicts: list[Verdict], *, seed: int) -> Consensus:
    labels = LABELS[kind]
    things = sorted({(one.cluster_id or "", one.target_id) for one in verdicts})
    annotators = sorted({one.annotator for one in verdicts})
    row = {thing: at for at, thing in enumerate(things)}
    column = {annotator: at for at, annotator in enumerate(annotators)}
    table = np.full((len(things), len(annotators)), -1)
    for one in verdicts:
        table[row[one.cluster_id or "", one.target_id], column[one.annotator]] = labels.index(one.label)
    return Consensus(kind, tuple(annotators), labels, agreement(table, n_labels=len(labels), seed=seed))
