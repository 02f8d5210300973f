"""Small files merged, and files that were replaced long ago deleted: readers of a recent version are left in peace.

Delta lets two compactions of one version both commit, and each puts its copy of the rows into the table. So one process
at a time merges, under a lock of the local disk; object storage has no such lock, and nothing is merged there.
"""

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from deltalake import DeltaTable, WriterProperties
from deltalake.exceptions import CommitFailedError

COMPACT_ABOVE_FILES_A_DAY = 8
"""Below it merging saves little: a table has at least one file a day."""
COMPACT_ABOVE_FILES = 200
"""Files of one table after which appends and scans slow down: 24 ms compacted, 147 ms at 1,000 files."""
KEEP_HOURS = 7 * 24
"""How long replaced files are kept for readers that still use them."""
LOCK = ".compaction"
"""The file in the telemetry folder whose lock says whose turn it is."""


class Compacted(NamedTuple):
    """What became of one table."""

    table: str
    """Its name."""
    n_files_before: int
    """Data files of the version that was found."""
    n_files_after: int
    """Data files of the version that was left."""
    n_files_deleted: int
    """Files that no kept version needs, deleted."""
    n_bytes_deleted: int
    """Their size."""


def merge(handle: DeltaTable, *, above: int, above_a_day: int, writer: WriterProperties) -> int:
    """Merge the table's small files where it has more than `above`, and `above_a_day` each day; return how many it had.

    Where rows were deleted meanwhile, it is left for the next time: merged files must not bring them back.
    """
    n_files, n_days = len(handle.file_uris()), len(handle.partitions())
    if n_files > max(above, above_a_day * n_days):
        with suppress(CommitFailedError):
            handle.optimize.compact(writer_properties=writer)
    return n_files


def vacuum(handle: DeltaTable, folder: Path | None, *, keep_hours: int) -> tuple[int, int]:
    """Delete the files that were replaced longer ago than `keep_hours`; return how many those were, and their bytes.

    Files that no commit ever named are not touched: another process may be about to commit them.

    Parameters
    ----------
    handle
        The table.
    folder
        Its folder, where it is a local one; elsewhere the bytes are not counted.
    keep_hours
        Hours; below KEEP_HOURS a process that reads an older version may find its files gone.
    """
    is_safe = keep_hours >= KEEP_HOURS
    doomed = handle.vacuum(retention_hours=keep_hours, dry_run=True, enforce_retention_duration=is_safe)
    paths = [] if folder is None else [folder / name for name in doomed]
    n_bytes = sum(path.stat().st_size for path in paths if path.is_file())
    if doomed:
        handle.vacuum(retention_hours=keep_hours, dry_run=False, enforce_retention_duration=is_safe)
    return len(doomed), n_bytes
