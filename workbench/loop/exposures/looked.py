"""The looks that were taken at an experiment on live traffic, and what each of them rests on.

Users go on, feedback comes late, and old spans are dropped. So each look keeps its rows in the table of results: the
values from after and before the first exposures, and of each user the first exposure itself.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import polars as pl

from workbench.errors import StoreError
from workbench.experiments.exposures import Exposed
from workbench.experiments.live_results import LiveResults
from workbench.experiments.validity import results_digest
from workbench.ids import content_id, digest
from workbench.records import Experiment, Identity, LiveLook, actor_of
from workbench.schemas import EXPOSURES, RESULTS
from workbench.store import Workspace

EXPOSURE = "first exposure"
"""What stands for the metric in a row that is a user's first exposure and has no value."""
_BEFORE = "_before"
"""After the look's id where the experiment's stands: of rows from before the first exposures."""


class Looked(NamedTuple):
    """One look, with what it rests on."""

    look: LiveLook
    """Its record."""
    results: pl.DataFrame
    """schemas.RESULTS, of the look (`experiment_id`), from the first exposures on."""
    before: pl.DataFrame
    """The same from before them."""
    exposures: pl.DataFrame
    """schemas.EXPOSURES of the users in it, without those who were seen in both arms."""


def looks_of(workspace: Workspace, experiment: Experiment) -> list[LiveLook]:
    """Return the looks that were taken at an experiment, oldest first, as they were first written."""
    taken = [one for one in workspace.ledger.latest(LiveLook) if one.experiment_id == experiment.id]
    first = [workspace.ledger.history(LiveLook, one.id)[0] for one in taken]
    return sorted(first, key=lambda one: one.at)


def newest_look(workspace: Workspace, experiment: Experiment, *, flag: str) -> Looked | None:
    """Return the newest look at an experiment with its rows; None before the first."""
    taken = looks_of(workspace, experiment)
    return read_look(workspace, taken[-1], flag=flag) if taken else None


def read_look(workspace: Workspace, look: LiveLook, *, flag: str) -> Looked:
    """Return a look with its rows, as the table of results has them."""
    ids = [look.id, look.id + _BEFORE]
    rows = workspace.telemetry.scan(RESULTS).filter(pl.col("experiment_id").is_in(ids)).collect(engine="streaming")
    is_before, is_exposure = pl.col("experiment_id") == look.id + _BEFORE, pl.col("metric") == EXPOSURE
    return Looked(
        look,
        rows.filter(~is_before, ~is_exposure),
        rows.filter(is_before).with_columns(experiment_id=pl.lit(look.id)),
        _exposures(rows.filter(is_exposure), flag),
    )


def make_look(
    experiment: Experiment,
    found: LiveResults,
    exposed: Exposed,
    *,
    look: float | None,
    author: str,
    identity: Identity,
    now: datetime,
) -> Looked:
    """Return a look at what was found, as it may be kept; its id follows from all that it rests on."""
    users = found.results["user_key"].unique()
    exposures = exposed.exposures.filter(pl.col("user_key").is_in(users.implode()))
    digests = results_digest(found.results, found.before), exposures_digest(exposures)
    made = content_id("look", experiment.id, repr(look), *digests)
    named = pl.lit(made).alias("experiment_id")
    results, before = found.results.with_columns(named), found.before.with_columns(named)
    record = LiveLook(
        id=made,
        experiment_id=experiment.id,
        look=look,
        started_at=exposed.exposures["first_at"].min(),  # type: ignore[arg-type]
        at=now,
        n_assigned=found.n_assigned,
        n_mixed=found.n_mixed,
        n_without_time=found.n_without_time,
        results_digest=results_digest(results, before),
        exposures_digest=digests[1],
        author=author,
        identity=identity,
    )
    return Looked(record, results, before, exposures)


def keep_look(workspace: Workspace, looked: Looked, *, after: str, erasures: Sequence[tuple[str, str]]) -> None:
    """Put a look's rows into the table, then its record into the ledger, if that still ends as it did.

    A user who was erased meanwhile would come back with the rows: then nothing is kept.

    A run that was killed between the two leaves rows that nothing names.

    Raises
    ------
    StoreError
        If somebody wrote to the ledger meanwhile, or a user was erased: the next look sees what that was.
    """
    look = looked.look
    before = looked.before.with_columns(experiment_id=pl.lit(look.id + _BEFORE))
    rows = pl.concat([looked.results, before, _as_rows(looked.exposures, look.id)])
    actor = actor_of(look.author, identity=look.identity)
    with workspace.writing():
        if workspace.erasures.all() != erasures:
            raise StoreError("a user was erased meanwhile", where=look.experiment_id, fix="look again")
        workspace.telemetry.append(RESULTS, rows, source=look.id, offset=rows.height)
        workspace.ledger.append([look], now=look.at, actor=actor, after=after)


def _as_rows(exposures: pl.DataFrame, look_id: str) -> pl.DataFrame:
    """Return first exposures as rows of schemas.RESULTS."""
    first = exposures.select(
        pl.lit(look_id).alias("experiment_id"),
        pl.col("user_key").alias("case_id"),
        "arm",
        pl.lit(0, pl.Int64).alias("trial"),
        pl.lit(EXPOSURE).alias("metric"),
        pl.lit("missing").alias("status"),
        "user_key",
        "trace_id",
        pl.col("first_at").alias("at"),
        pl.col("first_at").dt.date().alias("day"),
    )
    return RESULTS.fitted(first)


def exposures_digest(exposures: pl.DataFrame) -> str:
    """Return what stands for who came when, the same in whatever order the rows stand."""
    return digest(exposures.select("user_key", "arm", "first_at", "trace_id").sort("user_key").write_json())


def _exposures(rows: pl.DataFrame, flag: str) -> pl.DataFrame:
    return (
        rows.select(
            pl.lit(flag).alias("flag"),
            "user_key",
            "arm",
            pl.col("at").alias("first_at"),
            "trace_id",
            pl.lit(None, pl.Int64).alias("n_exposures"),
            pl.lit(value=False).alias("is_mixed"),
        )
        .select(EXPOSURES.schema.names())
        .sort("first_at", "user_key")
    )
