"""A run that was killed between its table and its record, and of which people said otherwise since, is gone on with."""

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.loop.people import ANN
from tests.loop.validated import LATER, freeze, make_validated, run
from workbench.errors import GateError
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.plan import from_json
from workbench.experiments.scoring import Asked
from workbench.experiments.validity import results_digest
from workbench.loop.validate import decide_experiment
from workbench.loop.validate.journalled import runs_of
from workbench.loop.validate.labelling import take_file, to_file, wanted_of
from workbench.records import Experiment, ExperimentRun
from workbench.schemas import RESULTS
from workbench.store import Workspace, open_workspace

GOOD = Metric(name="good", role="target", mwe=Amount(0.05), scorer=Asked("The answer is good."))
N = 8


def say(workspace: Workspace, experiment: Experiment, scores: list[int], *, at: datetime) -> None:
    """Have ann score the first answers of the file, and leave the others."""
    runs = runs_of(workspace, experiment)
    wanted = wanted_of(workspace, experiment, from_json(experiment.plan), runs.items, runs.outcomes)
    lines = [json.loads(line) for line in to_file(wanted).splitlines()]
    for line, score in zip(lines, scores, strict=False):
        line["score"] = score
    raw = b"\n".join(json.dumps(line).encode() for line in lines)
    take_file(workspace, experiment, wanted, raw, author=ANN.name, identity="typed", now=at)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Experiment, pl.DataFrame]:
    """Return what lies there when all has been said, and the results of a run that then came to its end elsewhere."""
    root = tmp_path_factory.mktemp("killed") / "acme"
    workspace, change, holdout = make_validated(root, example="state_jurisdiction_first", n=N)
    experiment = freeze(workspace, change, holdout, metrics=(GOOD,))
    assert "wait for people" in run(workspace, experiment).stopped
    say(workspace, experiment, [1] * 2 * N, at=LATER)
    shutil.copytree(root, elsewhere := root.with_name("elsewhere"), symlinks=True)
    there = open_workspace(elsewhere)
    assert run(there, experiment).run is not None
    return root, experiment, there.telemetry.scan(RESULTS).collect()


def opened(root: Path, to: Path, rows: pl.DataFrame) -> Workspace:
    """Return the workspace with results in its table and no record of a run, as a kill between the two leaves it."""
    shutil.copytree(root, to, symlinks=True)
    workspace = open_workspace(to)
    workspace.telemetry.append(RESULTS, rows, source="killed", offset=rows.height)
    return workspace


def test_people_who_say_otherwise_meanwhile_do_not_spoil_it(
    killed: tuple[Path, Experiment, pl.DataFrame], tmp_path: Path
) -> None:
    """The next run came to other results than the table had, and the experiment was invalid for good."""
    root, experiment, rows = killed
    workspace = opened(root, tmp_path / "acme", rows)
    for hours, score in ((1, 0), (2, 1), (3, 0)):
        say(workspace, experiment, [score], at=LATER + timedelta(hours=hours))
    assert run(workspace, experiment).run is not None
    (record,) = workspace.ledger.latest(ExperimentRun)
    assert record.results_digest == results_digest(rows)
    assert decide_experiment(workspace, experiment.id, now=LATER).ruling.decision != "invalid"


def test_results_that_nobody_ever_came_to_are_refused(
    killed: tuple[Path, Experiment, pl.DataFrame], tmp_path: Path
) -> None:
    root, experiment, rows = killed
    made_up = rows.with_columns(value=pl.when(pl.int_range(pl.len()) == 0).then(0.5).otherwise("value"))
    workspace = opened(root, tmp_path / "acme", made_up)
    say(workspace, experiment, [1, 0], at=LATER + timedelta(hours=1))
    with pytest.raises(GateError, match="results that are not the run's; freeze the plan anew"):
        run(workspace, experiment)
    assert workspace.ledger.latest(ExperimentRun) == []
