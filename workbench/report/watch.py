"""What one report of step 7 looks at: every watch as it stands, and what shipped and is not watched yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from workbench.records import DetectionRun, Issue, Watch, WatchState
from workbench.report import formats
from workbench.report.blocks import Block, Figure, bullets, key_figures, sentences, table, words
from workbench.report.markup import Html, badge, file_name, join, muted, said, strong
from workbench.store import Workspace
from workbench.watch import Looked

TITLE_CHARACTERS = 70
STATES: dict[WatchState, str] = {
    "gone": "gone",
    "reopened": "back",
    "watching": "not shown yet",
    "not_enough_exposure": "not enough exposure",
}
"""How each state reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchReport:
    """What one report of what is watched looks at."""

    looked: tuple[Looked, ...]
    """Every watch, those that are back first, then those that need something."""
    waiting: tuple[Issue, ...]
    """Issues that shipped and are not watched yet."""
    run: DetectionRun | None
    """The newest detection run."""
    now: datetime
    """When the report is made, UTC."""

    def of_state(self, *states: WatchState) -> list[Looked]:
        """Return the watches in some states."""
        return [one for one in self.looked if one.watch.state in states]


def read_watch(workspace: Workspace, *, looked: Sequence[Looked], now: datetime) -> WatchReport:
    """Return what a report shows of what is watched; read-only.

    Parameters
    ----------
    workspace
        Where the issues are.
    looked
        As of `loop.watched`.
    now
        The time, UTC.
    """
    order: tuple[WatchState, ...] = ("reopened", "watching", "not_enough_exposure", "gone")
    runs = workspace.ledger.latest(DetectionRun)
    return WatchReport(
        looked=tuple(sorted(looked, key=lambda one: (order.index(one.watch.state), one.watch.id))),
        waiting=tuple(one for one in workspace.ledger.latest(Issue) if one.state == "shipped"),
        run=max(runs, key=lambda run: (run.at, run.id), default=None),
        now=now,
    )


def watch_summary(report: WatchReport) -> Block:
    """Return what became of what shipped in a few sentences, for the top of the page; the first is the headline."""
    n = len(report.looked)
    waiting = formats.counted(len(report.waiting), "issue") + " shipped and " + _is(len(report.waiting))
    if not n:
        return sentences(
            strong(f"Nothing is watched yet: {waiting} not watched." if report.waiting else "Nothing has shipped yet."),
            "A change that shipped is a claim. Whether the problem is gone is known once enough traffic was looked at.",
        )
    counts = [f"{len(found)} {STATES[state]}" for state in STATES if (found := report.of_state(state))]
    lead = f"Of {formats.counted(n, 'watched issue')}: {', '.join(counts)}."
    rest = [f"{waiting} not watched."] if report.waiting else []
    return sentences(strong(lead), *[_sentence(one) for one in report.looked[:3]], *rest)


def watch_figures(report: WatchReport) -> Block:
    """Return the key figures: watches by what they came to, and what was looked at for it."""
    undecided = report.of_state("watching", "not_enough_exposure")
    judged = sum(one.watch.n_judged for one in report.looked)
    return key_figures(
        [
            Figure(formats.count(len(report.of_state("gone"))), "are gone", "surely below their target"),
            Figure(formats.count(len(report.of_state("reopened"))), "are back", "and open again"),
            Figure(formats.count(len(undecided)), "are undecided", "and watched on"),
            Figure(formats.count(len(report.waiting)), "shipped", "and are not watched yet"),
            Figure(formats.count(judged), "traces judged blind", "drawn at random after a ship"),
        ]
    )


def watched_issues(report: WatchReport) -> Block:
    """Return one row a watched issue: what it came to, how common it is, and the target."""
    if not report.looked:
        return sentences("Nothing is watched.")
    rows = [
        (
            said(one.issue.title, limit=TITLE_CHARACTERS),
            badge(STATES[one.watch.state]),
            _share_words(one),
            f"{100 * one.watch.target_share:.2g} %",
            _found_words(one.watch),
            alarm_words(one.watch),
            muted(one.watch.id[:19]),
        )
        for one in report.looked
    ]
    return table(
        words("issue", "came to", "share that has it", "target", "found by detectors", "alarm", "watch"),
        rows,
        caption="What became of each problem after the ship?",
        of="issue",
        note="Share: of traces drawn at random after the ship and judged blind, with its 95 % bounds. Found: of the "
        "traces of the changed version; of no issue: its detector found something there that no issue which people "
        "know holds, and which may be it in other words.",
    )


def what_to_watch(report: WatchReport) -> Block:
    """Return the issues that shipped and are not watched yet, and what begins a watch."""
    if not report.waiting:
        return sentences("All that shipped is watched.")
    rows = [
        (
            said(issue.title, limit=TITLE_CHARACTERS),
            muted(issue.id[:12]),
            file_name(f"workbench watch start {issue.id[:12]}"),
        )
        for issue in report.waiting
    ]
    return table(
        words("issue", "id", "once its change is live"),
        rows,
        caption="What shipped and is not watched yet?",
        of="issue",
        note="A watch begins once the traffic has the change: give its prompt version or release with --version, where "
        "the app's history does not tell.",
    )


def watch_conclusions(report: WatchReport) -> Block:
    """Return what to do now, a line each."""
    lines: list[Html | str] = [_next(one) for one in report.looked]
    lines += [
        join(["Begin to watch ", said(one.title, limit=TITLE_CHARACTERS), " once its change is live."])
        for one in report.waiting
    ]
    return bullets(*(lines or ["Nothing has shipped, so that nothing can be watched: decide on an experiment first."]))


def alarm_words(watch: Watch) -> str:
    """Return the day of a watch's alarm, and whether it is of what may be the problem in other words."""
    if watch.alarm_at is not None:
        return f"{watch.alarm_at:%Y-%m-%d}"
    return f"{watch.unowned_alarm_at:%Y-%m-%d}, in other words" if watch.unowned_alarm_at else "none"


def _is(n: int) -> str:
    return "is" if n == 1 else "are"


def _sentence(one: Looked) -> Html:
    return join([said(one.issue.title, limit=TITLE_CHARACTERS), " ", one.watch.reasons[0] if one.watch.reasons else ""])


def _share_words(one: Looked) -> str:
    watch = one.watch
    if not watch.n_judged:
        return "nobody has judged any"
    low = "<0.01" if 0 < watch.low < 0.0001 else f"{100 * watch.low:.2g}"
    bounds = f"{low} to {100 * watch.high:.2g} %"
    return f"{formats.count(watch.n_confirmed)} of {formats.count(watch.n_judged)} ({bounds})"


def _found_words(watch: Watch) -> str:
    beside = f"; {formats.count(watch.n_unowned)} of no issue" if watch.n_unowned else ""
    return f"{formats.count(watch.n_found)} of {formats.count(watch.n_after)}{beside}"


def _next(one: Looked) -> Html:
    watch, title = one.watch, said(one.issue.title, limit=TITLE_CHARACTERS)
    if watch.state == "gone":
        found_since = "".join(f" {one}" for one in watch.reasons[2:])
        return join([title, f" is resolved; it is watched on, as it may come back.{found_since}"])
    if watch.state == "reopened":
        changes = ", ".join(watch.change_ids)
        return join([title, f" needs another change: {changes} did not mend it."])
    todo = f" is undecided: {watch.reasons[1]}" if len(watch.reasons) > 1 else " has not been looked at yet."
    command = file_name(f"workbench watch sample {watch.id[:19]}")
    return join([title, todo, *([" ", command, " draws traces to judge."] if watch.n_after else [])])
