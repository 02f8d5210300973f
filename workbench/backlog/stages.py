"""How long issues stay in each stage, from their transitions: what is stuck shows here before anyone asks."""

from datetime import datetime

import polars as pl

from workbench.schemas import require


def stages(moves: pl.DataFrame, *, now: datetime) -> pl.DataFrame:
    """Return one row a stay of an issue in a state, oldest first.

    Parameters
    ----------
    moves
        One row a transition, oldest first: issue_id, to, at.
    now
        The time, UTC: what is still there has been there until now.

    Returns
    -------
    DataFrame
        issue_id, state, entered_at, left_at (null: it is still there), stay (a duration).
    """
    require(moves, ("issue_id", "to", "at"), of="backlog.stages")
    left_at = pl.col("at").shift(-1).over("issue_id")
    stays = moves.select("issue_id", state="to", entered_at="at", left_at=left_at)
    until = pl.col("left_at").fill_null(now)
    return stays.with_columns(stay=(until - pl.col("entered_at")).clip(lower_bound=pl.duration(seconds=0)))


def by_stage(stays: pl.DataFrame) -> pl.DataFrame:
    """Return one row a state: `n_now` (issues there), `oldest` (the longest of their stays), `n_left`, `median_stay`.

    Parameters
    ----------
    stays
        As of `stages`; the median is of the stays that have ended, null where none has.
    """
    is_here = pl.col("left_at").is_null()
    return stays.group_by("state", maintain_order=True).agg(
        n_now=is_here.sum(),
        oldest=pl.col("stay").filter(is_here).max(),
        n_left=is_here.not_().sum(),
        median_stay=pl.col("stay").filter(~is_here).median(),
    )
