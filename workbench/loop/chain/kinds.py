"""The kinds of record that a chain runs along: how each reads in one line, what it comes from and what comes of it.

One line of KINDS adds a kind. Traces, findings and clusters lie in tables and are in `loop/chain/tables.py`.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from workbench.counted import counted
from workbench.records import (
    Cause,
    Change,
    Decision,
    Descent,
    Experiment,
    ExperimentRun,
    Holdout,
    HoldoutUse,
    Issue,
    Judgement,
    LiveLook,
    ReleaseCandidate,
    Review,
    Verdict,
    Watch,
    Withdrawal,
)
from workbench.store.quoting import Record


class Key(NamedTuple):
    """What names a link of a chain. Strangers choose ids of traces: only with its kind is an id one thing."""

    kind: str
    id: str


class Line(NamedTuple):
    """A link of a chain in one line."""

    what: str
    """What it is; may hold words from a trace."""
    state: str = ""
    """Where it stands; empty for what has no state."""
    at: datetime | None = None
    """When it was, UTC; None where that is not recorded."""


class Beside(NamedTuple):
    """What belongs to a record without being a step from trace to release: a review, a commit, a branch."""

    key: Key
    line: Line | None = None
    """How it reads; None where a record of its own says it."""


def _none(record: Any) -> Iterable[Any]:
    return ()


class Kind(NamedTuple):
    """One kind of record."""

    name: str
    """Its word."""
    record: type[Record]
    """Its type."""
    line: Callable[[Any], Line]
    """How one reads."""
    comes_from: Callable[[Any], Iterable[Key]] = _none
    """What one comes from."""
    leads_to: Callable[[Any], Iterable[Key]] = _none
    """What comes of one, where the other does not say it itself."""
    beside: Callable[[Any], Iterable[Beside]] = _none
    """What belongs to one."""
    is_by_history: bool = True
    """Whether links of earlier revisions hold too: a cluster that was an issue's leads to that issue for ever."""


def _keys(kind: str, ids: Iterable[str | None]) -> Iterator[Key]:
    return (Key(kind, one) for one in ids if one)


def _cause(cause: Cause) -> Line:
    return Line(f"{cause.kind}: {cause.statement}")


def _verdict(verdict: Verdict) -> Line:
    what = f"{verdict.annotator} on the {verdict.target_kind}"
    return Line(f"{what}, deciding" if verdict.is_adjudication else what, verdict.label, verdict.at)


def _judged(verdict: Verdict) -> Iterator[Key]:
    """Yield what a verdict was given on, and the cluster that it was shown in; an issue comes after its verdicts."""
    if verdict.target_kind != "issue":
        yield Key(verdict.target_kind, verdict.target_id)
    yield from _keys("cluster", (verdict.cluster_id,))


def _of_issue(verdict: Verdict) -> Iterable[Key]:
    return _keys("issue", (verdict.target_id,)) if verdict.target_kind == "issue" else ()


def _round(verdict: Verdict) -> Iterator[Beside]:
    return (Beside(key) for key in _keys("review", (verdict.review_id,)))


def _review(review: Review) -> Line:
    return Line(f"round of {counted(review.n_items, 'item')}", "closed" if review.closed_at else "open", review.at)


def _issue(issue: Issue) -> Line:
    return Line(issue.title, issue.state, issue.first_seen_at)


def _sources(issue: Issue) -> Iterator[Key]:
    yield from _keys("cluster", (issue.cluster_id,))
    yield from _keys("cause", issue.cause_ids)
    yield from _keys("issue", (issue.split_from,))


def _descent(descent: Descent) -> Line:
    said = {"split": "a part of an issue left it", "merge": "an issue went into another", "return": "it came back"}
    return Line(said[descent.kind], descent.kind)


def _change(change: Change) -> Line:
    return Line(change.title, change.state, change.at)


def _in_git(change: Change) -> Iterator[Beside]:
    """Yield the commits and the branch of a change; which of several a commit is, its own before its base."""
    for commit, what in (
        (change.commit, f"commit of {change.id}"),
        (change.reverted_by, f"revert of {change.id}"),
        (change.base, f"version that {change.id} starts from"),
    ):
        if commit:
            yield Beside(Key("commit", commit), Line(what))
    yield Beside(Key("branch", change.branch), Line(f"branch of {change.id}"))


def _candidate(candidate: ReleaseCandidate) -> Line:
    return Line(candidate.name, candidate.state, candidate.at)


def _merged(candidate: ReleaseCandidate) -> Iterator[Beside]:
    if candidate.commit:
        yield Beside(Key("commit", candidate.commit), Line(f"merged commit of {candidate.id}", "", candidate.frozen_at))
    for one in candidate.ablations:
        yield Beside(Key("commit", one.commit), Line(f"{candidate.id} without {one.without}", "", candidate.frozen_at))
    yield Beside(Key("commit", candidate.base), Line(f"version that {candidate.id} starts from"))


