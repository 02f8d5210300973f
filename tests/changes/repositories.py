"""Real repositories of an app, made by real git; and a digest of all that a user of one owns."""

import hashlib
import os
import shutil
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from workbench.records import Change

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CHANGE_ID = "chg_20260302T120000_abcdefghij"
PROMPT, TOOL, README = "prompts/summarise.md", "tools/lookup.json", "README.md"
FILES = {
    PROMPT: "State the holding.\n\nBe brief.\n",
    TOOL: '{"name": "lookup", "description": "Looks a citation up."}\n',
    "settings.yaml": "retries: 2\n",
    README: "An app.\n",
    "src/app.py": "print('app')\n",
}
EDIT = b"State the jurisdiction first.\n\nState the holding.\n\nBe brief.\n"
_IDENTITY = {
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@example.org",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.org",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "HOME": "/nonexistent",
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C",
}
HUGE = 10_000_000
"""Bytes from which a file is known by its size alone."""


@dataclass(frozen=True)
class Repository:
    """A repository of a test, worked on as its user does."""

    root: Path

    def git(self, *arguments: str, given: str | None = None, is_failing: bool = False) -> str:
        """Run git as the user; it must succeed, or fail."""
        command = ["git", "-c", "protocol.file.allow=always", *arguments]
        done = subprocess.run(
            command, cwd=self.root, env=_IDENTITY, input=given, capture_output=True, text=True, check=False
        )
        assert bool(done.returncode) == is_failing, done.stderr + done.stdout
        return done.stdout.strip()

    def write(self, path: str, text: str) -> None:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, newline="")

    def commit(self, files: Mapping[str, str], *, message: str = "more") -> str:
        """Commit files as the user, and return the commit."""
        for path, text in files.items():
            self.write(path, text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--no-verify", "--message", message)
        return self.head()

    def head(self) -> str:
        return self.git("rev-parse", "HEAD")


def make_repository(root: Path, *options: str) -> Repository:
    """Return a new repository of an app with one commit on `main`."""
    root.mkdir(parents=True)
    made = Repository(root)
    made.git("init", "--quiet", "--initial-branch=main", *options)
    shutil.rmtree(root / ".git" / "hooks", ignore_errors=True)
    made.commit(FILES, message="The app")
    return made


def a_change(base: str, *, change_id: str = CHANGE_ID, title: str = "State the jurisdiction first") -> Change:
    return Change(
        id=change_id,
        at=NOON,
        state="draft",
        issue_ids=("iss_one", "iss_two"),
        title=title,
        why="Federal and state authority are mixed.",
        branch=f"change/{change_id}",
        base=base,
        ledger_head="a" * 64,
        author="ann",
        identity="os_user",
    )


def owned(root: Path) -> dict[str, str]:
    """Return every file, folder and link below a folder with its mode and a digest of what it holds."""
    return {str(path.relative_to(root)): _digest(path) for path in sorted(root.rglob("*"))}


def is_of_changes(path: str) -> bool:
    """Return whether a path below a repository is what a change may add: objects, and its own branch with its log."""
    name = path.split(".git/", 1)[-1]
    mine = ("refs/heads/change", "logs/refs/heads/change")
    return name.startswith(("objects/", *mine)) or name in {"logs", "logs/refs", "logs/refs/heads", "refs/heads"}


def _digest(path: Path) -> str:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return f"link {path.readlink()}"
    if not stat.S_ISREG(mode):
        return f"{mode:o}"
    if path.lstat().st_size > HUGE:
        return f"{mode:o} {path.lstat().st_size}"
    return f"{mode:o} {hashlib.sha256(path.read_bytes()).hexdigest()}"
