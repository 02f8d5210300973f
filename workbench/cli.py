"""The command line: thin commands over the loop, for people, for scripts (`--json`) and for schedulers (exit codes).

0 done, 2 wrong call or setting, 3 a run failed, 4 not enough data. Results go to standard output, progress and errors
to standard error.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from polars.exceptions import PolarsError
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from workbench import __version__, loop, runs, store
from workbench.boundaries.display import visible
from workbench.boundaries.redact import VERSION
from workbench.errors import ConfigError, InsufficientDataError, StoreError, WorkbenchError
from workbench.ids import is_user_key
from workbench.loop.feed import Watch
from workbench.loop.redaction import N_TEXTS, Share, measure
from workbench.records import LoadReport
from workbench.store import Workspace, init_workspace, make_secret, open_workspace, secret_place
from workbench.windows import Window

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Turn what production tells you about an LLM app into reviewed, versioned, tested changes.",
)

_WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", "-w", metavar="DIR", help="The workspace's folder.", show_default="this folder")
]
_JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output, for scripts.")]
_WindowOption = Annotated[
    str, typer.Option(metavar="WINDOW", help="Spans to look at: `all`, `7d`, or `2026-01-05..2026-01-12` (UTC).")
]
_MappingOption = Annotated[
    Path | None, typer.Option(metavar="TOML", help="How a chat log of your own maps to spans; known formats need none.")
]
_SeedOption = Annotated[int, typer.Option(help="Seed of the grouping: the same seed gives the same clusters.")]
_PathsArgument = Annotated[
    list[str],
    typer.Argument(metavar="PATH...", help="Files, folders, archives, patterns, URLs; - is standard input."),
]

RECEIVE_TOKEN = "WORKBENCH_RECEIVE_TOKEN"  # noqa: S105  (the name of a variable)
"""The environment variable with the bearer token that senders have to show: not an option, which `ps` would show."""
MIN_TABLE_WIDTH = 110
"""Characters: in a narrower terminal lines wrap, rather than words being cut to pieces."""
MAIN_NOTEBOOKS = ("1_telemetry", "2_detect")
"""The reports of a whole run, in order."""


@app.callback(invoke_without_command=True)
def about(
    is_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Print the version, if that is asked for."""
    if is_version:
        _print(f"workbench {__version__}")
        raise typer.Exit


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    telemetry: Annotated[
        str, typer.Option(metavar="URL", help="Where the tables go: a folder in it, or `s3://bucket/prefix`.")
    ] = "telemetry",
    as_json: _JsonOption = False,
) -> None:
    """Make a workspace, and the secret that keys user ids if you have none.

    Example: `workbench init acme-support`
    """
    workspace = init_workspace(folder, secret=make_secret(), telemetry=telemetry)
    _answer(
        {"workspace": str(folder), "key_id": workspace.key_id, "secret": secret_place()},
        f"Workspace {folder} is ready. Its user ids are keyed with the secret in {secret_place()}: keep a copy of it,\n"
        f"no key can be made again without it. Next: workbench run PATH... --workspace {folder}",
        as_json=as_json,
    )


