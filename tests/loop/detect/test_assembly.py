"""A workspace's detectors: rules, a notebook's function, installed packages; what is wrong stops none of them."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from workbench import loop
from workbench.detectors import DETECTORS, Detector
from workbench.detectors.units import answer, traces
from workbench.loop.detect.assembly import assemble
from workbench.records import DetectionRun, Issue
from workbench.schemas import SPANS
from workbench.store import DEMO_SECRET, Workspace, init_workspace
from workbench.windows import Window

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULE = '[[rule]]\ncode = "apology"\nseverity = "low"\nunit = "trace"\nquestion = "Did it say sorry?"\n'
GOOD = RULE + 'pattern = "(?i)sorry"\ncolumn = "output"\n'
BAD = RULE.replace("apology", "broken") + 'where = "nosuch > 1"\n'


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Make a workspace of twelve traces, every second of which apologises."""
    made = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    rows = [
        {
            **{"trace_id": f"t{number}", "span_id": "s", "kind": "LLM", "status": "OK", "name": "chat"},
            **{"started_at": NOON, "time_known": True, "content_digest": str(number), "day": NOON.date()},
            "output": ("Sorry, no.", "Here you are.")[number % 2],
        }
        for number in range(12)
    ]
    frame = pl.DataFrame([{name: row.get(name) for name in SPANS.schema} for row in rows], schema=SPANS.schema)
    made.telemetry.append(SPANS, frame, source="src_a", offset=1)
    return made


def long_answer(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
    """Find answers of more than ten characters: a function as a notebook has it."""
    del signals
    longest = pl.col("output").str.len_chars().max().alias("longest")
    return answer(
        traces(spans, longest),
        is_found=pl.col("longest") > 10,
        reason=pl.lit(None, pl.String),
        text=pl.lit("a long answer"),
        evidence=pl.struct("longest"),
    )


OWN = Detector(code="long_answer", version=1, unit="trace", severity="low", question="Long?", detect=long_answer)


def test_rules_are_found_grouped_and_become_issues_beside_a_broken_one(workspace: Workspace) -> None:
    (workspace.root / "rules.toml").write_text(BAD + GOOD)
    detection = loop.detect(workspace, window=Window(), now=NOON)
    tallies = {tally.detector: tally for tally in workspace.ledger.latest(DetectionRun)[0].tallies}
    assert tallies.keys() == {detector.code for detector in DETECTORS} | {"apology", "broken"}
    assert (tallies["apology"].n_found, tallies["apology"].n_clear) == (6, 6)
    assert tallies["apology"].question == "Did it say sorry?"
    assert "rules.toml, rule 1 (broken): nosuch is no column" in str(tallies["broken"].error)
    assert [issue.detector for issue in detection.issues] == ["apology"]


def test_a_notebooks_own_function_runs_beside_the_projects_detectors(workspace: Workspace) -> None:
    detection = loop.detect(workspace, window=Window(), now=NOON, select=[*DETECTORS, OWN])
    assert [tally.detector for tally in detection.run.tallies] == [*(one.code for one in DETECTORS), "long_answer"]
    assert [(issue.detector, issue.n_traces) for issue in detection.issues] == [("long_answer", 6)]


def test_of_two_detectors_with_one_code_the_second_is_failed(workspace: Workspace) -> None:
    """Their findings would have the same ids: one would be stored as the other's."""
    twice = assemble(workspace, select=[OWN, OWN, DETECTORS[0]])
    assert twice.detectors == (OWN, DETECTORS[0])
    assert [(tally.detector, tally.state) for tally in twice.failed] == [("long_answer", "failed")]
    (workspace.root / "rules.toml").write_text(GOOD.replace("apology", "tool_error"))
    (tally,) = assemble(workspace).failed
    assert "tool_error: another detector has this code" in str(tally.error)


def test_detectors_of_installed_packages_run_after_the_workspaces_own(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plugin_in_loop.py").write_text(
        "from dataclasses import replace\nfrom workbench.detectors.tool_error import DETECTOR\n"
        "OWN = replace(DETECTOR, code='plugin')\n"
    )
    info = tmp_path / "plugin_in_loop-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin-in-loop\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[workbench.detectors]\nown = plugin_in_loop:OWN\ngone = plugin_in_loop:NO\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    (workspace.root / "rules.toml").write_text(GOOD)
    assembly = assemble(workspace)
    assert [detector.code for detector in assembly.detectors[len(DETECTORS) :]] == ["apology", "plugin"]
    assert [tally.detector for tally in assembly.failed] == ["gone"]


def test_an_issue_has_the_category_of_its_detector_and_keeps_what_people_set(workspace: Workspace) -> None:
    (workspace.root / "rules.toml").write_text(GOOD)
    before = loop.detect(workspace, window=Window(), now=NOON).issues
    assert [issue.category for issue in before] == ["uncategorised"]
    own = '\n[[category]]\ncode = "manners"\nname = "Manners"\nabout = "Rude or servile."\ndetectors = ["apology"]\n'
    with (workspace.root / "taxonomy.toml").open("a") as file:
        file.write(own)
    after = loop.detect(workspace, window=Window(), now=NOON.replace(hour=13)).issues
    assert [(issue.id, issue.category) for issue in after] == [(before[0].id, "manners")]
    (workspace.root / "taxonomy.toml").write_text("version = 1\n")
    (again,) = loop.detect(workspace, window=Window(), now=NOON.replace(hour=14)).issues
    assert again.category == "manners"
    assert workspace.ledger.latest(Issue) == [again]


def test_a_taxonomy_that_cannot_be_read_is_said_and_stops_nothing(workspace: Workspace) -> None:
    (workspace.root / "rules.toml").write_text(GOOD)
    (workspace.root / "taxonomy.toml").write_text("version = 1\nnonsense")
    detection = loop.detect(workspace, window=Window(), now=NOON)
    assert detection.notes[0].startswith("problems have no category: taxonomy.toml: no TOML")
    assert len(detection.issues) == 1


def test_the_doctor_names_what_people_wrote_wrongly(workspace: Workspace) -> None:
    assert loop.check_own_files(workspace.root) == []
    (workspace.root / "rules.toml").write_text(GOOD + BAD)
    (workspace.root / "taxonomy.toml").write_text("version = 9\n")
    (workspace.root / "weights.toml").write_text("[set.mine]\nwait = 2\n")
    (workspace.root / "metrics.toml").write_text("[[metric]]\nname = 'tone'\n")
    rules, taxonomy, weights, metrics = loop.check_own_files(workspace.root)
    assert (rules.kind, rules.where, rules.is_damage, rules.mend) == ("rules", "broken", False, None)
    assert "rules.toml, rule 2 (broken)" in rules.what
    assert (taxonomy.kind, taxonomy.where) == ("taxonomy", "taxonomy.toml")
    assert (weights.kind, weights.where) == ("weights", "weights.toml")
    assert "weights.toml, set.mine: unknown key wait" in weights.what
    assert (metrics.kind, metrics.where) == ("metrics", "metrics.toml")
    assert "metrics.toml, metric 1 (tone): role is missing" in metrics.what
