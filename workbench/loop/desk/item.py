"""One item of a review as a desk holds it, and the key by which verdicts are about it."""

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from workbench.records import ERASED, Verdict, verdict_id

Target = tuple[str, str | None, str]
"""What is judged: its kind, its cluster and its id."""


class Item(NamedTuple):
    """One row of schemas.REVIEW_ITEMS."""

    place: int
    kind: str
    cluster_id: str | None
    detector: str | None
    target_id: str
    n_alike: int
    inclusion_probability: float

    @property
    def target(self) -> Target:
        """What verdicts on it are about."""
        return self.kind, self.cluster_id, self.target_id

    @property
    def is_erased(self) -> bool:
        """Whether its user was erased, so that nothing of it can be shown."""
        return self.target_id == ERASED

    def verdict_id(self, *, annotator: str, review_id: str, is_adjudication: bool) -> str:
        """Return the id of an annotator's verdict on it."""
        return verdict_id(
            self.kind,
            self.target_id,
            cluster_id=self.cluster_id,
            annotator=annotator,
            review_id=review_id,
            is_adjudication=is_adjudication,
        )


def items_of(rows: pl.DataFrame) -> Sequence[Item]:
    """Return the items of a review by place.

    Parameters
    ----------
    rows
        schemas.REVIEW_ITEMS.
    """
    return tuple(Item(*row) for row in rows.select(Item._fields).iter_rows())


def target_of(verdict: Verdict) -> Target:
    """Return what a verdict is about."""
    return verdict.target_kind, verdict.cluster_id, verdict.target_id