@app.command()
def ingest(
    paths: _PathsArgument,
    workspace: _WorkspaceOption = Path(),
    mapping: _MappingOption = None,
    is_following: Annotated[
        bool,
        typer.Option("--follow", help="Go on reading as the files grow and rotate, until Ctrl-C or SIGTERM."),
    ] = False,
    as_json: _JsonOption = False,
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
    reports = _follow(opened, paths, mapping) if is_following else _ingest(opened, paths, mapping=mapping)
    n_waiting = opened.telemetry.n_waiting_signals() if any(report.n_signals for report in reports) else 0
    answer = {"files": [_file(report) for report in reports], "signals_waiting": n_waiting}
    _answer(answer, _load_table(reports), as_json=as_json)
    _tell_refusals(reports)
    if n_waiting:
        sys.stderr.write(
            f"{n_waiting:,} signals wait for what they are about; `workbench report 1_telemetry` shows them\n"
        )


@app.command("receive")
def receive_live(
    workspace: _WorkspaceOption = Path(),
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 4318,
    is_remote_allowed: Annotated[
        bool,
        typer.Option(
            "--allow-remote",
            help=f"Listen where other machines can reach it. Senders must show the bearer token in {RECEIVE_TOKEN}.",
        ),
    ] = False,
    as_json: _JsonOption = False,
) -> None:
    """Listen for OpenTelemetry exporters (OTLP/HTTP) until Ctrl-C or SIGTERM, and store what they send.

    What is acknowledged is on the disk: after a kill, the next start stores what the last one could not.

    Example: `workbench receive --workspace acme-support`
    """
    from workbench.loop.receive import Address, receive  # the protocol's package and h11: no other command needs them

    address = Address(host, port, os.environ.get(RECEIVE_TOKEN) or None, is_remote_allowed)
    received = receive(open_workspace(workspace), address, now=lambda: datetime.now(UTC), told=_tell)
    answers = {str(status): n for status, n in sorted(received.statuses.items())}
    files = [_file(report) for report in received.reports]
    answer = {"files": files, "acknowledged": received.n_acknowledged, "answers": answers}
    _answer(answer, _load_table(received.reports), as_json=as_json)
    if not as_json:
        given = ", ".join(f"{status}: {n:,}" for status, n in answers.items()) or "none"
        _print(f"{received.n_acknowledged:,} records acknowledged; answers given: {given}")


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
    workspace: _WorkspaceOption = Path(),
    as_json: _JsonOption = False,
) -> None:
    """Read spans and feedback from a running server; the next pull goes on where this one ended.

    The key is taken from the variables that the server's own client reads: PHOENIX_API_KEY; MLFLOW_TRACKING_TOKEN, or
    MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD; LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY.

    Example: `workbench pull phoenix http://localhost:6006 --project support --workspace acme-support`
    """
    now = datetime.now(UTC)
    start = _window(since if since == "all" or since.endswith("d") else f"{since}..", now=now).start
    opened = open_workspace(workspace)
    with loop.open_server(kind, url, environment=os.environ) as server, _progress() as (watch, _):
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
    _answer({"files": [_file(report)]}, _load_table([report]), as_json=as_json)
    if report.n_in:
        _tell_refusals([report])


@app.command()
def detect(
    workspace: _WorkspaceOption = Path(),
    window: _WindowOption = "all",
    seed: _SeedOption = 0,
    as_json: _JsonOption = False,
) -> None:
    """Find problems, group them, propose causes and issues; nothing is changed in your app.

    Example: `workbench detect --workspace acme-support --window 7d`
    """
    detection = _detect(open_workspace(workspace), window=window, seed=seed)
    _answer(_detection(detection), _detection_table(detection), as_json=as_json)


@app.command()
def report(
    notebook: Annotated[
        str, typer.Argument(metavar="NOTEBOOK", help="1_telemetry, 2_detect, or a notebook of your own.")
    ],
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="A parameter of the notebook.")
    ] = None,
    workspace: _WorkspaceOption = Path(),
    as_json: _JsonOption = False,
) -> None:
    """Execute a notebook and keep it as .ipynb and offline .html under the workspace's reports.

    Example: `workbench report 2_detect -p top_n=20 --workspace acme-support`
    """
    opened = open_workspace(workspace)
    run = _report(opened, notebook, _parameters(parameter or []))
    index = runs.index(opened)
    _answer({"reports": [_run(run)], "index": str(index)}, f"Report: {run.html}\nIndex:  {index}", as_json=as_json)


@app.command()
def run(
    paths: _PathsArgument,
    workspace: _WorkspaceOption = Path(),
    mapping: _MappingOption = None,
    window: _WindowOption = "all",
    seed: _SeedOption = 0,
    as_json: _JsonOption = False,
) -> None:
    """Do the whole job: ingest, detect, and write the reports and their index.

    Example: `workbench run exports/ --workspace acme-support`
    """
    opened = open_workspace(workspace)
    reports = _ingest(opened, paths, mapping=mapping)
    if not as_json:
        _print(_load_table(reports))
    _tell_refusals(reports)
    detection = _detect(opened, window=window, seed=seed)
    if not as_json:
        _print(_detection_table(detection))
    _finish(opened, reports, detection, window=window, as_json=as_json)


@app.command()
def demo(
    workspace: Annotated[
        Path, typer.Option("--workspace", "-w", metavar="DIR", help="A new folder for the demo's workspace.")
    ] = Path("workbench-demo"),
    as_json: _JsonOption = False,
) -> None:
    """Do the whole job on the sample: a legal-research assistant with planted faults.

    Example: `workbench demo`
    """
    with _progress() as (watch, told):
        sample = loop.make_sample(workspace, watch=watch, told=told)
    _finish(sample.workspace, sample.reports, sample.detection, window="all", as_json=as_json)


