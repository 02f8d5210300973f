"""Commands for personal data: what is redacted, what is erased, what may be kept."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from workbench import loop, runs, store
from workbench.boundaries.display import visible
from workbench.boundaries.redact import VERSION
from workbench.cli.app import JsonOption, WorkspaceOption, app
from workbench.cli.output import answer_with, new_table, progress_bar
from workbench.counted import counted
from workbench.errors import ConfigError
from workbench.ids import is_user_key
from workbench.loop.feed.redaction import N_TEXTS, Share, measure
from workbench.store import Workspace, open_workspace


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
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Erase a user: their traces, all that was found in them or said of them, quotes, refused records and reports.

    Whole traces go, and sessions that they had to themselves. A killed run is completed by the next. Others who write
    wait, a receiver must be stopped, who reads must read again. Records of the user from before are refused if they
    come in again.

    Example: `workbench erase --user ann@example.com --workspace acme-support`
    """
    opened = open_workspace(workspace)
    key = _asked_user(opened, user, user_key)
    quoting = partial(runs.quoting, opened.reports)
    with progress_bar() as (_, told):
        told("erasing" if is_sure else "searching")
        found = (
            loop.erase_user(opened, key, now=datetime.now(UTC), quoting=quoting)
            if is_sure
            else loop.find_user(opened, key, quoting=quoting)
        )
    if is_sure:
        runs.renew_lists(opened, now=datetime.now(UTC))
    table = new_table(("what", "erased" if is_sure else "to erase"), n_text=1)
    for what, n in found.counts().items():
        table.add_row(what.replace("_", " "), f"{n:,}")
    table.caption = _of_erasure(found, is_done=is_sure)
    others = [str(path) for path in found.others]
    answer = {"user_key": key, "erased": is_sure, **found.counts(), "other_files_left": others}
    answer_with(answer, table, as_json=as_json)


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
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Delete telemetry and refused records that are older than the workspace may keep; for a scheduler, daily.

    Whole days go; without days, here or in workspace.toml, all is kept. Files that nobody needs any more are deleted
    seven days later, by a later run. Decisions stay.

    Example: `workbench retain --days 90 --quarantine-days 14 --workspace acme-support`
    """
    opened = open_workspace(workspace)
    policy = opened.policy
    kept_days = policy.days if days is None else days
    kept_refused = policy.quarantine_days if quarantine_days is None else quarantine_days
    done = store.retain(
        opened,
        now=datetime.now(UTC),
        days=kept_days,
        quarantine_days=kept_refused,
        keep_hours=vacuum_hours,
        is_dry_run=is_dry_run,
    )
    table = new_table(("table", "days before", "rows", "files deleted", "bytes deleted"), n_text=2)
    for one in done:
        table.add_row(one.table, str(one.before or ""), *(f"{count:,}" for count in one[2:]))
    table.caption = _of_retention(kept_days, kept_refused, is_dry_run=is_dry_run)
    tables = [one._asdict() | {"before": one.before and one.before.isoformat()} for one in done]
    answer_with({"dry_run": is_dry_run, "tables": tables}, table, as_json=as_json)


@app.command()
def redaction(
    n: Annotated[int, typer.Option("-n", min=10, metavar="N", help="Generated texts of each kind.")] = N_TEXTS,
    seed: Annotated[int, typer.Option(help="Seed of the texts.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Measure how much personal data is replaced before anything is stored, by kind, on generated texts.

    It reduces what a workspace holds about people; it never makes it anonymous. Names and streets are not looked for.

    Example: `workbench redaction`
    """
    measured = measure(n=n, seed=seed)
    table = new_table(("kind", "recall", "95 % interval", "precision", "95 % interval", "texts"), n_text=1)
    for one in measured.kinds:
        table.add_row(one.kind, *_share(one.recall), *_share(one.precision), f"{one.recall.n:,}")
    harmed = {name: share.hits for name, share in measured.look_alikes.items() if share.hits}
    of_harmed = ", ".join(f"{name} {hits:,}" for name, hits in harmed.items()) or "none"
    alike_in_all = counted(n * len(measured.look_alikes), "text that only looks so", "texts that only look so")
    table.caption = f"Of {alike_in_all}, changed: {of_harmed}. Seed {seed}."
    kinds = {one.kind: {"recall": one.recall._asdict(), "precision": one.precision._asdict()} for one in measured.kinds}
    alike = {name: share._asdict() for name, share in measured.look_alikes.items()}
    answer_with({"version": VERSION, "seed": seed, "kinds": kinds, "look_alikes": alike}, table, as_json=as_json)


def _asked_user(workspace: Workspace, user: str | None, user_key: str | None) -> str:
    if (user is None) == (user_key is None):
        raise ConfigError("name one user", fix="give --user ID or --user-key KEY")
    if user_key is not None and not is_user_key(user_key):
        raise ConfigError(f"{user_key!r} is no keyed user id", fix="give the id that the app has with --user")
    return user_key if user_key is not None else workspace.user_key(user or "")


def _of_erasure(found: loop.Found, *, is_done: bool) -> str:
    said = [] if is_done else ["Nothing is changed; add --yes to erase."]
    if not any(found.counts().values()):
        said.append(f"Nothing here is of this user, whose key is {found.user_key}.")
    if found.rows.shared_sessions:
        said.append("Shared sessions stay, without the user's traces.")
    if found.others:
        names = ", ".join(str(path) for path in found.others)
        said.append(f"These files name the user and are left to you: {names}")
    return escape(visible(" ".join(said)))


def _of_retention(days: int, quarantine_days: int, *, is_dry_run: bool) -> str:
    said = ["Nothing is deleted: this shows what would go."] if is_dry_run else []
    kept = {"Telemetry": days, "Refused records": quarantine_days}
    for_ever = [what for what, kept_days in kept.items() if not kept_days]
    if for_ever:
        of_whom = " and ".join(for_ever).replace("and R", "and r")
        said.append(f"{of_whom}: kept for ever; give days here, or under [retention] in workspace.toml.")
    return " ".join(said)


def _share(share: Share) -> tuple[str, str]:
    return "" if share.share is None else f"{share.share:.3f}", f"{share.low:.3f} to {share.high:.3f}"
