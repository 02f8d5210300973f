"""Which reports are kept: so many of the newest of each notebook, the newest of each month, and what decisions name.

A report is evidence and is never edited; what goes, goes whole, its record last, so that a kill is completed by the
next time.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from workbench.records import Decision
from workbench.runs.run import Run, read_runs
from workbench.runs.scheduled.record import read_scheduled
from workbench.store import Workspace

LEFT_AFTER = timedelta(days=1)
"""A draft that is older is of an execution that was killed: a notebook runs for minutes."""
_REPORT = re.compile(r"\brpt_\d{8}T\d{6}_[a-z2-7]{10}\b")


class _Kept(NamedTuple):
    """What decides whether one report stays."""

    of: str
    """What it is one of: the notebook, or the profile."""
    at: datetime
    """When it was made, UTC."""
    is_named: bool
    """Whether a decision names it."""
    record: Path
    """The record, whose name its other files have."""


def drop_old_reports(workspace: Workspace, *, keep: int, now: datetime) -> int:
    """Delete what need not be kept, and return how many reports and digests that were.

    Kept are the `keep` newest of each notebook and of each profile, of each month the newest, and every report whose
    id stands in the ledger, or that shows an experiment which was decided.

    Parameters
    ----------
    workspace
        Its reports.
    keep
        How many of the newest; 0 keeps all.
    now
        The time, UTC: drafts that killed executions left go too.

    Raises
    ------
    StoreError
        If the record of a run cannot be read.
    """
    _drop_drafts(workspace.reports, before=now - LEFT_AFTER)
    if not keep:
        return 0
    runs = read_runs(workspace.reports)
    named = _named(workspace, runs)
    every = [_Kept(run.notebook, run.at, run.id in named, run.html.with_suffix(".json")) for run in runs]
    digests = [_Kept(run.profile, run.at, False, files.json) for run, files in read_scheduled(workspace)]
    old = [*_old(every, keep=keep), *_old(digests, keep=keep)]
    for one in old:
        _delete(one.record)
    return len(old)


def _old(newest_first: Iterable[_Kept], *, keep: int) -> list[_Kept]:
    met: dict[str, int] = {}
    months: set[tuple[str, int, int]] = set()
    old = []
    for one in newest_first:
        met[one.of] = met.get(one.of, 0) + 1
        month = (one.of, one.at.year, one.at.month)
        if met[one.of] > keep and month in months and not one.is_named:
            old.append(one)
        months.add(month)
    return old


def _named(workspace: Workspace, runs: Sequence[Run]) -> Collection[str]:
    """Return the ids of the reports that a decision rests on: named in the ledger, or of an experiment with one."""
    named = {found for entry in workspace.ledger.entries() for found in _REPORT.findall(entry.payload)}
    decided = {one for decision in workspace.ledger.latest(Decision) for one in (decision.id, decision.experiment_id)}
    return named | {
        run.id for run in runs if any(value in decided for value in run.parameters.values() if isinstance(value, str))
    }


def _delete(record: Path) -> None:
    """Delete all files of one report, its record last."""
    of_it = [path for path in record.parent.glob(f"{record.stem}.*") if path != record]
    for path in (*of_it, record):
        path.unlink(missing_ok=True)


def _drop_drafts(reports: Path, *, before: datetime) -> None:
    for path in reports.glob("*/.*.part*"):
        if path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
