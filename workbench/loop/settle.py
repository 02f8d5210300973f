"""The gate of step 3: an issue is confirmed or rejected when people have decided so, and by nothing else.

It is worked out from the verdicts each time, so that whatever wrote an issue meanwhile, and whoever took a verdict
back, the issue stands where people left it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from workbench.backlog import move
from workbench.records import DetectionRun, Issue, IssueState, Review, Verdict
from workbench.review import Ruling, asking, rulings
from workbench.review.gate import Why
from workbench.store import Workspace
from workbench.store.ledger import Appended, MovedError

GATED: tuple[IssueState, ...] = ("proposed", "reopened", "confirmed", "rejected")
"""States that the gate may change: from `changing` on something rests on the decision, and taking a verdict back is too
late."""
_OPEN: tuple[IssueState, ...] = ("proposed", "reopened")
UNDECIDED_BECAUSE: Mapping[Why, str] = {
    "decided": "it is decided",
    "nobody": "no verdict of a person on it stands",
    "too_few": "not all who were to judge it have",
    "disagree": "those who judged it disagree",
    "uncertain": "those who judged it are not certain",
}
"""What is missing for a decision, in words."""
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
    histories = [
        of_issue
        for of_issue in _by_issue(ledger.appended(Issue))
        if of_issue[-1].record.state in GATED
        and (of_issue[-1].record.id in judged or of_issue[-1].record.state not in _OPEN)
    ]
    ruled = rulings(
        [[one.record for one in of_issue] for of_issue in histories],
        verdicts=verdicts,
        reviews=reviews,
        runs=ledger.latest(DetectionRun),
        asking=asking(reviews, asked=workspace.review_items.issues(), now=now),
    )
    settled = [(of_issue[-1].record, _settled(of_issue, ruled[of_issue[-1].record.id])) for of_issue in histories]
    return [after for before, after in settled if after != before]


def _by_issue(appended: Sequence[Appended[Issue]]) -> list[list[Appended[Issue]]]:
    histories: dict[str, list[Appended[Issue]]] = {}
    for one in appended:
        histories.setdefault(one.record.id, []).append(one)
    return list(histories.values())


def _settled(history: Sequence[Appended[Issue]], ruling: Ruling) -> Issue:
    issue, verdict = history[-1].record, ruling.verdict
    # Back to the newest revision in which nothing was decided; an issue that never had one was not decided by a person.
    undecided = (one.record for one in reversed(history) if one.record.state in _OPEN)
    base = next(undecided, replace(issue, state="proposed"))
    put = _categorised(history)
    category = (verdict and verdict.category) or base.category
    if put is not None and not (verdict and verdict.category and verdict.at > put.at):
        category = put.record.category
    return replace(
        _moved(issue, base, ruling), severity=(verdict and verdict.severity) or base.severity, category=category
    )


def _moved(issue: Issue, base: Issue, ruling: Ruling) -> Issue:
    if ruling.state is not None:
        return move(issue, ruling.state, evidence=ruling.verdict_ids, reason=_reason(ruling), by="person")
    if issue.state in _OPEN:
        return issue
    reason = f"what people decided of it no longer stands: {UNDECIDED_BECAUSE[ruling.why]}"
    evidence = (base.evidence or (base.run_id,)) if base.state == "reopened" else ()
    return move(issue, base.state, evidence=evidence, reason=reason, by="program")


def _reason(ruling: Ruling) -> str:
    does = "deserves" if ruling.state == "confirmed" else "does not deserve"
    if ruling.verdict is not None and ruling.verdict.is_adjudication:
        return f"people differed, and it was decided that it {does} a change"
    say = "1 person who was to judge it says" if ruling.n_judged == 1 else f"{ruling.n_judged} people say"
    return f"{say} that it {does} a change"


def _categorised(history: Sequence[Appended[Issue]]) -> Appended[Issue] | None:
    """Return the newest revision in which a person put the issue into another category, beside any verdict."""
    put = (
        later
        for earlier, later in reversed(list(pairwise(history)))
        if later.actor.kind == "HUMAN" and later.record.category != earlier.record.category
    )
    return next(put, None)
