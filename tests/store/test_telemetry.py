"""The telemetry tables: every row exactly once, whatever the order, the writer or the repetition."""

import multiprocessing
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.errors import StoreError
from workbench.schemas import FINDINGS, SIGNALS, SPANS, TABLES, Table
from workbench.store.telemetry import Telemetry
from workbench.windows import Window

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def rows_of(table: Table, *rows: Mapping[str, object]) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in table.schema} for row in rows], schema=table.schema)


def span(
    span_id: str, *, digest: str | None = None, started_at: datetime | None = NOON, ended_at: datetime | None = None
) -> dict[str, object]:
    return {
        "trace_id": "t",
        "span_id": span_id,
        "started_at": started_at,
        "ended_at": ended_at,
        "time_known": started_at is not None,
        "content_digest": digest or span_id,
        "day": (started_at or NOON).date(),
    }


@pytest.fixture
def telemetry(tmp_path: Path) -> Telemetry:
    store = Telemetry(tmp_path)
    store.create()
    return store


def ids(store: Telemetry, window: Window | None = None) -> list[str]:
    return store.spans(window=window).select("span_id").collect()["span_id"].sort().to_list()


def test_a_row_that_comes_twice_is_stored_once(telemetry: Telemetry) -> None:
    rows = rows_of(SPANS, span("a"), span("b"), span("a"))
    assert telemetry.append(SPANS, rows, source="s", offset=1) == (2, 1)
    assert telemetry.append(SPANS, rows, source="other", offset=9) == (0, 3)
    assert ids(telemetry) == ["a", "b"]


@pytest.mark.parametrize("end_of_line", ["\u2028", "\u2029", "\x85", "\x0b", "\x1c"])
def test_an_id_that_ends_a_line_of_text_ends_no_line_of_the_log(telemetry: Telemetry, end_of_line: str) -> None:
    """It stands in the statistics of a commit as it is, and a commit was read as lines of text."""
    row = span("a") | {"trace_id": f"t{end_of_line}u"}
    telemetry.append(SPANS, rows_of(SPANS, row), source="s", offset=1)
    assert telemetry.spans().select("trace_id").collect().item() == row["trace_id"]


def test_a_row_without_time_is_the_same_row_on_another_day(telemetry: Telemetry) -> None:
    """A re-ingest a day later must not double the records that have no time of their own."""
    today = rows_of(SPANS, span("a", started_at=None))
    tomorrow = today.with_columns(day=pl.lit(date(2026, 3, 2)))
    assert telemetry.append(SPANS, today, source="s", offset=1).n_new == 1
    assert telemetry.append(SPANS, tomorrow, source="s", offset=1).n_new == 0


def test_an_unlike_row_of_the_same_day_is_kept_apart(telemetry: Telemetry) -> None:
    telemetry.append(SPANS, rows_of(SPANS, span("a")), source="s", offset=1)
    assert telemetry.append(SPANS, rows_of(SPANS, span("a", digest="a2")), source="s", offset=2).n_new == 1
    assert telemetry.scan(SPANS).collect().height == 2


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_one_span_id_with_three_contents_has_the_same_winner_in_any_order(
    telemetry: Telemetry, order: tuple[int, ...]
) -> None:
    contents = [
        span("a", digest="1"),
        span("a", digest="9", ended_at=NOON + timedelta(seconds=1)),
        span("a", digest="2", ended_at=NOON + timedelta(seconds=2)),
    ]
    for place in order:
        telemetry.append(SPANS, rows_of(SPANS, contents[place]), source="s", offset=place)
    assert telemetry.spans().collect()["content_digest"].to_list() == ["2"]


def test_a_window_keeps_what_starts_in_it_and_what_has_no_time_by_its_day(telemetry: Telemetry) -> None:
    rows = rows_of(
        SPANS,
        span("before", started_at=NOON - timedelta(seconds=1)),
        span("at start", started_at=NOON),
        span("at end", started_at=NOON + timedelta(hours=1)),
        span("no time", started_at=None),
    )
    telemetry.append(SPANS, rows, source="s", offset=1)
    assert ids(telemetry, Window(NOON, NOON + timedelta(hours=1))) == ["at start", "no time"]
    assert ids(telemetry, Window()) == ["at end", "at start", "before", "no time"]


