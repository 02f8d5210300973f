"""Commands of step 3, review: verdicts out to files and servers, and in from files of other tools."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from workbench.cli.app import JsonOption, WorkspaceOption, group
from workbench.cli.feeding import tell_refusals
from workbench.cli.output import answer_with, new_table, progress_bar, tell
from workbench.counted import counted
from workbench.loaders.verdicts import read_reading
from workbench.loop.review.export_verdicts import export_verdicts
from workbench.loop.review.import_verdicts import import_verdicts
from workbench.loop.review.push_verdicts import open_board_server, push_verdicts
from workbench.records import Review, chosen_review
from workbench.review import words_against
from workbench.store import Workspace, open_workspace

verdicts = group("verdicts", "Verdicts to and from elsewhere: files, and Phoenix or MLflow servers.")

ReviewOption = Annotated[
    str | None, typer.Option("--review", metavar="ID", help="Only of one review: rev_..., its beginning, or `latest`.")
]


@verdicts.command("export")
def export_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file: `.jsonl` or `.parquet`.")],
    form: Annotated[
        Literal["verdicts", "openinference"],
        typer.Option("--format", help="Every field under its name, or OpenInference annotations of traces."),
    ] = "verdicts",
    review: ReviewOption = None,
    is_history: Annotated[
        bool, typer.Option("--history", help="Every revision, oldest first; else the newest of each verdict.")
    ] = False,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Write verdicts to a file, raw: `import` reads it as it was, `agreement` reads it as a table.

    What was withdrawn is in it, with the label `withdrawn`.

    Example: `workbench verdicts export verdicts.jsonl --workspace acme-support`
    """
    opened = open_workspace(workspace)
    done = export_verdicts(opened, file, form=form, review_id=_review_of(opened, review), is_history=is_history)
    said = f"{counted(done.n_written, 'verdict is', 'verdicts are')} in {file}"
    if done.n_left_out:
        left_out = counted(done.n_left_out, "is", "are")
        said += f"; {left_out} on causes, issues or clusters and left out, as no annotation is about those"
    if done.n_erased:
        said += f"; {done.n_erased:,} on traces of erased users are not"
    counts = {"written": done.n_written, "left_out": done.n_left_out, "erased": done.n_erased}
    answer = {"file": str(file), "format": form, **counts}
    answer_with(answer, said, as_json=as_json)


@verdicts.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON, JSON lines or Parquet; of Langfuse also CSV.")],
    form: Annotated[
        Literal["auto", "verdicts", "openinference", "argilla", "label_studio", "langfuse"],
        typer.Option("--format", help="What wrote it; told by its content."),
    ] = "auto",
    mapping: Annotated[
        Path | None,
        typer.Option(metavar="TOML", help="How another tool's labels are read: `[read]` and `[labels]`."),
    ] = None,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Read verdicts from a file of this or another tool; a file that comes again adds nothing.

    An annotator's name is kept as the file has it, as a typed name; one person's verdict on an issue decides on it,
    unless a review asks more people. What somebody judged in this workspace is never revised by a file. A line of a
    file has `target_kind`, `target_id` (or its beginning), `label`, `annotator` and `annotator_kind`; what it is about
    must be there. Labels are `confirmed`, `rejected` and `uncertain`, or as a mapping says:

    `[read]` `question = "quality"`, `[labels]` `confirmed = ["bad"]` `rejected = ["good"]`; all keys: data/README.md.

    Example: `workbench verdicts import argilla.json --mapping labels.toml --workspace acme-support`
    """
    opened, reading = open_workspace(workspace), None if mapping is None else read_reading(mapping)
    wanted = None if form == "auto" else form
    done = import_verdicts(opened, file, now=datetime.now(UTC), form=wanted, reading=reading)
    report = done.report
    counts = {
        "in": report.n_in,
        "stored": report.n_stored,
        "duplicate": report.n_duplicate,
        "refused": report.n_quarantined,
    }
    table = new_table(("format", *counts, *(f"refused: {reason}" for reason in report.refused)), n_text=1)
    table.add_row(report.format, *(f"{n:,}" for n in (*counts.values(), *report.refused.values())))
    answer: dict[str, Any] = {"file": str(file), "format": report.format, **counts}
    told = {"reasons": dict(report.refused), "guessed": dict(report.guessed), "redacted": dict(report.redacted)}
    settled = {issue.id: issue.state for issue in done.settled}
    more = {"issues": settled, "faults": list(done.faults), "contradicted": sorted(done.against)}
    answer_with({**answer, **told, **more}, table, as_json=as_json)
    for said, n in report.guessed.items():
        tell(f"{said}: {n:,}")
    for fault in done.faults:
        tell(f"{file}, {fault}")
    for issue_id, state in settled.items():
        people = done.rests_on[issue_id]
        by = f"{counted(len(people), 'verdict')} by {', '.join(people)}" if people else "what is now said of it"
        tell(f"{issue_id} is {state}, on {by}")
    for issue_id, n in done.against.items():
        tell(f"{issue_id} is confirmed, but {words_against(n)}: judge one of the two again")
    if report.n_in:
        tell_refusals([report])


@verdicts.command("push")
def push_to_server(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the server is, without a key in it.")],
    to: Annotated[Literal["phoenix", "mlflow"], typer.Option("--to", help="What the server is.")],
    project: Annotated[
        str | None, typer.Option(metavar="NAME", help="Phoenix's project; MLflow finds traces without one.")
    ] = None,
    review: ReviewOption = None,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Write verdicts on traces to a running server: Phoenix's annotations, MLflow's assessments.

    What stands there already is not written again, so that a push may be repeated, and goes on after a break. The key
    comes from the variables that `pull` reads, and is sent to no other server.

    Example: `workbench verdicts push http://localhost:6006 --to phoenix --project support --workspace acme-support`
    """
    opened = open_workspace(workspace)
    of_review = _review_of(opened, review)
    with open_board_server(to, url, environment=os.environ) as server, progress_bar() as (watch, _):
        done = push_verdicts(opened, server, kind=to, project=project, review_id=of_review, progress=watch)
    counts = {name.removeprefix("n_"): n for name, n in done._asdict().items()}
    table = new_table(tuple(name.replace("_", " ") for name in counts), n_text=0)
    table.add_row(*(f"{n:,}" for n in counts.values()))
    answer_with({"server": str(server.address), **counts}, table, as_json=as_json)


def _review_of(workspace: Workspace, review: str | None) -> str | None:
    """Return the id of a review that is named; of one that is not there nothing would be written, and nothing said."""
    return None if review is None else chosen_review(workspace.ledger.latest(Review), review).id
