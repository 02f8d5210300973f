"""The rounds of review of a watch: traffic after the ship, half of it random, and nobody is told what was found."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

import polars as pl

from workbench.errors import ConfigError, InsufficientDataError, StoreError
from workbench.ids import ordered_id
from workbench.loop.named import find_issue
from workbench.loop.prioritise.said_of_issues import outcomes_of
from workbench.loop.review.opening import DEADLINE
from workbench.loop.watch.changed import followed
from workbench.loop.watch.finding import ended, find_watch
from workbench.loop.watch.traffic import examined
from workbench.records import ERASED, Issue, Review, Watch, WatchRound
from workbench.review.waiting import is_over
from workbench.schemas import REVIEW_ITEMS
from workbench.stats.absence import n_for_silence
from workbench.store import Workspace
from workbench.store.review_items import items_digest
from workbench.watch import draw_blind

MOST_RANDOM = 200
"""Traces drawn at random in one round at most: an hour's work; the rest of a high bar is drawn in later rounds."""


class Heard(NamedTuple):
    """What people said of traffic after the ship."""

    n_judged: int
    """Of the random items, those that they were sure of."""
    n_confirmed: int
    """Of these, those that have the problem."""
    hits: frozenset[str]
    """Traces, however drawn, that have it."""
    misses: frozenset[str]
    """Traces, however drawn, that do not have it."""
    at_random: frozenset[str] = frozenset()
    """Traces that the random items which count are of."""


def open_blind_review(
    workspace: Workspace,
    watch_id: str,
    *,
    now: datetime,
    n: int | None = None,
    seed: int = 0,
    deadline: timedelta = DEADLINE,
) -> Review:
    """Open a round of review of the traffic that none was drawn from, and return it; deterministic given all this.

    Parameters
    ----------
    workspace, watch_id
        Where the watch is, and which.
    now
        The time, UTC.
    n
        Traces drawn at random; as many more are drawn from what detectors found. None: as many as silence needs to be
        a proof, less those that were judged unless it was found gone by these, at most MOST_RANDOM.
    seed
        Seed of the draw.
    deadline
        How long it is open.

    Raises
    ------
    ConfigError
        If there is no such watch, it has ended, or a round of it is open and not all judged; one that is, is closed.
    InsufficientDataError
        If there is no new traffic of the changed version that a detection run has examined.
    StoreError
        If a user was erased meanwhile: nothing was recorded.
    """
    watch, erased = find_watch(workspace, watch_id), workspace.erasures.all()
    done = _done(workspace, watch, now=now)
    issue = find_issue(workspace, watch.issue_id)
    fresh = _fresh(workspace, watch, issue, now=now)
    needed = n_for_silence(watch.target_share)
    needed = needed if watch.state == "gone" else max(needed - watch.n_judged, 1)
    drawn = draw_blind(fresh.traffic, n=min(needed, MOST_RANDOM) if n is None else n, seed=seed)
    items = drawn.select(
        "place",
        kind=pl.lit("trace"),
        cluster_id=pl.lit(issue.cluster_id),
        detector=pl.lit(None, pl.String),
        target_id="trace_id",
        n_alike=pl.lit(1, pl.Int64),
        inclusion_probability="inclusion_probability",
    ).select(REVIEW_ITEMS.schema.names())
    review = Review(
        id=ordered_id("rev", now, watch.id, str(seed), items_digest(items)),
        at=now,
        run_id=issue.run_id,
        mode="random",
        seed=seed,
        n_per_item=1,
        n_items=items.height,
        n_control=0,
        n_population={issue.cluster_id: fresh.traffic.height},
        watch_id=watch.id,
        items_digest=items_digest(items),
        deadline_at=now + deadline,
    )
    at_random = tuple(drawn.filter("is_random")["place"].to_list())
    rounds = (*watch.rounds, WatchRound(review.id, fresh.until, at_random))
    noted = replace(watch, rounds=rounds, examined=fresh.examined, at=now)
    with workspace.writing():
        if workspace.erasures.all() != erased:
            raise StoreError("a user was erased meanwhile", where=review.id, fix="open the round again")
        closed = [replace(one, closed_at=now) for one in done]
        workspace.ledger.append([*closed, review, noted], now=now, also=workspace.review_items.adding(review.id, items))
    return review


