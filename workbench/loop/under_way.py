"""Where each thing that was begun stands: experiments, changes, candidates, issues, telemetry, in a word each.

All of it is read from what the ledger records and which files are there; nothing is decided or measured anew.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from workbench.counted import counted
from workbench.errors import ConfigError, WorkbenchError
from workbench.experiments.metrics_file import METRICS
from workbench.loop.live_as import live_as, said_of
from workbench.loop.prioritise.ranking import prioritise
from workbench.loop.refine.change_records import folder_of
from workbench.loop.review.reviewing import newest_first
from workbench.loop.sample_app.app import is_sample_app
from workbench.loop.signatures import changes_of, lacking, signatures
from workbench.loop.validate.label_desk import n_to_score
from workbench.loop.validate.plan_command import option_of_app, plan_command
from workbench.loop.watch.awaited import Awaits, awaited
from workbench.loop.withdrawals import withdrawals
from workbench.records import (
    Change,
    Decision,
    DetectionRun,
    Experiment,
    ExperimentRun,
    HoldoutKind,
    Issue,
    ReleaseCandidate,
)
from workbench.store import Workspace

Word = Literal[
    "unsigned",
    "shipped",
    "to_judge",
    "to_sample",
    "not_looked_at",
    "undecided",
    "to_score",
    "not_run",
    "invalid",
    "inconclusive",
    "untested",
    "open_candidate",
    "edited",
    "begun",
    "not_to_ship",
    "confirmed",
    "proposed",
    "unseen",
]
"""Where something stands; what each means for its owner stands in `next_step`."""


ENDS = "accepted|dropped|extended"
"""How a person ends an experiment whose plan has ended inconclusive."""
_OF_WATCH: Mapping[Awaits, Word] = {
    "judging": "to_judge",
    "look": "not_looked_at",
    "sample": "to_sample",
}


class Standing(NamedTuple):
    """Something that waits for somebody."""

    word: Word
    """Where it stands."""
    told: Mapping[str, str]
    """What there is to say of it, by name: ids, and words for a sentence."""
    n: int = 1
    """How many things stand so, where they are told as one."""


def under_way(workspace: Workspace, *, now: datetime) -> Iterator[Standing]:
    """Yield all that waits for somebody, of each word the oldest first; read-only."""
    yield from _experiments(workspace)
    yield from _untested(workspace)
    yield from _changes(workspace)
    yield from _watches(workspace, now=now)
    yield from _issues(workspace, now=now)
    yield from _telemetry(workspace)


def _experiments(workspace: Workspace) -> Iterator[Standing]:
    """Yield where the newest experiment on each change or candidate stands, unless its change was given up."""
    ledger, gone = workspace.ledger, withdrawals(workspace)
    ended = {one.experiment_id for one in ledger.latest(ExperimentRun) if one.look == 1}
    newest = {one.experiment_id: one for one in sorted(ledger.latest(Decision), key=lambda one: (one.at, one.id))}
    every = {(one.change_ids, one.candidate_id): one for one in ledger.latest(Experiment) if one.id not in gone}
    validating = [issue for issue in ledger.latest(Issue) if issue.state == "validating"]
    for experiment in every.values():
        changes, decision = changes_of(workspace, experiment), newest.get(experiment.id)
        if any(change.state in ("abandoned", "rolled_back") for change in changes):
            continue
        is_waited_for = any({experiment.id, experiment.candidate_id} & set(issue.evidence) for issue in validating)
        word = _word(experiment, decision, is_ended=experiment.id in ended, is_waited_for=is_waited_for)
        if word is None:
            continue
        n_left = _n_to_score(workspace, experiment) if word == "not_run" else 0
        told = _told(workspace, experiment, decision, changes)
        yield Standing("to_score" if n_left else word, {**told, "n": f"{n_left:,}"})


def _n_to_score(workspace: Workspace, experiment: Experiment) -> int:
    """Return how many answers people are still to score; 0 where that cannot be read, which its run will say."""
    try:
        return n_to_score(workspace, experiment)
    except (WorkbenchError, ValueError):
        return 0


def _word(experiment: Experiment, decision: Decision | None, *, is_ended: bool, is_waited_for: bool) -> Word | None:
    said = "" if decision is None else decision.ended_as or decision.decision
    if not is_waited_for:  # whose issues went on are shipped, or are being changed again
        return "not_to_ship" if said in ("dont_ship", "dropped") else None
    if said in ("ship", "dont_ship", "accepted"):
        return "unsigned" if said == "ship" else None
    is_only_not_run = decision is not None and len(decision.reasons) == 1 and not is_ended
    if said == "invalid" and not is_only_not_run:
        return "invalid"
    if not experiment.holdout_id:  # of live traffic: it waits for users
        return None
    if not is_ended:
        return "not_run"
    return "inconclusive" if said in ("inconclusive", "extended") else "undecided"


def _told(
    workspace: Workspace, experiment: Experiment, decision: Decision | None, changes: list[Change]
) -> Mapping[str, str]:
    """Return what there is to say of an experiment and its decision."""
    option = "" if experiment.adapter else option_of_app(workspace)
    is_said = experiment.adapter or option or workspace.app_run.said
    how = "" if is_said else "; how the app is run is still to be said: --model NAME --at URL, --command, --python, ..."
    told = {"experiment": experiment.id, "option": option, "how": how, **said_of(workspace, experiment, changes)}
    if decision is None:
        return told
    signers = {one.signer for one in signatures(workspace, decision)} if decision.decision == "ship" else set()
    issue_ids = [issue for change in changes for issue in change.issue_ids]
    settle = " ".join(decision.settle)
    needs: HoldoutKind = "targeted" if experiment.targeted_id or " targeted cases" in settle else "random"
    end = f"workbench experiment sign {experiment.id} --end {ENDS}"
    is_of_random = needs == "random" or " random cases" in settle
    seen = (experiment.targeted_id, experiment.holdout_id) if is_of_random else (experiment.targeted_id,)
    return {
        **told,
        "lacks": lacking(workspace, decision, signers),
        "reason": decision.reasons[0],
        "settle": (*decision.settle, *decision.reasons)[0],
        "end": "" if decision.ended_as else f"; or, where its plan has ended, end it: `{end}`",
        "plan": plan_command(workspace, told["name"], issue_ids=issue_ids, seen=seen, needs=needs) if issue_ids else "",
    }


def _untested(workspace: Workspace) -> Iterator[Standing]:
    """Yield the changes and candidates that no experiment tests, candidates last: more waits for them."""
    gone = withdrawals(workspace)
    experiments = [one for one in workspace.ledger.latest(Experiment) if one.id not in gone]
    of_candidates = {one.candidate_id for one in experiments}
    tested = {change for one in experiments for change in one.change_ids}
    waiting = {change.id: change for change in workspace.ledger.latest(Change) if change.state == "committed"}
    candidates = []
    for one in workspace.ledger.latest(ReleaseCandidate):
        if one.state != "frozen" or not waiting.keys() >= set(one.change_ids):
            continue  # what is merged or given up by itself needs no test as a part of it
        if one.id not in of_candidates and not tested >= set(one.change_ids):
            issue_ids = [issue for change in one.change_ids for issue in waiting[change].issue_ids]
            candidates.append(_to_plan(workspace, one.id, f"Candidate {one.name} is frozen", issue_ids))
        tested |= set(one.change_ids)
    for change in waiting.values():
        if change.id not in tested:
            yield _to_plan(workspace, change.id, f"Change {change.id} is committed", list(change.issue_ids))
    yield from candidates


def _to_plan(workspace: Workspace, name: str, is_ready: str, issue_ids: list[str]) -> Standing:
    has_metrics = (workspace.root / METRICS).exists() or is_sample_app(workspace.app)
    lacks = (
        ""
        if has_metrics
        else f"; {METRICS}, which says what is measured, is not there yet: `plan` writes one to begin with"
    )
    plan = plan_command(workspace, name, issue_ids=issue_ids)
    if " holdout make " in plan:
        lacks = f", and no holdout for it may still be used{lacks}"
    return Standing("untested", {"ready": is_ready, "lacks": lacks, "plan": plan})


def _changes(workspace: Workspace) -> Iterator[Standing]:
    for candidate in workspace.ledger.latest(ReleaseCandidate):
        if candidate.state == "open":
            yield Standing("open_candidate", {"name": candidate.name})
    for change in workspace.ledger.latest(Change):
        if change.state == "draft":
            is_laid_out = folder_of(workspace, change).is_dir()
            yield Standing("edited" if is_laid_out else "begun", {"change": change.id})


def _watches(workspace: Workspace, *, now: datetime) -> Iterator[Standing]:
    """Yield what watches wait for."""
    for one in awaited(workspace, now=now):
        told = {
            "issue": one.watch.issue_id,
            "review": one.review_id,
            "n": counted(one.n, "trace"),
            "more": f"{one.n:,}",
        }
        yield Standing(_OF_WATCH[one.what], told)


def _issues(workspace: Workspace, *, now: datetime) -> Iterator[Standing]:
    of: dict[str, list[Issue]] = {}
    for issue in workspace.ledger.latest(Issue):
        of.setdefault(issue.state, []).append(issue)
    if shipped := of.get("shipped"):
        live = live_as(workspace, shipped[-1])
        told = {"n": _some(shipped, "problem"), "issue": shipped[-1].id, "merge": live.words, "option": live.option}
        yield Standing("shipped", told, len(shipped))
    if ready := [*of.get("confirmed", ()), *of.get("reopened", ())]:
        them = "it" if len(ready) == 1 else "them"
        mend = _mend(workspace, ready, now=now)
        yield Standing("confirmed", {"n": _some(ready, "problem"), "them": them, "mend": mend}, len(ready))
    if proposed := of.get("proposed"):
        is_open = any(one.closed_at is None and one.watch_id is None for one in newest_first(workspace))
        also = "; a review is open" if is_open else ""
        yield Standing("proposed", {"n": _some(proposed, "problem"), "also": also}, len(proposed))


def _mend(workspace: Workspace, ready: list[Issue], *, now: datetime) -> str:
    """Return the command that begins a change for the one of some issues that the one ranking has first.

    Where the weights that rank are none it is the one that says so.
    """
    ids = [one.id for one in reversed(ready)]
    if len(ids) > 1:
        try:
            ranked = [row.issue.id for row in prioritise(workspace, now=now).rows]
        except ConfigError:
            return "workbench backlog"
        ids = [one for one in ranked if one in ids] or ids
    return f"workbench change begin {ids[0]} --title TEXT"


def _telemetry(workspace: Workspace) -> Iterator[Standing]:
    loaded = [at for at, _ in workspace.loads.all()]
    runs = workspace.ledger.latest(DetectionRun)
    if loaded and not (runs and max(loaded) <= max(run.at for run in runs)):
        yield Standing("unseen", {})


def _some(waiting: list[Issue], what: str) -> str:
    return f"1 {what} is" if len(waiting) == 1 else f"{len(waiting):,} {what}s are"
