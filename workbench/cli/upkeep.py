"""Commands that look after a workspace."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from workbench import loop, runs, store
from workbench.boundaries.display import visible
from workbench.cli.app import JsonOption, WorkspaceOption, app
from workbench.cli.output import answer_with, new_table
from workbench.counted import counted
from workbench.errors import ConfigError, StoreError
from workbench.store import open_workspace


@app.command()
def doctor(
    workspace: WorkspaceOption = Path(),
    is_mending: Annotated[
        bool,
        typer.Option("--mend", help="Mend what can be mended; bad pieces are set aside, no decision is touched."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Name what is wrong with a workspace; nothing is changed without `--mend`. Exits with 3 if damage remains.

    Example: `workbench doctor --workspace acme-support`
    """
    now, noted = datetime.now(UTC).timestamp(), runs.noted_heads(workspace / "reports")
    if is_mending:
        mended, faults = store.mend(workspace, now=now, noted=noted)
    else:
        mended, faults = [], store.examine(workspace, now=now, noted=noted)
    faults += loop.check_own_files(workspace)
    answer = {"mended": [_fault(fault) for fault in mended], "faults": [_fault(fault) for fault in faults]}
    answer_with(answer, _fault_table(mended, faults), as_json=as_json)
    n_damaged = sum(fault.is_damage for fault in faults)
    if n_damaged:
        is_all_for_people = all(fault.mend is None for fault in faults if fault.is_damage)
        fix = "see the last column" if is_all_for_people else "run `workbench doctor --mend`"
        raise StoreError(f"{counted(n_damaged, 'kind')} of damage", where=str(workspace), fix=fix)


@app.command()
def compact(
    workspace: WorkspaceOption = Path(),
    vacuum_hours: Annotated[
        int,
        typer.Option(
            min=0,
            max=store.MAX_DAYS * 24,
            metavar="HOURS",
            help="How long replaced files are kept. Below 168, whoever still reads an older version loses its files.",
        ),
    ] = store.KEEP_HOURS,
    as_json: JsonOption = False,
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
    table = new_table(("table", "files before", "files after", "deleted", "bytes deleted"), n_text=1)
    for one in done:
        table.add_row(one.table, *(f"{count:,}" for count in one[1:]))
    answer_with({"tables": [one._asdict() for one in done]}, table, as_json=as_json)


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
    table = new_table(("", "where", "what", "fix"), n_text=4)
    for fault in mended:
        table.add_row("mended", *(escape(visible(text)) for text in (fault.where, fault.what, fault.fix)))
    for fault in faults:
        size = f" ({counted(fault.n_bytes, 'byte')})" if fault.n_bytes else ""
        state = "damage" if fault.is_damage else "harmless"
        table.add_row(state, *(escape(visible(text)) for text in (fault.where, fault.what + size, fault.fix)))
    return table
