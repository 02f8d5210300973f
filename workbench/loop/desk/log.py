"""What was said in one review so far, by everybody: read once, and then only what is new of it.

The ledger alone knows; this is a copy that is brought up to date before each answer, by one look at the chain's end.
"""

from workbench.loop.desk.item import Item, Target, target_of
from workbench.records import Verdict
from workbench.review import codes_of, disagreements, first_labels, judgements, standing
from workbench.store.ledger import Ledger


class Log:
    """The verdicts of one review, in all revisions."""

    def __init__(self, ledger: Ledger, review_id: str) -> None:
        self._ledger, self._review_id = ledger, review_id
        self._seq = 0
        self._revisions: list[Verdict] = []
        self._newest: dict[str, Verdict] = {}
        self._on: dict[Target, set[str]] = {}
        self._codes: dict[Target, dict[str, frozenset[str]]] = {}
        self.refresh()

    def refresh(self) -> bool:
        """Read what was appended since, and return whether there was anything."""
        news = self._ledger.since(self._seq, Verdict, review_id=self._review_id)
        for verdict in news.records:
            self._revisions.append(verdict)
            self._newest[verdict.id] = verdict
            self._on.setdefault(target_of(verdict), set()).add(verdict.id)
            self._note_code(verdict)
        self._seq = news.seq
        return bool(news.records)

    def own(self, verdict_id: str) -> Verdict | None:
        """Return a verdict as it stands; None if it was never given or is withdrawn."""
        found = self._newest.get(verdict_id)
        return None if found is None or found.label == "withdrawn" else found

    def on(self, item: Item) -> list[Verdict]:
        """Return the verdicts on an item that stand, save those that decide between others, by annotator."""
        given = (self.own(verdict_id) for verdict_id in self._on.get(item.target, ()))
        stands = [verdict for verdict in given if verdict is not None and not verdict.is_adjudication]
        return sorted(stands, key=lambda verdict: verdict.annotator)

    def standing(self) -> list[Verdict]:
        """Return all verdicts of the review that stand."""
        return [verdict for verdict in self._newest.values() if verdict.label != "withdrawn"]

    def codes(self) -> list[frozenset[str]]:
        """Return the open codes of each trace judged, as `review.codes_of` gives them."""
        return [frozenset[str]().union(*of_item.values()) for of_item in self._codes.values()]

    def judgements(self, annotator: str, *, is_adjudication: bool) -> list[Verdict]:
        """Return what an annotator said and did not take back, oldest first."""
        return judgements(
            verdict
            for verdict in self._revisions
            if verdict.annotator == annotator and verdict.is_adjudication == is_adjudication
        )

    def disagreed(self) -> dict[Target, frozenset[str]]:
        """Return what was labelled differently by people who did not know of each other, and who they are."""
        found = disagreements(first_labels(self._revisions), standing(self._revisions))
        return {
            (one.kind, one.cluster_id, one.target_id): frozenset(annotator for annotator, _ in one.said)
            for one in found
        }

    def _note_code(self, verdict: Verdict) -> None:
        of_item = self._codes.setdefault(target_of(verdict), {})
        of_item.pop(verdict.id, None)
        of_item.update((verdict.id, codes) for codes in codes_of([verdict]))
        if not of_item:
            del self._codes[target_of(verdict)]
