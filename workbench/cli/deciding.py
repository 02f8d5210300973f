"""Commands of step 6, validate: what an experiment comes to, who signs it or takes it back, and what may pass."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from workbench import loop
from workbench.cli.app import NOT_SHIP, ByOption, JsonOption, ReasonOption, WorkspaceOption, app, in_workspace
from workbench.cli.experimenting import ExperimentArgument, experiments
from workbench.cli.output import answer_with, tell
from workbench.cli.rulings import answer_decided, fields_of
from workbench.experiments.analysis import Analysis
from workbench.loop.validate import Decided, decide_experiment, gate, sign_decision, withdraw_experiment
from workbench.loop.validate.judge_quality import words_of_judges
from workbench.loop.validate.signing import MEANS, OWN, End
from workbench.records import Decision, IssueState
from workbench.report.gate_summary import gate_summary
from workbench.store import open_workspace
from workbench.store.durability import write_durably


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
    answer_decided(decided, opened, on=experiment, judges=words_of_judges(opened, experiment), as_json=as_json)


@experiments.command()
def sign(
    experiment: ExperimentArgument,
    end: Annotated[
        End | None,
        typer.Option(
            metavar="HOW",
            help="Of an inconclusive one whose plan has ended, once: `dropped`, its issues go on being changed; "
            "`extended`, another experiment goes on; `accepted`, it stays as it is, and nothing ships by it.",
        ),
    ] = None,
    by: ByOption = loop.ME,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Sign the decision on an experiment: what ships is recorded as shipped; best by another than the change's author.

    One that is inconclusive when its plan has ended gets its end so: `--end dropped`, `extended` or `accepted`.

    Example: `workbench experiment sign exp_20261101 --by eve --workspace acme`
    """
    opened, who = open_workspace(workspace), loop.who_reviews(by)
    signed = sign_decision(
        opened, experiment, signer=who.name, identity=who.identity, now=datetime.now(UTC), ended_as=end
    )
    for note in signed.notes:
        tell(note)
    moved = {issue.id: issue.state for issue in signed.issues}
    content = {"decision": msgspec.to_builtins(signed.decision), "issues": moved, "notes": list(signed.notes)}
    answer_with(content, words_of_signed(signed.decision, moved, workspace=workspace), as_json=as_json)


def words_of_signed(decision: Decision, moved: Mapping[str, IssueState], *, workspace: Path) -> str:
    """Return what a signature comes to, and what comes next."""
    parts = [f"{decision.decision}, signed by {decision.signer}"]
    if decision.ended_as:
        parts.append(f"{decision.ended_as}: {MEANS[decision.ended_as]}")
    if moved:
        parts.append("; ".join(f"{issue_id} is {state}" for issue_id, state in moved.items()))
    if shipped := [issue_id for issue_id, state in moved.items() if state == "shipped"]:
        watch = in_workspace(f"workbench watch start {shipped[0]}", workspace)
        parts.append(f"Next: merge it, and once the traffic has it: {watch}")
    else:
        parts.append(f"Next: {in_workspace('workbench next', workspace)}")
    return ". ".join(parts)


@experiments.command()
def withdraw(
    experiment: ExperimentArgument,
    reason: ReasonOption,
    by: ByOption = loop.ME,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Take an experiment back on which nothing rests yet: it runs no further, and its change may be planned anew.

    One that would ship can be taken back until it is signed; one that is not to ship stays decided.

    A use of its holdouts counts all the same, unless no question was asked; so does the attempt.

    Example: `workbench experiment withdraw exp_20261101 --reason "the wrong metric" --workspace acme`
    """
    opened, who = open_workspace(workspace), loop.who_reviews(by)
    done = withdraw_experiment(
        opened, experiment, reason=reason, author=who.name, identity=who.identity, now=datetime.now(UTC)
    )
    moved = {issue.id: issue.state for issue in done.issues}
    lines = [f"{done.withdrawal.experiment_id} is withdrawn.", *(f"  {note}" for note in done.notes)]
    lines += [f"  {issue_id} is {state}" for issue_id, state in moved.items()]
    content = {"withdrawal": msgspec.to_builtins(done.withdrawal), "issues": moved, "notes": list(done.notes)}
    answer_with(content, "\n".join(lines), as_json=as_json)


@app.command(name="gate")
def pass_gate(
    name: Annotated[str, typer.Argument(metavar="CHANGE", help="A change (chg_...) or a release candidate.")],
    result: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the decision is written as JSON, as --json prints it.")
    ] = None,
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
    if result is not None:
        write_durably(result, (json.dumps(fields_of(decided), indent=1, allow_nan=False) + "\n").encode(), mode=0o644)
    if summary is not None:
        write_durably(summary, _summary(name, decided).encode(), mode=0o644)
    answer_decided(decided, opened, on=name, as_json=as_json)
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
