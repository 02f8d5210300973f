"""What one reviewer has before them in one review, brought up to date before each answer, and how it is written.

The items are held in memory, what was said is read once and then only what is new: an answer costs a few statements.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from workbench.errors import ConfigError, StoreError, TakenError
from workbench.loop.desk.item import Item, items_of
from workbench.loop.desk.log import Log
from workbench.loop.desk.reviewer import Reviewer, seat_of
from workbench.loop.desk.scene import scene_of
from workbench.loop.named import find_review
from workbench.loop.settle import settle
from workbench.records import Verdict
from workbench.review import n_against, words_against
from workbench.review.waiting import is_over
from workbench.store import Workspace
from workbench.store.database import Write
from workbench.store.seats import Own

_OF_OWN = ("label", "explanation", "code", "score", "category", "severity", "statement", "same_as", "is_flagged")


class Sitting:
    """One reviewer in one review."""

    def __init__(
        self, workspace: Workspace, review_id: str, *, reviewer: Reviewer, clock: Callable[[], datetime]
    ) -> None:
        self.workspace, self.reviewer, self.reservations = workspace, reviewer, workspace.reservations
        self.review = find_review(workspace, review_id)
        self.scene = scene_of(workspace, self.review)
        self.log = Log(workspace.ledger, review_id)
        self._clock = clock
        self._sit_down()

    def _sit_down(self) -> None:
        """Read the items, and which of them are the reviewer's."""
        self.items = items_of(self.workspace.review_items.of(self.review.id))
        self.seat = seat_of(self.reviewer, self.review, self.items, self.log)
        self.place_of = {item.target: item.place for item in self.items if not item.is_erased}
        self._n_erased = len(self.items) - len(self.place_of)

    def look(self) -> datetime:
        """Read what is new, and return the time; an erasure takes its items from who sits here."""
        is_said = self.log.refresh()
        if self.workspace.review_items.n_erased(self.review.id) != self._n_erased:
            self._sit_down()
        elif is_said and self.reviewer.is_adjudicating:
            self.seat = seat_of(self.reviewer, self.review, self.items, self.log)
        return self._clock()

    def is_over(self, now: datetime) -> bool:
        """Return whether the review has ended: somebody may have closed it."""
        self.review = find_review(self.workspace, self.review.id)
        return is_over(self.review, now=now)

    def check_open(self, now: datetime) -> None:
        """Check that something can still be said.

        Raises
        ------
        ConfigError
            If the review is over.
        """
        if self.is_over(now):
            raise ConfigError("this review is over: nothing was saved", where=self.review.id, fix="open another one")

    def item(self, place: int) -> Item:
        """Return the reviewer's item at a place.

        Raises
        ------
        ConfigError
            If there is none, or it is not theirs.
        TakenError
            If its user was erased.
        """
        if 0 <= place < len(self.items) and self.items[place].is_erased:
            what = "its user was erased meanwhile: nothing was saved"
            raise TakenError(what, where=f"item {place + 1}", fix="go on with the next")
        if place not in self.seat.places:
            raise ConfigError(f"place == {place}, must be one of this reviewer's", where=self.review.id)
        return self.items[place]

    def id_of(self, item: Item) -> str:
        """Return the id of the reviewer's verdict on an item."""
        name, is_adjudication = self.reviewer.name, self.reviewer.is_adjudicating
        return item.verdict_id(annotator=name, review_id=self.review.id, is_adjudication=is_adjudication)

    def own(self, item: Item) -> Verdict | None:
        """Return what the reviewer says of an item, as it stands; None where nothing."""
        return self.log.own(self.id_of(item))

    def append(self, verdict: Verdict, also: Write, *, now: datetime) -> datetime:
        """Append a verdict with what follows from it in one transaction, and return when it was said first.

        Of an issue, its state follows too. If that fails the verdict is kept all the same: whatever settles next brings
        the issue where it belongs.
        """
        ledger = self.workspace.ledger
        with self.workspace.writing():
            is_new = ledger.append([verdict], now=now, actor=self.reviewer.actor, also=also)
        if verdict.target_kind == "issue":
            with suppress(StoreError):
                settle(self.workspace, now=now)
        return verdict.at if is_new else ledger.history(Verdict, verdict.id)[-1].at

    def task(self, place: int, row: Own) -> dict[str, Any]:
        """Return an item as a view takes it.

        Parameters
        ----------
        place
            The item's.
        row
            How the reviewer stands to it.
        """
        item = self.items[place]
        own = self.own(item)
        return {
            **{"place": item.place, "kind": item.kind, "cluster_id": item.cluster_id, "detector": item.detector},
            **{"target_id": item.target_id, "n_alike": item.n_alike},
            "own": None if own is None else {name: _json(getattr(own, name)) for name in _OF_OWN},
            **{"draft": row.draft, "is_flagged": row.is_flagged, "against": self._against(item)},
            "others": [_told(one, self.scene.issues) for one in self._others(item, has_said=own is not None)],
        }

    def _against(self, item: Item) -> str:
        """Return what speaks against confirming an issue, in words; of others only what is no secret yet."""
        if item.kind != "issue":
            return ""
        is_blind = self.review.n_per_item > 1 and not self.reviewer.is_adjudicating
        name, said = self.reviewer.name, self.log.standing()
        n = n_against([one for one in said if not is_blind or one.annotator == name], item.cluster_id)
        return words_against(n) if n else ""

    def _others(self, item: Item, *, has_said: bool) -> list[Verdict]:
        """Return what others say of it: to who decides between them, and to who has said all that is theirs to say."""
        if self.reviewer.is_adjudicating:
            return self.log.on(item)
        if not has_said or self.reservations.left(self.seat, now=self._clock()).queue:
            return []
        return [verdict for verdict in self.log.on(item) if verdict.annotator != self.reviewer.name]


def _told(verdict: Verdict, titles: Mapping[str, str]) -> dict[str, Any]:
    """Return what another said; a cause as they would have it, or another problem, is the first of their words."""
    elsewhere = titles.get(verdict.same_as or "", "") if verdict.target_kind == "trace" else ""
    of = f"of another problem: {elsewhere}" if elsewhere else ""
    words = "\n".join(filter(None, (of, *verdict.statement, verdict.explanation)))
    return {"annotator": verdict.annotator, "label": verdict.label, "explanation": words, "code": verdict.code}


def _json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
