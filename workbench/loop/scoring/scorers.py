"""What a metric measures: what a run tells by itself, what detectors find in it, what a case expects, what a rule says.

A plan names its metrics; one that nothing measures, or that the cases say too little for, is refused before anything
runs.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial

import polars as pl

from workbench.boundaries.patterns import Pattern
from workbench.counted import counted
from workbench.detectors import Detector, Examination, examine
from workbench.errors import ConfigError
from workbench.experiments.answer import Answer
from workbench.experiments.case import Assertion, Case
from workbench.experiments.judged_gain import MIN_LABELLED
from workbench.experiments.live_validity import MAX_MISSING_SHARE
from workbench.experiments.metric import Metric
from workbench.experiments.offered import offered, offered_names
from workbench.experiments.outcome import Outcome
from workbench.experiments.result_rows import MEASURED, Scorer, signal, trace_of
from workbench.experiments.scoring import DETECTOR, SIGNAL, Asked, Compared, Edited, Fitting, Judged, Matched
from workbench.experiments.sourced import sourced
from workbench.experiments.text_scorers import edit_distance, exact, fitting, is_found, matched
from workbench.loop.run_telemetry import telemetry_of
from workbench.loop.scoring.detected import BUILT_IN, Detectors, check_versions
from workbench.schemas import SIGNALS

OF_CASES = ("exact", "assertions", "tool_calls")
"""exact: the answer is the expected one. assertions: all of a case's hold that a program can check. tool_calls: the
tools of the trace that the case came from are called, in their order."""
STATES = "states"
"""Assertions that only a judge or a person can find true."""
OF_USERS = (
    *("negative_feedback", "heavy_edit", "failed_outcome", "low_evaluation", "suspect_check", "rate_shift"),
    *("user_corrects", "user_repeats", "asks_for_person", "abandons"),
)
"""Detectors that go by what comes after an answer, or by all traffic: an experiment's answers have neither."""
_OF_CALLS = ("assertions", "tool_calls")


def check_metrics(metrics: Sequence[Metric], *, own: Collection[str] = (), detectors: Detectors = BUILT_IN) -> None:
    """Check that something measures each metric, and that a package's and a rule are of the version that the plan says.

    Raises
    ------
    ConfigError
        If one is not.
    """
    installed = offered_names()
    known = {*MEASURED, *OF_CASES, *own, *(f"{DETECTOR}{code}" for code in detectors), *installed}
    for metric in metrics:
        if isinstance(metric.scorer, Judged | Compared | Asked) and metric.source != sourced(metric).source:
            raise ConfigError("it is scored by another judge than its source says", where=metric.name, fix="plan anew")
    for name, metric in ((metric.measured, metric) for metric in metrics if metric.measured):
        if name not in known and not name.startswith(SIGNAL):
            fix = f"there is {', '.join(sorted(known))}, and {SIGNAL}NAME of what the app tells itself"
            if name.startswith(DETECTOR):
                fix = f"`workbench doctor` says what cannot be read in rules.toml; {fix}"
            raise ConfigError(f"metric == {name!r}, nothing measures it", fix=fix)
        version = metric.source.version if metric.source.kind == "code" else ""
        if version and name in installed and version != offered(name).version:
            said = f"the plan says {version}, installed is {offered(name).version}"
            raise ConfigError(said, where=metric.name, fix="install what the plan says, or plan anew")
    check_versions([one for one in metrics if one.measured not in own], detectors)


def check_heard(metrics: Sequence[Metric], *, own: Collection[str] = (), detectors: Detectors = BUILT_IN) -> None:
    """Check that no metric is a detector that goes by users or visits: of an experiment's answers it could say nothing.

    Raises
    ------
    ConfigError
        If one is.
    """
    for metric in metrics:
        code = metric.measured.removeprefix(DETECTOR)
        if metric.measured not in own and metric.measured != code and code in OF_USERS:
            said = f"{code} goes by what users say or do after an answer, and no user sees an experiment's"
            fix = "write into metrics.toml what tells it by the answer: a pattern, a judge, people, another detector"
            raise ConfigError(said, where=metric.name, fix=fix)
        if metric.measured not in own and metric.measured != code and detectors[code].unit == "session":
            said = f"{code} goes by visits, and an experiment's answers are of none"
            raise ConfigError(said, where=metric.name, fix='write a rule with unit = "trace"')


def check_cases(metrics: Sequence[Metric], cases: Sequence[Case]) -> None:
    """Check that the cases say what the metrics hold answers to: too few, and the experiment would be invalid.

    Raises
    ------
    ConfigError
        If more than 2 % of them do not.
    """
    for metric in metrics:
        check_labels(metric, len(cases))
        says = _what_it_needs(metric)
        n_silent = 0 if says is None else sum(not says(case) for case in cases)
        if n_silent > MAX_MISSING_SHARE * len(cases):
            raise ConfigError(
                f"{n_silent:,} of {counted(len(cases), 'case')} with nothing said that it could be held to",
                where=metric.name,
                fix="have reviewers note what is expected, and make another holdout of those traces; a judge and "
                "people may go by a `rubric` instead",
            )


