"""What an experiment's run left: the records of its looks, the journal of its answers, and the table of results."""

from pathlib import Path

import polars as pl

from workbench.boundaries.paths import file_name
from workbench.ids import content_id
from workbench.records import Experiment, ExperimentRun
from workbench.schemas import RESULTS
from workbench.store import Workspace


def run_of(workspace: Workspace, experiment: Experiment) -> ExperimentRun | None:
    """Return the record of an experiment's run to the latest look that it reached; None while it reached none."""
    first: dict[str, ExperimentRun] = {}
    for one in workspace.ledger.revisions(ExperimentRun):
        if one.experiment_id == experiment.id and one.id == run_id(experiment, one.look):
            first.setdefault(one.id, one)  # as it was first written
    return max(first.values(), key=lambda one: one.look, default=None)


def run_id(experiment: Experiment, look: float) -> str:
    """Return the id of the record of a run to a look."""
    return content_id("exr", experiment.id, *([] if look == 1 else [str(look)]))


def journal_of(workspace: Workspace, experiment: Experiment) -> Path:
    """Return the file that a run is kept in."""
    return workspace.experiments / file_name(experiment.id, suffix=".jsonl")


def results_of_experiment(workspace: Workspace, experiment: Experiment) -> pl.DataFrame:
    """Return schemas.RESULTS of an experiment as the table has them."""
    rows = workspace.telemetry.scan(RESULTS).filter(pl.col("experiment_id") == experiment.id)
    return rows.collect(engine="streaming")
