"""The list of all runs: a page for people, one line of JSON a run for scripts, and a pointer to the newest of each."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from workbench import loop, report
from workbench.records import Health
from workbench.report import formats, markup
from workbench.report.markup import Html, badge, file_link, join, muted, strong
from workbench.runs.notebooks import DIGESTS, OWN
from workbench.runs.page import POLICY, style
from workbench.runs.run import Run, read_runs
from workbench.store import Workspace
from workbench.store.durability import write_durably

_IDS = ("run_id", "review_id")
"""Parameters that say nothing to a reader; the report names the run that it shows."""
_STATES = {"done": "done", "failed": "failed", "insufficient": "too little data"}


def index(workspace: Workspace, *, now: datetime) -> Path:
    """Write the list of all runs, `index.html` and `index.jsonl`, under the workspace's reports; return the page.

    Parameters
    ----------
    workspace
        Its reports, and the issues that say how well the loop turns.
    now
        The time, UTC.

    Raises
    ------
    StoreError
        If the record of a run cannot be read.
    """
    reports = workspace.reports
    runs = read_runs(reports)
    lines = "".join(f"{replace(run, result=None).to_json(reports=reports)}\n" for run in reversed(runs))
    write_durably(reports / "index.jsonl", lines.encode(), mode=0o644)
    listed = reports / "index.html"
    page = _page(runs, reports, name=workspace.root.resolve().name, health=loop.health(workspace, now=now))
    write_durably(listed, page.encode(), mode=0o644)
    return listed


def point_to_latest(run: Run) -> None:
    """Make `latest.html` beside the run lead to it."""
    onward = file_link(run.title or run.notebook, path=run.html.name)
    page = markup.page("Latest report", onward, policy=POLICY, style=style(), refresh=run.html.name)
    write_durably(run.html.with_name("latest.html"), page.encode(), mode=0o644)


def newest_of_each(runs: Sequence[Run]) -> list[Run]:
    """Return the newest run of each notebook, in the order of the notebooks' names; `runs` are newest first."""
    newest: dict[str, Run] = {}
    for run in runs:
        newest.setdefault(run.notebook, run)
    return [newest[name] for name in sorted(newest)]


def _page(runs: Sequence[Run], reports: Path, *, name: str, health: Health) -> str:
    newest = [_card(run, reports) for run in newest_of_each(runs)]
    body = (
        markup.title(f"Reports of {name}"),
        *_how_to_read(newest_of_each(runs), reports),
        _loop(health, has_digest=(reports / DIGESTS / "latest.html").exists()),
        markup.section(join(newest), name="cards") if runs else markup.paragraph("There is no report yet."),
        _all(runs, reports),
    )
    return markup.page(f"Reports of {name}", *body, policy=POLICY, style=style())


def _how_to_read(newest: Sequence[Run], reports: Path) -> list[Html]:
    """Return where a newcomer begins: at the tour, where one was made, else at the first of the loop's steps."""
    if not newest:
        return []
    first = newest[0]
    begin = [
        "Begin with “",
        file_link(strong(first.title or first.notebook), path=_relative(first.html, reports)),
        "” ",
    ]
    order = "and go on with the newest report of each step below, in the order of the loop; each answers one question."
    return [markup.paragraph(join([*begin, order]))]


def _loop(health: Health, *, has_digest: bool) -> Html:
    """Return how well the loop turns, before any report: whether somebody acts on what they say."""
    digest = markup.paragraph(file_link("What changed since the last scheduled run", path=f"{DIGESTS}/latest.html"))
    return markup.section(
        join(
            [
                markup.heading("Does the loop turn?", anchor="loop"),
                markup.paragraph(muted(f"Counted on {formats.moment(health.at)}: a wait is over from its day on.")),
                report.health_figures(health).html,
                report.waits_by_kind(health).html if health.waits else Html(""),
                report.stage_ages(health).html,
                digest if has_digest else Html(""),
            ]
        ),
        name="health",
    )


def _card(run: Run, reports: Path) -> Html:
    """Return the newest run of a notebook: its question as the link, when it ran, and what it says."""
    lines = [
        markup.paragraph(file_link(strong(run.title or run.notebook), path=_relative(run.html, reports))),
        markup.paragraph(join([badge(_STATES[run.state]), muted(f" {run.notebook}, {formats.moment(run.at)}")])),
    ]
    if run.headline:
        lines.append(markup.paragraph(run.headline))
    if run.error:
        lines.append(markup.quote("why it stopped", run.error))
    return markup.section(join(lines), name="card")


def _all(runs: Sequence[Run], reports: Path) -> Html:
    columns = [(title, "left") for title in ("run", "notebook", "state", "files", "given")] + [("seconds", "right")]
    rows = [
        (
            formats.moment(run.at),
            run.notebook,
            badge(_STATES[run.state]),
            join(
                [
                    file_link("page", path=_relative(run.html, reports)),
                    file_link("notebook", path=_relative(run.ipynb, reports)),
                ],
                " · ",
            ),
            _given(run),
            f"{run.duration_s:.0f}",
        )
        for run in runs
    ]
    return markup.table(columns, rows, caption="All runs, newest first", foot="The same for scripts: index.jsonl.")


def _given(run: Run) -> Html:
    """Return the parameters that somebody gave; those that a run fills in itself are in its record."""
    given = {name: value for name, value in run.parameters.items() if name not in (*OWN, *_IDS)}
    words = (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in given.values())
    return muted(", ".join(f"{name} = {word}" for name, word in zip(given, words, strict=True)) or "–")


def _relative(path: Path, reports: Path) -> str:
    return path.relative_to(reports).as_posix()
