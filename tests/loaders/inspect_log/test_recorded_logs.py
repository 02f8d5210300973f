"""Two real logs of Inspect, counted by hand: a browser agent of 43 events, and three samples of one question each."""

import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench.loaders import choose, inputs, inspect_log
from workbench.loaders.source import Source

Read = Callable[..., Any]
Write = Callable[..., Path]
BROWSER = "framework-traces/inspect/2025-05-12T20-27-36-04-00_browser.json"
POPULARITY = "framework-traces/inspect/2025-05-12T20-28-13-04-00_popularity.json"


@pytest.fixture
def browsing(shared_data: Path, read: Read) -> Any:
    """Return what is read of the browser agent's log."""
    return read(inspect_log.load, shared_data / BROWSER)


@pytest.fixture
def popularity(shared_data: Path, read: Read) -> Any:
    """Return what is read of the log of three samples."""
    return read(inspect_log.load, shared_data / POPULARITY)


def eval_file(log: dict[str, Any], *, is_finished: bool = True) -> bytes:
    """Return a log as Inspect packs it into an `.eval` file."""
    header = {name: value for name, value in log.items() if name not in ("samples", "reductions")}
    start = {name: log[name] for name in ("version", "eval", "plan")}
    members: dict[str, Any] = {"_journal/start.json": start}
    for sample in log["samples"]:
        members[f"samples/{sample['id']}_epoch_{sample['epoch']}.json"] = sample
    if is_finished:
        summaries = [{"id": sample["id"], "epoch": sample["epoch"]} for sample in log["samples"]]
        members |= {"summaries.json": summaries, "reductions.json": log["reductions"], "header.json": header}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in members.items():
            archive.writestr(name, json.dumps(value))
    return packed.getvalue()


def test_the_logs_are_told_by_their_content(shared_data: Path) -> None:
    for name in (BROWSER, POPULARITY):
        assert choose(Source(shared_data / name))[0] == "inspect"


def test_each_event_that_took_time_is_one_span(browsing: Any) -> None:
    """8 stretches, 4 of which are the tool calls, 5 model calls, 10 commands in the sandbox, and the sample itself."""
    assert (browsing.spans.height, browsing.signals.height, browsing.refused) == (24, 1, [])
    assert Counter(browsing.spans["kind"]) == {"AGENT": 1, "LLM": 5, "TOOL": 4, "CHAIN": 13, "EVALUATOR": 1}
    assert Counter(browsing.spans["name"]) == {
        "invoke_agent browser": 1,
        "chat gpt-4o-mini-2024-07-18": 5,
        "execute_tool web_browser_go": 1,
        "execute_tool web_browser_click": 3,
        "sandbox exec": 10,
        **dict.fromkeys(("init", "use_tools", "generate", "includes"), 1),
    }
    assert set(browsing.spans["trace_id"]) == {"ATYFNjyWUz4mZ5Dgj6yd4f"}
    assert set(browsing.spans["task"]) == {"browser/1"}
    assert set(browsing.spans["release"]) == {"e9a9d7161"}


def test_tokens_are_those_of_the_model_calls_and_none_counts_twice(browsing: Any, popularity: Any) -> None:
    calls = browsing.spans.filter(kind="LLM")
    assert calls["input_tokens"].to_list() == [1124, 1568, 2732, 3896, 5915]
    assert calls["output_tokens"].to_list() == [23, 17, 17, 17, 207]
    assert (browsing.spans["input_tokens"].sum(), browsing.spans["output_tokens"].sum()) == (15235, 281)
    assert popularity.spans["input_tokens"].drop_nulls().to_list() == [64, 58, 70]
    assert popularity.spans["output_tokens"].sum() == 6
    assert browsing.spans["cost_usd"].null_count() == 24


def test_a_tool_call_has_arguments_result_and_the_commands_in_it(browsing: Any) -> None:
    tool = browsing.spans.filter(tool_name="web_browser_go").row(0, named=True)
    assert json.loads(tool["input"]) == {"url": "https://www.aisi.gov.uk/"}
    assert tool["output"].startswith('[132] link "We are now the AI Security Institute"')
    assert (tool["tool_call_id"], tool["status"]) == ("call_35FTpd6shR9efioDgeEBZ33s", "OK")
    assert tool["duration_ms"] == pytest.approx((44.080452 - 39.762878) * 1000)
    inside = browsing.spans.filter(parent_span_id=tool["span_id"])
    assert inside["input"].to_list() == ["which inspect-tool-support", *["inspect-tool-support exec"] * 3]
    generate = browsing.spans.filter(name="generate").row(0, named=True)
    assert tool["parent_span_id"] == generate["span_id"]
    assert browsing.spans.filter(kind="LLM")["parent_span_id"].to_list() == [generate["span_id"]] * 5


def test_references_are_resolved(browsing: Any) -> None:
    first = browsing.spans.filter(kind="LLM").row(0, named=True)
    asked = json.loads(first["input"])
    assert [message["role"] for message in asked] == ["user"]
    assert asked[0]["content"].startswith("Use the web browser tool to navigate to https://www.aisi.gov.uk/.")
    for column in ("input", "output", "attributes"):
        assert not browsing.spans[column].str.contains("attachment://").any()


