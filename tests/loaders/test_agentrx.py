"""AgentRx runs and the failures that people found in them: real ones by the published counts, and the small print."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.loaders import agentrx

Read = Callable[..., Any]

RUN: dict[str, Any] = {
    "task_id": 7,
    "reward": 0.0,
    "info": {"task": {"user_id": "ann", "actions": []}},
    "traj": [
        {"role": "system", "content": "Be kind.", "index": 1},
        {"role": "user", "content": "How many shirts?", "index": 2},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "count", "arguments": "{}"}}],
            "index": 3,
        },
        {"role": "tool", "tool_call_id": "c1", "name": "count", "content": "10", "index": 4},
        {"role": "assistant", "content": "There are 11.", "index": 5},
    ],
    "trial": 7,
    "records": {},
}
FAILURE: dict[str, Any] = {
    "failure_id": 2,
    "step_number": 5,
    "step_reason": "It counted wrong.",
    "failure_category": "Misinterpretation of Tool Output",
    "category_reason": "The tool said 10.",
    "failed_agent": "Assistant",
}
ASKED_TOO_LITTLE = {**FAILURE, "failure_id": 1, "step_number": 2, "failure_category": "Vague", "failed_agent": "User"}
LABELS: dict[str, Any] = {
    "trajectory_id": 7,
    "failures": [ASKED_TOO_LITTLE, FAILURE],
    "root_cause": {"failure_id": 2, "reason_for_root_cause": "The count decided."},
    "failure_summary": "A wrong count.",
}


def test_a_step_is_a_span_whose_id_follows_from_task_and_number(read: Read, key: Callable[[str], str]) -> None:
    spans = read(agentrx.load, [RUN]).spans.sort("span_id")
    assert spans.select("span_id", "kind", "tool_name", "output").rows() == [
        ("agentrx-7", "AGENT", None, "There are 11."),
        ("agentrx-7:2", "LLM", None, spans["output"][1]),
        ("agentrx-7:3", "TOOL", "count", "10"),
        ("agentrx-7:4", "LLM", None, "There are 11."),
    ]
    assert set(spans["trace_id"]) == {"agentrx-7"}
    assert set(spans["user_key"]) == {key("ann")}
    assert not spans["time_known"].any()
    assert "follows from its content" not in str(read(agentrx.load, [RUN]).guessed)


def test_the_reward_is_the_outcome(read: Read) -> None:
    signals = read(agentrx.load, [RUN]).signals
    assert signals.select("target_id", "kind", "name", "value", "label").rows() == [
        ("agentrx-7", "outcome", "reward", 0.0, "fail")
    ]


def test_a_failure_is_a_statement_of_people_about_the_step(read: Read) -> None:
    signals = read(agentrx.load, [LABELS]).signals.filter(name="failure")
    assert signals.select("target_kind", "target_id", "trace_id", "kind", "label", "annotator_kind").rows() == [
        ("trace", "agentrx-7", "agentrx-7", "evaluation", "Vague", "HUMAN"),
        ("span", "agentrx-7:4", "agentrx-7", "evaluation", "Misinterpretation of Tool Output", "HUMAN"),
    ]
    assert signals["comment"].to_list() == ["It counted wrong."] * 2
    assert orjson.loads(signals["attributes"][1]) == {
        "agent": "Assistant",
        "step_number": 5,
        "failure_id": 2,
        "category_reason": "The tool said 10.",
    }


def test_the_root_cause_is_the_decisive_step_and_its_agent_is_blamed(read: Read) -> None:
    signals = read(agentrx.load, [LABELS]).signals.filter(pl.col("name") != "failure")
    assert signals.select("name", "target_kind", "target_id", "label", "comment").rows() == [
        ("decisive_step", "span", "agentrx-7:4", "Misinterpretation of Tool Output", "The count decided."),
        ("blamed_agent", "trace", "agentrx-7", "Assistant", "The count decided."),
    ]
    assert orjson.loads(signals["attributes"][0])["failure_summary"] == "A wrong count."


FAILURES = st.lists(
    st.tuples(st.integers(1, 99), st.sampled_from(["Assistant", "User", "Planner"]), st.text(min_size=1, max_size=9)),
    min_size=1,
    max_size=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(failures=FAILURES, root=st.integers(0, 4))
def test_generated_labels_come_back(read: Read, failures: list[tuple[int, str, str]], root: int) -> None:
    written = [
        {"failure_id": n, "step_number": step, "failed_agent": agent, "failure_category": category}
        for n, (step, agent, category) in enumerate(failures)
    ]
    cause = root % len(failures)
    labels = {"trajectory_id": 7, "failures": written, "root_cause": {"failure_id": cause}}
    signals = read(agentrx.load, [labels]).signals
    expected = [
        ("agentrx-7" if agent == "User" else f"agentrx-7:{step - 1}", category) for step, agent, category in failures
    ]
    assert signals.filter(name="failure").select("target_id", "label").rows() == expected
    assert signals.filter(name="decisive_step").select("target_id", "label").rows() == [expected[cause]]
    assert signals.filter(name="blamed_agent")["label"].to_list() == [failures[cause][1]]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (7, "wrong_type"),
        ({"traj": 1, "task_id": 1}, "wrong_type"),
        ({**RUN, "task_id": None}, "no_id"),
        ({**LABELS, "trajectory_id": None}, "no_id"),
        ({**LABELS, "failures": 3}, "wrong_type"),
        ({**LABELS, "failures": [{**FAILURE, "step_number": 0}]}, "no_id"),
        ({**LABELS, "failures": [{**FAILURE, "step_number": "x"}]}, "wrong_type"),
        ({**LABELS, "failures": [{**FAILURE, "failed_agent": None}]}, "no_id"),
        ({**LABELS, "failures": [5]}, "no_id"),
    ],
)
def test_one_bad_record_costs_no_neighbour(read: Read, bad: Any, reason: str) -> None:
    loaded = read(agentrx.load, [bad, RUN, LABELS])
    assert [refused.reason for refused in loaded.refused] == [reason]
    assert (loaded.spans.height, loaded.signals.height) == (4, 1 + 2 + 2)


# README: runs, passed, tool messages and tool errors counted with jq
FILES = [("tau_dataset_full.json.gz", 100, 73, 793, 34), ("tau_dataset_failed.json.gz", 29, 0, 284, 15)]


@pytest.mark.parametrize(("name", "n_runs", "n_passed", "n_tools", "n_errors"), FILES)
def test_recorded_runs_have_the_published_counts(
    read: Read, shared_data: Path, name: str, n_runs: int, n_passed: int, n_tools: int, n_errors: int
) -> None:
    loaded = read(agentrx.load, shared_data / "agentrx-tau-retail" / name)
    tools = loaded.spans.filter(kind="TOOL")
    assert not loaded.refused
    assert loaded.spans["trace_id"].n_unique() == loaded.spans.filter(kind="AGENT").height == n_runs
    assert (loaded.signals.height, loaded.signals.filter(label="pass").height) == (n_runs, n_passed)
    assert (tools.height, tools.filter(status="ERROR").height) == (n_tools, n_errors)


def test_recorded_labels_have_the_published_counts_and_meet_their_runs(read: Read, shared_data: Path) -> None:
    folder = shared_data / "agentrx-tau-retail"
    signals = read(agentrx.load, folder / "tau_ground_truth.json").signals
    assert Counter(signals["name"]) == {"failure": 39, "decisive_step": 29, "blamed_agent": 29}
    assert Counter(signals.filter(name="failure")["label"]) == {
        "Underspecified User Intent": 10,
        "Misinterpretation of Tool Output": 8,
        "Intent Plan Misalignment": 8,
        "Instruction Adherence Failure": 6,
        "Invalid Invocation": 4,
        "Intent Not Supported": 2,
        "System Failure": 1,
    }
    assert sorted(Counter(signals.filter(name="decisive_step")["label"]).values(), reverse=True) == [
        8,
        7,
        7,
        3,
        2,
        1,
        1,
    ]
    assert Counter(signals.filter(name="blamed_agent")["label"]) == {"Assistant": 21, "User": 8}
    spans = read(agentrx.load, folder / "tau_dataset_failed.json.gz").spans
    assert set(signals["trace_id"]) == set(spans["trace_id"])
    of_steps = signals.filter(target_kind="span").join(
        spans, left_on=["trace_id", "target_id"], right_on=["trace_id", "span_id"], how="left"
    )
    # One label of 39 blames the assistant for a step of the user (task 80, step 26): the README counts 38 that fit.
    astray = of_steps.filter(pl.col("kind_right").is_null())
    assert astray.select("name", "target_id").rows() == [
        ("failure", "agentrx-80:25"),
        ("decisive_step", "agentrx-80:25"),
    ]
    assert set(of_steps["kind_right"].drop_nulls()) == {"LLM"}


def test_a_run_that_is_in_both_files_is_one_run(read: Read, shared_data: Path) -> None:
    folder = shared_data / "agentrx-tau-retail"
    full, failed = (read(agentrx.load, folder / name).spans for name, *_ in FILES)
    twice = failed.join(full, on=["trace_id", "span_id", "content_digest"], how="semi")
    assert twice["trace_id"].n_unique() == 27
    assert failed.join(twice, on="trace_id", how="anti")["trace_id"].n_unique() == 2


def test_what_labels_say_besides_is_kept_where_no_failure_is_the_root_cause(read: Read) -> None:
    """A root cause that fitted no failure was dropped with its reason, and all else that the record said with it."""
    told = {**LABELS, "root_cause": {"failure_id": "none of them", "reason_for_root_cause": "why"}, "more": "besides"}
    loaded = read(agentrx.load, [told])
    assert set(loaded.signals["name"]) == {"failure"}
    assert sum('"more":"besides"' in text for text in loaded.signals["attributes"]) == 1
    assert [(refused.reason, b"why" in refused.raw) for refused in loaded.refused] == [("no_id", True)]


def test_labels_without_a_failure_are_refused(read: Read) -> None:
    """They were neither stored nor refused: the record was gone from every count."""
    loaded = read(agentrx.load, [{**LABELS, "failures": []}])
    assert (loaded.signals.height, len(loaded.refused)) == (0, 1)
