"""A profile from end to end: real steps, a digest in three forms, who hears of it, and what the next one tells."""

import json
import shlex
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.backlog.issues import issue
from tests.conftest import Answer, Served
from workbench import runs
from workbench.errors import ConfigError, StoreError
from workbench.runs.scheduled.alone import alone
from workbench.runs.scheduled.record import Files, ScheduledRun, read_scheduled
from workbench.store import DEMO_SECRET, Workspace, init_workspace

NIGHT = datetime(2026, 1, 7, 3, 15, tzinfo=UTC)
DAY = timedelta(days=1)
NOTHING = "[profile.nightly]\nsteps = ['compact']\nstep_minutes = 1e-9\n"
"""A profile whose one step is over before it begins: what is around the steps is tried without their seconds."""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return init_workspace(tmp_path / "acme", secret=DEMO_SECRET)


def run(
    workspace: Workspace, profiles: str, *, at: datetime = NIGHT, environment: Mapping[str, str] | None = None
) -> tuple[ScheduledRun, Files, list[str]]:
    """Return what running the nightly profile leaves, and the lines that it said."""
    (workspace.root / "profiles.toml").write_text(profiles, "utf-8")
    lines: list[str] = []
    done = runs.run_profile(workspace, "nightly", now=lambda: at, told=lines.append, environment=environment or {})
    return (*done, lines)


def mailing(to: Path, *, when: str) -> str:
    program = f"open({str(to)!r}, 'a').write('told ' + __import__('sys').stdin.readline())"
    return f"[hooks]\nwhen = '{when}'\nmail = {json.dumps([sys.executable, '-c', program])}\n"


def test_a_night_goes_on_past_a_step_that_is_refused_and_tells_of_it(
    workspace: Workspace, serve: Callable[..., Served]
) -> None:
    served = serve(lambda asked: Answer())
    workspace.ledger.append([issue(title="no seat <b>left</b>")], now=NIGHT - DAY)
    steps = ["report nowhere", "detect --window 7d"]
    text = f"[profile.nightly]\nsteps = {json.dumps(steps)}\n[hooks]\nwebhook = '{served.url}/hook'\n"
    done, files, lines = run(workspace, text)
    assert [step.state for step in done.steps] == ["refused", "insufficient"]
    assert done.exit_code == 2
    assert done.headline == "1 of 2 steps failed; first digest, nothing to compare with: 1 open"
    assert [shlex.split(line)[0] for line in lines] == ["report", "detect", "webhook:"]
    assert read_scheduled(workspace) == [(done, files)]
    told = json.loads(served.asked[0].body)
    assert (told["headline"], told["hooks"]) == (done.headline, [])
    assert [line["title"] for line in told["digest"]["lines"]["new"]] == ["no seat <b>left</b>"]
    page = files.html.read_text("utf-8")
    assert "no seat &lt;b&gt;left&lt;/b&gt;" in page
    assert "there is no notebook" in page
    assert files.markdown.read_text("utf-8").startswith(f"# `acme`: {done.headline}\n")
    for latest, mine in zip(("latest.html", "latest.md", "latest.json"), files, strict=True):
        assert (mine.parent / latest).read_bytes() == mine.read_bytes()
    index = (workspace.reports / "index.html").read_text("utf-8")
    assert 'href="digests/latest.html"' in index
    assert "0 of 1" in index


def test_the_next_run_tells_what_changed_since_and_no_more(workspace: Workspace) -> None:
    workspace.ledger.append([issue(id="iss_1")], now=NIGHT - DAY)
    first, _, _ = run(workspace, NOTHING)
    workspace.ledger.append([issue(id="iss_2", cluster_id="clu_b")], now=NIGHT + DAY / 2)
    second, _, _ = run(workspace, NOTHING, at=NIGHT + DAY)
    third, _, _ = run(workspace, NOTHING, at=NIGHT + 2 * DAY)
    new = [[line.issue_id for line in done.digest.lines["new"]] for done in (first, second, third)]
    assert new == [["iss_1"], ["iss_2"], []]
    assert [done.digest.since for done in (first, second, third)] == [None, NIGHT, NIGHT + DAY]


def test_who_wants_news_alone_hears_of_news_and_of_failures(workspace: Workspace, tmp_path: Path) -> None:
    calm = "[profile.nightly]\nsteps = ['detect']\n"  # too little data is an answer, and no failure
    to = tmp_path / "told"
    run(workspace, NOTHING + mailing(to, when="news"))
    run(workspace, calm + mailing(to, when="news"), at=NIGHT + DAY)
    assert to.read_text() == (
        "told # `acme`: 1 of 1 step failed; first digest, nothing to compare with: nothing is open\n"
    )
    workspace.ledger.append([issue()], now=NIGHT + 1.5 * DAY)
    run(workspace, NOTHING + mailing(to, when="news"), at=NIGHT + 2 * DAY)
    assert to.read_text().splitlines()[1:] == ["told # `acme`: 1 of 1 step failed; 1 new"]


def test_when_its_time_is_over_what_is_left_is_skipped(workspace: Workspace) -> None:
    text = "[profile.nightly]\nsteps = ['compact', 'retain']\nlimit_minutes = 1e-9\n"
    done, _, lines = run(workspace, text)
    assert {step.state for step in done.steps} <= {"skipped", "over_time"}
    assert done.exit_code == 3
    assert lines[1] == "retain: skipped after 0 s: the time of the whole run was over"


def test_two_runs_of_one_second_are_both_kept(workspace: Workspace) -> None:
    files = [run(workspace, NOTHING)[1].json.name for _ in range(2)]
    assert files == ["20260107T031500Z-nightly.json", "20260107T031500Z-nightly-2.json"]


def test_old_digests_go_with_old_reports(workspace: Workspace) -> None:
    for days in range(4):
        run(workspace, NOTHING + "[reports]\nkeep = 2\n", at=NIGHT + days * DAY)
    kept = sorted(path.name for path in (workspace.reports / "digests").glob("2*.md"))
    assert kept == ["20260109T031500Z-nightly.md", "20260110T031500Z-nightly.md"]


def test_nothing_is_run_beside_another_run_or_by_a_wrong_file(workspace: Workspace) -> None:
    with alone(workspace.root, profile="weekly", now=NIGHT), pytest.raises(StoreError, match="weekly"):
        run(workspace, NOTHING)
    with pytest.raises(ConfigError, match="is none of"):
        run(workspace, "[profile.nightly]\nsteps = ['erase']\n")
    with pytest.raises(ConfigError, match="there are: other"):
        run(workspace, NOTHING.replace("nightly", "other"))
    assert read_scheduled(workspace) == []


def test_a_digest_that_quotes_an_erased_user_goes_whole(workspace: Workspace) -> None:
    workspace.ledger.append([issue(title="my name is Ann Example")], now=NIGHT - DAY)
    _, files, _ = run(workspace, NOTHING)
    quoting = {path.name for path in runs.quoting(workspace.reports, {"Ann Example"})}
    assert {path.name for path in files} | {"latest.html", "latest.md", "latest.json"} <= quoting
    for path in runs.quoting(workspace.reports, {"Ann Example"}):
        path.unlink()
    runs.renew_lists(workspace, now=NIGHT)
    assert read_scheduled(workspace) == []
