"""An experiment's results as a file, raw: a row a case, arm, trial and metric, as the table has them."""

from io import BytesIO
from pathlib import Path

from workbench.errors import ConfigError
from workbench.loop.validate.run_records import results_of_experiment
from workbench.records import Experiment
from workbench.store import Workspace
from workbench.store.durability import write_durably

SUFFIXES = (".jsonl", ".ndjson", ".parquet")


def export_results(workspace: Workspace, experiment: Experiment, out: Path) -> int:
    """Write the results of an experiment to a new file, and return how many there are; read-only but for that file.

    Raises
    ------
    ConfigError
        If the file is there already, its suffix is none of these, or the experiment has no results.
    """
    suffix = out.suffix.lower()
    if suffix not in SUFFIXES:
        raise ConfigError(f"no format is known by {out.suffix!r}", where=str(out), fix=f"use {', '.join(SUFFIXES)}")
    if out.exists():
        raise ConfigError("the file is there already", where=str(out), fix="name a new one")
    rows = results_of_experiment(workspace, experiment).sort("case_id", "trial", "metric", "arm")
    if rows.is_empty():
        raise ConfigError("it has no results", where=experiment.id, fix=f"`workbench experiment run {experiment.id}`")
    content = BytesIO()
    if suffix == ".parquet":
        rows.write_parquet(content)
    else:
        rows.write_ndjson(content)
    write_durably(out, content.getvalue())
    return rows.height
