"""One notebook executed in a workspace: as a notebook, as a page that needs no network, and as a record.

The files appear whole or not at all; a notebook that stops is kept with what it had shown and with the reason.
"""

import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from workbench import errors
from workbench.boundaries.display import shorten, visible
from workbench.errors import ConfigError, InsufficientDataError, ReportError, WorkbenchError
from workbench.ids import ordered_id
from workbench.report.provenance import code_version, package_versions
from workbench.runs import notebooks
from workbench.runs.index import index, point_to_latest
from workbench.runs.meanings import check_meanings
from workbench.runs.page import headline_of, page, title_of
from workbench.runs.results import result_of
from workbench.runs.run import Run, State, noted_heads
from workbench.store import Workspace
from workbench.store.durability import write_durably

ERROR_CHARACTERS = 400
"""Of a failure's message in a record and on the command line: the whole of it is in the report."""


class _Outcome(NamedTuple):
    """How the execution ended."""

    state: State
    error: str | None


def execute(notebook: str | Path, *, parameters: Mapping[str, Any], workspace: Workspace, now: datetime) -> Run:
    """Execute a notebook in the workspace's folder and keep it under its reports, also if it fails.

    Parameters
    ----------
    notebook
        A shipped notebook's name (`2_detect`, `2`, `detect`), or the path of an .ipynb file.
    parameters
        Values by declared name. `workspace` is this workspace; `as_of` is `now` and `is_live` false unless given.
    workspace
        What the notebook reads, and where its reports go.
    now
        The time of this run, UTC; it names the files.

    Raises
    ------
    ConfigError
        If there is no such notebook, or a parameter is not declared, of another type or out of its bounds, or names a
        detection run that there is not: nothing was run.
    InsufficientDataError
        If the notebook stopped because the workspace holds too little; the report is kept and says so.
    ReportError
        If it stopped for another reason; the report is kept and shows it.
    StoreError
        If the ledger was tampered with, or lacks a head that an earlier report noted: nothing was run.
    """
    path = notebooks.find(notebook)
    known = notebooks.declared(path)
    if "workspace" in parameters and "workspace" in known:
        raise ConfigError("the workspace is no parameter of a run", where=path.name, fix="name it with --workspace")
    given = _own(workspace, now, known) | dict(parameters)
    notebooks.check(given, known, notebook=path.name)
    if notebooks.is_shipped(path):
        check_meanings(given, workspace=workspace, now=now, notebook=path.name)
    _verify(workspace)
    draft = _reserve(workspace.reports / notebooks.folder_name(path), now)
    state_before = _state_of(workspace)
    started = time.monotonic()
    try:
        outcome = _papermill(path, draft, given, workspace.root)
        duration_s = round(time.monotonic() - started, 1)
        run = _keep(
            draft, path, workspace, given=given, outcome=outcome, now=now, duration_s=duration_s, state=state_before
        )
    finally:
        draft.unlink(missing_ok=True)
    index(workspace, now=now)
    if outcome.state != "done":
        raise _error(run)
    return run


def _verify(workspace: Workspace) -> None:
    """Check the ledger's chain, and that the heads that earlier reports noted are still in it: no end was cut off."""
    workspace.ledger.verify(noted=noted_heads(workspace.reports))


def _own(workspace: Workspace, now: datetime, known: Mapping[str, Any]) -> dict[str, Any]:
    values = {
        "workspace": str(workspace.root.resolve()),
        "as_of": now.astimezone(UTC).isoformat(),
        "is_live": False,  # nobody is there who could use a view, and a page that is kept has no kernel
    }
    return {name: values[name] for name in notebooks.OWN if name in known}


