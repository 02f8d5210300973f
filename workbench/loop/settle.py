"""The gate of step 3: an issue is confirmed or rejected when people have decided so, and by nothing else.

It is worked out from the verdicts each time, so that whatever wrote an issue meanwhile, and whoever took a verdict
back, the issue stands where people left it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from workbench.records import DetectionRun, Issue, IssueState, Review, Verdict
from workbench.review import Ruling, asking, rulings
from workbench.store import Workspace
from workbench.store.ledger import MovedError

GATED: tuple[IssueState, ...] = ("proposed", "reopened", "confirmed", "rejected")
"""States that the gate may change: from `changing` on something rests on the decision, and taking a verdict back is too
late."""
_OPEN: tuple[IssueState, ...] = ("proposed", "reopened")
MAX_ATTEMPTS = 10
"""As often as an import: others who judge at the same time move the ledger on."""


def settle(workspace: Workspace, *, now: datetime) -> list[Issue]:
    """Bring every issue where people's verdicts leave it; return the new revisions, which are appended.

    A verdict that decides brings its severity and category, where it says them. One taken back takes the issue back to
    where it was, with what it was then, while nothing rests on it. What is said while this runs is heard, and an
    erasure waits: what it takes away does not come back with a revision.

    Parameters
    ----------
    workspace
        Its issues, reviews and verdicts are read.
    now
        The time, UTC.

    Raises
    ------
    StoreError
        If the ledger cannot be written, or others append to it all the time.
    """
    with workspace.writing():
        for attempt in range(1, MAX_ATTEMPTS + 1):
            head = workspace.ledger.head()
            changed = _changed(workspace, now=now)
            try:
                workspace.ledger.append(changed, now=now, after=head if changed else None)
            except MovedError:
                if attempt == MAX_ATTEMPTS:
                    raise
            else:
                return changed
    raise AssertionError


def _changed(workspace: Workspace, *, now: datetime) -> list[Issue]:
    """Return the issues that stand elsewhere than people left them, as they should stand."""
    ledger, reviews = workspace.ledger, workspace.ledger.latest(Review)
    verdicts = ledger.latest(Verdict, target_kind="issue")
    judged = {verdict.target_id for verdict in verdicts}
    concerned = [one for one in ledger.latest(Issue) if one.id in judged or one.state not in _OPEN]
    histories = [ledger.history(Issue, issue.id) for issue in concerned if issue.state in GATED]
    ruled = rulings(
        histories,
        verdicts=verdicts,
        reviews=reviews,
        runs=ledger.latest(DetectionRun),
        asking=asking(reviews, asked=workspace.review_items.issues(), now=now),
    )
    settled = [(history[-1], _settled(history, ruled[history[-1].id])) for history in histories]
    return [after for before, after in settled if after != before]


def _settled(history: Sequence[Issue], ruling: Ruling) -> Issue:
    issue = history[-1]
    # Back to the newest revision in which nothing was decided; an issue that never had one was not decided by a person.
    base = next((one for one in reversed(history) if one.state in _OPEN), replace(issue, state="proposed"))
    verdict = ruling.verdict
    return replace(
        issue,
        state=ruling.state or base.state,
        severity=(verdict and verdict.severity) or base.severity,
        category=(verdict and verdict.category) or base.category,
    )
