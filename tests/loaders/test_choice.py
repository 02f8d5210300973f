"""The format is told by the content, and what cannot be told says what to do."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench.errors import ConfigError, FormatError
from workbench.loaders import LOADERS, choose, expand
from workbench.loaders.source import Source

Write = Callable[..., Path]
Read = Callable[..., Any]

SIGNAL = {"target_kind": "trace", "target_id": "t", "kind": "feedback", "name": "thumb", "value": 1}
CONTENTS: dict[str, Any] = {
    "otlp": {"resourceSpans": []},
    "langfuse": {"trace": {"id": "t", "timestamp": "2026-01-01T00:00:00Z"}, "observations": []},
    "tau2_bench": {"info": {"agent_info": {}}, "tasks": [], "simulations": []},
    "tau_bench": [{"task_id": 1, "reward": 1, "info": {}, "traj": []}],
    "openai_agents": {"data": [{"object": "trace", "id": "t", "workflow_name": "w"}]},
    "openai_logs": {"request": {"model": "m", "messages": []}, "response": {"object": "chat.completion"}},
    "agentrx": [{"task_id": 1, "reward": 1, "info": {}, "traj": [{"role": "user", "content": "Hi", "index": 1}]}],
    "who_and_when": {"is_correct": False, "history": [{"content": "Hi", "name": "A_Expert", "role": "user"}]},
    "swe_agent": {"info": {"exit_status": "Submitted", "submission": ""}, "messages": [], "instance_id": "a__b-1"},
    "adk": {"id": "s", "appName": "a", "userId": "ann", "events": [{"invocationId": "e", "author": "user"}]},
    "adk_analytics": {"timestamp": "2026-01-05", "event_type": "X", "session_id": "s", "invocation_id": "e"},
    "claude": {"type": "user", "sessionId": "s", "uuid": "u", "message": {"role": "user", "content": "Hi"}},
    "inspect": {"version": 2, "status": "success", "eval": {"task": "t", "model": "m"}, "samples": []},
    "signals": SIGNAL,
    "mlflow": {"info": {"trace_id": "tr-1", "trace_location": {}, "state": "OK"}, "data": {"spans": []}},
    "langsmith": {"id": "r", "run_type": "chain", "start_time": "2026-01-01T00:00:00Z", "trace_id": "t", "inputs": {}},
}
BINARY = {"otlp_protobuf"}
"""Formats that are no JSON, and are told apart in tests of their own."""
OTHERS: list[tuple[str, Any]] = [
    ("langfuse", {"id": "o", "trace_id": "t", "type": "SPAN", "start_time": "2026-01-05 10:00:00"}),
    ("mlflow", {"info": {"request_id": "1", "timestamp_ms": 1, "execution_time_ms": 1, "status": "OK"}, "data": {}}),
    ("mlflow", {"trace": {"trace_info": {"trace_id": "tr-1", "trace_metadata": {}}, "spans": []}}),
    ("mlflow", {"traces": [{"trace_id": "tr-1", "trace_metadata": {}}], "next_page_token": "x"}),
    ("mlflow", {"spans": [{"span_id": "", "attributes": {"mlflow.traceRequestId": "tr-1"}}]}),
    ("mlflow", {"span_id": "", "attributes": [{"key": "mlflow.traceRequestId", "value": {"string_value": "tr-1"}}]}),
    ("mlflow", {"trace_id": "tr-1", "trace": '{"info": {"trace_id": "tr-1", "trace_metadata": {}}}', "state": "OK"}),
    ("mlflow", {"assessment_name": "thumb", "trace_id": "tr-1", "source": {}, "feedback": {"value": True}}),
    ("langsmith", {"id": "f", "run_id": "r", "key": "user_score", "score": 1, "feedback_source": None}),
    ("langsmith", {"runs": [{"id": "r", "run_type": "chain", "start_time": "", "dotted_order": "x"}]}),
    ("agentrx", {"trajectory_id": 1, "failures": []}),
    (
        "who_and_when",
        {"history": [{"content": "Hi", "role": "human"}, {"content": "", "role": "Orchestrator (thought)"}]},
    ),
    ("swe_agent", {"instance_id": "a__b-1", "report": {"patch_exists": True, "resolved": True}}),
    ("adk", {"app_name": "a", "user_id": "ann", "session_id": "s", "invocation_id": "e", "event_data": "{}"}),
]
"""What else some formats come as."""


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("indent", [None, 2])
def test_each_format_is_told_by_its_content(write: Write, name: str, indent: int | None) -> None:
    content = json.dumps(CONTENTS[name], indent=indent).encode()
    assert choose(Source(write(content, "misleading.csv")))[0] == name
    assert choose(Source(write(gzip.compress(content), "noise.bin")))[0] == name


def test_a_parquet_file_is_told_by_its_columns_and_first_rows(write: Write, read: Read, tmp_path: Path) -> None:
    """Exports in bulk come in Parquet, whose columns stand at its end: no format knew it without a mapping."""
    pl.DataFrame([SIGNAL, {**SIGNAL, "value": 0}]).write_parquet(tmp_path / "export.bin")
    name, load = choose(Source(tmp_path / "export.bin"))
    assert (name, read(load, tmp_path / "export.bin").signals["value"].to_list()) == ("signals", [1.0, 0.0])
    pl.DataFrame(schema=dict.fromkeys(SIGNAL, pl.String)).write_parquet(tmp_path / "empty.bin")
    assert choose(Source(tmp_path / "empty.bin"))[0] == "signals"
    with pytest.raises(FormatError, match="no loader knows this file"):
        choose(Source(write((tmp_path / "export.bin").read_bytes()[:-9])))


@pytest.mark.parametrize(("name", "content"), [*CONTENTS.items(), *OTHERS])
def test_no_format_is_taken_for_another(name: str, content: Any) -> None:
    head = json.dumps(content).encode()
    assert [known.name for known in LOADERS if known.recognises(head)] == [name]


@pytest.mark.parametrize(
    "content",
    [
        {"object": "chat.completion", "choices": []},
        {"object": "response", "output": []},
        {"object": "list", "data": [{"object": "chat.completion"}]},
        {"id": "batch_req_1", "custom_id": "1", "response": None, "error": {"code": "batch_expired"}},
        {"timestamp": 1, "workload_id": "w", "client_id": "c", "request": {}, "response": {"id": "x", "choices": []}},
        {"request": {"model": "m", "input": "Hi"}, "response": None, "error": "timed out"},
    ],
)
def test_calls_of_a_model_are_told_in_every_shape(content: Any) -> None:
    head = json.dumps(content).encode()
    assert [known.name for known in LOADERS if known.recognises(head)] == ["openai_logs"]


@pytest.mark.parametrize(
    "content",
    [
        {"parentUuid": None, "isSidechain": False, "type": "user"},
        {"type": "summary", "summary": "Weather", "leafUuid": "u"},
        {"type": "file-history-snapshot", "messageId": "u", "snapshot": {}},
        {"type": "permission-mode", "permissionMode": "default", "sessionId": "s"},
        {"type": "system", "subtype": "init", "session_id": "s", "tools": []},
        {"type": "assistant", "message": {"id": "m"}, "session_id": "s"},
    ],
)
def test_transcripts_are_told_by_whichever_line_comes_first(content: Any) -> None:
    head = json.dumps(content).encode()
    assert [known.name for known in LOADERS if known.recognises(head)] == ["claude"]


@pytest.mark.parametrize(
    "content",
    [
        {"request": {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}},
        {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "response": "Hello"},
        {"request": {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}, "response": "Hello"},
    ],
)
def test_chats_without_a_response_of_the_api_are_still_read_as_chats(write: Write, content: Any) -> None:
    assert choose(Source(write(content)))[0] == "chat_log"


def test_every_format_is_in_these_tests() -> None:
    assert {known.name for known in LOADERS} - BINARY == CONTENTS.keys()


@pytest.mark.parametrize("known", [known.name for known in LOADERS if known.reads_csv])
def test_a_table_is_told_by_its_columns(write: Write, known: str) -> None:
    record: Any = {**CONTENTS, **dict(OTHERS)}[known]
    header, row = (",".join(f'"{cell}"' for cell in cells) for cells in (record.keys(), record.values()))
    assert choose(Source(write(f"{header}\n{row}\n".encode(), "rows.json")))[0] == known
    assert choose(Source(write(f"{header}\n".encode(), "rows.json")))[0] == known


def test_a_table_of_another_kind_is_none_of_the_known_ones(write: Write) -> None:
    with pytest.raises(FormatError, match="no loader knows"):
        choose(Source(write(b"target_kind,target_id,name\ntrace,t,thumb\n", "feedback.csv")))


def test_a_bad_first_line_does_not_hide_the_format(write: Write) -> None:
    assert choose(Source(write(b"garbage\n" + json.dumps(SIGNAL).encode() + b"\n")))[0] == "signals"


def test_an_unknown_file_says_which_formats_are_known_and_that_a_mapping_helps(write: Write) -> None:
    with pytest.raises(FormatError, match=r"known: .*otlp, langfuse.*--mapping"):
        choose(Source(write({"question": "q"})))


def test_a_mapping_reads_what_no_loader_knows_and_leaves_the_rest(write: Write, read: Read) -> None:
    mapping = write(b'[columns]\ninput = "question"', "mapping.toml")
    name, load = choose(Source(write({"question": "q"})), mapping)
    assert (name, read(load, {"question": "q"}).spans["input"].to_list()) == ("mapped", ["q"])
    assert choose(Source(write(SIGNAL)), mapping)[0] == "signals"


def test_a_wrong_mapping_is_a_wrong_setting(write: Write) -> None:
    with pytest.raises(ConfigError):
        choose(Source(write({"question": "q"})), write(b"[colums]", "mapping.toml"))


def test_an_empty_file_is_no_format(write: Write) -> None:
    with pytest.raises(FormatError, match="is empty; export it again"):
        choose(Source(write(b" \n")))


def test_a_plain_chat_log_needs_no_mapping_and_says_what_was_guessed(write: Write, read: Read) -> None:
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    log = {"id": "c1", "created": 1767607200, "model": "m", "messages": turns, "extra": 1}
    name, load = choose(Source(write(log)))
    loaded = read(load, log)
    assert name == "chat_log"
    assert set(loaded.spans["trace_id"]) == {"c1"}
    assert loaded.spans.height == 2
    for guess in ("id is read as trace_id", "created is read as started_at", "model is read as model"):
        assert loaded.guessed[f"without a mapping, {guess}"] == 1


def test_a_mapping_that_is_not_there_is_told_also_where_none_is_needed(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    """Who mistypes its name would take the file for mapped."""
    signal = {"target_kind": "trace", "target_id": "t", "kind": "outcome", "name": "solved", "value": 1}
    with pytest.raises(ConfigError, match="cannot be read"):
        choose(Source(write(signal)), tmp_path / "missing.toml")


def test_every_recorded_file_is_told_or_refused(shared_data: Path) -> None:
    told = {
        Path(place).parent.name: choose(Source(place))[0]
        for place in expand([shared_data / "framework-traces/langfuse-export"])
    }
    assert told == {"langfuse-export": "langfuse"}
    for folder, name in (
        ("tau2-airline", "tau2_bench"),
        ("tau-bench-airline", "tau_bench"),
        ("agentrx-tau-retail", "agentrx"),
        ("who-and-when", "who_and_when"),
        ("swebench-mini/*.jsonl.gz", "swe_agent"),
        ("framework-traces/adk", "adk"),
    ):
        assert {choose(Source(path))[0] for path in expand([shared_data / folder])} == {name}
