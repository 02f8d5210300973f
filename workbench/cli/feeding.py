"""Commands of step 1, feed: telemetry comes into a workspace."""

import os
import signal
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from workbench import loop, store
from workbench.boundaries.display import visible
from workbench.cli.app import JsonOption, MappingOption, PathsArgument, WorkspaceOption, app
from workbench.cli.output import answer_with, new_table, print_out, progress_bar, tell
from workbench.counted import counted
from workbench.errors import ConfigError, InsufficientDataError
from workbench.records import LoadReport
from workbench.store import Workspace, open_workspace
from workbench.windows import Window

RECEIVE_TOKEN = "WORKBENCH_RECEIVE_TOKEN"  # noqa: S105  (the name of a variable)
"""The environment variable with the bearer token that senders have to show: not an option, which `ps` would show."""


@app.command()
def ingest(
    paths: PathsArgument,
    workspace: WorkspaceOption = Path(),
    mapping: MappingOption = None,
    is_following: Annotated[
        bool,
        typer.Option("--follow", help="Go on reading as the files grow and rotate, until Ctrl-C or SIGTERM."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Read telemetry files into the store.

    Known are exports of OpenTelemetry, Langfuse, LangSmith, MLflow, OpenAI, Google ADK, Inspect and Claude, runs of
    agent benchmarks, feedback, and any mapped chat log.

    Files may be plain, gzip or zstd, or lie in zip or tar archives, which are read file by file.
    A file may be given again, grown, renamed or packed: nothing is stored twice.
    What cannot be read goes to quarantine.
    To follow files through a restart, name a pattern that takes in what they are renamed to: `'traces*.json'`.

    Example: `workbench ingest traces/ feedback.jsonl --workspace acme-support`
    """
    opened = open_workspace(workspace)
    reports = _follow(opened, paths, mapping) if is_following else ingest_files(opened, paths, mapping=mapping)
    n_waiting = opened.telemetry.n_waiting_signals() if any(report.n_signals for report in reports) else 0
    answer = {"files": [file_entry(report) for report in reports], "signals_waiting": n_waiting}
    answer_with(answer, load_table(reports), as_json=as_json)
    tell_refusals(reports)
    if n_waiting:
        said = counted(n_waiting, "signal waits for what it is", "signals wait for what they are")
        tell(f"{said} about; `workbench report 1_telemetry` shows which")


@app.command("receive")
def receive_live(
    workspace: WorkspaceOption = Path(),
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 4318,
    is_remote_allowed: Annotated[
        bool,
        typer.Option(
            "--allow-remote",
            help=f"Listen where other machines can reach it. Senders must show the bearer token in {RECEIVE_TOKEN}.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Listen for OpenTelemetry exporters (OTLP/HTTP) until Ctrl-C or SIGTERM, and store what they send.

    What is acknowledged is on the disk: after a kill, the next start stores what the last one could not.

    Example: `workbench receive --workspace acme-support`
    """
    from workbench.loop.feed.receive import (  # the protocol's package and h11 are needed here alone
        ListenAddress,
        receive,
    )

    address = ListenAddress(host, port, os.environ.get(RECEIVE_TOKEN) or None, is_remote_allowed)
    received = receive(open_workspace(workspace), address, now=lambda: datetime.now(UTC), told=tell)
    answers = {str(status): n for status, n in sorted(received.statuses.items())}
    files = [file_entry(report) for report in received.reports]
    answer = {"files": files, "acknowledged": received.n_acknowledged, "answers": answers}
    answer_with(answer, load_table(received.reports), as_json=as_json)
    if not as_json:
        given = ", ".join(f"{status}: {n:,}" for status, n in answers.items()) or "none"
        print_out(f"{counted(received.n_acknowledged, 'record')} acknowledged; answers given: {given}")


@app.command()
def pull(
    kind: Annotated[str, typer.Argument(metavar="phoenix|mlflow|langfuse", help="What the server is.")],
    url: Annotated[str, typer.Argument(metavar="URL", help="Where it is, without a key in it.")],
    project: Annotated[
        str | None, typer.Option(metavar="NAME", help="Phoenix's project, MLflow's experiment; not for Langfuse.")
    ] = None,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="What began earlier is left out: `all`, `7d`, or `2026-01-05`.")
    ] = "all",
    overlap: Annotated[
        float,
        typer.Option(metavar="DAYS", min=0, max=store.MAX_DAYS, help="How much is read again, for what comes late."),
    ] = loop.OVERLAP.total_seconds() / 86_400,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Read spans and feedback from a running server; the next pull goes on where this one ended.

    The key is taken from the variables that the server's own client reads: PHOENIX_API_KEY; MLFLOW_TRACKING_TOKEN, or
    MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD; LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY.

    Example: `workbench pull phoenix http://localhost:6006 --project support --workspace acme-support`
    """
    now = datetime.now(UTC)
    start = parsed_window(since if since == "all" or since.endswith("d") else f"{since}..", now=now).start
    opened = open_workspace(workspace)
    with loop.open_server(kind, url, environment=os.environ) as server, progress_bar() as (watch, _):
        report = loop.pull(
            opened,
            server,
            kind=kind,
            now=now,
            project=project,
            since=start,
            overlap=timedelta(days=overlap),
            progress=watch,
        )
    answer_with({"files": [file_entry(report)]}, load_table([report]), as_json=as_json)
    if report.n_in:
        tell_refusals([report])


def ingest_files(workspace: Workspace, paths: Sequence[str], *, mapping: Path | None) -> tuple[LoadReport, ...]:
    """Ingest files and return what became of each, with a progress bar."""
    with progress_bar() as (watch, _):
        return loop.feed(workspace, paths, now=datetime.now(UTC), mapping=mapping, progress=watch)


def parsed_window(text: str, *, now: datetime) -> Window:
    """Return the window that an option names.

    Raises
    ------
    ConfigError
        If it is none.
    """
    try:
        return Window.parse(text, now=now)
    except ValueError as error:
        raise ConfigError(str(error), fix="see `--help`") from error


def file_entry(report: LoadReport) -> dict[str, Any]:
    """Return what became of a file, as `--json` says it."""
    return {
        "path": report.path,
        "format": report.format,
        "in": report.n_in,
        "stored": report.n_stored,
        "duplicate": report.n_duplicate,
        "quarantined": report.n_quarantined,
        "spans": report.n_spans,
        "traces": report.n_traces,
        "signals": report.n_signals,
        "refused": dict(report.refused),
        "guessed": dict(report.guessed),
        "redacted": dict(report.redacted),
        "filled": dict(report.filled),
        "bytes_waiting": report.n_bytes_waiting,
    }


def load_table(reports: Sequence[LoadReport]) -> Table:
    """Return what became of each file as a table, with their sums."""
    counts = ("in", "stored", "duplicate", "quarantined", "spans", "traces", "signals")
    table = new_table(("file", "format", *counts), n_text=2)
    files = [file_entry(report) for report in reports]
    for file in files:
        path = file["path"]
        name = visible(path if "://" in path else str(Path(*Path(path).parts[-2:])))
        table.add_row(escape(name), file["format"], *(f"{file[count]:,}" for count in counts))
    if len(files) > 1:
        sums = ("" if count == "traces" else f"{sum(file[count] for file in files):,}" for count in counts)
        table.add_section()
        table.add_row(escape(counted(len(files), "file")), "", *sums)
    return table


def tell_refusals(reports: Sequence[LoadReport]) -> None:
    """Say on standard error what was refused and why, and what waits for its end.

    Raises
    ------
    InsufficientDataError
        If not one record could be read.
    """
    for report in reports:
        if report.n_bytes_waiting:
            n = counted(report.n_bytes_waiting, "byte waits", "bytes wait")
            tell(f"{report.path}: {n} at its end, as they are no whole record yet")
        if report.n_quarantined:
            reasons = ", ".join(f"{reason} {n:,}" for reason, n in report.refused.items())
            said = f"{report.path}: {report.n_quarantined:,} of {counted(report.n_in, 'record')} refused ({reasons})"
            tell(f"{said}; `workbench report 1_telemetry` shows each fault")
    if reports and all(report.n_quarantined == report.n_in for report in reports):
        raise InsufficientDataError("no record could be read", fix="see the reasons above; nothing was stored")


def _follow(workspace: Workspace, paths: Sequence[str], mapping: Path | None) -> tuple[LoadReport, ...]:
    enough = threading.Event()

    def end(number: int, _frame: object) -> None:
        enough.set()
        signal.signal(number, usual[signal.Signals(number)])  # who asks twice does not wait for the end of a long file

    usual = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in usual:
        signal.signal(number, end)
    tell("following; Ctrl-C or SIGTERM ends it")
    return loop.follow(
        workspace,
        paths,
        now=lambda: datetime.now(UTC),
        wait=lambda: not enough.wait(loop.POLL_S),
        told=tell,
        mapping=mapping,
    )
