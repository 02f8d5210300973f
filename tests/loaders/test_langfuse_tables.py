"""Langfuse's blob export: traces, observations and scores in files of their own, met in the store in any order."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench import loop
from workbench.ids import key_user
from workbench.loaders import langfuse
from workbench.store import DEMO_SECRET, init_workspace
from workbench.windows import Window

Read = Callable[..., Any]

NOW = datetime(2026, 2, 1, tzinfo=UTC)
TRACE: dict[str, Any] = {
    "id": "t1",
    "timestamp": "2026-01-05 10:00:00.000000",
    "name": "answer",
    "environment": "production",
    "project_id": "p",
    "metadata": {"tier": "gold"},
    "user_id": "ann",
    "session_id": "s1",
    "release": "1.2",
    "version": "7",
    "public": False,
    "bookmarked": False,
    "tags": ["rag", "beta"],
    "input": "What is it?",
    "output": "An app.",
}
ROOT: dict[str, Any] = {
    "id": "o1",
    "trace_id": "t1",
    "project_id": "p",
    "environment": "production",
    "type": "SPAN",
    "parent_observation_id": None,
    "start_time": "2026-01-05 10:00:00.100000",
    "end_time": "2026-01-05 10:00:02.000000",
    "name": "answer",
    "metadata": {},
    "level": "DEFAULT",
    "status_message": None,
    "version": None,
    "input": None,
    "output": None,
    "provided_model_name": None,
    "model_parameters": None,
    "usage_details": {},
    "cost_details": {},
    "total_cost": None,
}
CALL: dict[str, Any] = {
    **ROOT,
    "id": "o2",
    "type": "GENERATION",
    "parent_observation_id": "o1",
    "start_time": "2026-01-05 10:00:00.500000",
    "end_time": "2026-01-05 10:00:01.000000",
    "name": "complete",
    "input": '[{"role": "user", "content": "What, is \\"it\\"?"}]',
    "output": "An app.",
    "provided_model_name": "m",
    "model_parameters": {"temperature": 0},
    "usage_details": {"input": 10, "output": 4, "total": 14},
    "cost_details": {"total": 0.5},
    "total_cost": 0.5,
}
SCORES: list[dict[str, Any]] = [
    {
        **{"id": "c1", "timestamp": "2026-01-06 00:00:00", "project_id": "p", "environment": "production"},
        **{"trace_id": "t1", "observation_id": None, "session_id": None, "name": "user-thumb", "value": 0},
        **{"source": "API", "comment": "wrong", "data_type": "NUMERIC", "string_value": None},
    },
    {
        **{"id": "c2", "timestamp": "2026-01-06 00:00:00", "project_id": "p", "environment": "production"},
        **{"trace_id": "t1", "observation_id": "o2", "session_id": None, "name": "tone", "value": None},
        **{"source": "EVAL", "comment": None, "data_type": "CATEGORICAL", "string_value": "rude"},
    },
]
TABLES: dict[str, list[dict[str, Any]]] = {"traces": [TRACE], "observations": [ROOT, CALL], "scores": SCORES}


def _camel(row: dict[str, Any]) -> dict[str, Any]:
    def renamed(name: str) -> str:
        first, *others = name.split("_")
        return first + "".join(word.title() for word in others)

    return {renamed(name): value for name, value in row.items()}


def _cell(value: Any) -> Any:
    """Return a value as a table of texts has it."""
    return json.dumps(value) if isinstance(value, dict | list | bool) else None if value is None else str(value)


def _write(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    cells = [{name: _cell(value) for name, value in row.items()} for row in rows]
    if path.suffix == ".jsonl":
        path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    elif path.suffix == ".json":
        path.write_bytes(orjson.dumps(rows))
    elif path.suffix == ".csv":
        pl.DataFrame(cells, infer_schema_length=None).write_csv(path)
    else:
        pl.DataFrame(cells, infer_schema_length=None).write_parquet(path)
    return path


def _told(loaded: Any) -> tuple[list[Any], list[Any]]:
    return sorted(loaded.spans["content_digest"]), sorted(loaded.signals["signal_id"])


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("suffix", [".json", ".csv", ".parquet", ".camel.jsonl"])
def test_each_table_says_the_same_in_every_form(read: Read, tmp_path: Path, table: str, suffix: str) -> None:
    rows = [_camel(row) for row in TABLES[table]] if "camel" in suffix else TABLES[table]
    loaded = read(langfuse.load, _write(tmp_path / f"{table}{suffix}", rows))
    plain = read(langfuse.load, _write(tmp_path / f"{table}.jsonl", TABLES[table]))
    assert not loaded.refused
    assert _told(loaded) == _told(plain)
    assert (loaded.spans.height, loaded.signals.height) == {
        "traces": (1, 0),
        "observations": (2, 0),
        "scores": (0, 2),
    }[table]


def test_a_cell_of_text_is_a_number_where_a_number_is_meant(read: Read, tmp_path: Path) -> None:
    spans = read(langfuse.load, _write(tmp_path / "observations.csv", TABLES["observations"])).spans
    call = spans.row(by_predicate=pl.col("span_id") == "o2", named=True)
    assert (call["input_tokens"], call["output_tokens"], call["cost_usd"]) == (10, 4, 0.5)
    assert (call["model"], call["input"]) == ("m", CALL["input"])
    assert orjson.loads(call["attributes"])["modelParameters"] == {"temperature": 0}
    signals = read(langfuse.load, _write(tmp_path / "scores.csv", SCORES)).signals
    assert signals.select("name", "value", "label", "target_id").rows() == [
        ("user-thumb", 0.0, None, "t1"),
        ("tone", None, "rude", "o2"),
    ]


def test_counts_that_a_database_quotes_are_counts(read: Read) -> None:
    """ClickHouse writes integers of 64 bits and decimals as texts."""
    quoted = {**CALL, "usage_details": {"input": "10", "output": "4"}, "cost_details": {"total": "0.5"}}
    spans = read(langfuse.load, [quoted]).spans
    assert spans.select("input_tokens", "output_tokens", "cost_usd").rows() == [(10, 4, 0.5)]


@pytest.mark.parametrize("order", list(permutations(TABLES)))
def test_what_a_trace_says_is_found_whichever_file_came_first(tmp_path: Path, order: tuple[str, ...]) -> None:
    """Observations that came before their trace had no session, no user and no release, for ever."""
    workspace = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    for table in order:
        (report,) = loop.feed(workspace, [_write(tmp_path / f"{table}.jsonl", TABLES[table])], now=NOW)
        assert (report.n_in, report.n_quarantined) == (len(TABLES[table]), 0)
    trace = workspace.telemetry.traces(window=Window()).collect().row(0, named=True)
    assert (trace["session_id"], trace["user_key"], trace["release"]) == ("s1", key_user(DEMO_SECRET, "ann"), "1.2")
    assert (trace["root_span_id"], trace["task"], trace["input"], trace["output"]) == (
        *("t1", "answer"),
        *("What is it?", "An app."),
    )
    assert (trace["n_spans"], trace["input_tokens"], trace["cost_usd"]) == (3, 10, 0.5)
    spans = workspace.telemetry.spans().collect()
    assert dict(spans.select("span_id", "parent_span_id").rows()) == {"t1": None, "o1": "t1", "o2": "o1"}
    root = spans.row(by_predicate=pl.col("span_id") == "t1", named=True)
    assert orjson.loads(root["attributes"])["trace"]["tags"] == ["rag", "beta"]
    assert workspace.telemetry.sessions(window=Window()).collect()["session_id"].to_list() == ["s1"]
    assert workspace.telemetry.n_waiting_signals() == 0


def test_until_the_trace_comes_its_root_is_seen_to_be_missing(read: Read) -> None:
    loaded = read(langfuse.load, [ROOT, CALL])
    assert loaded.spans.select("span_id", "parent_span_id").rows() == [("o1", "t1"), ("o2", "o1")]
    assumed = "a lone observation without a parent lies below its trace, which is a root span of its own"
    assert loaded.guessed[assumed] == 1


def test_an_enriched_observation_brings_what_its_trace_says(read: Read, key: Callable[[str], str]) -> None:
    context = {"trace_name": "answer", "user_id": "ann", "session_id": "s1", "release": "1.2", "tags": ["rag"]}
    span = read(langfuse.load, [{**ROOT, **context}]).spans.row(0, named=True)
    assert (span["parent_span_id"], span["task"], span["session_id"], span["user_key"], span["release"]) == (
        *(None, "answer", "s1"),
        *(key("ann"), "1.2"),
    )
    assert orjson.loads(span["attributes"])["tags"] == ["rag"]


def test_a_trace_that_only_names_its_observations_is_a_root_for_them(read: Read) -> None:
    """The API lists a trace with the ids of its observations and scores."""
    spans = read(langfuse.load, [{**_camel(TRACE), "observations": ["o1", "o2"], "scores": ["c1"]}]).spans
    assert spans.select("span_id", "parent_span_id", "session_id").rows() == [("t1", None, "s1")]


@pytest.mark.parametrize(
    ("table", "fields", "reason"),
    [
        ("traces", {"id": None}, "no_id"),
        ("traces", {"timestamp": "noon"}, "bad_time"),
        ("observations", {"start_time": "noon"}, "bad_time"),
        ("observations", {"usage_details": {"input": "many"}}, "wrong_type"),
        ("observations", {"cost_details": {"total": "much"}}, "wrong_type"),
        ("observations", {"trace_id": None}, "no_id"),
        ("scores", {"name": None}, "no_id"),
        ("scores", {"trace_id": None}, "no_id"),
    ],
)
@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_one_bad_row_costs_one_record(
    read: Read, tmp_path: Path, table: str, fields: dict[str, Any], reason: str, suffix: str
) -> None:
    rows = [*TABLES[table], {**TABLES[table][0], **fields}]
    loaded = read(langfuse.load, _write(tmp_path / f"rows{suffix}", rows))
    assert [refused.reason for refused in loaded.refused] == [reason]
    assert loaded.spans.height + loaded.signals.height == len(TABLES[table])


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(str.strip)
GENERATIONS = st.lists(
    st.fixed_dictionaries(
        {
            "name": WORDS,
            "output": WORDS.filter(lambda text: text[0] not in '"[{'),
            "n_in": st.integers(0, 2**40),
            "cost": st.floats(0.001, 9),
        }
    ),
    min_size=1,
    max_size=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(generations=GENERATIONS, suffix=st.sampled_from([".jsonl", ".csv", ".parquet"]))
def test_generated_observations_come_back(
    read: Read, tmp_path: Path, generations: list[dict[str, Any]], suffix: str
) -> None:
    rows = [
        {
            **CALL,
            "id": f"g{n}",
            "name": said["name"],
            "output": said["output"],
            "usage_details": {"input": said["n_in"]},
            "cost_details": {"total": said["cost"]},
        }
        for n, said in enumerate(generations)
    ]
    loaded = read(langfuse.load, _write(tmp_path / f"generated{suffix}", rows))
    assert not loaded.refused
    assert loaded.spans.sort("span_id").select("name", "output", "input_tokens", "cost_usd").rows() == [
        (said["name"], said["output"], said["n_in"], said["cost"]) for said in generations
    ]