@app.command()
def doctor(
    workspace: _WorkspaceOption = Path(),
    is_mending: Annotated[
        bool,
        typer.Option("--mend", help="Mend what can be mended; bad pieces are set aside, no decision is touched."),
    ] = False,
    as_json: _JsonOption = False,
) -> None:
    """Name what is wrong with a workspace; nothing is changed without `--mend`. Exits with 3 if damage remains.

    Example: `workbench doctor --workspace acme-support`
    """
    now, noted = datetime.now(UTC).timestamp(), runs.noted_heads(workspace / "reports")
    if is_mending:
        mended, faults = store.mend(workspace, now=now, noted=noted)
    else:
        mended, faults = [], store.examine(workspace, now=now, noted=noted)
    answer = {"mended": [_fault(fault) for fault in mended], "faults": [_fault(fault) for fault in faults]}
    _answer(answer, _fault_table(mended, faults), as_json=as_json)
    n_damaged = sum(fault.is_damage for fault in faults)
    if n_damaged:
        is_all_for_people = all(fault.mend is None for fault in faults if fault.is_damage)
        fix = "see the last column" if is_all_for_people else "run `workbench doctor --mend`"
        raise StoreError(f"{n_damaged} kinds of damage", where=str(workspace), fix=fix)


@app.command()
def compact(
    workspace: _WorkspaceOption = Path(),
    vacuum_hours: Annotated[
        int,
        typer.Option(
            min=0,
            max=store.MAX_DAYS * 24,
            metavar="HOURS",
            help="How long replaced files are kept. Below 168, whoever still reads an older version loses its files.",
        ),
    ] = store.KEEP_HOURS,
    as_json: _JsonOption = False,
) -> None:
    """Merge small files and delete those that were replaced long ago; safe while others ingest and read.

    Example: `workbench compact --workspace acme-support`
    """
    telemetry = open_workspace(workspace).telemetry
    if not isinstance(telemetry.root, Path):
        what = "tables on object storage are not merged here: it has no lock, and two mergers would double rows"
        raise ConfigError(what, where=telemetry.root, fix="run your engine's OPTIMIZE there, one job at a time")
    done = telemetry.compact(above=0, above_a_day=1, keep_hours=vacuum_hours)
    if not done:
        raise StoreError("another process is compacting this workspace", where=str(workspace), fix="let it finish")
    table = _table(("table", "files before", "files after", "deleted", "bytes deleted"), n_text=1)
    for one in done:
        table.add_row(one.table, *(f"{count:,}" for count in one[1:]))
    _answer({"tables": [one._asdict() for one in done]}, table, as_json=as_json)


@app.command()
def erase(
    user: Annotated[
        str | None, typer.Option("--user", metavar="ID", help="The user, by the id that the app has.")
    ] = None,
    user_key: Annotated[
        str | None, typer.Option("--user-key", metavar="KEY", help="The user, by the id that stands here (usr_...).")
    ] = None,
    is_sure: Annotated[
        bool, typer.Option("--yes", help="Erase. Without it nothing is changed, and counts are shown.")
    ] = False,
    workspace: _WorkspaceOption = Path(),
    as_json: _JsonOption = False,
) -> None:
    """Erase a user: their traces, all that was found in them or said of them, quotes, refused records and reports.

    Whole traces go, and sessions that they had to themselves. A killed run is completed by the next. Others who write
    wait; who reads must read again. Records of the user from before are refused if they come in again.

    Example: `workbench erase --user ann@example.com --workspace acme-support`
    """
    opened = open_workspace(workspace)
    key = _asked_user(opened, user, user_key)
    quoting = partial(runs.quoting, opened.reports)
    with _progress() as (_, told):
        told("erasing" if is_sure else "searching")
        found = (
            loop.erase_user(opened, key, now=datetime.now(UTC), quoting=quoting)
            if is_sure
            else loop.find_user(opened, key, quoting=quoting)
        )
    if is_sure:
        runs.renew_lists(opened)
    table = _table(("what", "erased" if is_sure else "to erase"), n_text=1)
    for what, n in found.counts().items():
        table.add_row(what.replace("_", " "), f"{n:,}")
    table.caption = _of_erasure(found, is_done=is_sure)
    others = [str(path) for path in found.others]
    answer = {"user_key": key, "erased": is_sure, **found.counts(), "other_files_left": others}
    _answer(answer, table, as_json=as_json)


