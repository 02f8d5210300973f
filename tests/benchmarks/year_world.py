"""The simulated year's app and traffic: each week the version that is live then is run, and the truth is kept.

The team's branch is the app: what is merged goes live on the next Monday under the next number, whether or not it does
what whoever merged it thinks. So a fix that was lost in a later merge is no fix, though the history has its commit.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from workbench.boundaries.git import Git
from workbench.changes.repository import open_app
from workbench.loop.sample_app.app import TAG, TEAM
from workbench.records import Change
from workbench.simulate import write
from workbench.simulate.app import PRODUCTION, ExampleChange, example_changes, versions
from workbench.simulate.faults import FAULTS, Fault
from workbench.simulate.world import Rollout, World

START = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday."""
WEEK = timedelta(weeks=1)
N_USERS = 240
PREVALENCE = {"jurisdiction_confusion": 0.6, "citation_error": 0.4, "truncated_answer": 1.0, "premature_end": 0.8}
"""Of the requests of a fault's slice: so that a week of seventy traces shows each. The sample's others are off."""
FIXES = {
    "jurisdiction_confusion": "state_jurisdiction_first",
    "citation_error": "verify_citations",
    "premature_end": "more_steps",
}
"""The change that takes each fault away; nobody makes one for the fourth."""
N_STEPS, N_STEPS_LOST = 16, 9
"""Steps that are enough for every party, and that are for none: more than before, so that git sees no roll-back."""
MORE_STEPS = ("more_steps", "Let it search for every party", "The run ends at max_steps before all parties are found.")
DETECTORS = {
    "jurisdiction_confusion": "negative_feedback",
    "citation_error": "tool_error",
    "truncated_answer": "incomplete_answer",
    "premature_end": "premature_end",
}
"""The detector by which people come to know each fault: others see it too, and have issues of their own."""
FIRST_VERSION = 9
"""The sample's app was in versions 6 and 7, and 8 was a canary."""


@dataclass
class Live:
    """What is live, and what is so in all traffic until now."""

    app: Path
    """The app's repository."""
    seed: int
    """Of all traffic."""
    version: str = PRODUCTION
    """What the telemetry calls what is live."""
    commit: str = ""
    """Its commit."""
    faults: dict[str, str] = field(default_factory=dict)
    """The planted fault of each trace that has one."""
    n_traces: int = 0
    """Traces until now."""

    def deploy(self) -> None:
        """Put what the team's branch holds live: the next number, where it is another commit than before."""
        head = open_app(self.app).head()
        if self.commit and head != self.commit:
            self.version = str(max(int(self.version) + 1, FIRST_VERSION))
            Git(self.app).write("update-ref", f"{TAG}{self.version}", head)
        self.commit = head

    def week(self, number: int, *, n: int, folder: Path) -> list[Path]:
        """Write a week of traffic into a new folder, and return its files."""
        files = {path: raw.decode() for path, raw in open_app(self.app).contents(self.commit).items()}
        world = World(
            n_traces=n,
            weeks=1,
            seed=1_000 * self.seed + number,
            start=START + number * WEEK,
            n_users=N_USERS,
            faults=planted(),
            rollout=Rollout(
                releases=((0.0, f"2026.{self.version}"),),
                prompt_versions=((0.0, self.version),),
                canary_version=self.version,
                canary_share=0.0,
            ),
            app={self.version: files},
        )
        made = write(world, folder)
        truth = pl.read_ndjson(made.truth)
        self.n_traces += truth.height
        self.faults |= dict(truth.filter(pl.col("fault") != "none").select("trace_id", "fault").iter_rows())
        return [*made.telemetry, made.signals]

    def share(self, fault: str) -> float:
        """Return the share of all traces until now that have a fault: what a large random sample would say."""
        return sum(one == fault for one in self.faults.values()) / max(self.n_traces, 1)

    def merge(self, change: Change, *, at: datetime) -> None:
        """Merge a change's branch into the team's, as people do who ship it."""
        git(self.app, "merge", "--no-ff", "-m", f"Merge {change.title}", change.branch, at=at)

    def lose(self, fault: str, *, at: datetime) -> None:
        """Commit, on the team's branch, an edit that takes the lines of a fix out again and says nothing of it."""
        for path, text in edited(self.app, fault, is_back=True).items():
            (self.app / path).write_text(text, "utf-8")
            git(self.app, "add", path, at=at)
        git(self.app, "commit", "-m", "Tidy prompt and settings up", at=at)


def planted() -> tuple[Fault, ...]:
    """Return the faults of the year."""
    return tuple(replace(one, prevalence=PREVALENCE[one.name]) for one in FAULTS if one.name in PREVALENCE)


def fix_of(fault: str) -> ExampleChange:
    """Return the change for a fault: an example of the sample, or a wider limit of steps."""
    if FIXES[fault] != MORE_STEPS[0]:
        return example_changes()[FIXES[fault]]
    settings = _with_steps(_base()["settings.yaml"], N_STEPS)
    return ExampleChange(*MORE_STEPS, fault, {"settings.yaml": settings})


def edited(app: Path, fault: str, *, is_back: bool = False) -> Mapping[str, str]:
    """Return the files that a fault's change makes of the team's branch, with all else that was changed meanwhile.

    Parameters
    ----------
    app
        The repository, with the team's branch checked out.
    fault
        The fault.
    is_back
        Whether its lines are taken out instead.
    """
    if FIXES[fault] == MORE_STEPS[0]:
        settings = (app / "settings.yaml").read_text("utf-8")
        return {"settings.yaml": _with_steps(settings, N_STEPS_LOST if is_back else N_STEPS)}
    base = _base()
    return {
        path: _merged((app / path).read_text("utf-8"), *((text, base[path]) if is_back else (base[path], text)))
        for path, text in fix_of(fault).files.items()
    }


def _with_steps(settings: str, n: int) -> str:
    return re.sub(r"^max_steps: \d+$", f"max_steps: {n}", settings, flags=re.MULTILINE)


def _base() -> Mapping[str, str]:
    return next(one for one in versions() if one.name == PRODUCTION).files


def _merged(now: str, before: str, after: str) -> str:
    """Return a text with what leads from one to another done to it."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("now", "before", "after")]
        for path, text in zip(paths, (now, before, after), strict=True):
            path.write_text(text, "utf-8")
        done = subprocess.run(["git", "merge-file", "-p", *map(str, paths)], capture_output=True, check=True, text=True)
        return done.stdout


def git(app: Path, *words: str, at: datetime) -> None:
    """Run git in the app's repository as the team does, at a time."""
    stamp = f"{at.timestamp():.0f} +0000"
    team = {
        **{f"GIT_{who}_NAME": TEAM.name for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": TEAM.email for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_DATE": stamp for who in ("AUTHOR", "COMMITTER")},
    }
    subprocess.run(["git", "-C", str(app), *words], check=True, capture_output=True, env={**os.environ, **team})