def heard(workspace: Workspace, watch: Watch) -> Heard:
    """Return what people said in the rounds of a watch; read-only.

    A label is one on which all who judged agree, or an adjudicated one. Of the random items those count that come
    before the first that was passed over: what somebody picked is no random sample.
    """
    reviews = {one.id: one for one in workspace.ledger.latest(Review)}
    n_judged, n_confirmed = 0, 0
    hits, misses, judged = set[str](), set[str](), set[str]()
    for one in watch.rounds:
        items = outcomes_of(workspace, reviews[one.review_id])
        is_hit = pl.col("label") == "confirmed"
        hits |= set(items.filter(is_hit)["target_id"])
        misses |= set(items.filter(pl.col("label") == "rejected")["target_id"])
        at_random = items.filter(pl.col("place").is_in(one.random_places)).sort("place")
        in_turn = at_random.filter(pl.col("label").is_null().cum_sum() == 0)
        sure = in_turn.filter(pl.col("label").is_in(["confirmed", "rejected"]))
        judged |= set(sure["target_id"])
        n_judged, n_confirmed = n_judged + sure.height, n_confirmed + sure.filter(is_hit).height
    return Heard(n_judged, n_confirmed, frozenset(hits), frozenset(misses - hits), frozenset(judged))


class OpenRound(NamedTuple):
    """A round of a watch that is open."""

    review: Review
    """The round."""
    n: int
    """Its traces."""
    n_left: int
    """Of these, those that nobody judged; one of an erased user nobody can."""


def open_rounds(workspace: Workspace, watch: Watch, *, now: datetime) -> list[OpenRound]:
    """Return the rounds of a watch that are open, and how far each is judged; read-only."""
    found = []
    for review in workspace.ledger.latest(Review):
        if review.watch_id == watch.id and not is_over(review, now=now):
            items = outcomes_of(workspace, review)
            n_left = items.filter(pl.col("label").is_null(), pl.col("target_id") != ERASED).height
            found.append(OpenRound(review, items.height, n_left))
    return found


def _done(workspace: Workspace, watch: Watch, *, now: datetime) -> list[Review]:
    """Return the open rounds of a watch of which all is judged; one with anything left to judge is refused."""
    if ended(watch):
        raise ConfigError("this watch has ended", where=watch.id, fix="begin a new one once a new change has shipped")
    rounds = open_rounds(workspace, watch, now=now)
    for review, n, n_left in rounds:
        if n_left:
            what = f"{review.id} is open, {n - n_left:,} of {n:,} judged"
            fix = f"judge the rest, `workbench review --review {review.id}`, or close it: add `--close`"
            raise ConfigError(what, where=watch.id, fix=fix)
    return [one.review for one in rounds]


class _Fresh(NamedTuple):
    """What a round is drawn from."""

    traffic: pl.DataFrame
    """One row a trace, as of watch.TRAFFIC."""
    until: datetime
    """Until when it was examined, UTC."""
    examined: tuple[tuple[date, int], ...]
    """Traces of the changed version by day, those of earlier rounds too."""


def _fresh(workspace: Workspace, watch: Watch, issue: Issue, *, now: datetime) -> _Fresh:
    """Return the traffic of the changed version that no round was drawn from.

    That is what began since the last one, and what came late. Of a day that has more traces than when the last round
    was drawn it is not known which are those: all can be drawn that were not drawn at random yet, so that what people
    judged stays a random sample.
    """
    seen = examined(workspace, issue, versions=followed(workspace, watch), since=watch.since, now=now)
    changed = seen.traffic.filter("is_changed", pl.col("at") >= watch.since).with_columns(day=pl.col("at").dt.date())
    start = watch.rounds[-1].until if watch.rounds else watch.since
    earlier, known = changed.filter(pl.col("at") < start), dict(watch.examined)
    n_earlier = earlier.group_by("day").len().iter_rows()
    grown = [day for day, n in n_earlier if known and n > known.get(day, 0)]
    late = earlier.filter(pl.col("day").is_in(grown), ~pl.col("trace_id").is_in(list(_drawn(workspace, watch))))
    fresh = pl.concat([late, changed.filter(pl.col("at") >= start)])
    if fresh.is_empty() or seen.until is None:
        fix = "ingest and run `workbench detect` on the traffic since"
        raise InsufficientDataError("no new traffic of the changed version was examined", where=watch.id, fix=fix)
    by_day = changed.group_by("day").len().sort("day")
    return _Fresh(fresh.drop("day"), seen.until, tuple(by_day.iter_rows()))


def _drawn(workspace: Workspace, watch: Watch) -> set[str]:
    """Return the traces that earlier rounds of a watch drew at random."""
    found = set[str]()
    for one in watch.rounds:
        items = workspace.review_items.of(one.review_id)
        found |= set(items.filter(pl.col("place").is_in(one.random_places))["target_id"])
    return found
