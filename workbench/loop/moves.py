"""How issues moved: every transition in the ledger, with its time, who wrote it down, its reason and its evidence."""

import polars as pl

from workbench.records import Issue
from workbench.schemas import Time
from workbench.store import Workspace

_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "issue_id": pl.String,
    "from": pl.String,
    "to": pl.String,
    "at": Time,
    "actor": pl.String,
    "reason": pl.String,
    "evidence": pl.List(pl.String),
}


def moves(workspace: Workspace) -> pl.DataFrame:
    """Return one row a transition of an issue, oldest first; read-only.

    Returns
    -------
    DataFrame
        issue_id, from (null: it was proposed), to, at, actor (a person's name, or `workbench` for what the program
        wrote down, be it what people's verdicts say), reason (empty for a proposal), evidence (ids). What changes an
        issue within its state, such as new counts, is no transition.
    """
    states: dict[str, str] = {}
    rows = []
    for issue, at, actor in workspace.ledger.appended(Issue):
        before = states.get(issue.id)
        if before != issue.state:
            row = (issue.id, before, issue.state, at, actor.name, issue.reason, list(issue.evidence))
            rows.append(row)
            states[issue.id] = issue.state
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")
