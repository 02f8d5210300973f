"""Commands of step 6, validate: an experiment is planned, frozen, decided and signed; a change passes or not."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer

from workbench import loop
from workbench.boundaries.display import visible
from workbench.cli.app import JsonOption, WorkspaceOption, app
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
from workbench.errors import ConfigError
from workbench.experiments.adapter import adapter_of, to_json
from workbench.experiments.analysis import Analysis
from workbench.experiments.comparison import sentence_of
from workbench.experiments.estimate import Estimate
from workbench.loop.sample_metrics import scorers_for
from workbench.loop.validate import (
    Decided,
    Planned,
    decide_experiment,
    freeze_experiment,
    gate,
    plan_experiment,
    sign_decision,
)
from workbench.loop.validate.judge_quality import words_of_judges
from workbench.loop.validate.metrics import metrics_of
from workbench.loop.validate.signing import OWN
from workbench.records import Experiment
from workbench.report.gate_summary import gate_summary
from workbench.store import open_workspace
from workbench.store.durability import write_durably

NOT_SHIP = 1
"""What `workbench gate` exits with, unless the decision is ship and signed."""
ExperimentArgument = Annotated[
    str, typer.Argument(metavar="EXPERIMENT", help="Its id (exp_...), or the beginning of that.")
]
ByOption = Annotated[str, typer.Option("--by", metavar="NAME", help="Who does it: `me` is the user of this computer.")]

experiments = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Experiments: a frozen plan, both versions on the same cases, and the decision.",
)
app.add_typer(experiments, name="experiment")


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

    How the app is run is frozen too, as the options or `[app_run]` in workspace.toml say.

    Example: `workbench experiment plan chg_20261027 --holdout hol_20261101 --freeze --workspace acme`
    """
    if (holdout is None) == (live is None):
        raise ConfigError("on what is not said, or said twice", fix="give --holdout HOLDOUT, or --live FLAG")
    opened, now, who = open_workspace(workspace), datetime.now(UTC), loop.who_reviews(by)
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
    app_options = options_of_app(
        is_sample=is_sample,
        command=command,
        python=python,
        interpreter=interpreter,
        endpoint=endpoint,
        model=model,
        at=at,
        prompt=prompt,
        tools=tools,
        tools_command=tools_command,
    )
    adapter = adapter_of(opened.app_run, app_options)
    frozen = None
    if is_frozen:
        frozen = freeze_experiment(
            opened,
            planned,
            author=who.name,
            identity=who.identity,
            now=now,
            adapter=to_json(adapter) if adapter and live is None else "",
        )
    answer_with(_planned(planned, frozen), "\n".join(_lines_of_plan(planned, frozen)), as_json=as_json)


