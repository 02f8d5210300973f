"""What a metric's name measures: what a run tells by itself, what detectors find in it, and what a case expects.

A plan names its metrics; a name that nothing measures is refused before anything runs.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime

import polars as pl

from workbench import detectors
from workbench.boundaries.patterns import Pattern
from workbench.errors import ConfigError
from workbench.experiments.answer import Answer
from workbench.experiments.case import Assertion, Case
from workbench.experiments.outcome import Outcome
from workbench.experiments.result_rows import MEASURED, Scorer, signal
from workbench.loop.run_telemetry import telemetry_of
from workbench.schemas import SIGNALS

DETECTOR, SIGNAL = "detector:", "signal:"
OF_CASES = ("exact", "assertions", "tool_calls")
"""exact: the answer is the expected one. assertions: all of a case's hold that a program can check. tool_calls: the
tools of the trace that the case came from are called, in their order."""
_CODES = {detector.code: detector for detector in detectors.DETECTORS}


def check_names(names: Collection[str], *, own: Collection[str] = ()) -> None:
    """Check that each metric's name is measured by something.

    Raises
    ------
    ConfigError
        If one is not.
    """
    known = {*MEASURED, *OF_CASES, *own, *(f"{DETECTOR}{code}" for code in _CODES)}
    for name in names:
        if name not in known and not name.startswith(SIGNAL):
            fix = f"there is {', '.join(sorted(known))}, and {SIGNAL}NAME of what the app tells itself"
            raise ConfigError(f"metric == {name!r}, nothing measures it", fix=fix)


def scorers_of(
    names: Sequence[str],
    outcomes: Sequence[Outcome],
    *,
    own: Mapping[str, Scorer],
    experiment_id: str,
    now: datetime,
    key_user: Callable[[str], str],
) -> dict[str, Scorer]:
    """Return what scores each metric, by its name.

    Parameters
    ----------
    names
        The metrics' names.
    outcomes
        All runs: detectors judge both arms by one yardstick.
    own
        Scorers of the app's own, which go before those that are built in.
    experiment_id, now
        Whose runs, and the time, UTC.
    key_user
        From a user's id to its key.
    """
    check_names(names, own=own)
    wanted = [name for name in names if name not in own]
    needs_spans = any(name.startswith(DETECTOR) or name == "tool_calls" for name in wanted)
    day = now.date()
    spans = _spans(outcomes, experiment_id, day, key_user) if needs_spans else None
    found: dict[str, Scorer] = {}
    for name in names:
        if name in own:
            found[name] = own[name]
        elif name in MEASURED:
            found[name] = MEASURED[name]
        elif name.startswith(SIGNAL):
            found[name] = signal(name.removeprefix(SIGNAL))
        elif name == "exact":
            found[name] = exact
        elif name == "assertions":
            found[name] = _assertions
        elif spans is not None:
            is_detector = name.startswith(DETECTOR)
            found[name] = _detected(name.removeprefix(DETECTOR), spans, now) if is_detector else _tool_calls(spans)
    return found


def exact(case: Case, answer: Answer) -> float | None:
    """Return 1.0 if the answer is the expected text, 0.0 if not, None where none is expected.

    >>> exact(Case(case_id="c", input={}, expected="yes"), Answer(output=" yes"))
    1.0
    """
    return None if case.expected is None else float((answer.output or "").strip() == str(case.expected).strip())


def _assertions(case: Case, answer: Answer) -> float | None:
    checked = [_holds(one, answer.output or "") for one in case.assertions]
    known = [one for one in checked if one is not None]
    return float(all(known)) if known else None


def _holds(assertion: Assertion, output: str) -> bool | None:
    """Return whether an assertion holds; None for one that a program cannot check in the text alone."""
    if assertion.kind in ("contains", "lacks"):
        return (assertion.value.lower() in output.lower()) == (assertion.kind == "contains")
    if assertion.kind == "matches":
        return Pattern(assertion.value).first_match(pl.Series([output]))[0] is not None
    return None


def _spans(outcomes: Sequence[Outcome], experiment_id: str, day: date, key_user: Callable[[str], str]) -> pl.DataFrame:
    return telemetry_of(outcomes, experiment_id=experiment_id, day=day, key_user=key_user)


def _detected(code: str, spans: pl.DataFrame, now: datetime) -> Scorer:
    """Return a scorer: 1.0 where a detector finds its problem in a run, 0.0 if it is clear, None if it cannot tell."""
    done = detectors.examine(_CODES[code], spans.lazy(), SIGNALS.empty().lazy(), run_id="", now=now)
    if done.tally.state == "failed":
        raise ConfigError(f"the detector fails on these runs: {done.tally.error}", where=f"{DETECTOR}{code}")
    found, judged = set(done.findings["trace_id"]), set(done.judged["trace_id"])

    def score(_: Case, answer: Answer) -> float | None:
        return float(answer.trace_id in found) if answer.trace_id in judged else None

    return score


def _tool_calls(spans: pl.DataFrame) -> Scorer:
    calls = spans.filter(pl.col("kind") == "TOOL").sort("started_at", "span_id")
    by_trace = {trace: tuple(names) for trace, names in calls.group_by("trace_id").agg("tool_name").iter_rows()}

    def score(case: Case, answer: Answer) -> float:
        return float(by_trace.get(answer.trace_id or "", ()) == tuple(call.name for call in case.tools))

    return score
