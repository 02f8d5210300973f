"""How far each server's lists have been read: a small file a project, beside the tables.

It is moved on after what was read is durable, so that a kill costs at most a page that is read again. It is never asked
what is stored: that the tables themselves know.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from workbench.boundaries.paths import file_name
from workbench.errors import StoreError
from workbench.store.durability import lock, write_durably


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far one list of a project has been read."""

    floor: datetime | None
    """What began earlier is never asked for; None where everything is."""
    since: datetime | None
    """What began earlier is not asked for in this pass."""
    cursor: str
    """The server's mark of the page to read next; empty for the first one."""
    begun_at: datetime
    """When the pass over the list began that is under way, or was the last."""
    is_under_way: bool
    """False between two passes."""


class Pulls:
    """The places of one workspace.

    Parameters
    ----------
    folder
        Where the files lie; made when it is first needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, source: str) -> Mapping[str, Place]:
        """Return how far each list of a source has been read; empty before its first pull.

        Raises
        ------
        StoreError
            If the file is damaged.
        """
        path = self._path(source, ".json")
        if not path.exists():
            return {}
        try:
            return msgspec.json.decode(path.read_bytes(), type=dict[str, Place])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise StoreError(
                f"cannot be read: {error}",
                where=str(path),
                fix="delete it: the next pull reads everything again, and stores nothing twice",
            ) from error

    def write(self, source: str, places: Mapping[str, Place]) -> None:
        """Keep how far each list of a source has been read, durably."""
        write_durably(self._path(source, ".json"), msgspec.json.encode(places))

    @contextmanager
    def alone(self, source: str) -> Iterator[None]:
        """Keep other pulls of the source away.

        Raises
        ------
        StoreError
            If another process pulls from it now.
        """
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with lock(self._path(source, ".lock")) as is_mine:
            if not is_mine:
                raise StoreError("another process pulls from this server now", where=str(self._folder))
            yield

    def _path(self, source: str, suffix: str) -> Path:
        return self._folder / file_name(source, suffix=suffix)
