"""Users whom an issue reaches where no detector saw it, as far as the traces without a finding tell.

Some of those are judged too. A problem in one of them belongs to an issue where reviewers gave it the same name as they
gave traces of that issue; where they named nothing alike, nothing is added, and that is no proof that there is nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.backlog import N_DRAWS
from workbench.ids import digest
from workbench.loop.prioritise.said_of_issues import confirmed_codes, issues_by_cluster, outcomes_of, rounds
from workbench.records import CONTROL, Review, Verdict
from workbench.review import standing
from workbench.review.prevalence import in_turn
from workbench.stats.survey import draw_totals
from workbench.store import Workspace

Numbers = NDArray[np.float64]


def missed_users(
    workspace: Workspace, traces: Mapping[str, pl.DataFrame], held: Mapping[str, Sequence[str]], *, now: datetime
) -> dict[str, Numbers]:
    """Return by issue draws of users whom it reaches in traces that no detector found; without those that tell nothing.

    Parameters
    ----------
    workspace
        Its newest round of which control traces were judged is read.
    traces
        By issue, one row a trace, with its user: as many users a trace are taken to be behind those that were missed.
    held
        By issue: itself and those merged into it.
    now
        The time, UTC.
    """
    for review in reversed(rounds(workspace, now=now)):
        items = in_turn(outcomes_of(workspace, review)).filter(
            pl.col("kind") == "trace", pl.col("cluster_id").is_null(), pl.col("label").is_in(["confirmed", "rejected"])
        )
        if items.height:
            return _of_round(workspace, review, items, traces, held)
    return {}


def _of_round(
    workspace: Workspace,
    review: Review,
    items: pl.DataFrame,
    traces: Mapping[str, pl.DataFrame],
    held: Mapping[str, Sequence[str]],
) -> dict[str, Numbers]:
    verdicts = standing(workspace.ledger.revisions(Verdict, review_id=review.id))
    of_cluster = issues_by_cluster(workspace)
    by_issue: dict[str, list[Verdict]] = {}
    by_control: dict[str, list[Verdict]] = {}
    for one in verdicts:
        if one.target_kind == "trace" and one.cluster_id is None:
            by_control.setdefault(one.target_id, []).append(one)
        elif one.target_kind == "trace":
            for issue_id in of_cluster.get(one.cluster_id or "", []):
                by_issue.setdefault(issue_id, []).append(one)
    found = {}
    for owner, of_owner in held.items():
        codes = confirmed_codes(verdict for issue_id in of_owner for verdict in by_issue.get(issue_id, []))
        is_hit = [
            label == "confirmed" and bool(codes & confirmed_codes(by_control.get(trace_id, [])))
            for trace_id, label in items.select("target_id", "label").iter_rows()
        ]
        if any(is_hit) and traces[owner].height:
            a_trace = traces[owner]["user"].n_unique() / traces[owner]["trace_id"].n_unique()
            found[owner] = np.round(_draws(is_hit, items, review, owner) * a_trace)
    return found


def _draws(is_hit: Sequence[bool], items: pl.DataFrame, review: Review, owner: str) -> Numbers:
    """Return draws of the traces without a finding that have the problem."""
    alike = items["n_alike"].to_numpy().astype(np.float64)
    weights = np.maximum(alike / items["inclusion_probability"].to_numpy(), np.maximum(alike, 1))
    n_population = max(review.n_population.get(CONTROL, 0), int(alike.sum()))
    rng = np.random.default_rng([review.seed, int(digest(owner)[:8], 16)])
    return draw_totals(is_hit, weights, n_population=n_population, n_draws=N_DRAWS, rng=rng, n_alike=alike)
