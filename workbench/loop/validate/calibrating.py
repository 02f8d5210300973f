"""A judge is held against people: it judges traces of an issue that they have judged, and its verdicts stand beside.

It is told what they were asked about and never what they said. Whatever it says is a model's verdict, which confirms
nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import polars as pl

from workbench import clustering
from workbench.boundaries.keys import Key
from workbench.boundaries.paths import file_name
from workbench.counted import counted
from workbench.errors import ConfigError, InsufficientDataError, ServerError
from workbench.experiments.arm import Spend
from workbench.experiments.budget import UNLIMITED
from workbench.experiments.cache import Cache
from workbench.experiments.case import Case
from workbench.experiments.judged_gain import rates_from
from workbench.experiments.judges.asking import ask_judge
from workbench.experiments.judges.domain import Domain, domain_of
from workbench.experiments.judges.grades import question_of, scores_in
from workbench.experiments.judges.prompt import judge_version
from workbench.experiments.judges.quality import Calibration
from workbench.experiments.likeness import text_of
from workbench.experiments.metric import Metric
from workbench.experiments.outcome import NOTHING
from workbench.experiments.scoring import Judged
from workbench.experiments.session import Progress
from workbench.experiments.to_end import to_end
from workbench.ids import digest
from workbench.loop.holdouts import cases_of
from workbench.loop.named import find_issue
from workbench.records import Actor, Issue, Verdict, verdict_id
from workbench.review import is_by_person, standing
from workbench.review.outcomes import label_of
from workbench.store import Workspace, derived

_SURE = ("confirmed", "rejected")


class Calibrated(NamedTuple):
    """What came of holding a judge against people."""

    calibration: Calibration
    """Of all traces that it has judged by now."""
    version: str
    """The judge's."""
    n_people: int
    """Traces of which people are sure."""
    n_unreadable: int
    """Replies of this call that could not be read, or answers too long to be judged."""
    spent: Spend
    """What this call was charged with."""


