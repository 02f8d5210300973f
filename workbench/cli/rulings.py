"""A decision in words and as JSON, and the command that goes on from it: the same wherever one is printed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import msgspec

from workbench.boundaries.display import visible
from workbench.cli.app import in_workspace
from workbench.cli.output import answer_with, finite
from workbench.counted import counted
from workbench.errors import GateError
from workbench.experiments.comparison import sentence_of
from workbench.experiments.estimate import Estimate
from workbench.loop.validate import Decided
from workbench.loop.validate.finding import find_tested
from workbench.loop.validate.label_desk import n_to_score
from workbench.loop.validate.plan_command import option_of_app, plan_command
from workbench.loop.validate.signing import OWN
from workbench.store import Workspace


def answer_decided(
    decided: Decided,
    workspace: Workspace,
    *,
    on: str,
    judges: Sequence[str] = (),
    as_json: bool,
    more: Mapping[str, Any] = {},
) -> None:
    """Print a decision and what to do next; what else there is to say goes into the JSON.

    Parameters
    ----------
    decided, workspace
        The decision, and where it was made.
    on
        What it is on, as it was named: a change, a candidate or an experiment.
    judges
        What is known of its judges, a sentence each.
    as_json
        Whether it is printed as JSON.
    more
        What the JSON has beside.
    """
    ruling, examined = decided.ruling, decided.examined
    n_left = _n_to_score(decided, workspace)
    lines = [sentence_of(ruling), *(f"  {reason}" for reason in ruling.reasons)]
    lines += [f"  people have {counted(n_left, 'answer')} to score"] if n_left else []
    lines += [f"  known cost: {cost}" for cost in ruling.known_costs]
    lines += [f"  to settle it: {one.words}" for one in ruling.settle]
    if ruling.is_due and examined is not None:
        sign = f"`workbench experiment sign {examined.experiment.id} --end dropped --by NAME`"
        lines.append(f"  its plan has ended, and a person says what becomes of it: {sign}, or extended, or accepted")
    if decided.decision is not None:
        signer = decided.decision.signer
        lines += [f"  signed by {signer}"] if signer else [] if decided.unsigned else ["  nobody has signed it"]
    if decided.unsigned:
        lines.append(f"  it may not ship yet: {decided.unsigned}")
    elif decided.is_own:
        lines.append(f"  {OWN}")
    lines += [f"  judge: {visible(words)}" for words in judges]
    command = next_of(decided, workspace, on=on, n_left=n_left)
    next_ = command and in_workspace(command, workspace.root)
    lines += [f"Next: {next_}"] if next_ else []
    content = {**fields_of(decided), "judges": list(judges), "n_to_score": n_left, "next": next_, **more}
    answer_with(content, "\n".join(lines), as_json=as_json)


def _n_to_score(decided: Decided, workspace: Workspace) -> int:
    """Return how many answers people are still to score of an experiment that was not run to its end."""
    examined = decided.examined
    if examined is None or examined.plan is None or examined.is_withdrawn or len(decided.ruling.reasons) > 1:
        return 0
    return n_to_score(workspace, examined.experiment)


def next_of(decided: Decided, workspace: Workspace, *, on: str, n_left: int) -> str:
    """Return the command that goes on from a decision; empty where the decision says itself what would settle it."""
    examined, ruling = decided.examined, decided.ruling
    if examined is None:
        return _to_plan(workspace, on)
    experiment = examined.experiment
    if examined.is_withdrawn:
        return _to_plan(workspace, experiment.candidate_id or experiment.change_ids[0])
    if ruling.decision == "invalid":
        if len(ruling.reasons) == 1 and examined.results.is_empty():
            if n_left:
                return f"workbench experiment label {experiment.id}"
            if not experiment.holdout_id:
                return f"workbench experiment look {experiment.id}"
            return f"workbench experiment run {experiment.id}{'' if experiment.adapter else option_of_app(workspace)}"
        return f"workbench experiment withdraw {experiment.id} --reason TEXT"
    if ruling.decision == "ship" and decided.unsigned:
        return f"workbench experiment sign {experiment.id} --by NAME"
    return ""


def _to_plan(workspace: Workspace, name: str) -> str:
    """Return the command that plans an experiment, or what has to come before one."""
    try:
        tested = find_tested(workspace, name)
    except GateError:  # it has no commit, or is not frozen, or was given up
        return "workbench next"
    return plan_command(workspace, name, issue_ids=[issue.id for issue in tested.issues])


def fields_of(decided: Decided) -> dict[str, Any]:
    """Return all that a decision says, as `--json` and `--result` have it; numbers that are none are null."""
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
    return finite({name: value for name, value in asdict(estimate).items() if name != "metric"})
