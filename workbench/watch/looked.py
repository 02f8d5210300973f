"""What one look at a watch says, for whoever shows it."""

from typing import NamedTuple

import polars as pl

from workbench.records import Issue, Watch
from workbench.watch.course import Course


class Looked(NamedTuple):
    """What one look says."""

    watch: Watch
    """The watch, assessed."""
    issue: Issue
    """Its issue, where it stands now."""
    weeks: pl.DataFrame
    """Whole weeks around the ship, as of `traffic.by_week`."""
    course: Course
    """What happened by day after the ship."""
    controls: tuple[str, ...]
    """Issues that tell what the days do."""
