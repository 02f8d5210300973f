"""Provenance: where a report comes from, and no other repository's commit."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workbench.records import DetectionRun
from workbench.report.provenance import PACKAGES, _commit, code_version, moment, package_versions, provenance
from workbench.store import DEMO_SECRET, init_workspace

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)


def test_a_moment_is_now_or_an_iso_time() -> None:
    assert moment("2026-01-07T12:00:00") == NOW
    assert moment("2026-01-07T14:00:00+02:00") == NOW
    assert moment("now").tzinfo is UTC


def test_what_is_no_moment_is_named() -> None:
    with pytest.raises(ValueError, match="as_of == 'yesterday'"):
        moment("yesterday")


def test_the_report_names_tables_ledger_packages_and_run(tmp_path: Path, run: Callable[..., DetectionRun]) -> None:
    workspace = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    shown = provenance(workspace, now=NOW, run=run()).plain
    for words in ("2026-01-07 12:00 UTC", "acme", "workbench", "spans 0", "0" * 64, "run_1", "embedder static, seed 0"):
        assert words in shown
    assert str(tmp_path) not in shown


def test_versions_of_all_named_packages_are_known() -> None:
    assert set(package_versions()) == {"python", *PACKAGES}
    assert code_version().startswith("workbench ")


def test_a_package_that_a_repository_does_not_track_has_no_commit(tmp_path: Path) -> None:
    """An environment within somebody's project must not claim that project's commit."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    package = tmp_path / "venv" / "workbench"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    assert _commit(package) is None


def test_changed_files_show(tmp_path: Path) -> None:
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "__init__.py").write_text("1")
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "--no-gpg-sign", "-m", "one"], check=True)
    clean = _commit(tmp_path)
    (tmp_path / "__init__.py").write_text("2")
    assert clean
    assert _commit(tmp_path) == f"{clean} with changes"