def _reserve(folder: Path, now: datetime) -> Path:
    """Return a new hidden file, named by the time of the run, that no other run of this second writes to."""
    folder.mkdir(parents=True, exist_ok=True)
    stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    for place in range(1, 1_000):
        stem = stamp if place == 1 else f"{stamp}-{place}"
        draft = folder / f".{stem}.part.ipynb"
        if (folder / f"{stem}.ipynb").exists():
            continue
        with suppress(FileExistsError):
            draft.touch(exist_ok=False)
            return draft
    raise ReportError("a thousand runs of one second are there already", where=str(folder))


def _state_of(workspace: Workspace) -> dict[str, Any]:
    return {
        "code": code_version(),
        "table_versions": dict(workspace.telemetry.versions()),
        "ledger_head": workspace.ledger.head(),
        "package_versions": dict(package_versions()),
    }


def _papermill(path: Path, draft: Path, given: Mapping[str, Any], root: Path) -> _Outcome:
    """Execute the notebook into the draft; whatever stops it is an outcome, not an error of this program."""
    import papermill
    from nbclient.exceptions import CellControlSignal, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    from workbench.runs.kernel import ThisInterpreter

    try:
        papermill.execute_notebook(
            notebooks.escape_braces(path),
            notebooks.escape_braces(draft),
            parameters=dict(given),
            kernel_name="python3",
            language="python",
            progress_bar=sys.stderr.isatty(),
            log_output=False,
            report_mode=True,
            kernel_manager_class=ThisInterpreter,
            resources={"metadata": {"path": str(root)}},
            store_widget_state=False,
        )
    except PapermillExecutionError as stop:
        state: State = "insufficient" if stop.ename == InsufficientDataError.__name__ else "failed"
        return _Outcome(state, _sentence(stop.ename, stop.evalue))
    except (DeadKernelError, CellControlSignal, RuntimeError) as stop:
        return _Outcome("failed", f"the kernel stopped: {stop}")
    return _Outcome("done", None)


def _sentence(error_class: str, message: str) -> str:
    """Return why a notebook stopped: the class is for programmers, and left out where the message is for readers."""
    known = getattr(errors, error_class, None)
    if isinstance(known, type) and issubclass(known, WorkbenchError):
        return message
    return f"{error_class}: {message}" if message else error_class


def _keep(
    draft: Path,
    source: Path,
    workspace: Workspace,
    *,
    given: Mapping[str, Any],
    outcome: _Outcome,
    now: datetime,
    duration_s: float,
    state: Mapping[str, Any],
) -> Run:
    """Write notebook, page and record, in this order: a run that has a record has all of its files."""
    import nbformat

    stem = draft.name.removeprefix(".").removesuffix(".part.ipynb")
    final = draft.with_name(f"{stem}.ipynb")
    executed = nbformat.read(draft, as_version=4)  # type: ignore[no-untyped-call]
    executed.metadata.pop("widgets", None)
    executed.metadata.get("papermill", {}).update(input_path=source.name, output_path=final.name)
    run = Run(
        id=ordered_id("rpt", now, source.stem, stem),
        notebook=notebooks.folder_name(source),
        title=title_of(executed),
        at=now.astimezone(UTC),
        state=outcome.state,
        duration_s=duration_s,
        parameters=dict(given),
        ipynb=final,
        html=final.with_suffix(".html"),
        headline=headline_of(executed),
        result=result_of(executed),
        error=outcome.error and shorten(visible(outcome.error), ERROR_CHARACTERS),
        **state,
    )
    whole = nbformat.writes(executed)  # type: ignore[no-untyped-call]
    write_durably(run.ipynb, whole.encode("utf-8", "replace"), mode=0o644)
    write_durably(run.html, page(executed, run=run).encode("utf-8", "replace"), mode=0o644)
    write_durably(final.with_suffix(".json"), run.to_json(reports=workspace.reports).encode(), mode=0o644)
    point_to_latest(run)
    return run


def _error(run: Run) -> WorkbenchError:
    kind = InsufficientDataError if run.state == "insufficient" else ReportError
    return kind(f"the notebook stopped: {run.error}", where=run.notebook, fix=f"its report is kept: {run.html}")
