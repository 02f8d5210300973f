"""Every damage that a workspace can suffer is named, and what can be mended without a loss is."""

import shutil
import sqlite3
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable, Field
from deltalake.schema import PrimitiveType

from workbench.errors import ConfigError
from workbench.ids import digest
from workbench.records import DetectionRun, Tally
from workbench.schemas import QUARANTINE, SPANS, Table
from workbench.store import DEMO_SECRET, Fault, Workspace, examine, init_workspace, mend, open_workspace
from workbench.store.secret import ENVIRONMENT_VARIABLE

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW = datetime.now(UTC).timestamp()
NEXT_WEEK = NOW + 7 * 24 * 3600
TALLY = Tally(detector="d", version=1, state="clear", n_examined=1, n_found=0, n_clear=1, not_applicable={}, error=None)
RUN = DetectionRun(
    id="run_1",
    at=NOON,
    window="all",
    table_versions={},
    tallies=(TALLY,),
    n_findings=0,
    n_clusters=0,
    noise_share=None,
    seed=0,
    embedder="none",
    supersedes=None,
)


def rows_of(table: Table, *rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in table.schema} for row in rows], schema=table.schema)


def add_span(workspace: Workspace, span_id: str) -> int:
    row = {"trace_id": "t", "span_id": span_id, "started_at": NOON, "content_digest": span_id, "day": NOON.date()}
    return workspace.telemetry.append(SPANS, rows_of(SPANS, row), source="s", offset=1).n_new


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Make a workspace with three commits of one span each, one refused record, and one decision."""
    made = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    for name in ("a", "b", "c"):
        add_span(made, name)
    made.keep_refused({digest(b"{bad"): b"{bad"})
    row = {"source": "s", "offset": 0, "piece": -1, "digest": digest(b"{bad"), "day": NOON.date()}
    made.telemetry.append(QUARANTINE, rows_of(QUARANTINE, row), source="s", offset=1)
    made.ledger.append([RUN], now=NOON)
    return made


def kinds(workspace: Workspace, *, now: float = NOW) -> list[str]:
    return sorted(fault.kind for fault in examine(workspace.root, now=now))


def only(workspace: Workspace, kind: str, *, now: float = NOW) -> Fault:
    faults = examine(workspace.root, now=now)
    assert [fault.kind for fault in faults] == [kind]
    return faults[0]


def mended(workspace: Workspace, *, now: float = NOW) -> list[str]:
    """Mend, and return what was mended; no damage may remain."""
    done, remaining = mend(workspace.root, now=now)
    assert not [fault for fault in remaining if fault.is_damage]
    return sorted(fault.kind for fault in done)


def spans_held(workspace: Workspace) -> list[str]:
    return open_workspace(workspace.root).telemetry.spans().collect()["span_id"].sort().to_list()


def commit(workspace: Workspace, version: int) -> Path:
    return workspace.root / "telemetry/spans/_delta_log" / f"{version:020d}.json"


def a_data_file(workspace: Workspace) -> Path:
    return sorted((workspace.root / "telemetry/spans").glob("day=*/*.parquet"))[0]


def everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes() if path.is_file() else b"", path.stat().st_mode)
        for path in folder.rglob("*")
    }


def test_a_sound_workspace_has_no_fault_and_looking_changes_nothing(workspace: Workspace) -> None:
    before = everything(workspace.root)
    assert examine(workspace.root, now=NOW) == []
    assert everything(workspace.root) == before


@pytest.mark.parametrize("content", [b"", b'{"commitInfo":{"timestamp":17', b"\0" * 100])
def test_a_last_commit_that_is_torn_or_empty_is_set_aside_and_its_rows_come_again(
    workspace: Workspace, content: bytes
) -> None:
    """After a power cut, an empty last commit opens as if nothing had been lost, a torn one not at all."""
    commit(workspace, 3).write_bytes(content)
    assert "never acknowledged" in only(workspace, "torn_commit").what
    assert commit(workspace, 3).read_bytes() == content, "looking changes nothing"
    assert mended(workspace) == ["torn_commit"]
    assert (workspace.root / "set-aside/spans" / commit(workspace, 3).name).read_bytes() == content
    assert stat.S_IMODE((workspace.root / "set-aside/spans").stat().st_mode) == 0o700
    assert [fault.kind for fault in examine(workspace.root, now=NEXT_WEEK)] == ["orphan_files"]
    assert spans_held(workspace) == ["a", "b"]
    assert add_span(open_workspace(workspace.root), "c") == 1
    assert spans_held(workspace) == ["a", "b", "c"]


def test_a_torn_commit_that_others_stand_on_is_left_to_a_person(workspace: Workspace) -> None:
    commit(workspace, 2).write_bytes(b'{"add":')
    assert only(workspace, "damaged_log").mend is None
    assert "commit 2 is torn" in only(workspace, "damaged_log").what


def test_a_commit_that_is_gone_from_the_middle_is_named(workspace: Workspace) -> None:
    commit(workspace, 1).unlink()
    assert "commit 1 is gone" in only(workspace, "damaged_log").what


def test_an_empty_commit_that_others_stand_on_does_no_harm(workspace: Workspace) -> None:
    commit(workspace, 2).write_bytes(b"")
    faults = examine(workspace.root, now=NOW)
    assert [(fault.kind, fault.is_damage) for fault in faults] == [("empty_commit", False), ("orphan_files", False)]


def test_a_data_file_that_is_gone_is_taken_out_of_the_log_and_its_rows_come_again(workspace: Workspace) -> None:
    a_data_file(workspace).unlink()
    fault = only(workspace, "missing_files")
    assert ("day=2026-03-01" in fault.where, "1 data file named" in fault.what) == (True, True)
    assert mended(workspace) == ["missing_files"]
    assert len(spans_held(workspace)) == 2
    assert sum(add_span(open_workspace(workspace.root), name) for name in "abc") == 1
    assert spans_held(workspace) == ["a", "b", "c"]


@pytest.mark.parametrize("damage", [lambda raw: raw[:-100], lambda raw: b"\0" * len(raw), lambda raw: b""])
def test_a_data_file_that_was_cut_or_overwritten_is_set_aside(
    workspace: Workspace, damage: Callable[[bytes], bytes]
) -> None:
    file = a_data_file(workspace)
    file.write_bytes(damage(file.read_bytes()))
    only(workspace, "damaged_files")
    assert mended(workspace) == ["damaged_files"]
    assert len(spans_held(workspace)) == 2


def test_files_that_a_kill_left_are_counted_and_deleted_only_when_they_are_old(workspace: Workspace) -> None:
    folder = workspace.root / "telemetry/spans"
    left = {
        folder / "day=2026-03-01/part-left.zstd.parquet": ("orphan_files", 40),
        folder / "day=2026-03-01/part-half.zstd.parquet#1": ("staged_files", 30),
        folder / "_delta_log/00000000000000000009.json#1": ("staged_files", 20),
        workspace.quarantine / ("f" * 64): ("bytes_without_row", 10),
        workspace.quarantine / ".ab.1.part": ("part_files", 5),
        workspace.root / ".workspace.toml.7.part": ("part_files", 2),
    }
    for path, (_, n_bytes) in left.items():
        path.write_bytes(b"x" * n_bytes)
        path.chmod(0o600)
    faults = examine(workspace.root, now=NOW)
    assert {fault.kind: fault.n_bytes for fault in faults} == {
        **{"orphan_files": 40, "staged_files": 30 + 20, "bytes_without_row": 10, "part_files": 5 + 2},
    }
    assert not any(fault.is_damage or fault.mend for fault in faults)
    assert mend(workspace.root, now=NOW)[0] == []
    assert all(path.exists() for path in left)
    assert mended(workspace, now=NEXT_WEEK) == ["bytes_without_row", "orphan_files", "part_files", "staged_files"]
    assert not any(path.exists() for path in left)
    assert spans_held(workspace) == ["a", "b", "c"]


def test_files_that_were_replaced_by_a_compaction_are_no_fault(workspace: Workspace) -> None:
    workspace.telemetry.compact(above=0, above_a_day=1)
    assert examine(workspace.root, now=NEXT_WEEK) == []


@pytest.mark.parametrize("damage", ["cut", "gone", "hint"])
def test_a_checkpoint_that_cannot_be_read_is_written_anew(workspace: Workspace, damage: str) -> None:
    DeltaTable(workspace.root / "telemetry/spans").create_checkpoint()
    log = workspace.root / "telemetry/spans/_delta_log"
    checkpoint, hint = next(log.glob("*.checkpoint.parquet")), log / "_last_checkpoint"
    assert examine(workspace.root, now=NOW) == []
    damages: dict[str, Callable[[], object]] = {
        "cut": lambda: checkpoint.write_bytes(checkpoint.read_bytes()[:50]),
        "gone": checkpoint.unlink,
        "hint": lambda: hint.write_text("{"),
    }
    damages[damage]()
    only(workspace, "bad_checkpoint")
    assert mended(workspace) == ["bad_checkpoint"]
    assert spans_held(workspace) == ["a", "b", "c"]


def test_a_bad_checkpoint_whose_commits_are_gone_is_left_to_a_person(workspace: Workspace) -> None:
    DeltaTable(workspace.root / "telemetry/spans").create_checkpoint()
    log = workspace.root / "telemetry/spans/_delta_log"
    commit(workspace, 0).unlink()
    assert examine(workspace.root, now=NOW) == [], "a checkpoint says what older commits said"
    next(log.glob("*.checkpoint.parquet")).write_bytes(b"cut")
    assert "commit 0 is gone" in only(workspace, "damaged_log").what


def test_a_missing_table_is_made_unless_its_data_is_still_there(workspace: Workspace) -> None:
    shutil.rmtree(workspace.root / "telemetry/signals")
    only(workspace, "missing_table")
    assert not (workspace.root / "telemetry/signals").exists()
    assert mended(workspace) == ["missing_table"]
    shutil.rmtree(workspace.root / "telemetry/spans/_delta_log")
    assert only(workspace, "damaged_log").mend is None


def test_a_torn_first_commit_is_set_aside_and_the_table_made(workspace: Workspace) -> None:
    """An init that a power cut stopped."""
    (workspace.root / "telemetry/signals/_delta_log" / f"{0:020d}.json").write_bytes(b"")
    assert mended(workspace) == ["missing_table", "torn_commit"]


@pytest.mark.parametrize("name", ["", digest(b"{bad")])
def test_raw_bytes_that_others_may_read_are_closed(workspace: Workspace, name: str) -> None:
    (workspace.quarantine / name).chmod(0o755)
    assert only(workspace, "permissions").is_damage
    assert mended(workspace) == ["permissions"]
    assert stat.S_IMODE((workspace.quarantine / name).stat().st_mode) == (0o600 if name else 0o700)


def test_a_refused_record_without_its_bytes_is_named_and_comes_again(workspace: Workspace) -> None:
    (workspace.quarantine / digest(b"{bad")).unlink()
    assert only(workspace, "refused_without_bytes").mend is None
    workspace.keep_refused({digest(b"{bad"): b"{bad"})
    assert kinds(workspace) == []


def test_raw_bytes_that_were_changed_are_named(workspace: Workspace) -> None:
    (workspace.quarantine / digest(b"{bad")).write_bytes(b"{good}")
    only(workspace, "damaged_bytes")
    done, remaining = mend(workspace.root, now=NOW)
    assert [fault.kind for fault in (*done, *remaining)] == ["damaged_bytes", "refused_without_bytes"]


def test_a_quarantine_folder_that_is_gone_is_made_for_its_owner_alone(workspace: Workspace) -> None:
    shutil.rmtree(workspace.quarantine)
    done, remaining = mend(workspace.root, now=NOW)
    assert [fault.kind for fault in done] == ["permissions"]
    assert [fault.kind for fault in remaining] == ["refused_without_bytes"]
    assert stat.S_IMODE(workspace.quarantine.stat().st_mode) == 0o700


def change_ledger(workspace: Workspace, *statements: str) -> None:
    with sqlite3.connect(workspace.root / "ledger.db") as connection:
        for statement in statements:
            connection.execute(statement)


def test_a_changed_entry_is_named_and_no_mending_touches_it(workspace: Workspace) -> None:
    change_ledger(workspace, "DROP TRIGGER entries_no_UPDATE", "UPDATE entries SET actor = 'me' WHERE seq = 1")
    before = (workspace.root / "ledger.db").read_bytes()
    done, remaining = mend(workspace.root, now=NOW)
    assert (done, [(fault.kind, fault.where) for fault in remaining]) == ([], [("broken_ledger", "ledger entry 1")])
    assert (workspace.root / "ledger.db").read_bytes() == before


def test_a_ledger_whose_end_was_cut_off_is_known_by_the_head_that_a_report_noted(workspace: Workspace) -> None:
    head = workspace.ledger.head()
    change_ledger(workspace, "DROP TRIGGER entries_no_DELETE", "DELETE FROM entries")
    assert examine(workspace.root, now=NOW) == []
    assert [fault.kind for fault in examine(workspace.root, now=NOW, noted=[head])] == ["broken_ledger"]


@pytest.mark.parametrize("place", [0, 4096])
def test_a_ledger_file_that_is_no_database_any_more_is_named(workspace: Workspace, place: int) -> None:
    file = workspace.root / "ledger.db"
    raw = bytearray(file.read_bytes())
    raw[place : place + 3 * 4096] = b"\xff" * 3 * 4096
    file.write_bytes(raw)
    fault = only(workspace, "damaged_ledger")
    assert (fault.mend, fault.is_damage) == (None, True)


def test_a_ledger_that_is_gone_is_damage_only_if_something_rested_on_it(workspace: Workspace) -> None:
    head = workspace.ledger.head()
    (workspace.root / "ledger.db").unlink()
    assert not only(workspace, "missing_ledger").is_damage
    assert [fault.is_damage for fault in examine(workspace.root, now=NOW, noted=[head])] == [True]
    assert not (workspace.root / "ledger.db").exists()


def test_an_older_ledger_is_brought_up_to_date_and_a_newer_one_refused(workspace: Workspace) -> None:
    change_ledger(workspace, "UPDATE alembic_version SET version_num = '9999'")
    assert only(workspace, "other_ledger").fix == "update the workbench"
    (workspace.root / "ledger.db").write_bytes(b"")
    assert mended(workspace) == ["other_ledger"]
    assert open_workspace(workspace.root).ledger.verify() == 0


def test_settings_of_a_newer_workbench_are_refused_in_a_clear_sentence(workspace: Workspace) -> None:
    settings = workspace.root / "workspace.toml"
    settings.write_text(settings.read_text().replace("version = 1", "version = 2"))
    with pytest.raises(ConfigError, match="newer workbench made this workspace"):
        examine(workspace.root, now=NOW)


def test_a_table_of_an_older_workbench_gets_the_columns_that_it_lacks(workspace: Workspace) -> None:
    """Without them the next ingest could not append, and no report could read."""
    old = [column for column in SPANS.columns if column.name != "release"]
    folder = workspace.root / "telemetry/spans"
    shutil.rmtree(folder)
    older = SPANS._replace(columns=tuple(old)).empty().to_arrow().schema
    DeltaTable.create(folder, older, partition_by=["day"])
    opened = open_workspace(workspace.root)
    assert set(opened.telemetry.scan(SPANS).collect_schema().names()) == set(SPANS.schema)
    assert add_span(opened, "a") == 1
    assert examine(workspace.root, now=NOW) == []


def test_a_table_of_a_newer_workbench_is_refused_in_a_clear_sentence(workspace: Workspace) -> None:
    DeltaTable(workspace.root / "telemetry/spans").alter.add_columns([Field("mood", PrimitiveType("string"))])
    with pytest.raises(Exception, match="does not know: mood; a newer workbench made it"):
        open_workspace(workspace.root)


def test_no_secret_and_another_secret_are_two_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    made = init_workspace(tmp_path / "acme", secret=b"the secret of a team")
    assert "no secret" in only(made, "secret").what
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "the secret of another team")
    assert "this machine has" in only(made, "secret").what
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "the secret of a team")
    assert kinds(made) == []
