"""The app's git repository: what its versions hold, and whether a change may be written to it.

A version is a commit. Changes are written beside what the user has before them: the work tree, the index and all
references but those of changes stay as they are, whatever state the repository is in.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbench.boundaries.git import MIN_VERSION, Answer, Git, is_id
from workbench.boundaries.git_objects import LINK, SUBMODULE, Blob, Objects
from workbench.changes.app_files import DEFAULT_LAYOUT, Layout, kind_of
from workbench.changes.states import check_settings, check_unfinished, hooks_of
from workbench.changes.unsaved import check_saved
from workbench.errors import RepositoryError
from workbench.records import AppFileKind

BRANCHES = "refs/heads/"
"""Where git keeps branches."""
REMOTE_BRANCHES = "refs/remotes/"
"""Where it keeps what it knows of others' branches."""
_SPACES = (BRANCHES, "refs/tags/", REMOTE_BRANCHES)
_OWN_FILES = ("HEAD", "config", "index", "packed-refs")
"""Git's own files that every call reads: it waits for ever at a pipe in the place of one."""
_NAME = re.compile(r"[^\x00-\x20~^:?*\[\\\x7f-][^\x00-\x20~^:?*\[\\\x7f]*")
"""What git takes for the name of a reference, and no revision syntax; none starts with a dash."""
MAX_NAME_CHARACTERS = 1_000
"""Of a name that is looked for: traffic names its versions at any length, of which a program takes no argument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRepository:
    """One app's repository, open."""

    root: Path
    """The top of its work tree."""
    git: Git
    """Git in it; for references."""
    objects: Objects
    """What it holds; for commits, trees and blobs."""
    git_dir: Path
    """Git's folder of this work tree."""
    common_dir: Path
    """Git's folder of all its work trees."""
    is_shallow: bool
    """Whether its history is cut off."""
    layout: Layout = DEFAULT_LAYOUT
    """Which of its files are the app's."""

    def head(self) -> str:
        """Return the commit that is checked out.

        Raises
        ------
        RepositoryError
            If there is none yet.
        """
        found = self.git.ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        if found.code:
            raise RepositoryError("the branch has no commit yet", where=str(self.root), fix="commit the app's files")
        return _text(found)

    def branch(self) -> str:
        """Return the name of the branch that is checked out.

        Raises
        ------
        RepositoryError
            If it is none: HEAD is detached.
        """
        found = self.git.ask("symbolic-ref", "--quiet", "HEAD")
        if found.code:
            fix = "check the app's branch out: `git switch BRANCH`"
            raise RepositoryError("HEAD is detached: no branch is checked out", where=str(self.root), fix=fix)
        return _text(found).removeprefix(BRANCHES)

    def resolve(self, name: str) -> str | None:
        """Return the commit that a branch, a tag, HEAD or an id (also cut short) names; None where there is none."""
        if len(name) > MAX_NAME_CHARACTERS or not _NAME.fullmatch(name) or ".." in name or "@{" in name:
            return None
        refs = [name] if name == "HEAD" or name.startswith("refs/") else [space + name for space in _SPACES]
        for ref in refs:
            found = self.git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
            if found.code == 0:
                return _text(found)
        return self.objects.resolve(name)

    def kind_of(self, path: str) -> AppFileKind | None:
        """Return what a path is to the loop; None for a file that no change touches."""
        return kind_of(path, self.layout)

    def app_files(self, commit: str) -> dict[str, Blob]:
        """Return the app's files in a version, by path."""
        entries = self.objects.files(commit).items()
        return {path: blob for path, blob in entries if blob.mode != SUBMODULE and self.kind_of(path)}

    def contents(self, commit: str) -> dict[str, bytes]:
        """Return what the app's files hold in a version, by path; symbolic links are left out."""
        files = {path: blob.id for path, blob in self.app_files(commit).items() if blob.mode != LINK}
        held = self.objects.read_many(files.values())
        return {path: held[blob] for path, blob in files.items()}

    def read(self, commit: str, path: str) -> bytes:
        """Return what a file holds in a version.

        Raises
        ------
        RepositoryError
            If the version has no such file.
        """
        entry = self.objects.files(commit).get(path)
        if entry is None or entry.mode in (LINK, SUBMODULE):
            raise RepositoryError(f"there is no file {path} in {commit[:12]}", where=str(self.root))
        return self.objects.read(entry.id)

    def tips(self, *spaces: str) -> dict[str, str]:
        """Return the commit of each reference below the given ones, such as `refs/heads/`, by its whole name."""
        said = self.git.read("for-each-ref", "--format=%(objecttype) %(objectname) %(refname)", *spaces)
        lines = (line.decode("utf-8", "surrogateescape").split(" ", 2) for line in said.splitlines())
        return {name: commit for kind, commit, name in lines if kind == "commit"}

    def holding(self, commit: str, *spaces: str) -> tuple[str, ...]:
        """Return the whole names of the references below the given ones in whose history a commit lies."""
        said = self.git.read("for-each-ref", "--format=%(refname)", f"--contains={commit}", *spaces)
        return tuple(line.decode("utf-8", "surrogateescape") for line in said.splitlines())

    def point(self, ref: str, commit: str, *, was: str | None) -> None:
        """Let a reference name a commit, if it still names what it did; in one step, or not at all.

        Parameters
        ----------
        ref
            The whole name of the reference.
        commit
            What it is to name.
        was
            What it names now; None where it must not be there.

        Raises
        ------
        RepositoryError
            If it names something else, cannot be locked, or its name is taken by a folder of references.
        """
        if not is_id(commit):
            raise ValueError(f"commit == {commit!r}, must be 40 or 64 hex digits")
        before = was or "0" * len(commit)
        done = self.git.attempt("update-ref", "--no-deref", "-m", "workbench", "--end-of-options", ref, commit, before)
        if done.code:
            said = " ".join(done.said.split())[:400]
            fix = "see what has that name (`git branch --list 'change*'`), and whether a .lock file was left there"
            raise RepositoryError(f"{ref} cannot be written: {said}", where=str(self.root), fix=fix)

    def check_writable(self) -> None:
        """Check that a change may be written now: that what is checked out is what is committed, and nothing goes on.

        Raises
        ------
        RepositoryError
            With the reason, and what to do.
        """
        check_unfinished(self.git_dir, self.common_dir, where=str(self.root))
        check_settings(self.git, root=self.root, common_dir=self.common_dir, is_shallow=self.is_shallow)
        self.branch()
        check_saved(self.git, self.objects, head=self.head(), root=self.root, is_app_file=self._is_app_file)

    def hooks_not_run(self) -> tuple[str, ...]:
        """Return the repository's hooks that `git commit` would run, and the commit of a change does not.

        They are run where the change is merged.
        """
        return hooks_of(self.git, root=self.root, common_dir=self.common_dir)

    def _is_app_file(self, path: str) -> bool:
        return self.kind_of(path) is not None


