"""What the store has of an experiment on live traffic: who met which arm of its flag, and what these users did.

Exposures are worked out anew from what the app recorded, on spans and in log records; none are kept beside it, so that
they cannot differ from it. What a look rests on is written down at the look.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import NamedTuple

import orjson
import polars as pl

from workbench.experiments.exposures import COLUMNS, SAME_NAMES, Exposed, exposures_of
from workbench.experiments.pairs import ARMS
from workbench.experiments.plan import Plan
from workbench.loop.detect.running import signals_about
from workbench.schemas import SIGNALS, SPANS
from workbench.store import Workspace, derived
from workbench.windows import Window

PAST = timedelta(days=28)
"""Before the first exposure of anyone: four whole weeks tell a user's usual without the season."""


class Told(NamedTuple):
    """What the store has of some traces."""

    traces: pl.DataFrame
    """schemas.TRACES."""
    spans: pl.DataFrame
    """schemas.SPANS of them."""
    signals: pl.DataFrame
    """schemas.SIGNALS about them and their sessions."""


class Traffic(NamedTuple):
    """What the users of an experiment did, from PAST before the first exposure on."""

    exposed: Exposed
    """Who was exposed, and when first."""
    told: Told
    """Of the traces of those who were."""


def read_traffic(workspace: Workspace, plan: Plan) -> Traffic:
    """Return what the store has of the users who met the plan's flag; read-only.

    Parameters
    ----------
    workspace
        Whose telemetry.
    plan
        The plan, of live traffic.
    """
    exposed = read_exposures(workspace, plan)
    return Traffic(exposed, _told(workspace, _spans_of(workspace, exposed)))


def told_of(workspace: Workspace, trace_ids: Collection[str]) -> Told:
    """Return what the store has of some traces; read-only."""
    return _told(workspace, spans_of_traces(workspace, trace_ids))


def _told(workspace: Workspace, spans: pl.DataFrame) -> Told:
    traces = derived.traces(spans.lazy()).collect(engine="streaming").sort("trace_id")
    signals = signals_about(spans.lazy(), workspace.telemetry.scan(SIGNALS)).collect(engine="streaming")
    return Told(traces, spans, signals)


def read_exposures(workspace: Workspace, plan: Plan) -> Exposed:
    """Return who met which arm of the plan's flag, by all that the store has; read-only."""
    return exposures_told(workspace, plan.flag, variants=dict(zip(plan.variants, ARMS, strict=True)))


def exposures_told(workspace: Workspace, flag: str, *, variants: Mapping[str, str] = SAME_NAMES) -> Exposed:
    """Return who met which arm of a flag, told on spans or in logs, the arm by the flag's variant; read-only."""
    key = orjson.dumps(flag).decode()
    told = workspace.telemetry.scan(SIGNALS).filter(pl.col("kind") == "exposure", pl.col("name") == flag)
    logged = told.rename({"at": "started_at"}).with_columns(user_key=pl.lit(None, SPANS.schema["user_key"]))
    every = workspace.telemetry.spans().select(COLUMNS)
    on_spans = every.filter(pl.col("attributes").str.contains(key, literal=True))
    ids = pl.concat([part.select("trace_id") for part in (on_spans, logged)]).drop_nulls().unique()
    parts = [every.join(ids, on="trace_id", how="semi"), logged.select(COLUMNS)]
    rows = pl.concat([part.collect(engine="streaming") for part in parts])
    return exposures_of(rows, flag, variants=variants)


def spans_of_traces(workspace: Workspace, trace_ids: Collection[str]) -> pl.DataFrame:
    """Return schemas.SPANS of some traces, each span id once."""
    spans = workspace.telemetry.spans().filter(pl.col("trace_id").is_in(list(trace_ids)))
    return spans.collect(engine="streaming")


def _spans_of(workspace: Workspace, exposed: Exposed) -> pl.DataFrame:
    """Return the spans of all traces of those who were exposed; a trace is whole, whichever span names its user."""
    users = exposed.exposures.select("user_key", "first_at")
    if users.is_empty():
        return SPANS.empty()
    window = Window(start=users["first_at"].min() - PAST)  # type: ignore[operator, arg-type]
    spans = workspace.telemetry.spans_of_traces(window=window)
    theirs = spans.join(users.lazy(), on="user_key", how="semi").select("trace_id").unique()
    return spans.join(theirs, on="trace_id", how="semi").collect(engine="streaming")
