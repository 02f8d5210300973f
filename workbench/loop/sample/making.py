"""The sample as a workspace: what notebooks and the demo run on when nobody names another.

The telemetry is generated and its user ids are made up, so that it is keyed with the published key.
"""

import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import platformdirs

import workbench
from workbench.backlog import WEIGHTS
from workbench.boundaries.paths import shipped
from workbench.ids import digest
from workbench.loop.detect.running import Detection, detect
from workbench.loop.feed.files import IngestProgress, feed
from workbench.loop.sample.changes import AUTHOR, TRIED, change_sample
from workbench.loop.sample.experiment import SIGNED_AFTER, decide_change, set_apart
from workbench.loop.sample.release import release_sample
from workbench.loop.sample.reviewed import review_sample, truth_of
from workbench.loop.sample_app.app import make_app
from workbench.records import Change, Decision, LoadReport, ReleaseCandidate, Review
from workbench.simulate.reviewers import REVIEWERS
from workbench.store import DEMO_SECRET, Workspace, init_workspace, open_workspace
from workbench.windows import Window

SAMPLE = "sample"
"""The word that stands for the sample's workspace wherever a workspace is named."""
SAMPLE_WEIGHTS = """\
# What a user's trouble weighs in the sample: law firms pay most. `--weights NAME` ranks by another set.
[set.default]
about = "users × severity (1, 2, 3) × tier (1, 2, 3) × visits a user"
tiers = { free = 1, pro = 2, firm = 3 }

[set.alike]
about = "all tiers alike"
"""
TRIED_AFTER = timedelta(days=1, hours=4)
"""When a first change is made and tested, which fails: once the review has ended."""
CHANGED_AFTER = timedelta(days=2)
"""When the other changes are made."""
RELEASED_AFTER = timedelta(days=3)
"""When they are frozen as a release candidate."""
DECIDED_AFTER = timedelta(days=4)
"""When the one for the same issue is tested."""
SIGNER = REVIEWERS[0].name
"""Who signs decisions: not the author of the changes."""
SAMPLE_NOW = datetime(2026, 10, 26, 6, 0, tzinfo=UTC)
"""The Monday morning after the sample's last day: its runs are the same on every day that they are made."""


def open_or_sample(name: str | Path) -> Workspace:
    """Return the workspace of a folder; for the word `sample`, the sample's, made on first use in the user's cache.

    Raises
    ------
    ConfigError
        If the folder is no workspace.
    """
    return _cached_sample() if str(name) == SAMPLE else open_workspace(name)


class Sample(NamedTuple):
    """The sample's workspace, and what its first run said."""

    workspace: Workspace
    """Fed, detected and reviewed."""
    reports: tuple[LoadReport, ...]
    """What became of each file."""
    detection: Detection
    """What was found."""
    review: Review
    """What simulated reviewers said of it."""
    changes: tuple[Change, ...]
    """What a simulated person made of the issues that were confirmed."""
    candidate: ReleaseCandidate | None
    """These changes, frozen to travel together; None where there are none."""
    decisions: tuple[Decision, ...]
    """What was decided of a change that failed and was given up, and of the last of these, which ships."""

    @property
    def decided_at(self) -> datetime:
        """When the last decision was signed, and all of this was done, UTC."""
        return SAMPLE_NOW + DECIDED_AFTER + SIGNED_AFTER


def make_sample(
    root: Path, *, progress: IngestProgress | None = None, told: Callable[[str], None] | None = None
) -> Sample:
    """Make a workspace of the sample in a new folder: fed, detected, reviewed, its app changed and that tested."""
    tell = told or (lambda _: None)
    workspace = init_workspace(root, secret=DEMO_SECRET)
    (workspace.root / WEIGHTS).write_text(SAMPLE_WEIGHTS, "utf-8")
    make_app(workspace.app, now=SAMPLE_NOW)
    reports = feed(workspace, sample_files(), now=SAMPLE_NOW, progress=progress)
    detection = detect(workspace, window=Window(), now=SAMPLE_NOW, progress=told)
    tell("reviewing, by simulated reviewers")
    review = review_sample(workspace, detection, now=SAMPLE_NOW)
    tell("changing the app, by a simulated person")
    truth = truth_of(shipped("sample"), workspace, detection)
    [tried] = change_sample(workspace, detection, truth=truth, now=SAMPLE_NOW + TRIED_AFTER, names=TRIED)
    tell("testing a change that fails, on cases set apart")
    cases = set_apart(workspace, tried, author=AUTHOR, now=SAMPLE_NOW + TRIED_AFTER)
    failed = decide_change(workspace, tried, cases, author=AUTHOR, signer=SIGNER, now=SAMPLE_NOW + TRIED_AFTER)
    tell("changing the app once more")
    changes = change_sample(workspace, detection, truth=truth, now=SAMPLE_NOW + CHANGED_AFTER)
    candidate = release_sample(workspace, changes, author=AUTHOR, now=SAMPLE_NOW + RELEASED_AFTER)
    tell("testing the change for the same issue, on the same cases")
    ships = decide_change(workspace, changes[-1], cases, author=AUTHOR, signer=SIGNER, now=SAMPLE_NOW + DECIDED_AFTER)
    return Sample(workspace, reports, detection, review, changes, candidate, (failed, ships))


def sample_files() -> list[Path]:
    """Return the sample's telemetry and signals."""
    return [shipped("sample") / "telemetry", shipped("sample") / "signals.jsonl"]


def _cached_sample() -> Workspace:
    cache = platformdirs.user_cache_path("workbench")
    root = cache / f"sample-{_version()}"
    if not root.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=cache, prefix=".sample-"))
        try:
            make_sample(draft)
            _rename_once(draft, root)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return open_workspace(root)


def _rename_once(draft: Path, root: Path) -> None:
    """Put the finished folder in its place; where another process was first, its folder stands."""
    try:
        draft.rename(root)
    except OSError:
        if not root.is_dir():
            raise


def _version() -> str:
    """Return a name that changes with the sample and with the code that reads it."""
    code = Path(workbench.__file__).parent
    files = sorted([*(path for path in shipped("sample").rglob("*") if path.is_file()), *code.rglob("*.py")])
    return digest(*(path.read_bytes() for path in files))[:12]
