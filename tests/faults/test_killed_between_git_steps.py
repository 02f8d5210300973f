"""A command on a change that is killed before or after any call of git leaves what the next run brings to one commit.

A `git` that comes first on the path counts its calls, and kills the command with -9 before or after the k-th. Whatever
was killed: the user's files are as they were, and after the same command has run again there is one commit, which the
ledger knows, and no other. The whole set, and one in which `strace` kills at each call that changes the disk:

    pytest -m slow tests/faults/test_killed_between_git_steps.py
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.changes.repositories import EDIT, NOON, PROMPT, Repository, is_of_changes, owned
from tests.loop.changed_app import ONE, make_workspace
from workbench import loop
from workbench.records import Change, Issue
from workbench.store import Workspace, open_workspace

MOST = 200
"""A command that calls git more often than this is taken for stuck."""
CALLS = ("pwrite64", "fdatasync", "unlink", "mkdir")
"""What changes the disk in the command's own process, beside git."""
WRAPPER = """#!/bin/sh
n=$(($(cat {count}) + 1)); echo $n > {count}
case "$n $*" in {pattern}) if [ {when} = before ]; then kill -9 $PPID; exit 1; fi;; esac
{git} "$@"; code=$?
case "$n $*" in {pattern}) kill -9 $PPID;; esac
exit $code
"""
Run = Callable[[tuple[str, ...]], int]


class Scene(NamedTuple):
    """A command on a change, and the workspace that it finds."""

    template: Path
    root: Path
    change_id: str
    command: tuple[str, ...]
    branch: str
    """What the command writes."""
    state: str
    """Where the change stands after it."""

    def put_back(self) -> dict[str, str]:
        """Put the workspace back as it was, and return what the user has in the app."""
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self.template, self.root, symlinks=True)
        return owned(self.root / "app")


class Wrapped(NamedTuple):
    """A `git` that kills, and a process that runs commands which take it for git."""

    folder: Path
    run: Run

    def kill(self, pattern: str, *, when: str) -> None:
        """Set it to kill at calls whose number and arguments match a shell pattern."""
        place, count = self.folder / "git", self.folder / "count"
        count.write_text("0")
        text = WRAPPER.format(count=count, pattern=pattern, when=when, git=shutil.which("git"))
        (self.folder / "new").write_text(text)
        (self.folder / "new").chmod(0o755)
        (self.folder / "new").replace(place)


@pytest.fixture(scope="module")
def wrapped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wrapped]:
    folder = tmp_path_factory.mktemp("bin")
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.forked_commands"],
        cwd=Path(__file__).parents[2],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    given, said = process.stdin, process.stdout
    assert given is not None
    assert said is not None

    def run(command: tuple[str, ...]) -> int:
        given.write(json.dumps(command) + "\n")
        given.flush()
        return int(said.readline())

    yield Wrapped(folder, run)
    given.close()
    process.wait(timeout=30)


