"""What a report shows of one change: the issue that it is for, the evidence, the edit, and what it can be judged on.

It is read once for a whole report, so that every part of it speaks of the same revision of the same change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from workbench.changes.commit import trailers_in
from workbench.changes.diff import FileDiff, compare
from workbench.changes.repository import AppRepository, open_app
from workbench.errors import ConfigError, InsufficientDataError
from workbench.records import LATEST, Cause, Change, Issue, Verdict
from workbench.report.detection import DetectionReport, read_detection
from workbench.report.quotes import Quote, quote_traces
from workbench.report.splits import Splits, split_traces
from workbench.review import is_by_person
from workbench.store import Workspace

NamedT = TypeVar("NamedT", Change, Issue)
NEW = "new"
"""The word for a change that is not begun."""
N_DEVELOPMENT = 20
"""Traces of an issue that its change is written from where nobody says which: as many as a cause has for evidence."""
OPEN_TO_CHANGE = ("confirmed", "reopened", "changing")
"""States of an issue in which a change may be begun for it."""
GONE = ("abandoned", "rolled_back")
"""States of a change that touches no file any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefineReport:
    """What one report of a change looks at."""

    change: Change | None
    """The change in its newest revision; None where none is begun for the issue yet."""
    issues: tuple[Issue, ...]
    """The issues that it is for, in their newest revision; the first is the one whose evidence is shown."""
    detection: DetectionReport
    """The run that saw the first issue last."""
    verdicts: tuple[Verdict, ...]
    """What people said of these issues and of their causes, newest first; what stands."""
    causes: tuple[Cause, ...]
    """The proposed causes of the first issue, best first."""
    development: tuple[str, ...]
    """The traces that the change is, or would be, written from."""
    quotes: Mapping[str, Quote]
    """What these were asked and answered, by trace id."""
    splits: Splits
    """What is left to judge it on."""
    base: Mapping[str, bytes]
    """The app's files that it starts from, by path."""
    diffs: tuple[FileDiff, ...]
    """What it changes; empty while it has no commit."""
    trailers: Mapping[str, tuple[str, ...]]
    """What its commit says of itself, as git has it; empty while it has none."""
    beside: tuple[Change, ...]
    """Other changes that touch the same files, or are for the same issues, newest first."""
    now: datetime
    """When the report is made, UTC."""

    @property
    def issue(self) -> Issue:
        """The issue whose evidence is shown."""
        return self.issues[0]


def read_refine(
    workspace: Workspace, *, change_id: str = LATEST, issue_id: str = LATEST, now: datetime
) -> RefineReport:
    """Return what a report shows of one change, or of an issue that waits for one; read-only.

    Parameters
    ----------
    workspace
        Where it is recorded.
    change_id
        The change's id, or its beginning, or `latest`: the newest of the issue, or of all; or `new`: the issue alone,
        for another change.
    issue_id
        The issue that a change is wanted for, or the beginning of its id; `latest` is that of the newest change, or
        where there is none the widest one that people confirmed.
    now
        The time, UTC.

    Raises
    ------
    ConfigError
        If there is no such change or issue.
    InsufficientDataError
        If there is neither a change nor an issue that one may be begun for.
    RepositoryError
        If the app's repository cannot be read.
    """
    issues = {issue.id: issue for issue in workspace.ledger.latest(Issue)}
    changes = sorted(workspace.ledger.latest(Change), key=lambda one: (one.at, one.id), reverse=True)
    change = _change(changes, change_id, issue_id)
    wanted = change.issue_ids if change else (_issue(issues, issue_id).id,)
    of = tuple(issues[one] for one in wanted if one in issues)
    if not of:
        raise ConfigError(f"no issue of {wanted[0]} is in the ledger", fix="run `workbench doctor`")
    detection = read_detection(workspace, run_id=of[0].run_id)
    members = [one for one in _members(detection, of[0]) if one]
    development = change.development if change and change.development else tuple(members[:N_DEVELOPMENT])
    repository = open_app(workspace.app, layout=workspace.layout)
    base = repository.contents(change.base if change else repository.head())
    return RefineReport(
        change=change,
        issues=of,
        detection=detection,
        verdicts=_verdicts(workspace, of),
        causes=_causes(workspace, of[0]),
        development=development,
        quotes=quote_traces(detection.spans, development),
        splits=split_traces(detection, members, development),
        base=base,
        diffs=_diffs(repository, change, base),
        trailers=trailers_in(repository.objects.message(change.commit)) if change and change.commit else {},
        beside=tuple(one for one in changes if change is not None and _is_beside(one, change)),
        now=now,
    )


