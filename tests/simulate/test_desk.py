"""The research desk and the faults that only it can have, each by its evidence in the records alone."""

import json
import re
from collections import defaultdict
from typing import Any, NamedTuple

import pytest

from tests.simulate.conftest import export_of, spans_of
from workbench.simulate import MORE_FAULTS, Simulation, World, simulate

WORLD = World(n_traces=1500, weeks=4, seed=5, product="research_desk", faults=MORE_FAULTS)
SPANISH = re.compile(r"\b(el|sobre|una|con|qué|los|del|al|y|cada|lo|el)\b", re.IGNORECASE)


class Desk(NamedTuple):
    """A small world of the desk, as its records say it."""

    traces: dict[str, list[dict[str, Any]]]
    """Spans by trace, in the order of their starts; the agent's is the first."""
    signals: tuple[dict[str, Any], ...]
    fault: dict[str, str]
    """By trace."""

    def root(self, trace_id: str) -> dict[str, Any]:
        attributes: dict[str, Any] = self.traces[trace_id][0]["attributes"]
        return attributes

    def said(self, trace_id: str, way: str) -> str:
        recorded = self.root(trace_id).get(f"gen_ai.{way}.messages")
        return str(json.loads(recorded)[0]["parts"][0]["content"]) if recorded else ""

    def errors(self, trace_id: str) -> list[dict[str, Any]]:
        return [span["attributes"] for span in self.traces[trace_id][1:] if "error.type" in span["attributes"]]

    def planted(self, fault: str) -> set[str]:
        return {trace_id for trace_id, name in self.fault.items() if name == fault}

    def in_order(self) -> set[str]:
        return {trace_id for trace_id in self.planted("none") if self.said(trace_id, "output")}

    def next_in_visit(self, trace_id: str) -> str:
        session = self.root(trace_id)["gen_ai.conversation.id"]
        visit = sorted(
            (spans[0]["startTimeUnixNano"], other)
            for other, spans in self.traces.items()
            if spans[0]["attributes"]["gen_ai.conversation.id"] == session
        )
        ids = [other for _, other in visit]
        return self.said(ids[ids.index(trace_id) + 1], "input")


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate(WORLD)


@pytest.fixture(scope="module")
def desk(simulation: Simulation) -> Desk:
    traces: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for line in simulation.telemetry():
        for span in spans_of(export_of(line.raw) or {"resourceSpans": []}):  # one line is broken off
            traces[span["traceId"]][span["spanId"]] = span
    ordered = {
        trace_id: sorted(spans.values(), key=lambda span: ("parentSpanId" in span, int(span["startTimeUnixNano"])))
        for trace_id, spans in traces.items()
    }
    return Desk(ordered, simulation.signals, dict(simulation.truth.select("trace_id", "fault").iter_rows()))


def test_every_further_fault_is_planted_and_mostly_in_its_slice(desk: Desk, simulation: Simulation) -> None:
    for row in simulation.faults.iter_rows(named=True):
        assert row["n_traces"] >= 5, row["fault"]
        assert row["n_traces_in_slice"] >= 0.7 * row["n_traces"], row["fault"]


def test_the_first_span_of_the_desk_retrieves_passages_of_the_opinion(desk: Desk) -> None:
    for trace_id in desk.in_order():
        retrieval = desk.traces[trace_id][1]["attributes"]
        assert retrieval["gen_ai.operation.name"] == "retrieval"
        documents = [document["content"] for document in json.loads(retrieval["gen_ai.retrieval.documents"])]
        assert len(documents) == 3
        answer = desk.said(trace_id, "output")
        assert answer[:20] in documents[0] or answer[0] == "{" or len(answer) < 100


def test_users_are_answered_in_their_language_where_nothing_is_wrong(desk: Desk) -> None:
    locales = {desk.root(trace_id)["app.user.locale"] for trace_id in desk.traces}
    assert locales == {"en-US", "es-US", "fr-CA"}
    summaries = {trace_id for trace_id in desk.in_order() if "gen_ai.output.type" not in desk.root(trace_id)}
    spanish = {trace_id for trace_id in summaries if len(SPANISH.findall(desk.said(trace_id, "input"))) >= 2}
    assert len(spanish) > 50
    assert not [
        answer for answer in (desk.said(trace_id, "output") for trace_id in spanish) if len(SPANISH.findall(answer)) < 2
    ]


