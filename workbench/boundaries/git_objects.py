"""Trees and commits of a repository, made and read without its work tree, index, configuration or attributes.

Git is given a repository of ours that is empty but for the other's folder of objects. So no filter, merge driver, text
conversion, signer, replaced object or include that the other one names can come into what is read or written.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

from workbench.boundaries.git import Answer, Git, is_id
from workbench.errors import RepositoryError

FILE, PROGRAM, LINK, SUBMODULE = "100644", "100755", "120000", "160000"
"""Modes of what a tree holds."""
_AT_ONCE = 200
"""Blobs of one answer."""
_LONGEST_ID = 64
"""Characters, of SHA-256: what traffic names as its version may be longer than a program takes as an argument."""
_AS_PATCH = ("-r", "-p", "--full-index", "--no-renames", "--text", "--no-ext-diff", "--no-textconv")
_BARE = "[core]\n\trepositoryformatversion = {}\n\tbare = true\n"
_SETTINGS = {"sha1": _BARE.format(0), "sha256": _BARE.format(1) + "[extensions]\n\tobjectformat = sha256\n"}


class Blob(NamedTuple):
    """One entry of a tree."""

    mode: str
    """FILE, PROGRAM, LINK or SUBMODULE."""
    id: str
    """Git's id of its content; of a submodule of its commit."""


class Signature(NamedTuple):
    """Who made a commit."""

    name: str
    email: str
    """Empty where none is known."""


class Merged(NamedTuple):
    """What a merge came to."""

    tree: str
    """The merged tree; with marks in the files where it conflicts."""
    conflicts: tuple[str, ...]
    """Paths that conflict; empty where the merge is clean."""


