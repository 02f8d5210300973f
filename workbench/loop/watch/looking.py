"""A look at what is watched: what was found and judged since is put together, and the issue moves as that says."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import NamedTuple

import polars as pl

from workbench.backlog import move
from workbench.errors import GateError
from workbench.experiments.exposures import SAME_NAMES
from workbench.experiments.pairs import ARMS
from workbench.experiments.plan import from_json
from workbench.loop.exposures.traffic import exposures_told
from workbench.loop.named import find_issue
from workbench.loop.watch.changed import followed
from workbench.loop.watch.finding import ended, find_watch, watches
from workbench.loop.watch.sampling import Heard, heard
from workbench.loop.watch.traffic import Examined, examined
from workbench.records import Decision, Experiment, Issue, IssueState, Watch, WatchRound
from workbench.store import Workspace
from workbench.watch import (
    Course,
    Effect,
    Evidence,
    Looked,
    Since,
    assess,
    begun_anew,
    best_effect,
    by_day,
    by_week,
    course_of,
    course_with_unowned,
)


def look(workspace: Workspace, watch_id: str, *, now: datetime) -> Looked:
    """Assess a watch, append that to the ledger, move its issue, and return it; the same again adds nothing.

    What is gone is resolved, and watched on: it may come back. What is shown to be gone no more is only watched again,
    and no longer resolved. What is back is reopened, names the change that failed
    and its decision in its evidence, and is watched no more.

    Parameters
    ----------
    workspace, watch_id
        Where the watch is, and which.
    now
        The time, UTC.

    Raises
    ------
    ConfigError
        If there is no such watch.
    GateError
        If its issue was moved by others meanwhile, such as by a roll-back of the change: the watch is over then.
    """
    before = find_watch(workspace, watch_id)
    looked = assessed(workspace, before, now=now)
    if ended(before):
        return looked
    issue = looked.issue
    if issue.state not in ("watching", "resolved"):
        raise GateError(f"its issue is {issue.state}", where=before.id, fix="a new change needs a watch of its own")
    to = _to(looked.watch, issue, before=before)
    moved = [] if to is None else [_moved(issue, to, looked.watch)]
    if moved or replace(looked.watch, at=before.at) != before:
        with workspace.writing():
            workspace.ledger.append([looked.watch, *moved], now=now)
    return looked._replace(issue=moved[0] if moved else issue)


def watched(workspace: Workspace, *, now: datetime) -> tuple[Looked, ...]:
    """Return what every watch that began until now comes to, the newest of each issue; read-only."""
    newest = {one.issue_id: one for one in watches(workspace) if one.started_at <= now}
    return tuple(assessed(workspace, one, now=now) for one in newest.values())


def assessed(workspace: Workspace, watch: Watch, *, now: datetime) -> Looked:
    """Return what a watch comes to now; read-only. One that has ended stays as it ended."""
    issue = find_issue(workspace, watch.issue_id)
    if not ended(watch):
        watch = replace(watch, versions=followed(workspace, watch))
    seen = examined(workspace, issue, versions=watch.versions, since=watch.since, now=now)
    days = by_day(seen.traffic, since=watch.since)
    weeks = by_week(seen.traffic, since=watch.since, until=seen.until or now)
    course = course_of(days, weeks, ratio=_ratio(watch))
    if ended(watch):
        return Looked(watch, issue, weeks, course, seen.controls)
    said = heard(workspace, watch)
    effect = best_effect(weeks, _arms(workspace, watch, seen) if watch.flag else None)
    both = course_with_unowned(days, weeks, ratio=_ratio(watch))
    unowned = _unowned(both, said, changed=seen.traffic.filter("is_unowned", "is_changed"), rounds=watch.rounds)
    revised = _revised(watch, course, effect, seen, said=said, unowned=unowned, now=now)
    return Looked(revised, issue, weeks, course, seen.controls)


class _Unowned(NamedTuple):
    """What the issue's detector found beside every issue that people know."""

    alarm: datetime | None
    """The day of its alarm, without what people set aside; None where there is none."""
    n_hits: int
    """Traces of the rise, found so, that people say have the problem."""
    n_after: int
    """Traces of the changed version in which it was found."""


def _unowned(course: Course, said: Heard, *, changed: pl.DataFrame, rounds: Sequence[WatchRound]) -> _Unowned:
    rows = changed.select(
        day=pl.col("at").dt.date(),
        # A round is drawn from the traffic since the one before it.
        round=pl.sum_horizontal(pl.lit(0), *(pl.col("at") >= one.until for one in rounds)),
        is_hit=pl.col("trace_id").is_in(list(said.hits)),
        is_miss=pl.col("trace_id").is_in(list(said.misses)),
    )
    judged = rows.filter(pl.col("is_hit") | pl.col("is_miss"))
    left = begun_anew(course, judged)
    n_hits = 0 if left.since is None else judged.filter("is_hit", pl.col("day") >= left.since).height
    return _Unowned(_start_of(left.alarm), n_hits, changed.height)