def scorers_of(
    metrics: Sequence[Metric],
    outcomes: Sequence[Outcome],
    *,
    own: Mapping[str, Scorer],
    experiment_id: str,
    now: datetime,
    key_user: Callable[[str], str],
    detectors: Detectors = BUILT_IN,
) -> dict[str, Scorer]:
    """Return what scores each metric that a program scores, by the metric's name.

    Parameters
    ----------
    metrics
        The metrics.
    outcomes
        All runs: detectors judge both arms by one yardstick.
    own
        Scorers of the app's own by the name that they measure, which go before those that are built in.
    experiment_id, now
        Whose runs, and the time, UTC.
    key_user
        From a user's id to its key.
    detectors
        Those that may measure one.

    Raises
    ------
    ConfigError
        If nothing measures one.
    """
    check_metrics(metrics, own=own, detectors=detectors)
    wanted = {metric.measured for metric in metrics} - own.keys()
    needs_spans = any(name.startswith(DETECTOR) or name in _OF_CALLS for name in wanted)
    spans = pl.DataFrame()
    if needs_spans:
        spans = telemetry_of(outcomes, experiment_id=experiment_id, day=now.date(), key_user=key_user)
    detected = partial(_detected, detectors=detectors, spans=spans, now=now)
    found = {metric.name: _of_rule(metric) or _named(metric.measured, own, spans, detected) for metric in metrics}
    return {name: scorer for name, scorer in found.items() if scorer is not None}


def _of_rule(metric: Metric) -> Scorer | None:
    """Return the scorer that a metric's rule is; None where it has none, or a name stands in it."""
    if isinstance(metric.scorer, Matched):
        return matched(metric.scorer.pattern)
    if isinstance(metric.scorer, Fitting):
        return fitting(metric.scorer.schema)
    return edit_distance if isinstance(metric.scorer, Edited) else None


def _named(
    name: str, own: Mapping[str, Scorer], spans: pl.DataFrame, detected: Callable[[str], Scorer]
) -> Scorer | None:
    """Return what a name measures; None for the empty name."""
    known: dict[str, Scorer] = {**MEASURED, "exact": exact, **own}
    if not name or name in known:
        return known.get(name)
    if name.startswith(SIGNAL):
        return signal(name.removeprefix(SIGNAL))
    if name.startswith(DETECTOR):
        return detected(name.removeprefix(DETECTOR))
    if name in _OF_CALLS:
        calls = _calls(spans)
        return _assertions(calls) if name == "assertions" else _tool_calls(calls)
    return offered(name).scorer


def _what_it_needs(metric: Metric) -> Callable[[Case], bool] | None:
    """Return what tells whether a case says what a metric holds its answers to; None where it needs nothing."""
    if metric.measured == "exact" or isinstance(metric.scorer, Edited):
        return lambda case: case.expected is not None
    if metric.measured == "assertions":
        return lambda case: any(one.kind != STATES for one in case.assertions)
    if isinstance(metric.scorer, Judged | Asked) and not metric.scorer.rubric.strip():
        return lambda case: any(one.kind == STATES for one in case.assertions)
    return None


def check_labels(metric: Metric, n_cases: int) -> None:
    """Check that people judge enough of so many cases, and not all: where a judge scores them and people some.

    Raises
    ------
    ConfigError
        If they do not.
    """
    n = metric.scorer.n_labelled if isinstance(metric.scorer, Judged) else 0
    if n and not MIN_LABELLED <= n <= n_cases - MIN_LABELLED:
        said = (
            f"n_labelled == {n}, must be {MIN_LABELLED} or more and leave as many "
            f"of {counted(n_cases, 'case')} to the judge"
        )
        raise ConfigError(said, where=metric.name, fix='write 0, or kind = "human" to have people judge all')


def _assertions(calls: Mapping[str, tuple[str, ...]]) -> Scorer:
    def score(case: Case, answer: Answer) -> float | None:
        called = calls.get(trace_of(answer) or "")
        checked = [_holds(one, answer.output or "", called) for one in case.assertions if one.kind != STATES]
        if False in checked:
            return 0.0
        return None if None in checked or not checked else 1.0

    return score


def _holds(assertion: Assertion, output: str, called: Collection[str] | None) -> bool | None:
    """Return whether an assertion holds; None where the app does not tell what it called."""
    if assertion.kind in ("contains", "lacks"):
        return (assertion.value.lower() in output.lower()) == (assertion.kind == "contains")
    if assertion.kind in ("calls", "calls_not"):
        return None if called is None else (assertion.value in called) == (assertion.kind == "calls")
    return is_found(Pattern(assertion.value), output)


def _detected(code: str, *, detectors: Detectors, spans: pl.DataFrame, now: datetime) -> Scorer:
    """Return a scorer: 1.0 where a detector finds its problem in a run, 0.0 if it is clear, None if it cannot tell."""
    done = examined(detectors[code], spans, SIGNALS.empty(), now=now)
    found, judged = set(done.findings["trace_id"]), set(done.judged["trace_id"])

    def score(_: Case, answer: Answer) -> float | None:
        trace_id = trace_of(answer)
        return float(trace_id in found) if trace_id in judged else None

    return score


def examined(detector: Detector, spans: pl.DataFrame, signals: pl.DataFrame, *, now: datetime) -> Examination:
    """Return what a detector says of some traces.

    Raises
    ------
    ConfigError
        If it fails on them.
    """
    done = examine(detector, spans.lazy(), signals.lazy(), run_id="", now=now)
    if done.tally.state == "failed":
        raise ConfigError(f"the detector fails on these traces: {done.tally.error}", where=f"{DETECTOR}{detector.code}")
    return done


def _calls(spans: pl.DataFrame) -> Mapping[str, tuple[str, ...]]:
    """Return the tools that each trace called, in their order; a trace of which nothing is told is not there."""
    tool = pl.col("tool_name").filter(pl.col("kind") == "TOOL")
    calls = spans.sort("started_at", "span_id").group_by("trace_id").agg(tool)
    return {trace: tuple(names) for trace, names in calls.iter_rows()}


def _tool_calls(calls: Mapping[str, tuple[str, ...]]) -> Scorer:
    def score(case: Case, answer: Answer) -> float | None:
        called = calls.get(trace_of(answer) or "")
        return None if called is None else float(called == tuple(call.name for call in case.tools))

    return score
