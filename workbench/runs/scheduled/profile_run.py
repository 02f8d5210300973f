"""A profile run from end to end: its steps one after the other, then the digest, who hears of it, and what is kept.

A step that fails does not stop the others: the reports of a night without one source are still worth having, and the
exit code and the digest say what is missing.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from workbench import loop, report
from workbench.errors import InsufficientDataError
from workbench.ids import ordered_id
from workbench.records import Digest, Step
from workbench.runs.index import index
from workbench.runs.scheduled.alone import alone
from workbench.runs.scheduled.digest_page import digest_page
from workbench.runs.scheduled.hooks import tell_hooks
from workbench.runs.scheduled.record import (
    Files,
    ScheduledRun,
    digests_folder,
    exit_code_of,
    files_of,
    read_scheduled,
)
from workbench.runs.scheduled.retention import drop_old_reports
from workbench.runs.scheduled.step import run_step
from workbench.store import Workspace
from workbench.store.durability import write_durably
from workbench.store.profiles import Hooks, Profile, read_profiles

LATEST = "latest"
"""The name of the copies that are always the newest digest, for scripts."""
FIRST_DAYS = 7
"""What counts as lately where a profile never ran before: a week of traffic."""


def run_profile(
    workspace: Workspace,
    name: str,
    *,
    now: Callable[[], datetime],
    told: Callable[[str], None],
    environment: Mapping[str, str],
) -> tuple[ScheduledRun, Files]:
    """Run a profile, and return its record with the files of its digest.

    Parameters
    ----------
    workspace
        Its `profiles.toml` says what is run.
    name
        The profile.
    now
        Gives the time, UTC.
    told
        Is called with a line as a step ends.
    environment
        Has the webhook's token; steps have this process's.

    Raises
    ------
    ConfigError
        If there is no such profile, or the file is wrong: nothing was run.
    StoreError
        If another run is under way: nothing was run.
    """
    schedules = read_profiles(workspace.root)
    profile, began = schedules.named(name), now()
    with alone(workspace.root, profile=name, now=began) as handle:
        steps = tuple(_steps(profile, workspace.root, handle=handle, told=told))
        digest = _digest(workspace, name, now=now())
        run = ScheduledRun(
            id=ordered_id("sch", began, name),
            profile=name,
            at=began,
            ended_at=digest.at,
            exit_code=exit_code_of(steps),
            headline=report.digest_headline(digest, steps),
            steps=steps,
            digest=digest,
        )
        run = _told(workspace, run, schedules.hooks, environment=environment, told=told)
        files = _write(workspace, run)
        drop_old_reports(workspace, keep=schedules.keep, now=digest.at)
        index(workspace, now=digest.at)
    return run, files


def _steps(profile: Profile, root: Path, *, handle: int, told: Callable[[str], None]) -> Iterator[Step]:
    """Yield what became of each step; when the time of the whole run is over, what is left is skipped."""
    end = time.monotonic() + 60 * profile.limit_minutes
    for words in profile.steps:
        left_s = end - time.monotonic()
        if left_s <= 0:
            step = Step(" ".join(words), "skipped", None, 0.0, "the time of the whole run was over")
        else:
            limit_s = min(60 * profile.step_minutes, left_s)
            step = run_step(words, root=root, limit_s=limit_s, holding=[handle])
        told(_line(step))
        yield step


def _line(step: Step) -> str:
    said = f": {step.said}" if step.said else ""
    return f"{step.command}: {step.state.replace('_', ' ')} after {step.duration_s:,.0f} s{said}"


def _digest(workspace: Workspace, profile: str, *, now: datetime) -> Digest:
    """Return what changed since the profile ran last."""
    earlier = read_scheduled(workspace, profile=profile)
    since = earlier[0][0].digest.at if earlier else None
    return loop.digest(workspace, since=since, growing=_growing(workspace, since=since, now=now), now=now)


def _growing(workspace: Workspace, *, since: datetime | None, now: datetime) -> dict[str, str]:
    """Return by issue how it has grown, where something was detected since the profile ran last."""
    days = FIRST_DAYS if since is None else round((now - since) / timedelta(days=1))
    try:
        detection = report.read_detection(workspace)
    except InsufficientDataError:
        return {}
    return report.growing(detection, days=days) if since is None or detection.run.at > since else {}


def _told(
    workspace: Workspace,
    run: ScheduledRun,
    hooks: Hooks,
    *,
    environment: Mapping[str, str],
    told: Callable[[str], None],
) -> ScheduledRun:
    """Tell whoever is to hear of it, and return the run with what became of that; it is told before it is written.

    A run that is killed in between is told again by the next one, rather than by none.
    """
    is_wrong = run.exit_code not in (0, InsufficientDataError.exit_code)
    if hooks.when == "news" and not run.digest.has_news and not is_wrong:
        return run
    text = _markdown(workspace, run)
    steps = tell_hooks(hooks, payload=run.to_json(), text=text, workspace=workspace, environment=environment)
    for step in steps:
        told(_line(step))
    return replace(run, hooks=steps, exit_code=exit_code_of([*run.steps, *steps]))


def _markdown(workspace: Workspace, run: ScheduledRun) -> str:
    name = workspace.root.resolve().name
    steps = (*run.steps, *run.hooks)
    return report.digest_markdown(run.digest, steps, headline=run.headline, name=name, profile=run.profile)


def _write(workspace: Workspace, run: ScheduledRun) -> Files:
    """Write the digest under the run's own name and as the latest, and return where; the record comes last."""
    folder = digests_folder(workspace)
    folder.mkdir(parents=True, exist_ok=True)
    files = files_of(folder, _free_stem(folder, run))
    contents = (digest_page(workspace, run).encode(), _markdown(workspace, run).encode(), run.to_json())
    for paths in (files_of(folder, LATEST), files):
        for path, content in zip(paths, contents, strict=True):
            write_durably(path, content, mode=0o644)
    return files


def _free_stem(folder: Path, run: ScheduledRun) -> str:
    """Return a name by the run's time that no other has; runs of one workspace come one after the other."""
    stamp = f"{run.at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{run.profile}"
    names = (stamp, *(f"{stamp}-{place}" for place in range(2, 1_000)))
    return next(name for name in names if not (folder / f"{name}.json").exists())
