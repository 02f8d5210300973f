"""`workbench doctor` and `workbench compact`: what they print, and with which exit code they leave."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from workbench.store import DEMO_SECRET, init_workspace, open_workspace
from workbench.store.secret import ENVIRONMENT_VARIABLE

if TYPE_CHECKING:
    from tests.conftest import Shell


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "a secret of the tests")
    return init_workspace(tmp_path / "acme", secret=DEMO_SECRET).root


def ingest(shell: "Shell", workspace: Path, *names: str) -> None:
    for name in names:
        span = {"traceId": "ab" * 16, "spanId": name * 16, "name": "chat", "startTimeUnixNano": "1772323200000000000"}
        file = workspace.parent / f"{name}.json"
        file.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}))
        assert shell.run("ingest", file, "-w", workspace)[0] == 0


def test_a_sound_workspace_leaves_with_0(shell: "Shell", workspace: Path) -> None:
    assert shell.run("doctor", "-w", workspace) == (0, "Nothing is wrong.\n", "")
    assert shell.json("doctor", "-w", workspace) == {"mended": [], "faults": []}


def test_damage_leaves_with_3_until_it_is_mended(shell: "Shell", workspace: Path) -> None:
    ingest(shell, workspace, "a", "b")
    (workspace / "telemetry/spans/_delta_log" / f"{2:020d}.json").write_bytes(b"")
    code, out, err = shell.run("doctor", "-w", workspace)
    assert (code, "never acknowledged" in out, "doctor --mend" in err) == (3, True, True)
    answer = shell.json("doctor", "-w", workspace, "--mend")
    assert [fault["kind"] for fault in answer["mended"]] == ["torn_commit"]
    assert [(fault["kind"], fault["is_damage"]) for fault in answer["faults"]] == [("orphan_files", False)]
    ingest(shell, workspace, "b")
    assert shell.run("doctor", "-w", workspace)[0] == 0


def test_a_damaged_log_stops_an_ingest_with_one_line_that_names_the_doctor(shell: "Shell", workspace: Path) -> None:
    (workspace / "telemetry/spans/_delta_log" / f"{0:020d}.json").write_bytes(b'{"protocol":')
    code, out, err = shell.run("ingest", __file__, "-w", workspace)
    assert (code, out, err.count("\n"), "run `workbench doctor`" in err) == (3, "", 1, True)


def test_a_folder_that_is_no_workspace_leaves_with_2(shell: "Shell", tmp_path: Path) -> None:
    code, _, err = shell.run("doctor", "-w", tmp_path / "nowhere")
    assert (code, "this is no workspace" in err) == (2, True)
    assert not (tmp_path / "nowhere").exists()


def test_compact_merges_each_day_into_one_file_and_keeps_the_old_ones_for_seven_days(
    shell: "Shell", workspace: Path
) -> None:
    ingest(shell, workspace, "a", "b", "c")
    data = workspace / "telemetry/spans/day=2026-03-01"
    answer = shell.json("compact", "-w", workspace)
    spans = next(table for table in answer["tables"] if table["table"] == "spans")
    assert (spans["n_files_before"], spans["n_files_after"], spans["n_files_deleted"]) == (3, 1, 0)
    assert len(list(data.iterdir())) == 3 + 1
    old = sum(path.stat().st_size for path in data.iterdir())
    answer = shell.json("compact", "-w", workspace, "--vacuum-hours", 0)
    spans = next(table for table in answer["tables"] if table["table"] == "spans")
    (left,) = data.iterdir()
    assert (spans["n_files_deleted"], spans["n_bytes_deleted"]) == (3, old - left.stat().st_size)
    assert shell.run("doctor", "-w", workspace)[0] == 0
    ingest(shell, workspace, "a", "d")
    assert "spans" in shell.run("compact", "-w", workspace)[1]


def test_a_second_compaction_beside_the_first_is_refused(shell: "Shell", workspace: Path) -> None:
    from workbench.store.compaction import LOCK
    from workbench.store.durability import lock

    with lock(workspace / "telemetry" / LOCK):
        code, _, err = shell.run("compact", "-w", workspace)
    assert (code, "another process is compacting" in err) == (3, True)


@pytest.mark.parametrize("url", ["s3://bucket/a b", 'x"\nversion = 9', "http://a:b?c", ""])
def test_a_place_for_the_tables_that_cannot_stand_in_the_settings_is_refused(
    shell: "Shell", tmp_path: Path, url: str
) -> None:
    code, _, err = shell.run("init", tmp_path / "acme", "--telemetry", url)
    assert (code, "must be a folder or a URL" in err) == (2, True)
    assert not (tmp_path / "acme").exists()


def test_an_erasure_that_was_cut_short_is_told_with_the_command_that_completes_it(
    shell: "Shell", workspace: Path
) -> None:
    """Somebody's data was left behind by a kill, and nothing ever said so."""
    opened = open_workspace(workspace)
    key = opened.user_key("ann@example.com")
    opened.erasures.begin(key, [], now=datetime(2026, 3, 1, tzinfo=UTC))
    code, out, _ = shell.run("doctor", "-w", workspace)
    command = f"workbench erase --user-key {key} --yes"
    assert (code, f"`{command}` completes it" in out) == (3, True)
    assert shell.run(*command.split()[1:], "-w", workspace)[0] == 0
    assert shell.run("doctor", "-w", workspace)[0] == 0
