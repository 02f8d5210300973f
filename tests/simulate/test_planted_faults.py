"""The faults, each by its evidence in the records alone: the traces that the truth names, and where it says."""

import json
import re
from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING, Any

import pytest

from workbench.simulate import FAULTS, World, simulate

if TYPE_CHECKING:
    from tests.simulate.conftest import Emitted


def test_jurisdiction_is_confused_where_a_state_question_gets_federal_law(emitted: "Emitted") -> None:
    federal = re.compile(r"F\.5th|F\. Supp\. 4th|Fed\. R\. Civ\. P\.|U\.S\.C\.")
    confused = {
        trace_id
        for trace_id in emitted.traces
        if emitted.facts(trace_id)["task"] == "state_court"
        and federal.search(emitted.root(trace_id)["attributes"].get("gen_ai.output.messages", ""))
    }
    assert confused == emitted.planted("jurisdiction_confusion")


def test_jurisdiction_is_complained_of_forty_seven_times_in_as_many_wordings(emitted: "Emitted") -> None:
    confused = emitted.planted("jurisdiction_confusion")
    comments = [words for trace_id, said in emitted.downs().items() if trace_id in confused for words in said]
    assert len(comments) == 47
    assert len(set(comments)) >= 44


def test_jurisdiction_costs_most_of_the_answer_in_the_edit(emitted: "Emitted") -> None:
    changed = defaultdict(list)
    for signal in emitted.signals:
        if signal["name"] == "changed_share":
            changed[emitted.truth[signal["trace_id"]]["fault"]].append(signal["value"])
    assert max(changed["none"]) < 0.3 < 0.5 < min(changed["jurisdiction_confusion"])


def test_search_loops_where_it_times_out_three_to_six_times_on_one_question(emitted: "Emitted") -> None:
    looped = {}
    for trace_id in emitted.traces:
        timed_out = [
            call["attributes"]["gen_ai.tool.call.arguments"]
            for call in emitted.tool_calls(trace_id, "search_cases")
            if call["attributes"].get("error.type") == "timeout"
        ]
        if timed_out:
            looped[trace_id] = timed_out
    assert looped.keys() == emitted.planted("search_loop")
    assert {len(arguments) for arguments in looped.values()} == {3, 4, 5, 6}
    assert all(len(set(arguments)) == 1 for arguments in looped.values())


def test_timeouts_differ_in_their_numbers_alone(emitted: "Emitted") -> None:
    messages = [
        span["status"]["message"]
        for trace_id in emitted.planted("search_loop")
        for span in emitted.tool_calls(trace_id, "search_cases")
        if "status" in span
    ]
    masked = {re.sub(r"\b[0-9a-f]{8}\b|\d+", "#", message) for message in messages}
    assert len(set(messages)) > 0.95 * len(messages)
    assert len(masked) == 3


def test_citations_are_wrong_where_the_checker_says_so_about_that_citation(emitted: "Emitted") -> None:
    wrong = {}
    for trace_id in emitted.traces:
        for call in emitted.tool_calls(trace_id, "check_citation"):
            if call["attributes"].get("error.type") == "citation_not_found":
                wrong[trace_id] = call
    assert wrong.keys() == emitted.planted("citation_error")
    for call in wrong.values():
        assert json.loads(call["attributes"]["gen_ai.tool.call.arguments"])["citation"] in call["status"]["message"]


def test_latency_is_four_times_as_long_for_the_model_alone(emitted: "Emitted") -> None:
    durations: dict[tuple[str, bool], list[int]] = defaultdict(list)
    slow = emitted.planted("latency_regression")
    for trace_id, spans in emitted.traces.items():
        for span in spans.values():
            operation = span["attributes"]["gen_ai.operation.name"]
            took = int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"])
            durations[operation, trace_id in slow].append(took)
    ratio = {
        operation: median(durations[operation, True]) / median(durations[operation, False])
        for operation in ("chat", "execute_tool")
    }
    assert 3.4 < ratio["chat"] < 4.6
    assert 0.8 < ratio["execute_tool"] < 1.2


def test_answers_are_truncated_where_the_last_call_ends_by_length(emitted: "Emitted") -> None:
    cut = {
        span["traceId"]
        for span in emitted.records
        if span["attributes"].get("gen_ai.response.finish_reasons") == ["length"]
    }
    assert cut == emitted.planted("truncated_answer")
    for trace_id in cut:
        root = emitted.root(trace_id)["attributes"]
        assert root["app.opinion.pages"] > 60
        assert not json.loads(root["gen_ai.output.messages"])[0]["parts"][0]["content"].endswith(".")


def test_runs_end_early_where_the_agent_gives_up_without_an_answer(emitted: "Emitted") -> None:
    ended = {
        trace_id for trace_id in emitted.traces if emitted.root(trace_id)["attributes"].get("error.type") == "max_steps"
    }
    assert ended == emitted.planted("premature_end")
    for trace_id in ended:
        arguments = [
            c["attributes"]["gen_ai.tool.call.arguments"] for c in emitted.tool_calls(trace_id, "search_cases")
        ]
        assert len(arguments) == len(set(arguments)) == 8
        assert "gen_ai.output.messages" not in emitted.root(trace_id)["attributes"]


def test_outcomes_fail_by_plan_on_bankruptcy_and_by_chance_or_other_faults_elsewhere(emitted: "Emitted") -> None:
    failed = {s["trace_id"] for s in emitted.signals if s["name"] == "task_success" and s["value"] == 0}
    planned = emitted.planted("failed_outcome")
    stray = {trace_id for trace_id, row in emitted.truth.items() if row["noise"] == "stray_failure"}
    assert planned | stray <= failed
    assert all(emitted.truth[trace_id]["fault"] != "none" for trace_id in failed - stray)
    assert {emitted.facts(trace_id)["task"] for trace_id in planned} == {"bankruptcy"}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_faults_concentrate_in_their_slice(fault: Any, emitted: "Emitted") -> None:
    """Wherever the slice lets it be seen: more than ten times as frequent inside as outside."""
    inside = {trace_id for trace_id in emitted.traces if dict(fault.slice).items() <= emitted.facts(trace_id).items()}
    planted = emitted.planted(fault.name)
    assert {trace_id for trace_id in planted if emitted.truth[trace_id]["in_slice"]} == planted & inside
    share_inside = len(planted & inside) / len(inside)
    share_outside = len(planted - inside) / (len(emitted.traces) - len(inside))
    assert 60 <= len(planted) <= 170
    assert share_inside > 10 * share_outside


def test_faults_file_counts_what_the_truth_says(emitted: "Emitted") -> None:
    for row in emitted.faults:
        mine = [truth["in_slice"] for truth in emitted.truth.values() if truth["fault"] == row["fault"]]
        slice_ = json.loads(row["slice"]).items()
        assert (row["n_traces"], row["n_traces_in_slice"]) == (len(mine), sum(mine))
        assert row["n_slice"] == sum(slice_ <= emitted.facts(trace_id).items() for trace_id in emitted.traces)


def test_world_without_faults_has_none() -> None:
    simulation = simulate(World(n_traces=120, weeks=1, faults=()))
    assert set(simulation.truth["fault"]) == {"none"}
    assert simulation.faults.height == 0
    assert b"max_steps" not in b"".join(line.raw for line in simulation.telemetry())
