"""The sample's app under git: its versions as commits, the same each time, clean, and ready for a change."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from workbench.changes.repository import open_app
from workbench.errors import ConfigError
from workbench.loop.sample_app.app import make_app
from workbench.simulate.app import versions

NOW = datetime(2026, 10, 26, 6, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    root = tmp_path_factory.mktemp("sample") / "app"
    return root, dict(make_app(root, now=NOW))


def git(root: Path, *arguments: str) -> str:
    """Ask git itself, not through the door under test."""
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_its_commits_are_the_prompt_versions_in_their_order(made: tuple[Path, dict[str, str]]) -> None:
    root, commits = made
    assert git(root, "log", "--format=%H", "canary").split() == [commits["8"], commits["7"], commits["6"]]
    assert git(root, "rev-parse", "main", "prompt-6", "prompt-7", "prompt-8").split() == [
        *(commits["7"], commits["6"], commits["7"], commits["8"])
    ]
    assert git(root, "symbolic-ref", "HEAD") == "refs/heads/main"
    for version in versions():
        listed = git(root, "ls-tree", "-r", "--name-only", commits[version.name]).splitlines()
        assert sorted(listed) == sorted(version.files)
        prompt = git(root, "show", f"{commits[version.name]}:prompts/case_summary.prompty")
        assert f'version: "{version.name}"' in prompt


def test_each_version_was_committed_before_it_went_out(made: tuple[Path, dict[str, str]]) -> None:
    """Version 7 answers from 24 September on, the canary from 14 October."""
    root, commits = made
    at = {
        name: datetime.fromisoformat(git(root, "show", "-s", "--format=%cI", commit))
        for name, commit in commits.items()
    }
    assert at["7"] == NOW - timedelta(days=33) < datetime(2026, 9, 24, tzinfo=UTC)
    assert at["8"] == NOW - timedelta(days=13) < datetime(2026, 10, 14, tzinfo=UTC)


def test_the_work_tree_is_clean_and_sound_and_a_change_may_be_written(made: tuple[Path, dict[str, str]]) -> None:
    root, commits = made
    assert git(root, "status", "--porcelain") == ""
    assert git(root, "fsck", "--strict") == ""
    repository = open_app(root)
    repository.check_writable()
    assert (repository.head(), repository.branch()) == (commits["7"], "main")


def test_whoever_makes_it_anew_gets_the_same_commits(made: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    assert make_app(tmp_path / "again", now=NOW) == made[1]
    assert make_app(tmp_path / "later", now=NOW + timedelta(days=1)) != made[1]


def test_it_is_made_in_a_folder_that_is_named_from_where_one_stands(
    made: tuple[Path, dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`workbench demo` names its folder so; git, which also runs elsewhere, did not find it, and there was no demo."""
    monkeypatch.chdir(tmp_path)
    assert make_app(Path("here/app"), now=NOW) == made[1]


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match="not empty"):
        make_app(tmp_path, now=NOW)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