def test_a_model_call_says_model_provider_time_and_why_it_stopped(browsing: Any) -> None:
    calls = browsing.spans.filter(kind="LLM")
    assert set(calls["model"]) == {"gpt-4o-mini-2024-07-18"}
    assert set(calls["provider"]) == {"openai"}
    assert calls["finish_reason"].to_list() == [*["tool_calls"] * 4, "stop"]
    assert calls["duration_ms"][4] == pytest.approx((56.68506 - 52.049002) * 1000)
    attributes = json.loads(calls["attributes"][4])
    assert attributes["output"]["usage"]["input_tokens_cache_read"] == 3840
    assert attributes["model"] == "openai/gpt-4o-mini"


def test_the_sample_is_the_root(browsing: Any, popularity: Any) -> None:
    (root,) = browsing.spans.filter(pl.col("parent_span_id").is_null()).iter_rows(named=True)
    assert (root["span_id"], root["kind"], root["model"]) == (root["trace_id"], "AGENT", "openai/gpt-4o-mini")
    assert root["input"].startswith("Use the web browser tool")
    assert root["output"].startswith("The AI Security Institute (AISI) is")
    assert root["duration_ms"] == pytest.approx((56.689632 - 36.997226) * 1000)
    attributes = json.loads(root["attributes"])
    assert (attributes["total_time"], attributes["working_time"], attributes["epoch"]) == (18.517, 18.36, 1)
    assert attributes["log"]["status"] == "success"
    roots = popularity.spans.filter(pl.col("parent_span_id").is_null()).sort("task")
    assert roots["task"].to_list() == ["popularity/1", "popularity/2", "popularity/3"]
    kept = [json.loads(text) for text in roots["attributes"]]
    assert [entry.get("log", {}).get("status") for entry in kept] == ["cancelled", None, None]
    assert kept[0]["metadata"]["nested"] == {"foo": "bar"}


def test_what_took_no_time_is_kept_where_it_happened(browsing: Any) -> None:
    kept: Counter[str] = Counter()
    for text in browsing.spans["attributes"]:
        kept.update(event["event"] for event in json.loads(text).get("events", []))
    assert kept == {"state": 2, "store": 4, "sample_init": 1, "score": 1}


def test_scores_are_outcomes(browsing: Any, popularity: Any) -> None:
    (score,) = browsing.signals.iter_rows(named=True)
    assert (score["kind"], score["name"], score["value"], score["label"]) == ("outcome", "includes", 1.0, "C")
    assert (score["annotator_kind"], score["annotator"]) == ("CODE", "includes")
    assert score["at"].isoformat() == "2025-05-13T00:27:56.689065+00:00"
    assert score["comment"].startswith("The AI Security Institute")
    by_trace = dict(popularity.signals.select("target_id", "value").iter_rows())
    assert by_trace == {"G7qmTyE6WB9wLq6GAv5w9K": 1.0, "76snEZzrGrPY97wTmfrn3j": 1.0, "W8MPQk6wsigrQepwJF9pUJ": 0.0}


@pytest.mark.parametrize("name", [BROWSER, POPULARITY])
def test_an_eval_file_gives_the_same_rows_as_the_json_log(
    shared_data: Path, read: Read, write: Write, name: str
) -> None:
    path = write(eval_file(json.loads((shared_data / name).read_bytes())), "log.eval")
    assert choose(Source(path))[0] == "inspect"
    plain, packed = read(inspect_log.load, shared_data / name), read(inspect_log.load, path)
    assert packed.refused == []
    assert packed.spans["content_digest"].to_list() == plain.spans["content_digest"].to_list()
    assert packed.signals["signal_id"].to_list() == plain.signals["signal_id"].to_list()


def test_an_eval_file_is_one_file_and_so_is_one_in_an_archive(shared_data: Path, read: Read, write: Write) -> None:
    log = json.loads((shared_data / POPULARITY).read_bytes())
    path = write(eval_file(log), "log.eval")
    assert [source.path for source in inputs.sources(path)] == [path]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(path, "logs/log.eval")
        archive.writestr("other.zip", packed.getvalue() + eval_file({**log, "samples": []})[:-5])
    sources = inputs.sources(write(packed.getvalue(), "logs.zip"))
    source = next(sources)
    assert (source.fault, choose(source)[0]) == (None, "inspect")
    assert next(sources).fault is not None


def test_a_log_that_was_broken_off_has_no_header_and_is_read_from_its_journal(
    shared_data: Path, read: Read, write: Write
) -> None:
    log = json.loads((shared_data / POPULARITY).read_bytes())
    whole, cut = (read(inspect_log.load, write(eval_file(log, is_finished=done))) for done in (True, False))
    assert cut.spans["span_id"].to_list() == whole.spans["span_id"].to_list()
    assert cut.spans["content_digest"].to_list()[6:] == whole.spans["content_digest"].to_list()[6:]