@experiments.command()
def show(
    experiment: ExperimentArgument,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Decide an experiment anew and show what it comes to.

    Example: `workbench experiment show exp_20261101 --workspace acme`
    """
    opened = open_workspace(workspace)
    decided = decide_experiment(opened, experiment, now=datetime.now(UTC))
    answer_decided(decided, judges=words_of_judges(opened, experiment), as_json=as_json)


@experiments.command()
def sign(
    experiment: ExperimentArgument,
    end: Annotated[
        Literal["dropped", "extended", "accepted"] | None,
        typer.Option(metavar="HOW", help="Of an inconclusive one that has ended: dropped, extended or accepted."),
    ] = None,
    by: ByOption = loop.ME,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Sign the decision on an experiment: what ships is recorded as shipped; best by another than the change's author.

    Example: `workbench experiment sign exp_20261101 --by eve --workspace acme`
    """
    opened, who = open_workspace(workspace), loop.who_reviews(by)
    signed = sign_decision(
        opened, experiment, signer=who.name, identity=who.identity, now=datetime.now(UTC), ended_as=end
    )
    for note in signed.notes:
        tell(note)
    decision, moved = signed.decision, {issue.id: issue.state for issue in signed.issues}
    text = f"{decision.decision}, signed by {decision.signer}. " + "; ".join(f"{k} is {v}" for k, v in moved.items())
    answer_with(
        {"decision": msgspec.to_builtins(decision), "issues": moved, "notes": list(signed.notes)}, text, as_json=as_json
    )


@app.command(name="gate")
def pass_gate(
    name: Annotated[str, typer.Argument(metavar="CHANGE", help="A change (chg_...) or a release candidate.")],
    result: Annotated[Path, typer.Option(metavar="FILE", help="Where the decision is written as JSON.")] = Path(
        "result.json"
    ),
    is_unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Pass what the rules ship before a person has signed it.")
    ] = False,
    summary: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where it is written as Markdown, for a pull request's page.")
    ] = None,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Say whether a change may ship, worked out anew; for CI: 0 ship and signed, 1 anything else, 2 a wrong call.

    It is signed once a person other than its author has, where the ledger knows of one.

    Example: `workbench gate chg_20261027 --workspace acme`
    """
    opened = open_workspace(workspace)
    decided = gate(opened, name, now=datetime.now(UTC))
    write_durably(result, (json.dumps(_decided(decided), indent=1, allow_nan=False) + "\n").encode(), mode=0o644)
    if summary is not None:
        write_durably(summary, _summary(name, decided).encode(), mode=0o644)
    answer_decided(decided, as_json=as_json)
    if decided.ruling.decision != "ship" or (decided.unsigned and not is_unsigned):
        raise typer.Exit(NOT_SHIP)


def _summary(name: str, decided: Decided) -> str:
    """Return a decision as Markdown."""
    examined, decision = decided.examined, decided.decision
    facts = [f"it may not ship yet: {decided.unsigned}"] if decided.unsigned else []
    facts += [f"signed by {decision.signer}"] if decision and decision.signer else []
    facts += [OWN] if decided.is_own else []
    facts += [f"experiment {examined.experiment.id}, plan {examined.experiment.plan_digest[:12]}"] if examined else []
    facts += [f"experiments on it so far: {decided.n_experiments}"]
    analysis, plan = (examined.analysis, examined.plan) if examined else (Analysis((), ()), None)
    return gate_summary(decided.ruling, tests=f"It tests {name}.", plan=plan, analysis=analysis, facts=facts)


def answer_decided(
    decided: Decided, *, judges: Sequence[str] = (), as_json: bool, more: Mapping[str, Any] = {}
) -> None:
    """Print a decision; what else there is to say goes into the JSON."""
    ruling = decided.ruling
    lines = [sentence_of(ruling), *(f"  {reason}" for reason in ruling.reasons)]
    lines += [f"  known cost: {cost}" for cost in ruling.known_costs]
    lines += [f"  to settle it: {one.words}" for one in ruling.settle]
    lines += ["  its plan has ended: drop it, extend it once, or accept it (sign --end)"] if ruling.is_due else []
    if decided.decision is not None:
        signer = decided.decision.signer
        lines += [f"  signed by {signer}"] if signer else [] if decided.unsigned else ["  nobody has signed it"]
    if decided.unsigned:
        lines.append(f"  it may not ship yet: {decided.unsigned}")
    elif decided.is_own:
        lines.append(f"  {OWN}")
    lines += [f"  judge: {visible(words)}" for words in judges]
    answer_with({**_decided(decided), "judges": list(judges), **more}, "\n".join(lines), as_json=as_json)


def _decided(decided: Decided) -> dict[str, Any]:
    """Return all that a decision says, as result.json has it; numbers that are none are null."""
    ruling, decision, examined = decided.ruling, decided.decision, decided.examined
    estimates, on_random = (examined.analysis.estimates, examined.analysis.on_random) if examined else ((), ())
    found: dict[str, Any] = {
        "decision": ruling.decision,
        "reasons": list(ruling.reasons),
        "settle": [one._asdict() for one in ruling.settle],
        "known_costs": list(ruling.known_costs),
        "is_due": ruling.is_due,
        "signer": decision.signer if decision else "",
        "is_signed_by_author_alone": decided.is_own,
        "unsigned": decided.unsigned,
        "n_experiments": decided.n_experiments,
        "metrics": {one.metric: _figures(one) for one in estimates},
        "targets_on_random_cases": {one.metric: _figures(one) for one in on_random},
        "decision_id": decision.id if decision else None,
        "experiment": msgspec.to_builtins(examined.experiment) if examined else None,
        "run": msgspec.to_builtins(examined.run) if examined else None,
    }
    return found


def _figures(estimate: Estimate) -> dict[str, Any]:
    return {name: _number(value) for name, value in asdict(estimate).items() if name != "metric"}


def _number(value: Any) -> Any:
    return None if isinstance(value, float) and not isfinite(value) else value


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


def _lines_of_plan(planned: Planned, frozen: Experiment | None) -> list[str]:
    if planned.plan.is_live:
        return lines_of_live(planned, frozen)
    plan = planned.plan
    cases = f"{plan.n_cases:,} random and {plan.n_targeted:,} targeted" if plan.targeted_id else f"{plan.n_cases:,}"
    lines = [f"{planned.n_answers:,} answers, {cases} cases in both versions."]
    lines += [f"Judges are asked at most {planned.n_questions:,} questions."] if planned.n_questions else []
    lines += [f"  may be decided at {look:.0%} of them, at p {plan.level_at(look):.2g}" for look in plan.looks[:-1]]
    lines += [f"  {one.words}" for one in planned.outlook]
    lines += [f"nothing can ship: {one}" for one in planned.cannot_ship]
    next_ = (
        f"{frozen.id} is frozen. Next: workbench experiment run {frozen.id}" if frozen else "Add --freeze to freeze it."
    )
    if frozen and not frozen.adapter:
        said = "--model NAME --at URL, --command, --python, --endpoint or --sample-app, or [app_run] in workspace.toml"
        lines.append(f"How the app is run is not frozen: give `experiment run` {said}.")
    return [*lines, next_]
