"""From outcomes to results: each answer scored by each metric, and every question that was to be asked accounted for.

An error has no score, whatever a scorer would make of it; nor has an answer that a scorer cannot read. Both stand in
the table with their own word.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from workbench.experiments.answer import Answer
from workbench.experiments.case import Case
from workbench.experiments.outcome import Outcome
from workbench.experiments.schedule import Item
from workbench.schemas import RESULTS

Scorer = Callable[[Case, Answer], float | None]
"""From a case and an answer to a value; None where it cannot be scored. It is asked about answers only."""
MEASURED: Mapping[str, Scorer] = {
    "latency_ms": lambda _, answer: answer.latency_ms,
    "input_tokens": lambda _, answer: answer.input_tokens,
    "output_tokens": lambda _, answer: answer.output_tokens,
    "cost_usd": lambda _, answer: answer.cost_usd,
}
"""What a run itself tells, by the name of the metric."""


def signal(name: str) -> Scorer:
    """Return a scorer that takes what the app itself tells under a name; None where it tells nothing.

    >>> signal("success")(Case(case_id="c", input={}), Answer(output="yes", signals={"success": 1.0}))
    1.0
    """
    return lambda _, answer: answer.signals.get(name)


def trace_of(answer: Answer) -> str | None:
    """Return the trace that a run is: what the app says, else that of its last span; None where neither is known.

    >>> trace_of(Answer(output="yes", spans=({"trace_id": "t1", "span_id": "s1"},)))
    't1'
    """
    return answer.trace_id or (answer.spans[-1].get("trace_id") if answer.spans else None)


def results_of(
    items: Sequence[Item],
    outcomes: Sequence[Outcome],
    *,
    experiment_id: str,
    scorers: Mapping[str, Scorer | Mapping[str, float]],
    day: date,
    judges: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Return schemas.RESULTS, one row a question and metric, in the order of the schedule.

    Parameters
    ----------
    items
        All that was to be asked.
    outcomes
        What came of it; a question without an outcome is `missing`.
    experiment_id
        The experiment.
    scorers
        By the metric's name; or the values themselves, by the key of the run, where others than a program gave them.
    day
        Of the experiment, for questions that were not asked.
    judges
        Who scores, with its version, by the metric's name; only of those that a judge scores.
    """
    by_key = {outcome.key: outcome for outcome in outcomes}
    rows = []
    for item in items:
        outcome = by_key.get(item.key)
        told = _told(item, outcome, day) | {"experiment_id": experiment_id}
        for metric, scorer in scorers.items():
            value = _value(scorer, item, outcome)
            status = "error" if told["error_type"] else "missing" if value is None else "ok"
            judge = (judges or {}).get(metric)
            rows.append({**told, "metric": metric, "value": value, "status": status, "judge": judge})
    return pl.DataFrame(rows, schema=RESULTS.schema)


def _value(scorer: Scorer | Mapping[str, float], item: Item, outcome: Outcome | None) -> float | None:
    if outcome is None or outcome.answer.status == "error":
        return None
    return scored(scorer, item.case, outcome.answer) if callable(scorer) else scorer.get(item.key)


def scored(scorer: Scorer, case: Case, answer: Answer) -> float | None:
    """Return what a scorer says of an answer; None where it raises, or says no number."""
    try:
        value = scorer(case, answer)
    except Exception:  # noqa: BLE001  (a scorer may be anyone's: what it cannot score is missing, and counted as that)
        return None
    if not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _told(item: Item, outcome: Outcome | None, day: date) -> dict[str, Any]:
    known: dict[str, Any] = {
        "case_id": item.case.case_id,
        "arm": item.arm.name,
        "trial": item.trial,
        "user_key": item.case.user_key,
        "commit": item.arm.version,
        "error_type": None,
        "day": day,
    }
    if outcome is None:
        return known
    answer = outcome.answer
    return known | {
        "error_type": answer.error_kind,
        "duration_ms": answer.latency_ms,
        "input_tokens": answer.input_tokens,
        "output_tokens": answer.output_tokens,
        "cost_usd": answer.cost_usd,
        "trace_id": trace_of(answer),
        "at": outcome.started_at,
        "day": outcome.started_at.date(),
    }
