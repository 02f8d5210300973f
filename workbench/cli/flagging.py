"""The options that plan an experiment on live traffic: its flag, who meets the candidate, users and looks."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Annotated

import typer

from workbench.counted import counted
from workbench.errors import ConfigError
from workbench.experiments.assign import HALF
from workbench.experiments.metric import Metric
from workbench.experiments.pairs import ARMS
from workbench.loop.live.planning import plan_live
from workbench.loop.validate import Planned
from workbench.records import Experiment
from workbench.store import Workspace

LiveOption = Annotated[
    str | None, typer.Option("--live", metavar="FLAG", help="On live traffic, split by this feature flag.")
]
UsersOption = Annotated[int | None, typer.Option(metavar="N", help="Of live traffic: users of both arms together.")]
ShareOption = Annotated[float, typer.Option(metavar="SHARE", help="Of live traffic: users who meet the candidate.")]
VariantsOption = Annotated[
    str | None,
    typer.Option(metavar="OFF,ON", help="Of live traffic: what the flag calls them; baseline,candidate if not given."),
]
USUAL = HALF
"""The share who meet the candidate, if not given."""


def planned_live(
    workspace: Workspace,
    name: str,
    *,
    flag: str,
    n_users: int | None,
    share: float,
    looks: Sequence[float] | None,
    variants: str | None,
    metrics: Sequence[Metric],
    own: Collection[str],
    deadline_at: datetime | None,
) -> Planned:
    """Return the plan that the options say; errors as of `plan_live`."""
    if n_users is None:
        raise ConfigError("how many users is not said", where="--live", fix="give --users N")
    named = ARMS if variants is None else tuple(word.strip() for word in variants.split(","))
    if len(named) != len(ARMS):
        raise ConfigError(f"--variants {variants!r}, must be two words", fix="such as --variants off,on")
    return plan_live(
        workspace,
        name,
        flag=flag,
        metrics=metrics,
        n_users=n_users,
        looks=looks or (),
        candidate_share=share,
        variants=(named[0], named[1]),
        own=own,
        deadline_at=deadline_at,
    )


def lines_of_live(planned: Planned, frozen: Experiment | None) -> list[str]:
    """Return what is said of a plan on live traffic, a line each."""
    plan = planned.plan
    looks = ", ".join(f"{plan.n_cases_at(share):,}" for share in plan.looks)
    baseline, candidate = plan.variants
    lines = [
        f"{counted(plan.n_cases, 'user')}, of whom {plan.candidate_share:.0%} "
        f"meet {candidate!r} of the flag {plan.flag!r} and "
        f"the others {baseline!r}; it is decided at so many users: {looks}."
    ]
    lines += [f"  {one.words}" for one in planned.outlook]
    lines += [f"nothing can ship: {one}" for one in planned.cannot_ship]
    if frozen is None:
        return [*lines, "Add --freeze to freeze it."]
    return [*lines, f"{frozen.id} is frozen. Let the app assign users; then: workbench experiment look {frozen.id}"]
