"""Result sets as they lie in files: a table of scores, or whole runs that a loader of this project reads.

Nothing is stored. Users are keyed all the same, by a fixed key, so that both files name one user alike and the same
files always come to the same.
"""

from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import polars as pl

from workbench import loaders
from workbench.counted import counted
from workbench.errors import ConfigError, FormatError
from workbench.experiments.scores import ROW, Scored, find_columns, read_scores
from workbench.ids import key_user
from workbench.loaders import inputs
from workbench.loaders.batch import Batch, Context, Load
from workbench.loaders.source import Source
from workbench.loop.text_file import read_rows
from workbench.schemas import SIGNALS, SPANS
from workbench.store import derived

RUNS = frozenset({"tau_bench", "tau2_bench", "inspect"})
"""Formats whose runs name the task that they are of, so that two files can be paired."""
KEY = b"two recorded result sets"
"""Not secret: no key is stored, and none is printed."""
NO_DAY = date(1970, 1, 1)
"""Of records without a time; nothing is partitioned here."""
_TRIALS = ("trial", "epoch")
"""What these formats call the number of a run of the same task."""


class Choice(NamedTuple):
    """Which columns, or which score, the user names; None for what is to be found by its usual name."""

    case: str | None = None
    score: str | None = None
    trial: str | None = None
    user: str | None = None


class ResultSet(NamedTuple):
    """What one file holds."""

    scored: Scored
    """Its scores."""
    runs: "Runs | None"
    """Its runs; None of a table of scores."""


class Runs(NamedTuple):
    """Whole runs."""

    spans: pl.DataFrame
    """schemas.SPANS."""
    signals: pl.DataFrame
    """schemas.SIGNALS."""
    cases: dict[str, str]
    """The case of each trace."""
    settings: dict[str, Any]
    """What the file says of how all of its runs were made."""


def read_result_set(path: Path, choice: Choice) -> ResultSet:
    """Return what a file of scores or of runs holds.

    Parameters
    ----------
    path
        JSON lines, CSV or Parquet with a row a run; or results of tau-bench, tau2-bench or Inspect.
    choice
        Which columns are what; of runs `score` is the name of an outcome, and `user` a column of schemas.TRACES.

    Raises
    ------
    ConfigError
        If there is no such file, or a column is not there or cannot be found.
    FormatError
        If it cannot be read.
    """
    if not path.exists():
        raise ConfigError("no such file", where=str(path))
    batches = list(_batches(path))
    if batches:
        return _of_runs(batches, path, choice)
    table = read_rows(path)
    try:
        columns = find_columns(table.rows.columns, **choice._asdict())
    except ConfigError as error:
        raise ConfigError(error.what, where=str(path), fix=error.fix) from None
    scored = read_scores(table.rows, columns, metric=columns.score)
    n = counted(table.n_refused, "line is no JSON object and is", "lines are no JSON objects and are")
    left = (f"{n} left out",) if table.n_refused else ()
    return ResultSet(scored._replace(notes=(*scored.notes, *left)), None)


def _batches(path: Path) -> Iterator[Batch]:
    """Yield what the loaders make of the file, if it holds runs that name their task."""
    for place in inputs.expand([path]):
        for source in inputs.sources(place):
            name, load = _loader(source)
            if name in RUNS:
                yield from load(source, Context("", NO_DAY, partial(key_user, KEY)))


def _loader(source: Source) -> tuple[str, Load]:
    try:
        return loaders.choose(source)
    except FormatError as error:
        return loaders.UNKNOWN, loaders.refusal(error.what)


