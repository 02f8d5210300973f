"""Logs of Inspect written for one claim each: errors, limits, caches, references, older shapes, malformed ones."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import FormatError
from workbench.loaders import inspect_log
from workbench.loaders.batch import Context
from workbench.loaders.inspect_log import resolve
from workbench.loaders.source import Source

Read = Callable[..., Any]
Write = Callable[..., Path]
SPEC = {"task": "sums", "model": "openai/m-1", "eval_id": "e1", "revision": {"commit": "abc"}}
DATA = {"id": "s1", "epoch": 1, "uuid": "u1", "input": "1 + 2?", "target": "3"}


def at(second: float) -> str:
    return f"2026-01-05T10:00:{second:09.6f}+00:00"


def log(*samples: Any, **fields: Any) -> dict[str, Any]:
    return {"version": 2, "status": "success", "eval": SPEC, "samples": list(samples), **fields}


def model(second: float = 1, *, text: str = "3", usage: Any = None, **fields: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    output = {"model": "m-1", "choices": [{"message": message, "stop_reason": "stop"}], "usage": usage}
    asked = [{"role": "user", "content": "1 + 2?"}]
    begun = {"event": "model", "timestamp": at(second), "completed": at(second + 1), "model": "openai/m-1"}
    return {**begun, "input": asked, "output": output, **fields}


def tool(second: float = 3, **fields: Any) -> dict[str, Any]:
    called = {"event": "tool", "timestamp": at(second), "completed": at(second + 2), "id": "c1", "function": "add"}
    return {**called, "arguments": {"a": 1, "b": 2}, "result": "3", **fields}


def span(read: Read, *events: Any, kind: str, **fields: Any) -> dict[str, Any]:
    """Return the one span of a kind that a sample with these events has."""
    spans = read(inspect_log.load, log({**DATA, "events": list(events), **fields})).spans
    (found,) = spans.filter(kind=kind).iter_rows(named=True)
    return dict(found)


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"input_tokens": 10, "output_tokens": 3, "total_tokens": 13}, (10, 3, None)),
        ({"input_tokens": 10, "output_tokens": 3, "total_tokens": 13, "input_tokens_cache_read": 8}, (10, 3, None)),
        ({"input_tokens": 2, "output_tokens": 3, "total_tokens": 13, "input_tokens_cache_read": 8}, (10, 3, None)),
        (
            {
                **{"input_tokens": 1, "output_tokens": 3, "total_tokens": 13, "total_cost": 0.25},
                **{"input_tokens_cache_read": 4, "input_tokens_cache_write": 5},
            },
            (10, 3, 0.25),
        ),
        (None, (None, None, None)),
    ],
)
def test_input_tokens_include_the_cached_ones_in_old_logs_and_in_new(read: Read, usage: Any, tokens: Any) -> None:
    """In older logs `input_tokens` holds them, in newer ones it does not; the total tells which it is."""
    call = span(read, model(usage=usage), kind="LLM")
    assert (call["input_tokens"], call["output_tokens"], call["cost_usd"]) == tokens


def test_a_call_answered_from_the_cache_used_no_tokens(read: Read) -> None:
    usage = {"input_tokens": 10, "output_tokens": 3, "total_tokens": 13}
    call = span(read, model(usage=usage, cache="read"), kind="LLM")
    assert (call["input_tokens"], call["output_tokens"]) == (None, None)
    assert json.loads(call["attributes"])["output"]["usage"] == usage


def test_a_failed_model_call_and_a_failed_tool_call_are_errors(read: Read) -> None:
    failed = span(read, {**model(error="rate limit"), "output": {"model": "openai/m-1", "choices": []}}, kind="LLM")
    assert (failed["status"], failed["error_message"], failed["output"]) == ("ERROR", "rate limit", None)
    error = {"type": "timeout", "message": "took too long"}
    failed = span(read, tool(result="", error=error), kind="TOOL")
    assert (failed["status"], failed["error_type"], failed["error_message"]) == ("ERROR", "timeout", "took too long")
    assert span(read, tool(failed=True), kind="TOOL")["status"] == "ERROR"
    assert span(read, tool(), kind="TOOL")["status"] == "OK"


def test_a_sample_that_failed_or_met_a_limit_says_so(read: Read) -> None:
    error = {"message": "RuntimeError('broken')", "traceback": "Traceback ..."}
    root = span(read, kind="AGENT", error=error)
    assert (root["status"], root["error_type"], root["error_message"]) == ("ERROR", None, "RuntimeError('broken')")
    assert json.loads(root["attributes"])["error"]["traceback"] == "Traceback ..."
    root = span(read, kind="AGENT", limit={"type": "token", "limit": 500})
    assert (root["status"], root["error_type"], root["finish_reason"]) == ("ERROR", "token_limit", "token_limit")
    assert json.loads(root["attributes"])["limit"] == {"type": "token", "limit": 500}


def test_a_sample_has_its_own_times_where_it_says_them(read: Read) -> None:
    root = span(read, model(1), kind="AGENT", started_at=at(0), completed_at=at(9.5))
    assert root["duration_ms"] == 9500
    assert span(read, model(1), tool(3), kind="AGENT")["duration_ms"] == 4000
    root = span(read, kind="AGENT")
    assert (root["time_known"], root["started_at"], root["duration_ms"]) == (False, None, None)


def test_epochs_of_a_sample_are_traces_of_their_own(read: Read) -> None:
    first, second = ({**DATA, "epoch": epoch, "uuid": None, "events": [model()]} for epoch in (1, 2))
    loaded = read(inspect_log.load, log(first, second))
    assert loaded.spans["trace_id"].n_unique() == 2
    assert set(loaded.spans["task"]) == {"sums/s1"}
    assert loaded.guessed["a sample has no uuid: its trace id follows from the run, the sample's id and its epoch"] == 2
    assert read(inspect_log.load, log(first, second)).spans["trace_id"].to_list() == loaded.spans["trace_id"].to_list()


def test_parallel_calls_of_one_tool_are_matched_in_their_order(read: Read) -> None:
    begins = [
        {"event": "span_begin", "id": f"t{n}", "parent_id": "p", "type": "tool", "name": "add", "timestamp": at(n)}
        for n in (1, 2)
    ]
    calls = [tool(n, id=f"c{n}", span_id="p", arguments={"n": n}) for n in (1, 2)]
    parent = {"event": "span_begin", "id": "p", "type": "agent", "name": "helper", "timestamp": at(0)}
    spans = read(inspect_log.load, log({**DATA, "events": [parent, *begins, *calls]})).spans
    tools = spans.filter(kind="TOOL")
    assert tools.select("span_id", "parent_span_id", "tool_call_id").rows() == [("t1", "p", "c1"), ("t2", "p", "c2")]
    assert spans.filter(name="invoke_agent helper").select("kind", "agent", "parent_span_id").rows() == [
        ("AGENT", "helper", "u1")
    ]


def test_events_in_a_tool_call_and_in_steps_of_older_logs_are_enclosed_by_them(read: Read) -> None:
    step = {"event": "step", "action": "begin", "type": "solver", "name": "generate", "timestamp": at(0)}
    end = {"event": "step", "action": "end", "type": "solver", "name": "generate", "timestamp": at(9)}
    spans = read(inspect_log.load, log({**DATA, "events": [step, tool(events=[model()]), end, model(20)]})).spans
    parents = dict(spans.select("span_id", "parent_span_id").iter_rows())
    assert parents == {"u1": None, "u1:0": "u1", "u1:1": "u1:0", "u1:2": "u1:1", "u1:4": "u1"}
    assert spans.filter(name="generate")["duration_ms"].to_list() == [9000]


def test_messages_requests_and_texts_are_put_back_in(read: Read) -> None:
    pools = {
        "messages": [{"role": "system", "content": "attachment://a"}, {"role": "user", "content": "1 + 2?"}],
        "calls": [{"role": "user", "content": "attachment://b"}],
    }
    call = {"request": {"model": "m-1"}, "response": {}, "call_refs": [[0, 1]], "call_key": "input"}
    refers = model(input=[], input_refs=[[1, 2], [0, 1]], call=call)
    read_call = span(read, refers, kind="LLM", attachments={"a": "Be brief.", "b": "whole"}, events_data=pools)
    assert json.loads(read_call["input"]) == [
        {"role": "user", "content": "1 + 2?"},
        {"role": "system", "content": "Be brief."},
    ]
    request = json.loads(read_call["attributes"])["call"]["request"]
    assert request == {"model": "m-1", "input": [{"role": "user", "content": "whole"}]}


@pytest.mark.parametrize("refs", [[[0, 2]], [[-1, 0]], [[1, 0]], [["0", 1]], [[0]], "0-1"])
def test_a_reference_to_nothing_costs_its_event_only(read: Read, refs: Any) -> None:
    events = [model(input=[], input_refs=refs), tool()]
    pools = {"messages": [{"role": "user", "content": "x"}], "calls": []}
    loaded = read(inspect_log.load, log({**DATA, "events": events, "events_data": pools}))
    assert loaded.spans["kind"].to_list() == ["AGENT", "TOOL"]
    (refused,) = loaded.refused
    assert json.loads(refused.raw) == events[0]


def test_a_small_log_that_refers_to_gigabytes_is_cut(read: Read) -> None:
    """100 references of 1,000 times 1 MB each take 600 kB."""
    attachments = {"a": "x" * (1 << 20)}
    events = [model(input=[], input_refs=[[0, 1]] * 1_000) for _ in range(100)] + [tool()]
    pools = {"messages": [{"role": "user", "content": "attachment://a"}], "calls": []}
    loaded = read(inspect_log.load, log({**DATA, "events": events, "attachments": attachments, "events_data": pools}))
    assert {refused.reason for refused in loaded.refused} == {"too_large"}
    assert loaded.spans.height + len(loaded.refused) == 1 + 101
    assert resolve.MAX_RESOLVED_CHARACTERS == 256 << 20


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        ("C", [("match", 1.0, "C", "outcome")]),
        ("P", [("match", 0.5, "P", "outcome")]),
        ("N", [("match", 0.0, "N", "outcome")]),
        (True, [("match", 1.0, None, "outcome")]),
        ("no", [("match", 0.0, "no", "outcome")]),
        (0.73, [("match", 0.73, None, "evaluation")]),
        ("7", [("match", 7.0, "7", "evaluation")]),
        ("rude", [("match", None, "rude", "evaluation")]),
        (None, [("match", None, None, "evaluation")]),
        ({"tone": 3, "right": "I"}, [("match.tone", 3.0, None, "evaluation"), ("match.right", 0.0, "I", "outcome")]),
        ([1, "C"], [("match.0", 1.0, None, "evaluation"), ("match.1", 1.0, "C", "outcome")]),
    ],
)
def test_a_score_that_says_right_or_wrong_is_an_outcome(read: Read, value: Any, rows: list[Any]) -> None:
    loaded = read(inspect_log.load, log({**DATA, "scores": {"match": {"value": value, "explanation": "because"}}}))
    assert loaded.signals.select("name", "value", "label", "kind").rows() == rows
    assert set(loaded.signals["comment"]) == {"because"}
    assert set(loaded.signals["target_id"]) == {"u1"}


def test_who_judged_is_a_program_a_model_or_a_person(read: Read) -> None:
    scorers = [
        {"event": "span_begin", "id": name, "type": "scorer", "name": name, "timestamp": at(1)}
        for name in ("match", "graded", "edited")
    ]
    score = {"event": "score", "score": {"value": "C"}, "timestamp": at(2), "intermediate": False}
    events = [*scorers, model(span_id="graded"), *({**score, "span_id": name} for name in ("match", "graded"))]
    provenance = {"timestamp": at(30), "author": "Ann", "reason": "wrong key"}
    history = [{"value": "C"}, {"value": "I", "provenance": provenance}]
    scores = {"match": {"value": "C"}, "graded": {"value": "I"}, "edited": {"value": "I", "history": history}}
    signals = read(inspect_log.load, log({**DATA, "events": events, "scores": scores})).signals
    assert signals.select("name", "annotator_kind", "annotator").rows() == [
        ("match", "CODE", "match"),
        ("graded", "LLM", "graded"),
        ("edited", "HUMAN", "Ann"),
    ]
    assert [moment.second for moment in signals["at"]] == [2, 2, 30]


def test_scores_on_the_way_are_evaluations_and_the_final_ones_count_once(read: Read) -> None:
    events = [
        {"event": "score", "scorer": "match", "score": {"value": "I"}, "timestamp": at(1), "intermediate": True},
        {"event": "score", "scorer": "match", "score": {"value": "C"}, "timestamp": at(2), "target": "3"},
    ]
    loaded = read(inspect_log.load, log({**DATA, "events": events, "scores": {"match": {"value": "C"}}}))
    assert loaded.signals.select("kind", "value").rows() == [("evaluation", 0.0), ("outcome", 1.0)]
    unscored = read(inspect_log.load, log({**DATA, "events": events, "scores": None}))
    assert unscored.signals.select("kind", "value").rows() == [("evaluation", 0.0), ("outcome", 1.0)]


def test_a_broken_part_costs_no_neighbour_and_is_kept_as_it_came(read: Read) -> None:
    good = {**DATA, "uuid": "u2", "id": 2, "events": [model()], "scores": {"match": {"value": "C"}}}
    events = ["no event", model(timestamp="yesterday"), tool(id=["c1"]), model(3)]
    broken = {**DATA, "events": events, "scores": {"match": "C", "other": {"value": 1}}}
    loaded = read(inspect_log.load, log(7, {"epoch": 1}, broken, {**DATA, "events": 3}, good))
    assert loaded.spans["trace_id"].to_list() == ["u1", "u1", "u2", "u2"]
    assert loaded.signals["name"].to_list() == ["other", "match"]
    assert [json.loads(refused.raw) for refused in loaded.refused] == [
        7,
        {"epoch": 1},
        "no event",
        events[1],
        events[2],
        "C",
        {**DATA, "events": 3},
    ]
    assert len({refused.piece for refused in loaded.refused}) == 7


@pytest.mark.parametrize("samples", [[], None, "none"])
def test_a_log_without_samples_is_one_refused_record(read: Read, samples: Any) -> None:
    loaded = read(inspect_log.load, {**log(), "samples": samples})
    assert (loaded.spans.height, [refused.reason for refused in loaded.refused]) == (0, ["no_sample"])


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_journal/start.json", json.dumps({"version": 2, "eval": SPEC, "plan": {}}))
        for name, content in members.items():
            archive.writestr(f"samples/{name}_epoch_1.json", content)
    return packed.getvalue()


def test_a_sample_of_an_eval_file_that_cannot_be_read_costs_no_other(read: Read, write: Write) -> None:
    whole = json.dumps({**DATA, "events": [model(), tool()]}).encode()
    packed = bytearray(zipped(a=whole, b=whole.replace(b'"u1"', b'"u2"'), c=b"{broken", d=b"[]"))
    packed[packed.index(b"samples/a_epoch_1.json") + 60] ^= 0xFF
    loaded = read(inspect_log.load, write(bytes(packed), "x.eval"))
    assert loaded.spans["trace_id"].to_list() == ["u2"] * 3
    assert [refused.reason for refused in loaded.refused] == ["damaged", "not_json", "wrong_type"]
    assert [refused.raw for refused in loaded.refused][1:] == [b"{broken", b"[]"]
    nothing = read(inspect_log.load, write(zipped(), "y.eval"))
    assert [refused.reason for refused in nothing.refused] == ["no_sample"]


def test_a_sample_written_in_chunks_is_refused_and_not_overlooked(read: Read, write: Write) -> None:
    packed = io.BytesIO(zipped(a=json.dumps(DATA).encode()))
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("samples/b_epoch_1/sample.json", "{}")
        archive.writestr("samples/b_epoch_1/events/0.json", "[]")
    loaded = read(inspect_log.load, write(packed.getvalue(), "x.eval"))
    assert (loaded.spans.height, [refused.reason for refused in loaded.refused]) == (1, ["unsupported"])


def test_an_eval_file_without_a_header_is_no_log(read: Read, write: Write) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("samples/a_epoch_1.json", "{}")
    with pytest.raises(FormatError, match="no header"):
        read(inspect_log.load, write(packed.getvalue(), "x.eval"))


WORDS = st.text(max_size=20)
CALLS = st.builds(
    lambda second, text, tokens: ("LLM", model(second, text=text, usage={"input_tokens": tokens, "output_tokens": 1})),
    st.integers(0, 50),
    WORDS,
    st.integers(0, 10**9),
)
TOOLS = st.builds(
    lambda second, given, result: ("TOOL", tool(second, arguments={"given": given}, result=result)),
    st.integers(0, 50),
    WORDS,
    WORDS,
)
MOMENTS = st.builds(lambda data: (None, {"event": "info", "timestamp": at(1), "data": data}), WORDS)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(CALLS, TOOLS, MOMENTS), max_size=8))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, written: list[Any]) -> None:
    path = tmp_path_factory.mktemp("log") / "log.json"
    path.write_text(json.dumps(log({**DATA, "events": [event for _, event in written]})), "utf-8")
    source = Source(path)
    (batch,) = inspect_log.load(source, Context(source.id(), date(2026, 1, 1), str))
    root, *spans = batch.spans.iter_rows(named=True)
    told = [(kind, event) for kind, event in written if kind]
    assert [found["kind"] for found in spans] == [kind for kind, _ in told]
    for found, (kind, event) in zip(spans, told, strict=True):
        assert found["started_at"].isoformat(timespec="microseconds") == event["timestamp"]
        if kind == "LLM":
            assert json.loads(found["input"]) == event["input"]
            assert found["output"] == event["output"]["choices"][0]["message"]["content"]
            assert found["input_tokens"] == event["output"]["usage"]["input_tokens"]
        else:
            assert (json.loads(found["input"]), found["output"]) == (event["arguments"], event["result"])
    kept = json.loads(root["attributes"]).get("events", [])
    assert [moment.get("data", "") for moment in kept] == [event["data"] for kind, event in written if kind is None]
