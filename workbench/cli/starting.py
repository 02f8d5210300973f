"""Commands that begin and go on: a workspace is made, what to do next is said, and JupyterLab opens at it."""

import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from workbench import loop, runs
from workbench.changes.repository import open_app
from workbench.cli.app import JsonOption, WorkspaceOption, app, in_workspace
from workbench.cli.output import answer_with, print_out, tell
from workbench.errors import ConfigError, WorkbenchError
from workbench.loop.validate.metrics import begin_metrics
from workbench.store import init_workspace, make_secret, open_workspace, secret_place

FOLDER = "feedback"
"""The folder that is made where none is named."""
OWN_NOTEBOOKS = "notebooks"
"""The folder in a workspace with its own copies of the notebooks."""


class _Origin(NamedTuple):
    """Where a team's telemetry is, and how it gets in."""

    words: str
    """As the question offers it."""
    command: str
    """What brings it in."""


ORIGINS = (
    _Origin("files: OTLP, exports, chat logs, tables", "workbench run PATH..."),
    _Origin("a Phoenix server", "workbench pull phoenix http://localhost:6006"),
    _Origin("a Langfuse server", "workbench pull langfuse https://LANGFUSE-HOST"),
    _Origin("an MLflow server", "workbench pull mlflow http://localhost:5000"),
    _Origin("live, by OpenTelemetry", "workbench receive"),
)
"""What a new team may have, the most common first."""


@app.command()
def init(
    folder: Annotated[Path | None, typer.Argument(metavar="DIR", help="A new folder; asked for if not given.")] = None,
    telemetry: Annotated[
        str, typer.Option(metavar="URL", help="Where the tables go: a folder in it, or `s3://bucket/prefix`.")
    ] = "telemetry",
    app_repository: Annotated[
        Path | None,
        typer.Option(
            "--app", metavar="DIR", help="The app's own git repository, for changes.", show_default="`app` in it"
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a workspace, and the secret that keys user ids if you have none.

    On a terminal it asks what was not given: the folder, the app's repository, and where your traces are. In a script
    nothing is asked.

    Example: `workbench init acme-support`
    """
    origin = ORIGINS[0]
    if sys.stdin.isatty() and not as_json:
        folder = folder or Path(typer.prompt("1. Folder of the workspace", default=FOLDER))
        app_repository = app_repository or _asked_app()
        origin = _asked_origin()
    if folder is None:
        raise ConfigError("no folder is named", fix="workbench init DIR")
    where = {} if app_repository is None else {"app": str(open_app(app_repository).root)}
    workspace = init_workspace(folder, secret=make_secret(), telemetry=telemetry, **where)
    begin_metrics(workspace)
    next_ = in_workspace(origin.command, folder)
    answer_with(
        {"workspace": str(folder), "key_id": workspace.key_id, "secret": secret_place(), "next": next_},
        f"Workspace {folder} is ready. Its user ids are keyed with the secret in {secret_place()}: keep a copy of it,\n"
        f"no key can be made again without it. Next: {next_}",
        as_json=as_json,
    )


@app.command(name="next")
def tell_next(workspace: WorkspaceOption = Path(), as_json: JsonOption = False) -> None:
    """Say what to do next: of all that waits, what is nearest to its end; then how much waits beside it.

    Example: `workbench next --workspace acme-support`
    """
    step = loop.next_step(open_workspace(workspace), now=datetime.now(UTC))
    command = in_workspace(step.command, workspace)
    also = [one._replace(command=in_workspace(one.command, workspace)) for one in step.also]
    lines = [f"{step.why}.", f"  {command}", f"  or look at it: {in_workspace('workbench lab', workspace)}"]
    lines += ["Also waiting:"] if also else []
    lines += [f"  {one.n:,} {one.what}: {one.command}" for one in also]
    answer = {"why": step.why, "command": command, "notebook": step.notebook, "also": [one._asdict() for one in also]}
    answer_with(answer, "\n".join(lines), as_json=as_json)


@app.command()
def lab(
    notebook: Annotated[
        str, typer.Argument(metavar="NOTEBOOK", help="`3_review`, `3` or `review`; `next` is where something waits.")
    ] = "next",
    workspace: WorkspaceOption = Path(),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the server; 0 is any that is free.")] = 0,
    opens_browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser at it.")] = True,
) -> None:
    """Open JupyterLab on the notebook in which something waits, or on the one that is named. Ctrl-C ends it.

    Example: `workbench lab --workspace acme-support`
    """
    opened = open_workspace(workspace)
    if notebook == "next":
        step = loop.next_step(opened, now=datetime.now(UTC))
        print_out(f"{step.why}.")
        notebook = step.notebook
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)  # however it is ended, the server ends with it
    root = opened.root.resolve()
    older = runs.lay_out(root / OWN_NOTEBOOKS, workspace=root)
    for name in older:
        tell(f"{OWN_NOTEBOOKS}/{name} was changed here and is of an older version; move it away to get the new one")
    own = root / OWN_NOTEBOOKS
    with runs.serve(notebook, parameters={}, view="lab", port=port, opens_browser=opens_browser, own=own) as served:
        print_out(f"{notebook} is at {served.url}\nCtrl-C ends it.")
        try:
            served.process.wait()
        except KeyboardInterrupt:
            print_out("Ended; what was saved stays.")


def _asked_app() -> Path | None:
    """Return the app's repository, asked again until it is one; None where the answer is empty."""
    question = "2. Git repository of your app's prompts and tools (Enter: later)"
    while said := typer.prompt(question, default="", show_default=False):
        try:
            return open_app(Path(said)).root
        except (WorkbenchError, OSError) as error:
            print_out(f"   {error}")
    return None


def _asked_origin() -> _Origin:
    print_out("3. Where are your traces?")
    print_out("\n".join(f"   {place} {one.words}" for place, one in enumerate(ORIGINS, start=1)))
    while (place := typer.prompt("   Number", default=1, type=int)) not in range(1, len(ORIGINS) + 1):
        print_out(f"   {place} is none of them")
    return ORIGINS[place - 1]