def calibrate_judge(
    workspace: Workspace,
    metric: Metric,
    *,
    issue_id: str,
    key: Key,
    now: Callable[[], datetime],
    budget: Spend = UNLIMITED,
    cache: Cache | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Calibrated:
    """Have a judge say of an issue's traces what people said of them, append its verdicts, and return how it does.

    Traces that this very judge has judged before are not asked about again.

    Parameters
    ----------
    workspace
        Where the verdicts and the traces are.
    metric
        A binary one that a judge scores; where more is better, 0 is the problem, otherwise 1 is.
    issue_id
        The issue; beside people's verdicts on its clusters count traces drawn from all traffic that have no problem.
    key
        What opens the judge's server.
    now
        Gives the time, UTC.
    budget, cache, progress
        As of `run_experiment`.

    Raises
    ------
    ConfigError
        If there is no such issue, or the metric is none of a judge with two values.
    InsufficientDataError
        If people are sure of no trace with an answer, or the judge of none of these.
    ServerError
        If the judge was not asked about all; to call again goes on.
    """
    if not isinstance(metric.scorer, Judged) or metric.kind != "binary":
        fix = 'name a metric with kind = "binary" and a scorer of kind = "judge"'
        raise ConfigError("only a judge of two values can be held against verdicts", where=metric.name, fix=fix)
    version, people = judge_version(metric), people_of(workspace, issue_id)
    known = _of_judge(workspace, version)
    questions = _questions(workspace, [one for one in people if one not in known], metric)
    n_unreadable, spent = 0, NOTHING
    if questions:
        name = digest(version, issue_id, *sorted(one.asked_digest for one in questions.values()))
        journal = workspace.experiments / file_name(f"calibration {name}", suffix=".jsonl")
        asked = list({one.asked_digest: one for one in questions.values()}.values())
        asking = ask_judge(metric, asked, journal, key=key, now=now, budget=budget, cache=cache, progress=progress)
        replied = to_end(asking)
        if replied.run.n_missing:
            said = f"{counted(replied.run.n_missing, 'trace is', 'traces are')} not judged: {replied.run.stopped}"
            raise ServerError(said, where=version, fix="call again: it goes on")
        scores, spent = scores_in(replied.replies), replied.run.spent
        by_trace = {one: scores[asked.asked_digest] for one, asked in questions.items() if asked.asked_digest in scores}
        n_unreadable = len(questions) - len(by_trace)
        _append(workspace, metric, version, by_trace, people, now=now())
    calibration = calibration_of(workspace, metric, issue_id=issue_id)
    if calibration is None:
        raise InsufficientDataError("people and judge are sure of no trace together", where=issue_id)
    return Calibrated(calibration, version, len(people), n_unreadable, spent)


def calibration_of(workspace: Workspace, metric: Metric, *, issue_id: str | None = None) -> Calibration | None:
    """Return how a metric's judge did against people, on an issue or wherever both judged; None where it never did."""
    judged = _of_judge(workspace, judge_version(metric))
    people = people_of(workspace, issue_id)
    both = sorted(judged.keys() & people.keys())
    if not both:
        return None
    yes = [judged[one] == "confirmed" for one in both if people[one].label == "confirmed"]
    no = [judged[one] == "rejected" for one in both if people[one].label == "rejected"]
    return Calibration(rates_from(sum(yes), len(yes), sum(no), len(no)), (sum(yes) + sum(no)) / len(both), tuple(both))


def domain_of_calibration(workspace: Workspace, calibration: Calibration, cases: Sequence[Case]) -> Domain | None:
    """Return how far an experiment's cases are from the traces that its judge was held against people on."""
    known = cases_of(workspace, calibration.trace_ids).cases
    return domain_of([text_of(case) for case in cases], [text_of(case) for case in known], embed=clustering.embed)


class Said(NamedTuple):
    """What people are sure of about one trace."""

    label: str
    """confirmed: it has the problem; rejected: it has not."""
    cluster_id: str | None
    """The cluster in which it was judged; None of one drawn from all traffic."""


def people_of(workspace: Workspace, issue_id: str | None) -> dict[str, Said]:
    """Return what people are sure of about the traces of an issue, or of all issues; and of traffic with no problem."""
    clusters: set[str | None] | None = None
    if issue_id is not None:
        issue = find_issue(workspace, issue_id)
        clusters = {one.cluster_id for one in workspace.ledger.history(Issue, issue.id)}
    by_trace: dict[str, list[Verdict]] = {}
    for one in standing(workspace.ledger.revisions(Verdict)):
        is_of_issue = clusters is None or one.cluster_id is None or one.cluster_id in clusters
        if one.target_kind == "trace" and is_by_person(one) and is_of_issue:
            by_trace.setdefault(one.target_id, []).append(one)
    found = {}
    for trace_id, said in by_trace.items():
        label = label_of(said)
        cluster = next((one.cluster_id for one in said if one.cluster_id is not None), None)
        # Of any traffic a problem may be another one; that there is none is said of this one too.
        if label in _SURE and (cluster is not None or label == "rejected"):
            found[trace_id] = Said(label, cluster)
    return found


def _of_judge(workspace: Workspace, version: str) -> dict[str, str]:
    verdicts = standing(workspace.ledger.revisions(Verdict))
    return {one.target_id: one.label for one in verdicts if (one.annotator_kind, one.annotator) == ("LLM", version)}


def _questions(workspace: Workspace, trace_ids: Sequence[str], metric: Metric) -> dict[str, Case]:
    """Return what the judge is asked about each trace that has a question and an answer."""
    spans = workspace.telemetry.spans().filter(pl.col("trace_id").is_in(list(trace_ids)))
    traces = derived.traces(spans).select("trace_id", "output").collect(engine="streaming")
    outputs = {trace_id: output for trace_id, output in traces.iter_rows() if output}
    cases = {case.trace_id: case for case in cases_of(workspace, trace_ids).cases}
    return {one: question_of(cases[one], outputs[one], metric) for one in trace_ids if one in cases and one in outputs}


def _append(
    workspace: Workspace,
    metric: Metric,
    version: str,
    scores: Mapping[str, float],
    people: Mapping[str, Said],
    *,
    now: datetime,
) -> None:
    problem = 0.0 if metric.direction == 1 else 1.0
    verdicts = [
        Verdict(
            id=verdict_id("trace", trace_id, cluster_id=people[trace_id].cluster_id, annotator=version),
            target_kind="trace",
            target_id=trace_id,
            cluster_id=people[trace_id].cluster_id,
            label="confirmed" if score == problem else "rejected",
            explanation="",
            code="",
            annotator_kind="LLM",
            annotator=version,
            identity="program",
            at=now,
        )
        for trace_id, score in scores.items()
    ]
    with workspace.writing():
        workspace.ledger.append(verdicts, now=now, actor=Actor(kind="CODE", name=version, identity="program"))
