"""The gate: whether people have decided that an issue deserves a change, and what is missing where they have not.

A model, a program, silence and a passed deadline decide nothing. It is worked out anew from the verdicts each time, so
that one taken back takes its decision with it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Literal, NamedTuple

from workbench.records import DetectionRun, Issue, Review, Verdict
from workbench.review.outcomes import UNCERTAIN, adjudication

Decided = Literal["confirmed", "rejected"]
Why = Literal["decided", "nobody", "too_few", "disagree", "uncertain"]
"""nobody: no person judged it. too_few: not all who had to. disagree, uncertain: those who judged do, or are."""


class Ruling(NamedTuple):
    """What people have said of one issue."""

    state: Decided | None
    """What was decided; None while nothing is."""
    why: Why
    """That it was decided, or what is missing."""
    n_judged: int
    """People who judged it in the round that this tells of."""
    n_wanted: int
    """People who were to judge it there."""
    review_id: str | None
    """That round; None outside of any."""
    verdict: Verdict | None
    """Whose category and severity hold: the adjudication, else the newest; None while nothing is decided."""
    verdict_ids: tuple[str, ...] = ()
    """All that it rests on, sorted; empty while nothing is decided."""


def is_by_person(verdict: Verdict) -> bool:
    """Return whether a verdict stands and says that a person gave it; who put it into the ledger is not told by it."""
    return verdict.annotator_kind == "HUMAN" and verdict.identity != "program" and verdict.label != "withdrawn"


def rule(
    verdicts: Iterable[Verdict],
    *,
    reviews: Mapping[str, Review],
    since: datetime | None = None,
    asking: Collection[str] = (),
) -> Ruling:
    """Return what people decided of one issue: in the newest round that came to a decision.

    A round decides if all who had to judge did, and agree; where they differ, by its adjudication. Outside of a review
    one is enough; what was said in a review that is not here decides nothing.

    Parameters
    ----------
    verdicts
        The verdicts on the issue that stand.
    reviews
        The rounds by id, in their newest revision.
    since
        Verdicts before this moment do not count: the issue was resolved then, and has come back. None is all count.
    asking
        The open rounds that ask more than one person for it: until they end, nothing outside of them decides.
    """
    heard: set[str | None] = set(asking) or {None, *reviews}
    rounds: dict[str | None, dict[str, Verdict]] = {}
    for verdict in sorted(verdicts, key=lambda one: (one.at, one.id)):
        if is_by_person(verdict) and verdict.review_id in heard and (since is None or verdict.at >= since):
            rounds.setdefault(verdict.review_id, {})[_who(verdict)] = verdict
    newest_first = sorted(rounds.items(), key=lambda entry: max(one.at for one in entry[1].values()), reverse=True)
    rulings = [
        _of_round(review_id, tuple(of_round.values()), n_wanted=_n_wanted(review_id, reviews))
        for review_id, of_round in newest_first
    ]
    decided = [ruling for ruling in rulings if ruling.state is not None]
    n_wanted = max((_n_wanted(one, reviews) for one in asking), default=1)
    return (decided or rulings or [Ruling(None, "nobody", 0, n_wanted, None, None)])[0]


def rulings(
    histories: Iterable[Sequence[Issue]],
    *,
    verdicts: Iterable[Verdict],
    reviews: Iterable[Review],
    runs: Iterable[DetectionRun],
    asking: Mapping[str, Collection[str]],
) -> dict[str, Ruling]:
    """Return what people decided of each issue, by its id.

    Parameters
    ----------
    histories
        Of each issue all revisions, oldest first.
    verdicts
        Verdicts in their newest revision, on whatever.
    reviews
        The rounds, in their newest revision.
    runs
        The detection runs: an issue that came back in one is judged anew from then on.
    asking
        By issue: the open rounds that ask more than one person for it, as of `asking`.
    """
    on: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.target_kind == "issue":
            on.setdefault(verdict.target_id, []).append(verdict)
    by_id, at = {review.id: review for review in reviews}, {run.id: run.at for run in runs}
    return {
        issue: rule(on.get(issue, ()), reviews=by_id, since=_came_back_at(history, at), asking=asking.get(issue, ()))
        for issue, history in ((history[-1].id, history) for history in histories)
    }


def _came_back_at(history: Sequence[Issue], runs: Mapping[str, datetime]) -> datetime | None:
    """Return when the issue was last found again after it was resolved; None where it never was."""
    # One that is reopened after it was confirmed or rejected did not come back: a verdict on it was taken back.
    # What was only watched again between, because it was not shown to be gone any more, was resolved all the same.
    told = [one for one in history if one.state != "watching"]
    back = [later for earlier, later in pairwise(told) if (earlier.state, later.state) == ("resolved", "reopened")]
    # What brought it back is its evidence; before issues had any, it was the run that wrote it.
    came = [next((run_id for run_id in (*one.evidence, one.run_id) if run_id in runs), None) for one in back]
    known = [run_id for run_id in came if run_id is not None]
    return runs[known[-1]] if known else None


def _who(verdict: Verdict) -> str:
    """Return what tells verdicts of a round apart: one who decides between others may have been one of them."""
    return f"{'decides' if verdict.is_adjudication else 'judges'} {verdict.annotator}"


def _n_wanted(review_id: str | None, reviews: Mapping[str, Review]) -> int:
    return 1 if review_id is None else reviews[review_id].n_per_item


def _of_round(review_id: str | None, verdicts: Sequence[Verdict], *, n_wanted: int) -> Ruling:
    first = [verdict for verdict in verdicts if not verdict.is_adjudication]
    n_judged = len(first)
    if n_judged < n_wanted:
        return Ruling(None, "too_few", n_judged, n_wanted, review_id, None)
    labels = {verdict.label for verdict in first}
    decisive = adjudication(verdicts) if len(labels) > 1 else None
    if decisive:
        labels = {decisive.label}
    if len(labels) > 1:
        return Ruling(None, "disagree", n_judged, n_wanted, review_id, None)
    if UNCERTAIN in labels:
        return Ruling(None, "uncertain", n_judged, n_wanted, review_id, None)
    holds = decisive or max(first, key=lambda one: (one.at, one.id))
    state: Decided = "confirmed" if holds.label == "confirmed" else "rejected"
    ids = tuple(sorted(verdict.id for verdict in verdicts))
    return Ruling(state, "decided", n_judged, n_wanted, review_id, holds, ids)