@app.command()
def retain(
    days: Annotated[
        int | None,
        typer.Option(min=1, max=store.MAX_DAYS, metavar="N", help="Days to keep telemetry; else as the settings say."),
    ] = None,
    quarantine_days: Annotated[
        int | None, typer.Option(min=1, max=store.MAX_DAYS, metavar="N", help="Days to keep refused records; likewise.")
    ] = None,
    vacuum_hours: Annotated[
        int,
        typer.Option(
            min=0,
            max=store.MAX_DAYS * 24,
            metavar="HOURS",
            help="How long dropped files are kept. Below 168, whoever still reads an older version loses its files.",
        ),
    ] = store.KEEP_HOURS,
    is_dry_run: Annotated[bool, typer.Option("--dry-run", help="Delete nothing, and show what would go.")] = False,
    workspace: _WorkspaceOption = Path(),
    as_json: _JsonOption = False,
) -> None:
    """Delete telemetry and refused records that are older than the workspace may keep; for a scheduler, daily.

    Whole days go. Files that nobody needs any more are deleted seven days later, by a later run. Decisions stay.

    Example: `workbench retain --days 90 --quarantine-days 14 --workspace acme-support`
    """
    opened = open_workspace(workspace)
    policy = opened.policy
    kept_days = policy.days if days is None else days
    kept_refused = policy.quarantine_days if quarantine_days is None else quarantine_days
    if not kept_days and not kept_refused:
        fix = "give --days or --quarantine-days, or say them under [retention] in workspace.toml"
        raise ConfigError("everything is kept", where=str(workspace), fix=fix)
    done = store.retain(
        opened,
        now=datetime.now(UTC),
        days=kept_days,
        quarantine_days=kept_refused,
        keep_hours=vacuum_hours,
        is_dry_run=is_dry_run,
    )
    table = _table(("table", "days before", "rows", "files deleted", "bytes deleted"), n_text=2)
    for one in done:
        table.add_row(one.table, str(one.before or ""), *(f"{count:,}" for count in one[2:]))
    tables = [one._asdict() | {"before": one.before and one.before.isoformat()} for one in done]
    _answer({"dry_run": is_dry_run, "tables": tables}, table, as_json=as_json)


@app.command()
def redaction(
    n: Annotated[int, typer.Option("-n", min=10, metavar="N", help="Generated texts of each kind.")] = N_TEXTS,
    seed: Annotated[int, typer.Option(help="Seed of the texts.")] = 0,
    as_json: _JsonOption = False,
) -> None:
    """Measure how much personal data is replaced before anything is stored, by kind, on generated texts.

    It reduces what a workspace holds about people; it never makes it anonymous. Names and streets are not looked for.

    Example: `workbench redaction`
    """
    measured = measure(n=n, seed=seed)
    table = _table(("kind", "recall", "95 % interval", "precision", "95 % interval", "texts"), n_text=1)
    for one in measured.kinds:
        table.add_row(one.kind, *_share(one.recall), *_share(one.precision), f"{one.recall.n:,}")
    harmed = {name: share.hits for name, share in measured.look_alikes.items() if share.hits}
    of_harmed = ", ".join(f"{name} {hits:,}" for name, hits in harmed.items()) or "none"
    table.caption = f"Of {n * len(measured.look_alikes):,} texts that only look so, changed: {of_harmed}. Seed {seed}."
    kinds = {one.kind: {"recall": one.recall._asdict(), "precision": one.precision._asdict()} for one in measured.kinds}
    alike = {name: share._asdict() for name, share in measured.look_alikes.items()}
    _answer({"version": VERSION, "seed": seed, "kinds": kinds, "look_alikes": alike}, table, as_json=as_json)


def main() -> None:
    """Run the command line; an error becomes one line that says what to do."""
    try:
        app()
    except WorkbenchError as error:
        _fail(str(error), error.exit_code)
    except OSError as error:
        _fail(f"{error.filename or 'the system'}: {error.strerror or error}", WorkbenchError.exit_code)
    except PolarsError as error:  # of a table's own files, which are read lazily
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        _fail(f"the tables cannot be read: {said}; run `workbench doctor`", StoreError.exit_code)