@pytest.fixture(scope="module")
def committing(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Return the commit of a draft."""
    folder = tmp_path_factory.mktemp("commit")
    workspace, _ = make_workspace(folder / "template")
    draft = begun(workspace)
    (folder / "new.md").write_bytes(EDIT)
    command = ("change", "commit", draft.id, "--from", f"{PROMPT}={folder / 'new.md'}", "-w", str(folder / "acme"))
    return Scene(workspace.root, folder / "acme", draft.id, command, draft.branch, "committed")


@pytest.fixture(scope="module")
def rolling_back(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Return the roll-back of a merged change."""
    folder = tmp_path_factory.mktemp("roll-back")
    workspace, app = make_workspace(folder / "template")
    draft = begun(workspace)
    loop.commit_change(workspace, draft.id, {PROMPT: EDIT}, now=NOON)
    app.git("merge", "--quiet", "--no-ff", draft.branch)
    command = ("change", "roll-back", draft.id, "--reason", "Slower", "--by", "ben", "-w", str(folder / "acme"))
    return Scene(workspace.root, folder / "acme", draft.id, command, f"{draft.branch}-roll-back", "rolled_back")


def begun(workspace: Workspace) -> Change:
    return loop.begin_change(
        workspace, issue_ids=[ONE], title="Jurisdiction first", why="", author="ann", identity="typed", now=NOON
    )


def check(scene: Scene, before: dict[str, str], run: Run) -> None:
    """Check that the user's files are as they were, and that the next run leaves one commit that the ledger knows."""
    after = owned(scene.root / "app")
    assert {path: after.get(path) for path in before} == before
    assert [path for path in after if path not in before and not is_of_changes(path)] == []
    there = commits(scene)
    run(scene.command)
    (done,) = commits(scene)
    assert there in ([], [done]), "no second commit was made"
    workspace = open_workspace(scene.root)
    assert [one.kind for one in loop.reconcile_changes(workspace, now=NOON)] in ([], ["same"])
    (change,) = workspace.ledger.latest(Change)
    assert (change.state, change.reverted_by or change.commit) == (scene.state, done)
    issue = next(one for one in workspace.ledger.latest(Issue) if one.id == ONE)
    assert issue.state == ("confirmed" if scene.state == "rolled_back" else "changing")
    workspace.ledger.verify(noted=[change.ledger_head])


def commits(scene: Scene) -> list[str]:
    """Return the commits that the command's branch holds and no other branch."""
    app = Repository(scene.root / "app")
    refs = app.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split()
    if scene.branch not in refs:
        return []
    return app.git("rev-list", scene.branch, *(f"^{ref}" for ref in refs if ref != scene.branch)).split()


def kill_at(scene: Scene, wrapped: Wrapped, pattern: str, *, when: str) -> bool:
    """Kill the command at the calls of a pattern, check what is left, and return whether it was killed."""
    before = scene.put_back()
    wrapped.kill(pattern, when=when)
    code = wrapped.run(scene.command)
    assert code in (0, -9)
    wrapped.kill("none", when="before")
    check(scene, before, wrapped.run)
    return code == -9


@pytest.mark.parametrize("command", ["commit-tree", "update-ref"])
def test_a_commit_killed_after_a_step_is_completed_and_made_once(
    committing: Scene, wrapped: Wrapped, command: str
) -> None:
    """A sample of the whole set below."""
    assert kill_at(committing, wrapped, f'*" {command} "*', when="after")


def test_a_roll_back_killed_before_its_record_is_completed_and_made_once(rolling_back: Scene, wrapped: Wrapped) -> None:
    assert kill_at(rolling_back, wrapped, '*" update-ref "*', when="after")


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("name", ["committing", "rolling_back"])
def test_a_command_killed_between_any_two_calls_of_git_makes_one_commit(
    request: pytest.FixtureRequest, wrapped: Wrapped, name: str, when: str, capsys: pytest.CaptureFixture[str]
) -> None:
    scene: Scene = request.getfixturevalue(name)
    n_killed = 0
    while n_killed < MOST and kill_at(scene, wrapped, f'"{n_killed + 1} "*', when=when):
        n_killed += 1
    with capsys.disabled():
        sys.stdout.write(f"\n{name}: killed {when} each of {n_killed} calls of git\n")
    assert 15 <= n_killed < MOST


@pytest.mark.slow
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", ["committing", "rolling_back"])
def test_a_command_killed_at_any_call_that_changes_the_disk_makes_one_commit(
    request: pytest.FixtureRequest, wrapped: Wrapped, name: str, call: str, capsys: pytest.CaptureFixture[str]
) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace (Debian's package of that name) is not installed")
    scene: Scene = request.getfixturevalue(name)
    wrapped.kill("none", when="before")
    n_killed, is_killed = 0, True
    while is_killed and n_killed < MOST:
        before = scene.put_back()
        inject = ["-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n_killed + 1}"]
        command = [strace, "-qq", "-o", os.devnull, *inject, sys.executable, "-m", "workbench", *scene.command]
        quiet = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        code = subprocess.run(command, env=quiet, capture_output=True, check=False, timeout=120).returncode
        assert code in (0, -9, 137)
        is_killed = code != 0
        check(scene, before, wrapped.run)
        n_killed += is_killed
    with capsys.disabled():
        sys.stdout.write(f"\n{name}: killed at each of {n_killed} calls of {call}\n")
    assert 1 <= n_killed < MOST
