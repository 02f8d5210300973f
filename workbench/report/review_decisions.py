"""What became of it all: which issues were confirmed or rejected, which wait and why, and what was said of causes."""

from collections.abc import Iterable, Sequence

from workbench.records import Issue, IssueState, Verdict
from workbench.report import formats
from workbench.report.blocks import Block, bullets, complete_table, sentences, stack, table, words
from workbench.report.markup import Html, badge, join, muted, said
from workbench.report.naming import where
from workbench.report.review import ReviewReport, missed, prevalence
from workbench.report.review_prevalence import cluster_name, n_confirmed, recall_words
from workbench.report.review_progress import saturation_words
from workbench.report.review_totals import WENT_ON, totals, totals_words
from workbench.review import Waiting, disagreements, n_against, words_against

WHY = {
    "nobody": "nobody has judged it",
    "too_few": "not all who are to judge it have",
    "disagree": "reviewers disagree",
    "uncertain": "reviewers are not sure",
    "decided": "decided",
}
"""What is missing of a decision, in words."""
_ORDER: tuple[IssueState, ...] = ("confirmed", *WENT_ON, *("reopened", "proposed", "rejected", "merged"))


def issues_after_review(report: ReviewReport) -> Block:
    """Return one row an issue under review: where it stands now, how common it is, and why it waits where it does."""
    if not report.issues:
        return sentences("No issue is under review.")
    waits = {one.issue.id: one for one in report.waiting}
    shares = {row["cluster_id"]: row for row in prevalence(report).iter_rows(named=True)}
    found = sorted(report.issues.items(), key=lambda pair: _ORDER.index(pair[1].state))
    rows = [
        (
            badge(issue.state),
            cluster_name(report, cluster_id),
            issue.severity,
            formats.words(issue.category),
            _share(shares[cluster_id]["share"], shares[cluster_id]["low"], shares[cluster_id]["high"]),
            _by_whom(report, issue, waits.get(issue.id), cluster_id),
        )
        for cluster_id, issue in found
    ]
    shown = table(
        words("issue", "of cluster", "severity", "category", "of its traces, 95 %", "by whom, or why it waits"),
        rows,
        caption="What became of the issues?",
        of="issue",
        note="An issue is confirmed or rejected by people alone. What nobody decided stays open, and its age is told.",
    )
    return stack(shown, *_elsewhere(report))


def _elsewhere(report: ReviewReport) -> list[Block]:
    """Return the traces of which reviewers say that they are of another problem; nothing where there is none."""
    rows = [
        (
            said(one.target_id, limit=64),
            cluster_name(report, one.cluster_id),
            join([said(report.titles.get(one.same_as, ""), limit=80), " ", muted(one.same_as)]),
            said(one.annotator, limit=40),
        )
        for one in report.standing
        if one.target_kind == "trace" and one.same_as
    ]
    note = (
        "Each counts against the problem that it was shown in, and adds nothing to the other, which it only points to."
    )
    columns = words("trace", "shown in", "is of", "says")
    caption = "Which traces are of another problem?"
    return [complete_table(columns, rows, caption=caption, of="trace", note=note)] if rows else []


def waiting_issues(report: ReviewReport) -> Block:
    """Return all issues of the workspace that wait for people, those whose time is up first."""
    if not report.waiting:
        return sentences("No issue waits for people.")
    rows = [
        (
            said(one.issue.title, limit=80),
            badge("overdue") if one.is_overdue else muted("open") if one.review else muted("in no review"),
            formats.age(report.now - one.review.at) if one.review else "–",
            _why(one),
            muted(one.issue.id[:12]),
        )
        for one in report.waiting
    ]
    n_late = sum(one.is_overdue for one in report.waiting)
    late = f"{formats.counted(n_late, 'review has', 'reviews have')} ended without a decision. " if n_late else ""
    return table(
        words("issue", "review", "asked for", "what is missing", "id"),
        rows,
        caption="Which issues wait for people?",
        of="issue",
        note=f"{late}No issue is passed on because nobody looked.",
    )


def causes_after_review(report: ReviewReport) -> Block:
    """Return one row a cause that people judged: what it says, what they said of it, and how it should read."""
    said_of: dict[str, list[Verdict]] = {}
    for verdict in report.standing:
        if verdict.target_kind == "cause" and verdict.annotator_kind == "HUMAN":
            said_of.setdefault(verdict.target_id, []).append(verdict)
    rows = [
        (cluster_name(report, cause.cluster_id), where(cause), _labels(said_of[cause.id]), _reads(said_of[cause.id]))
        for problem in report.problems.values()
        for cause in problem.causes
        if cause.id in said_of
    ]
    if not rows:
        return sentences("No cause was judged.")
    columns = words("cluster", "cause", "said", "how it should read")
    return complete_table(columns, rows, caption="Which causes do people believe?", of="cause")


def review_conclusions(report: ReviewReport) -> Block:
    """Return what the review says in a few sentences: what is confirmed, what was missed, and whether to go on."""
    if not report.people:
        return bullets("Nobody has judged anything yet, so that nothing is decided.")
    told = missed(report)
    unseen = (
        "What the detectors missed is not known: too few traces were judged in their turn."
        if told.recall is None
        else f"The detectors together find at least {recall_words(told)} of the traces with a problem."
    )
    n_open = sum(one.decided is None for one in disagreements(report.first, report.standing))
    traces = f"{formats.counted(n_confirmed(report), 'trace was', 'traces were')} confirmed to have a problem."
    differ = f"{formats.counted(n_open, 'disagreement is', 'disagreements are')} not decided yet."
    decided = totals_words(totals(report))
    return bullets(decided, traces, unseen, saturation_words(report), *([differ] if n_open else []))


def _share(share: float | None, low: float | None, high: float | None) -> Html | str:
    if share is None or low is None or high is None:
        return muted("not known")
    return formats.share_within(share, low, high)


def _by_whom(report: ReviewReport, issue: Issue, wait: Waiting | None, cluster_id: str) -> Html | str:
    if wait is not None:
        return join([badge("overdue"), " ", _why(wait)]) if wait.is_overdue else _why(wait)
    ruling = report.rulings.get(issue.id)
    if ruling is None or ruling.verdict is None:
        return muted("–")
    judged = formats.counted(ruling.n_judged, "reviewer")
    against = n_against(report.standing, cluster_id) if issue.state == "confirmed" else 0
    warned = [" ", badge("but"), " ", words_against(against)] if against else []
    return join([judged, ", last ", said(ruling.verdict.annotator, limit=40), *warned])


def _why(wait: Waiting) -> str:
    missing = WHY[wait.why]
    return f"{missing} ({wait.n_judged} of {wait.n_wanted})" if wait.why == "too_few" else missing


def _labels(verdicts: Iterable[Verdict]) -> Html:
    return join(
        [join([said(one.annotator, limit=30), f" {_LABELS.get(one.label, one.label)}"]) for one in verdicts], ", "
    )


def _reads(verdicts: Sequence[Verdict]) -> Html | str:
    """Return the statements that reviewers gave in the place of a cause's own."""
    statements = [said(text, limit=160) for one in verdicts for text in one.statement]
    return join(statements, " ") if statements else muted("–")


_LABELS = {"split": "split it", "merge": "is the same as another", "edited": "edited it"}