def test_the_log_states_no_text_and_no_person(telemetry: Telemetry, tmp_path: Path) -> None:
    """After an erasure, user text would live on in the statistics of the log."""
    secret = {"input": "my secret", "user_key": "usr_someone", "session_id": "visit-7", "error_message": "for Ann"}
    telemetry.append(SPANS, rows_of(SPANS, span("a") | secret), source="s", offset=1)
    log = "".join(path.read_text() for path in (tmp_path / "spans" / "_delta_log").glob("*.json"))
    added = [line for line in log.splitlines() if line.startswith('{"add"')]
    assert len(added) == 1
    assert not [text for text in secret.values() if text in added[0]]
    assert "started_at" in added[0]


def test_a_files_footer_holds_no_text(telemetry: Telemetry, tmp_path: Path) -> None:
    """The least and the greatest text of a file, in full, made a footer of 100 MB, read again with every look-up."""
    texts = dict.fromkeys(("input", "output", "error_message", "attributes"), "secret " * 100_000)
    telemetry.append(SPANS, rows_of(SPANS, span("a") | texts), source="s", offset=1)
    (file,) = (tmp_path / "spans").glob("day=*/*.parquet")
    footer = pq.ParquetFile(file).metadata
    assert footer.serialized_size < 20_000
    stated = {
        footer.schema.column(n).name for n in range(footer.num_columns) if footer.row_group(0).column(n).statistics
    }
    assert stated.isdisjoint(texts)
    assert {"started_at", "trace_id", "content_digest"} <= stated


def test_the_source_and_its_offset_travel_with_the_commit(telemetry: Telemetry, tmp_path: Path) -> None:
    telemetry.append(SPANS, rows_of(SPANS, span("a")), source="src_x", offset=4711)
    assert DeltaTable(tmp_path / "spans").transaction_version("src:src_x") == 4711


def test_a_missing_table_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="workbench init"):
        Telemetry(tmp_path).scan(SIGNALS)


def test_every_table_takes_a_row_of_nulls_and_gives_its_schema_back(telemetry: Telemetry) -> None:
    for table in TABLES:
        row = {"day": NOON.date(), table.key[-1]: 0 if table.key[-1] == "piece" else "x"}
        assert telemetry.append(table, rows_of(table, row), source="s", offset=1).n_new == 1
        assert telemetry.scan(table).collect().schema == table.schema


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.sampled_from("abcdefg"), max_size=5), max_size=6))
def test_whatever_batches_come_the_table_is_their_union(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[str]]
) -> None:
    store = Telemetry(tmp_path_factory.mktemp("union"))
    store.create()
    added = [store.append(SPANS, rows_of(SPANS, *map(span, batch)), source="s", offset=1).n_new for batch in batches]
    union = sorted({name for batch in batches for name in batch})
    assert ids(store) == union
    assert sum(added) == len(union)


def append_all(root: Path, start: "multiprocessing.synchronize.Event", added: "multiprocessing.Queue[int]") -> None:
    store = Telemetry(root)
    start.wait()
    for first in range(0, 40, 10):
        rows = rows_of(SPANS, *(span(f"{number:02}") for number in range(first, first + 10)))
        added.put(store.append(SPANS, rows, source="s", offset=first).n_new)