def _start_of(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)


def _revised(
    watch: Watch,
    course: Course,
    effect: Effect | None,
    seen: Examined,
    *,
    said: Heard,
    unowned: _Unowned,
    now: datetime,
) -> Watch:
    n_after, n_found = int(course.days["n"].sum()), int(course.days["n_found"].sum())
    alarm = _start_of(course.alarm)
    found = assess(
        Evidence(
            n_after=n_after,
            n_judged=said.n_judged,
            n_confirmed=said.n_confirmed,
            n_hits=_hits_since(course, said.hits, seen.traffic),
            has_alarm=alarm is not None,
            target=watch.target_share,
            has_unowned_alarm=unowned.alarm is not None,
            n_unowned_hits=unowned.n_hits,
            since=_since_judged(said, seen.traffic),
            issue_id=watch.issue_id,
        )
    )
    return replace(
        watch,
        at=now,
        state=found.state,
        reasons=found.reasons,
        run_id=seen.run.id if seen.run and seen.run.at > watch.since else "",
        n_after=n_after,
        n_found=n_found,
        n_unowned=unowned.n_after,
        n_judged=said.n_judged,
        n_confirmed=said.n_confirmed,
        n_hits=len(said.hits),
        low=found.low,
        high=found.high,
        alarm_at=alarm,
        unowned_alarm_at=unowned.alarm,
        design=effect.design if effect else "none",
        ratio=effect.ratio if effect else None,
        ratio_low=effect.low if effect else None,
        ratio_high=effect.high if effect else None,
    )


def _since_judged(said: Heard, traffic: pl.DataFrame) -> Since | None:
    """Return what came after the last trace that was drawn at random and judged; None where none was."""
    changed = traffic.filter("is_changed").sort("at")
    judged = changed.filter(pl.col("trace_id").is_in(list(said.at_random)))
    if judged.is_empty():
        return None
    last = judged["at"][-1]
    after = changed.filter(pl.col("at") > last)
    return Since(last.date(), after.height, int(after["is_found"].sum()))


def _hits_since(course: Course, hits: frozenset[str], traffic: pl.DataFrame) -> int:
    """Return how many traces that have the problem began in the rise that led to the alarm."""
    if course.since is None:
        return 0
    of_rise = traffic.filter(pl.col("at").dt.date() >= course.since)
    return of_rise.filter(pl.col("trace_id").is_in(list(hits))).height


def _ratio(watch: Watch) -> float:
    """Return the target as a share of what the problem was."""
    return watch.target_share / watch.before_share


def _arms(workspace: Workspace, watch: Watch, seen: Examined) -> pl.DataFrame:
    """Return one row a user of the flag: is_changed, as assigned; n and n_found of the traces since the exposure."""
    exposed = exposures_told(workspace, watch.flag, variants=_variants(workspace, watch))
    users = exposed.exposures.filter(~pl.col("is_mixed"))
    rows = seen.traffic.filter(pl.col("at") >= watch.since).join(users, on="user_key")
    after = rows.filter(pl.col("at") >= pl.col("first_at"))
    return after.group_by("user_key", is_changed=pl.col("arm") == "candidate").agg(
        n=pl.len(), n_found=pl.col("is_found").sum()
    )


def _variants(workspace: Workspace, watch: Watch) -> Mapping[str, str]:
    """Return the arm by the flag's variant, as the plan that it shipped by has it, where that was on this flag."""
    for decision in workspace.ledger.history(Decision, watch.decision_id)[-1:]:
        for experiment in workspace.ledger.history(Experiment, decision.experiment_id)[:1]:
            with suppress(ValueError):  # a plan that cannot be read names no variants
                plan = from_json(experiment.plan)
                if plan.flag == watch.flag:
                    return dict(zip(plan.variants, ARMS, strict=True))
    return SAME_NAMES


def _to(watch: Watch, issue: Issue, *, before: Watch) -> IssueState | None:
    """Return where the issue goes; None where it stays: one that another watch has resolved stays so."""
    if watch.state == "reopened":
        return "reopened"
    if issue.state == "resolved" and watch.state != "gone":
        return "watching" if before.state == "gone" or watch.id in issue.evidence else None
    return "resolved" if watch.state == "gone" and issue.state == "watching" else None


def _moved(issue: Issue, to: IssueState, watch: Watch) -> Issue:
    """Return the issue as it goes on: one that is back names what failed it."""
    failed = f" Shipped as {', '.join(watch.change_ids)} on {watch.decision_id}." if to == "reopened" else ""
    before = "It was gone, and no longer is. " if to == "watching" else ""
    return move(issue, to, evidence=[watch.id], reason=before + watch.reasons[0] + failed, by="program")
