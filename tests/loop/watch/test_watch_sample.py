"""The sample's app after the ship: the good change mended its problem, and a release without it is found out."""

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.loop.shipped import EVE
from tests.loop.watch.test_watch import judge
from workbench import loop
from workbench.boundaries.paths import shipped
from workbench.changes.repository import open_app
from workbench.loop.sample.later import watch_sample
from workbench.loop.sample.making import SAMPLE_NOW, Sample, make_sample
from workbench.records import Change, Issue, Watch
from workbench.simulate import write
from workbench.simulate.later import later_weeks
from workbench.store import Workspace, open_workspace
from workbench.windows import Window

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
NOW = MONDAY + timedelta(weeks=6)
CONFUSED_BEFORE = 142 / 4800
"""Of the sample's traces, as its `truth.jsonl` counts them: what a random sample of people's verdicts would say."""


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Return the sample's workspace, in which one change shipped."""
    return make_sample(tmp_path_factory.mktemp("sample") / "acme")


def lived_on(sample: Path, root: Path, files: Mapping[str, str]) -> tuple[Workspace, frozenset[str]]:
    """Return a copy with six more weeks in which version 9 answered, detected; and the traces that have the fault."""
    shutil.copytree(sample, root, symlinks=True)
    workspace = open_workspace(root)
    made = write(later_weeks(files, version="9", start=MONDAY, weeks=6, seed=47), root.parent / "later")
    loop.feed(workspace, [*made.telemetry, made.signals], now=NOW)
    loop.detect(workspace, window=Window(), now=NOW)
    truth = pl.read_ndjson(made.truth).filter(pl.col("fault") == "jurisdiction_confusion")
    return workspace, frozenset(truth["trace_id"])


def watched(workspace: Workspace, confused: frozenset[str]) -> tuple[Watch, Issue]:
    """Return what a watch of the issue comes to once people have judged half of the traffic blind."""
    (shipped,) = [one for one in workspace.ledger.latest(Issue) if one.state == "shipped"]
    (watch,) = loop.start_watch(
        workspace, shipped.id, who=EVE, now=NOW, version="9", before_share=CONFUSED_BEFORE, ratio=0.5
    )
    review = loop.open_blind_review(workspace, watch.id, now=NOW, n=1200)
    judge(workspace, review, lambda trace: "confirmed" if trace in confused else "rejected")
    looked = loop.look(workspace, watch.id, now=NOW + timedelta(days=1))
    return looked.watch, looked.issue


@pytest.mark.slow
def test_the_demo_ends_with_a_problem_that_is_gone_and_no_wait_that_is_over(sample: Sample, tmp_path: Path) -> None:
    shutil.copytree(sample.workspace.root, tmp_path / "acme", symlinks=True)
    workspace = open_workspace(tmp_path / "acme")
    later = watch_sample(sample._replace(workspace=workspace))
    watch, issue = later.looked.watch, later.looked.issue
    assert (watch.state, issue.state) == ("gone", "resolved"), watch.reasons
    assert watch.alarm_at is None
    assert watch.n_found / watch.n_after < 0.5 * watch.n_found_before / watch.n_before
    since = pl.read_ndjson(shipped("sample") / "truth.jsonl").filter(pl.col("fault") == "jurisdiction_confusion").height
    assert watch.before_share == pytest.approx(since / watch.n_before, rel=0.3), "a random sample says what was planted"
    app, [merged] = open_app(workspace.app), [one for one in workspace.ledger.latest(Change) if one.state == "merged"]
    assert (app.head(), merged.id, merged.commit) == (merged.commit, sample.changes[-1].id, sample.changes[-1].commit)
    assert {path: (workspace.app / path).read_bytes() for path in app.contents(app.head())} == app.contents(app.head())
    assert loop.health(workspace, now=later.at).waits == ()


@pytest.mark.slow
def test_a_change_that_did_nothing_is_found_out_and_named(sample: Sample, tmp_path: Path) -> None:
    """What is live as version 9 is the app without the change: the release went wrong, and the watch says so."""
    app = open_app(sample.workspace.app)
    without = {path: raw.decode() for path, raw in app.contents(app.head()).items()}
    watch, issue = watched(*lived_on(sample.workspace.root, tmp_path / "acme", without))
    assert (watch.state, issue.state) == ("reopened", "reopened"), watch.reasons
    assert issue.evidence == (watch.id,)
    assert watch.change_ids[0] in issue.reason
    assert SAMPLE_NOW < watch.since < NOW
