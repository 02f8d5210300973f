"""The older result files give runs without times; their facts are the published ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from workbench.loaders import tau_bench

Read = Callable[..., Any]

RUN: dict[str, Any] = {
    "task_id": 3,
    "reward": 0.0,
    "trial": 1,
    "info": {"task": {"user_id": "mia_li", "actions": []}, "reward_info": {"reward": 0.0, "info": {"r_actions": 0.0}}},
    "traj": [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Book it"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "book", "arguments": '{"seat":1}'}}],
        },
        {"role": "tool", "tool_call_id": "c1", "name": "book", "content": "Error: seat taken"},
        {"role": "assistant", "content": "It is taken."},
        {"role": "user", "content": "###STOP###"},
    ],
}
N_RECORDS = 1 + 2 + 1 + 1


def test_a_run_is_a_trace_without_times(read: Read) -> None:
    loaded = read(tau_bench.load, [RUN])
    run, answer, call = (loaded.spans.filter(kind=kind).row(0, named=True) for kind in ("AGENT", "LLM", "TOOL"))
    assert not loaded.spans["time_known"].any()
    assert loaded.spans["started_at"].null_count() == loaded.spans["duration_ms"].null_count() == 4
    assert (run["task"], run["input"], run["output"]) == ("3", "Book it", "It is taken.")
    assert orjson.loads(answer["input"]) == [{"role": "user", "content": "Book it"}]
    assert (call["tool_name"], call["input"], call["status"]) == ("book", '{"seat":1}', "ERROR")
    assert call["error_message"] == "Error: seat taken"
    assert loaded.signals.select("value", "label", "at").row(0) == (0.0, "fail", None)


def test_the_policy_is_kept_once_on_the_run(read: Read) -> None:
    spans = read(tau_bench.load, [RUN]).spans
    assert [orjson.loads(text).get("instructions") for text in spans["attributes"]].count(None) == 3
    assert not spans["input"].str.contains("Be kind").any()


def test_the_user_is_keyed_and_not_left_in_the_attributes(read: Read, key: Callable[[str], str]) -> None:
    spans = read(tau_bench.load, [RUN]).spans
    assert set(spans["user_key"]) == {key("mia_li")}
    assert not spans["attributes"].str.contains("mia_li").any()


def test_a_run_has_the_same_id_wherever_it_stands(read: Read) -> None:
    other = {**RUN, "trial": 2}
    assert set(read(tau_bench.load, [RUN, other]).spans["trace_id"]) == set(
        read(tau_bench.load, [other, RUN]).spans["trace_id"]
    )


@pytest.mark.parametrize("bad", [None, 7, {"task_id": 1}, {**RUN, "traj": {}}, {**RUN, "reward": "x"}])
def test_one_bad_run_costs_one_record_and_no_neighbour(read: Read, bad: Any) -> None:
    loaded = read(tau_bench.load, [RUN, bad])
    assert len(loaded.refused) == 1
    assert loaded.spans.height + loaded.signals.height == N_RECORDS


def test_recorded_runs_have_the_published_counts(read: Read, shared_data: Path) -> None:
    loaded = read(tau_bench.load, shared_data / "tau-bench-airline/gpt-4o-airline.json.gz")
    assert not loaded.refused
    assert loaded.spans["trace_id"].n_unique() == loaded.signals.height == 200
    assert loaded.signals.filter(value=1).height == 84
    assert loaded.spans.filter(kind="TOOL").height == 1164
    assert loaded.spans.filter(kind="TOOL", status="ERROR").height == 73
    assert not loaded.spans["time_known"].any()
    assert loaded.spans.filter(kind="TOOL")["input"].null_count() == 0


def test_labelled_retail_runs_have_the_published_counts(read: Read, shared_data: Path) -> None:
    loaded = read(tau_bench.load, shared_data / "agentrx-tau-retail/tau_dataset_full.json.gz")
    assert (loaded.signals.height, loaded.signals.filter(value=1).height, len(loaded.refused)) == (100, 73, 0)
