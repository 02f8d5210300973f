"""A refused record is kept byte for byte: who repairs an exporter must see what it wrote."""

import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from workbench.loaders import (
    adk,
    adk_analytics,
    agentrx,
    claude,
    langfuse,
    langsmith,
    mapped,
    mlflow,
    openai_agents,
    openai_logs,
    signals,
    swe_agent,
    tau2_bench,
    tau_bench,
    who_and_when,
)
from workbench.loaders.batch import Load
from workbench.loaders.mapped.mapping import mapping_of

Read = Callable[..., Any]

BAD = b'{"role": "user", "role": "assistant", "x": NaN, "y": 1.0e0, "z": "\\u00fc"}'
"""Reading it would lose the first role, the NaN, the spaces, and how number and text are spelt."""
LOG = mapped.loader(mapping_of({"columns": {"trace_id": "id", "input": "q"}}))
CHATS = mapped.loader(mapping_of({"columns": {"trace_id": "id"}, "messages": {"path": "turns"}}))
SIGNAL = {"name": "n", "value": "v", "values": {"up": 1}}
PLACES: dict[str, tuple[Load, bytes]] = {
    "a line": (signals.load, b'{"target_kind": 1}\n  %s\n'),
    "an element": (signals.load, b'[ {"target_kind": 1} ,\n %s ]'),
    "a tau2 simulation": (tau2_bench.load, b'{"info": {"agent_info": {}}, "simulations": [ %s ]}'),
    "a tau2 message": (
        tau2_bench.load,
        b'[{"info": {"agent_info": {}}, "simulations": [{"id": "r", "messages": [{}, %s]}]}]',
    ),
    "a tau2 reward": (
        tau2_bench.load,
        b'{"info": {}, "simulations": [{"id": "r", "messages": [], "reward_info": {"reward": "%s"}}]}',
    ),
    "a tau message": (tau_bench.load, b'[{"task_id": 1, "reward": 1, "traj": [{"role": "user"}, %s]}]'),
    "an observation": (
        langfuse.load,
        b'{"trace": {"id": "t", "timestamp": "2026-01-01T00:00:00Z"}, "observations": [%s]}',
    ),
    "an observation inside its trace": (
        langfuse.load,
        b'{"id": "t", "timestamp": "2026-01-01T00:00:00Z", "observations": ["o", %s]}',
    ),
    "a score": (
        langfuse.load,
        b'{"trace": {"id": "t", "timestamp": "2026-01-01T00:00:00Z", "scores": [%s]}, "observations": []}',
    ),
    "an exported span": (openai_agents.load, b'{"data": [{"object": "trace"}, %s]}'),
    "a logged call": (openai_logs.load, b'{"object": "list", "data": [{"object": "response"}, %s]}'),
    "a run": (langsmith.load, b'{"id": "r", "run_type": "llm", "trace_id": "t"}\n  %s\n'),
    "a child run": (langsmith.load, b'{"id": "r", "run_type": "llm", "trace_id": "t", "child_runs": [ %s ]}'),
    "a numbered message": (agentrx.load, b'[{"task_id": 1, "reward": 1, "traj": [{"role": "user", "index": 1}, %s]}]'),
    "a label": (agentrx.load, b'[{"trajectory_id": 1, "failures": [ %s ]}]'),
    "a step": (who_and_when.load, b'{"is_correct": false, "history": [{"role": "A", "content": ""}, %s]}'),
    "a command": (swe_agent.load, b'{"instance_id": "i", "info": {}, "messages": [{"role": "user"},  %s]}'),
    "an event": (adk.load, b'{"id": "s", "events": [{"id": "e", "invocation_id": "i", "author": "a"}, %s]}'),
    "a row of an events table": (adk.load, b'{"session_id": "s"}\n  %s\n'),
    "a row of the analytics table": (adk_analytics.load, b'{"event_type": "X", "trace_id": "t"}\n  %s\n'),
    "an MLflow span": (mlflow.load, b'{"info": {"trace_id": "t"}, "data": {"spans": [{"span_id": "s"}, %s]}}'),
    "a served MLflow span": (mlflow.load, b'{"trace": {"info": {"trace_id": "t"}, "spans": [%s]}}'),
    "an assessment": (mlflow.load, b'{"info": {"trace_id": "t", "assessments": [ %s ]}, "data": {"spans": []}}'),
    "a line of a transcript": (claude.load, b'{"type": "user", "message": 7}\n  %s\n'),
    "a mapped record": (LOG, b'[{"id": "r", "q": "Hi"}, %s]'),
    "a mapped message": (CHATS, b'{"id": "r", "turns": [{"role": "user"}, {"content":  "%s"}]}'),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_refused_part_is_kept_as_it_was_written(read: Read, place: str) -> None:
    """Written again from what was read, it would lack the very fault that it was refused for."""
    load, document = PLACES[place]
    expected = {"a tau2 reward": b'{"reward": "bad"}', "a mapped message": b'{"content":  "bad"}'}.get(place, BAD)
    kept = [refused.raw for refused in read(load, document % (BAD if expected == BAD else b"bad")).refused]
    assert kept[-1] == expected


@pytest.mark.parametrize("quoted", [json.dumps, lambda text: json.dumps(json.dumps(text))])
def test_a_refused_part_of_json_in_a_text_is_kept_as_the_text_has_it(read: Read, quoted: Callable[[str], str]) -> None:
    trace = '{"id": "t", "timestamp": "2026-01-01T00:00:00Z"}'
    inner = quoted('[{"id":  []}, 7.0]')
    loaded = read(langfuse.load, f'{{"trace": {trace}, "observations": {inner}}}'.encode())
    assert [refused.raw for refused in loaded.refused] == [b'{"id":  []}', b"7.0"]


def test_a_document_that_is_one_record_is_kept_whole(read: Read) -> None:
    raw = b'\n {"target_kind": "trace", "value": NaN,\n "value": 2}\n'
    assert [refused.raw for refused in read(signals.load, raw).refused] == [raw]


def test_the_signals_of_a_record_are_refused_with_the_record(read: Read) -> None:
    load = mapped.loader(mapping_of({"columns": {"trace_id": "id"}, "signals": [SIGNAL]}))
    record = b'{"id": "r",  "v": "sideways"}'
    assert [refused.raw for refused in read(load, b"[%s]" % record).refused] == [record]


def test_one_wrong_quote_in_a_csv_file_costs_one_line(read: Read) -> None:
    """An open quote swallowed the rows after it up to the next quote, or all: they were neither stored nor kept."""
    raw = b'id,q\r\nr1,"a ""b"", c"\r\nr2,"open\r\nr3,d\r\nr4,"e\nf"\r\nr5,"x"y\r\nr6,g\r\n'
    loaded = read(LOG, raw)
    assert loaded.spans.select("trace_id", "input").rows() == [
        ("r1", 'a "b", c'),
        ("r3", "d"),
        ("r4", "e\nf"),
        ("r6", "g"),
    ]
    assert [(refused.offset, refused.reason, refused.raw) for refused in loaded.refused] == [
        (raw.index(b"r2"), "not_csv", b'r2,"open'),
        (raw.index(b"r5"), "not_csv", b'r5,"x"y'),
    ]
    assert loaded.end == len(raw)


def test_an_open_quote_with_no_other_quote_behind_it_costs_one_line(read: Read) -> None:
    loaded = read(LOG, b'id,q\nr1,"open\nr2,b\nr3,c\n')
    assert loaded.spans["trace_id"].to_list() == ["r2", "r3"]
    assert [refused.raw for refused in loaded.refused] == [b'r1,"open']


def test_a_refused_csv_row_keeps_its_quotes(read: Read) -> None:
    loaded = read(LOG, b'id;q\n"r1";"a;\n""b""";c\nr2;"\xff"\n')
    assert [refused.raw for refused in loaded.refused] == [b'"r1";"a;\n""b""";c', b'r2;"\xff"']


def test_rows_whose_every_quote_is_wrong_are_each_refused_in_linear_time(read: Read) -> None:
    """Each line both closes the quote before it and opens one: read anew from each line, the file would take days."""
    n_rows = 30_000
    start = time.process_time()
    loaded = read(LOG, b"id,q\n" + b'y","x\n' * n_rows)
    assert len(loaded.refused) == n_rows
    assert time.process_time() - start < 20


def test_a_refused_message_in_a_csv_cell_is_kept_as_the_cell_has_it(read: Read) -> None:
    cell = b'[{"role": "user"}, 7.0]'.replace(b'"', b'""')
    assert [refused.raw for refused in read(CHATS, b'id,turns\nr1,"%s"\n' % cell).refused] == [b"7.0"]


def test_a_refused_parquet_row_is_kept_as_json_with_its_nan(read: Read, tmp_path: Path) -> None:
    pl.DataFrame({"id": ["r1"], "q": [None], "n": [float("nan")]}).write_parquet(tmp_path / "log.parquet")
    load = mapped.loader(mapping_of({"columns": {"input": "q"}}))
    assert [refused.raw for refused in read(load, tmp_path / "log.parquet").refused] == [
        b'{"id": "r1", "q": null, "n": NaN}'
    ]


def test_a_damaged_archive_of_csv_says_so(read: Read) -> None:
    """It just ended, and looked whole."""
    rows = b"".join(b"r%d,%d\n" % (n, n * 7919) for n in range(5000))
    loaded = read(LOG, gzip.compress(b"id,q\n" + rows)[:-2000])
    assert loaded.refused[-1].reason == "damaged"
    assert 100 < loaded.spans.height < 5000


def test_every_record_is_read_or_refused(read: Read) -> None:
    records = [{"id": "r", "turns": [{"role": "user"}, n, {"role": "assistant", "content": str(n)}]} for n in range(9)]
    loaded = read(CHATS, records)
    assert (loaded.spans.height, len(loaded.refused)) == (2 * 9, 9)
    assert [refused.raw for refused in loaded.refused] == [orjson.dumps(n) for n in range(9)]