def test_four_processes_that_bring_the_same_rows_store_each_once(telemetry: Telemetry, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start, added = context.Event(), context.Queue()
    processes = [context.Process(target=append_all, args=(tmp_path, start, added)) for _ in range(4)]
    for process in processes:
        process.start()
    start.set()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    assert sum(added.get() for _ in range(16)) == 40
    assert ids(telemetry) == [f"{number:02}" for number in range(40)]


def test_findings_of_two_runs_are_two_rows(telemetry: Telemetry) -> None:
    rows = [{"run_id": run, "finding_id": "f", "day": NOON.date()} for run in ("r1", "r2", "r1")]
    assert telemetry.append(FINDINGS, rows_of(FINDINGS, *rows), source="s", offset=1).n_new == 2


def compact_often(
    root: Path, start: "multiprocessing.synchronize.Event", failures: "multiprocessing.Queue[str]"
) -> None:
    store = Telemetry(root)
    start.wait()
    for first in range(0, 60, 5):
        store.append(
            SPANS, rows_of(SPANS, *(span(f"{number:02}") for number in range(first, first + 5))), source="s", offset=1
        )
        store.compact(above=0, above_a_day=0, keep_hours=0)
    failures.put("")


def test_compactions_beside_appends_and_each_other_double_nothing(telemetry: Telemetry, tmp_path: Path) -> None:
    """Two compactions of one version would each put their copy of the rows into the table.

    Replaced files are deleted at once here: an append that still looks into one looks again.
    """
    context = multiprocessing.get_context("spawn")
    start, done = context.Event(), context.Queue()
    processes = [context.Process(target=compact_often, args=(tmp_path, start, done)) for _ in range(3)]
    for process in processes:
        process.start()
    start.set()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * 3
    stored = telemetry.scan(SPANS).select("span_id").collect()["span_id"].sort().to_list()
    assert stored == [f"{number:02}" for number in range(60)]
    assert len(DeltaTable(tmp_path / "spans").file_uris()) < 12, "something was compacted"


def test_a_commit_that_a_kill_left_unflushed_is_flushed_by_the_next_ingest(
    telemetry: Telemetry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows are duplicates for the next ingest, which would acknowledge what a power cut could still take."""
    import workbench.store.durability as durability
    import workbench.store.telemetry as module

    with monkeypatch.context() as killed:
        killed.setattr(module, "sync_commit", lambda *_: None)
        telemetry.append(SPANS, rows_of(SPANS, span("a")), source="s", offset=1)
    flushed: list[Path] = []
    monkeypatch.setattr(durability, "sync", lambda paths: flushed.extend(paths))
    telemetry.settle()
    commit = tmp_path / "spans" / "_delta_log" / f"{1:020d}.json"
    data = next((tmp_path / "spans").glob("day=*/*.parquet"))
    assert {commit, data, commit.parent, data.parent} <= set(flushed)


def test_a_trace_that_crosses_a_windows_edge_is_whole_in_the_window_that_it_begins_in(telemetry: Telemetry) -> None:
    """Cut in two, a healthy trace looks like one that ended too early."""
    hour = timedelta(hours=1)
    rows = rows_of(
        SPANS,
        span("root", started_at=NOON - hour / 2),
        span("late child", started_at=NOON + hour / 2),
        span("other", started_at=NOON + hour / 4) | {"trace_id": "u"},
    )
    telemetry.append(SPANS, rows, source="s", offset=1)

    def seen(window: Window) -> list[str]:
        return telemetry.spans_of_traces(window=window).select("span_id").collect()["span_id"].sort().to_list()

    assert seen(Window(NOON - hour, NOON)) == ["late child", "root"]
    assert seen(Window(NOON, NOON + hour)) == ["other"]
    assert seen(Window()) == ["late child", "other", "root"]


def test_what_another_writer_added_meanwhile_is_seen(telemetry: Telemetry, tmp_path: Path) -> None:
    """What is remembered between appends must not outlive another process's commit."""
    other = Telemetry(tmp_path)
    assert telemetry.append(SPANS, rows_of(SPANS, span("a")), source="s", offset=1) == (1, 0)
    assert other.append(SPANS, rows_of(SPANS, span("b"), span("a")), source="s", offset=1) == (1, 1)
    assert telemetry.append(SPANS, rows_of(SPANS, span("b"), span("c")), source="s", offset=2) == (1, 1)
    assert other.append(SPANS, rows_of(SPANS, span("c"), span("a", started_at=None)), source="s", offset=2) == (0, 2)
    next_day = span("d", started_at=NOON + timedelta(days=1))
    assert telemetry.append(SPANS, rows_of(SPANS, next_day, span("a")), source="s", offset=3) == (1, 1)
    assert telemetry.append(SPANS, rows_of(SPANS, next_day, span("a")), source="s", offset=4) == (0, 2)
    assert ids(telemetry) == ["a", "b", "c", "d"]
