"""The report of an experiment, executed: made again later it has the same figures, and without one it says so."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.loop.validated import LATER, decided
from workbench import loop, report, runs
from workbench.errors import ConfigError, InsufficientDataError
from workbench.experiments.metric import Amount, Metric
from workbench.records import Decision
from workbench.runs.run import read_runs
from workbench.store import DEMO_SECRET, Workspace, init_workspace

METRICS = (
    Metric(name="federal_law_controls_state", role="target", direction=-1, mwe=Amount(0.05)),
    Metric(name="plain_tone", role="guardrail", margin=Amount(0.2)),
)


def make(root: Path) -> tuple[Workspace, Decision]:
    workspace, found = decided(root, example="state_jurisdiction_first", n=24, metrics=METRICS)
    assert found.decision is not None
    return workspace, found.decision


def test_its_record_has_the_figures_and_they_are_the_same_at_another_time(tmp_path: Path) -> None:
    workspace, decision = make(tmp_path / "acme")
    n_entries = len(workspace.ledger.entries())
    done = runs.execute("6_validate", parameters={}, workspace=workspace, now=LATER + timedelta(days=1))
    read = loop.read_validation(workspace, now=LATER + timedelta(days=40))
    assert done.result is not None
    assert done.result == json.loads(json.dumps(report.validation_result(read).content))
    assert (done.result["decision_id"], done.result["results_digest"]) == (decision.id, decision.result_digest)
    assert done.headline == done.result["sentence"]
    assert [run.result for run in read_runs(workspace.reports)] == [done.result]
    assert '"result": null' in (workspace.reports / "index.jsonl").read_text()
    assert len(workspace.ledger.entries()) == n_entries


@pytest.mark.slow
def test_made_again_later_it_has_the_same_figures_to_the_last_digit(tmp_path: Path) -> None:
    workspace, decision = make(tmp_path / "acme")
    with pytest.raises(ConfigError, match="no such experiment"):
        runs.execute("6_validate", parameters={"experiment_id": "exp_none"}, workspace=workspace, now=LATER)
    one, other = (
        runs.execute("6_validate", parameters={}, workspace=workspace, now=LATER + timedelta(days=days))
        for days in (1, 40)
    )
    assert one.result is not None
    assert one.result == other.result
    assert (one.headline, one.result["decision_id"]) == (one.result["sentence"], decision.id)
    assert one.result["results_digest"] == decision.result_digest
    assert [run.result for run in read_runs(workspace.reports)] == [other.result, one.result]
    page = one.html.read_text()
    assert one.result["broken"] == [] or one.result["broken"][0] in page


@pytest.mark.slow
def test_without_an_experiment_it_says_what_to_do(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    with pytest.raises(InsufficientDataError, match="no experiment was frozen yet; plan and freeze one") as stop:
        runs.execute("6_validate", parameters={}, workspace=workspace, now=LATER)
    assert stop.value.exit_code == 4
    (run,) = read_runs(workspace.reports)
    assert (run.state, run.result) == ("insufficient", None)
