"""What is older than a workspace may keep goes by whole days, its files later, and nothing else goes."""

import json
import os
import threading
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from workbench import loop
from workbench.errors import ConfigError, StoreError
from workbench.schemas import QUARANTINE, SPANS, TABLES
from workbench.store import DEMO_SECRET, Workspace, examine, init_workspace, open_workspace, retain
from workbench.store.compaction import LOCK
from workbench.store.durability import lock
from workbench.store.telemetry import Telemetry

NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
N_DAYS = 10


def span(day: int) -> str:
    start = int(datetime(2026, 3, day, 12, tzinfo=UTC).timestamp()) * 1_000_000_000
    content = {
        "traceId": f"{day:032x}",
        "spanId": f"{day:016x}",
        "name": "chat",
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + 1),
    }
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [content]}]}]})


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return one span a day, 1 to 10 March, and a refused record of 1 March and of 10 March."""
    made = init_workspace(tmp_path / "w", secret=DEMO_SECRET)
    old, new = [*map(span, range(1, N_DAYS + 1)), "{old"], [span(N_DAYS), "{new"]
    for name, lines, day in (("a", old, 1), ("b", new, N_DAYS)):
        (tmp_path / name).write_text("\n".join(lines) + "\n")
        loop.feed(made, [tmp_path / name], now=datetime(2026, 3, day, 13, tzinfo=UTC))
    return made


def refused(workspace: Workspace) -> list[bytes]:
    return sorted(path.read_bytes() for path in workspace.quarantine.iterdir())


def age_bytes(workspace: Workspace) -> None:
    """Give raw bytes the time of their ingest: they are made now."""
    days = dict(workspace.telemetry.scan(QUARANTINE).select("digest", "day").collect().iter_rows())
    for path in workspace.quarantine.iterdir():
        then = datetime.combine(days[path.name], datetime.min.time(), UTC).timestamp() + 3600
        os.utime(path, (then, then))


def days_of(workspace: Workspace) -> list[int]:
    return sorted(day.day for day in workspace.telemetry.scan(SPANS).collect()["day"])


def test_days_that_are_old_enough_go(workspace: Workspace) -> None:
    done = {one.table: one for one in retain(workspace, now=NOW, days=4, quarantine_days=0)}
    assert days_of(workspace) == [7, 8, 9, 10]
    assert (done["spans"].n_rows, done["spans"].n_files) == (6, 0), "files stay for readers of the older version"
    assert str(done["spans"].before) == "2026-03-07"
    assert (done["quarantine"].before, done["quarantine"].n_rows) == (None, 0)
    assert len(refused(workspace)) == 2


def test_files_of_dropped_days_are_deleted_once_nobody_reads_them(workspace: Workspace) -> None:
    version = workspace.telemetry.versions()["spans"]
    retain(workspace, now=NOW, days=4, quarantine_days=0)
    before = pl.scan_delta(str(workspace.root / "telemetry" / "spans"), version=version)
    assert before.collect().height == N_DAYS
    [spans] = [
        one for one in retain(workspace, now=NOW, days=4, quarantine_days=0, keep_hours=0) if one.table == "spans"
    ]
    assert (spans.n_rows, spans.n_files) == (0, 6)
    assert spans.n_bytes > 0
    left = {path.parent.name for path in (workspace.root / "telemetry" / "spans").rglob("day=*/*.parquet")}
    assert left == {f"day=2026-03-{day:02d}" for day in range(7, 11)}


def test_refused_records_go_with_their_bytes(workspace: Workspace) -> None:
    age_bytes(workspace)
    done = {one.table: one for one in retain(workspace, now=NOW, days=0, quarantine_days=2)}
    assert (done["quarantine"].n_rows, done["quarantine bytes"].n_files) == (1, 1)
    assert b"{old" not in refused(workspace)
    assert b"{new" in refused(workspace)
    assert days_of(workspace) == list(range(1, N_DAYS + 1))
    faults = examine(workspace.root, now=NOW.timestamp(), noted=[])
    assert [fault for fault in faults if fault.is_damage] == []


def test_bytes_that_another_row_names_stay(workspace: Workspace, tmp_path: Path) -> None:
    """The same broken line came again later: its bytes are kept as long as the later row."""
    age_bytes(workspace)
    (tmp_path / "c").write_text(span(11) + "\n{old\n")
    loop.feed(workspace, [tmp_path / "c"], now=NOW)
    retain(workspace, now=NOW, days=0, quarantine_days=2)
    assert b"{old" in refused(workspace)


def test_bytes_that_a_writer_has_just_found_there_are_not_deleted_under_it(workspace: Workspace) -> None:
    """A row was acknowledged whose raw bytes went between the writer's look at them and its commit."""
    age_bytes(workspace)
    old = workspace.telemetry.scan(QUARANTINE).filter(pl.col("day") < date(2026, 3, 2)).collect()
    raw = dict.fromkeys(old["digest"], b"{old")
    retaining = threading.Thread(target=partial(retain, workspace, now=NOW, days=0, quarantine_days=2))
    with workspace.writing():
        workspace.keep_refused(raw)
        retaining.start()
        retaining.join(timeout=2)
        again = old.with_columns(day=date(2026, 3, 11), source=pl.lit("src_other"))
        workspace.telemetry.append(QUARANTINE, again, source="src_other", offset=1)
    retaining.join()
    assert b"{old" in refused(workspace)


