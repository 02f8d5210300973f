"""Commands of step 6, validate: people judge answers of an experiment blind, and judges are held against people."""

import os
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from workbench import loop
from workbench.boundaries.llm import judge_key
from workbench.cli.app import JsonOption, WorkspaceOption, app
from workbench.cli.experimenting import ByOption, ExperimentArgument, experiments
from workbench.cli.output import answer_with, new_table, progress_bar
from workbench.errors import ConfigError
from workbench.experiments.arm import Spend
from workbench.experiments.cache import Cache
from workbench.experiments.plan import from_json
from workbench.loop.validate import find_experiment
from workbench.loop.validate.calibrating import calibrate_judge
from workbench.loop.validate.journalled import runs_of
from workbench.loop.validate.labelling import scores_of, take_file, to_file, wanted_of
from workbench.loop.validate.metrics import metrics_of
from workbench.loop.validate.run_records import run_of
from workbench.store import open_workspace
from workbench.store.durability import write_durably

judges = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Judges: how far a model that judges can be trusted.",
)
app.add_typer(judges, name="judge")


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


@judges.command()
def calibrate(
    metric: Annotated[str, typer.Argument(metavar="METRIC", help="A metric of two values that a judge scores.")],
    issue: Annotated[str, typer.Option(metavar="ISSUE", help="The issue (iss_...) whose traces people have judged.")],
    metrics: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Metrics, as TOML or JSON; the workspace's if not given.")
    ] = None,
    budget: Annotated[float | None, typer.Option(metavar="USD", help="What it may cost at most.")] = None,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Hold a judge against people: it judges the traces of an issue that they judged, and its errors are counted.

    Its verdicts stand beside theirs as a model's, and confirm nothing. The key is WORKBENCH_JUDGE_KEY, beside
    WORKBENCH_JUDGE_URL, or that of WORKBENCH_LLM_KEY.

    Example: `workbench judge calibrate names_its_court --issue iss_20261101 --workspace acme`
    """
    opened = open_workspace(workspace)
    by_name = {one.name: one for one in metrics_of(opened, metrics)}
    if metric not in by_name:
        raise ConfigError(f"metric == {metric!r}, is none of {', '.join(by_name)}")
    with progress_bar() as (_, told):
        found = calibrate_judge(
            opened,
            by_name[metric],
            issue_id=issue,
            key=judge_key(os.environ),
            now=lambda: datetime.now(UTC),
            budget=Spend(usd=budget),
            cache=Cache(opened.answers) if opened.answers else None,
            progress=lambda done: told(f"{done.n_done:,} of {done.n_all:,} traces"),
        )
    counts, (tpr, tnr) = found.calibration.rates.counts, found.calibration.rates[1:]
    n = len(found.calibration.trace_ids)
    content = {
        "judge": found.version,
        "n_traces": n,
        "n_people": found.n_people,
        "n_unreadable": found.n_unreadable,
        "agreement": found.calibration.agreement,
        "counts": counts._asdict(),
        "tpr": _rate(tpr),
        "tnr": _rate(tnr),
        "spent_usd": found.spent.usd,
    }
    table = new_table((f"of {n:,} traces", "share", "95 % interval", "traces"), n_text=1)
    for words, (share, low, high), hits, n_of in (
        ("with the problem, found", tpr, counts.n_yes_found, counts.n_yes),
        ("without it, left alone", tnr, counts.n_no_cleared, counts.n_no),
    ):
        interval = f"{low:.3f} to {high:.3f}" if n_of else ""
        table.add_row(escape(words), f"{share:.3f}" if n_of else "not known", escape(interval), f"{hits:,} of {n_of:,}")
    answer_with(content, table, as_json=as_json)


def _rate(rate: tuple[float, float, float]) -> dict[str, float | None]:
    return {
        name: value if isfinite(value) else None for name, value in zip(("share", "low", "high"), rate, strict=True)
    }
