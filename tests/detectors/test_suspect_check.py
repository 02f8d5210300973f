"""A check is in doubt where every model fails its task, a strong one too, and more tasks do so than chance makes."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from workbench.detectors import examine, failed_outcome, suspect_check
from workbench.detectors.suspects import suspects
from workbench.loaders import tau2_bench
from workbench.loaders.batch import Context
from workbench.loaders.source import Source

Answers = Callable[..., list[dict[str, Any]]]
Row = dict[str, Any]
NOW = datetime(2026, 2, 3, tzinfo=UTC)
PASSES = {"large": 10, "medium": 8, "small": 6}
"""How many of the tasks 0 to 10 each model passes, from the last one down; task 0 fails for all of them."""


def benchmark(passes: Mapping[str, int], *, n_tasks: int = 11, **fields: Any) -> tuple[list[Row], list[Row]]:
    """Return spans and outcomes of each model on each task; a model passes its number of tasks, from the last down."""
    spans, signals = [], []
    for model, n_passed in passes.items():
        for task in range(n_tasks):
            trace = f"{model}-{task:02}"
            spans.append({"trace_id": trace, "task": str(task), "model": model, "kind": "AGENT", **fields})
            passed = float(task >= n_tasks - n_passed)
            signals.append({"trace_id": trace, "kind": "outcome", "name": "reward", "value": passed})
    return spans, signals


def states(units: Sequence[Row], task: str) -> set[str]:
    return {unit["reason"] or unit["state"] for unit in units if unit["trace_id"].endswith(f"-{int(task):02}")}


def runs(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    empty = {"trace_id": "t", "scope": "app", "task": "1", "model": "m", "is_failed": True}
    return pl.DataFrame([{**empty, **row} for row in rows])


def test_a_task_that_every_model_fails_is_in_doubt_and_the_others_are_clear(answers: Answers) -> None:
    spans, signals = benchmark(PASSES)
    units = answers(suspect_check.DETECTOR, spans, signals)
    assert [states(units, str(task)) for task in range(11)] == [{"found"}] + [{"clear"}] * 10
    evidence = json.loads(units[0]["evidence"])
    assert (evidence["task"], evidence["n_runs"], evidence["n_models"]) == ("0", 3, 3)
    assert evidence["best_rate"] == pytest.approx(10.5 / 11)
    assert evidence["chance"] == pytest.approx((1 - 10.5 / 11) * (1 - 8.5 / 11) * (1 - 6.5 / 11))


@pytest.mark.parametrize(
    ("passes", "reason"),
    [
        ({"large": 10, "medium": 8}, "fewer than 3 models with 10 other runs tried it"),
        ({"a": 3, "b": 3, "c": 3, "d": 3, "e": 3}, "no model that tried it passes 50% of its other runs"),
        ({"a": 5, "b": 1, "c": 1}, "an ordinary task fails so few runs in more than 20% of cases"),
    ],
)
def test_it_cannot_tell_with_too_few_models_runs_or_none_that_is_strong(
    passes: dict[str, int], reason: str, answers: Answers
) -> None:
    spans, signals = benchmark(passes)
    assert states(answers(suspect_check.DETECTOR, spans, signals), "0") == {reason}


def test_it_cannot_tell_without_an_outcome_a_task_or_a_model(answers: Answers) -> None:
    spans, signals = benchmark(PASSES)
    assert states(answers(suspect_check.DETECTOR, spans), "0") == {"no outcome that says passed or failed"}
    no_task = [{**span, "task": None} for span in spans]
    assert states(answers(suspect_check.DETECTOR, no_task, signals), "0") == {"no task recorded"}
    no_model = [{**span, "model": None} for span in spans]
    assert states(answers(suspect_check.DETECTOR, no_model, signals), "0") == {
        "fewer than 3 models with 10 other runs tried it"
    }


def test_tasks_of_two_apps_with_one_number_are_two_tasks(answers: Answers) -> None:
    """Two benchmarks number their tasks from 0: the passes of one hid the failures of the other."""
    spans, signals = benchmark(PASSES, service="airline")
    others = [{**span, "trace_id": f"x{span['trace_id']}", "service": "retail"} for span in spans]
    passed = [{**signal, "trace_id": f"x{signal['trace_id']}", "value": 1.0} for signal in signals]
    units = answers(suspect_check.DETECTOR, spans + others, signals + passed)
    assert {unit["trace_id"] for unit in units if unit["state"] == "found"} == {f"{model}-00" for model in PASSES}


def test_no_more_failing_tasks_than_chance_makes_are_not_in_doubt() -> None:
    """Fifty ordinary tasks and three models: some six fail everywhere, and none of them for a fault of its own."""
    rng = np.random.default_rng(11)
    n_suspected = 0
    for _ in range(100):
        rows = [
            {"task": str(task), "model": model, "is_failed": bool(rng.random() > rate), "trace_id": f"{model}{task}"}
            for model, rate in (("a", 0.7), ("b", 0.5), ("c", 0.2))
            for task in range(50)
        ]
        found = suspects(runs(rows))
        n_suspected += bool(found["is_suspect"].any())
        assert found.filter(~pl.col("is_suspect"))["reason"].null_count() == 0
    assert n_suspected <= 19, "at most one in ten on average: twenty have a chance of 0.2 %"


def test_a_task_with_many_runs_is_in_doubt_by_itself() -> None:
    """One wrong answer among two hundred tasks is no crowd; twelve runs of good models make it sure."""
    rows = [
        {"task": task, "model": model, "trace_id": f"{model}{task}{trial}", "is_failed": task == "0" or trial > 1}
        for model in "abc"
        for task in map(str, range(200))
        for trial in range(4)
    ]
    table = suspects(runs(rows))
    assert table.select("task", "n_runs", "is_suspect").rows() == [("0", 12, True)]


def test_what_a_person_trusts_is_no_longer_in_doubt(
    span_frame: Callable[..., pl.LazyFrame], signal_frame: Callable[..., pl.LazyFrame]
) -> None:
    spans, signals = benchmark(PASSES)
    units = suspect_check.detect(span_frame(spans), signal_frame(signals), trusted=["small-00"]).collect()
    assert set(units["state"]) == {"clear"}, "one of its runs speaks for the whole task"


def test_failed_outcomes_of_a_doubtful_check_are_set_aside_and_counted(
    span_frame: Callable[..., pl.LazyFrame], signal_frame: Callable[..., pl.LazyFrame]
) -> None:
    rows, told = benchmark(PASSES)
    spans, signals = span_frame(rows), signal_frame(told)
    both = [
        examine(detector, spans, signals, run_id="run_1", now=NOW)
        for detector in (failed_outcome.DETECTOR, suspect_check.DETECTOR)
    ]
    outcomes, doubts = suspect_check.set_aside(both)
    n_failed = 33 - 10 - 8 - 6
    assert (both[0].tally.n_found, outcomes.tally.n_found, doubts.tally.n_found) == (n_failed, n_failed - 3, 3)
    assert dict(outcomes.tally.not_applicable) == {suspect_check.SET_ASIDE: 3}
    assert outcomes.tally.n_examined == outcomes.tally.n_found + outcomes.tally.n_clear + 3
    assert outcomes.findings.height == n_failed - 3
    assert not set(outcomes.judged["trace_id"]) & set(doubts.findings["trace_id"]), "neither found nor clear"
    assert suspect_check.set_aside(both[:1]) == both[:1]


def test_the_tasks_of_tau2_airline_that_all_models_fail_are_in_doubt(shared_data: Path) -> None:
    """Counted in the files: 20 tasks were run by five models and 30 by three; these eight have no reward of 1."""
    spans, signals = [], []
    for path in sorted((shared_data / "tau2-airline").glob("*.json.gz")):
        context = Context(source_id=path.name, ingest_day=NOW.date(), key_user=lambda user: f"usr_{user}")
        for batch in tau2_bench.load(Source(path), context):
            spans.append(batch.spans)
            signals.append(batch.signals)
    units = suspect_check.detect(pl.concat(spans).lazy(), pl.concat(signals).lazy()).collect()
    found = [json.loads(evidence) for evidence in units["evidence"].drop_nulls()]
    assert {one["task"] for one in found} == {"7", "9", "14", "23", "27", "33", "35", "39"}
    assert len(found) == 7 * 3 + 5
    (p_value,) = {one["p_value"] for one in found}
    assert p_value == pytest.approx(0.052, abs=5e-4), "4.2 of the fifty would do so by chance, if all were alike"
