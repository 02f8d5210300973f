"""Runs of mini-SWE-agent and the reports that judge them: real ones by the published counts, and the small print."""

import csv
import gzip
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.loaders import swe_agent

Read = Callable[..., Any]


def _answer(content: str, **usage: Any) -> dict[str, Any]:
    response = {
        "id": "gen-1",
        "model": "gemini-x",
        "created": 1763511782,
        "choices": [
            {"finish_reason": "stop", "message": {"role": "assistant", "content": content, "reasoning": "Hm."}}
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 4, "cost": 0.5, **usage},
    }
    return {"role": "assistant", "content": content, "extra": {"response": response}}


RUN: dict[str, Any] = {
    "info": {
        "exit_status": "Submitted",
        "submission": "diff --git a b",
        "model_stats": {"instance_cost": 1.5, "api_calls": 4},
        "mini_version": "1.15.0",
        "config": {"model": {"model_name": "google/gemini-x"}},
    },
    "messages": [
        {"role": "system", "content": "You are helpful."},
        {"role": "user", "content": "Fix it."},
        _answer("THOUGHT: look\n\n```bash\nls -R\n```"),
        {"role": "user", "content": "<returncode>0</returncode>\n<output>\na.py\n</output>"},
        _answer("```bash\nls\n```\n```bash\npwd\n```"),
        {"role": "user", "content": "Please always provide EXACTLY ONE action"},
        _answer("```bash\ncat b.py\n```"),
        {"role": "user", "content": "<returncode>1</returncode>\n<output>\nno such file\n</output>"},
        _answer("```bash\ngit diff\n```"),
        {"role": "user", "content": "diff --git a b"},
    ],
    "trajectory_format": "mini-swe-agent-1",
    "instance_id": "acme__app-1",
}
VERDICT: dict[str, Any] = {
    "patch_exists": True,
    "resolved": True,
    "tests_status": {"FAIL_TO_PASS": {"success": ["t"], "failure": []}},
}


def test_a_command_is_a_tool_call_and_the_next_message_its_result(read: Read) -> None:
    loaded = read(swe_agent.load, RUN)
    assert loaded.spans.filter(kind="TOOL").select("span_id", "tool_name", "input", "status").rows() == [
        ("acme__app-1:3", "bash", "ls -R", "OK"),
        ("acme__app-1:7", "bash", "cat b.py", "ERROR"),
        ("acme__app-1:9", "bash", "git diff", "UNSET"),
    ]
    failed = loaded.spans.row(by_predicate=pl.col("status") == "ERROR", named=True)
    assert failed["error_message"] == failed["output"] == RUN["messages"][7]["content"]
    assert loaded.guessed["a command that returns another code than 0, or times out, is read as a failed call"] == 1


def test_an_answer_with_two_commands_called_nothing_and_is_told_so(read: Read) -> None:
    spans = read(swe_agent.load, RUN).spans
    refused, next_answer = (spans.row(by_predicate=pl.col("span_id") == f"acme__app-1:{n}", named=True) for n in (4, 6))
    assert refused["output"] == RUN["messages"][4]["content"]
    assert json.loads(next_answer["input"]) == [{"role": "user", "content": RUN["messages"][5]["content"]}]


def test_an_answer_has_what_the_provider_said_of_it_and_nothing_twice(read: Read) -> None:
    answer = read(swe_agent.load, RUN).spans.row(by_predicate=pl.col("span_id") == "acme__app-1:2", named=True)
    assert (answer["model"], answer["finish_reason"], answer["cost_usd"]) == ("gemini-x", "stop", 0.5)
    assert (answer["input_tokens"], answer["output_tokens"], answer["time_known"]) == (10, 4, False)
    response = orjson.loads(answer["attributes"])["extra"]["response"]
    assert response["created"] == 1763511782
    assert response["choices"][0]["message"] == {"role": "assistant", "reasoning": "Hm."}
    assert "ls -R" not in answer["attributes"]


def test_a_run_has_its_task_its_patch_its_price_and_its_end(read: Read) -> None:
    root = read(swe_agent.load, RUN).spans.row(by_predicate=pl.col("kind") == "AGENT", named=True)
    assert (root["task"], root["input"], root["output"]) == ("acme__app-1", "Fix it.", "diff --git a b")
    assert (root["cost_usd"], root["finish_reason"], root["status"], root["model"], root["release"]) == (
        *(1.5, "Submitted", "UNSET"),
        *("google/gemini-x", "1.15.0"),
    )
    assert orjson.loads(root["attributes"])["instructions"] == [RUN["messages"][0]]


def test_a_run_that_is_broken_off_is_an_error(read: Read) -> None:
    broken = {**RUN, "info": {**RUN["info"], "exit_status": "LimitsExceeded"}}
    root = read(swe_agent.load, broken).spans.row(by_predicate=pl.col("kind") == "AGENT", named=True)
    assert (root["status"], root["error_type"]) == ("ERROR", "LimitsExceeded")


