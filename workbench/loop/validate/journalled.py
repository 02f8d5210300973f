"""The runs of an experiment as its journal tells them: what each version answered to each case, without asking anyone.

Who reads answers, to judge or to show them, needs the cases of the holdout and the journal, and nothing that runs.
"""

from dataclasses import replace
from typing import NamedTuple

from workbench.errors import GateError
from workbench.experiments.answer import Answer
from workbench.experiments.arm import Arm
from workbench.experiments.case import Case
from workbench.experiments.journal import read_journal
from workbench.experiments.outcome import Outcome
from workbench.experiments.plan import from_json
from workbench.experiments.schedule import Item
from workbench.loop.holdouts import held_cases
from workbench.loop.validate.cases import holdouts_of
from workbench.loop.validate.run_records import journal_of
from workbench.records import Experiment
from workbench.store import Workspace


class Runs(NamedTuple):
    """The runs of an experiment."""

    items: tuple[Item, ...]
    """What was asked, by case, trial and arm; their arms answer nothing."""
    outcomes: tuple[Outcome, ...]
    """What came of each, under the keys of these items."""


def runs_of(workspace: Workspace, experiment: Experiment) -> Runs:
    """Return the runs that an experiment's journal holds; those of erased cases are not there.

    Raises
    ------
    GateError
        If nothing was run yet.
    StoreError
        If the journal or the holdout's cases cannot be read.
    """
    journal = journal_of(workspace, experiment)
    if not journal.exists():
        raise GateError("nothing was run yet", where=experiment.id, fix=f"`workbench experiment run {experiment.id}`")
    cases = {case.case_id: case for case in _cases(workspace, experiment)}
    told = [one for one in read_journal(journal).finished.values() if one.case_id in cases]
    items = [_item(one, cases[one.case_id]) for one in told]
    outcomes = [replace(one, key=item.key) for one, item in zip(told, items, strict=True)]
    order = sorted(range(len(items)), key=lambda place: (told[place].case_id, told[place].trial, told[place].arm))
    return Runs(tuple(items[place] for place in order), tuple(outcomes[place] for place in order))


def _cases(workspace: Workspace, experiment: Experiment) -> tuple[Case, ...]:
    holdouts = holdouts_of(workspace, from_json(experiment.plan))
    return tuple({case.case_id: case for one in holdouts for case in held_cases(workspace, one)}.values())


def _item(outcome: Outcome, case: Case) -> Item:
    return Item(
        Arm(name=outcome.arm, version=outcome.version, adapter="", ask=_asks), case, outcome.trial, outcome.seed
    )


async def _asks(case: Case, trial: int, seed: int) -> Answer:
    raise NotImplementedError("an arm of a journal answers nothing")
