"""Commands of step 6, validate: an experiment is run, listed, and its results are given away."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from workbench import loop
from workbench.boundaries.display import shorten, visible
from workbench.boundaries.llm import judge_key
from workbench.cli.app import NOT_DONE, ByOption, JsonOption, WorkspaceOption, in_workspace
from workbench.cli.experimenting import ExperimentArgument, experiments
from workbench.cli.output import answer_with, new_table, progress_bar
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
from workbench.counted import counted
from workbench.experiments.adapter import Adapter, from_json, to_json
from workbench.experiments.arm import Spend
from workbench.experiments.cache import Cache
from workbench.experiments.session import Progress
from workbench.loop.sample_app.metrics import scorers_for
from workbench.loop.validate import Ran, run_experiment
from workbench.loop.validate.exporting import export_results
from workbench.loop.validate.finding import find_experiment
from workbench.loop.withdrawals import withdrawals
from workbench.records import Decision, Experiment
from workbench.store import Workspace, open_workspace

SHOWN_CHARACTERS = 60
"""Of how the app is run, in a table; --json has all."""


@experiments.command()
def run(
    experiment: ExperimentArgument,
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
    budget: Annotated[float | None, typer.Option(metavar="USD", help="What it may cost at most, in all parts.")] = None,
    tokens: Annotated[int | None, typer.Option(metavar="N", help="Tokens that it may take, in all parts.")] = None,
    most: Annotated[float | None, typer.Option(metavar="USD", help="What one answer can cost at most.")] = None,
    by: ByOption = loop.ME,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Run both versions on the holdout's cases, in turn; one that was stopped goes on and asks nothing twice.

    How the app is run was frozen with the plan; where it was not, the options or `[app_run]` in workspace.toml say it.
    Keys: WORKBENCH_LLM_KEY, WORKBENCH_APP_KEY, of a judge WORKBENCH_JUDGE_KEY, and beside each its server (..._URL).

    Example: `workbench experiment run exp_20261101 --model gpt-4.1 --at https://api.openai.com/v1 --workspace acme`
    """
    options = options_of_app(locals())
    opened, who = open_workspace(workspace), loop.who_reviews(by)
    found = find_experiment(opened, experiment)
    adapter = _adapter(opened, found, options)
    with progress_bar(is_long=True) as (_, told):

        def show(done: Progress) -> None:
            left = "" if done.left_s is None else f", {done.left_s / 60:.0f} min left"
            told(
                f"{done.n_done:,} of {counted(done.n_all, 'answer')}, "
                f"{counted(done.n_errors, 'error')}{words_of(done.spent)}{left}"
            )

        ran = run_experiment(
            opened,
            experiment,
            make_arm=arms_of(opened, adapter, most=most),
            own=scorers_for(opened.app),
            author=who.name,
            identity=who.identity,
            now=lambda: datetime.now(UTC),
            adapter=to_json(adapter),
            judge_key=judge_key(os.environ),
            budget=Spend(budget, tokens),
            cache=Cache(opened.answers) if opened.answers else None,
            n_at_once=opened.app_run.n_at_once,
            progress=show,
        )
    spent = {"spent_usd": ran.spent.usd, "spent_tokens": ran.spent.tokens}
    content = {"is_done": ran.run is not None, "n_missing": ran.n_missing, "stopped": ran.stopped, **spent}
    verb = "label" if ran.n_to_score else "show"
    text = _text(ran, in_workspace(f"workbench experiment {verb} {found.id}", workspace))
    content |= {"n_to_score": ran.n_to_score}
    answer_with(content | {"run": msgspec.to_builtins(ran.run)}, text, as_json=as_json)
    if ran.run is None:
        raise typer.Exit(NOT_DONE)


def _text(ran: Ran, next_: str) -> str:
    if ran.n_to_score:
        return f"All is answered, and people have {counted(ran.n_to_score, 'answer')} to score. Next: {next_}"
    if ran.run is None:
        return f"{counted(ran.n_missing, 'answer is', 'answers are')} missing: {ran.stopped}. Run it again to go on."
    if ran.run.look == 1:
        return f"It has run to its end. Next: {next_}"
    share = f"{ran.run.look:.0%} of the cases"
    return f"It has run to its look at {share}: {next_} says whether that decides it; if not, run it again to go on."


@experiments.command("list")
def list_experiments(workspace: WorkspaceOption = Path(), as_json: JsonOption = False) -> None:
    """List all experiments, oldest first, with what each tests and how the app is run.

    Example: `workbench experiment list --workspace acme`
    """
    opened = open_workspace(workspace)
    every, gone = opened.ledger.latest(Experiment), withdrawals(opened)
    decisions = {one.experiment_id: one for one in sorted(opened.ledger.latest(Decision), key=lambda one: one.at)}
    table = new_table(("experiment", "tests", "holdout", "run by", "frozen", "decision"), n_text=6)
    for one in every:
        tests = one.candidate_id or ", ".join(one.change_ids)
        on = ", ".join(filter(None, (one.holdout_id, one.targeted_id))) or "live traffic"
        words = (one.id, tests, on, shorten(one.adapter, SHOWN_CHARACTERS))
        state = "withdrawn" if one.id in gone else _state(decisions.get(one.id))
        table.add_row(*(escape(visible(word)) for word in words), f"{one.frozen_at:%Y-%m-%d %H:%M}", escape(state))
    table.caption = counted(len(every), "experiment")
    listed = [
        {**msgspec.to_builtins(one), "is_withdrawn": one.id in gone, "decision": _state(decisions.get(one.id))}
        for one in every
    ]
    answer_with({"experiments": listed}, table, as_json=as_json)


@experiments.command()
def export(
    experiment: ExperimentArgument,
    out: Annotated[Path, typer.Argument(metavar="FILE", help="A new file: `.jsonl` or `.parquet`.")],
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Write an experiment's results to a file, a row a case, version, trial and metric; no erasure reaches them there.

    Example: `workbench experiment export exp_20261101 results.parquet --workspace acme`
    """
    opened = open_workspace(workspace)
    found = find_experiment(opened, experiment)
    n_rows = export_results(opened, found, out)
    answer_with(
        {"experiment": found.id, "file": str(out), "n_results": n_rows},
        f"{out} has {counted(n_rows, 'result')} of {found.id}",
        as_json=as_json,
    )


def _adapter(workspace: Workspace, experiment: Experiment, options: Mapping[str, Any]) -> Adapter:
    """Return how the app is run: as it was frozen, unless the options say otherwise, which is refused later."""
    is_said = any(said is not None for said in options.values())
    if experiment.adapter and not is_said:
        return from_json(experiment.adapter)
    return adapter_for(workspace.app_run, options, where=experiment.id)


def _state(decision: Decision | None) -> str:
    """Return what was decided when somebody asked last, and who signed it."""
    signer = f", signed by {decision.signer}" if decision and decision.signer else ""
    return f"{decision.decision}{signer}" if decision else ""


def words_of(spent: Spend) -> str:
    """Return what was spent as words that follow others; nothing of what nobody knows.

    >>> words_of(Spend(usd=1.5, tokens=2_000)), words_of(Spend(usd=None, tokens=2_000)), words_of(Spend(0.0, 0))
    (', 1.50 USD, 2,000 tokens', ', 2,000 tokens', '')
    """
    usd = f", {spent.usd:.2f} USD" if spent.usd else ""
    return usd + (f", {counted(spent.tokens, 'token')}" if spent.tokens else "")
