"""One run of a profile as a record beside its digest: what it did, what it told, and to whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from workbench.errors import ConfigError, InsufficientDataError, ReportError, StoreError
from workbench.records import Digest, Step
from workbench.report.digest import is_bad
from workbench.runs.notebooks import DIGESTS
from workbench.store import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledRun:
    """What one run of a profile did."""

    id: str
    """sch_..., sorts by time."""
    profile: str
    """The profile's name."""
    at: datetime
    """When it began, UTC."""
    ended_at: datetime
    """When its last step had ended, UTC."""
    exit_code: int
    """What it left with: 0 done, 2 a step was refused, 3 one failed or ran out of time, 4 there was too little data."""
    headline: str
    """The digest in one line."""
    steps: tuple[Step, ...]
    """What became of each step."""
    digest: Digest
    """What changed since the profile ran last."""
    hooks: tuple[Step, ...] = ()
    """Who was told, and what became of that; empty in what they are sent."""

    def to_json(self) -> bytes:
        """Return the record as JSON; durations are ISO 8601."""
        return msgspec.json.encode(self)


class Files(NamedTuple):
    """Where one run's digest is."""

    html: Path
    """As a page."""
    markdown: Path
    """As Markdown."""
    json: Path
    """As the record."""


def digests_folder(workspace: Workspace) -> Path:
    """Return the folder of digests."""
    return workspace.reports / DIGESTS


def files_of(folder: Path, stem: str) -> Files:
    """Return where a digest of that name is."""
    return Files(folder / f"{stem}.html", folder / f"{stem}.md", folder / f"{stem}.json")


def read_scheduled(workspace: Workspace, *, profile: str | None = None) -> list[tuple[ScheduledRun, Files]]:
    """Return every run of a profile, or of all of them, with its files, newest first.

    Raises
    ------
    StoreError
        If the record of a run cannot be read.
    """
    folder = digests_folder(workspace)
    found = [(_read(path), files_of(folder, path.stem)) for path in sorted(folder.glob("[0-9]*.json"))]
    mine = [(run, files) for run, files in found if profile in (None, run.profile)]
    return sorted(mine, key=lambda one: (one[0].at, one[0].id), reverse=True)


def exit_code_of(steps: Iterable[Step]) -> int:
    """Return what a run leaves with: that of its worst step.

    >>> exit_code_of([Step("detect", "insufficient", 4, 1.0), Step("compact", "failed", 3, 1.0)])
    3
    """
    every = list(steps)
    if any(is_bad(step) and step.state != "refused" for step in every):
        return ReportError.exit_code
    if any(step.state == "refused" for step in every):
        return ConfigError.exit_code
    return InsufficientDataError.exit_code if any(step.state == "insufficient" for step in every) else 0


def _read(path: Path) -> ScheduledRun:
    try:
        return msgspec.json.decode(path.read_bytes(), type=ScheduledRun)
    except (OSError, msgspec.DecodeError) as error:
        raise StoreError(f"the record of a run cannot be read: {error}", where=str(path), fix="delete it") from error
