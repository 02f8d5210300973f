"""An undo: the reviewer's last judgement is withdrawn, or what they had said before stands again; to the beginning."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from workbench.loop.desk.item import target_of
from workbench.loop.desk.sitting import Sitting
from workbench.loop.desk.whole import done_at_once
from workbench.records import ERASED, Verdict


def undo(sitting: Sitting, *, now: datetime) -> int | None:
    """Take the reviewer's last judgement back and return its place; None where there is nothing to take back.

    An item of which nothing is said then goes before the reviewer again, with the note that they had written. What is
    about an erased user is passed over: there is nothing to show.
    """
    reviewer, reservations, seat = sitting.reviewer, sitting.reservations, sitting.seat
    given = sitting.log.judgements(reviewer.name, is_adjudication=reviewer.is_adjudicating)
    mine = [one for one in given if target_of(one) in sitting.place_of or one.target_kind == "cluster"]
    if not mine:
        return None
    last, back = mine[-1], undone(mine, now=now)
    if last.target_kind == "cluster":
        released = done_at_once(sitting, last.target_id)
        sitting.append(back, reservations.releasing(seat, released), now=now)
        return min(released, default=_first_of(sitting, last.target_id))
    place = sitting.place_of[target_of(last)]
    if back.label == "withdrawn":
        draft = "" if last.explanation == ERASED else last.explanation
        also = reservations.reopening(seat, place, draft=draft, now=now)
    else:
        also = reservations.finishing(seat, place, now=now)
    sitting.append(back, also, now=now)
    reservations.flag(seat, place, is_flagged=back.is_flagged)
    return place


def undone(given: Sequence[Verdict], *, now: datetime) -> Verdict:
    """Return the revision that takes the last of some judgements back.

    Parameters
    ----------
    given
        What the reviewer said and did not take back, oldest first; at least one.
    now
        The time, UTC.
    """
    last = given[-1]
    earlier = next((one for one in reversed(given[:-1]) if one.id == last.id), None)
    if earlier is not None:
        return replace(earlier, is_flagged=last.is_flagged, is_undo=True, at=now)
    silent = replace(last, explanation="", code="", score=None, category=None, severity=None)
    return replace(silent, label="withdrawn", statement=(), same_as=None, is_undo=True, at=now)


def _first_of(sitting: Sitting, cluster_id: str) -> int:
    return next(item.place for item in sitting.items if item.cluster_id == cluster_id)
