"""Results and spans of a run: every question is accounted for, and an error is never scored."""

from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl
from polars.testing import assert_frame_equal

from workbench.experiments.answer import Answer, error
from workbench.experiments.arm import Arm, Spend
from workbench.experiments.case import Case
from workbench.experiments.outcome import Outcome
from workbench.experiments.result_rows import MEASURED, results_of
from workbench.experiments.run_spans import spans_of
from workbench.experiments.schedule import Item, schedule
from workbench.schemas import RESULTS, SPANS

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
DAY = date(2026, 10, 31)


async def _never(case: Case, trial: int, seed: int) -> Answer:
    raise AssertionError


def outcome(item: Item, answer: Answer) -> Outcome:
    return Outcome(
        key=item.key,
        arm=item.arm.name,
        version=item.arm.version,
        case_id=item.case.case_id,
        trial=item.trial,
        seed=item.seed,
        answer=answer,
        started_at=NOON,
        finished_at=NOON,
        charged=Spend(),
    )


CASES = [Case(case_id=name, input={}, expected="yes", user_key=f"usr_{name}") for name in "abcde"]
ITEMS = sorted(
    schedule(CASES, [Arm(name="baseline", version="v1", adapter="", ask=_never)], seed=0),
    key=lambda item: item.case.case_id,
)
SPAN = {"trace_id": "t1", "span_id": "s1", "kind": "AGENT", "started_at": 1_793_534_400_000_000, "output": "yes"}
RIGHT = Answer(output="yes", latency_ms=12.0, input_tokens=3, output_tokens=4, cost_usd=0.5, spans=(SPAN,))


def exact(case: Case, answer: Answer) -> float | None:
    return None if answer.output == "?" else float(answer.output == case.expected)


def broken(case: Case, answer: Answer) -> float | None:
    raise KeyError(case.case_id)


def test_each_question_has_a_row_a_metric_and_only_answers_are_scored() -> None:
    answers = [RIGHT, Answer(output="no"), Answer(output="?"), error("timeout")]
    rows = results_of(
        ITEMS,
        [outcome(item, answer) for item, answer in zip(ITEMS, answers, strict=False)],
        experiment_id="exp_1",
        scorers={"exact": exact},
        judges={"tone": "j1"},
        day=DAY,
    )
    assert rows.schema == RESULTS.schema
    assert rows.select("case_id", "value", "status", "error_type").rows() == [
        ("a", 1.0, "ok", None),
        ("b", 0.0, "ok", None),
        ("c", None, "missing", None),
        ("d", None, "error", "timeout"),
        ("e", None, "missing", None),
    ]
    assert rows.row(0, named=True) == {
        "experiment_id": "exp_1",
        "case_id": "a",
        "arm": "baseline",
        "trial": 0,
        "metric": "exact",
        "value": 1.0,
        "status": "ok",
        "error_type": None,
        "user_key": "usr_a",
        "commit": "v1",
        "judge": None,
        "duration_ms": 12.0,
        "input_tokens": 3,
        "output_tokens": 4,
        "cost_usd": 0.5,
        "trace_id": "t1",
        "at": NOON,
        "day": NOON.date(),
    }
    assert rows["day"].to_list()[-1] == DAY


def test_a_scorer_that_raises_or_gives_no_number_makes_no_score() -> None:
    rows = results_of(
        ITEMS[:1],
        [outcome(ITEMS[0], Answer(output=""))],
        experiment_id="exp_1",
        scorers={"raises": broken, "infinite": lambda _, __: float("nan"), "judged": lambda _, __: 1},
        judges={"judged": "judge 3"},
        day=DAY,
    )
    assert rows.select("metric", "status", "value", "judge").rows() == [
        ("raises", "missing", None, None),
        ("infinite", "missing", None, None),
        ("judged", "ok", 1.0, "judge 3"),
    ]


def test_what_a_run_does_not_tell_is_missing_and_not_zero() -> None:
    rows = results_of(
        ITEMS[:2],
        [outcome(ITEMS[0], RIGHT), outcome(ITEMS[1], Answer(output="no"))],
        experiment_id="exp_1",
        scorers=MEASURED,
        day=DAY,
    )
    assert rows.filter(pl.col("case_id") == "a")["value"].to_list() == [12.0, 3.0, 4.0, 0.5]
    assert rows.filter(pl.col("case_id") == "b").select("value", "status").unique().rows() == [(None, "missing")]


def test_spans_of_a_run_have_the_columns_of_telemetry() -> None:
    spans = spans_of([outcome(ITEMS[0], RIGHT)], experiment_id="exp_1", day=DAY)
    assert spans.schema == SPANS.schema
    (row,) = spans.rows(named=True)
    assert (row["trace_id"], row["kind"], row["output"], row["release"]) == ("t1", "AGENT", "yes", "v1")
    assert (row["started_at"], row["time_known"], row["day"]) == (NOON, True, NOON.date())
    assert (row["status"], row["attributes"], row["source"]) == ("UNSET", "{}", "exp_1")
    assert len(row["content_digest"]) == 64


def test_a_span_that_is_none_costs_no_other() -> None:
    bad: list[dict[str, object]] = [
        {"span_id": "s2"},
        {**SPAN, "input_tokens": "3"},
        {**SPAN, "started_at": 1.5},
        {**SPAN, "output": ["yes"]},
    ]
    alone = [outcome(ITEMS[0], RIGHT)]
    mixed = [outcome(ITEMS[0], replace(RIGHT, spans=(*bad, SPAN)))]
    one, other = (spans_of(some, experiment_id="exp_1", day=DAY) for some in (alone, mixed))
    assert_frame_equal(one, other)
    assert spans_of([outcome(ITEMS[0], error("timeout"))], experiment_id="e", day=DAY).schema == SPANS.schema
