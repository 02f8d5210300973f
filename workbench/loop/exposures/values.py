"""The values of live traffic: what each metric of a plan is of each trace, or session, of those who were exposed.

The same scorers, detectors and names as for runs of cases, so that a change that was judged on a holdout is judged live
by one yardstick.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import polars as pl

from workbench.errors import ConfigError
from workbench.experiments.live_results import COLUMNS
from workbench.experiments.metric import Metric
from workbench.experiments.result_rows import Scorer
from workbench.experiments.scoring import DETECTOR, SIGNAL, Edited
from workbench.loop.exposures.told import Found, answers_told, found_of, reads_answers
from workbench.loop.exposures.traffic import Traffic
from workbench.loop.exposures.versions import arms_of_traces
from workbench.loop.named import app_of
from workbench.loop.scoring.detected import detectors_for
from workbench.loop.scoring.scorers import OF_CASES, check_metrics
from workbench.records import Experiment
from workbench.schemas import RESULTS
from workbench.store import Workspace

SCHEMA = {name: RESULTS.schema.get(name, pl.String()) for name in COLUMNS}
_UNITS = ("trace", "session")
Row = dict[str, Any]


def check_live(metrics: Sequence[Metric]) -> None:
    """Check that live traffic can tell each metric.

    Raises
    ------
    ConfigError
        If one is of turns, compares with what is known of a case, or is of a session and no one says it of sessions.
    """
    for metric in metrics:
        unit, is_told = metric.unit_chain[0], metric.measured.startswith((DETECTOR, SIGNAL))
        if unit not in _UNITS:
            fix = "let unit_chain begin with trace or session"
            raise ConfigError(f"unit_chain == {metric.unit_chain}, live values are of traces and sessions", fix=fix)
        if metric.measured in OF_CASES or isinstance(metric.scorer, Edited):
            raise ConfigError("nobody knows the right answer of live traffic", where=metric.name, fix="measure another")
        if metric.source.kind != "code" and not is_told:
            fix = f"let the app evaluate its traces, and measure {SIGNAL}NAME"
            raise ConfigError("no judge is asked about live traffic", where=metric.name, fix=fix)
        if unit == "session" and not is_told:
            fix = f"let unit_chain begin with trace, or measure {DETECTOR}CODE or {SIGNAL}NAME"
            raise ConfigError("is of traces, and unit_chain begins with session", where=metric.name, fix=fix)


def live_values(
    workspace: Workspace,
    experiment: Experiment,
    metrics: Sequence[Metric],
    traffic: Traffic,
    *,
    own: Mapping[str, Scorer],
    now: datetime,
) -> pl.DataFrame:
    """Return one row a metric and unit, with `live_results.COLUMNS`; read-only.

    A trace that failed is an error. What a scorer cannot tell, and a signal that nobody gave, is missing. Of several
    signals of a name on one unit the newest counts.

    Parameters
    ----------
    workspace
        Where the traffic was read.
    experiment
        The experiment: its arms are the versions that a trace may be of.
    metrics
        Its metrics.
    traffic
        As of `read_traffic`.
    own
        Scorers of the app's own, by the metric's name.
    now
        The time, UTC.

    Raises
    ------
    ConfigError
        If nothing measures a metric, its rule is another than was planned with, or a detector fails.
    """
    places = _places(workspace, experiment, traffic)
    told = traffic.told
    cases = answers_told(workspace, told) if any(reads_answers(one, own) for one in metrics) else {}
    detectors = detectors_for(workspace, metrics)
    check_metrics(metrics, own=own, detectors=detectors)
    find = partial(found_of, told=told, cases=cases, own=own, detectors=detectors, now=now, key_user=workspace.user_key)
    frames = []
    for metric in metrics:
        found = dict(find(metric))
        unit = metric.unit_chain[0]
        rows = [_row(metric, place, found.get(place[f"{unit}_id"])) for place in places[unit]]
        frames.append(pl.DataFrame(rows, schema=SCHEMA))
    return pl.concat(frames)


def _places(workspace: Workspace, experiment: Experiment, traffic: Traffic) -> dict[str, list[Row]]:
    """Return where and when each unit was, whose it is, and the version that answered it."""
    commits: dict[str, str] = {arm.name: arm.commit for arm in experiment.arms}
    arm_of = dict(traffic.exposed.exposures.select("user_key", "arm").iter_rows())
    fitting = arms_of_traces(app_of(workspace), experiment.arms, traces=traffic.told.traces, spans=traffic.told.spans)
    ran = {
        trace: _ran(arm_of.get(user), fitting[trace], commits) or release
        for trace, user, release in traffic.told.traces.select("trace_id", "user_key", "release").iter_rows()
    }
    columns = ("trace_id", "session_id", "user_key", "started_at", "status")
    traces = [
        {
            **{name: row[name] for name in columns},
            "at": row["started_at"],
            "commit": ran[row["trace_id"]],
            "is_error": row["status"] == "ERROR",
        }
        for row in traffic.told.traces.select(columns).iter_rows(named=True)
        if row["user_key"] in arm_of
    ]
    return {"trace": traces, "session": list(_sessions(traces))}


def _ran(arm: str | None, fitting: Collection[str], commits: Mapping[str, str]) -> str | None:
    """Return the commit that a trace ran: its user's arm's where that may be, else the other's that may be."""
    found = arm if arm in fitting else next(iter(sorted(fitting)), None)
    return None if found is None else commits[found]


def _sessions(traces: Iterable[Row]) -> Iterator[Row]:
    """Yield sessions of one user each, from the first of their traces on; of several versions none is known."""
    by_id: dict[tuple[str, str], list[Row]] = {}
    for row in traces:
        if row["session_id"] is not None:
            by_id.setdefault((row["session_id"], row["user_key"]), []).append(row)
    for (session_id, user_key), rows in sorted(by_id.items()):
        times, commits = [row["at"] for row in rows], {row["commit"] for row in rows}
        yield {
            "trace_id": None,
            "session_id": session_id,
            "user_key": user_key,
            "at": None if None in times else min(times),
            "commit": commits.pop() if len(commits) == 1 else None,
            "is_error": all(row["is_error"] for row in rows),
        }


def _row(metric: Metric, place: Row, found: Found | None) -> Row:
    value, judge = found or (None, None)
    status = "error" if place["is_error"] else "missing" if value is None else "ok"
    kept = {name: place.get(name) for name in SCHEMA}
    return kept | {"metric": metric.name, "value": value if status == "ok" else None, "status": status, "judge": judge}