def _asked_user(workspace: Workspace, user: str | None, user_key: str | None) -> str:
    if (user is None) == (user_key is None):
        raise ConfigError("name one user", fix="give --user ID or --user-key KEY")
    if user_key is not None and not is_user_key(user_key):
        raise ConfigError(f"{user_key!r} is no keyed user id", fix="give the id that the app has with --user")
    return user_key if user_key is not None else workspace.user_key(user or "")


def _of_erasure(found: loop.Found, *, is_done: bool) -> str:
    said = [] if is_done else ["Nothing is changed; add --yes to erase."]
    if found.rows.shared_sessions:
        said.append("Shared sessions stay, without the user's traces.")
    if found.others:
        names = ", ".join(str(path) for path in found.others)
        said.append(f"These files name the user and are left to you: {names}")
    return escape(visible(" ".join(said)))


def _share(share: Share) -> tuple[str, str]:
    return "" if share.share is None else f"{share.share:.3f}", f"{share.low:.3f} to {share.high:.3f}"


def _ingest(workspace: Workspace, paths: Sequence[str], *, mapping: Path | None) -> tuple[LoadReport, ...]:
    with _progress() as (watch, _):
        return loop.feed(workspace, paths, now=datetime.now(UTC), mapping=mapping, progress=watch)


def _follow(workspace: Workspace, paths: Sequence[str], mapping: Path | None) -> tuple[LoadReport, ...]:
    enough = threading.Event()

    def end(number: int, _frame: object) -> None:
        enough.set()
        signal.signal(number, usual[signal.Signals(number)])  # who asks twice does not wait for the end of a long file

    usual = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in usual:
        signal.signal(number, end)
    _tell("following; Ctrl-C or SIGTERM ends it")
    return loop.follow(
        workspace,
        paths,
        now=lambda: datetime.now(UTC),
        wait=lambda: not enough.wait(loop.POLL_S),
        told=_tell,
        mapping=mapping,
    )


def _detect(workspace: Workspace, *, window: str, seed: int) -> loop.Detection:
    now = datetime.now(UTC)
    asked = _window(window, now=now)
    with _progress() as (_, told):
        return loop.detect(workspace, window=asked, now=now, seed=seed, progress=told)


def _window(text: str, *, now: datetime) -> Window:
    try:
        return Window.parse(text, now=now)
    except ValueError as error:
        raise ConfigError(str(error), fix="see `--help`") from error


def _report(workspace: Workspace, notebook: str, parameters: dict[str, Any]) -> runs.Run:
    with _progress() as (_, told):
        told(f"executing {notebook}")
        return runs.execute(notebook, parameters=parameters, workspace=workspace, now=datetime.now(UTC))


def _finish(
    workspace: Workspace,
    reports: Sequence[LoadReport],
    detection: loop.Detection,
    *,
    window: str,
    as_json: bool,
) -> None:
    parameters = ({"window": window}, {"run_id": detection.run.id})
    made = [_report(workspace, notebook, given) for notebook, given in zip(MAIN_NOTEBOOKS, parameters, strict=True)]
    index = runs.index(workspace)
    answer = {
        "files": [_file(report) for report in reports],
        **_detection(detection),
        "reports": [_run(run) for run in made],
        "index": str(index),
    }
    text = "\n".join(f"Report: {run.html}" for run in made)
    _answer(answer, f"{text}\nIndex:  {index}", as_json=as_json)


def _file(report: LoadReport) -> dict[str, Any]:
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


def _detection(detection: loop.Detection) -> dict[str, Any]:
    return {
        "run": detection.run.id,
        "window": detection.run.window,
        "findings": {tally.detector: msgspec.to_builtins(tally) for tally in detection.run.tallies},
        "clusters": detection.run.n_clusters,
        "noise_share": detection.run.noise_share,
        "issues": [msgspec.to_builtins(issue) for issue in detection.issues],
        "notes": list(detection.notes),
    }


def _run(run: runs.Run) -> dict[str, str]:
    return {"notebook": run.notebook, "ipynb": str(run.ipynb), "html": str(run.html)}


def _fault(fault: store.Fault) -> dict[str, Any]:
    return {
        "kind": fault.kind,
        "where": fault.where,
        "what": fault.what,
        "fix": fault.fix,
        "is_damage": fault.is_damage,
        "bytes": fault.n_bytes,
        "can_mend": fault.mend is not None,
    }


