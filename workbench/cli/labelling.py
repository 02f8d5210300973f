"""Commands of step 6, validate: people judge answers of an experiment without being told which version gave them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from workbench import loop
from workbench.cli.app import JsonOption, WorkspaceOption
from workbench.cli.experimenting import ByOption, ExperimentArgument, experiments
from workbench.cli.output import answer_with
from workbench.errors import ConfigError
from workbench.experiments.plan import from_json
from workbench.loop.validate import find_experiment
from workbench.loop.validate.journalled import runs_of
from workbench.loop.validate.labelling import scores_of, take_file, to_file, wanted_of
from workbench.loop.validate.run_records import run_of
from workbench.store import open_workspace
from workbench.store.durability import write_durably


@experiments.command()
def label(
    experiment: ExperimentArgument,
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where answers are written as JSON lines, to be judged.")
    ] = None,
    taken: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Such a file with scores, which are taken over.")
    ] = None,
    by: ByOption = loop.ME,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Have people judge the answers that the plan wants judged: write them to a file, take it back with `score` filled.

    The file says question, criterion and answer, in an order of its own; it does not say which version answered. Each
    person judges in a file of their own. Once all is judged, `experiment run` goes on to its end.

    Example: `workbench experiment label exp_20261101 --to answers.jsonl --workspace acme`
    """
    opened, who, now = open_workspace(workspace), loop.who_reviews(by), datetime.now(UTC)
    found = find_experiment(opened, experiment)
    runs = runs_of(opened, found)
    wanted = wanted_of(opened, found, from_json(found.plan), runs.items, runs.outcomes)
    if (to is None) == (taken is None):
        raise ConfigError("one of --to and --from is to be given", fix="see `workbench experiment label --help`")
    n = len(wanted)
    if to is not None:
        write_durably(to, to_file(wanted), mode=0o600)
    elif taken is not None:
        if run_of(opened, found) is not None:
            raise ConfigError("its run has ended, and rests on what was said before", where=found.id)
        n = take_file(opened, found, wanted, taken.read_bytes(), author=who.name, identity=who.identity, now=now)
    n_left = len(wanted) - sum(map(len, scores_of(opened, found, wanted).values()))
    next_ = f"Next: workbench experiment run {found.id}" if wanted and not n_left else f"{n_left:,} wait for people."
    text = f"{n:,} answers were written to {to}. {next_}" if to else f"{n:,} scores of {who.name} were taken. {next_}"
    answer_with({"n": n, "n_left": n_left}, text, as_json=as_json)
