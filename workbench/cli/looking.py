"""Commands of step 6, validate, on live traffic: a look at an experiment, and a shadow of it without one."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from workbench import loop
from workbench.boundaries.display import visible
from workbench.cli.app import NOT_DONE, ByOption, JsonOption, WorkspaceOption
from workbench.cli.experimenting import ExperimentArgument, experiments
from workbench.cli.output import answer_with, new_table, progress_bar, tell
from workbench.cli.playing import (
    AtOption,
    CommandOption,
    EndpointOption,
    InterpreterOption,
    ModelOption,
    PromptOption,
    PythonOption,
    SampleOption,
    ToolsCommandOption,
    ToolsOption,
    adapter_for,
    arms_of,
    options_of_app,
)
from workbench.cli.rulings import answer_decided
from workbench.counted import counted
from workbench.experiments.arm import Spend
from workbench.experiments.cache import Cache
from workbench.experiments.kinds import gone_kinds, new_kinds
from workbench.experiments.session import Progress
from workbench.loop.live.looking import Seen, take_look
from workbench.loop.live.shadow import NO_BASELINE, SIDES, Shadow, medians
from workbench.loop.live.shadow import shadow as replay_shadow
from workbench.loop.sample_app.metrics import scorers_for
from workbench.store import open_workspace
from workbench.store.durability import write_durably
from workbench.windows import Window


@experiments.command()
def look(
    experiment: ExperimentArgument,
    by: ByOption = loop.ME,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Look at an experiment on live traffic: decide where a planned look is due, else watch for harm alone.

    May be run daily. Between looks nothing ships, and only a candidate that is shown to hurt is stopped.

    Example: `workbench experiment look exp_20261101 --workspace acme`
    """
    opened, who = open_workspace(workspace), loop.who_reviews(by)
    own, now = scorers_for(opened.app), datetime.now(UTC)
    seen = take_look(opened, experiment, author=who.name, identity=who.identity, now=now, own=own)
    for note in _notes(seen):
        tell(note)
    if seen.decided is not None:
        more = {"n_users": seen.n_users, "look": msgspec.to_builtins(seen.look)}
        answer_decided(seen.decided, opened, on=experiment, as_json=as_json, more=more)
        return
    ruling = seen.outcome.ruling
    lines = [f"{counted(seen.n_users, 'user was', 'users were')} exposed; the next look is at {seen.n_next:,}."]
    content: dict[str, Any] = {"decision": ruling.decision, "reasons": list(ruling.reasons), "look": None}
    content |= {"n_users": seen.n_users, "n_next": seen.n_next, "harms": [one._asdict() for one in seen.outcome.harms]}
    answer_with(content, "\n".join([*lines, *(f"  {reason}" for reason in ruling.reasons)]), as_json=as_json)


@experiments.command()
def shadow(
    name: Annotated[str, typer.Argument(metavar="CHANGE", help="A change (chg_...) or a release candidate.")],
    days: Annotated[int, typer.Option(min=1, metavar="DAYS", help="Draw from the last so many days.")] = 7,
    sample: Annotated[int, typer.Option(min=1, metavar="N", help="Traces that are drawn.")] = 100,
    seed: Annotated[int, typer.Option(metavar="NUMBER", help="Seed of the draw.")] = 0,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write both answers of each trace there, JSON lines.")
    ] = None,
    is_sample: SampleOption = False,
    command: CommandOption = None,
    python: PythonOption = None,
    interpreter: InterpreterOption = None,
    endpoint: EndpointOption = None,
    model: ModelOption = None,
    at: AtOption = None,
    prompt: PromptOption = None,
    tools: ToolsOption = None,
    tools_command: ToolsCommandOption = None,
    budget: Annotated[float | None, typer.Option(metavar="USD", help="What it may cost at most.")] = None,
    tokens: Annotated[int | None, typer.Option(metavar="N", help="Tokens that it may take.")] = None,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Let a change answer a random sample of live traffic, unseen by users, beside what was answered; decides nothing.

    How the app is run say the options or `[app_run]` in workspace.toml, as for `experiment run`.

    Example: `workbench experiment shadow chg_20261027 --days 7 --sample 200 --workspace acme`
    """
    options = options_of_app(locals())
    opened, now = open_workspace(workspace), datetime.now(UTC)
    adapter = adapter_for(opened.app_run, options, where=name)
    with progress_bar(is_long=True) as (_, told):

        def show(done: Progress) -> None:
            told(
                f"{done.n_done:,} of {counted(done.n_all, 'answer')}, {counted(done.n_errors, 'error')}, "
                f"{done.spent.usd or 0:.2f} USD"
            )

        found = replay_shadow(
            opened,
            name,
            window=Window(start=now - timedelta(days=days), end=now),
            n=sample,
            seed=seed,
            make_arm=arms_of(opened, adapter),
            now=lambda: datetime.now(UTC),
            budget=Spend(budget, tokens),
            cache=Cache(opened.answers) if opened.answers else None,
            n_at_once=opened.app_run.n_at_once,
            progress=show,
        )
    if out is not None:
        lines = (json.dumps(row) for row in found.answers.iter_rows(named=True))
        write_durably(out, "".join(f"{line}\n" for line in lines).encode(), mode=0o600)
    answer_with(_shadow_json(found), _shadow_table(found), as_json=as_json)
    if found.n_missing:
        tell(f"{counted(found.n_missing, 'answer is', 'answers are')} missing: {found.stopped}. Run it again to go on.")
        raise typer.Exit(NOT_DONE)


def _notes(seen: Seen) -> list[str]:
    """Return what of the flag's evaluations was left out."""
    exposed = seen.exposed
    counts = {
        "evaluations of the flag are of nobody who is known": exposed.n_without_user,
        "evaluations of the flag have no time": exposed.n_without_time,
        f"evaluations are of other variants: {', '.join(map(repr, exposed.others))}": sum(exposed.others.values()),
        "users met both arms and are left out": exposed.n_mixed,
    }
    return [f"{n:,} {what}" for what, n in counts.items() if n]


def _shadow_json(found: Shadow) -> dict[str, Any]:
    return {
        "note": NO_BASELINE,
        "n_there": found.n_there,
        "n_without": found.n_without,
        "n_missing": found.n_missing,
        "spent_usd": found.spent.usd,
        "sides": medians(found.answers),
        "new_findings": [one._asdict() for one in new_kinds(found.kinds)],
        "gone_findings": [one._asdict() for one in gone_kinds(found.kinds)],
        "findings": [one._asdict() for one in found.kinds],
    }


def _shadow_table(found: Shadow) -> Table:
    told = medians(found.answers)
    table = new_table(("of the sample", *SIDES), n_text=1)
    names = {
        "n": "answers",
        "n_errors": "errors",
        "n_words": "words, median",
        "latency_ms": "ms, median",
        "cost_usd": "USD, median",
        "output_tokens": "tokens out, median",
    }
    for name, words in names.items():
        table.add_row(escape(words), *(escape(_figure(told[side][name])) for side in SIDES))
    for kind in found.kinds:
        table.add_row(escape(visible(kind.words)), f"{kind.n_baseline:,}", f"{kind.n_candidate:,}")
    table.caption = f"{NO_BASELINE}; drawn from {counted(found.n_there, 'trace')}, {found.n_without:,} say no question"
    return table


def _figure(value: float | None) -> str:
    return "not known" if value is None else f"{value:,.4g}" if value % 1 else f"{value:,.0f}"
