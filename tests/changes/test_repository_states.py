"""Whatever state a repository is in, a change is committed beside what its user has, or refused.

The table says of each state which it is. Before and after, every file below the repository is compared byte by byte:
work tree, index, references, reflogs, stash, configuration. And no program that the repository names has run.
"""

import os
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.changes.arranged import (
    BRANCH,
    Arrange,
    attributes,
    bisecting,
    broken_object,
    calls,
    case_clash,
    clone,
    committed_link,
    configured,
    dirty,
    empty_repository,
    environment,
    exists,
    folder_of_branches,
    foreign,
    grown,
    hidden_edit,
    hooks,
    hooks_through_a_link,
    in_a_folder,
    included,
    line_ends,
    link_in_place,
    linked_folder,
    linked_git,
    locked,
    new_root,
    nothing,
    odd_names,
    of_sha256,
    partial,
    patches,
    picking_several,
    pipe_in_place,
    prompts_are_a_submodule,
    replaced,
    rewritten,
    separate,
    shallow,
    staged,
    submodule,
    two_branches,
    unmerged,
    without_git,
)
from tests.changes.repositories import (
    EDIT,
    FILES,
    PROMPT,
    README,
    Repository,
    a_change,
    is_of_changes,
    owned,
)
from workbench.changes.commit import commit
from workbench.changes.repository import open_app
from workbench.errors import ConfigError, RepositoryError

HANDLED = ""
"""The commit is made."""


class State(NamedTuple):
    """One row of the table."""

    name: str
    outcome: str
    """HANDLED, or words of the refusal."""
    arrange: Arrange


