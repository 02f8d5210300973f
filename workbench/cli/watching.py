"""Commands of step 7, watch: what shipped is watched, looked at, and sampled for people to judge blind."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from workbench import loop
from workbench.boundaries.display import shorten, visible
from workbench.cli.app import ByOption, JsonOption, WorkspaceOption, group, in_workspace
from workbench.cli.output import answer_with, new_table
from workbench.counted import counted
from workbench.loop.named import find_issue
from workbench.records import Watch
from workbench.store import Workspace, open_workspace
from workbench.watch import TARGET_RATIO

TITLE_CHARACTERS = 60
WatchArgument = Annotated[
    str, typer.Argument(metavar="WATCH", help="Its id (wch_...) or that of its issue, or the beginning of one.")
]

watching = group("watch", "Watch what shipped: is the problem really gone, or is it back?")


@watching.command()
def start(
    name: Annotated[str, typer.Argument(metavar="ISSUE", help="An issue that shipped, or a change (chg_...).")],
    version: Annotated[
        str,
        typer.Option("--version", metavar="V", help="Prompt version or release that has it, if git cannot say."),
    ] = "",
    since: Annotated[
        datetime | None, typer.Option(metavar="TIME", help="From when on all traffic has it, UTC.")
    ] = None,
    flag: Annotated[
        str, typer.Option(metavar="FLAG", help="The feature flag by which users are held back at random.")
    ] = "",
    target: Annotated[
        float, typer.Option(metavar="SHARE", help="Of how common it was: below this it is gone.")
    ] = TARGET_RATIO,
    before: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE", help="Share of traces that had it before, where a random sample of them says it."
        ),
    ] = None,
    by: ByOption = loop.ME,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Begin to watch the issues of a change that shipped, once the traffic has it.

    Example: `workbench watch start chg_20261027 --version 9 --workspace acme`
    """
    opened = open_workspace(workspace)
    made = loop.start_watch(
        opened,
        name,
        who=loop.who_reviews(by),
        now=datetime.now(UTC),
        version=version,
        since=since and since.replace(tzinfo=since.tzinfo or UTC),
        flag=flag,
        ratio=target,
        before_share=before,
    )
    lines = [
        f"{one.id} begins: the change is live since {one.since:%Y-%m-%d}, and the problem will count as gone once "
        f"surely fewer than {100 * one.target_share:.2g} % of traces have it."
        for one in made
    ]
    next_ = in_workspace("workbench watch look", workspace)
    answer = {"watches": [_told(one) for one in made], "next": next_}
    answer_with(answer, "\n".join([*lines, f"Next, after each detection: {next_}"]), as_json=as_json)


@watching.command()
def look(
    watch: Annotated[
        str | None, typer.Argument(metavar="WATCH", help="Its id or its issue's; else every watch that goes on.")
    ] = None,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Say of what is watched whether it is gone, or back, and move its issue accordingly.

    It goes by the newest detection run and by what people judged; run `workbench detect` on the traffic since first.

    Example: `workbench watch look --workspace acme`
    """
    opened, now = open_workspace(workspace), datetime.now(UTC)
    looked = [loop.look(opened, one, now=now) for one in ([watch] if watch else _going_on(opened))]
    lines = [f"{one.watch.id} {one.watch.state.replace('_', ' ')}: {' '.join(one.watch.reasons)}" for one in looked]
    answer = {"watches": [_told(one.watch) | {"issue_state": one.issue.state} for one in looked]}
    answer_with(answer, "\n".join(lines) or "nothing is watched", as_json=as_json)


@watching.command()
def sample(
    watch: WatchArgument,
    n: Annotated[
        int | None, typer.Option("--traces", "-n", min=1, help="Drawn at random; else as many as silence needs.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 0,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Open a review of the traffic since: half of it at random, and nobody is told what a detector found.

    Example: `workbench watch sample wch_20261124 --traces 60 --workspace acme`
    """
    opened = open_workspace(workspace)
    review = loop.open_blind_review(opened, watch, now=datetime.now(UTC), n=n, seed=seed)
    text = f"{review.id} has {counted(review.n_items, 'trace')} to judge: `workbench review`"
    answer_with({"review_id": review.id, "n_items": review.n_items}, text, as_json=as_json)


@watching.command(name="list")
def list_watches(workspace: WorkspaceOption = Path(), as_json: JsonOption = False) -> None:
    """List all watches with what each came to at the last look.

    Example: `workbench watch list --workspace acme`
    """
    opened = open_workspace(workspace)
    every = loop.watches(opened)
    table = new_table(("watch", "issue", "state", "since", "judged", "have it"), n_text=4)
    for one in every:
        title = escape(visible(shorten(find_issue(opened, one.issue_id).title, TITLE_CHARACTERS)))
        row = (one.id, title, one.state.replace("_", " "), f"{one.since:%Y-%m-%d}", one.n_judged, one.n_confirmed)
        table.add_row(*map(str, row))
    answer_with({"watches": [_told(one) for one in every]}, table if every else "nothing is watched", as_json=as_json)


def _going_on(workspace: Workspace) -> list[str]:
    """Return the watches that a look at all looks at: the newest of each issue that nothing else has moved."""
    newest = {one.issue_id: one.id for one in loop.watches(workspace)}
    return [
        watch_id
        for issue_id, watch_id in newest.items()
        if find_issue(workspace, issue_id).state in ("watching", "resolved")
    ]


def _told(watch: Watch) -> dict[str, Any]:
    return {
        **{"id": watch.id, "issue_id": watch.issue_id, "change_ids": list(watch.change_ids)},
        **{"decision_id": watch.decision_id, "state": watch.state, "reasons": list(watch.reasons)},
        **{"since": watch.since.isoformat(), "versions": list(watch.versions), "target_share": watch.target_share},
        **{
            "n_after": watch.n_after,
            "n_found": watch.n_found,
            "n_unowned": watch.n_unowned,
            "n_judged": watch.n_judged,
        },
        **{"n_confirmed": watch.n_confirmed, "n_hits": watch.n_hits, "low": watch.low, "high": watch.high},
        **{"alarm_at": watch.alarm_at and watch.alarm_at.isoformat(), "design": watch.design},
        "unowned_alarm_at": watch.unowned_alarm_at and watch.unowned_alarm_at.isoformat(),
        **{"ratio": watch.ratio, "ratio_low": watch.ratio_low, "ratio_high": watch.ratio_high},
    }
