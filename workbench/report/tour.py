"""One problem led through the whole loop: where it began, what it weighed, what it was changed by, what it came to.

A newcomer reads it first: each station is shown by the same functions as the step's own report, on one problem.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from workbench.backlog import Ranking
from workbench.errors import InsufficientDataError
from workbench.experiments.validation import Validation
from workbench.records import LATEST, Change, Decision, Experiment
from workbench.report import formats
from workbench.report.backlog import users_words
from workbench.report.blocks import Block, Figure, key_figures, sentences, stack
from workbench.report.cause_panel import cause_panel
from workbench.report.markup import Html, badge, join, muted, paragraph, quote, said, strong
from workbench.report.refine import RefineReport
from workbench.report.sections import problem_top
from workbench.report.watch import STATES
from workbench.report.watch_chart import before_words
from workbench.schemas import SIGNALS
from workbench.store import Workspace
from workbench.watch import Looked

TITLE_CHARACTERS = 120
ID_CHARACTERS = 60
_NOT_YET = "Nobody watches yet whether it is gone."


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """One problem, and where it came along."""

    refined: RefineReport
    """The problem, its traces, its causes, its change."""
    change: Change
    """The change."""
    complaints: pl.DataFrame
    """schemas.SIGNALS: what people said in words of the traces that the change is written from, the first one first."""
    experiment_id: str
    """The newest experiment that tests the change by itself; `latest` where there is none."""
    looked: tuple[Looked, ...]
    """The watch of its first issue; empty while it is not watched."""

    @property
    def begun_at(self) -> datetime:
        """When the change was begun: the problem stood in the backlog until then, UTC."""
        return self.change.at


def read_tour(workspace: Workspace, refined: RefineReport, *, looked: Sequence[Looked]) -> Tour:
    """Return what a tour shows of the problem of a change; read-only.

    Parameters
    ----------
    workspace
        Where it is.
    refined
        The change, as of `read_refine`.
    looked
        What the watches come to, as of `loop.watched`.

    Raises
    ------
    InsufficientDataError
        If nobody has begun a change for it: the way is not long enough yet to lead along.
    """
    change = refined.change
    if change is None:
        fix = "`workbench next` says what to do; the sample has a problem that went all the way: `workbench demo`"
        raise InsufficientDataError("no change is begun yet", where=refined.issue.id, fix=fix)
    tests = [one.id for one in workspace.ledger.latest(Experiment) if one.change_ids == (change.id,)]
    decided = {one.experiment_id for one in workspace.ledger.latest(Decision)}
    in_words = pl.col("comment").is_not_null() & pl.col("trace_id").is_in(list(refined.development))
    return Tour(
        refined=refined,
        change=change,
        complaints=workspace.telemetry.scan(SIGNALS).filter(in_words).sort("at", "signal_id").collect(),
        experiment_id=max(tests, key=lambda one: (one in decided, one), default=LATEST),
        looked=tuple(one for one in looked if one.issue.id == refined.issue.id),
    )


def tour_summary(tour: Tour) -> Block:
    """Return the whole way in a few sentences; the first is the headline."""
    issue, change = tour.refined.issue, tour.change
    users = f" of {formats.counted(issue.n_users, 'user')}" if issue.n_users else ""
    n = f"{formats.counted(issue.n_traces, 'trace')}{users}"
    came = [reason for one in tour.looked for reason in one.watch.reasons[:1]]
    return sentences(
        strong(f"A problem in {n}, and one change for it. {' '.join(came) or _NOT_YET}"),
        join(["The problem: ", said(issue.title, limit=TITLE_CHARACTERS), ", which is ", badge(issue.state), " now."]),
        join(["The change: ", said(change.title, limit=TITLE_CHARACTERS), ", by ", said(change.author, limit=40), "."]),
        *(before_words(one.watch) for one in tour.looked),
    )


def complaint(tour: Tour) -> Block:
    """Return the first complaint in words, with what was asked and answered; the first trace where nobody wrote any."""
    refined = tour.refined
    first = next(tour.complaints.iter_rows(named=True), None)
    trace_id = first["trace_id"] if first else next(iter(refined.development), "")
    asked = refined.quotes.get(trace_id)
    parts: list[Html] = [paragraph(join([muted("trace "), said(trace_id, limit=ID_CHARACTERS)]))]
    if asked and asked.asked:
        parts.append(quote("what the user asked", asked.asked))
    if asked and asked.answered:
        parts.append(quote("what the app answered", asked.answered))
    parts.append(_said(first) if first else paragraph("Nobody wrote about it; a detector found it."))
    return stack(Block(join(parts)), name="complaint")


def tour_problem(tour: Tour) -> Block:
    """Return the size of the problem's cluster, and its course."""
    return problem_top(tour.refined.detection, tour.refined.issue.cluster_id)


def tour_causes(tour: Tour) -> Block:
    """Return the causes that were proposed for it, with what speaks for and against each."""
    return cause_panel(tour.refined.causes)


def tour_pain(tour: Tour, ranking: Ranking) -> Block:
    """Return where the problem stood among all, and why.

    Parameters
    ----------
    tour
        The problem.
    ranking
        The backlog on the day on which the change was begun.
    """
    row = next((one for one in ranking.rows if one.issue.id == tour.refined.issue.id), None)
    if row is None:
        return sentences("It was not in the backlog on that day.")
    place = f"{formats.count(row.rank)} of {formats.count(len(ranking.rows))}"
    users = users_words(row.users.value, row.users.low, row.users.high)
    return key_figures(
        [
            Figure(place, "its place in the backlog", "the worst is the first"),
            Figure(users, "users hit", "95 % interval"),
            Figure(users_words(*row.pain), "pain", "users × severity × tier × visits a user"),
            Figure(row.issue.severity, "severity", f"weighs {row.severity_weight:g} here"),
        ]
    )


def tour_ends(tour: Tour, validation: Validation) -> Block:
    """Return what is known at the end, a sentence a station.

    Parameters
    ----------
    tour
        The problem.
    validation
        Its experiment.
    """
    issue = tour.refined.issue
    watched = [
        f"{before_words(one.watch)} After it: {STATES[one.watch.state]}. {' '.join(one.watch.reasons)}"
        for one in tour.looked
    ]
    return sentences(
        join([said(issue.title, limit=TITLE_CHARACTERS), " is ", badge(issue.state), " now."]),
        f"The decision on its change: {formats.words(validation.ruling.decision)}.",
        *(watched or [_NOT_YET]),
    )


def _said(signal: dict[str, Any]) -> Html:
    at = f", {formats.moment(signal['at'])}" if signal["at"] else ""
    return quote(f"what was said of it{at}", signal["comment"])
