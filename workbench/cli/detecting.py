"""Commands of step 2, detect: problems are found and grouped, and reports are written."""

import json
import os
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from workbench import causes, loop, runs
from workbench.boundaries.display import visible
from workbench.boundaries.http import Server
from workbench.boundaries.llm import ANSWER_S, MAX_REPLY_BYTES, llm_key
from workbench.boundaries.urls import read_address
from workbench.cli.app import (
    JsonOption,
    MappingOption,
    OptionalPathsArgument,
    SeedOption,
    WindowOption,
    WorkspaceOption,
    app,
    in_workspace,
)
from workbench.cli.feeding import file_entry, ingest_files, load_table, parsed_window, tell_refusals
from workbench.cli.output import answer_with, new_table, print_out, progress_bar, tell
from workbench.cli.scheduling import ProfileOption, QuietOption, run_a_profile
from workbench.counted import counted
from workbench.errors import ConfigError
from workbench.records import Change, DetectionRun, Experiment, LoadReport
from workbench.store import Workspace, open_workspace

SchedulerOption = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS", help="Run the detectors on the workers of this Dask scheduler (tcp://host:port); trust it."
    ),
]
ProposeOption = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Also ask a language model for causes: an OpenAI-compatible server, as http://localhost:8080/v1. Texts of "
        "traces are sent to it. Its key is WORKBENCH_LLM_KEY, the server of the key WORKBENCH_LLM_URL.",
    ),
]
ModelOption = Annotated[str | None, typer.Option(metavar="NAME", help="The model to ask, with --propose-with.")]
MAIN_NOTEBOOKS = ("1_telemetry", "2_detect")
"""The reports of a whole run, in order; where there is a review, its report and the backlog follow."""
REVIEW_NOTEBOOK, BACKLOG_NOTEBOOK, REFINE_NOTEBOOK = "3_review", "4_backlog", "5_refine"
VALIDATE_NOTEBOOK = "6_validate"
"""Where there is an experiment."""


