"""Who&When: failed runs of teams, with the agent and the step that people blame."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.loaders import who_and_when

Read = Callable[..., Any]

TEAM: dict[str, Any] = {
    "is_correct": False,
    "question": "How many?",
    "question_ID": "q1",
    "ground_truth": "8",
    "history": [
        {"content": "```python\nprint(4)\n```", "name": "Excel_Expert", "role": "assistant"},
        {"content": "exitcode: 1 (execution failed)\nno file", "name": "Computer_terminal", "role": "user"},
        {"content": "So it is 4.", "name": "Checking_Expert", "role": "user"},
    ],
    "mistake_agent": "Excel_Expert",
    "mistake_step": "0",
    "mistake_reason": "It forgot the edge cases.",
}
MAGENTIC: dict[str, Any] = {
    "history": [
        {"content": "How many?", "role": "human"},
        {"content": "A plan.", "role": "Orchestrator (thought)"},
        {"content": "Look it up.", "role": "Orchestrator (-> WebSurfer)"},
        {"content": "I saw 4.", "role": "WebSurfer"},
    ],
    "is_corrected": False,
    "mistake_agent": "Orchestrator",
    "mistake_step": "2",
    "mistake_reason": "Wrong plan.",
}


def test_a_step_is_a_call_of_a_model_or_of_a_terminal(read: Read) -> None:
    spans = read(who_and_when.load, TEAM).spans
    trace_id = spans["trace_id"][0]
    assert spans.select("span_id", "kind", "agent", "tool_name", "status", "output").rows() == [
        (f"{trace_id}:0", "LLM", "Excel_Expert", None, "UNSET", "```python\nprint(4)\n```"),
        (
            *(f"{trace_id}:1", "TOOL", "Computer_terminal", "Computer_terminal", "ERROR"),
            "exitcode: 1 (execution failed)\nno file",
        ),
        (f"{trace_id}:2", "LLM", "Checking_Expert", None, "UNSET", "So it is 4."),
        (trace_id, "AGENT", None, None, "UNSET", "So it is 4."),
    ]
    assert spans["input"].to_list() == [
        None,
        "```python\nprint(4)\n```",
        '[{"role":"user","name":"Computer_terminal","content":"exitcode: 1 (execution failed)\\nno file"}]',
        "How many?",
    ]
    assert set(spans["task"]) == {"q1"}
    assert not spans["time_known"].any()


def test_a_phase_in_the_name_of_a_speaker_is_no_part_of_the_agent(read: Read) -> None:
    spans = read(who_and_when.load, MAGENTIC).spans
    assert spans.select("name", "agent", "kind").rows() == [
        ("Orchestrator (thought)", "Orchestrator", "LLM"),
        ("Orchestrator (-> WebSurfer)", "Orchestrator", "LLM"),
        ("WebSurfer", "WebSurfer", "LLM"),
        ("invoke_agent", None, "AGENT"),
    ]
    assert spans.filter(kind="AGENT")["input"].to_list() == ["How many?"]


@pytest.mark.parametrize(("run", "step"), [(TEAM, 0), (MAGENTIC, 2)])
def test_people_blame_a_step_and_an_agent(read: Read, run: dict[str, Any], step: int) -> None:
    loaded = read(who_and_when.load, run)
    trace_id = loaded.spans["trace_id"][0]
    columns = ("name", "kind", "target_kind", "target_id", "label", "comment", "annotator_kind")
    assert loaded.signals.select(columns).rows() == [
        ("correct", "outcome", "trace", trace_id, "fail", None, None),
        ("decisive_step", "evaluation", "span", f"{trace_id}:{step}", None, run["mistake_reason"], "HUMAN"),
        ("blamed_agent", "evaluation", "trace", trace_id, run["mistake_agent"], run["mistake_reason"], "HUMAN"),
    ]
    assert orjson.loads(loaded.signals["attributes"][1]) == {"agent": run["mistake_agent"], "step_number": step}


def test_a_label_on_what_a_person_said_is_about_the_trace(read: Read) -> None:
    signals = read(who_and_when.load, {**MAGENTIC, "mistake_step": "0"}).signals
    assert signals.filter(name="decisive_step")["target_kind"].to_list() == ["trace"]


def test_a_corrected_label_leaves_the_run_what_it_is(read: Read) -> None:
    first, second = (read(who_and_when.load, {**TEAM, "mistake_step": step}).spans for step in ("0", "2"))
    assert set(first["content_digest"]) == set(second["content_digest"])


STEPS = st.lists(
    st.tuples(st.sampled_from(["A_Expert", "B_Expert", "Computer_terminal"]), st.text(max_size=20)),
    min_size=1,
    max_size=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(steps=STEPS, blamed=st.integers(0, 7))
def test_generated_runs_come_back(read: Read, steps: list[tuple[str, str]], blamed: int) -> None:
    step = blamed % len(steps)
    history = [{"content": content, "name": name, "role": "user"} for name, content in steps]
    run = {**TEAM, "history": history, "mistake_step": str(step), "mistake_agent": steps[step][0]}
    loaded = read(who_and_when.load, run)
    of_steps = loaded.spans.filter(pl.col("kind") != "AGENT")
    assert of_steps.select("agent", "output").rows() == steps
    assert loaded.signals.filter(name="decisive_step")["target_id"].to_list() == [of_steps["span_id"][step]]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({**TEAM, "history": [*TEAM["history"], 7]}, "no_id"),
        ({**TEAM, "history": [*TEAM["history"], {"content": "x"}]}, "no_id"),
        ({**TEAM, "history": [*TEAM["history"], {"role": 1, "name": ["x"]}]}, "wrong_type"),
    ],
)
def test_a_bad_step_costs_one_record(read: Read, bad: Any, reason: str) -> None:
    loaded = read(who_and_when.load, bad)
    assert [refused.reason for refused in loaded.refused] == [reason]
    assert (loaded.spans.height, loaded.signals.height) == (4, 3)


@pytest.mark.parametrize("label", [{"mistake_step": "first"}, {"mistake_step": None}, {"mistake_agent": None}])
def test_a_label_that_cannot_be_read_costs_no_step(read: Read, label: dict[str, Any]) -> None:
    loaded = read(who_and_when.load, {**TEAM, **label})
    assert (loaded.spans.height, loaded.signals.height, len(loaded.refused)) == (4, 1, 1)


@pytest.mark.parametrize("raw", [b"{", b"[1]", b'{"history": 3}'])
def test_what_is_no_run_is_refused(read: Read, raw: bytes) -> None:
    assert len(read(who_and_when.load, raw).refused) == 1


# README: files; steps and terminal steps counted with jq
KINDS = [("Algorithm-Generated", 63, 544, 145, 50), ("Hand-Crafted", 14, 792 - 14, 10, 0)]


@pytest.mark.parametrize(("folder", "n_runs", "n_steps", "n_terminal", "n_failed"), KINDS)
def test_recorded_runs_have_the_published_counts(
    read: Read, shared_data: Path, folder: str, n_runs: int, n_steps: int, n_terminal: int, n_failed: int
) -> None:
    paths = sorted((shared_data / "who-and-when" / folder).glob("*.json"))
    loaded = [read(who_and_when.load, path) for path in paths]
    spans = pl.concat(one.spans for one in loaded)
    signals = pl.concat(one.signals for one in loaded)
    assert not [refused for one in loaded for refused in one.refused]
    assert spans["trace_id"].n_unique() == len(paths) == n_runs
    assert spans.filter(pl.col("kind") != "AGENT").height == n_steps
    tools = spans.filter(kind="TOOL")
    assert (tools.height, tools.filter(status="ERROR").height) == (n_terminal, n_failed)
    assert Counter(signals["name"]) == {"correct": n_runs, "decisive_step": n_runs, "blamed_agent": n_runs}
    assert set(signals.filter(name="correct")["label"]) == {"fail"}
    steps = signals.filter(name="decisive_step").join(
        spans, left_on=["trace_id", "target_id"], right_on=["trace_id", "span_id"], how="inner"
    )
    assert steps.height == n_runs


def test_recorded_blame_falls_on_the_agent_of_the_step_but_for_two(read: Read, shared_data: Path) -> None:
    """In 15.json and 59.json the labelled step is another agent's than the labelled agent's: the labels are kept."""
    loaded = [read(who_and_when.load, path) for path in sorted((shared_data / "who-and-when").glob("*/*.json"))]
    spans, signals = pl.concat(one.spans for one in loaded), pl.concat(one.signals for one in loaded)
    blamed = signals.filter(name="blamed_agent").select("trace_id", blamed="label")
    steps = signals.filter(name="decisive_step").select("trace_id", span_id="target_id")
    agents = steps.join(spans, on=["trace_id", "span_id"]).select("trace_id", "agent").join(blamed, on="trace_id")
    assert sorted(agents.filter(pl.col("agent") != pl.col("blamed")).select("agent", "blamed").rows()) == [
        ("Computer_terminal", "DataExtraction_Expert"),
        ("Verification_Expert", "Boggle_Board_Expert"),
    ]
    assert agents.height == 77
