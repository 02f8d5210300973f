"""Commands of step 6, validate: an experiment on a change is planned, and its plan is frozen."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from workbench import loop
from workbench.cli.app import ByOption, JsonOption, WorkspaceOption, group, in_workspace
from workbench.cli.flagging import (
    USUAL,
    LiveOption,
    ShareOption,
    UsersOption,
    VariantsOption,
    lines_of_live,
    planned_live,
)
from workbench.cli.output import answer_with, tell
from workbench.cli.playing import (
    APP_OPTIONS,
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
    options_of_app,
)
from workbench.counted import counted
from workbench.errors import ConfigError
from workbench.experiments.adapter import adapter_of, to_json
from workbench.experiments.metrics_file import METRICS
from workbench.loop.sample_app.metrics import scorers_for
from workbench.loop.validate import (
    Planned,
    freeze_experiment,
    plan_experiment,
)
from workbench.loop.validate.cases import check_leaks, holdouts_of
from workbench.loop.validate.finding import open_on
from workbench.loop.validate.metrics import begin_metrics, metrics_of
from workbench.loop.validate.on_issue import blind_metrics
from workbench.records import Experiment
from workbench.store import open_workspace

ExperimentArgument = Annotated[
    str, typer.Argument(metavar="EXPERIMENT", help="Its id (exp_...), the beginning of that, or `latest`.")
]

experiments = group("experiment", "Experiments: a frozen plan, both versions on the same cases, and the decision.")


@experiments.command()
def plan(
    name: Annotated[str, typer.Argument(metavar="CHANGE", help="A change (chg_...) or a release candidate.")],
    holdout: Annotated[
        str | None, typer.Option(metavar="HOLDOUT", help="The holdout (hol_...) that both versions run on.")
    ] = None,
    targeted: Annotated[
        str | None,
        typer.Option(metavar="HOLDOUT", help="A targeted one that targets are judged on; all else on the other."),
    ] = None,
    metrics: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Metrics, as TOML or JSON; the workspace's if not given.")
    ] = None,
    cases: Annotated[int | None, typer.Option(metavar="N", help="Cases; all of the holdout's if not given.")] = None,
    trials: Annotated[int, typer.Option(metavar="K", help="Runs of each case in each version.")] = 1,
    look: Annotated[
        list[float] | None,
        typer.Option(metavar="SHARE", help="Of the cases, at which it may be decided already; again for more looks."),
    ] = None,
    days: Annotated[
        int | None, typer.Option(metavar="DAYS", help='After so many days "inconclusive" is decided by a person.')
    ] = None,
    live: LiveOption = None,
    users: UsersOption = None,
    share: ShareOption = USUAL,
    variants: VariantsOption = None,
    is_frozen: Annotated[bool, typer.Option("--freeze", help="Freeze it: nothing of it changes any more.")] = False,
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
    by: ByOption = loop.ME,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Say what an experiment on a change can show, what can never ship, and how many answers it takes; freeze it.

    How the app is run is frozen too, as the options or `[app_run]` in workspace.toml say. An adapter is given what a
    case asks (of a trace `question`, and `task`, `model`, `user_tier`, `release` where known) and a seed. It returns a
    text, or an object: `output` (or `error`), and what is known of input_tokens, output_tokens, cost_usd, latency_ms,
    finish_reason, signals, spans, or otlp with trace_id.

    Example: `workbench experiment plan chg_20261027 --holdout hol_20261101 --freeze --workspace acme`
    """
    app_options = options_of_app(locals())
    if (holdout is None) == (live is None):
        raise ConfigError("on what is not said, or said twice", fix="give --holdout HOLDOUT, or --live FLAG")
    opened, now, who = open_workspace(workspace), datetime.now(UTC), loop.who_reviews(by)
    if metrics is None and begin_metrics(opened):
        said = "it was not there, and says what is measured: one to begin with is written"
        raise ConfigError(said, where=str(opened.root / METRICS), fix="read it, and give the same command again")
    measured, own = metrics_of(opened, metrics), scorers_for(opened.app)
    deadline_at = None if days is None else now + timedelta(days=days)
    if live is not None:
        planned = planned_live(
            opened,
            name,
            flag=live,
            n_users=users,
            share=share,
            looks=look,
            variants=variants,
            metrics=measured,
            own=own,
            deadline_at=deadline_at,
        )
    else:
        assert holdout is not None
        planned = plan_experiment(
            opened,
            name,
            holdout_id=holdout,
            targeted_id=targeted,
            metrics=measured,
            own=own,
            n_cases=cases,
            n_trials=trials,
            looks=look or (),
            deadline_at=deadline_at,
        )
    blind = blind_metrics(opened, planned.plan.metrics, planned.tested.issues, own=own, now=now)
    adapter = adapter_of(opened.app_run, app_options)
    frozen = None
    if is_frozen:
        for held in holdouts_of(opened, planned.plan):  # the run would refuse it, once nothing can be changed any more
            check_leaks(opened, held, change_ids=[change.id for change in planned.tested.changes])
        frozen = freeze_experiment(
            opened,
            planned,
            author=who.name,
            identity=who.identity,
            now=now,
            adapter=to_json(adapter) if adapter and live is None else "",
        )
    others = [one.id for one in open_on(opened, frozen) if one.id != frozen.id] if frozen is not None else []
    for one in others:
        tell(
            f"{one} is open on the same, and the gate goes by the newest: `workbench experiment withdraw` takes it back"
        )
    for said in blind:
        tell(said)
    content = {**_planned(planned, frozen), "open_before": others, "blind_metrics": list(blind)}
    answer_with(content, "\n".join(_lines_of_plan(planned, frozen, workspace)), as_json=as_json)


def _planned(planned: Planned, frozen: Experiment | None) -> dict[str, Any]:
    return {
        "plan": msgspec.to_builtins(planned.plan),
        "arms": {arm.name: arm.commit for arm in planned.tested.arms},
        "outlook": [one._asdict() for one in planned.outlook],
        "cannot_ship": list(planned.cannot_ship),
        "n_answers": planned.n_answers,
        "n_questions": planned.n_questions,
        "experiment_id": frozen.id if frozen else None,
        "adapter": frozen.adapter if frozen else "",
    }


def _lines_of_plan(planned: Planned, frozen: Experiment | None, workspace: Path) -> list[str]:
    if planned.plan.is_live:
        return lines_of_live(planned, frozen)
    plan = planned.plan
    cases = f"{plan.n_cases:,} random and {plan.n_targeted:,} targeted" if plan.targeted_id else f"{plan.n_cases:,}"
    lines = [f"{counted(planned.n_answers, 'answer')}, cases: {cases}, in both versions."]
    lines += [f"Judges are asked at most {planned.n_questions:,} questions."] if planned.n_questions else []
    lines += [f"  may be decided at {look:.0%} of them, at p {plan.level_at(look):.2g}" for look in plan.looks[:-1]]
    lines += [f"  {one.words}" for one in planned.outlook]
    lines += [f"nothing can ship: {one}" for one in planned.cannot_ship]
    if frozen is None:
        return [*lines, "Add --freeze to freeze it."]
    if not frozen.adapter:
        lines.append(f"How the app is run is not frozen: give `experiment run` {APP_OPTIONS}.")
    run = in_workspace(f"workbench experiment run {frozen.id}", workspace)
    return [*lines, f"{frozen.id} is frozen. Next: {run}"]