def statement(report: RefineReport) -> str:
    """Return the cause that people confirmed, as they worded it; empty where they confirmed none."""
    causes = {cause.id: cause for cause in report.causes}
    for verdict in report.verdicts:
        if verdict.target_kind == "cause" and verdict.label in ("confirmed", "edited") and verdict.target_id in causes:
            return verdict.statement[0] if verdict.statement else causes[verdict.target_id].statement
    return ""


def _change(changes: Sequence[Change], change_id: str, issue_id: str) -> Change | None:
    if change_id == NEW:
        return None
    if change_id != LATEST:
        found = _begun(changes, change_id)
        if found is None:
            raise ConfigError(f"change_id == {change_id!r}, there is no such change", fix="see `workbench change list`")
        return found
    return next((one for one in changes if issue_id == LATEST or _is_for(one, issue_id)), None)


def _is_for(change: Change, issue_id: str) -> bool:
    return any(one.startswith(issue_id) for one in change.issue_ids)


def _issue(issues: Mapping[str, Issue], issue_id: str) -> Issue:
    if issue_id != LATEST:
        found = _begun(issues.values(), issue_id)
        if found is None:
            raise ConfigError(f"issue_id == {issue_id!r}, there is no such issue", fix="see `workbench backlog`")
        return found
    ready = [issue for issue in issues.values() if issue.state in OPEN_TO_CHANGE]
    if not ready:
        raise InsufficientDataError("no issue is confirmed yet", fix="judge issues first: `workbench review`")
    return max(ready, key=lambda issue: (issue.n_traces, issue.id))


def _begun(every: Iterable[NamedT], beginning: str) -> NamedT | None:
    """Return the change or issue whose id begins so, as a report of the backlog shows it; None for none or several."""
    found = [one for one in every if one.id.startswith(beginning)]
    return found[0] if len(found) == 1 else None


def _members(detection: DetectionReport, issue: Issue) -> list[str]:
    """Return the traces of an issue, its most typical first, then by when they were."""
    problem = next((one for one in detection.problems if one.cluster_id == issue.cluster_id), None)
    order = {finding: place for place, finding in enumerate(problem.exemplars)} if problem else {}
    found = detection.findings
    rows = found.filter(found["cluster_id"] == issue.cluster_id).select("finding_id", "trace_id", "at").to_dicts()
    rows.sort(key=lambda row: (order.get(row["finding_id"], len(order)), str(row["at"]), str(row["trace_id"])))
    return list(dict.fromkeys(str(row["trace_id"]) for row in rows if row["trace_id"]))


def _verdicts(workspace: Workspace, issues: Sequence[Issue]) -> tuple[Verdict, ...]:
    wanted = {one for issue in issues for one in (issue.id, *issue.cause_ids)}
    said = [one for one in workspace.ledger.latest(Verdict) if one.target_id in wanted and is_by_person(one)]
    return tuple(sorted(said, key=lambda one: (one.at, one.id), reverse=True))


def _causes(workspace: Workspace, issue: Issue) -> tuple[Cause, ...]:
    causes = {cause.id: cause for cause in workspace.ledger.latest(Cause)}
    return tuple(causes[one] for one in issue.cause_ids if one in causes)


def _diffs(repository: AppRepository, change: Change | None, base: Mapping[str, bytes]) -> tuple[FileDiff, ...]:
    if change is None or change.commit is None:
        return ()
    return compare(base, repository.contents(change.commit), layout=repository.layout)


def _is_beside(other: Change, change: Change) -> bool:
    if other.id == change.id or other.state in GONE:
        return False
    shares_file = {edit.path for edit in other.edits} & {edit.path for edit in change.edits}
    return bool(shares_file or {*other.issue_ids} & {*change.issue_ids})
