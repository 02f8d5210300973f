"""What to do next in a workspace, and in which notebook: what is nearest to its end goes first.

A loop dies of things begun. So what only lacks a signature comes before what lacks an experiment, that before what
lacks a change, and so on back to telemetry that nobody has looked at.
"""

from collections.abc import Callable
from typing import NamedTuple

from workbench.loop.review.reviewing import newest_first
from workbench.records import (
    Change,
    Decision,
    DetectionRun,
    Experiment,
    ExperimentRun,
    Issue,
    ReleaseCandidate,
    Watch,
)
from workbench.store import Workspace


class NextStep(NamedTuple):
    """One thing to do."""

    notebook: str
    """The notebook that it is done in, or looked at: `3_review`."""
    why: str
    """What waits, in a sentence without a full stop."""
    command: str
    """The command that does it, without the option that names the workspace."""


def next_step(workspace: Workspace) -> NextStep:
    """Return what to do next; read-only, and fast: it reads the ledger and counts files, no telemetry."""
    steps: tuple[Callable[[Workspace], NextStep | None], ...] = (
        _to_sign,
        _to_watch,
        _to_run,
        _to_test,
        _to_change,
        _to_review,
        _to_look_at,
    )
    found = (step(workspace) for step in steps)
    return next((one for one in found if one is not None), _START if not workspace.loads.all() else _FEED)


_START = NextStep("1_telemetry", "No telemetry has come in yet", "workbench run PATH...")
_FEED = NextStep("1_telemetry", "Nothing waits: bring in what came since", "workbench run PATH...")


def _to_sign(workspace: Workspace) -> NextStep | None:
    open_ = {one.id for one in _open_experiments(workspace)}
    waiting = [
        one
        for one in workspace.ledger.latest(Decision)
        if not one.signer and one.decision == "ship" and one.experiment_id in open_
    ]
    if not waiting:
        return None
    newest = waiting[-1]
    why = f"The decision to ship of {newest.experiment_id} waits for a signature"
    return NextStep("6_validate", why, f"workbench experiment sign {newest.experiment_id}")


def _to_watch(workspace: Workspace) -> NextStep | None:
    shipped = [one for one in workspace.ledger.latest(Issue) if one.state == "shipped"]
    if shipped:
        why = f"{_some(len(shipped), 'problem')} shipped for, and nobody watches whether it is gone"
        return NextStep("7_watch", why, f"workbench watch start {shipped[-1].id}")
    looked_at = max((run.at for run in workspace.ledger.latest(DetectionRun)), default=None)
    open_ = [one for one in workspace.ledger.latest(Watch) if one.state in ("watching", "not_enough_exposure")]
    stale = [one for one in open_ if looked_at is not None and one.at < looked_at]
    if not stale:
        return None
    why = f"{_some(len(stale), 'watched problem')} to be looked at: a detection ran since"
    return NextStep("7_watch", why, "workbench watch look")


def _to_run(workspace: Workspace) -> NextStep | None:
    ended = {one.experiment_id for one in workspace.ledger.latest(ExperimentRun) if one.look == 1}
    ended |= {one.experiment_id for one in workspace.ledger.latest(Decision) if one.decision in ("ship", "dont_ship")}
    waiting = [one for one in _open_experiments(workspace) if one.id not in ended and one.holdout_id]
    if not waiting:
        return None
    why = f"{_some(len(waiting), 'experiment')} frozen, and not run to the end"
    return NextStep("6_validate", why, f"workbench experiment run {waiting[-1].id}")


def _to_test(workspace: Workspace) -> NextStep | None:
    experiments = workspace.ledger.latest(Experiment)
    of_candidates = {one.candidate_id for one in experiments}
    tested = {change for one in experiments for change in one.change_ids}
    waiting = [change for change in workspace.ledger.latest(Change) if change.state == "committed"]
    waits = {change.id for change in waiting}
    for candidate in workspace.ledger.latest(ReleaseCandidate):
        if candidate.state != "frozen" or not waits.issuperset(candidate.change_ids):
            continue  # what is merged or given up by itself needs no test as a part of it
        if candidate.id not in of_candidates and not tested >= set(candidate.change_ids):
            why = f"Candidate {candidate.name} is frozen, and no experiment tests it"
            return NextStep("6_validate", why, f"workbench experiment plan {candidate.id} --holdout HOLDOUT --freeze")
        tested |= set(candidate.change_ids)
    for change in waiting:
        if change.id not in tested:
            why = f"Change {change.id} is committed, and no experiment tests it"
            return NextStep("6_validate", why, f"workbench experiment plan {change.id} --holdout HOLDOUT --freeze")
    return None


def _to_change(workspace: Workspace) -> NextStep | None:
    ready = [one for one in workspace.ledger.latest(Issue) if one.state in ("confirmed", "reopened")]
    if not ready:
        return None
    why = f"{_some(len(ready), 'problem')} confirmed by people, and nobody changes anything for it"
    return NextStep("4_backlog", why, "workbench backlog")


def _to_review(workspace: Workspace) -> NextStep | None:
    proposed = [one for one in workspace.ledger.latest(Issue) if one.state == "proposed"]
    if not proposed:
        return None
    is_open = any(review.closed_at is None for review in newest_first(workspace))
    why = f"{_some(len(proposed), 'problem')} proposed, and judged by nobody"
    return NextStep("3_review", why if not is_open else f"{why}; a review is open", "workbench review")


def _to_look_at(workspace: Workspace) -> NextStep | None:
    loaded = [at for at, _ in workspace.loads.all()]
    runs = workspace.ledger.latest(DetectionRun)
    if not loaded or (runs and max(loaded) <= max(run.at for run in runs)):
        return None
    return NextStep("2_detect", "Telemetry came in that no detector has looked at", "workbench detect")


def _open_experiments(workspace: Workspace) -> list[Experiment]:
    """Return the experiments whose issues still wait for them, oldest first."""
    waited_for = {
        one for issue in workspace.ledger.latest(Issue) if issue.state == "validating" for one in issue.evidence
    }
    return [one for one in workspace.ledger.latest(Experiment) if waited_for & {one.id, one.candidate_id}]


def _some(n: int, what: str) -> str:
    return f"1 {what} is" if n == 1 else f"{n:,} {what}s are"
