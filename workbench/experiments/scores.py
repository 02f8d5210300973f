"""A table of scores, one row a run of a case, as anybody exports it: which column is what, and what each cell says.

Nothing is guessed in silence: a column that was not named is looked for by its name, and it is said which one was
taken; a cell that is no score is counted.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import polars as pl

from workbench.counted import counted
from workbench.errors import ConfigError

CASE = ("case_id", "case", "question_id", "task_id", "sample_id", "item_id", "id", "question", "task", "item", "sample")
SCORE = ("score", "reward", "correct", "is_correct", "passed", "pass", "success", "resolved", "value", "outcome")
TRIAL = ("trial", "trial_id", "epoch", "attempt", "repetition", "replicate")
TIME = ("at", "time", "timestamp", "tstamp", "started_at", "created_at", "start_time", "date")
ERROR = ("error", "error_type", "exception")
"""Names under which a column is looked for, the first that is there, whatever its case."""
_PASSED = ("true", "pass", "passed", "correct", "yes", "success", "resolved")
_FAILED = ("false", "fail", "failed", "incorrect", "wrong", "no", "failure", "unresolved")
_BROKEN = ("error", "errored", "exception", "timeout", "timed out", "crash", "crashed")
"""Words that stand in a column of scores for a run that broke: a failure, and no missing score."""
_NOTHING = ("", "null", "none", "nan", "n/a", "na", "-")
ROW = {
    "case_id": pl.String,
    "trial": pl.String,
    "metric": pl.String,
    "value": pl.Float64,
    "status": pl.String,
    "error_type": pl.String,
    "user_key": pl.String,
    "judge": pl.String,
    "time": pl.String,
    "trace_id": pl.String,
    "duration_ms": pl.Float64,
    "cost_usd": pl.Float64,
    "row": pl.String,
}
"""What is known of one run of a recorded result set; `row` tells rows apart that are the same in all they say."""


class Columns(NamedTuple):
    """Which column of a table is what; None for one that there is not."""

    case: str
    score: str
    trial: str | None
    user: str | None
    time: str | None
    error: str | None


class Scored(NamedTuple):
    """One recorded result set."""

    rows: pl.DataFrame
    """One row a run and metric, in ROW."""
    notes: tuple[str, ...]
    """What was assumed and what was passed over, a sentence each."""


def find_columns(
    names: Sequence[str], *, case: str | None, score: str | None, trial: str | None, user: str | None
) -> Columns:
    """Return which column is what: those that are named, and of the others those that are called as usual.

    Raises
    ------
    ConfigError
        If a named column is not there, or there is none for the case or the score.
    """
    for named in (case, score, trial, user):
        if named is not None and named not in names:
            raise ConfigError(f"no column {named!r}", fix=f"it has {_listed(names)}")
    taken = [name for name in (case, score, trial, user) if name is not None]
    free = [name for name in names if name not in taken]
    found_score = score or _first(free, SCORE)
    found_case = case or _first([name for name in free if name != found_score], CASE)
    for word, found in (("case", found_case), ("score", found_score)):
        if found is None:
            raise ConfigError(f"no column is known to be the {word}", fix=f"name it with --{word}: {_listed(names)}")
    assert found_case is not None
    assert found_score is not None
    left = [name for name in free if name not in (found_case, found_score)]
    return Columns(found_case, found_score, trial or _first(left, TRIAL), user, _first(left, TIME), _first(left, ERROR))


def read_scores(table: pl.DataFrame, columns: Columns, *, metric: str) -> Scored:
    """Return the runs that a table tells of, one row each, in its order; rows without a case are left out and counted.

    Parameters
    ----------
    table
        The table, whatever its types.
    columns
        Which column is what.
    metric
        What the score is called.
    """
    texts = [_texts(table, name) for name in (columns.case, columns.trial, columns.user, columns.time)]
    errors = _texts(table, columns.error)
    whole = [repr(row) for row in table.rows()]
    n_unreadable = 0
    rows: list[dict[str, Any]] = []
    for place, (case, trial, user, time) in enumerate(zip(*texts, strict=True)):
        if case is None:
            continue
        value, status = read_score(table[columns.score][place])
        n_unreadable += status == "unreadable"
        broken = errors[place]
        if broken is not None and broken.lower() not in (*_FAILED, "0", *_NOTHING):
            value, status = None, "error"
        rows.append(
            {
                "case_id": case,
                "trial": trial,
                "metric": metric,
                "value": value,
                "status": "missing" if status == "unreadable" else status,
                "user_key": user,
                "time": time,
                "row": whole[place],
            }
        )
    notes = [f"case is column {columns.case!r}, score column {columns.score!r}"]
    if len(rows) < table.height:
        notes.append(f"{counted(table.height - len(rows), 'row')} left out: no case is named")
    if n_unreadable:
        notes.append(f"{counted(n_unreadable, 'score')} counted as missing: no number and no word that is known")
    return Scored(frame(rows), tuple(notes))


def read_score(cell: Any) -> tuple[float | None, str]:
    """Return a cell's number and its status: ok, error, missing or unreadable.

    >>> read_score("True"), read_score(0.5), read_score("timeout"), read_score(None), read_score("maybe")
    ((1.0, 'ok'), (0.5, 'ok'), (None, 'error'), (None, 'missing'), (None, 'unreadable'))
    """
    said = "" if cell is None else str(cell).strip().lower()
    if said in _NOTHING:
        return None, "missing"
    if said in _PASSED or said in _FAILED:
        return float(said in _PASSED), "ok"
    if said in _BROKEN:
        return None, "error"
    try:
        value = float(said)
    except ValueError:
        return None, "unreadable"
    return (value, "ok") if abs(value) < float("inf") else (None, "unreadable")


def frame(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Return runs as a frame in ROW; what is not given is null."""
    return pl.DataFrame([[row.get(name) for name in ROW] for row in rows], schema=ROW, orient="row")


def _texts(table: pl.DataFrame, name: str | None) -> list[str | None]:
    """Return a column as texts that are the same in CSV, JSON and Parquet; None where it says nothing."""
    if name is None:
        return [None] * table.height
    return [_text(value) for value in table[name].to_list()]


def _text(value: Any) -> str | None:
    if value is None:
        return None
    is_whole = isinstance(value, float) and value.is_integer()
    return (str(int(value)) if is_whole else str(value)).strip() or None


def _first(names: Sequence[str], usual: Sequence[str]) -> str | None:
    by_name = {name.lower(): name for name in reversed(names)}
    return next((by_name[name] for name in usual if name in by_name), None)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:20]))
