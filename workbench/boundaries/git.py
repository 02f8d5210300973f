"""The one door to git: a repository is read and written by git itself, and nothing that lies in it is run.

A repository that somebody else filled can name programs in its configuration and its hooks (a file-system monitor,
filters, merge drivers, editors, signers), and git runs them on such harmless calls as `status`. So only plumbing is let
through; it runs with a fixed environment, without hooks, and on objects with none of the repository's configuration.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from workbench.errors import RepositoryError

READS = (
    *(
        "cat-file",
        "check-attr",
        "check-ref-format",
        "config --list",
        "diff-tree",
        "for-each-ref",
        "ls-files",
        "ls-tree",
    ),
    *("merge-base", "patch-id", "rev-list", "rev-parse", "symbolic-ref --quiet", "version"),
)
"""Commands, some with their first option, that change nothing and run nothing."""
WRITES = (
    *("commit-tree", "hash-object", "init", "merge-tree", "read-tree", "symbolic-ref", "update-index", "update-ref"),
    "write-tree",
)
"""Commands that write objects, references or an index, and run nothing once hooks and drivers are out of the way."""
MAX_BYTES = 1 << 26
"""Of one answer: a listing of some 500,000 files."""
MAX_SECONDS = 60.0
"""Of one call: a history of a million commits is walked in less."""
MIN_VERSION = (2, 38)
"""The first git that merges without a work tree (`merge-tree --write-tree`)."""
_PROGRAMS = "/usr/local/bin:/usr/bin:/bin"
_OVERRULED = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.quotePath": "false",
    "core.fsync": "committed",
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "submodule.recurse": "false",
    "protocol.allow": "never",
}
"""What the repository's own configuration has no say in."""
_ENVIRONMENT = {
    "LC_ALL": "C",
    "TZ": "UTC",
    "HOME": "/nonexistent",
    "XDG_CONFIG_HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "false",
    "GIT_EDITOR": "false",
    "GIT_PAGER": "cat",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_LITERAL_PATHSPECS": "1",
}
"""All that git sees of the environment, besides where to look: no variable of the caller's reaches it."""
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Answer(NamedTuple):
    """What one call of git came to."""

    code: int
    """Its exit code."""
    out: bytes
    """Its standard output."""
    said: str
    """Its standard error."""


@dataclass(frozen=True, slots=True)
class Git:
    """Git in one folder; with an environment of its own, such as another index or another repository."""

    root: Path
    """The folder that it runs in."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables besides the fixed ones."""

    def read(self, *arguments: str, given: bytes = b"") -> bytes:
        """Return what a reading command prints.

        Parameters
        ----------
        arguments
            The command and what is passed to it; user text is passed after `--end-of-options` or by `given`.
        given
            Its standard input.

        Raises
        ------
        RepositoryError
            If git refuses, takes too long, or prints too much.
        """
        return _succeeded(self.ask(*arguments, given=given), arguments)

    def ask(self, *arguments: str, given: bytes = b"") -> Answer:
        """Return what a reading command comes to, whichever its exit code is; errors as of `read`."""
        return self._call(arguments, given=given, allowed=READS, more={})

    def write(self, *arguments: str, given: bytes = b"", more: Mapping[str, str] | None = None) -> bytes:
        """Return what a writing command prints; `more` is environment for this call, errors are as of `read`."""
        return _succeeded(self.attempt(*arguments, given=given, more=more), arguments)

    def attempt(self, *arguments: str, given: bytes = b"", more: Mapping[str, str] | None = None) -> Answer:
        """Return what a writing command comes to, whichever its exit code is; arguments as of `write`."""
        return self._call(arguments, given=given, allowed=WRITES, more=more or {})

    def _call(
        self, arguments: tuple[str, ...], *, given: bytes, allowed: tuple[str, ...], more: Mapping[str, str]
    ) -> Answer:
        if not {" ".join(arguments[:n]) for n in (1, 2)} & {*allowed}:
            raise ValueError(f"git {' '.join(arguments[:2])}, must be one of {', '.join(allowed)}")
        settings = [part for name, value in _OVERRULED.items() for part in ("-c", f"{name}={value}")]
        if not self.root.is_dir():
            raise RepositoryError("there is no such folder", where=str(self.root), fix="name the app's repository")
        root = self.root.resolve()
        environment = {
            **_ENVIRONMENT,
            "PATH": _PROGRAMS,
            "GIT_CEILING_DIRECTORIES": str(root.parent),
            **self.environment,
            **more,
        }
        return _run([program(), "--no-pager", *settings, *arguments], root=root, environment=environment, given=given)


def program() -> str:
    """Return git's absolute path.

    Raises
    ------
    RepositoryError
        If it is not installed.
    """
    found = shutil.which("git")
    if found is None or not Path(found).is_absolute():  # a relative one may lie in the repository itself
        raise RepositoryError("git is not installed", fix="install git 2.38 or later")
    return found


def is_id(text: str) -> bool:
    """Return whether a text has the form of git's id of an object."""
    return _ID.fullmatch(text) is not None


def _succeeded(answer: Answer, arguments: tuple[str, ...]) -> bytes:
    if answer.code:
        said = " ".join(answer.said.split()) or f"exit code {answer.code}"
        raise RepositoryError(f"git {arguments[0]} failed: {said[:400]}")
    return answer.out


def _run(command: list[str], *, root: Path, environment: Mapping[str, str], given: bytes) -> Answer:
    """Run a command within bounds; its input and its complaints go through files, so that no pipe can block."""
    with tempfile.TemporaryFile() as read_from, tempfile.TemporaryFile() as complaints:
        read_from.write(given)
        read_from.seek(0)
        pipe, pipe_in = os.pipe()
        with os.fdopen(pipe, "rb") as answered:
            try:
                process = subprocess.Popen(
                    command,
                    cwd=root,
                    env=dict(environment),
                    stdin=read_from,
                    stdout=pipe_in,
                    stderr=complaints,
                    start_new_session=True,
                )
            finally:
                os.close(pipe_in)
            timer = threading.Timer(MAX_SECONDS, _end, [process])
            timer.start()
            try:
                out = answered.read(MAX_BYTES + 1)
                is_late = timer.finished.is_set()
                if len(out) > MAX_BYTES:
                    _end(process)
            except BaseException:  # stopped meanwhile: it must not be waited for
                _end(process)
                raise
            finally:
                timer.cancel()
                code = process.wait()
        if len(out) > MAX_BYTES:
            raise RepositoryError(f"git prints more than {MAX_BYTES} bytes", where=str(root))
        if is_late:
            raise RepositoryError(f"git took more than {MAX_SECONDS:.0f} s", where=str(root), fix="try again")
        complaints.seek(0)
        return Answer(code, out, complaints.read(1 << 16).decode("utf-8", "replace"))


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process that runs, and all that it started."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
