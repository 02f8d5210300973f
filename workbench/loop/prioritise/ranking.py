"""Step 4, prioritise: every open issue by the users that it really hurts, whoever found it; one ranking for the team.

It is worked out anew each time from the findings, the verdicts and the weights, and kept nowhere.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

import polars as pl

from workbench import backlog
from workbench.backlog import Part, Ranking
from workbench.loop.prioritise.missed_users import missed_users
from workbench.loop.prioritise.reached import reached
from workbench.loop.prioritise.said_of_issues import Said, said_of_issues
from workbench.records import Cause, DetectionRun, Issue
from workbench.releases import Pain, PainOf
from workbench.store import Workspace


class _Held(NamedTuple):
    """What counts for one issue that goes on."""

    issues: list[Issue]
    """Itself, and those that were merged into it."""
    parts: list[Part]
    """One each."""


def prioritise(
    workspace: Workspace,
    *,
    now: datetime,
    weights: str = backlog.DEFAULT,
    k: int = 5,
    seed: int = 0,
    as_of: datetime | None = None,
) -> Ranking:
    """Return the open issues by pain, the greatest first; read-only, deterministic given the store, weights and seed.

    Parameters
    ----------
    workspace
        Its issues, findings, verdicts and tiers are read, and its `weights.toml`, if it has one.
    now
        The time, UTC: rounds that were opened later are not heard.
    weights
        The name of the set that ranks; the others make the band of ranks.
    k
        Each issue has the chance to be among the k greatest.
    seed
        Seed of the draws.
    as_of
        The issues are taken as they stood then, UTC; None is as they stand.

    Raises
    ------
    ConfigError
        If the workspace declares weights that are none, or none of that name.

    Notes
    -----
    An issue is measured in the run that saw it last; whoever has no visit or user in the source counts as one of their
    own. How it is measured: `backlog.measure`.
    """
    declared = backlog.read_weights(workspace.root)
    chosen = declared.named(weights)
    issues = workspace.ledger.latest(Issue) if as_of is None else _then(workspace, as_of)
    said = said_of_issues(workspace, now=now)
    held = _held(issues, workspace.ledger.latest(Cause), said)
    runs = {run.id: run for run in workspace.ledger.latest(DetectionRun)}
    traces = reached(workspace, {owner: one.issues for owner, one in held.items()}, runs=runs, labels=said.labels)
    parts = {owner: one.parts for owner, one in held.items()}
    missed = missed_users(workspace, traces, {owner: [one.id for one in held[owner].issues] for owner in held}, now=now)
    newest = max(runs.values(), key=lambda run: (run.at, run.id), default=None)
    return backlog.rank(
        backlog.measure(traces, parts, missed=missed, seed=seed),
        {issue.id: issue for issue in issues},
        n_users={owner: frame["user"].n_unique() for owner, frame in traces.items()},
        weights=chosen,
        others=[one for one in declared.sets if one.name != chosen.name],
        effort=declared.effort,
        open_clusters=_to_judge(held, traces, newest),
        k=k,
    )


def pain_of_issues(workspace: Workspace, *, now: datetime) -> PainOf:
    """Return what tells the pain of open issues, as releases are put in order by it; as of `prioritise`."""
    ranking = prioritise(workspace, now=now)

    def pain_of(issue_ids: Collection[str]) -> Pain | None:
        total = ranking.total(issue_ids)
        return total and Pain(*total)

    return pain_of


def _then(workspace: Workspace, at: datetime) -> list[Issue]:
    """Return the issues that there were at a time, as they stood."""
    told = workspace.ledger.appended(Issue)
    return list({one.record.id: one.record for one in told if one.at <= at}.values())


def _held(issues: Iterable[Issue], causes: Iterable[Cause], said: Said) -> dict[str, _Held]:
    """Return what counts for each open issue."""
    every = tuple(issues)
    shares = _shares(every, {cause.id: cause for cause in causes})
    states = {issue.id: issue.state for issue in every}
    return {
        owner: _Held(
            of_owner,
            [
                Part(key=one.id, cluster=one.cluster_id, detector=one.detector, hits=hits, n=n, share=shares[one.id])
                for one in of_owner
                for hits, n in [said.samples.get(one.id, (0.0, 0.0))]
            ],
        )
        for owner, of_owner in backlog.held_by(every).items()
        if states[owner] in backlog.OPEN
    }


def _shares(issues: Iterable[Issue], causes: Mapping[str, Cause]) -> dict[str, float]:
    """Return how much of its cluster each issue holds: what was split off its causes' share, the first one the rest."""
    shares: dict[str, float] = {}
    by_cluster: dict[str, list[Issue]] = {}
    for issue in issues:
        by_cluster.setdefault(issue.cluster_id, []).append(issue)
    for whole, *others in by_cluster.values():
        for part in others:
            shares[part.id] = backlog.share_of([causes[one] for one in part.cause_ids if one in causes]) or 0.0
        shares[whole.id] = max(0.0, 1 - sum(shares[part.id] for part in others))
    return shares


def _to_judge(
    held: Mapping[str, _Held], traces: Mapping[str, pl.DataFrame], newest: DetectionRun | None
) -> dict[str, list[str]]:
    """Return by issue the clusters of the newest run in which there are traces that nobody has judged."""
    left = {owner: set(frame.filter(pl.col("label").is_null())["part"]) for owner, frame in traces.items()}
    return {
        owner: [
            one.cluster_id for one in of_owner.issues if newest and one.run_id == newest.id and one.id in left[owner]
        ]
        for owner, of_owner in held.items()
    }
