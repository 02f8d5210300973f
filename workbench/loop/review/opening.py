"""Step 3, review: a round is opened on a detection run, and closed; what people said then stands.

What is judged is drawn once, each item with its chance, and never again: whoever comes later judges the same sample.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl

from workbench.errors import ConfigError, InsufficientDataError, StoreError
from workbench.ids import ordered_id
from workbench.loop.detect.candidates import candidates
from workbench.loop.named import find_review
from workbench.loop.people import check_name
from workbench.loop.review.problems import Problem, problems_of
from workbench.loop.settle import settle
from workbench.records import CONTROL, LATEST, DetectionRun, Review, SamplingMode, chosen_run
from workbench.review import Size, divide, draw, in_blocks, within_minutes
from workbench.store import Workspace
from workbench.store.review_items import items_digest

DEADLINE = timedelta(days=14)
"""How long a round is open: two weekly meetings, after which its findings are no news."""
_JUDGED = {"cluster_id": pl.String, "detector": pl.String, "kind": pl.String, "target_id": pl.String}


def open_review(
    workspace: Workspace,
    *,
    now: datetime,
    run_id: str | None = None,
    clusters: Sequence[str] | None = None,
    minutes: float = 30,
    n: int | None = None,
    mode: SamplingMode = "random",
    seed: int = 0,
    n_per_item: int = 1,
    reviewers: Sequence[str] = (),
    control_share: float = 0.1,
    deadline: timedelta = DEADLINE,
) -> Review:
    """Draw what is to be judged of a detection run, open a round on it, and return that; deterministic given all this.

    Parameters
    ----------
    workspace
        The run is read from it; the round and its items go there.
    now
        The time, UTC.
    run_id
        The detection run; None is the newest.
    clusters
        Ids of the clusters to review, in the order in which they come; None is as many as fit, in the order of
        `backlog.ranked`.
    minutes
        How long the items take one reviewer, at the usual pace; `n` comes first.
    n
        How many items there are: traces, causes and issues.
    mode
        How traces are chosen.
    seed
        Seed of the choice.
    n_per_item
        Reviewers that each item is to have.
    reviewers
        Who judges; empty is whoever comes.
    control_share
        Share of the items that are traces which no detector found, from 0, below 1.
    deadline
        How long it is open.

    Raises
    ------
    ConfigError
        If there is no such run or cluster, or a reviewer is named twice.
    InsufficientDataError
        If no run was made, or it found nothing that can be judged.
    StoreError
        If a user was erased meanwhile: nothing was recorded.
    ValueError
        If a number is outside its bounds.
    """
    named, erased = _names(reviewers), workspace.erasures.all()
    run = chosen_run(workspace.ledger.latest(DetectionRun), run_id or LATEST)
    problems = problems_of(workspace, run, chosen=clusters)
    drawable = candidates(workspace, run)
    population = dict(drawable.clustered.group_by("cluster_id").len().iter_rows())
    sizes = [Size(population.get(one.cluster_id, 0), len(one.others)) for one in problems]
    budget = divide(
        sizes,
        n=within_minutes(minutes) if n is None else n,
        control_share=control_share,
        n_unflagged=drawable.unflagged.height,
        is_chosen=clusters is not None,
    )
    shown = problems[: budget.n_clusters]
    ranking = [one.cluster_id for one in shown]
    of_shown = drawable.clustered.filter(pl.col("cluster_id").is_in(ranking))
    control = draw(drawable.unflagged, n=budget.n_control, seed=seed)
    items = in_blocks(draw(of_shown, n=budget.n_traces, mode=mode, seed=seed), _judged(shown), control, ranked=ranking)
    if items.is_empty():
        fix = "run `workbench detect` on a window with traces"
        raise InsufficientDataError("there is nothing to judge", where=run.id, fix=fix)
    review = Review(
        id=ordered_id("rev", now, run.id, mode, str(seed), items_digest(items), str(n_per_item), *named),
        at=now,
        run_id=run.id,
        mode=mode,
        seed=seed,
        n_per_item=n_per_item,
        reviewers=named,
        n_items=items.height,
        n_control=control.height,
        n_population={**{one: population.get(one, 0) for one in ranking}, CONTROL: drawable.unflagged.height},
        items_digest=items_digest(items),
        deadline_at=now + deadline,
    )
    _record(workspace, review, items, erased=erased, now=now)
    return review


def close_review(workspace: Workspace, review_id: str, *, now: datetime) -> Review:
    """Close a round and return it as it ended: nothing more is judged in it, and issues stand where people left them.

    Raises
    ------
    ConfigError
        If there is no such round.
    """
    review = find_review(workspace, review_id)
    if review.closed_at is None:
        review = replace(review, closed_at=now)
        workspace.ledger.append([review], now=now)
    settle(workspace, now=now)
    return review


def _judged(problems: Sequence[Problem]) -> pl.DataFrame:
    rows = [(one.cluster_id, one.detector, *other) for one in problems for other in one.others]
    return pl.DataFrame(rows, schema=_JUDGED, orient="row")


def _names(reviewers: Sequence[str]) -> tuple[str, ...]:
    for name in reviewers:
        if reviewers.count(name) > 1:
            raise ConfigError(f"reviewers has {name!r} twice", fix="name each reviewer once")
    return tuple(check_name(name) for name in reviewers)


def _record(
    workspace: Workspace, review: Review, items: pl.DataFrame, *, erased: Sequence[tuple[str, str]], now: datetime
) -> None:
    """Write the round and its items in one transaction, unless somebody was erased since they were read."""
    with workspace.writing():
        if workspace.erasures.all() != erased:
            raise StoreError("a user was erased meanwhile", where=review.id, fix="open the review again")
        workspace.ledger.append([review], now=now, also=workspace.review_items.adding(review.id, items))