class Touched(NamedTuple):
    """One file that differs between two trees."""

    path: str
    before: Blob | None
    """None for a new file."""
    after: Blob | None
    """None for a deleted file."""


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects of one repository; what is written is deterministic: the same call makes the same object."""

    folder: Path
    """The repository's folder of objects."""
    object_format: Literal["sha1", "sha256"] = "sha1"
    """The digest that its ids are."""

    def resolve(self, name: str) -> str | None:
        """Return the commit that an id names, whole or cut short; None where there is none."""
        if not 0 < len(name) <= _LONGEST_ID or not set(name) <= set("0123456789abcdef"):
            return None
        found = self._ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return found.out.decode().strip() if found.code == 0 else None

    def tree(self, commit: str) -> str:
        """Return the tree of a commit."""
        return self._line("rev-parse", "--verify", f"{_checked(commit)}^{{tree}}")

    def parents(self, commit: str) -> tuple[str, ...]:
        """Return the parents of a commit."""
        return tuple(self._line("rev-list", "--parents", "--max-count=1", _checked(commit)).split()[1:])

    def message(self, commit: str) -> str:
        """Return the message of a commit."""
        _, _, message = self._read("cat-file", "commit", _checked(commit)).partition(b"\n\n")
        return message.decode("utf-8", "replace")

    def files(self, commit: str) -> dict[str, Blob]:
        """Return every entry of a commit's or tree's files, by path."""
        listed = self._read("ls-tree", "-r", "-z", "--full-tree", _checked(commit)).split(b"\0")
        entries = (line.partition(b"\t") for line in listed if line)
        return {path.decode("utf-8", "surrogateescape"): Blob(*_words(about, 0, 2)) for about, _, path in entries}

    def read(self, blob: str) -> bytes:
        """Return the content of a blob."""
        return self._read("cat-file", "blob", _checked(blob))

    def read_many(self, blobs: Iterable[str]) -> dict[str, bytes]:
        """Return the content of each blob, by its id."""
        wanted = list(dict.fromkeys(map(_checked, blobs)))
        parts = [wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE)]
        return {blob: content for part in parts for blob, content in self._batch(part)}

    def _batch(self, blobs: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        out, at = self._read("cat-file", "--batch", given="\n".join(blobs).encode()), 0
        for blob in blobs:
            end = out.index(b"\n", at)
            found, kind, *size = out[at:end].decode().split()
            if (found, kind) != (blob, "blob"):
                raise RepositoryError(f"the repository lacks the object {blob}", fix="run `git fsck` in it")
            at = end + int(size[0]) + 2
            yield blob, out[end + 1 : at - 1]

    def write(self, content: bytes) -> str:
        """Write a blob and return its id."""
        return self._write("hash-object", "-w", "--stdin", "--no-filters", given=content)

    def write_tree(self, base: str, entries: Mapping[str, Blob | None]) -> str:
        """Write the tree of a commit with some files replaced, added or (None) taken out, and return its id."""
        lines = [
            b"%s %s\t%s\0" % (mode.encode(), blob.encode(), path.encode("utf-8", "surrogateescape"))
            for path, entry in sorted(entries.items())
            for mode, blob in [entry or Blob("0", "0" * len(base))]
        ]
        with self._git() as git:
            git.write("read-tree", _checked(base))
            git.write("update-index", "-z", "--index-info", given=b"".join(lines))
            return git.write("write-tree").decode().strip()

    def write_commit(
        self, tree: str, *, parents: Sequence[str], message: str, author: Signature, committer: Signature, at: datetime
    ) -> str:
        """Write a commit and return its id; `at` is the time of both its author and its committer."""
        date = f"{int(at.astimezone(UTC).timestamp())} +0000"
        signed = {
            "GIT_AUTHOR_NAME": author.name,
            "GIT_AUTHOR_EMAIL": author.email,
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_NAME": committer.name,
            "GIT_COMMITTER_EMAIL": committer.email,
            "GIT_COMMITTER_DATE": date,
        }
        after = [part for parent in parents for part in ("-p", _checked(parent))]
        text = message.encode("utf-8", "replace")
        return self._write("commit-tree", *after, _checked(tree), given=text, more=signed)

    def differences(self, one: str, other: str) -> tuple[Touched, ...]:
        """Return the files that differ between two commits or trees, by path; a renamed one is two."""
        raw = self._read("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", *_ids(one, other))
        parts = raw.split(b"\0")
        return tuple(
            Touched(path.decode("utf-8", "surrogateescape"), *_sides(about))
            for about, path in zip(parts[::2], parts[1::2], strict=False)
        )

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the best common ancestor of two commits; None where they have none."""
        found = self._ask("merge-base", *_ids(one, other))
        return found.out.decode().strip() if found.code == 0 else None

    def is_ancestor(self, one: str, of: str) -> bool:
        """Return whether a commit is the other, or lies in its history."""
        return self._ask("merge-base", "--is-ancestor", *_ids(one, of)).code == 0

    def are_apart(self, commits: Sequence[str]) -> bool:
        """Return whether none of some commits is another one of them, or lies in its history; asked in one call."""
        if len(commits) < 2:
            return True
        found = self._ask("merge-base", "--independent", *map(_checked, commits))
        return found.code == 0 and len(found.out.split()) == len(commits)

    def merge(self, one: str, other: str) -> Merged:
        """Return the tree that two commits come to, merged from their common ancestor.

        Raises
        ------
        RepositoryError
            If they have no history in common.
        """
        with self._git() as git:
            done = git.attempt("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", *_ids(one, other))
        if done.code not in (0, 1):
            raise RepositoryError(f"git cannot merge: {' '.join(done.said.split())[:400]}")
        tree, *paths = done.out.decode("utf-8", "surrogateescape").rstrip("\0").split("\0")
        return Merged(tree, tuple(dict.fromkeys(path for path in paths if path)))

    def history(self, commit: str, *, without: str, paths: Iterable[str], most: int) -> list[str]:
        """Return the commits, newest first, that are in one's history and not in the other's and touch the paths."""
        asked = ["--no-merges", f"--max-count={most}", _checked(commit), f"^{_checked(without)}", "--", *paths]
        return self._read("rev-list", *asked).decode().split()

    def brought(self, commits: Sequence[str]) -> dict[str, dict[str, str]]:
        """Return the files that each commit brought a new content of: blobs by path; of a merge none."""
        given = "".join(f"{_checked(commit)}\n" for commit in commits).encode()
        asked = ("--stdin", "-r", "-z", "--root", "--raw", "--no-renames", "--no-abbrev")
        parts = iter(self._read("diff-tree", *asked, given=given).decode("utf-8", "surrogateescape").split("\0"))
        found: dict[str, dict[str, str]] = {}
        commit = ""
        for part in parts:
            if not part.startswith(":"):
                commit = part.strip()
                continue
            path, (_, after) = next(parts), _sides(part.encode())
            if after is not None and after.mode in (FILE, PROGRAM):
                found.setdefault(commit, {})[path] = after.id
        return found

    def patch_id(self, one: str, other: str, *, paths: Sequence[str] = ()) -> str:
        """Return what stands for the difference of two commits in some paths, wherever its lines have moved to.

        It is git's stable patch id; empty where nothing differs.
        """
        patch = self._read("diff-tree", *_AS_PATCH, *_ids(one, other), "--", *paths)
        return self._read("patch-id", "--stable", given=patch).decode().partition(" ")[0]

    def patch_ids(self, commits: Sequence[str], *, paths: Sequence[str]) -> dict[str, str]:
        """Return the patch id of each commit against its parent in some paths; those that touch none are left out."""
        given = "".join(f"{_checked(commit)}\n" for commit in commits).encode()
        patches = self._read("diff-tree", "--stdin", *_AS_PATCH, "--", *paths, given=given)
        lines = self._read("patch-id", "--stable", given=patches).decode().split("\n")
        return {commit: patch for patch, _, commit in (line.partition(" ") for line in lines if line)}

    def _line(self, *arguments: str) -> str:
        return self._read(*arguments).decode().strip()

    def _read(self, *arguments: str, given: bytes = b"") -> bytes:
        with self._git() as git:
            return git.read(*arguments, given=given)

    def _ask(self, *arguments: str) -> Answer:
        with self._git() as git:
            return git.ask(*arguments)

    def _write(self, *arguments: str, given: bytes, more: Mapping[str, str] | None = None) -> str:
        with self._git() as git:
            return git.write(*arguments, given=given, more=more).decode().strip()

    def _git(self) -> AbstractContextManager[Git]:
        return _beside(self.folder, object_format=self.object_format)


@contextmanager
def _beside(folder: Path, *, object_format: str) -> Iterator[Git]:
    """Give git in an empty repository of ours, with the objects of another one."""
    with tempfile.TemporaryDirectory(prefix="workbench-git-") as made:
        ours = Path(made)
        (ours / "refs").mkdir()
        (ours / "HEAD").write_text("ref: refs/heads/none\n")
        (ours / "config").write_text(_SETTINGS[object_format])
        environment = {"GIT_DIR": made, "GIT_INDEX_FILE": str(ours / "index"), "GIT_OBJECT_DIRECTORY": str(folder)}
        yield Git(ours, environment)


def _checked(commit: str) -> str:
    if not is_id(commit):
        raise ValueError(f"id == {commit!r}, must be 40 or 64 hex digits")
    return commit


def _ids(one: str, other: str) -> tuple[str, str]:
    return _checked(one), _checked(other)


def _words(line: bytes, *places: int) -> list[str]:
    words = line.decode().split()
    return [words[place] for place in places]


def _sides(about: bytes) -> tuple[Blob | None, Blob | None]:
    """Return both sides of one line of `diff-tree --raw`."""
    old_mode, new_mode, old, new = about.decode().lstrip(":").split()[:4]
    return _side(old_mode, old), _side(new_mode, new)


def _side(mode: str, blob: str) -> Blob | None:
    return Blob(mode, blob) if int(mode) else None
