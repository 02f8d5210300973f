"""`workbench run --profile`: what a scheduler starts; a plain line a step, and an exit code."""

import os
import signal
import sys
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import typer

from workbench import runs
from workbench.cli.output import answer_with, tell
from workbench.errors import InsufficientDataError
from workbench.runs.scheduled.record import Files, exit_code_of
from workbench.store import Workspace
from workbench.store.profiles import PROFILES

ProfileOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Do what the profile of the workspace's profiles.toml says: nightly, weekly, or one of your own. Leaves "
        "with 0 done, 2 a step was refused, 3 one failed or ran out of time or another run is under way, 4 too little "
        "data.",
    ),
]
QuietOption = Annotated[
    bool,
    typer.Option(
        "--quiet", help="With --profile: print nothing unless it leaves with another code than 0. Cron mails the rest."
    ),
]
_ENDED = 143
"""What a shell shows of a program that SIGTERM ended."""


def run_a_profile(workspace: Workspace, profile: str, *, is_quiet: bool, as_json: bool) -> None:
    """Run a profile, say how it went, and leave with its exit code."""
    usual = signal.signal(signal.SIGTERM, _leave)  # the step that is running is ended too
    lines: list[str] = []
    told = lines.append if is_quiet else tell
    try:
        run, files = runs.run_profile(
            workspace, profile, now=lambda: datetime.now(UTC), told=told, environment=os.environ
        )
    finally:
        signal.signal(signal.SIGTERM, usual)
    is_wrong = run.exit_code not in (0, InsufficientDataError.exit_code)
    if is_quiet and is_wrong:
        for line in lines:
            tell(line)
    if as_json or not is_quiet or is_wrong:
        text = f"{run.headline[0].upper()}{run.headline[1:]}.\nDigest: {files.html}"
        answer_with(_answer(run, files), text, as_json=as_json)
    if run.exit_code:
        tell(_why(run))
        raise typer.Exit(run.exit_code)


def _why(run: runs.ScheduledRun) -> str:
    """Return why a run leaves with another code than 0, in one line: by its first step that says so."""
    told = [one for one in (*run.steps, *run.hooks) if one.state != "done"]
    why = next((one for one in told if exit_code_of([one]) == run.exit_code), None)
    said = f"{why.command}: {why.said or why.state}" if why else run.headline
    return f"{run.profile} leaves with {run.exit_code}: {said} (what it runs, and over which days: {PROFILES})"


def _answer(run: runs.ScheduledRun, files: Files) -> dict[str, Any]:
    return {
        "run": run.id,
        "profile": run.profile,
        "exit_code": run.exit_code,
        "headline": run.headline,
        "steps": msgspec.to_builtins(run.steps),
        "hooks": msgspec.to_builtins(run.hooks),
        "has_news": run.digest.has_news,
        "digest": {name: str(path) for name, path in files._asdict().items()},
    }


def _leave(number: int, frame: object) -> None:
    sys.exit(_ENDED)
