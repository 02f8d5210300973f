"""A check in doubt: its task fails for every model, strong ones included, so that the gold answer may be what is wrong.

It is proposed for a person to look at. Until somebody says that the check is right, the app is not blamed for it: its
runs are set aside from the failed outcomes.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

import polars as pl

from workbench.detectors.detector import Detector
from workbench.detectors.examination import Examination
from workbench.detectors.failed_outcome import judged_outcomes
from workbench.detectors.mask import label
from workbench.detectors.suspects import suspects
from workbench.detectors.units import IN_TIME, answer, first_of
from workbench.schemas import require

SET_ASIDE = "its check is in doubt: see suspect check"
"""Why a failed outcome is no finding."""
CODE = "suspect_check"
_BLAMED = "failed_outcome"
_COLUMNS = ("trace_id", "span_id", "session_id", "parent_span_id", "service", "task", "model", "started_at")


def detect(spans: pl.LazyFrame, signals: pl.LazyFrame, *, trusted: Collection[str] = ()) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a trace: found is a run of a task that fails for every model.

    Parameters
    ----------
    spans, signals
        As of every detector.
    trusted
        Traces of which a person said that their check is right: their tasks are no longer in doubt.
    """
    require(spans, _COLUMNS, of=CODE)
    runs = task_runs(spans, signals)
    of_trusted = runs.filter(pl.col("trace_id").is_in(list(trusted))).select("scope", "task")
    tasks = suspects(runs.join(of_trusted, on=["scope", "task"], how="anti", nulls_equal=True))
    judged = runs.join(tasks, on=["scope", "task"], how="left", nulls_equal=True).lazy()
    return answer(
        judged.with_columns(pl.lit(None, pl.String).alias("span_id")),
        is_found=pl.col("is_suspect"),
        reason=first_of(
            (pl.col("is_failed").is_null(), "no outcome that says passed or failed"),
            (pl.col("task").is_null(), "no task recorded"),
            *((pl.col("reason") == said, said) for said in tasks["reason"].drop_nulls().unique().sort()),
        ),
        text=pl.lit("every model fails this task: its check or gold answer may be wrong"),
        evidence=pl.struct(
            label(pl.col("task")),
            *("n_runs", "n_models", "best_rate", "chance", "n_failing", "n_expected", "p_value"),
        ),
    )


def task_runs(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.DataFrame:
    """Return one row a trace: trace_id, session_id, scope (its service), task, model, is_failed; null if not known.

    Task and model are the root's, or else the first that a span names.
    """
    order = (pl.col("parent_span_id").is_not_null(), IN_TIME, "span_id")
    said = [pl.col(name).replace("", None) for name in ("task", "model")]
    outcomes = judged_outcomes(signals).select("trace_id", "is_failed")
    ran = spans.join(outcomes.drop_nulls(), on="trace_id", how="semi")
    known = ran.group_by("trace_id").agg(
        pl.col("service").min().alias("scope"), *(column.sort_by(*order).drop_nulls().first() for column in said)
    )
    traces = spans.group_by("trace_id").agg(pl.col("session_id").min())
    joined = traces.join(outcomes, on="trace_id", how="left").join(known, on="trace_id", how="left")
    return joined.collect(engine="streaming")


def set_aside(examinations: Sequence[Examination]) -> list[Examination]:
    """Return the examinations with the failed outcomes of tasks in doubt as not applicable, and not as findings."""
    doubtful = [one.findings["trace_id"] for one in examinations if one.tally.detector == CODE]
    in_doubt = {trace for traces in doubtful for trace in traces.to_list()}
    return [_without(one, in_doubt) if one.tally.detector == _BLAMED else one for one in examinations]


def _without(blamed: Examination, in_doubt: Collection[str]) -> Examination:
    is_in_doubt = pl.col("trace_id").is_in(list(in_doubt))
    kept = blamed.findings.filter(~is_in_doubt)
    n_aside = blamed.findings.height - kept.height
    if n_aside == 0:
        return blamed
    tally = replace(
        blamed.tally,
        n_found=kept.height,
        state="found" if kept.height else "clear" if blamed.tally.n_clear else "not_applicable",
        not_applicable={**blamed.tally.not_applicable, SET_ASIDE: n_aside},
    )
    return Examination(kept, tally, blamed.judged.filter(~is_in_doubt))


DETECTOR = Detector(
    code=CODE,
    version=1,
    unit="trace",
    severity="low",
    question="Does every model fail this task, so that its check may be wrong?",
    detect=detect,
    decided_by=("task", "model"),
)
