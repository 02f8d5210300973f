"""How a change gets into the traffic: what is merged to ship it, which branch has it, which version is to be named."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import polars as pl

from workbench.boundaries.display import visible
from workbench.changes.landed import find_landed
from workbench.changes.repository import BRANCHES, REMOTE_BRANCHES
from workbench.errors import InsufficientDataError, RepositoryError
from workbench.loop.named import app_of
from workbench.loop.signatures import changes_of
from workbench.loop.watch.changed import live
from workbench.records import Change, Decision, Experiment, Issue, ReleaseCandidate
from workbench.schemas import SPANS
from workbench.store import Workspace


class LiveAs(NamedTuple):
    """How what shipped gets into the traffic."""

    words: str
    """What is to be done for it, and what is seen of it."""
    option: str = ""
    """The option of `watch start` that is to be given, with a blank before it; empty where none is."""


def said_of(workspace: Workspace, experiment: Experiment, changes: list[Change]) -> Mapping[str, str]:
    """Return what is said of what an experiment is on: its name, what gives it up, and what is merged to ship it."""
    for one in workspace.ledger.latest(ReleaseCandidate):
        if one.id == experiment.candidate_id:
            give_up = f"workbench candidate withdraw {one.id}"
            return {"name": one.id, "give_up": give_up, "merge": f"commit {one.commit}"}
    name = experiment.change_ids[0] if experiment.change_ids else ""
    branch = changes[0].branch if changes else "its change"
    verb = "roll-back" if any(change.state == "merged" for change in changes) else "abandon"
    return {"name": name, "give_up": f"workbench change {verb} {name}", "merge": branch}


def live_as(workspace: Workspace, shipped: Issue) -> LiveAs:
    """Return how what an issue shipped by gets into the traffic, as git and the traffic say it now; read-only.

    It is merged first; what has it is found by the app's history, or is to be named, of what came in since the ship.
    """
    decided = {one.id: one for one in workspace.ledger.latest(Decision) if one.id in shipped.evidence}
    experiments = {one.id: one for one in workspace.ledger.latest(Experiment)}
    for decision in decided.values():
        if experiment := experiments.get(decision.experiment_id):
            changes = changes_of(workspace, experiment)
            merge = f"merge {said_of(workspace, experiment, changes)['merge']}"
            words = _has_it(workspace, changes) or f"{merge}, and watch once the traffic has it"
            of_issue = [one for one in changes if shipped.id in one.issue_ids]
            named = _to_name(workspace, of_issue, shipped_at=decision.at)
            return LiveAs(f"{words}; {named}", " --version V") if named else LiveAs(words)
    return LiveAs("merge its change, and watch once the traffic has it")


def _to_name(workspace: Workspace, changes: Sequence[Change], *, shipped_at: datetime) -> str:
    """Return what helps to name the version that has some changes; empty where it is known, or none came since."""
    since = workspace.telemetry.scan(SPANS).filter("time_known", pl.col("started_at") >= shipped_at).head(1)
    if since.collect(engine="streaming").is_empty():
        return ""
    try:
        live(workspace, changes, shipped_at=shipped_at)
    except InsufficientDataError as error:
        return visible(error.fix)
    return ""


def _has_it(workspace: Workspace, changes: list[Change]) -> str:
    """Return which branch of the app has all of some changes, in words; empty where none has, or git cannot say."""
    try:
        repository = app_of(workspace)
        landed = [find_landed(repository, change) for change in changes]
    except RepositoryError:
        return ""
    branches = [one.branch for one in landed if one is not None and not one.reverted_by]
    if not branches or len(branches) < len(landed):
        return ""
    branch = branches[0].removeprefix(BRANCHES).removeprefix(REMOTE_BRANCHES)
    return f"{visible(branch)} has its change, watch once the traffic has it"
