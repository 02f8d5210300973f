"""Which issues nobody has decided, since when they wait, and whether their time is up: none is passed over unsaid."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from workbench.records import Issue, Review
from workbench.review.gate import Ruling, Why

UNDECIDED = ("proposed", "reopened")
"""States of an issue that wait for people."""


class Waiting(NamedTuple):
    """One issue that waits for people."""

    issue: Issue
    review: Review | None
    """The newest round that asks for it; None while none does."""
    why: Why
    """What is missing."""
    n_judged: int
    """People who judged it in the round that came nearest to a decision."""
    n_wanted: int
    """People who were to judge it there."""
    is_overdue: bool
    """Whether that round is over: closed, or past its deadline."""


def waiting(
    issues: Iterable[Issue],
    *,
    reviews: Iterable[Review],
    asked: Mapping[str, Collection[str]],
    rulings: Mapping[str, Ruling],
    now: datetime,
) -> list[Waiting]:
    """Return the issues that wait for people, those whose time is up first, then those that were asked for first.

    Parameters
    ----------
    issues
        The issues, in their newest revision.
    reviews
        The rounds, in their newest revision.
    asked
        By round: the issues that are items of it.
    rulings
        By issue: what people have said of it, as of `rule`.
    now
        The time, UTC.
    """
    newest_first = sorted(reviews, key=lambda one: (one.at, one.id), reverse=True)
    found = []
    for issue in issues:
        ruling = rulings.get(issue.id)
        if issue.state not in UNDECIDED or (ruling is not None and ruling.state is not None):
            continue
        review = next((one for one in newest_first if issue.id in asked.get(one.id, ())), None)
        said = ruling or Ruling(None, "nobody", 0, review.n_per_item if review else 1, None, None)
        found.append(Waiting(issue, review, said.why, said.n_judged, said.n_wanted, is_over(review, now=now)))
    return sorted(found, key=_urgency)


def asking(
    reviews: Iterable[Review], *, asked: Mapping[str, Collection[str]], now: datetime
) -> dict[str, frozenset[str]]:
    """Return by issue the ids of the open rounds that ask more than one person for it; issues without any are left out.

    Parameters
    ----------
    reviews
        The rounds, in their newest revision.
    asked
        By round: the issues that are items of it.
    now
        The time, UTC.
    """
    found: dict[str, frozenset[str]] = {}
    for review in reviews:
        if review.n_per_item > 1 and not is_over(review, now=now):
            found.update((issue, found.get(issue, frozenset()) | {review.id}) for issue in asked.get(review.id, ()))
    return found


def is_over(review: Review | None, *, now: datetime) -> bool:
    """Return whether a round has ended: it was closed, or its deadline has passed."""
    return review is not None and (review.closed_at is not None or now >= review.deadline_at)


def ends_at(review: Review) -> datetime:
    """Return when a round ended or will end: when it was closed, or its deadline."""
    return review.deadline_at if review.closed_at is None else min(review.closed_at, review.deadline_at)


def _urgency(one: Waiting) -> tuple[bool, bool, str, str]:
    at = one.review.at.isoformat() if one.review else ""
    return not one.is_overdue, one.review is None, at, one.issue.id
