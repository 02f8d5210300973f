"""Telemetry and signals as such: valid, plausible, and as imperfect as in life."""

import json
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.simulate.conftest import Emitted


def test_ids_are_hex_of_the_right_length_and_not_zero(emitted: "Emitted") -> None:
    for span in emitted.records:
        assert re.fullmatch(r"(?!0+$)[0-9a-f]{32}", span["traceId"])
        assert re.fullmatch(r"(?!0+$)[0-9a-f]{16}", span["spanId"])


def test_every_child_lies_inside_its_agent_and_after_its_elder(emitted: "Emitted") -> None:
    for trace_id, spans in emitted.traces.items():
        root = emitted.root(trace_id)
        children = [span for span in spans.values() if span is not root]
        at = int(root["startTimeUnixNano"])
        for child in sorted(children, key=lambda span: int(span["startTimeUnixNano"])):
            assert child["parentSpanId"] == root["spanId"]
            assert at <= int(child["startTimeUnixNano"]) <= int(child["endTimeUnixNano"])
            at = int(child["endTimeUnixNano"])
        assert at <= int(root["endTimeUnixNano"])


def test_every_trace_is_in_the_truth_once_and_the_other_way_round(emitted: "Emitted") -> None:
    assert len(emitted.truth) == 4800
    assert emitted.traces.keys() == emitted.truth.keys()


def test_each_tool_answers_the_call_that_the_model_made_before_it(emitted: "Emitted") -> None:
    for trace_id, spans in emitted.traces.items():
        if emitted.truth[trace_id]["noise"] == "no_content":
            continue
        asked = [
            part["id"]
            for span in spans.values()
            if span["attributes"]["gen_ai.operation.name"] == "chat"
            for part in json.loads(span["attributes"]["gen_ai.output.messages"])[0]["parts"]
            if part["type"] == "tool_call"
        ]
        called = [span["attributes"]["gen_ai.tool.call.id"] for span in spans.values() if "tool" in span["name"]]
        assert Counter(asked) == Counter(called)


def test_one_line_is_broken_and_a_few_spans_come_twice_or_late(emitted: "Emitted") -> None:
    assert emitted.n_broken == 1
    n_spans = sum(len(spans) for spans in emitted.traces.values())
    assert 0 < len(emitted.records) - n_spans < 0.01 * n_spans
    seen: set[str] = set()
    children_after_their_agent = 0
    for span in emitted.records:
        children_after_their_agent += span.get("parentSpanId") in seen and span["spanId"] not in seen
        seen.add(span["spanId"])
    assert 0 < children_after_their_agent < 0.01 * n_spans


def test_some_spans_lack_optional_attributes_and_some_have_unknown_ones(emitted: "Emitted") -> None:
    roots = [emitted.root(trace_id)["attributes"] for trace_id in emitted.traces]
    chats = [span["attributes"] for span in emitted.records if span["name"].startswith("chat")]
    assert 0.01 < sum("user.id" not in root for root in roots) / len(roots) < 0.03
    assert 0.01 < sum("gen_ai.usage.input_tokens" not in chat for chat in chats) / len(chats) < 0.03
    nested = [root["lexdesk.experiment"] for root in roots if "lexdesk.experiment" in root]
    assert 0.005 < len(nested) / len(roots) < 0.02
    assert all(experiment.keys() == {"bucket", "is_control"} for experiment in nested)


def test_cost_is_tokens_times_price(emitted: "Emitted") -> None:
    price = {"lex-small-2": (0.15e-6, 0.6e-6), "lex-large-2": (2.5e-6, 10e-6)}
    for span in emitted.records:
        if (cost := span["attributes"].get("gen_ai.usage.cost")) is not None:
            tokens = (span["attributes"][f"gen_ai.usage.{way}_tokens"] for way in ("input", "output"))
            per_token = price[span["attributes"]["gen_ai.request.model"]]
            assert cost == pytest.approx(sum(n * usd for n, usd in zip(tokens, per_token, strict=True)), abs=1e-8)


def test_traffic_fills_twelve_weeks_on_the_rhythm_of_office_days(emitted: "Emitted") -> None:
    starts = [
        datetime.fromtimestamp(int(emitted.root(trace_id)["startTimeUnixNano"]) // 10**9, UTC)
        for trace_id in emitted.traces
    ]
    assert {start.date().isocalendar().week for start in starts} == {*range(32, 44)}
    assert sum(start.weekday() < 5 for start in starts) / len(starts) > 5 / 7 + 0.1
    assert sum(13 <= start.hour < 22 for start in starts) / len(starts) > 2 * 9 / 24
    assert sum(6 <= start.hour < 10 for start in starts) <= 2, "a visit of the night may run over six"


def test_sessions_belong_to_one_user_and_hold_several_traces_at_times(emitted: "Emitted") -> None:
    users: dict[str, set[str]] = defaultdict(set)
    n_traces: Counter[str] = Counter()
    for trace_id in emitted.traces:
        root = emitted.root(trace_id)["attributes"]
        n_traces[root["gen_ai.conversation.id"]] += 1
        users[root["gen_ai.conversation.id"]] |= {root["user.id"]} if "user.id" in root else set()
    assert all(len(who) <= 1 for who in users.values())
    assert 1.5 < 4800 / len(n_traces) < 2.5


def test_feedback_is_sparse_and_half_of_the_outcomes_are_known(emitted: "Emitted") -> None:
    told = {name: {s["trace_id"] for s in emitted.signals if s["name"] == name} for name in ("thumb", "task_success")}
    assert 0.05 < len(told["thumb"]) / 4800 < 0.10
    assert 0.45 < len(told["task_success"]) / 4800 < 0.55


def test_signals_name_their_trace_its_user_and_a_time_after_it(emitted: "Emitted") -> None:
    for signal in emitted.signals:
        root = emitted.root(signal["trace_id"])
        assert signal["target_kind"] == "trace"
        assert signal["target_id"] == signal["trace_id"]
        at = datetime.fromisoformat(signal["at"])
        assert int(root["endTimeUnixNano"]) / 1e9 < at.timestamp() < datetime(2026, 10, 26, tzinfo=UTC).timestamp()
        assert signal.get("user_id") == (
            root["attributes"].get("user.id") if signal["annotator_kind"] == "HUMAN" else None
        )
    assert [signal["at"] for signal in emitted.signals] == sorted(signal["at"] for signal in emitted.signals)
