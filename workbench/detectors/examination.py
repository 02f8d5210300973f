"""The examination of a window by one detector: its findings, and a tally that accounts for every unit.

A detector may be anyone's, so that whatever it does is an answer: an error is `failed` with its message, a wrong frame
too, and none of it stops the detectors after it.
"""

import re
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path
from traceback import extract_tb
from typing import NamedTuple

import polars as pl

from workbench.detectors.detector import Detector
from workbench.detectors.units import KEY
from workbench.errors import SchemaError, WorkbenchError
from workbench.ids import content_id
from workbench.records import Tally
from workbench.schemas import FINDINGS, UNITS, require

ENTRY_POINTS = "workbench.detectors"
"""The group under which an installed package names its detectors, each a `Detector`."""
MAX_ERROR_CHARACTERS = 500
"""An error's first lines; polars repeats the whole query plan after them."""
_BEFORE_VALUES = re.compile(r"(?:: \[|regex parse error|\n)")
"""Where polars' messages go on with values of cells, a pattern among them, or with the query plan."""
_ABOUT_CODE = (WorkbenchError, ImportError, NameError, AttributeError, TypeError, SyntaxError)
"""Errors that are told in their own words; a KeyError or a ValueError may have a user's."""
_STATES = ("found", "clear", "not_applicable")
_NOTHING_JUDGED = pl.DataFrame(schema={"detector": pl.String, "trace_id": pl.String, "session_id": pl.String})


class Examination(NamedTuple):
    """What one detector said about one window."""

    findings: pl.DataFrame
    """schemas.FINDINGS, one row a unit found, by finding_id."""
    tally: Tally
    """How many units were found, clear, and not applicable, or why the detector failed."""
    judged: pl.DataFrame
    """Columns detector, trace_id, session_id: where the units lie that it could judge, found or clear."""


class ThirdParty(NamedTuple):
    """Detectors of installed packages."""

    detectors: tuple[Detector, ...]
    """Those that could be loaded, by name."""
    failed: tuple[Tally, ...]
    """Those that could not, each with its error."""


def examine(
    detector: Detector, spans: pl.LazyFrame, signals: pl.LazyFrame, *, run_id: str, now: datetime
) -> Examination:
    """Return the findings of one detector and its tally; never raises for what the detector does.

    Parameters
    ----------
    detector
        The detector.
    spans
        schemas.SPANS of the window, each span id once.
    signals
        schemas.SIGNALS about its traces and sessions, each signal id once.
    run_id
        The detection run that the findings belong to.
    now
        The time of the run, UTC: the day of a finding whose unit has none.
    """
    try:
        counts, found, judged = _judge(detector, spans, signals)
        findings = _findings(detector, found, spans, run_id=run_id, now=now)
    # polars' panics are no Exception, and a detector of a third party may raise anything.
    except (Exception, pl.exceptions.PanicException) as error:  # noqa: BLE001
        return Examination(FINDINGS.empty(), failure(detector.code, detector.version, error), _NOTHING_JUDGED)
    return Examination(findings, _tally(detector, counts), judged)


def third_party() -> ThirdParty:
    """Return the detectors that installed packages offer under the entry-point group `workbench.detectors`."""
    loaded, failed = [], []
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: (entry.name, entry.value)):
        try:
            detector = entry.load()
            if not isinstance(detector, Detector):
                raise TypeError(f"{entry.value} is {type(detector).__name__}, must be a Detector")
            loaded.append(detector)
        except Exception as error:  # noqa: BLE001  (anything may happen in a module that is not ours)
            failed.append(failure(entry.name, 0, error))
    return ThirdParty(tuple(loaded), tuple(failed))


def failure(code: str, version: int, error: BaseException) -> Tally:
    """Return the tally of a detector that could not answer, with the error's class and what can be said of it."""
    return Tally(
        detector=code,
        version=version,
        state="failed",
        n_examined=0,
        n_found=0,
        n_clear=0,
        not_applicable={},
        error=f"{type(error).__name__}{_without_values(error)}"[:MAX_ERROR_CHARACTERS],
    )


def _without_values(error: BaseException) -> str:
    """Return what went wrong and where, without a value of the data: what the ledger has cannot be erased.

    Errors of polars quote cells behind their first words. Those of Python may be made of a value, unless they are about
    code; then the line that raised them has to do.
    """
    if isinstance(error, (pl.exceptions.PolarsError, pl.exceptions.PanicException)):
        return f": {_BEFORE_VALUES.split(str(error), maxsplit=1)[0]}"
    if isinstance(error, _ABOUT_CODE):
        return f": {error}"
    raised = extract_tb(error.__traceback__)
    return f" in {Path(raised[-1].filename).name}, line {raised[-1].lineno}" if raised else ""


