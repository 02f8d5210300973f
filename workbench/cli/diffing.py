"""Commands that compare versions of the app, find the prompts of the telemetry in them, and have an edit drafted."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from workbench.boundaries.display import visible
from workbench.boundaries.http import Server
from workbench.boundaries.llm import ANSWER_S, MAX_REPLY_BYTES, llm_key
from workbench.boundaries.urls import read_address
from workbench.changes.diff import FileDiff
from workbench.changes.draft import proposer
from workbench.changes.versions import Resolved
from workbench.cli.app import ChangeArgument, JsonOption, WindowOption, WorkspaceOption, changes
from workbench.cli.feeding import parsed_window
from workbench.cli.output import answer_with, new_table, tell
from workbench.counted import counted
from workbench.errors import ConfigError
from workbench.loop.refine.app_versions import app_versions
from workbench.loop.refine.app_versions import as_json as version_as_json
from workbench.loop.refine.compare_app import Compared, compare_change, compare_versions
from workbench.loop.refine.draft import draft_change
from workbench.report.diff_view import diff_text
from workbench.store import open_workspace

_DIGITS = 12


@changes.command()
def diff(
    change_id: ChangeArgument = "",
    before: Annotated[str, typer.Option("--from", metavar="V", help="A commit, branch, tag or change.")] = "",
    after: Annotated[str, typer.Option("--to", metavar="V", help="Another one.", show_default="HEAD")] = "",
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Show what a change, or a version of the app, says otherwise: words in `{+ +}` came, words in `[- -]` went.

    Example: `workbench change diff --from prompt-7 --to prompt-8 --workspace acme`
    """
    if bool(change_id) == bool(before or after) or not (change_id or before):
        raise ConfigError("one change, or --from a version, is to be given", fix="see `workbench change diff --help`")
    opened = open_workspace(workspace)
    found = compare_change(opened, change_id) if change_id else compare_versions(opened, before, after or "HEAD")
    answer_with(_answer(found), diff_text(found.diffs), as_json=as_json)


@changes.command()
def versions(
    workspace: WorkspaceOption = Path(),
    window: WindowOption = "all",
    as_json: JsonOption = False,
) -> None:
    """List the prompt versions of the telemetry with the commits of the app that hold them; what none holds says why.

    Example: `workbench change versions --workspace acme`
    """
    found = app_versions(open_workspace(workspace), window=parsed_window(window, now=datetime.now(UTC)))
    answer_with({"versions": [version_as_json(one) for one in found]}, _table(found), as_json=as_json)


@changes.command()
def draft(
    change_id: ChangeArgument,
    path: Annotated[str, typer.Option(metavar="PATH", help="The prompt in the app's repository.")],
    url: Annotated[
        str, typer.Option("--propose-with", metavar="URL", help="An OpenAI-compatible server, up to `/v1`.")
    ],
    model: Annotated[str, typer.Option(metavar="NAME", help="The model's name there.")],
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Have a model draft the edit of a prompt from a change's development traces, where you read, mend and sign it.

    The server sees the prompt, the confirmed cause and at most five of those traces. Nothing is committed.

    Example: `workbench change draft chg_... --path prompts/a.md --propose-with http://127.0.0.1:8080/v1 --model small`
    """
    opened = open_workspace(workspace)
    address, key = read_address(url), llm_key(os.environ)
    with Server(address, key, answer_s=ANSWER_S, silence_s=ANSWER_S, max_bytes=MAX_REPLY_BYTES) as server:
        made = draft_change(opened, change_id, path=path, propose=proposer(server, model), now=datetime.now(UTC))
    tell(f"drafted by {made.draft.drafted_by} from {counted(len(made.draft.shown), 'trace')}; nothing is committed")
    content = {
        "change": made.change.id,
        "drafted_by": made.draft.drafted_by,
        "why": made.draft.why,
        "quotes": list(made.draft.quotes),
        "shown": list(made.draft.shown),
        "exchange": list(made.draft.exchange),
        "files": [_file(one) for one in made.diffs],
    }
    said = f"{visible(made.draft.why)}\n\n{diff_text(made.diffs)}\n\nRead it, mend it, then sign it: "
    answer_with(content, f"{said}`workbench change commit {made.change.id}`", as_json=as_json)


def _answer(found: Compared) -> dict[str, Any]:
    return {"before": found.before, "after": found.after or None, "files": [_file(one) for one in found.diffs]}


def _file(one: FileDiff) -> dict[str, Any]:
    return {
        "path": one.path,
        "kind": one.kind,
        "state": one.state,
        "moved_from": one.moved_from or None,
        "differences": [
            {"where": difference.where, "words": difference.words, "pieces": [*map(list, difference.pieces)]}
            for difference in one.differences
        ],
        "pieces": [*map(list, one.pieces)],
        "note": one.note,
    }


def _table(found: Sequence[Resolved]) -> str | Table:
    if not found:
        return "The telemetry holds no model call that names a prompt or was sent one."
    table = new_table(("prompt", "version", "commits", "told by", "what to know", "last seen", "traces"), n_text=6)
    for one in found:
        seen = one.seen
        table.add_row(
            escape(visible(seen.name or "not named")),
            escape(visible(seen.version or seen.digest[:_DIGITS] or "-")),
            escape(" ".join(held.commit[:_DIGITS] for held in one.held) or "none"),
            one.by,
            escape(visible(one.note)),
            f"{seen.last_at:%Y-%m-%d}" if seen.last_at else "-",
            f"{seen.n_traces:,}",
        )
    return table