@app.command()
def detect(
    workspace: WorkspaceOption = Path(),
    window: WindowOption = "all",
    seed: SeedOption = 0,
    scheduler: SchedulerOption = None,
    propose_with: ProposeOption = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find problems, group them, propose causes and issues; nothing is changed in your app.

    Example: `workbench detect --workspace acme-support --window 7d`
    """
    opened = open_workspace(workspace)
    if propose_with is None and model is None:
        detection = _detect(opened, window=window, seed=seed, scheduler=scheduler)
    else:
        with _model_server(propose_with, model) as server:
            asked = partial(causes.propose_with, server, str(model))
            detection = _detect(opened, window=window, seed=seed, scheduler=scheduler, ask_model=asked)
    answer_with(detection_entry(detection), _detection_table(detection), as_json=as_json)


@app.command()
def train(workspace: WorkspaceOption = Path(), as_json: JsonOption = False) -> None:
    """Teach a detector by what reviewers confirmed and rejected; the next detect runs it beside the others.

    Example: `workbench train --workspace acme-support`
    """
    with progress_bar() as (_, told):
        learned = loop.train(open_workspace(workspace), progress=told)
    counts = {
        "confirmed": learned.n_confirmed,
        "rejected": learned.n_rejected,
        "held_out_found": learned.held_out.n_found,
        "held_out_confirmed": learned.held_out.n_confirmed,
    }
    text = f"Trained on {counted(learned.n_confirmed, 'trace')} confirmed and {learned.n_rejected} rejected. "
    n_found, n_right = learned.held_out
    tested = f"Of the {n_found} that it found among verdicts kept from it, {counted(n_right, 'was', 'were')} confirmed."
    text += f"It abstains: {learned.reason}." if learned.reason else tested
    answer_with({**counts, "abstains": learned.reason}, text, as_json=as_json)


@app.command()
def report(
    notebook: Annotated[
        str,
        typer.Argument(
            metavar="NOTEBOOK",
            help="1_telemetry, 2_detect, 3_review, 4_backlog, 5_refine, 6_validate, 7_watch, or one of your own.",
        ),
    ],
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="A parameter of the notebook.")
    ] = None,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Execute a notebook and keep it as .ipynb and offline .html under the workspace's reports.

    Example: `workbench report 2_detect -p top_n=20 --workspace acme-support`
    """
    opened = open_workspace(workspace)
    run = _report(opened, notebook, _parameters(parameter or []))
    index = runs.index(opened, now=datetime.now(UTC))
    answer_with(
        {"reports": [run_entry(run)], "index": str(index)}, f"Report: {run.html}\nIndex:  {index}", as_json=as_json
    )


@app.command()
def run(
    paths: OptionalPathsArgument = None,
    workspace: WorkspaceOption = Path(),
    profile: ProfileOption = None,
    is_quiet: QuietOption = False,
    mapping: MappingOption = None,
    window: WindowOption = "all",
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Do the whole job: ingest, detect, and write the reports and their index; or what a profile says, for a scheduler.

    Example: `workbench run exports/ --workspace acme-support`, `workbench run --profile nightly --quiet`
    """
    opened = open_workspace(workspace)
    if (profile is None) == (not paths):
        fix = "name files, or a profile of profiles.toml with --profile"
        raise ConfigError("run takes either PATH... or --profile", fix=fix)
    if profile is not None:
        run_a_profile(opened, profile, is_quiet=is_quiet, as_json=as_json)
        return
    reports = ingest_files(opened, paths or (), mapping=mapping)
    if not as_json:
        print_out(load_table(reports))
    tell_refusals(reports)
    detection = _detect(opened, window=window, seed=seed)
    if not as_json:
        print_out(_detection_table(detection))
    _finish(opened, reports, detection, window=window, as_json=as_json)


def _detect(
    workspace: Workspace,
    *,
    window: str,
    seed: int,
    scheduler: str | None = None,
    ask_model: causes.AskModel | None = None,
) -> loop.Detection:
    now = datetime.now(UTC)
    asked = parsed_window(window, now=now)
    with progress_bar() as (_, told):
        detection = loop.detect(
            workspace, window=asked, now=now, seed=seed, progress=told, scheduler=scheduler, ask_model=ask_model
        )
    tell_notes(detection)
    return detection


def tell_notes(detection: loop.Detection) -> None:
    """Say on standard error what the reader of a detection should know."""
    for note in detection.notes:
        tell(f"note: {note}")


def _model_server(url: str | None, model: str | None) -> Server:
    if not url or not model:
        raise ConfigError("one of --propose-with and --model is missing", fix="give the server and the model's name")
    return Server(
        read_address(url), llm_key(os.environ), answer_s=ANSWER_S, silence_s=ANSWER_S, max_bytes=MAX_REPLY_BYTES
    )


def _report(workspace: Workspace, notebook: str, parameters: dict[str, Any]) -> runs.Run:
    with progress_bar() as (_, told):
        told(f"executing {notebook}")
        return runs.execute(notebook, parameters=parameters, workspace=workspace, now=datetime.now(UTC))


def wanted_reports(workspace: Workspace, run_id: str, *, window: str) -> dict[str, dict[str, Any]]:
    """Return the notebooks that a run executes, in order, with their parameters: two, and those of what goes on."""
    telemetry, detect = MAIN_NOTEBOOKS
    wanted: dict[str, dict[str, Any]] = {telemetry: {"window": window}, detect: {"run_id": run_id}}
    for review in loop.newest_first(workspace)[:1]:
        wanted |= {REVIEW_NOTEBOOK: {"review_id": review.id}, BACKLOG_NOTEBOOK: {}}
    if workspace.ledger.latest(Change):
        wanted[REFINE_NOTEBOOK] = {}
    if workspace.ledger.latest(Experiment):
        wanted[VALIDATE_NOTEBOOK] = {}
    return wanted


def _finish(
    workspace: Workspace,
    reports: Sequence[LoadReport],
    detection: loop.Detection,
    *,
    window: str,
    as_json: bool,
) -> None:
    wanted, made = wanted_reports(workspace, detection.run.id, window=window), []
    if len(wanted) > len(MAIN_NOTEBOOKS):
        tell(f"{len(wanted)} reports are written, those of what goes on here too: {', '.join(wanted)}")
    for notebook, parameters in wanted.items():
        made.append(_report(workspace, notebook, parameters))
        if not as_json:
            print_out(f"Report: {made[-1].html}")
    index = runs.index(workspace, now=datetime.now(UTC))
    answer = {
        "files": [file_entry(report) for report in reports],
        **detection_entry(detection),
        "reports": [run_entry(run) for run in made],
        "index": str(index),
    }
    step = loop.next_step(workspace, now=datetime.now(UTC))
    answer["next"] = in_workspace(step.command, workspace.root)
    answer_with(answer, f"Index:  {index}\n{step.why}. Next: {answer['next']}", as_json=as_json)


def detection_entry(detection: loop.Detection) -> dict[str, Any]:
    """Return what a detection found, as the JSON of a command has it."""
    return {
        "run": detection.run.id,
        "window": detection.run.window,
        "findings": {tally.detector: msgspec.to_builtins(tally) for tally in detection.run.tallies},
        "clusters": detection.run.n_clusters,
        "noise_share": detection.run.noise_share,
        "issues": [msgspec.to_builtins(issue) for issue in detection.issues],
        "notes": list(detection.notes),
    }


def run_entry(run: runs.Run) -> dict[str, str]:
    """Return where a report is, as the JSON of a command has it."""
    return {"notebook": run.notebook, "ipynb": str(run.ipynb), "html": str(run.html)}


def _detection_table(detection: loop.Detection) -> Table:
    table = new_table(("issue", "title", "findings", "traces", "users"), n_text=2)
    table.columns[0].no_wrap = True
    for issue in detection.issues:
        counts = (str(count) for count in (issue.n_findings, issue.n_traces, issue.n_users))
        onward = f", merged into {issue.merged_into}" if issue.merged_into else ""
        table.add_row(issue.id, escape(visible(issue.title + onward)), *counts)
    table.caption = escape(_states(detection.run))
    return table


def _states(run: DetectionRun) -> str:
    """Return what the detectors came to: those that found anything or failed by name, the others by number."""
    found = ", ".join(f"{tally.detector} {tally.n_found:,}" for tally in run.tallies if tally.n_found)
    failed = [tally.detector for tally in run.tallies if tally.state == "failed"]
    states = Counter(tally.state for tally in run.tallies)
    n_alone = round((run.noise_share or 0.0) * run.n_findings)
    said = [
        f"{counted(run.n_findings, 'finding')}, {run.n_findings - n_alone:,} of them in "
        f"{counted(run.n_clusters, 'cluster')}, {n_alone:,} in none" + (found and f": {found}")
    ]
    said += [f"{counted(states['clear'], 'detector')} found nothing"] if states["clear"] else []
    said += [f"{states['not_applicable']:,} cannot tell, as 2_detect says of each"] if states["not_applicable"] else []
    said += [f"failed: {', '.join(failed)}"] if failed else []
    return "; ".join(said)


def _parameters(given: Sequence[str]) -> dict[str, Any]:
    """Return `name=value` pairs; a value that is JSON is taken as such, anything else as text."""
    parameters: dict[str, Any] = {}
    for pair in given:
        name, separator, text = pair.partition("=")
        if not separator:
            raise ConfigError(f"parameter {pair!r} has no value", fix="write -p name=value")
        try:
            parameters[name] = json.loads(text)
        except json.JSONDecodeError:
            parameters[name] = text
    return parameters
