"""What of experiments is a user's: results of cases from their traces, and what both versions answered to these.

An experiment that has lost results decides nothing any more; what was decided before stays in the ledger.
"""

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import polars as pl

from workbench.experiments.cache import Cache
from workbench.experiments.erasing import ERASED, erase_cases
from workbench.experiments.journal import read_journal
from workbench.ids import content_id
from workbench.schemas import RESULTS
from workbench.store import Workspace, mark


class OfRuns(NamedTuple):
    """What of experiments is a user's."""

    user_key: str
    """The user, keyed; empty where nobody is named: then cases alone tell."""
    case_ids: frozenset[str]
    """Their cases, in whatever experiment."""
    n_results: int
    """Rows of the table of results."""
    journals: tuple[Path, ...]
    """Journals with answers to them."""
    n_answers: int
    """Such answers."""
    n_cached: int
    """Answers kept for later runs, whosever: any may hold words of theirs, and all go."""


def of_runs(workspace: Workspace, traces: Collection[str], *, user_key: str = "") -> OfRuns:
    """Return what of experiments is a user's; read-only.

    Parameters
    ----------
    workspace
        The workspace.
    traces
        The user's traces.
    user_key
        The user, keyed: results of live traffic are by trace, visit and user, and not by case.
    """
    case_ids = frozenset(content_id("cas", mark(one, workspace.user_key)) for one in traces)
    rows = workspace.telemetry.scan(RESULTS).filter(
        pl.col("case_id").is_in(sorted(case_ids)) | (pl.col("user_key") == pl.lit(user_key or None))
    )
    n_results = rows.select(pl.len()).collect(engine="streaming").item()
    counts = {path: _n_answers(path, case_ids) for path in sorted(workspace.experiments.glob("*.jsonl"))}
    journals = tuple(path for path, n in counts.items() if n)
    n_cached = Cache(workspace.answers).count() if workspace.answers else 0
    return OfRuns(user_key, case_ids, n_results, journals, sum(counts.values()), n_cached)


def erase_of_runs(workspace: Workspace, found: OfRuns) -> None:
    """Erase it: the answers' words from the journals, which stay whole, the answers kept for later, and the rows."""
    if workspace.answers:
        Cache(workspace.answers).clear()
    for path in found.journals:
        erase_cases(path, found.case_ids)
    workspace.telemetry.delete(RESULTS, "case_id", sorted(found.case_ids))
    if found.user_key:
        workspace.telemetry.delete(RESULTS, "user_key", [found.user_key])


def _n_answers(path: Path, case_ids: Collection[str]) -> int:
    outcomes = read_journal(path).finished.values()
    return sum(one.case_id in case_ids and one.answer.output not in (None, ERASED) for one in outcomes)
