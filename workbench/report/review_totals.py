"""How the issues of a review stand: each is in one of the totals, so that these sum to all of them.

An issue that went on, into a change or out to users, is still one that people confirmed: it stays in the sum.
"""

from collections import Counter
from typing import NamedTuple

from workbench.records import IssueState
from workbench.report import formats
from workbench.report.review import ReviewReport

WENT_ON: tuple[IssueState, ...] = ("changing", "validating", "shipped", "watching", "resolved")
"""States of an issue that people confirmed and that came further, in their order."""


class Totals(NamedTuple):
    """How many issues of a review stand where."""

    n_issues: int
    """All of them, each once."""
    n_confirmed: int
    """Those that people confirmed, with those that went on since."""
    n_rejected: int
    """Those that people rejected."""
    n_waiting: int
    """Those that nobody has decided, or that came back."""
    n_merged: int
    """Those that another issue goes on for."""
    went_on: tuple[tuple[IssueState, int], ...]
    """Of those confirmed: how many are in each later state."""


def totals(report: ReviewReport) -> Totals:
    """Return how many issues of a review stand where, each counted once though two clusters show it."""
    states = Counter(issue.state for issue in {issue.id: issue for issue in report.issues.values()}.values())
    went_on = tuple((state, states[state]) for state in WENT_ON if states[state])
    return Totals(
        n_issues=states.total(),
        n_confirmed=states["confirmed"] + sum(n for _, n in went_on),
        n_rejected=states["rejected"],
        n_waiting=states["proposed"] + states["reopened"],
        n_merged=states["merged"],
        went_on=went_on,
    )


def totals_words(of: Totals) -> str:
    """Return the totals as a sentence."""
    confirmed = formats.counted(of.n_confirmed, "is confirmed", "are confirmed")
    further = f" ({went_on_words(of)})" if of.went_on else ""
    merged = f", {formats.count(of.n_merged)} merged into another" if of.n_merged else ""
    waits = formats.counted(of.n_waiting, "waits", "wait")
    return (
        f"Of {formats.counted(of.n_issues, 'issue')} in this review, {confirmed}{further}, "
        f"{formats.count(of.n_rejected)} rejected{merged}; {waits} for people."
    )


def went_on_words(of: Totals) -> str:
    """Return how many of the confirmed are in each later state; empty where none went on."""
    return ", ".join(f"{formats.count(n)} {state}" for state, n in of.went_on)