def test_journals_of_experiments_go_with_the_telemetry_of_their_days(workspace: Workspace) -> None:
    """What both versions answered quotes users as telemetry does, and was kept for ever."""
    workspace.experiments.mkdir()
    old, new = (workspace.experiments / name for name in ("exp_old.jsonl", "exp_new.jsonl"))
    for path, age in ((old, timedelta(days=5)), (new, timedelta(days=3))):
        path.write_text("{}\n")
        os.utime(path, (0, (NOW - age).timestamp()))
    retain(workspace, now=NOW, days=0, quarantine_days=2)
    assert old.exists()
    retain(workspace, now=NOW, days=4, quarantine_days=0, is_dry_run=True)
    assert old.exists()
    done = {one.table: one for one in retain(workspace, now=NOW, days=4, quarantine_days=0)}
    assert (done["experiment journals"].n_files, old.exists(), new.exists()) == (1, False, True)


def test_a_dry_run_deletes_nothing(workspace: Workspace) -> None:
    age_bytes(workspace)
    done = {one.table: one for one in retain(workspace, now=NOW, days=4, quarantine_days=2, is_dry_run=True)}
    assert (done["spans"].n_rows, done["quarantine bytes"].n_rows) == (6, 1)
    assert days_of(workspace) == list(range(1, N_DAYS + 1))
    assert len(refused(workspace)) == 2


def test_a_run_that_was_killed_is_completed_by_the_next(workspace: Workspace) -> None:
    """Rows go before bytes: what a kill between the two leaves is found without the rows."""
    age_bytes(workspace)
    Telemetry(workspace.telemetry.root).drop_days(QUARANTINE, NOW.date() - timedelta(days=2), keep_hours=168)
    retain(workspace, now=NOW, days=0, quarantine_days=2)
    assert b"{old" not in refused(workspace)


def test_it_waits_for_no_compaction(workspace: Workspace) -> None:
    with lock(workspace.root / "telemetry" / LOCK) as is_mine:
        assert is_mine
        with pytest.raises(StoreError, match="another process is compacting"):
            retain(workspace, now=NOW, days=1, quarantine_days=1)


def test_an_ingest_goes_on_after_it(workspace: Workspace, tmp_path: Path) -> None:
    retain(workspace, now=NOW, days=4, quarantine_days=0, keep_hours=0)
    [report] = loop.feed(workspace, [tmp_path / "a"], now=NOW)
    assert (report.n_stored, report.n_duplicate) == (6, 4), "who ingests an old file again has it until the next run"
    assert all(workspace.telemetry.scan(table).collect() is not None for table in TABLES)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[redact]\nkeep = ["ipv4"]', "redact.keep == .*must be a list of credentials"),
        ("[redact]\nkeeps = []", r"\[redact\] may say also, keep, version"),
        ("[retention]\ndays = -1", "retention.days == -1, must be a whole number"),
        ("[retention]\ndays = true", "retention.days == True"),
        ("retention = 3", r"\[retention\] may say"),
    ],
)
def test_a_wrong_policy_is_refused(workspace: Workspace, text: str, said: str) -> None:
    path = workspace.root / "workspace.toml"
    path.write_text(path.read_text().partition("\n# Kinds of personal")[0] + f"\n{text}\n")
    with pytest.raises(ConfigError, match=said):
        open_workspace(workspace.root)


def test_what_the_policy_keeps_is_not_redacted(workspace: Workspace, tmp_path: Path) -> None:
    path = workspace.root / "workspace.toml"
    path.write_text(path.read_text().replace("keep = []", 'keep = ["ip"]'))
    content = json.loads(span(11))
    content["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"] = [
        {"key": "app.note", "value": {"stringValue": "ann@example.com at 81.2.69.142"}}
    ]
    (tmp_path / "note").write_text(json.dumps(content) + "\n")
    loop.feed(open_workspace(workspace.root), [tmp_path / "note"], now=NOW)
    [noted] = workspace.telemetry.scan(SPANS).filter(pl.col("day").dt.day() == 11).collect()["attributes"]
    assert "[email] at 81.2.69.142" in noted


def test_other_patterns_than_before_are_told(workspace: Workspace, tmp_path: Path) -> None:
    """Records that are redacted otherwise have other digests: what comes again would be stored twice."""
    path = workspace.root / "workspace.toml"
    path.write_text(path.read_text().replace("\nversion = 1\n\n# After", "\nversion = 0\n\n# After"))
    with pytest.raises(ConfigError, match="redacted by patterns of version 0"):
        loop.feed(open_workspace(workspace.root), [tmp_path / "a"], now=NOW)
