"""What a scheduler starts: a profile's steps under a lock and limits, a digest, who hears of it, and what is kept."""

from workbench.runs.scheduled.profile_run import run_profile
from workbench.runs.scheduled.record import ScheduledRun, read_scheduled
from workbench.runs.scheduled.retention import drop_old_reports

__all__ = ["ScheduledRun", "drop_old_reports", "read_scheduled", "run_profile"]
