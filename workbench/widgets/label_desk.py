"""What the scoring of answers needs of whoever keeps the scores: one person's place at the answers of an experiment.

Values go in and come out as JSON has them. The view knows no ledger; it is given a desk.
"""

from typing import Any, Protocol


class LabelDesk(Protocol):
    """One person's place at the answers; what is not done raises a `WorkbenchError`."""

    def about(self) -> dict[str, Any]:
        """Return what holds for all answers: experiment_id, annotator, n_items, n_scored."""

    def take(self, place: int) -> dict[str, Any]:
        """Return the answer at a place.

        place, metric, criterion, low, high, texts (pairs of label and text), answer, own (this person's score or None).
        """

    def next_place(self, after: int = -1) -> int | None:
        """Return the next place that this person has not scored; None if there is none."""

    def score(self, place: int, score: int) -> None:
        """Keep a score, on the disk before it returns."""
