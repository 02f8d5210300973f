"""The door to git: plumbing alone, within bounds, blind to the caller's environment, and the same every time."""

import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from workbench.boundaries import git as door
from workbench.boundaries.git import Git, is_id
from workbench.boundaries.git_objects import FILE, Blob, Objects, Signature
from workbench.errors import RepositoryError

ANN, WORKBENCH = Signature("Ann", "ann@example.org"), Signature("workbench", "")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def user_git(root: Path, *arguments: str) -> str:
    named = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
    done = subprocess.run(["git", *named, *arguments], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with one commit of two files."""
    made = tmp_path / "app"
    made.mkdir()
    user_git(made, "init", "--quiet", "--initial-branch=main")
    (made / "a.md").write_text("one\ntwo\nthree\n")
    (made / "b.md").write_text("b\n")
    user_git(made, "add", ".")
    user_git(made, "commit", "--quiet", "--message", "first")
    return made


def head(root: Path) -> str:
    return user_git(root, "rev-parse", "HEAD")


def on(objects: Objects, base: str, **files: str) -> str:
    """Return a commit on a base in which files `a_md=...` hold other text."""
    entries = {name.replace("_", "."): Blob(FILE, objects.write(text.encode())) for name, text in files.items()}
    tree = objects.write_tree(base, entries)
    return objects.write_commit(tree, parents=[base], message="x\n", author=ANN, committer=WORKBENCH, at=NOON)


@pytest.mark.parametrize("command", ["status", "commit", "checkout", "gc", "push", "config", "symbolic-ref", "-c", ""])
def test_what_is_no_plumbing_is_not_let_through(root: Path, command: str) -> None:
    for call in (Git(root).read, Git(root).ask):
        with pytest.raises(ValueError, match="must be one of"):
            call(command, "core.editor", "x")
    if command != "symbolic-ref":
        with pytest.raises(ValueError, match="must be one of"):
            Git(root).write(command)
    with pytest.raises(ValueError, match="must be one of"):
        Git(root).read()


def test_what_git_says_of_a_failure_is_told(root: Path) -> None:
    with pytest.raises(RepositoryError, match="git cat-file failed: fatal: Not a valid object name"):
        Git(root).read("cat-file", "blob", "no")
    assert Git(root).ask("cat-file", "blob", "no").code == 128


def test_an_answer_is_bounded_in_bytes_and_time(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MAX_BYTES", 10)
    with pytest.raises(RepositoryError, match="more than 10 bytes"):
        Git(root).read("rev-parse", "HEAD")
    monkeypatch.undo()
    slow = root.parent / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nsleep 60 &\nwait\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}:/usr/bin:/bin")
    monkeypatch.setattr(door, "MAX_SECONDS", 0.2)
    with pytest.raises(RepositoryError, match="git took more than"):
        Git(root).read("rev-parse", "HEAD")


def test_a_git_beside_the_caller_is_not_taken(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "git").write_text("#!/bin/sh\necho mine\n")
    (root / "git").chmod(0o755)
    monkeypatch.chdir(root)
    monkeypatch.setenv("PATH", f".:{Path(shutil.which('git') or '').parent}")
    with pytest.raises(RepositoryError, match="git is not installed"):
        Git(root).read("rev-parse", "HEAD")


def test_the_callers_environment_does_not_reach_git(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_EXEC_PATH"):
        monkeypatch.setenv(name, "/nowhere")
    assert is_id(Git(root).read("rev-parse", "HEAD").decode().strip())
    assert "GIT_DIR" in os.environ


def test_the_same_commit_comes_of_a_repetition_whatever_the_repository_is_set_to(root: Path) -> None:
    objects, base = Objects(root / ".git" / "objects"), head(root)
    made = on(objects, base, a_md="two\n", c_md="new\n")
    user_git(root, "config", "i18n.commitEncoding", "ISO-8859-1")
    user_git(root, "config", "commit.gpgSign", "true")
    east = NOON.astimezone(timezone(timedelta(hours=9)))
    tree = objects.tree(made)
    assert on(objects, base, c_md="new\n", a_md="two\n") == made
    again = objects.write_commit(tree, parents=[base], message="x\n", author=ANN, committer=WORKBENCH, at=east)
    assert again == made
    expected = f"tree {tree}\nparent {base}\nauthor Ann <ann@example.org> 1772452800 +0000\n"
    assert user_git(root, "cat-file", "commit", made) == expected + "committer workbench <> 1772452800 +0000\n\nx"
    assert user_git(root, "fsck", "--strict", "--no-dangling") == ""


def test_what_a_commit_holds_is_read(root: Path) -> None:
    objects, base = Objects(root / ".git" / "objects"), head(root)
    made = on(objects, base, a_md="other\n")
    without = objects.write_tree(made, {"b.md": None})
    assert list(objects.files(made)) == ["a.md", "b.md"]
    assert list(objects.files(without)) == ["a.md"]
    blobs = [blob.id for blob in objects.files(made).values()]
    assert list(objects.read_many(blobs).values()) == [b"other\n", b"b\n"]
    assert objects.read(blobs[0]) == b"other\n"
    assert (objects.parents(made), objects.message(made)) == ((base,), "x\n")
    (touched,) = objects.differences(base, made)
    assert (touched.path, touched.after) == ("a.md", Blob(FILE, blobs[0]))
    assert objects.resolve(made[:12]) == made
    assert objects.resolve("HEAD") is None
    assert objects.resolve("f" * 40) is None
    assert objects.resolve("f" * 200_000) is None
    with pytest.raises(ValueError, match="must be 40 or 64 hex digits"):
        objects.files("--help")
    with pytest.raises(RepositoryError, match="lacks the object"):
        objects.read_many(["f" * 40])


def test_two_versions_are_merged_and_a_conflict_is_named(root: Path) -> None:
    objects, base = Objects(root / ".git" / "objects"), head(root)
    one, other = on(objects, base, a_md="ONE\ntwo\nthree\n"), on(objects, base, b_md="B\n")
    merged = objects.merge(one, other)
    assert merged.conflicts == ()
    assert objects.read(objects.files(merged.tree)["a.md"].id) == b"ONE\ntwo\nthree\n"
    assert objects.merge(one, on(objects, base, a_md="1\ntwo\nthree\n")).conflicts == ("a.md",)
    assert objects.merge_base(one, other) == base
    assert objects.is_ancestor(base, one)
    assert not objects.is_ancestor(one, base)
    unrelated = objects.write_commit(
        objects.tree(base), parents=[], message="y\n", author=ANN, committer=WORKBENCH, at=NOON
    )
    assert objects.merge_base(one, unrelated) is None
    with pytest.raises(RepositoryError, match="cannot merge"):
        objects.merge(one, unrelated)


def test_a_merge_driver_of_the_repository_is_not_run(root: Path) -> None:
    """`git merge-tree` in the repository itself ran it, and took what it left for the merged file."""
    ran = root.parent / "ran"
    (root / ".gitattributes").write_text("* merge=x diff=x filter=x\n")
    for name in ("merge.x.driver", "diff.x.textconv", "filter.x.clean"):
        user_git(root, "config", name, f"touch {ran}")
    objects, base = Objects(root / ".git" / "objects"), head(root)
    one, other = on(objects, base, a_md="1\ntwo\nthree\n"), on(objects, base, a_md="one\ntwo\n3\n")
    objects.merge(one, other)
    assert objects.patch_id(base, one)
    assert not ran.exists()


def test_a_patch_has_one_id_wherever_it_is_applied(root: Path) -> None:
    objects, base = Objects(root / ".git" / "objects"), head(root)
    one = on(objects, base, a_md="one\n2\nthree\n")
    moved = on(objects, on(objects, base, b_md="B\n"), a_md="one\n2\nthree\n")
    patch = objects.patch_id(base, one)
    assert objects.patch_ids([moved, one], paths=["a.md"]) == {moved: patch, one: patch}
    assert objects.history(moved, without=base, paths=["a.md"], most=9) == [moved]
    assert objects.patch_id(one, base) != patch
    assert objects.patch_id(base, one, paths=["b.md"]) == ""
