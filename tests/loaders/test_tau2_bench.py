"""Every simulation becomes a trace, and the published facts of the recorded runs come out."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from workbench.loaders import tau2_bench

Read = Callable[..., Any]

CALL = {"id": "c1", "name": "find", "arguments": {"code": "X1"}, "requestor": "assistant"}
MESSAGES: list[dict[str, Any]] = [
    {
        "role": "assistant",
        "content": "Hi!",
        "timestamp": "2025-01-01T00:00:01",
        "cost": 0.0,
        "usage": None,
        "raw_data": None,
    },
    {
        "role": "user",
        "content": "Find X1",
        "timestamp": "2025-01-01T00:00:03",
        "cost": 0.5,
        "usage": {"prompt_tokens": 9},
    },
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [CALL],
        "timestamp": "2025-01-01T00:00:04",
        "cost": 0.25,
        "usage": {"prompt_tokens": 20, "completion_tokens": 5, "cached": 1},
        "raw_data": {"finish_reason": "tool_calls", "model": "m-2025"},
    },
    {"role": "tool", "id": "c1", "content": "Error: X1 not found", "error": True, "timestamp": "2025-01-01T00:00:04.5"},
    {
        "role": "assistant",
        "content": "There is no X1.",
        "timestamp": "2025-01-01T00:00:06",
        "cost": 0.5,
        "usage": {"prompt_tokens": 30, "completion_tokens": 7},
        "raw_data": {"finish_reason": "stop"},
    },
    {"role": "user", "content": "###STOP###", "timestamp": "2025-01-01T00:00:07", "cost": 0.25},
]
RESULTS: dict[str, Any] = {
    "timestamp": "2025-01-01T00:00:00",
    "info": {
        "max_steps": 200,
        "agent_info": {"implementation": "llm_agent", "llm": "m"},
        "environment_info": {"domain_name": "airline", "policy": "Be kind."},
    },
    "tasks": [{"id": "7", "user_scenario": "wants X1"}, {"id": "8"}],
    "simulations": [
        {
            "id": "run-1",
            "task_id": "7",
            "start_time": "2025-01-01T00:00:00",
            "end_time": "2025-01-01T00:00:08",
            "termination_reason": "user_stop",
            "agent_cost": 0.75,
            "user_cost": 0.75,
            "trial": 0,
            "reward_info": {"reward": 1.0, "reward_breakdown": {"DB": 1.0}},
            "messages": MESSAGES,
        }
    ],
}
N_RECORDS = 1 + 3 + 1 + 1
"""Of RESULTS: the run, three answers, one tool call, one reward."""


def _changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    results = deepcopy(RESULTS)
    change(results["simulations"][0])
    return results


def _at(second: float) -> datetime:
    return datetime(2025, 1, 1, 0, 0, int(second), int(second % 1 * 1_000_000), tzinfo=UTC)


def _span(loaded: Any, span_id: str) -> dict[str, Any]:
    row: dict[str, Any] = loaded.spans.row(by_predicate=pl.col("span_id") == span_id, named=True)
    return row | {"attributes": orjson.loads(row["attributes"])}


def test_the_run_is_an_agent_span_that_keeps_what_its_messages_share(read: Read) -> None:
    loaded = read(tau2_bench.load, RESULTS)
    run = _span(loaded, "run-1")
    assert run["parent_span_id"] is None
    assert (run["kind"], run["operation"], run["agent"], run["model"]) == ("AGENT", "invoke_agent", "llm_agent", "m")
    assert (run["task"], run["service"], run["finish_reason"], run["status"]) == ("7", "airline", "user_stop", "UNSET")
    assert (run["started_at"], run["ended_at"], run["duration_ms"]) == (_at(0), _at(8), 8000.0)
    assert (run["cost_usd"], run["input"], run["output"]) == (0.75, "Find X1", "There is no X1.")
    assert run["attributes"] == {
        "info": RESULTS["info"],
        "task": RESULTS["tasks"][0],
        "trial": 0,
        "user_cost": 0.75,
        "unanswered": [MESSAGES[5]],
    }


def test_an_answer_is_a_model_call_with_what_was_said_since_the_last_one(read: Read) -> None:
    answer = _span(read(tau2_bench.load, RESULTS), "run-1:2")
    assert answer["parent_span_id"] == "run-1"
    assert (answer["kind"], answer["operation"], answer["model"]) == ("LLM", "chat", "m-2025")
    assert (answer["input_tokens"], answer["output_tokens"], answer["cost_usd"]) == (20, 5, 0.25)
    assert (answer["started_at"], answer["ended_at"], answer["duration_ms"]) == (_at(3), _at(4), 1000.0)
    assert answer["finish_reason"] == "tool_calls"
    assert orjson.loads(answer["input"]) == [{"role": "user", "content": "Find X1"}]
    assert orjson.loads(answer["output"]) == {"role": "assistant", "content": None, "tool_calls": [CALL]}
    assert answer["attributes"]["inputs"] == [
        {"timestamp": "2025-01-01T00:00:03", "cost": 0.5, "usage": {"prompt_tokens": 9}}
    ]
    assert answer["attributes"]["usage"]["cached"] == 1


def test_a_tool_result_is_a_tool_call_with_the_arguments_of_the_answer_that_asked(read: Read) -> None:
    call = _span(read(tau2_bench.load, RESULTS), "run-1:3")
    assert (call["kind"], call["operation"], call["tool_name"], call["tool_call_id"]) == (
        *("TOOL", "execute_tool"),
        *("find", "c1"),
    )
    assert (call["status"], call["error_message"], call["output"]) == ("ERROR", *("Error: X1 not found",) * 2)
    assert orjson.loads(call["input"]) == {"code": "X1"}
    assert (call["started_at"], call["duration_ms"]) == (_at(4), 500.0)


def test_the_harness_greeting_is_no_answer_of_the_model(read: Read) -> None:
    loaded = read(tau2_bench.load, RESULTS)
    greeting = _span(loaded, "run-1:0")
    assert (greeting["model"], greeting["cost_usd"], greeting["input"], greeting["output"]) == (None, None, None, "Hi!")
    assert loaded.guessed["an opening answer without usage comes from the harness: no model, no cost"] == 1


def test_the_reward_is_an_outcome_of_the_trace(read: Read) -> None:
    signal = read(tau2_bench.load, RESULTS).signals.row(0, named=True)
    assert (signal["target_kind"], signal["target_id"], signal["kind"], signal["name"]) == (
        *("trace", "run-1"),
        *("outcome", "reward"),
    )
    assert (signal["value"], signal["label"], signal["annotator_kind"], signal["at"]) == (1.0, "pass", "CODE", _at(8))
    assert orjson.loads(signal["attributes"]) == {"reward_breakdown": {"DB": 1.0}}


@pytest.mark.parametrize(("reward", "label"), [(0, "fail"), (0.5, None), (1, "pass")])
def test_only_the_two_ends_of_a_reward_have_a_label(read: Read, reward: float, label: str | None) -> None:
    loaded = read(tau2_bench.load, _changed(lambda run: run["reward_info"].update(reward=reward)))
    assert loaded.signals.select("value", "label").row(0) == (reward, label)


@pytest.mark.parametrize("reason", ["agent_error", "too_many_errors", "max_steps"])
def test_a_run_that_was_broken_off_is_an_error(read: Read, reason: str) -> None:
    run = _span(read(tau2_bench.load, _changed(lambda run: run.update(termination_reason=reason))), "run-1")
    assert (run["status"], run["error_type"], run["finish_reason"]) == ("ERROR", reason, reason)


@pytest.mark.parametrize("cost", [0, 0.0, None])
def test_a_cost_of_zero_throughout_is_not_recorded_rather_than_free(read: Read, cost: float | None) -> None:
    def unprice(run: dict[str, Any]) -> None:
        run["agent_cost"] = cost
        for message in run["messages"]:
            if message["role"] == "assistant":
                message["cost"] = cost

    loaded = read(tau2_bench.load, _changed(unprice))
    assert loaded.spans["cost_usd"].null_count() == loaded.spans.height
    assert loaded.guessed["a cost of 0 throughout is read as not recorded"] == (0 if cost is None else 2)


def test_what_was_assumed_about_times_is_said(read: Read) -> None:
    guessed = read(tau2_bench.load, RESULTS).guessed
    assert guessed["a time without a zone is read as UTC"] == 2 + 4
    assert guessed["a message's time is its end; the span starts at the time of the message before it"] == 4


def test_times_the_wrong_way_round_give_no_duration(read: Read) -> None:
    loaded = read(tau2_bench.load, _changed(lambda run: run["messages"][4].update(timestamp="2024-12-31T00:00:00")))
    answer = _span(loaded, "run-1:4")
    assert (answer["duration_ms"], answer["started_at"]) == (None, datetime(2024, 12, 31, tzinfo=UTC))


BAD_PARTS: list[tuple[Callable[[dict[str, Any]], object], int, str]] = [
    (lambda run: run["messages"].__setitem__(3, 7), 0, "wrong_type"),
    (lambda run: run["messages"].__setitem__(4, {"role": "oracle"}), 0, "wrong_type"),
    (lambda run: run["messages"][2].update(cost="much"), 0, "wrong_type"),
    (lambda run: run["messages"][2]["usage"].update(prompt_tokens=-1), 0, "wrong_type"),
    (lambda run: run["messages"][4].update(timestamp="noon"), 0, "bad_time"),
    (lambda run: run["messages"].__setitem__(1, None), 1, "wrong_type"),
    (lambda run: run["reward_info"].update(reward="good"), 0, "wrong_type"),
    (lambda run: run.update(reward_info=[1]), 0, "wrong_type"),
]


@pytest.mark.parametrize(("change", "n_more", "reason"), BAD_PARTS)
def test_one_bad_part_costs_one_record_and_no_neighbour(
    read: Read, change: Callable[[dict[str, Any]], object], n_more: int, reason: str
) -> None:
    loaded = read(tau2_bench.load, _changed(change))
    assert [refused.reason for refused in loaded.refused] == [reason]
    assert loaded.spans.height + loaded.signals.height + 1 == N_RECORDS + n_more


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (None, "wrong_type"),
        ("text", "wrong_type"),
        ({"id": None, "messages": []}, "no_id"),
        ({"id": "x"}, "wrong_type"),
        ({"id": "x", "messages": [], "start_time": 5}, "bad_time"),
        ({"id": "x", "messages": [], "agent_cost": {}}, "wrong_type"),
    ],
)
def test_one_bad_run_costs_one_record_and_no_neighbour(read: Read, bad: Any, reason: str) -> None:
    results = deepcopy(RESULTS)
    results["simulations"] = [bad, *RESULTS["simulations"], bad]
    loaded = read(tau2_bench.load, results)
    assert loaded.spans.height + loaded.signals.height == N_RECORDS
    assert [refused.reason for refused in loaded.refused] == [reason] * 2
    assert len({refused.piece for refused in loaded.refused}) == 2


def test_a_repeated_key_costs_only_the_message_that_has_it(read: Read) -> None:
    raw = orjson.dumps(RESULTS).replace(b'"cost":0.25,"usage"', b'"cost":0.25,"cost":0.1,"usage"')
    loaded = read(tau2_bench.load, raw)
    assert [refused.reason for refused in loaded.refused] == ["duplicate_key"]
    assert loaded.spans.height + loaded.signals.height == N_RECORDS - 1


def test_nan_costs_only_the_message_that_has_it(read: Read) -> None:
    loaded = read(tau2_bench.load, orjson.dumps(RESULTS).replace(b'"cost":0.25,"usage"', b'"cost":NaN,"usage"'))
    assert [refused.reason for refused in loaded.refused] == ["wrong_type"]
    assert loaded.spans.height + loaded.signals.height == N_RECORDS - 1


@pytest.mark.parametrize("raw", [b"", b"{", b"[1, 2]", b'{"info": {"agent_info": {}}, "tasks": []', b"\xff" * 10])
def test_what_is_no_result_file_is_refused_as_a_whole(read: Read, raw: bytes) -> None:
    loaded = read(tau2_bench.load, raw)
    assert (loaded.spans.height, loaded.signals.height) == (0, 0)
    assert len(loaded.refused) == (0 if raw == b"" else 2 if raw == b"[1, 2]" else 1)


def test_batches_of_one_file_hold_the_same_rows(read: Read) -> None:
    results = deepcopy(RESULTS)
    results["simulations"] = [{**RESULTS["simulations"][0], "id": f"run-{n}"} for n in range(5)]
    assert read(tau2_bench.load, results, batch_records=6).spans.equals(read(tau2_bench.load, results).spans)


FACTS = [
    # README of tau2-airline: file, tool messages, errors, runs, reward 1, priced
    ("gpt-4o-2024-11-20.json.gz", 277, 11, 50, 23, True),
    ("claude-sonnet-4-5.json.gz", 371, 1, 50, 36, True),
    ("qwen2.5-7b.json.gz", 344, 79, 50, 9, False),
    ("gpt-4.1.json.gz", 148, 1, 20, 10, True),
    ("gpt-4.1-sft.json.gz", 147, 1, 20, 13, False),
]


@pytest.mark.parametrize(("name", "n_tools", "n_errors", "n_runs", "n_passed", "is_priced"), FACTS)
def test_recorded_runs_have_the_published_counts(
    read: Read, shared_data: Path, name: str, n_tools: int, n_errors: int, n_runs: int, n_passed: int, is_priced: bool
) -> None:
    path = shared_data / "tau2-airline" / name
    loaded = read(tau2_bench.load, path)
    tools = loaded.spans.filter(kind="TOOL")
    assert not loaded.refused
    assert (tools.height, tools.filter(status="ERROR").height) == (n_tools, n_errors)
    assert loaded.spans.filter(kind="AGENT").height == loaded.spans["trace_id"].n_unique() == n_runs
    assert (loaded.signals.height, loaded.signals.filter(label="pass").height) == (n_runs, n_passed)
    assert (loaded.spans["cost_usd"].sum() > 0) == is_priced
    assert tools["tool_name"].null_count() == tools["input"].null_count() == 0
    assert loaded.spans["time_known"].all()
    assert loaded.spans.select("trace_id", "span_id").is_unique().all()


def test_the_price_of_a_recorded_run_is_the_sum_of_its_answers(read: Read, shared_data: Path) -> None:
    spans = read(tau2_bench.load, shared_data / "tau2-airline/gpt-4.1.json.gz").spans
    answers = spans.filter(kind="LLM").group_by("trace_id").agg(pl.col("cost_usd").sum())
    runs = spans.filter(kind="AGENT").select("trace_id", total="cost_usd").join(answers, on="trace_id")
    assert runs.height == 20
    assert (runs["total"] - runs["cost_usd"]).abs().max() < 1e-9


def test_recorded_ends_and_runs_with_errors_are_as_published(read: Read, shared_data: Path) -> None:
    spans = read(tau2_bench.load, shared_data / "tau2-airline/qwen2.5-7b.json.gz").spans
    runs = spans.filter(kind="AGENT")
    assert runs.filter(status="ERROR")["error_type"].value_counts().sort("count").rows() == [
        ("too_many_errors", 1),
        ("agent_error", 9),
    ]
    assert runs.filter(finish_reason="user_stop").height == 40
    assert spans.filter(kind="TOOL", status="ERROR")["trace_id"].n_unique() == 26
    assert spans.group_by("trace_id").len().height == 50
