"""The command of step 3: a page to review on, and how far a review is."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from workbench import loop, report, runs
from workbench.boundaries.display import shorten, visible
from workbench.cli.app import JsonOption, WorkspaceOption, app
from workbench.cli.output import answer_with, new_table, tell
from workbench.cli.serving import BrowserOption, PortOption, serve_until_ended
from workbench.counted import counted
from workbench.errors import ConfigError
from workbench.report import formats
from workbench.report.review import ReviewReport
from workbench.review import codes_of, is_over, n_against, saturation, words_against
from workbench.store import open_workspace

NOTEBOOK = "3_review"
SHOWN_CHARACTERS = 60
"""What is shown of an issue's title."""


@app.command()
def review(
    workspace: WorkspaceOption = Path(),
    reviewer: Annotated[
        str, typer.Option(metavar="NAME", help="Who judges: `me` is the user of this computer, else a name.")
    ] = loop.ME,
    review_id: Annotated[
        str,
        typer.Option("--review", metavar="ID", help="The review: `latest` is the newest that is open, or else new."),
    ] = loop.LATEST,
    is_new: Annotated[bool, typer.Option("--new", help="Open a new review, whatever is open.")] = False,
    minutes: Annotated[
        float, typer.Option(min=1, max=600, help="Of a new review: what it may take one reviewer.")
    ] = 30.0,
    mode: Annotated[
        str, typer.Option(help="Of a new review: traces at `random`, the `uncertain` ones first, or `diverse`.")
    ] = "random",
    per_item: Annotated[int, typer.Option(min=1, max=20, help="Of a new review: reviewers of each item.")] = 1,
    clusters: Annotated[
        str,
        typer.Option(
            metavar="IDS",
            help="Of a new review: `all` problems that fit, the `doubtful` ones, or ids of issues (as `backlog` lists "
            "them) or clusters (as `2_detect` does), or their beginnings, with commas between.",
        ),
    ] = loop.ALL,
    reviewers: Annotated[
        str, typer.Option(metavar="NAMES", help="Of a new review: `anyone`, or names with commas between.")
    ] = loop.ANYONE,
    is_adjudicating: Annotated[
        bool, typer.Option("--adjudicate", help="Decide where others disagree; what they said is shown.")
    ] = False,
    is_lab: Annotated[
        bool, typer.Option("--lab", help="In JupyterLab, the whole notebook, instead of a page.")
    ] = False,
    port: PortOption = 0,
    opens_browser: BrowserOption = True,
    is_status: Annotated[bool, typer.Option("--status", help="Say how far the newest review is, and end.")] = False,
    is_closing: Annotated[bool, typer.Option("--close", help="Close the newest review, and end.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Open a page on this machine to judge traces, causes and issues with keys; it goes on where you stopped.

    The newest open review is taken up; where there is none, one is drawn from the newest detection. Ctrl-C ends the
    page; what is marked as saved is on the disk.

    Example: `workbench review --workspace acme-support --minutes 30`
    """
    opened, now = open_workspace(workspace), datetime.now(UTC)
    if is_status or is_closing:
        chosen = loop.latest_review(opened, review_id=review_id)
        if is_closing:
            loop.close_review(opened, chosen.id, now=now)
        _tell(report.read_review(opened, review_id=chosen.id, now=now), as_json=as_json)
        return
    if as_json:
        raise ConfigError("--json is of --status and --close", fix="leave it out, a page has no answer")
    view: runs.View = "lab" if is_lab else "page"
    runs.require(view)  # before a round is opened for nobody
    wanted = loop.Wanted(minutes=minutes, mode=mode, clusters=clusters, n_per_item=per_item, reviewers=reviewers)
    chosen = (
        loop.open_wanted(opened, wanted, now=now)
        if is_new
        else loop.review_to_judge(opened, review_id=review_id, wanted=wanted, now=now)
    )
    who = loop.who_reviews(reviewer, is_adjudicating=is_adjudicating)
    loop.sit_down(opened, chosen, who=who)  # who may not judge here is told so before any page opens
    parameters = {
        "workspace": str(opened.root.resolve()),
        "review_id": chosen.id,
        "reviewer": reviewer,
        "is_adjudicating": is_adjudicating,
    }
    serve_until_ended(
        NOTEBOOK, parameters, what=f"Review {chosen.id}", view=view, port=port, opens_browser=opens_browser
    )


def _tell(told: ReviewReport, *, as_json: bool) -> None:
    answer_with(_answer(told), _table(told), as_json=as_json)
    for issue_id, n in _against(told).items():
        tell(f"{issue_id} is confirmed, but {words_against(n)}: judge one of the two again")


def _against(told: ReviewReport) -> dict[str, int]:
    """Return the issues that are confirmed, and of which every trace judged was rejected, with how many these are."""
    confirmed = [(cluster_id, issue) for cluster_id, issue in told.issues.items() if issue.state == "confirmed"]
    found = {issue.id: n_against(told.standing, cluster_id) for cluster_id, issue in confirmed}
    return {issue_id: n for issue_id, n in found.items() if n}


def _answer(told: ReviewReport) -> dict[str, Any]:
    review, codes = told.review, saturation(codes_of(told.standing))
    states = [issue.state for issue in told.issues.values()]
    return {
        "review": review.id,
        "run": review.run_id,
        "mode": review.mode,
        "opened_at": review.at.isoformat(),
        "age_s": (told.now - review.at).total_seconds(),
        "deadline_at": review.deadline_at.isoformat(),
        "closed_at": review.closed_at.isoformat() if review.closed_at else None,
        "is_over": is_over(review, now=told.now),
        "items": review.n_items,
        "judged": told.n_judged,
        "by_reviewer": _by_reviewer(told),
        "new_codes": {"last": codes.n_last, "n": codes.n_new, "all": codes.n_codes},
        "contradicted": sorted(_against(told)),
        "issues": {state: states.count(state) for state in sorted(set(states))},
        "waiting": [
            {
                "issue": one.issue.id,
                "title": one.issue.title,
                "review": one.review.id if one.review else None,
                "age_s": (told.now - one.review.at).total_seconds() if one.review else None,
                "why": one.why,
                "is_overdue": one.is_overdue,
            }
            for one in told.waiting
        ],
    }


def _by_reviewer(told: ReviewReport) -> dict[str, int]:
    people = [one.annotator for one in told.standing if one.annotator_kind == "HUMAN" and not one.is_adjudication]
    return {name: people.count(name) for name in told.people}


def _table(told: ReviewReport) -> Table:
    review = told.review
    table = new_table(("issue that waits for people", "review", "since", "what is missing"), n_text=4)
    for one in told.waiting:
        asked = "in no review" if one.review is None else "overdue" if one.is_overdue else "open"
        since = formats.age(told.now - one.review.at) if one.review else "–"
        table.add_row(escape(shorten(visible(one.issue.title), SHOWN_CHARACTERS)), asked, since, report.WHY[one.why])
    by_reviewer = ", ".join(f"{name} {n:,}" for name, n in _by_reviewer(told).items()) or "nobody yet"
    ends = f"closed on {formats.moment(review.closed_at)}" if review.closed_at else ""
    until = f"{'was due' if is_over(review, now=told.now) else 'open until'} {formats.moment(review.deadline_at)}"
    table.caption = escape(
        visible(
            f"{review.id}: opened {formats.age(told.now - review.at)}, {ends or until}. "
            f"{told.n_judged:,} of {counted(review.n_items, 'item is', 'items are')} judged: {by_reviewer}."
        )
    )
    return table
