"""Commands for what no cluster holds: findings that are listed, and an issue that a person opens of traces."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import polars as pl
import typer
from rich.markup import escape

from workbench import loop, report
from workbench.boundaries.display import shorten, visible
from workbench.cli.app import ByOption, JsonOption, WorkspaceOption, in_workspace, person_of
from workbench.cli.backlog import issues
from workbench.cli.output import answer_with, new_table
from workbench.loop.detect.by_hand import BY_HAND, SEVERITY
from workbench.records import Severity
from workbench.report.formats import counted, moment
from workbench.report.unclustered import MAX_IN_OWN_WORDS
from workbench.store import open_workspace

SHOWN_CHARACTERS = 60


@issues.command(name="open")
def open_by_hand(
    trace: Annotated[
        list[str],
        typer.Option("--trace", metavar="ID", help="A trace that shows it, by its whole id; repeat for more."),
    ],
    title: Annotated[str, typer.Option(metavar="TEXT", help="What the problem is, in a line.")],
    severity: Annotated[Severity, typer.Option(help="How bad it is, until a verdict says otherwise.")] = SEVERITY,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, in a sentence; it stays with it.")] = "",
    by: ByOption = loop.ME,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Open an issue of traces by hand, where nothing found or grouped them; people judge it like any other.

    Example: `workbench issue open --trace 4bf92f3577b3 --trace 00f067aa0ba9 --title "States 30 days for 14"`
    """
    opened = open_workspace(workspace)
    made = loop.open_issue(
        opened, trace, title=title, actor=person_of(by), now=datetime.now(UTC), severity=severity, reason=reason
    )
    then = in_workspace(f"workbench review --new --clusters {made.id}", workspace)
    text = f"{made.id} is proposed, of {counted(made.n_traces, 'trace')}; `{then}` has it judged."
    answer_with(dict(msgspec.to_builtins(made)), text, as_json=as_json)


@issues.command()
def unclustered(
    detector: Annotated[str | None, typer.Option(metavar="CODE", help="Findings of this detector alone.")] = None,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """List the findings of the newest run that are in no cluster, with their traces and issues opened of these.

    Example: `workbench issue unclustered --detector tool_error`
    """
    detection = report.read_detection(open_workspace(workspace))
    found = report.unclustered(detection)
    wanted = found if detector is None else found.filter(pl.col("detector") == detector)
    opened = _opened_of(detection)
    rows: list[dict[str, Any]] = [
        {**row, "issue": opened.get(row["unit"])} for row in report.in_own_words(detection, wanted).to_dicts()
    ]
    table = new_table(("detector", "trace, or session", "when", "words"), n_text=4)
    for row in rows:
        unit = f"{row['unit'] or ''}, of {row['issue']}" if row["issue"] else row["unit"] or ""
        told = (row["detector"], unit, moment(row["at"]), shorten(row["words"] or "", SHOWN_CHARACTERS))
        table.add_row(*(escape(visible(word)) for word in told))
    table.caption = (
        f"{counted(len(rows), 'finding')} in no cluster. `workbench issue open --trace ID` makes them a problem."
    )
    if len(rows) > MAX_IN_OWN_WORDS:
        table.caption += f" The first {MAX_IN_OWN_WORDS:,} are in their own words; in the others numbers are masked."
    answer = {"findings": [{**row, "at": row["at"] and row["at"].isoformat()} for row in rows]}
    answer_with(answer, table if rows else "every finding is in a cluster", as_json=as_json)


def _opened_of(detection: report.DetectionReport) -> dict[str, str]:
    """Return by trace the issue that a person opened of it, or what that goes on as; of what people rejected none."""
    issues = {
        one.cluster_id: one.issue.merged_into or one.issue.id
        for one in detection.problems
        if one.detector == BY_HAND and one.issue is not None and one.issue.state != "rejected"
    }
    found = detection.findings.filter(pl.col("cluster_id").is_in(list(issues)))
    return {trace: issues[cluster] for trace, cluster in found.select("trace_id", "cluster_id").iter_rows()}


__all__ = ["open_by_hand", "unclustered"]
