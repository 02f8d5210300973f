"""The commands about personal data, as a person and as a scheduler call them."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from workbench.cli import app
from workbench.errors import ConfigError
from workbench.store import DEMO_SECRET, init_workspace

USERS = ("ann", "ben")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Return a workspace with a request of each of two users, on 1 March 2026."""
    root = tmp_path / "w"
    init_workspace(root, secret=DEMO_SECRET)
    lines = []
    for number, user in enumerate(USERS, start=1):
        span = {
            "traceId": f"{number:032x}",
            "spanId": f"{number:016x}",
            "name": "chat",
            "startTimeUnixNano": "1772323200000000000",
            "endTimeUnixNano": "1772323201000000000",
            "attributes": [{"key": "user.id", "value": {"stringValue": user}}],
        }
        lines.append(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}))
    (tmp_path / "export.jsonl").write_text("\n".join(lines) + "\n")
    answer(["ingest", str(tmp_path / "export.jsonl"), "-w", str(root)])
    return root


def answer(arguments: list[str]) -> dict[str, Any]:
    result = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    content: dict[str, Any] = json.loads(result.stdout)
    return content


def n_spans(workspace: Path) -> int:
    counts = answer(["erase", "--user", "ben", "-w", str(workspace)])["spans"]
    return int(counts) + int(answer(["erase", "--user", "ann", "-w", str(workspace)])["spans"])


def test_erase_shows_what_would_go_and_erases_only_when_told(workspace: Path) -> None:
    shown = answer(["erase", "--user", "ann", "-w", str(workspace)])
    assert (shown["erased"], shown["traces"], shown["spans"]) == (False, 1, 1)
    assert n_spans(workspace) == 2
    done = answer(["erase", "--user-key", shown["user_key"], "--yes", "-w", str(workspace)])
    assert (done["erased"], done["spans"]) == (True, 1)
    assert n_spans(workspace) == 1
    again = answer(["ingest", str(workspace.parent / "export.jsonl"), "-w", str(workspace)])["files"][0]
    assert (again["in"], again["stored"], again["duplicate"], again["refused"]) == (2, 0, 1, {"erased": 1})


def test_erase_of_a_user_who_is_not_there_says_so(workspace: Path) -> None:
    said = CliRunner().invoke(app, ["erase", "--user", "u-9421", "-w", str(workspace)], catch_exceptions=False)
    assert said.exit_code == 0
    assert "Nothing here is of this user" in " ".join(said.stdout.split())


@pytest.mark.parametrize("given", [[], ["--user", "ann", "--user-key", "usr_x"], ["--user-key", "ann"]])
def test_erase_wants_one_user(workspace: Path, given: list[str]) -> None:
    with pytest.raises(ConfigError):
        CliRunner().invoke(app, ["erase", *given, "-w", str(workspace)], catch_exceptions=False)


def test_retain_deletes_what_is_old_and_says_so(workspace: Path) -> None:
    shown = answer(["retain", "--days", "30", "--dry-run", "-w", str(workspace)])
    assert {one["table"]: one["n_rows"] for one in shown["tables"]}["spans"] == 2
    assert n_spans(workspace) == 2
    done = answer(["retain", "--days", "30", "--vacuum-hours", "0", "-w", str(workspace)])
    spans = next(one for one in done["tables"] if one["table"] == "spans")
    assert (spans["n_rows"], spans["n_files"]) == (2, 1)
    assert n_spans(workspace) == 0


def test_retain_goes_by_the_settings_and_keeps_all_where_they_say_nothing(workspace: Path) -> None:
    kept = CliRunner().invoke(app, ["retain", "-w", str(workspace)], catch_exceptions=False)
    assert kept.exit_code == 0
    assert "Telemetry and refused records: kept for ever" in " ".join(kept.stdout.split())
    assert n_spans(workspace) == 2
    path = workspace / "workspace.toml"
    path.write_text(path.read_text().replace("\ndays = 0", "\ndays = 30"))
    answer(["retain", "-w", str(workspace)])
    assert n_spans(workspace) == 0


def test_redaction_prints_each_kind_with_its_interval() -> None:
    kinds = answer(["redaction", "-n", "20"])["kinds"]
    assert kinds["email"]["recall"]["n"] == 20
    assert kinds["email"]["recall"]["low"] <= kinds["email"]["recall"]["share"] <= kinds["email"]["recall"]["high"]
    table = CliRunner().invoke(app, ["redaction", "-n", "20"]).stdout
    assert all(kind in table for kind in kinds)
