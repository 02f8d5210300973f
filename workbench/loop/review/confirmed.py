"""The gate of step 5: people's verdicts say today that an issue deserves a change, or nothing is changed for it.

It is worked out from the verdicts, not read from the issue: whatever wrote its state, and whoever took a verdict back
since, nothing passes that people do not confirm. What a verdict says of itself is not enough: a person put it into the
ledger, or an import of a file did.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from workbench.errors import GateError
from workbench.loop.named import find_issue
from workbench.loop.review.import_verdicts import IMPORTER
from workbench.loop.settle import UNDECIDED_BECAUSE
from workbench.records import DetectionRun, Issue, IssueState, Review, Verdict
from workbench.review import Ruling, asking, rulings
from workbench.store import Workspace

_CHANGEABLE: tuple[IssueState, ...] = ("confirmed", "reopened", "changing")
"""States in which a change may be begun: before, people have not decided; later, one is being validated or is out."""


def confirmed_issues(
    workspace: Workspace,
    issue_ids: Iterable[str],
    *,
    now: datetime,
    states: Collection[IssueState] = _CHANGEABLE,
) -> list[Issue]:
    """Return issues that people's verdicts confirm, in their newest revision, each once.

    Parameters
    ----------
    workspace
        Its issues, reviews and verdicts are read.
    issue_ids
        The issues, whole or a beginning that no other has.
    now
        The time, UTC.
    states
        Where they may stand.

    Raises
    ------
    ConfigError
        If there is no such issue.
    GateError
        If there is none at all, one stands elsewhere, or people have not confirmed one; it says what is missing.
    """
    issues = list({issue.id: issue for issue in (find_issue(workspace, one) for one in issue_ids)}.values())
    if not issues:
        raise GateError("a change is for at least one confirmed issue", fix="name one: `workbench backlog` lists them")
    for issue in issues:
        if issue.merged_into is not None:
            raise GateError(f"it goes on as {issue.merged_into}", where=issue.id, fix="name that one")
    heard = ruled(workspace, [workspace.ledger.history(Issue, issue.id) for issue in issues], now=now)
    for issue in issues:
        ruling = heard[issue.id]
        if ruling.state != "confirmed":
            why = "people rejected it" if ruling.state == "rejected" else UNDECIDED_BECAUSE[ruling.why]
            said = f"no change without a confirmed verdict: {why}"
            raise GateError(said, where=issue.id, fix="have it judged: `workbench review`")
        if issue.state not in states:
            fix = "wait for what is going on with it, or have it judged again: `workbench backlog` says what"
            raise GateError(f"it is {issue.state}, and no change is begun for it", where=issue.id, fix=fix)
    return issues


def ruled(workspace: Workspace, histories: Iterable[Sequence[Issue]], *, now: datetime) -> dict[str, Ruling]:
    """Return what people have decided of issues, by id; `histories` are all revisions of each, oldest first."""
    ledger = workspace.ledger
    reviews = ledger.latest(Review)
    return rulings(
        histories,
        verdicts=_from_people(workspace),
        reviews=reviews,
        runs=ledger.latest(DetectionRun),
        asking=asking(reviews, asked=workspace.review_items.issues(), now=now),
    )


def _from_people(workspace: Workspace) -> list[Verdict]:
    """Return the verdicts on issues in their newest revision, without those that a program of its own accord wrote."""
    newest = {one.record.id: one for one in workspace.ledger.appended(Verdict, target_kind="issue")}
    return [one.record for one in newest.values() if one.actor.kind == "HUMAN" or one.actor == IMPORTER]