def _of_runs(batches: list[Batch], path: Path, choice: Choice) -> ResultSet:
    spans = pl.concat([SPANS.empty(), *(batch.spans for batch in batches)])
    signals = pl.concat([SIGNALS.empty(), *(batch.signals for batch in batches)])
    n_refused = sum(len(batch.refused) for batch in batches)
    spans = spans.unique(["trace_id", "span_id", "content_digest"], keep="first", maintain_order=True)
    signals = signals.unique("signal_id", keep="first", maintain_order=True)
    traces = derived.traces(spans.lazy()).collect().sort("trace_id")
    if choice.user is not None and choice.user not in traces.columns:
        raise ConfigError(f"no column {choice.user!r}", where=str(path), fix="runs have user_key and session_id")
    rows = _rows(traces, _judged(signals, choice.score, path), _beside(spans), user=choice.user)
    notes = [f"{counted(n_refused, 'record')} left out: they cannot be read"] if n_refused else []
    n_untasked = int(traces["task"].is_null().sum())
    if n_untasked:
        notes.append(f"{counted(n_untasked, 'run names no task and is', 'runs name no task and are')} left out")
    cases = dict(traces.drop_nulls("task").select("trace_id", "task").iter_rows())
    return ResultSet(Scored(rows, tuple(notes)), Runs(spans, signals, cases, _settings(spans)))


def _judged(signals: pl.DataFrame, name: str | None, path: Path) -> pl.DataFrame:
    """Return the worst of each score of a run: those that are named so, or else the outcomes, or else evaluations."""
    about = signals.filter(pl.col("target_kind") == "trace", pl.col("kind").is_in(["outcome", "evaluation"]))
    if name is not None:
        chosen = about.filter(pl.col("name") == name)
        if chosen.is_empty():
            names = ", ".join(map(repr, about["name"].unique().sort()))
            raise ConfigError(f"no run has a score {name!r}", where=str(path), fix=f"there are {names}")
    else:
        outcomes = about.filter(pl.col("kind") == "outcome")
        chosen = about if outcomes.is_empty() else outcomes
    return (
        chosen.sort("value", "signal_id", nulls_last=True)
        .unique(["trace_id", "name"], keep="first")
        .select("trace_id", metric="name", value="value", judge="annotator")
    )


def _rows(traces: pl.DataFrame, judged: pl.DataFrame, beside: pl.DataFrame, *, user: str | None) -> pl.DataFrame:
    """Return one row a run and score; a run without its score is missing, or an error where it broke."""
    every = traces.drop_nulls("task").join(judged.select("metric").unique(), how="cross")
    is_there = pl.col("value").is_finite().fill_null(value=False)
    is_broken = pl.col("status") == "ERROR"
    given = {
        "case_id": pl.col("task"),
        "status": pl.when(is_there)
        .then(pl.lit("ok"))
        .when(is_broken)
        .then(pl.lit("error"))
        .otherwise(pl.lit("missing")),
        "user_key": pl.lit(None, pl.String) if user is None else pl.col(user),
        "time": pl.col("started_at").dt.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00"),
        "row": pl.col("trace_id"),
    }
    joined = every.join(judged, on=["trace_id", "metric"], how="left").join(beside, on="trace_id", how="left")
    columns = set(joined.columns) | given.keys()
    return joined.with_columns(**given).select(
        pl.col(name).cast(dtype) if name in columns else pl.lit(None, dtype).alias(name) for name, dtype in ROW.items()
    )


def _beside(spans: pl.DataFrame) -> pl.DataFrame:
    """Return the trial of each run, as its own span says it."""
    roots = spans.filter(pl.col("parent_span_id").is_null()).unique("trace_id", keep="first", maintain_order=True)
    trials = [
        next((str(said[name]) for name in _TRIALS if said.get(name) is not None), None)
        for said in map(_object, roots["attributes"])
    ]
    return pl.DataFrame({"trace_id": roots["trace_id"], "trial": pl.Series(trials, dtype=pl.String)})


def _settings(spans: pl.DataFrame) -> dict[str, Any]:
    """Return what the runs say of how all of them were made, flat: `user_info.llm` and so on."""
    roots = spans.filter(pl.col("parent_span_id").is_null())["attributes"]
    seen: dict[str, list[Any]] = {}
    for said in map(_object, roots):
        for name, value in _leaves(said.get("info"), "") if isinstance(said.get("info"), dict) else ():
            if value not in (values := seen.setdefault(name, [])):
                values.append(value)
    return {name: values[0] for name, values in seen.items() if len(values) == 1}


def _leaves(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, entry in value.items():
            yield from _leaves(entry, f"{at}.{name}" if at else name)
    else:
        yield at, value


def _object(text: str | None) -> dict[str, Any]:
    value = orjson.loads(text) if text else {}
    return value if isinstance(value, dict) else {}