def open_app(root: Path, *, layout: Layout = DEFAULT_LAYOUT) -> AppRepository:
    """Return the repository of an app, which its folder is the top of.

    Raises
    ------
    RepositoryError
        If the folder is no repository, or one that must not be read: bare, broken, another user's, or a part of one.
    """
    if "\n" in str(root):
        raise RepositoryError("the folder's name has two lines", where=str(root), fix="rename it")
    for own in (root / ".git" / name for name in _OWN_FILES):
        if own.exists() and not own.is_file():
            raise RepositoryError("one of git's own files is none", where=str(own), fix="restore it, or clone anew")
    git = Git(root)
    _check_version(git)
    asked = ("--is-bare-repository", "--is-inside-work-tree", "--is-shallow-repository", "--show-object-format")
    found = git.ask("rev-parse", *asked, "--absolute-git-dir", "--git-common-dir", "--show-prefix")
    if found.code:
        raise _unreadable(found, root)
    bare, inside, shallow, object_format, git_dir, common, prefix, *_ = [*_text(found).split("\n"), ""]
    if bare == "true":
        raise RepositoryError("the repository is bare", where=str(root), fix="name a clone that has a work tree")
    if inside != "true" or prefix:
        fix = "name the top of the work tree, and where its prompts lie in [app_files]"
        raise RepositoryError("the folder is not the top of a work tree", where=str(root), fix=fix)
    kept_in: Literal["sha1", "sha256"] = "sha256" if object_format == "sha256" else "sha1"
    common_dir = (root.resolve() / common).resolve()
    return AppRepository(
        root=root.resolve(),
        git=git,
        objects=Objects(common_dir / "objects", kept_in),
        git_dir=Path(git_dir),
        common_dir=common_dir,
        is_shallow=shallow == "true",
        layout=layout,
    )


def _check_version(git: Git) -> None:
    said = git.read("version").decode()
    numbers = re.search(r"(\d+)\.(\d+)", said)
    if numbers is None or tuple(map(int, numbers.groups())) < MIN_VERSION:
        wanted = ".".join(map(str, MIN_VERSION))
        raise RepositoryError(f"{said.strip()} is too old", fix=f"install git {wanted} or later")


def _unreadable(found: Answer, root: Path) -> RepositoryError:
    said = " ".join(found.said.split())
    if "dubious ownership" in said:
        what, fix = "the repository belongs to another user", "work in a clone of your own"
    elif "not a git repository" in said:
        what = "the folder is no git repository of its own"
        fix = "name the folder that holds .git, or make one: `git init`, and commit the app's files"
    else:
        what, fix = f"git cannot read the repository: {said[:300]}", "see what `git status` says there"
    return RepositoryError(what, where=str(root), fix=fix)


def _text(answer: Answer) -> str:
    return answer.out.decode("utf-8", "surrogateescape").rstrip("\n")
