"""What the review needs of a desk: one reviewer's place in one review, where judgements are kept.

Values go in and come out as JSON has them. The view knows no store and no ledger; it is given a desk.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

Task = Mapping[str, Any]
"""One item: place, kind (`trace`, `cause` or `issue`), cluster_id, detector, target_id, n_alike; `own`, what this
reviewer said of it (label, explanation, code, category, severity, ...) or None; draft; is_flagged; others, what others
said of it (annotator, label, explanation, code); of an issue `against`, what speaks against confirming it."""
Shown = Mapping[str, Any]
"""What a reviewer sees of a task; any of it may be absent.

`trace`, as `transcript.Transcript` takes it; `examples`, the traces that can be opened instead, and `neighbours`, those
like it: each `{"trace_id", "title", "text"}`; `cluster` (rank, name, facts); `finding` (question, text); `causes` as
`problem_panel.ProblemPanel` takes them, with `id` and `is_asked`; `map`: points ([x, y, is_cluster]) and here.
"""
Read = Callable[[Sequence[Task]], Sequence[Shown]]
"""From tasks to what is shown of each, in their order. It is called from a thread of its own."""


class Desk(Protocol):
    """One reviewer's place in one review; what is not done raises a `WorkbenchError`."""

    def about(self) -> dict[str, Any]:
        """Return what holds for all items.

        review_id, title, reviewer, n_items, labels (by kind: label, key, words), categories (code, name, about),
        severities, issues that a trace may be of instead (id, title, cluster_id), codes (most used first) and
        is_adjudicating.
        """

    def take(self, place: int | None = None) -> dict[str, Any] | None:
        """Return the next item, or that at a place; None where there is none."""

    def ahead(self, place: int, n: int = 20) -> list[dict[str, Any]]:
        """Return the items that will come next, reserving none."""

    def judge(
        self,
        place: int,
        *,
        label: str,
        seen: str,
        explanation: str = "",
        code: str = "",
        category: str | None = None,
        severity: str | None = None,
        statement: Sequence[str] = (),
        same_as: str | None = None,
    ) -> dict[str, Any]:
        """Return place, verdict_id, saved_at and label once the judgement is on the disk."""

    def undo(self) -> int | None:
        """Return the place of the last judgement, which is taken back; None where there is none."""

    def skip(self, place: int) -> None:
        """Put an item off to the end."""

    def flag(self, place: int, is_flagged: bool) -> None:
        """Note that others should look at an item, or that they need not."""

    def draft(self, place: int, text: str) -> None:
        """Keep a note that is not said yet."""

    def find(self, words: str, n: int = 20) -> list[dict[str, Any]]:
        """Return place, title and label of the reviewer's items that hold the words."""

    def next_uncertain(self, place: int) -> int | None:
        """Return the next place that the reviewer was not sure of; None where there is none."""

    def bulk(self, place: int, *, label: str, code: str = "") -> dict[str, Any]:
        """Return what was saved of a judgement on the item's whole cluster."""

    def progress(self) -> dict[str, Any]:
        """Return done, n_items, n_skipped, n_flagged, by_reviewer, new_codes (last, n) and seconds_an_item."""
