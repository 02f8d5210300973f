"""One reviewer's place in one review: it gives the items, keeps what is said of them, and takes it back.

Values come in and go out as JSON has them, so that any view can be put on it. When a call that says something returns,
that is on the disk; when it raises, nothing of it was kept. The state of an issue follows from what was said of it: if
that cannot be written now, the next verdict on an issue, the close of the review or a detection writes it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from workbench.counted import counted
from workbench.loop.desk.codes import known_codes
from workbench.loop.desk.finding import find_items
from workbench.loop.desk.progress import progress_of
from workbench.loop.desk.reviewer import Reviewer
from workbench.loop.desk.said import Said, check_length, check_said, verdict_of
from workbench.loop.desk.scene import SEVERITIES
from workbench.loop.desk.sitting import Sitting
from workbench.loop.desk.undoing import undo
from workbench.loop.desk.whole import judge_whole
from workbench.loop.people import check_name
from workbench.records import Identity
from workbench.review import ANSWERS
from workbench.store import Workspace
from workbench.taxonomy import MAX_WORDS_CHARACTERS


class Desk:
    """One reviewer's place in one review.

    Parameters
    ----------
    workspace
        The review's.
    review_id
        The review.
    reviewer
        Who judges.
    identity
        How their name was obtained.
    clock
        Gives the time, UTC.
    is_adjudicating
        Whether they decide between others, on the items on which these disagree.

    Raises
    ------
    ConfigError
        If there is no such review, or the reviewer is none of those that it names.
    """

    def __init__(
        self,
        workspace: Workspace,
        review_id: str,
        *,
        reviewer: str,
        identity: Identity,
        clock: Callable[[], datetime],
        is_adjudicating: bool = False,
    ) -> None:
        who = Reviewer(check_name(reviewer), identity, is_adjudicating)
        self._sitting = Sitting(workspace, review_id, reviewer=who, clock=clock)

    def about(self) -> dict[str, Any]:
        """Return what holds for every item: who and what, and what can be said."""
        sitting, review = self._sitting, self._sitting.review
        n_clusters = len({item.cluster_id for item in sitting.items} - {None})
        return {
            "review_id": review.id,
            "title": f"{counted(review.n_items, 'item')} of {counted(n_clusters, 'cluster')}, "
            f"drawn on {review.at:%Y-%m-%d}",
            "reviewer": sitting.reviewer.name,
            "n_items": review.n_items,
            "labels": {kind: [answer._asdict() for answer in answers] for kind, answers in ANSWERS.items()},
            "categories": [
                {"code": one.code, "name": one.name, "about": one.about} for one in sitting.scene.categories.values()
            ],
            "severities": list(SEVERITIES),
            "issues": [
                {"id": issue_id, "title": sitting.scene.issues[issue_id], "cluster_id": cluster_id}
                for issue_id, cluster_id in sitting.scene.elsewhere.items()
            ],
            "codes": known_codes(sitting.workspace),
            "is_adjudicating": sitting.reviewer.is_adjudicating,
        }

    def take(self, place: int | None = None) -> dict[str, Any] | None:
        """Return the next item and hold it, or that at a place; None where there is none, or others have it."""
        sitting, now = self._sitting, self._sitting.look()
        if place is not None and place not in sitting.seat.places:
            return None
        if sitting.is_over(now) or (place is not None and sitting.own(sitting.items[place]) is not None):
            return None if place is None else sitting.task(place, sitting.reservations.own(sitting.seat, place))
        if place is None:
            taken = sitting.reservations.take(sitting.seat, now=now)
        else:
            taken = sitting.reservations.hold(sitting.seat, place, now=now)
        return None if taken is None else sitting.task(*taken)

    def ahead(self, place: int, n: int = 20) -> list[dict[str, Any]]:
        """Return the items that will most likely come after that at a place; none is held."""
        sitting, now = self._sitting, self._sitting.look()
        return [sitting.task(*coming) for coming in sitting.reservations.ahead(sitting.seat, but=place, n=n, now=now)]

    def judge(
        self,
        place: int,
        *,
        label: str,
        seen: str,
        explanation: str = "",
        code: str = "",
        score: float | None = None,
        category: str | None = None,
        severity: str | None = None,
        statement: Sequence[str] = (),
        same_as: str | None = None,
    ) -> dict[str, Any]:
        """Keep what the reviewer says of an item; the same said again changes nothing.

        Parameters
        ----------
        place
            The item.
        label
            One of `about()["labels"]` for its kind.
        seen
            Digest of what they were shown.
        explanation, code, score
            Why; the problem in their own words; how sure they are, 0 to 1.
        category, severity
            Of an issue.
        statement
            Of a cause: as it should read, or its parts.
        same_as
            Of a cause: the id of the one that it is the same as. Of a trace that is rejected: the id of the issue that
            it is of instead.

        Raises
        ------
        ConfigError
            If that cannot be said of it, or the review is over.
        TakenError
            If others have the item by now, as many as it needs, or its user was erased.
        StoreError
            If it could not be written.
        """
        sitting, now = self._sitting, self._sitting.look()
        item = sitting.item(place)
        sitting.check_open(now)
        said = Said(label, explanation, code, score, category, severity, statement, same_as)
        check_said(said, item, sitting.scene)
        is_flagged = sitting.reservations.own(sitting.seat, place).is_flagged
        verdict = verdict_of(said, item, sitting=sitting, seen=seen, is_flagged=is_flagged, now=now)
        saved_at = sitting.append(verdict, sitting.reservations.finishing(sitting.seat, place, now=now), now=now)
        return {"place": place, "verdict_id": verdict.id, "saved_at": saved_at.isoformat(), "label": label}

    def undo(self) -> int | None:
        """Take the reviewer's last judgement back and return its place; None where there is nothing to take back."""
        now = self._sitting.look()
        self._sitting.check_open(now)
        return undo(self._sitting, now=now)

    def skip(self, place: int) -> None:
        """Put an item off to the end, and let others have it."""
        sitting, now = self._sitting, self._sitting.look()
        sitting.reservations.skip(sitting.seat, sitting.item(place).place, now=now)

    def flag(self, place: int, is_flagged: bool) -> None:
        """Note that others should look at an item, or need not; what was said of it says so too."""
        sitting, now = self._sitting, self._sitting.look()
        own = sitting.own(sitting.item(place))
        if own is not None and own.is_flagged != is_flagged:
            sitting.check_open(now)
            # A flag is no verdict anew: the time moves by the least that tells this revision from those before it.
            again = replace(own, is_flagged=is_flagged, is_undo=False, at=own.at + timedelta.resolution)
            sitting.append(again, sitting.reservations.finishing(sitting.seat, place, now=now), now=now)
        sitting.reservations.flag(sitting.seat, place, is_flagged=is_flagged)

    def draft(self, place: int, text: str) -> None:
        """Keep a note that is not said yet; the item is held for its writer anew."""
        check_length("draft", text)
        sitting, now = self._sitting, self._sitting.look()
        with sitting.workspace.writing():
            sitting.reservations.keep_draft(sitting.seat, sitting.item(place).place, text, now=now)

    def find(self, words: str, n: int = 20) -> list[dict[str, Any]]:
        """Return place, title and label of the reviewer's first `n` items that hold all of the words, in any case."""
        sitting = self._sitting
        sitting.look()
        items = [sitting.items[place] for place in sitting.seat.places]
        found = find_items(sitting.workspace, items, sitting.scene, words=words, n=n)
        return [{"place": place, "title": title, "label": self._label(place)} for place, title in found]

    def next_uncertain(self, place: int) -> int | None:
        """Return the next place that the reviewer labelled uncertain, from the beginning after the last; else None."""
        self._sitting.look()
        places = (one for one in self._sitting.seat.places if one != place and self._label(one) == "uncertain")
        return min(places, key=lambda one: (one < place, one), default=None)

    def bulk(self, place: int, *, label: str, code: str = "") -> dict[str, Any]:
        """Keep what the reviewer says of all traces of an item's cluster, and return how sure their sample makes it.

        Raises
        ------
        ConfigError
            If they have not judged enough of its traces, or these are not alike, or it is of no cluster.
        StoreError
            If it could not be written.
        """
        now = self._sitting.look()
        self._sitting.check_open(now)
        check_length("code", code, most=MAX_WORDS_CHARACTERS)
        return judge_whole(self._sitting, place, label=label, code=code, now=now)

    def progress(self) -> dict[str, Any]:
        """Return how far the reviewer has come, and everybody: counts of items, and the median seconds of one."""
        return progress_of(self._sitting, now=self._sitting.look())

    def _label(self, place: int) -> str | None:
        own = self._sitting.own(self._sitting.items[place])
        return None if own is None else own.label
