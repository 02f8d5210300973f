"""`workbench demo`: the whole loop on the sample, each report made on the day of its step, to the end of the watch."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from workbench import loop, runs
from workbench.cli.app import JsonOption, app
from workbench.cli.detecting import detection_entry, run_entry, tell_notes
from workbench.cli.feeding import file_entry
from workbench.cli.output import answer_with, progress_bar


class _Report(NamedTuple):
    """One report of the demo."""

    notebook: str
    parameters: dict[str, Any]
    at: datetime
    """When it is made, by the sample's own clock: it says how old things are, and the sample is of some year."""


@app.command()
def demo(
    workspace: Annotated[
        Path, typer.Option("--workspace", "-w", metavar="DIR", help="A new folder for the demo's workspace.")
    ] = Path("workbench-demo"),
    as_json: JsonOption = False,
) -> None:
    """Play the whole loop on the sample: a legal-research assistant with planted faults, of which one is mended.

    Example: `workbench demo`
    """
    with progress_bar(is_long=True) as (fed, told):
        sample = loop.make_sample(workspace, progress=fed, told=told)
        made = [_made(sample, one, told=told) for one in _until_the_ship(sample)]
        told("weeks later, with the change live")
        later = loop.watch_sample(sample)
        made += [_made(sample, one, told=told) for one in (_Report("7_watch", {}, later.at), _tour(sample, later))]
        index = runs.index(sample.workspace, now=later.at)
    tell_notes(sample.detection)
    answer = {
        "files": [file_entry(report) for report in sample.reports],
        **detection_entry(sample.detection),
        "reports": [run_entry(run) for run in made],
        "index": str(index),
    }
    text = "\n".join(f"Report: {run.html}" for run in made)
    answer_with(answer, f"{text}\nStart at: {index}", as_json=as_json)


def _until_the_ship(sample: loop.Sample) -> Iterator[_Report]:
    """Yield the reports of the steps from the telemetry to the decision, in the order of the loop."""
    detected, reviewed, decided = sample.detection.run.at, sample.review.closed_at, sample.decided_at
    yield _Report("1_telemetry", {}, detected)
    yield _Report("2_detect", {"run_id": sample.detection.run.id}, detected)
    yield _Report("3_review", {"review_id": sample.review.id}, reviewed or detected)
    yield _Report("4_backlog", {}, decided)
    yield _Report("5_refine", {"change_id": sample.changes[-1].id}, decided)
    yield _Report("6_validate", {"experiment_id": sample.decisions[-1].experiment_id}, decided)


def _tour(sample: loop.Sample, later: loop.Later) -> _Report:
    """Return the report that leads a newcomer through all of them, with one problem."""
    return _Report("0_tour", {"change_id": sample.changes[-1].id}, later.at)


def _made(sample: loop.Sample, one: _Report, *, told: Callable[[str], None]) -> runs.Run:
    told(f"executing {one.notebook}")
    return runs.execute(one.notebook, parameters=one.parameters, workspace=sample.workspace, now=one.at)
