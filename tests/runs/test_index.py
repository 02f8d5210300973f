"""The index: the newest run of each notebook on top, every run below, and the same for scripts."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from workbench.errors import StoreError
from workbench.runs.index import index, newest_of_each, point_to_latest
from workbench.runs.run import Run, read_runs
from workbench.store import Workspace

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)
Make = Callable[..., Run]


@pytest.fixture
def made(workspace: Workspace) -> Make:
    """Return a function that puts a run's record in its place."""

    def build(notebook: str, *, hours: int = 0, state: str = "done", error: str | None = None) -> Run:
        folder = workspace.reports / notebook
        folder.mkdir(exist_ok=True)
        at = NOW + timedelta(hours=hours)
        run = Run(
            id=f"rpt_{at:%Y%m%dT%H%M%S}_{notebook}",
            notebook=notebook,
            title=f"Question of {notebook}?",
            at=at,
            state=state,  # type: ignore[arg-type]
            duration_s=1.5,
            parameters={"workspace": "/somewhere", "top_n": 4},
            ipynb=folder / f"{hours}.ipynb",
            html=folder / f"{hours}.html",
            code="workbench 0",
            table_versions={"spans": 2},
            ledger_head="0" * 64,
            package_versions={"python": "3"},
            error=error,
        )
        (folder / f"{hours}.json").write_text(run.to_json(reports=workspace.reports), "utf-8")
        return run

    return build


def test_a_record_reads_back_as_it_was(workspace: Workspace, made: Make) -> None:
    run = made("2_detect", state="failed", error="ValueError: x")
    assert read_runs(workspace.reports) == [run]


def test_the_newest_of_each_notebook_is_on_top(workspace: Workspace, made: Make) -> None:
    made("2_detect", hours=0)
    made("2_detect", hours=2)
    made("1_telemetry", hours=1)
    newest = newest_of_each(read_runs(workspace.reports))
    assert [(run.notebook, run.html.name) for run in newest] == [("1_telemetry", "1.html"), ("2_detect", "2.html")]


def test_the_page_links_every_run_and_the_lines_are_oldest_first(workspace: Workspace, made: Make) -> None:
    made("2_detect", hours=0)
    made("2_detect", hours=2, state="failed", error="ValueError: x")
    page = index(workspace, now=NOW).read_text("utf-8")
    assert page.count('href="2_detect/2.html"') == 3, "where to begin, its card, and its line"
    assert page.count('href="2_detect/0.html"') == 1
    assert "top_n = 4" in page
    assert "/somewhere" not in page
    lines = [json.loads(line) for line in (workspace.reports / "index.jsonl").read_text("utf-8").splitlines()]
    assert [(line["html"], line["state"]) for line in lines] == [
        ("2_detect/0.html", "done"),
        ("2_detect/2.html", "failed"),
    ]


def test_a_newcomer_begins_with_the_tour_and_finds_the_steps_in_their_order(workspace: Workspace, made: Make) -> None:
    for hours, notebook in enumerate(("2_detect", "7_watch", "0_tour", "1_telemetry")):
        made(notebook, hours=hours)
    page = index(workspace, now=NOW).read_text("utf-8")
    begin, rest = page[page.index("Begin with") :].split("Does the loop turn?")
    assert re.findall(r"Question of (\w+)\?", begin) == ["0_tour"]
    assert "?." not in re.sub(r"<[^>]*>", "", begin), "a question is a title there, and ends no sentence"
    assert re.findall(r"Question of (\w+)\?", rest) == ["0_tour", "1_telemetry", "2_detect", "7_watch"]


def test_a_card_has_the_headline_and_the_list_no_id(workspace: Workspace, made: Make) -> None:
    run = replace(made("2_detect"), headline="3 problems <b>", parameters={"run_id": "run_1", "window": "7d"})
    (workspace.reports / "2_detect" / "0.json").write_text(run.to_json(reports=workspace.reports), "utf-8")
    page = index(workspace, now=NOW).read_text("utf-8")
    assert "3 problems &lt;b&gt;" in page
    assert "window = 7d" in page
    assert "run_1" not in page


def test_a_record_of_before_there_were_headlines_is_read(workspace: Workspace, made: Make) -> None:
    run = made("2_detect")
    record = workspace.reports / "2_detect" / "0.json"
    content = json.loads(record.read_text("utf-8"))
    del content["headline"]
    record.write_text(json.dumps(content), "utf-8")
    assert read_runs(workspace.reports) == [run]


def test_without_runs_the_page_says_so(workspace: Workspace) -> None:
    assert "There is no report yet." in index(workspace, now=NOW).read_text("utf-8")


def test_an_error_that_quotes_a_trace_stays_text(workspace: Workspace, made: Make) -> None:
    made("2_detect", state="failed", error="<img src=x onerror=alert(1)>")
    assert "<img src=x" not in index(workspace, now=NOW).read_text("utf-8")


def test_latest_leads_to_the_newest(made: Make) -> None:
    run = made("2_detect")
    point_to_latest(run)
    assert 'content="0; url=0.html"' in run.html.with_name("latest.html").read_text("utf-8")


def test_a_broken_record_is_named(workspace: Workspace, made: Make, tmp_path: Path) -> None:
    made("2_detect")
    broken = workspace.reports / "2_detect" / "broken.json"
    broken.write_text("{")
    with pytest.raises(StoreError, match=r"broken\.json"):
        index(workspace, now=NOW)