def _judge(
    detector: Detector, spans: pl.LazyFrame, signals: pl.LazyFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return one row a state and reason with its count, schemas.UNITS of those found, and where those judged lie."""
    units = detector.detect(spans, signals)
    require(units, UNITS.schema, of=f"units of {detector.code}")
    # Collected once: asked for apart, what is found, counted and placed would each be judged anew.
    judged = units.select(pl.col(name).cast(dtype) for name, dtype in UNITS.schema.items()).collect(engine="streaming")
    counts = judged.group_by("state", "reason").agg(pl.len().alias("n"))
    found = judged.filter(pl.col("state") == "found")
    places = judged.filter(pl.col("state") != "not_applicable").select("trace_id", "session_id").unique()
    _check(counts, found, of=detector.code)
    return counts, found, places.select(pl.lit(detector.code).alias("detector"), "trace_id", "session_id")


def _check(counts: pl.DataFrame, found: pl.DataFrame, *, of: str) -> None:
    """Check what the columns' types cannot say.

    Raises
    ------
    SchemaError
        If a state is unknown, a reason is missing, a finding has no words or no unit, or a unit comes twice.
    """
    wrong = counts.filter(
        pl.col("state").is_in(_STATES).not_().fill_null(value=True)
        | ((pl.col("state") == "not_applicable") & pl.col("reason").is_null())
    )
    faults = {
        "a state is none of found, clear and not_applicable, or has no reason": wrong.height > 0,
        "a finding has no text": found["text"].has_nulls(),
        "a finding names neither trace nor session": not found.filter(
            pl.col("trace_id").is_null() & pl.col("session_id").is_null()
        ).is_empty(),
        "a unit is found twice": bool(found.select(KEY).is_duplicated().any()),
    }
    for fault, is_so in faults.items():
        if is_so:
            raise SchemaError(fault, where=f"units of {of}")


def _findings(
    detector: Detector, found: pl.DataFrame, spans: pl.LazyFrame, *, run_id: str, now: datetime
) -> pl.DataFrame:
    if found.is_empty():
        return FINDINGS.empty()
    placed = _placed(found, spans)
    return placed.select(
        pl.lit(run_id).alias("run_id"),
        pl.Series(
            "finding_id", [_finding_id(detector.code, *key) for key in placed.select(KEY).iter_rows()], pl.String
        ),
        pl.lit(detector.code).alias("detector"),
        pl.lit(detector.version, pl.Int64).alias("detector_version"),
        pl.lit(detector.severity).alias("severity"),
        pl.when(pl.col("span_id").is_not_null())
        .then(pl.lit("span"))
        .when(pl.col("trace_id").is_not_null())
        .then(pl.lit("trace"))
        .otherwise(pl.lit("session"))
        .alias("unit"),
        "trace_id",
        "span_id",
        pl.coalesce("session_id", "session_of_trace").alias("session_id"),
        *("text", "evidence", "user_key", "at"),
        pl.col("day").fill_null(now.astimezone(UTC).date()),
    ).sort("finding_id")


def _placed(found: pl.DataFrame, spans: pl.LazyFrame) -> pl.DataFrame:
    """Return `found` with user_key, at, day and session_of_trace.

    Times are the span's own where the unit is one. User and session are often stated by the root alone, so that they
    are taken from the whole trace.
    """
    facts = pl.col("user_key").min(), pl.col("started_at").min().alias("at"), pl.col("day").min()
    session = pl.col("session_id").min().alias("session_of_trace")
    needed = spans.select("trace_id", "span_id", "session_id", "user_key", "started_at", "day")
    own = ["trace_id", "span_id"]
    in_traces = found.filter(pl.col("trace_id").is_not_null())
    in_sessions = found.filter(pl.col("trace_id").is_null())
    # Collected one by one, and nothing is read for units of which there are none.
    of_span, of_trace, of_session = (
        lookup.collect(engine="streaming")
        for lookup in (
            _about(needed, found.drop_nulls(own), own).select(*own, at_span="started_at", day_span="day").unique(own),
            _about(needed, in_traces, ["trace_id"]).group_by("trace_id").agg(*facts, session),
            _about(needed, in_sessions, ["session_id"]).group_by("session_id").agg(facts),
        )
    )
    return pl.concat(
        [
            in_traces.join(of_trace, on="trace_id", how="left").join(of_span, on=own, how="left"),
            in_sessions.join(of_session, on="session_id", how="left"),
        ],
        how="diagonal",
    ).with_columns(pl.coalesce("at_span", "at").alias("at"), pl.coalesce("day_span", "day").alias("day"))


def _about(spans: pl.LazyFrame, units: pl.DataFrame, key: list[str]) -> pl.LazyFrame:
    asked = spans if units.height else spans.head(0)
    return asked.join(units.lazy().select(key).unique(), on=key, how="semi")


def _finding_id(code: str, trace_id: str | None, span_id: str | None, session_id: str | None) -> str:
    """Return the id that follows from detector and unit; a session names a unit only where no trace does."""
    unit = (trace_id, span_id, session_id if trace_id is None else None)
    return content_id("fnd", code, *("" if part is None else f"={part}" for part in unit))


def _tally(detector: Detector, counts: pl.DataFrame) -> Tally:
    by_state = {state: int(counts.filter(pl.col("state") == state)["n"].sum()) for state in _STATES}
    silent = counts.filter(pl.col("state") == "not_applicable").sort("n", "reason", descending=[True, False])
    return Tally(
        detector=detector.code,
        version=detector.version,
        state="found" if by_state["found"] else "clear" if by_state["clear"] else "not_applicable",
        n_examined=sum(by_state.values()),
        n_found=by_state["found"],
        n_clear=by_state["clear"],
        not_applicable=dict(silent.select("reason", "n").iter_rows()),
        error=None,
        question=detector.question,
    )