def _fault_table(mended: Sequence[store.Fault], faults: Sequence[store.Fault]) -> str | Table:
    if not mended and not faults:
        return "Nothing is wrong."
    table = _table(("", "where", "what", "fix"), n_text=4)
    for fault in mended:
        table.add_row("mended", *(escape(visible(text)) for text in (fault.where, fault.what, fault.fix)))
    for fault in faults:
        size = f" ({fault.n_bytes:,} bytes)" if fault.n_bytes else ""
        state = "damage" if fault.is_damage else "harmless"
        table.add_row(state, *(escape(visible(text)) for text in (fault.where, fault.what + size, fault.fix)))
    return table


def _load_table(reports: Sequence[LoadReport]) -> Table:
    counts = ("in", "stored", "duplicate", "quarantined", "spans", "traces", "signals")
    table = _table(("file", "format", *counts), n_text=2)
    files = [_file(report) for report in reports]
    for file in files:
        path = file["path"]
        name = escape(visible(path if "://" in path else str(Path(*Path(path).parts[-2:]))))
        table.add_row(name, file["format"], *(f"{file[count]:,}" for count in counts))
    if len(files) > 1:
        sums = ("" if count == "traces" else f"{sum(file[count] for file in files):,}" for count in counts)
        table.add_section()
        table.add_row(f"{len(files)} files", "", *sums)
    return table


def _tell_refusals(reports: Sequence[LoadReport]) -> None:
    """Say on standard error what was refused and why, and what waits for its end.

    Raises
    ------
    InsufficientDataError
        If not one record could be read.
    """
    for report in reports:
        if report.n_bytes_waiting:
            said = f"{report.path}: the last {report.n_bytes_waiting:,} bytes are no whole record yet and wait"
            sys.stderr.write(visible(said) + "\n")
        if report.n_quarantined:
            reasons = ", ".join(f"{reason} {n:,}" for reason, n in report.refused.items())
            said = f"{report.path}: {report.n_quarantined:,} of {report.n_in:,} records refused ({reasons})"
            sys.stderr.write(visible(said) + "; `workbench report 1_telemetry` shows each fault\n")
    if reports and all(report.n_quarantined == report.n_in for report in reports):
        raise InsufficientDataError("no record could be read", fix="see the reasons above; nothing was stored")


def _detection_table(detection: loop.Detection) -> Table:
    table = _table(("issue", "title", "findings", "traces", "users"), n_text=2)
    table.columns[0].no_wrap = True
    for issue in detection.issues:
        counts = (str(count) for count in (issue.n_findings, issue.n_traces, issue.n_users))
        table.add_row(issue.id, escape(visible(issue.title)), *counts)
    states = ", ".join(f"{tally.detector} {tally.n_found or tally.state}" for tally in detection.run.tallies)
    table.caption = escape(f"{detection.run.n_findings:,} findings, {detection.run.n_clusters} clusters: {states}")
    return table


def _table(columns: Sequence[str], *, n_text: int) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", caption_justify="left")
    for place, name in enumerate(columns):
        is_text = place < n_text
        table.add_column(name, justify="left" if is_text else "right", overflow="fold", no_wrap=not is_text)
    return table


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


@contextmanager
def _progress() -> Iterator[tuple[Watch, Callable[[str], None]]]:
    """Give two callables that move a progress bar on standard error; silent where that is no terminal."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None)

        def watch(name: str, n_records: int, share: float | None) -> None:
            said = escape(visible(f"{name}: {n_records:,} records"))
            progress.update(task, description=said, completed=share or 0, total=None if share is None else 1)

        def told(step: str) -> None:
            progress.update(task, description=escape(visible(step)), total=None)

        yield watch, told


def _answer(content: dict[str, Any], text: str | Table, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(content, allow_nan=False) + "\n")
    else:
        _print(text)


def _print(text: str | Table) -> None:
    if isinstance(text, str):
        sys.stdout.write(visible(text, keep="\n") + "\n")
    else:
        Console(width=max(Console().width, MIN_TABLE_WIDTH)).print(text)


def _tell(line: str) -> None:
    sys.stderr.write(f"workbench: {visible(line)}\n")
    sys.stderr.flush()


def _fail(message: str, exit_code: int) -> None:
    sys.stderr.write(f"workbench: {visible(message)}\n")
    sys.exit(exit_code)
