"""States that a repository can be in, each brought about by what a user does: with real git, in real files."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.changes.repositories import CHANGE_ID, PROMPT, README, TOOL, Repository, make_repository

BRANCH = f"change/{CHANGE_ID}"
MINE = "State the holding, my way.\n"
Arrange = Callable[[Repository], Path | None]
"""Brings a repository into a state; returns the folder that is opened where it is another one."""


def ran(repository: Repository) -> str:
    """Return a program that leaves a mark if it is run, and fails."""
    program = repository.root.parent / "program"
    program.write_text(f"#!/bin/sh\necho run >> {repository.root.parent / 'ran'}\nexit 1\n")
    program.chmod(0o755)
    return str(program)


def dirty(*paths: str) -> Arrange:
    def arrange(repository: Repository) -> None:
        for path in paths:
            repository.write(path, MINE)

    return arrange


def staged(*paths: str) -> Arrange:
    def arrange(repository: Repository) -> None:
        dirty(*paths)(repository)
        repository.git("add", *paths)

    return arrange


def calls(*commands: str) -> Arrange:
    """Run commands of git's, words split at spaces; a leading ! says that one fails."""

    def arrange(repository: Repository) -> None:
        for command in commands:
            repository.git(*command.removeprefix("!").split(), is_failing=command.startswith("!"))

    return arrange


def two_branches(*commands: str, path: str = README) -> Arrange:
    """Let `main` and `other` differ in one file, then run commands on `main`."""

    def arrange(repository: Repository) -> None:
        repository.git("switch", "--quiet", "--create", "other")
        repository.commit({path: "Theirs.\n"}, message="theirs")
        repository.git("switch", "--quiet", "main")
        repository.commit({path: "Ours.\n"}, message="ours")
        calls(*commands)(repository)

    return arrange


def patches(repository: Repository) -> None:
    two_branches()(repository)
    patch = repository.git("format-patch", "--stdout", "-1", "other")
    repository.git("am", "--quiet", given=patch + "\n", is_failing=True)


def picking_several(repository: Repository) -> None:
    """Resolve and commit the first of two by hand: no CHERRY_PICK_HEAD tells of it."""
    two_branches("switch --quiet other")(repository)
    repository.commit({README: "Theirs again.\n"})
    calls("switch --quiet main", "!cherry-pick other~1 other", "add .", "commit --quiet -m x")(repository)


def bisecting(repository: Repository) -> None:
    first = repository.head()
    repository.commit({README: "Two.\n"})
    repository.commit({README: "Three.\n"})
    calls("bisect start", "bisect bad", f"bisect good {first}")(repository)


def locked(name: str) -> Arrange:
    def arrange(repository: Repository) -> None:
        lock = repository.root / ".git" / name
        lock.parent.mkdir(parents=True, exist_ok=True)
        lock.write_bytes(b"")

    return arrange


def new_root(make: Callable[[Repository, Path], object]) -> Arrange:
    """Make another folder of a repository, and open that."""

    def arrange(repository: Repository) -> Path:
        other = repository.root.parent / "other"
        make(repository, other)
        return other

    return arrange


def clone(*options: str) -> Arrange:
    return new_root(
        lambda repository, other: repository.git("clone", "--quiet", *options, f"file://{repository.root}", str(other))
    )


def shallow(repository: Repository) -> Path | None:
    repository.commit({README: "Two.\n"})
    return clone("--depth=1")(repository)


def submodule(repository: Repository) -> Path:
    parent = make_repository(repository.root.parent / "parent")
    parent.git("submodule", "--quiet", "add", str(repository.root), "app")
    return parent.root / "app"


def prompts_are_a_submodule(repository: Repository) -> None:
    repository.git("rm", "-r", "--quiet", "prompts")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{repository.head()},prompts")
    repository.git("commit", "--quiet", "--message", "prompts elsewhere")
    (repository.root / "prompts").mkdir()


def unmerged(repository: Repository) -> None:
    blob = repository.git("rev-parse", f"HEAD:{README}")
    entries = f"0 {'0' * 40}\t{README}\n" + "".join(f"100644 {blob} {stage}\t{README}\n" for stage in (1, 2, 3))
    repository.git("update-index", "--index-info", given=entries)


def hidden_edit(flag: str) -> Arrange:
    def arrange(repository: Repository) -> None:
        repository.git("update-index", flag, PROMPT)
        repository.write(PROMPT, MINE)

    return arrange


def committed_link(repository: Repository) -> None:
    (repository.root / PROMPT).unlink()
    (repository.root / PROMPT).symlink_to("../README.md")
    repository.commit({})


def link_in_place(repository: Repository) -> None:
    shutil.copy(repository.root / PROMPT, repository.root.parent / "same.md")
    (repository.root / PROMPT).unlink()
    (repository.root / PROMPT).symlink_to(repository.root.parent / "same.md")


def linked_folder(repository: Repository) -> None:
    moved = repository.root.parent / "moved"
    shutil.move(repository.root / "prompts", moved)
    (repository.root / "prompts").symlink_to(moved)


def pipe_in_place(repository: Repository) -> None:
    (repository.root / PROMPT).unlink()
    os.mkfifo(repository.root / PROMPT)


def grown(repository: Repository) -> None:
    os.truncate(repository.root / PROMPT, 5_000_000_000)


def linked_git(repository: Repository) -> None:
    shutil.move(repository.root / ".git", repository.root.parent / "folder.git")
    (repository.root / ".git").symlink_to(repository.root.parent / "folder.git")