@pytest.mark.parametrize("report", [{"instance_id": "acme__app-1", "report": VERDICT}, {"acme__app-1": VERDICT}])
def test_a_report_is_the_outcome_of_the_run_with_its_tests(read: Read, report: dict[str, Any]) -> None:
    signals = read(swe_agent.load, report).signals
    assert signals.select("target_kind", "target_id", "kind", "name", "value", "label", "annotator_kind").rows() == [
        ("trace", "acme__app-1", "outcome", "resolved", 1.0, "pass", "CODE")
    ]
    assert orjson.loads(signals["attributes"][0])["tests_status"] == VERDICT["tests_status"]


COMMANDS = st.lists(st.from_regex(r"[a-z][a-z -]{0,20}[a-z]", fullmatch=True), min_size=1, max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(commands=COMMANDS, codes=st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_generated_commands_come_back(read: Read, commands: list[str], codes: list[int]) -> None:
    messages = [RUN["messages"][1]]
    for command, code in zip(commands, codes, strict=False):
        messages += [
            _answer(f"Now.\n```bash\n{command}\n```"),
            {"role": "user", "content": f"<returncode>{code}</returncode>\n<output>\n</output>"},
        ]
    tools = read(swe_agent.load, {**RUN, "messages": messages}).spans.filter(kind="TOOL")
    assert tools["input"].to_list() == commands
    assert [status == "ERROR" for status in tools["status"]] == [code != 0 for code in codes[: len(commands)]]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (7, "wrong_type"),
        ({"instance_id": "x", "report": {"patch_exists": True}}, "wrong_type"),
        ({"report": VERDICT}, "no_id"),
        ({"x": {"resolved": "yes"}}, "wrong_type"),
        ({**RUN, "instance_id": None}, "no_id"),
        ({**RUN, "messages": 3}, "wrong_type"),
        ({**RUN, "info": {**RUN["info"], "model_stats": {"instance_cost": "much"}}}, "wrong_type"),
    ],
)
def test_one_bad_record_costs_no_neighbour(read: Read, bad: Any, reason: str) -> None:
    loaded = read(swe_agent.load, [bad, RUN])
    assert [refused.reason for refused in loaded.refused] == [reason]
    assert loaded.spans.height == 8


@pytest.mark.parametrize("bad", [7, {"role": "robot"}, _answer("x", prompt_tokens=-1), {"content": "x"}])
def test_a_bad_message_costs_one_record(read: Read, bad: Any) -> None:
    loaded = read(swe_agent.load, {**RUN, "messages": [*RUN["messages"], bad]})
    assert (loaded.spans.height, len(loaded.refused)) == (8, 1)


def test_a_repeated_key_costs_only_the_message_that_has_it(read: Read) -> None:
    raw = orjson.dumps(RUN).replace(b'"cost":0.5', b'"cost":0.5,"cost":0.25', 1)
    loaded = read(swe_agent.load, raw)
    assert [refused.reason for refused in loaded.refused] == ["duplicate_key"]
    assert b'"cost":0.5,"cost":0.25' in loaded.refused[0].raw


def test_recorded_runs_have_the_counts_of_a_hand_count(read: Read, shared_data: Path) -> None:
    """Counted with jq: 2,206 answers, of which 2,149 have one command; 182 of these returned no 0, 3 timed out."""
    loaded = read(swe_agent.load, shared_data / "swebench-mini/trajs.jsonl.gz")
    spans = loaded.spans
    assert not loaded.refused
    assert dict(spans["kind"].value_counts().rows()) == {"AGENT": 52, "LLM": 2206, "TOOL": 2149}
    assert dict(spans.filter(kind="TOOL")["status"].value_counts().rows()) == {
        "OK": 1912,
        "ERROR": 182 + 3,
        "UNSET": 52,
    }
    assert (spans["input_tokens"].sum(), spans["output_tokens"].sum()) == (37_826_584, 552_147)
    roots = spans.filter(kind="AGENT")
    assert round(roots["cost_usd"].sum(), 6) == 25.520018
    assert set(roots["finish_reason"]) == {"Submitted"}
    assert roots["task"].str.split("__").list.first().value_counts().sort("count").rows() == [
        *(("pallets", 1), ("mwaskom", 2), ("psf", 8)),
        *(("pytest-dev", 19), ("pydata", 22)),
    ]
    assert not spans["time_known"].any()


def test_recorded_reports_say_what_their_published_summary_says(read: Read, shared_data: Path) -> None:
    folder = shared_data / "swebench-mini"
    signals = read(swe_agent.load, folder / "reports.jsonl.gz").signals
    with (folder / "results_summary.csv").open(newline="") as summary:
        published = {row["instance_id"]: row["resolved"] == "True" for row in csv.DictReader(summary)}
    assert {trace_id: value == 1 for trace_id, value in signals.select("trace_id", "value").rows()} == published
    assert Counter(signals["label"]) == {"pass": 39, "fail": 13}
    runs = gzip.decompress((folder / "trajs.jsonl.gz").read_bytes()).splitlines()
    assert {json.loads(run)["instance_id"] for run in runs} == set(signals["trace_id"])
