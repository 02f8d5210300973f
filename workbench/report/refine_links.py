"""What a change hangs on: its issue, branch, commit and the ledger's head, and what else touches the same files."""

from collections.abc import Sequence

from workbench.changes.commit import OF_CHANGE, OF_ISSUE, OF_LEDGER
from workbench.records import Change
from workbench.report import formats
from workbench.report.blocks import Block, sentences, table, words
from workbench.report.markup import Html, badge, file_name, join, muted, said
from workbench.report.refine import RefineReport

_DIGITS = 12
"""Of a commit or of a head of the ledger in a table."""


def change_links(report: RefineReport) -> Block:
    """Return what links issue, change, commit and ledger, and whether git says the same as the ledger."""
    change = report.change
    if change is None:
        return sentences("There is no change to link yet.")
    rows: list[tuple[Html | str, ...]] = [
        (
            "issue",
            join([file_name(one) for one in change.issue_ids], ", "),
            _agrees(report, OF_ISSUE, change.issue_ids),
        ),
        ("change", join([file_name(change.id), " ", badge(change.state)]), _agrees(report, OF_CHANGE, (change.id,))),
        ("branch", file_name(change.branch), muted("a branch of its own, nothing else is touched")),
        ("starts from", file_name(change.base[:_DIGITS]), muted("the app's version then")),
        ("commit", file_name(change.commit[:_DIGITS]) if change.commit else muted("none yet"), muted("–")),
        (
            "head of the ledger",
            file_name(change.ledger_head[:_DIGITS]),
            _agrees(report, OF_LEDGER, (change.ledger_head,)),
        ),
        ("begun", formats.moment(change.at), muted("the time of its commit too")),
        ("signed by", said(change.author, limit=60), muted(f"as told by: {formats.words(change.identity)}")),
        *_of_draft(change),
        *_of_end(change),
    ]
    return table(
        words("", "in the ledger", "in the commit"),
        rows,
        caption="What links the issue, the change, the commit and the ledger?",
        note=f"workbench trace {change.id} walks the whole chain, from traces to the release.",
    )


def same_files(report: RefineReport) -> Block:
    """Return the other changes that touch the same files or are for the same issues: they may conflict."""
    change = report.change
    if change is None or not report.beside:
        return sentences("No other change touches these files or is for these issues.")
    mine = [edit.path for edit in change.edits]
    rows = [
        (
            said(other.title, limit=80),
            badge(other.state),
            join([file_name(path) for path in _shared(other, mine)], " ") if _shared(other, mine) else muted("none"),
            "yes" if {*other.issue_ids} & {*change.issue_ids} else "no",
            said(other.author, limit=40),
            muted(other.id),
        )
        for other in report.beside
    ]
    return table(
        words("change", "state", "files in common", "same issue", "signed by", "id"),
        rows,
        caption="Which other changes touch the same files?",
        of="change",
        note="Together in one release candidate they are merged, and measured with and without each.",
    )


def _agrees(report: RefineReport, trailer: str, wanted: Sequence[str]) -> Html | str:
    if not report.trailers:
        return muted("nothing is committed yet")
    return "the same" if {*report.trailers.get(trailer, ())} == {*wanted} else badge("differs")


def _of_draft(change: Change) -> list[tuple[Html | str, ...]]:
    if not change.drafted_by:
        return []
    read = f"read {formats.counted(len(change.shown), 'trace')} of those that the change is written from"
    return [("drafted by", said(change.drafted_by, limit=80), muted(read))]


def _of_end(change: Change) -> list[tuple[Html | str, ...]]:
    rows: list[tuple[Html | str, ...]] = []
    if change.reverted_by:
        rows.append(("reverted by", file_name(change.reverted_by[:_DIGITS]), muted("–")))
    if change.reason:
        rows.append(("why it ended", said(change.reason), muted("–")))
    return rows


def _shared(other: Change, mine: Sequence[str]) -> list[str]:
    return [edit.path for edit in other.edits if edit.path in mine]
