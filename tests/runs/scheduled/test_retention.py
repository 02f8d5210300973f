"""Which reports stay: the newest, one a month, the newest of each notebook, and what a decision names."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.loop.on_record import a_decision
from workbench.ids import ordered_id
from workbench.runs.run import Run, noted_heads, read_runs
from workbench.runs.scheduled.retention import drop_old_reports
from workbench.store import DEMO_SECRET, Workspace, init_workspace

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)
Make = Callable[..., Run]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return init_workspace(tmp_path / "acme", secret=DEMO_SECRET)


@pytest.fixture
def made(workspace: Workspace) -> Make:
    """Return a function that puts a report with all of its files in its place."""

    def build(notebook: str, at: datetime, **parameters: object) -> Run:
        folder = workspace.reports / notebook
        folder.mkdir(exist_ok=True)
        stem = f"{at:%Y%m%dT%H%M%SZ}"
        run = Run(
            id=ordered_id("rpt", at, notebook, stem),
            notebook=notebook,
            title="",
            at=at,
            state="done",
            duration_s=1.0,
            parameters=parameters,
            ipynb=folder / f"{stem}.ipynb",
            html=folder / f"{stem}.html",
            code="",
            table_versions={},
            ledger_head="0" * 64,
            package_versions={},
            error=None,
        )
        for suffix in (".ipynb", ".html", ".result.json"):
            (folder / f"{stem}{suffix}").write_text("{}")
        (folder / f"{stem}.json").write_text(run.to_json(reports=workspace.reports), "utf-8")
        return run

    return build


def left(workspace: Workspace) -> list[str]:
    """Return the day of every report that is left, newest first."""
    return [f"{run.at:%m-%d}" for run in read_runs(workspace.reports)]


def test_the_newest_and_one_a_month_stay(workspace: Workspace, made: Make) -> None:
    for days in (0, 1, 2, 3, 28, 31, 40, 60, 61, 70):
        made("2_detect", NOW - days * DAY)
    assert drop_old_reports(workspace, keep=2, now=NOW) == 6
    # of June the two newest, of May and April the newest
    assert left(workspace) == ["06-30", "06-29", "05-30", "04-30"]


def test_each_notebook_keeps_its_own(workspace: Workspace, made: Make) -> None:
    made("2_detect", NOW - DAY)
    made("1_telemetry", NOW)
    made("1_telemetry", NOW - DAY)
    assert drop_old_reports(workspace, keep=1, now=NOW) == 1
    assert left(workspace) == ["06-30", "06-29"]


def test_all_files_of_a_report_go_and_no_other(workspace: Workspace, made: Make) -> None:
    old, new = made("2_detect", NOW - DAY), made("2_detect", NOW)
    (old.html.parent / "latest.html").write_text("")
    drop_old_reports(workspace, keep=1, now=NOW)
    names = sorted(path.name for path in old.html.parent.iterdir())
    stem = new.html.stem
    assert names == [f"{stem}.html", f"{stem}.ipynb", f"{stem}.json", f"{stem}.result.json", "latest.html"]


def test_a_kill_between_two_files_is_completed_by_the_next_time(workspace: Workspace, made: Make) -> None:
    old = made("2_detect", NOW - DAY)
    made("2_detect", NOW)
    old.html.unlink()
    old.ipynb.unlink()
    assert drop_old_reports(workspace, keep=1, now=NOW) == 1
    assert not list(old.html.parent.glob(f"{old.html.stem}*"))


def test_keep_nothing_keeps_all(workspace: Workspace, made: Make) -> None:
    for days in range(5):
        made("2_detect", NOW - days * DAY)
    assert drop_old_reports(workspace, keep=0, now=NOW) == 0
    assert len(left(workspace)) == 5


def test_a_report_that_a_decision_rests_on_stays(workspace: Workspace, made: Make) -> None:
    named = made("6_validate", NOW - 20 * DAY)
    shown = made("6_validate", NOW - 21 * DAY, experiment_id="exp_1")
    other = made("6_validate", NOW - 22 * DAY, experiment_id="exp_2")
    made("6_validate", NOW)
    workspace.ledger.append([a_decision(reasons=(f"as {named.id} shows",))], now=NOW)
    drop_old_reports(workspace, keep=1, now=NOW)
    kept = {run.id for run in read_runs(workspace.reports)}
    assert {named.id, shown.id} <= kept
    assert other.id not in kept


def test_drafts_of_killed_executions_go_after_a_day(workspace: Workspace, made: Make) -> None:
    folder = made("2_detect", NOW).html.parent
    for name, age in ((".a.part.ipynb", 2 * DAY), (".b.part.ipynb", DAY / 2)):
        (folder / name).write_text("{}")
        at = (NOW - age).timestamp()
        os.utime(folder / name, (at, at))
    drop_old_reports(workspace, keep=5, now=NOW)
    assert sorted(path.name for path in folder.glob(".*")) == [".b.part.ipynb"]


def test_a_record_that_vanishes_while_it_is_read_is_passed_over(workspace: Workspace, made: Make) -> None:
    """Another process drops reports while one lists them: a link to nothing stands for the moment in between."""
    run = made("2_detect", NOW)
    (run.html.parent / "20260101T000000Z.json").symlink_to("gone.json")
    assert [one.id for one in read_runs(workspace.reports)] == [run.id]
    assert noted_heads(workspace.reports) == {"0" * 64}