STATES = (
    State("clean", HANDLED, lambda _: None),
    State("dirty app file", "changes that are not committed", dirty(PROMPT)),
    State("dirty other file", HANDLED, dirty(README)),
    State("untracked app file", "not under git yet", dirty("prompts/new.md")),
    State("untracked other file", HANDLED, dirty("notes.txt", "prompts/notes.txt")),
    State("ignored app file", HANDLED, dirty(".gitignore", ".git/info/exclude")),
    State("deleted app file", "changes that are not committed", lambda one: (one.root / PROMPT).unlink()),
    State("staged app file", "staged and not committed", staged(PROMPT)),
    State("staged new app file", "staged and not committed", staged("prompts/new.md")),
    State("app file taken out of the index", "staged and not committed", calls(f"rm --quiet --cached {PROMPT}")),
    State("staged other file", HANDLED, staged(README, "new.txt")),
    State(
        "app file intended to be added",
        "staged and not committed",
        lambda one: (dirty("prompts/new.md")(one), one.git("add", "-N", "prompts/new.md"), None)[-1],
    ),
    State(
        "other file intended to be added",
        HANDLED,
        lambda one: (dirty("new.txt")(one), one.git("add", "-N", "new.txt"), None)[-1],
    ),
    State("merging, in conflict", "a merge is going on", two_branches("!merge --quiet other")),
    State(
        "merging, not committed",
        "a merge is going on",
        two_branches("checkout --quiet -b third main~1", "merge --quiet --no-ff --no-commit other"),
    ),
    State("rebasing by merging", "a rebase is going on", two_branches("!rebase --quiet --merge other")),
    State("rebasing by applying", "a rebase is going on", two_branches("!rebase --quiet --apply other")),
    State("applying patches", "patches are being applied", patches),
    State("cherry-picking", "a cherry-pick is going on", two_branches("!cherry-pick other")),
    State("picking several", "are being picked", picking_several),
    State("reverting", "a revert is going on", two_branches("!revert --no-edit main~1")),
    State("bisecting", "a bisection is going on", bisecting),
    State("detached", "HEAD is detached", calls("checkout --quiet --detach")),
    State("unborn branch", "no commit yet", calls("switch --quiet --orphan fresh")),
    State("empty repository", "no commit yet", empty_repository),
    State("bare", "is bare", clone("--bare")),
    State("bare with a work tree", "is bare", configured("core.bare=true")),
    State("shallow", "history is cut off", shallow),
    State("partial clone", "partial clone", partial),
    State("submodule", "is a submodule", submodule),
    State("work tree elsewhere", "not the top of a work tree", configured("core.worktree=/usr")),
    State("prompts in a submodule", "a file or a submodule", prompts_are_a_submodule),
    State("sparse with the app", HANDLED, calls("sparse-checkout set prompts tools")),
    State("sparse without the app", HANDLED, calls("sparse-checkout set src")),
    State("sparse index", HANDLED, calls("sparse-checkout set --cone --sparse-index src")),
    State("locked index", "index.lock is there", locked("index.lock")),
    State("locked HEAD", "HEAD.lock is there", locked("HEAD.lock")),
    State("locked branch", "cannot be written", locked(f"refs/heads/{BRANCH}.lock")),
    State("locked packed branches", "packed-refs.lock is there", locked("packed-refs.lock")),
    State("unmerged index", "has a conflict", unmerged),
    State("edit hidden by assume-unchanged", "changes that are not committed", hidden_edit("--assume-unchanged")),
    State("edit hidden by skip-worktree", "changes that are not committed", hidden_edit("--skip-worktree")),
    State("prompt is a link", "is a symbolic link", committed_link),
    State("link in a prompt's place", "changes that are not committed", link_in_place),
    State("prompts through a linked folder", "changes that are not committed", linked_folder),
    State("pipe in a prompt's place", "changes that are not committed", pipe_in_place),
    State("prompt of 5 GB", "changes that are not committed", grown),
    State("linked .git", HANDLED, linked_git),
    State("git's folder elsewhere", HANDLED, separate),
    State(
        "linked work tree",
        HANDLED,
        new_root(lambda one, other: one.git("worktree", "add", "--quiet", "-b", "side", str(other))),
    ),
    State("hooks that fail", HANDLED, hooks(".git/hooks")),
    State("hooks that fail, as husky lays them", HANDLED, hooks(".husky/_", "core.hooksPath=.husky/_")),
    State("hooks that fail, in a folder of the app's", HANDLED, hooks(".hooks", "core.hooksPath=./.hooks/")),
    State("hooks that are not there yet", HANDLED, configured("core.hooksPath=.husky/_")),
    State("hooks in a folder named after home", "hooks lie elsewhere", configured("core.hooksPath=~/hooks")),
    State("hooks above the repository", "hooks lie elsewhere", configured("core.hooksPath=../hooks")),
    State("hooks through a link", "hooks lie elsewhere", hooks_through_a_link),
    State("hooks elsewhere", "hooks lie elsewhere", configured("core.hooksPath=/elsewhere/hooks")),
    State("hooks elsewhere, by an include", "hooks lie elsewhere", included("core.hooksPath=/elsewhere/hooks")),
    State("file-system monitor", HANDLED, configured("core.fsmonitor={}")),
    State("file-system monitor, by an include", HANDLED, included("core.fsmonitor={}")),
    State(
        "filter on an app file",
        "filter=x",
        attributes("*.md filter=x", "filter.x.clean={}", "filter.x.smudge={}", "filter.x.process={}"),
    ),
    State(
        "filter on another file",
        HANDLED,
        attributes("src/* filter=x", "filter.x.clean={}", "filter.x.required=true", touched="src/app.py"),
    ),
    State("app file in another encoding", "working-tree-encoding", attributes("*.md working-tree-encoding=UTF-16")),
    State("app file with an ident", "ident=set", attributes("*.md ident")),
    State(
        "drivers of diff and merge",
        HANDLED,
        attributes("*.md diff=x merge=x", "diff.x.textconv={}", "diff.x.command={}", "merge.x.driver={}"),
    ),
    State("other line ends in the work tree", HANDLED, line_ends),
    State("commits are signed", HANDLED, configured("commit.gpgSign=true", "gpg.program={}", "gpg.format=openpgp")),
    State(
        "programs in the configuration",
        HANDLED,
        configured(
            "core.pager={}", "core.editor={}", "core.sshCommand={}", "diff.external={}", "alias.commit-tree=!{}"
        ),
    ),
    State("no identity", HANDLED, configured("user.useConfigOnly=true")),
    State("replaced objects", HANDLED, replaced),
    State("alternates", HANDLED, clone("--shared", "--no-local")),
    State("another user's", "belongs to another user", foreign),
    State("capitals clash, app files", "does not tell capitals apart", case_clash("prompts/a.md", "prompts/A.md")),
    State("capitals clash, other files", HANDLED, case_clash("a.txt", "A.txt")),
    State("odd names", HANDLED, odd_names),
    State("branch is there already", "cannot be written", exists(BRANCH)),
    State("branch of the folder's name", "cannot be written", exists("change")),
    State("folder of the branch's name", "cannot be written", folder_of_branches),
    State("SHA-256", HANDLED, of_sha256),
    State("no repository", "no git repository", nothing),
    State("no folder", "no such folder", lambda one: one.root / "missing"),
    State("repository taken away", "no git repository", without_git),
    State("a folder of a repository", "no git repository", in_a_folder),
    State("environment of git's", HANDLED, environment),
    State("stash", HANDLED, lambda one: (dirty(PROMPT, README)(one), one.git("stash", "--quiet"), None)[-1]),
    State("packed references", HANDLED, calls("tag v1", "pack-refs --all", "gc --quiet")),
    State("split index", HANDLED, calls("update-index --split-index", "update-index --untracked-cache")),
    State("lost object", "lacks the object", broken_object),
    State("broken configuration", "git cannot read", rewritten("config", "[core\n")),
    State("broken HEAD", "no git repository", rewritten("HEAD", "what\n")),
    State("HEAD on a missing branch", "no commit yet", rewritten("HEAD", "ref: refs/heads/gone\n")),
)


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take back what a state put into the environment."""
    monkeypatch.setattr(os, "environ", os.environ.copy())


def head_of(root: Path) -> str:
    try:
        return Repository(root).git("rev-parse", "--verify", "HEAD^{commit}")
    except (AssertionError, OSError):
        return "0" * 40


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_a_state_is_refused_or_handled_and_the_users_files_stay_as_they_are(
    app: Repository, tmp_path: Path, state: State
) -> None:
    root = state.arrange(app) or app.root
    base = head_of(root)
    (tmp_path / "ran").unlink(missing_ok=True)
    before = owned(tmp_path)
    if state.outcome:
        with pytest.raises((RepositoryError, ConfigError)) as refused:
            commit(open_app(root), a_change(base), {PROMPT: EDIT})
        assert state.outcome in refused.value.what
        assert refused.value.fix, "a refusal says what to do"
    else:
        made = commit(open_app(root), a_change(base), {PROMPT: EDIT})
    after = owned(tmp_path)
    assert {path: after.get(path) for path in before} == before, "what was there is as it was"
    assert [path for path in after if path not in before and not is_of_changes(path)] == []
    assert not (tmp_path / "ran").exists(), "no program of the repository's was run"
    if not state.outcome:
        check_commit(root, base, made.commit or "")


def check_commit(root: Path, base: str, made: str) -> None:
    """Check with git itself that the branch holds one commit on the base that edits the prompt alone."""
    user = Repository(root)
    assert user.git("-c", "core.fsmonitor=false", "rev-parse", f"refs/heads/{BRANCH}") == made
    assert user.git("rev-list", "--parents", "-1", made).split() == [made, base]
    assert user.git("-c", "diff.external=", "diff-tree", "-r", "--name-only", base, made).splitlines() == [PROMPT]
    assert user.git("cat-file", "blob", f"{made}:{PROMPT}") == EDIT.decode().strip()
    assert user.git("log", "-1", "--format=%an|%ae|%cn|%at", made) == "ann||workbench|1772452800"


@pytest.mark.parametrize("name", ["HEAD", "config"])
def test_a_pipe_in_the_place_of_one_of_gits_own_files_is_refused_at_once(app: Repository, name: str) -> None:
    """Git waits at it for a writer: each command stood still until its time limit."""
    (app.root / ".git" / name).unlink()
    os.mkfifo(app.root / ".git" / name)
    with pytest.raises(RepositoryError, match="own files is none"):
        open_app(app.root)


def test_hooks_that_were_not_run_are_named_wherever_the_repository_keeps_them(app: Repository) -> None:
    named = ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "reference-transaction")
    hooks(".git/hooks")(app)
    assert open_app(app.root).hooks_not_run() == named
    app.git("config", "core.hooksPath", ".husky/_")
    assert open_app(app.root).hooks_not_run() == (), "git runs those of that folder alone"
    hooks(".husky/_")(app)
    assert open_app(app.root).hooks_not_run() == named


def test_a_name_that_no_program_takes_is_no_version(app: Repository) -> None:
    """The traffic named a release of 200,000 characters, and no watch could be begun: Argument list too long."""
    assert open_app(app.root).resolve("refs/tags/" + "v" * 200_000) is None


def test_the_table_has_states_of_both_kinds() -> None:
    assert len(STATES) >= 60
    assert len({state.name for state in STATES}) == len(STATES)
    assert len(FILES) == 5
