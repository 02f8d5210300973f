"""What puts a person before a review: which round it is, who they are, and their desk in it.

A notebook, a page and a command ask for the same thing, and get the same round: the newest that is open, or a new one.
"""

import getpass
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

from workbench.errors import ConfigError
from workbench.loop.desk import Desk
from workbench.loop.prioritise.ranking import prioritise
from workbench.loop.review.opening import open_review
from workbench.loop.review.problems import MOST_CAUSES, clusters_named
from workbench.loop.review.replay import NOTHING
from workbench.records import (
    CONTROL,
    LATEST,
    DetectionRun,
    Identity,
    Review,
    SamplingMode,
    chosen,
    chosen_review,
    chosen_run,
)
from workbench.review import is_over, within_minutes
from workbench.store import Workspace

ALL, ME, ANYONE, DOUBTFUL = "all", "me", "anyone", "doubtful"
"""Words of parameters: every cluster; whoever runs this; no reviewer by name; the clusters of which more verdicts would
tell most, as `prioritise` says."""
_OS_USER: Identity = "os_user"
_TYPED: Identity = "typed"
MODES: tuple[SamplingMode, ...] = ("random", "uncertain", "diverse")


class Who(NamedTuple):
    """A reviewer, and how their name was obtained."""

    name: str
    identity: Identity
    is_adjudicating: bool = False
    """Whether they decide where others disagree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How a new round is to be, as words and numbers of a command or a notebook say it."""

    minutes: float = 30.0
    """What it may take one reviewer."""
    mode: str = "random"
    """How its traces are chosen."""
    clusters: str = ALL
    """Ids of clusters or of their issues, or beginnings of these, with commas between; `all`, or `doubtful`."""
    n_per_item: int = 1
    """Reviewers that each item is to have."""
    reviewers: str = ANYONE
    """Names with commas between, or `anyone`."""


def who_reviews(reviewer: str, *, is_adjudicating: bool = False) -> Who:
    """Return who reviews: a typed name, or for `me` the user of the operating system."""
    name, identity = (getpass.getuser(), _OS_USER) if reviewer == ME else (reviewer, _TYPED)
    return Who(name, identity, is_adjudicating)


def review_to_judge(workspace: Workspace, *, review_id: str = LATEST, wanted: Wanted, now: datetime) -> Review:
    """Return the review of that id or beginning; for `latest` the newest that is open, and where none is, a new one.

    Parameters
    ----------
    workspace
        Where it is recorded.
    review_id
        The review's id, its beginning, or `latest`.
    wanted
        How a new one is to be.
    now
        The time, UTC.

    Raises
    ------
    ConfigError
        If there is no such review or cluster, a word is none of those that are known, or a round is open that is not
        as wanted.
    InsufficientDataError
        If no detection run was made, or it found nothing that can be judged.
    """
    if review_id != LATEST:
        every = workspace.ledger.latest(Review)
        return chosen(every, review_id, word="review", name="review_id", fix="open one first")
    still_open = [one for one in newest_first(workspace) if not is_over(one, now=now)]
    if not still_open:
        return open_wanted(workspace, wanted, now=now)
    if other := [name for name, is_other in _differs(workspace, still_open[0], wanted).items() if is_other]:
        said = f"{still_open[0].id} is open, and has other {', '.join(other)} than asked for"
        raise ConfigError(said, fix="`workbench review --new` opens another; to go on with it, leave these out")
    return still_open[0]


def _differs(workspace: Workspace, review: Review, wanted: Wanted) -> dict[str, bool]:
    """Return by name whether a round is other than wanted; what is as usual in `wanted` was not asked for."""
    usual = Wanted()
    clusters, reviewers = _clusters(workspace, wanted, review.run_id), _named(wanted.reviewers, everything=ANYONE)
    # a round has more than fits only where that is the causes, the issue and one trace of each cluster
    least = review.n_control + max(1, len(clusters)) * (MOST_CAUSES + 2)
    is_longer = review.n_items > max(within_minutes(wanted.minutes), least)
    return {
        "minutes": wanted.minutes != usual.minutes and is_longer,
        "mode": wanted.mode not in (usual.mode, review.mode),
        "clusters": bool(clusters) and set(clusters) != review.n_population.keys() - {CONTROL},
        "reviewers of an item": wanted.n_per_item not in (usual.n_per_item, review.n_per_item),
        "reviewers": bool(reviewers) and set(reviewers) != set(review.reviewers),
    }


def review_for(
    workspace: Workspace, *, review_id: str, wanted: Wanted, is_live: bool, replay: str, now: datetime
) -> Review:
    """Return the round that a notebook is about: where somebody judges or verdicts are replayed, one that is open.

    Parameters
    ----------
    workspace, review_id, wanted, now
        As of `review_to_judge`.
    is_live
        Whether somebody is there to judge.
    replay
        The file of recorded verdicts, or `none`. Where neither, no round is opened: the newest is told of.
    """
    if is_live or replay != NOTHING:
        return review_to_judge(workspace, review_id=review_id, wanted=wanted, now=now)
    return latest_review(workspace, review_id=review_id)


def open_wanted(workspace: Workspace, wanted: Wanted, *, now: datetime) -> Review:
    """Open a new round as it is wanted, and return it; errors as of `review_to_judge`."""
    is_doubtful = wanted.clusters == DOUBTFUL
    clusters = prioritise(workspace, now=now).next_reviews if is_doubtful else _clusters(workspace, wanted, LATEST)
    mode = next((one for one in MODES if one == wanted.mode), None)
    if mode is None:
        raise ConfigError(f"mode == {wanted.mode!r}, must be one of {', '.join(MODES)}")
    return open_review(
        workspace,
        now=now,
        minutes=wanted.minutes,
        mode=mode,
        clusters=clusters or None,
        n_per_item=wanted.n_per_item,
        reviewers=_named(wanted.reviewers, everything=ANYONE),
    )


def latest_review(workspace: Workspace, *, review_id: str = LATEST) -> Review:
    """Return the review of that id or beginning, or for `latest` the newest, open or not.

    Raises
    ------
    ConfigError
        If there is no such review.
    InsufficientDataError
        If there is none at all.
    """
    return chosen_review(workspace.ledger.latest(Review), review_id)


def sit_down(workspace: Workspace, review: Review, *, who: Who) -> Desk:
    """Return a reviewer's desk in a review; errors as of `Desk`."""
    return Desk(
        workspace,
        review.id,
        reviewer=who.name,
        identity=who.identity,
        clock=partial(datetime.now, UTC),
        is_adjudicating=who.is_adjudicating,
    )


def newest_first(workspace: Workspace) -> list[Review]:
    """Return the rounds of a workspace in their newest revision, the newest round first."""
    return sorted(workspace.ledger.latest(Review), key=lambda one: (one.at, one.id), reverse=True)


def _clusters(workspace: Workspace, wanted: Wanted, run_id: str) -> Sequence[str]:
    """Return the clusters of a run that are wanted by name; none where all are, or the doubtful ones."""
    names = _named(wanted.clusters, everything=ALL)
    if not names or wanted.clusters == DOUBTFUL:
        return names
    return clusters_named(workspace, chosen_run(workspace.ledger.latest(DetectionRun), run_id), names)


def _named(words: str, *, everything: str) -> Sequence[str]:
    """Return the names of a list with commas between; none for the word that stands for all."""
    return () if words == everything else [name.strip() for name in words.split(",") if name.strip()]
