"""One run of a profile at a time in a workspace: the lock is let go of by a kill, and says who holds it.

The step that is running holds it too, so that nothing else begins while the step of a killed run goes on.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from workbench.errors import StoreError
from workbench.report import formats

LOCK = ".profile-run"
"""The file in a workspace whose lock a run holds."""
_MAX_BYTES = 400


@contextmanager
def alone(root: Path, *, profile: str, now: datetime) -> Iterator[int]:
    """Hold the lock of a workspace's runs, and give its file descriptor for a step to hold it too.

    Raises
    ------
    StoreError
        If another run is under way; it says which, and since when.
    """
    handle = os.open(root / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, _MAX_BYTES).decode("utf-8", "replace") or "another run"
            raise StoreError(f"{holder} is under way", where=str(root), fix="let it finish; nothing was run") from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"the run of {profile} of {formats.moment(now)} (process {os.getpid()})".encode(), 0)
        yield handle
    finally:
        os.close(handle)
