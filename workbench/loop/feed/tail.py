"""One file that grows, read on from where the last reading ended, with one account of all that was read of it.

How far it was read is remembered here and nowhere else: the tables decide what is new, so that a forgotten place costs
time and never a row.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from workbench.errors import FormatError
from workbench.loaders.batch import Load
from workbench.loaders.source import Source
from workbench.loop.feed.files import Account, collector_off, context_of, store_batch
from workbench.records import LoadReport
from workbench.store import Workspace

MARK_BYTES = 4096
"""Of a file, before the place where reading goes on: by them it is told from another one under its name."""


@dataclass(slots=True)
class Tail:
    """A file that is being followed."""

    workspace: Workspace
    path: Path
    """Where it lies now."""
    load: Load
    account: Account
    key_user: Callable[[str], str]
    mark: bytes = b""
    """The last bytes that were read of it."""
    _n_stored_told: int = field(default=0)

    @classmethod
    def begin(
        cls, workspace: Workspace, path: Path, chosen: tuple[str, Load], *, key_user: Callable[[str], str]
    ) -> "Tail":
        """Return a file that is followed from its first byte, with its format and loader as `loaders.choose` gives."""
        name, load = chosen
        return cls(workspace, path, load, Account(str(path), Source(path).id(), name), key_user)

    @property
    def offset(self) -> int:
        """Return the byte where reading goes on, after decompression."""
        return self.account.end_offset

    def advance(self, *, now: datetime) -> int:
        """Store what has come since, and return how many records that were; durable when this returns."""
        n_before = self.account.n_in
        context = context_of(self.workspace, self.account, key_user=self.key_user, now=now, start=self.offset)
        with collector_off():
            for batch in self.load(Source(self.path), context):
                store_batch(self.workspace, batch, self.account, now=now)
        self.mark = self._bytes_before(self.path)
        return self.account.n_in - n_before

    def is_at(self, path: Path) -> bool:
        """Return whether the file at a path is this one, as far as it was read, wherever it was when that was."""
        try:
            return self._bytes_before(path) == self.mark
        except (OSError, FormatError):
            return False

    def whole(self) -> LoadReport:
        """Return what became of all records so far."""
        try:
            n_bytes_waiting = Source(self.path).n_bytes_after(self.offset)
        except (OSError, FormatError):
            n_bytes_waiting = 0
        return self.account.report(n_bytes_waiting=n_bytes_waiting)

    def report(self) -> LoadReport:
        """Return what became of all records so far; as stored count those alone that no earlier report told of.

        So it is with a file that is ingested again, and reports add up in the same way.
        """
        whole = self.whole()
        n_told, self._n_stored_told = self._n_stored_told, whole.n_stored
        return replace(whole, n_stored=whole.n_stored - n_told, n_duplicate=whole.n_duplicate + n_told)

    def _bytes_before(self, path: Path) -> bytes:
        """Return the last bytes before the offset of what lies at a path; fewer if it is shorter than that."""
        start = max(0, self.offset - MARK_BYTES)
        with Source(path).open() as stream:
            stream.seek(start)
            return stream.read(self.offset - start)