def test_a_wrong_language_is_english_after_spanish(desk: Desk) -> None:
    for trace_id in desk.planted("wrong_language"):
        assert desk.root(trace_id)["app.user.locale"] == "es-US"
        assert len(re.findall(r"\b(the|and|that|of|on)\b", desk.said(trace_id, "output"))) >= 4


def test_a_sheet_is_json_unless_that_is_the_fault(desk: Desk) -> None:
    broken = set()
    for trace_id in desk.traces:
        if desk.root(trace_id).get("gen_ai.output.type") == "json" and desk.said(trace_id, "output"):
            try:
                json.loads(desk.said(trace_id, "output"))
            except json.JSONDecodeError:
                broken.add(trace_id)
    assert desk.planted("broken_json") <= broken
    assert {desk.fault[trace_id] for trace_id in broken} == {"broken_json"}


@pytest.mark.parametrize(
    ("fault", "error_type", "least", "most"),
    [
        ("unknown_tool", "unknown_tool", 1, 1),
        ("wrong_arguments", "validation_error", 1, 1),
        ("fetch_storm", "503", 5, 9),
        ("ignored_refusal", "forbidden", 2, 2),
    ],
)
def test_tools_fail_as_often_as_the_fault_says(fault: str, error_type: str, least: int, most: int, desk: Desk) -> None:
    failures = {
        trace_id: sum(attributes["error.type"] == error_type for attributes in desk.errors(trace_id))
        for trace_id in desk.traces
    }
    assert {trace_id for trace_id, n in failures.items() if n} == desk.planted(fault)
    assert {failures[trace_id] for trace_id in desk.planted(fault)} <= set(range(least, most + 1))


def test_a_refused_call_is_repeated_unchanged(desk: Desk) -> None:
    for trace_id in desk.planted("ignored_refusal"):
        first, again = desk.errors(trace_id)
        assert first["gen_ai.tool.call.arguments"] == again["gen_ai.tool.call.arguments"]


def test_the_next_request_of_the_visit_says_what_was_wrong(desk: Desk) -> None:
    for trace_id in desk.planted("repeated_question"):
        assert desk.said(trace_id, "input")[:-1].lower()[5:30] in desk.next_in_visit(trace_id).lower()
    for trace_id in desk.planted("corrected_by_user"):
        assert re.search(r"meant|mean|asked|misunderstood|wrong|asking|said", desk.next_in_visit(trace_id).lower())
    for trace_id in desk.planted("person_wanted"):
        assert re.search(r"human|person|attorney|someone|agent|colleague|support", desk.next_in_visit(trace_id).lower())


def test_tokens_run_away_tenfold(desk: Desk) -> None:
    tokens: dict[bool, list[int]] = defaultdict(list)
    for trace_id, spans in desk.traces.items():
        for span in spans[1:]:
            if span["attributes"].get("gen_ai.response.finish_reasons") == ["tool_calls"]:
                n = span["attributes"].get("gen_ai.usage.input_tokens")
                if n is not None:
                    tokens[desk.fault[trace_id] == "runaway_tokens"].append(n)
    assert max(tokens[False]) < 1500 < 7_000 < min(tokens[True])


def test_a_judge_marks_down_what_lacks_the_holding_and_edits_what_has_the_wrong_tone(desk: Desk) -> None:
    scores = {signal["trace_id"]: signal["value"] for signal in desk.signals if signal["name"] == "completeness"}
    low = {trace_id for trace_id, value in scores.items() if value <= 0.4}
    assert low == desk.planted("missing_holding") & scores.keys()
    assert len(low) >= 0.9 * len(desk.planted("missing_holding")), "a few come after the world's end"
    edits = {signal["trace_id"]: signal["value"] for signal in desk.signals if signal["name"] == "changed_share"}
    chatty = desk.planted("wrong_tone")
    assert len(edits.keys() & chatty) >= 0.8 * len(chatty)
    assert min(edits[trace_id] for trace_id in edits.keys() & chatty) >= 0.7
