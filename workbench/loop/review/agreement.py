"""Labels of a long table, one row each, to a table of items and annotators, and how far those agree."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from workbench.stats.agreement import Agreement, agreement


class Agreed(NamedTuple):
    """The agreement of the annotators of a table."""

    figures: Agreement
    """The figures; `by_label` in the order of `labels`."""
    annotators: tuple[str, ...]
    """Who labelled, sorted."""
    labels: tuple[str, ...]
    """What was said, sorted."""
    n_repeated: int
    """Labels passed over, because the same annotator had labelled the same item before."""
    n_incomplete: int
    """Rows passed over, because they lack item, annotator or label."""


def agree(rows: Iterable[Mapping[str, Any]], *, item: str, annotator: str, label: str, seed: int = 0) -> Agreed:
    """Return how far the annotators agree; the first label of each on an item counts.

    Parameters
    ----------
    rows
        One label each, in the order in which they were given; values are compared as they are written.
    item, annotator, label
        The names of the columns.
    seed
        Seed of the bootstrap.
    """
    given: dict[tuple[str, str], str] = {}
    n_repeated = n_incomplete = 0
    for row in rows:
        what, who, said = (_written(row.get(name)) for name in (item, annotator, label))
        if not (what and who and said):
            n_incomplete += 1
        elif (what, who) in given:
            n_repeated += 1
        else:
            given[what, who] = said
    items, annotators = sorted({what for what, _ in given}), sorted({who for _, who in given})
    labels = sorted(set(given.values()))
    places = [{name: place for place, name in enumerate(names)} for names in (items, annotators, labels)]
    table = np.full((len(items), len(annotators)), -1)
    for (what, who), said in given.items():
        table[places[0][what], places[1][who]] = places[2][said]
    return Agreed(agreement(table, seed=seed), tuple(annotators), tuple(labels), n_repeated, n_incomplete)


def _written(value: Any) -> str:
    """Return a value as JSON and CSV would both write it; empty where there is none."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value).strip()