def hooks(folder: str, *settings: str) -> Arrange:
    """Put every hook of a commit, which fails, into a folder of the repository's."""

    def arrange(repository: Repository) -> None:
        names = "pre-commit commit-msg prepare-commit-msg post-commit reference-transaction post-checkout"
        (repository.root / folder).mkdir(parents=True)
        for name in (*names.split(), "post-index-change"):
            shutil.copy(ran(repository), repository.root / folder / name)
        configured(*settings)(repository)

    return arrange


def hooks_through_a_link(repository: Repository) -> None:
    (repository.root.parent / "elsewhere").mkdir()
    (repository.root / ".hooks").symlink_to(repository.root.parent / "elsewhere")
    repository.git("config", "core.hooksPath", ".hooks")


def configured(*settings: str) -> Arrange:
    """Set what the repository configures; {} stands for a program."""

    def arrange(repository: Repository) -> None:
        for setting in settings:
            name, _, value = setting.partition("=")
            repository.git("config", "--add", name, value.replace("{}", ran(repository)))

    return arrange


def included(setting: str) -> Arrange:
    def arrange(repository: Repository) -> None:
        other = repository.root.parent / "more.config"
        repository.git("config", "--file", str(other), *setting.replace("{}", ran(repository)).split("=", 1))
        repository.git("config", "include.path", str(other))

    return arrange


def attributes(line: str, *settings: str, touched: str = README) -> Arrange:
    """Commit attributes, then configure what they name, and touch a file so that git would look at it."""

    def arrange(repository: Repository) -> None:
        repository.commit({".gitattributes": line + "\n"})
        configured(*settings)(repository)
        os.utime(repository.root / touched, (1, 1))

    return arrange


def line_ends(repository: Repository) -> None:
    repository.commit({".gitattributes": "*.md text eol=crlf\n"})
    (repository.root / PROMPT).unlink()
    repository.git("checkout", "--", PROMPT)
    assert b"\r\n" in (repository.root / PROMPT).read_bytes()


def replaced(repository: Repository) -> None:
    blob = repository.git("rev-parse", f"HEAD:{TOOL}")
    other = repository.git("hash-object", "-w", "--stdin", given="{}")
    repository.git("replace", blob, other)


def foreign(repository: Repository) -> None:
    if os.geteuid():
        pytest.skip("only root can give a repository to another user")
    for path in (repository.root, repository.root / ".git"):
        os.chown(path, 12345, 12345)


def exists(branch: str) -> Arrange:
    return calls(f"branch {branch}")


def folder_of_branches(repository: Repository) -> None:
    repository.git("branch", f"{BRANCH}/more")


def odd_names(repository: Repository) -> None:
    names = ["-rf", "two\nlines.txt", "naïve.txt", "\u202egpj.txt", "prompts/-x.md", "prompts/two\nlines.md", "a b"]
    repository.commit(dict.fromkeys(names, "Odd.\n"))


def case_clash(path: str, other: str) -> Arrange:
    def arrange(repository: Repository) -> None:
        repository.commit({path: "One.\n", other: "Other.\n"})

    return arrange


def in_a_folder(repository: Repository) -> Path:
    return repository.root / "prompts"


def nothing(repository: Repository) -> Path:
    (repository.root.parent / "empty").mkdir()
    return repository.root.parent / "empty"


def without_git(repository: Repository) -> None:
    shutil.rmtree(repository.root / ".git")


def empty_repository(repository: Repository) -> Path:
    root = nothing(repository)
    Repository(root).git("init", "--quiet")
    return root


def of_sha256(repository: Repository) -> Path:
    return make_repository(repository.root.parent / "of-sha256", "--object-format=sha256").root


def separate(repository: Repository) -> Path:
    folder = repository.root.parent / "folder.git"
    return make_repository(repository.root.parent / "apart", f"--separate-git-dir={folder}").root


def environment(repository: Repository) -> None:
    """Say what a caller's environment may say; the test's fixture takes it away again."""
    elsewhere = make_repository(repository.root.parent / "elsewhere").root / ".git"
    os.environ |= {
        "GIT_DIR": str(elsewhere),
        "GIT_WORK_TREE": str(elsewhere.parent),
        "GIT_INDEX_FILE": str(repository.root / ".git" / "index"),
        "GIT_OBJECT_DIRECTORY": str(elsewhere / "objects"),
        "GIT_NAMESPACE": "x",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": ran(repository),
        "GIT_CONFIG_PARAMETERS": f"'core.fsmonitor={ran(repository)}'",
        "GIT_AUTHOR_NAME": "Mallory",
        "GIT_COMMITTER_DATE": "2001-01-01T00:00:00Z",
        "GIT_EXTERNAL_DIFF": ran(repository),
        "GIT_EXEC_PATH": str(repository.root.parent),
        "GIT_TRACE": str(repository.root.parent / "ran"),
    }


def broken_object(repository: Repository) -> None:
    blob = repository.git("rev-parse", f"HEAD:{PROMPT}")
    (repository.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()


def rewritten(path: str, text: str) -> Arrange:
    def arrange(repository: Repository) -> None:
        (repository.root / ".git" / path).write_text(text)

    return arrange


def partial(repository: Repository) -> Path | None:
    repository.git("config", "uploadpack.allowFilter", "true")
    return clone("--filter=blob:none", "--no-checkout")(repository)