def _holdout(holdout: Holdout) -> Line:
    return Line(f"{holdout.kind} holdout of {counted(len(holdout.cases), 'case')}", "", holdout.at)


def _use(use: HoldoutUse) -> Line:
    return Line(f"use {use.number} of {use.holdout_id}", "", use.at)


def _experiment(experiment: Experiment) -> Line:
    on = " and ".join(one for one in (experiment.holdout_id, experiment.targeted_id) if one) or "live traffic"
    return Line(f"frozen plan {experiment.plan_digest[:12]} on {on}", "frozen", experiment.frozen_at)


def _tested(experiment: Experiment) -> Iterator[Key]:
    yield from _keys("change", experiment.change_ids)
    yield from _keys("candidate", (experiment.candidate_id,))


def _arms(experiment: Experiment) -> Iterator[Beside]:
    for arm in experiment.arms:
        yield Beside(Key("commit", arm.commit), Line(f"{arm.name} of {experiment.id}"))


def _run(run: ExperimentRun) -> Line:
    to = "" if run.look == 1 else f" to the look at {run.look:.0%}"
    n = f"{run.n_assigned[0]:,} and {counted(run.n_assigned[1], 'answer')}, {counted(sum(run.n_errors), 'error')}"
    return Line(f"run{to} of {n}", "", run.at)


def _look(look: LiveLook) -> Line:
    at = "harm before the next look" if look.look is None else f"look at {look.look:.0%} of the planned users"
    return Line(f"{at}: {look.n_assigned[0]:,} and {counted(look.n_assigned[1], 'user')}", "", look.at)


def _judgement(said: Judgement) -> Line:
    return Line(f"{said.annotator} says {said.score} of an answer by {said.metric}", "", said.at)


def _decision(decision: Decision) -> Line:
    signed = f", signed by {decision.signer}" if decision.signer else ""
    return Line(f"{decision.reasons[0]}{signed}", decision.decision, decision.at)


def _withdrawal(withdrawal: Withdrawal) -> Line:
    return Line(f"withdrawn by {withdrawal.author}: {withdrawal.reason}", "", withdrawal.at)


def _watch(watch: Watch) -> Line:
    return Line(watch.reasons[0] if watch.reasons else "it has just begun", watch.state.replace("_", " "), watch.at)


def _looked(watch: Watch) -> Iterator[Beside]:
    return (Beside(key) for key in _keys("review", (one.review_id for one in watch.rounds)))


KINDS = (
    Kind("cause", Cause, _cause, lambda cause: _keys("cluster", (cause.cluster_id,))),
    Kind("verdict", Verdict, _verdict, _judged, _of_issue, _round),
    Kind("review", Review, _review),
    Kind("issue", Issue, _issue, _sources, lambda issue: _keys("issue", (issue.merged_into,))),
    Kind(
        "descent",
        Descent,
        _descent,
        lambda descent: _keys("issue", (descent.from_issue_id,)),
        lambda descent: _keys("issue", (descent.issue_id,)),
    ),
    Kind("change", Change, _change, lambda change: _keys("issue", change.issue_ids), _none, _in_git),
    Kind(
        "candidate",
        ReleaseCandidate,
        _candidate,
        lambda candidate: _keys("change", candidate.change_ids),
        _none,
        _merged,
        is_by_history=False,  # a change that was taken out of it again does not travel with it
    ),
    Kind("holdout", Holdout, _holdout, lambda holdout: _keys("issue", holdout.issue_ids)),
    Kind(
        "use",
        HoldoutUse,
        _use,
        lambda use: _keys("holdout", (use.holdout_id,)),
        lambda use: _keys("experiment", (use.experiment_id,)),
    ),
    Kind("experiment", Experiment, _experiment, _tested, _none, _arms),
    Kind("run", ExperimentRun, _run, lambda run: _keys("experiment", (run.experiment_id,))),
    Kind("judgement", Judgement, _judgement, lambda said: _keys("experiment", (said.experiment_id,))),
    Kind("look", LiveLook, _look, lambda look: _keys("experiment", (look.experiment_id,))),
    Kind("withdrawal", Withdrawal, _withdrawal, lambda one: _keys("experiment", (one.experiment_id,))),
    Kind("decision", Decision, _decision, lambda decision: _keys("experiment", (decision.experiment_id,))),
    Kind("watch", Watch, _watch, lambda watch: _keys("decision", (watch.decision_id,)), _none, _looked),
)
"""Every kind of the ledger, in the order of the loop. A kind that the loop gets later is one line here."""
ORDER = ("trace", "session", "finding", "cluster", *(kind.name for kind in KINDS), "branch", "commit")
"""All kinds, from production on."""
ASIDE = frozenset({"review", "branch", "commit"})
"""Kinds that belong to links of a chain and are none themselves: two verdicts of one review have nothing in common."""
