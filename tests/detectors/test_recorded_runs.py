"""On real recorded runs the detectors find what their authors counted and what a plain loop over the files counts."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

from workbench.detectors import DETECTORS, Examination, examine
from workbench.loaders import tau2_bench, tau_bench
from workbench.loaders.batch import Context, Load
from workbench.loaders.source import Source

NOW = datetime(2026, 2, 3, tzinfo=UTC)
QWEN = "tau2-airline/qwen2.5-7b.json.gz"
TAU_BENCH = "tau-bench-airline/gpt-4o-airline.json.gz"


class Recording(NamedTuple):
    """One file, as it is and as the detectors see it."""

    value: Any
    examinations: dict[str, Examination]


@pytest.fixture(scope="module")
def qwen(shared_data: Path) -> Recording:
    return recording(shared_data / QWEN, tau2_bench.load)


@pytest.fixture(scope="module")
def gpt_4o(shared_data: Path) -> Recording:
    return recording(shared_data / TAU_BENCH, tau_bench.load)


def recording(path: Path, load: Load) -> Recording:
    context = Context(source_id="src_test", ingest_day=date(2026, 2, 3), key_user=lambda user: f"usr_{user}")
    batches = list(load(Source(path), context))
    spans = pl.concat([batch.spans for batch in batches]).lazy()
    signals = pl.concat([batch.signals for batch in batches]).lazy()
    examined = {entry.code: examine(entry, spans, signals, run_id="run_1", now=NOW) for entry in DETECTORS}
    return Recording(json.loads(gzip.decompress(path.read_bytes())), examined)


def n_traces(examination: Examination) -> int:
    return examination.findings["trace_id"].n_unique()


def loops(conversations: Iterator[list[dict[str, Any]]]) -> int:
    """Count the conversations in which one call was made three times, by the messages themselves."""
    return sum(max(_calls(messages).values(), default=0) >= 3 for messages in conversations)


def _calls(messages: list[dict[str, Any]]) -> Counter[str]:
    calls = [call for message in messages for call in message.get("tool_calls") or []]
    named = [call.get("function", call) for call in calls]
    return Counter(json.dumps([call["name"], call["arguments"]]) for call in named)


def test_tool_errors_are_those_that_the_readme_counts(qwen: Recording, gpt_4o: Recording) -> None:
    errors = qwen.examinations["tool_error"]
    assert (errors.tally.n_examined, errors.tally.n_found, n_traces(errors)) == (344, 79, 26)
    assert gpt_4o.examinations["tool_error"].tally.n_found == 73


def test_errors_that_differ_in_amounts_ids_and_dates_have_one_text(gpt_4o: Recording) -> None:
    texts = Counter(gpt_4o.examinations["tool_error"].findings["text"])
    said = Counter(text.partition(": ")[2] for text in texts.elements())
    assert said["Error: flight <id> not available on date <date>"] == 13 + 1 + 1
    assert said["Error: payment amount does not add up, total price is <number>, but paid <number>"] == 24
    assert said["Error: gift card balance is not enough"] == 12


def test_failed_outcomes_are_the_runs_without_the_full_reward(qwen: Recording, gpt_4o: Recording) -> None:
    assert gpt_4o.examinations["failed_outcome"].tally.n_found == 200 - 84
    assert qwen.examinations["failed_outcome"].tally.n_found == 50 - 9


def test_runs_ended_by_errors_are_found(qwen: Recording) -> None:
    problems = [json.loads(row)["problem"] for row in qwen.examinations["premature_end"].findings["evidence"]]
    assert Counter(problems) == {"ended by agent_error": 9, "ended by too_many_errors": 1}


def test_empty_answers_are_found(qwen: Recording) -> None:
    messages = [message for run in qwen.value["simulations"] for message in run["messages"]]
    empty = [
        message
        for message in messages
        if message["role"] == "assistant" and not message["tool_calls"] and not (message["content"] or "").strip()
    ]
    assert qwen.examinations["incomplete_answer"].tally.n_found == len(empty) == 9


def test_loops_are_found_with_and_without_times(qwen: Recording, gpt_4o: Recording) -> None:
    assert n_traces(qwen.examinations["repeated_call"]) == loops(run["messages"] for run in qwen.value["simulations"])
    assert n_traces(gpt_4o.examinations["repeated_call"]) == loops(run["traj"] for run in gpt_4o.value)


def test_what_is_not_recorded_is_not_judged(qwen: Recording, gpt_4o: Recording) -> None:
    assert dict(qwen.examinations["negative_feedback"].tally.not_applicable) == {"no feedback": 50}
    tally = gpt_4o.examinations["latency_outlier"].tally
    assert dict(tally.not_applicable) == {"no time": tally.n_examined}


def test_no_detector_fails(qwen: Recording, gpt_4o: Recording) -> None:
    for examinations in (qwen.examinations, gpt_4o.examinations):
        assert {entry.tally.error for entry in examinations.values()} == {None}
