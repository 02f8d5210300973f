"""The findings of a run to be explored in a notebook; refused with the way out where views cannot be made."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.widgets.lab import lab_needed

if TYPE_CHECKING:
    from workbench.widgets.explorer import Explorer


def _as_grouped(_: pl.DataFrame) -> dict[str, str]:
    return {}


def explore(
    findings: pl.DataFrame,
    problems: Sequence[Mapping[str, Any]],
    *,
    read: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    words: Callable[[pl.DataFrame], Mapping[str, str]] = _as_grouped,
) -> "Explorer":
    """Return the findings as a map that is brushed, a table, the problem with its causes, and a transcript, linked.

    Parameters
    ----------
    findings
        One row a finding, in the columns of `explorer.COLUMNS`.
    problems
        What is known of each problem, in the order of their ranks, as `problem_panel.ProblemPanel` takes it.
    read
        From a finding, a row of that frame, to what `transcript.Transcript` shows of its trace or session.
    words
        From some of those rows to what was found as it was recorded, by finding_id; it is asked for a page of the table
        at a time, and where it says nothing `text` is shown.

    Raises
    ------
    ConfigError
        If ipywidgets and anywidget are not installed.
    SchemaError
        If a column is missing.
    """
    with lab_needed(otherwise="set the parameter is_live to False"):
        from workbench.widgets.explorer import Explorer
    return Explorer(findings, problems, read=read, words=words)
