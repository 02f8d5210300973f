"""Commands of step 6, validate: people judge answers of an experiment blind, and judges are held against people."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from workbench import loop, runs
from workbench.boundaries.llm import judge_key
from workbench.cli.app import ByOption, JsonOption, WorkspaceOption, group, in_workspace
from workbench.cli.experimenting import ExperimentArgument, experiments
from workbench.cli.output import answer_with, finite, new_table, progress_bar
from workbench.cli.serving import BrowserOption, PortOption, serve_until_ended
from workbench.counted import counted
from workbench.errors import ConfigError
from workbench.experiments.arm import Spend
from workbench.experiments.cache import Cache
from workbench.experiments.plan import from_json
from workbench.loop.validate import find_experiment
from workbench.loop.validate.calibrating import calibrate_judge
from workbench.loop.validate.journalled import runs_of
from workbench.loop.validate.labelling import scores_of, take_file, to_file, wanted_of
from workbench.loop.validate.metrics import metrics_of
from workbench.store import Workspace, open_workspace
from workbench.store.durability import write_durably

_RATE = ("share", "low", "high")

judges = group("judge", "Judges: how far a model that judges can be trusted.")


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
    port: PortOption = 0,
    opens_browser: BrowserOption = True,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Have people judge the answers that the plan wants judged, on a page of this machine, with keys; or in a file.

    With --to the answers are written to a file, and with --from it is taken back with `score` filled. Page and file say
    question, criterion and answer, in an order of their own; they do not say which version answered. Each person judges
    in a file of their own. Once all is judged, `experiment run` goes on to its end.

    Example: `workbench experiment label exp_20261101 --workspace acme`
    """
    opened, who, now = open_workspace(workspace), loop.who_reviews(by), datetime.now(UTC)
    found = find_experiment(opened, experiment)
    ran = runs_of(opened, found)
    wanted = wanted_of(opened, found, from_json(found.plan), ran.items, ran.outcomes)
    if to is not None and taken is not None:
        raise ConfigError("--to and --from cannot go together", fix="see `workbench experiment label --help`")
    if to is None and taken is None:
        _label_on_page(opened, found.id, n=len(wanted), by=by, port=port, opens_browser=opens_browser, as_json=as_json)
        return
    n = len(wanted)
    if to is not None:
        write_durably(to, to_file(wanted), mode=0o600)
    elif taken is not None:
        n = take_file(opened, found, wanted, taken.read_bytes(), author=who.name, identity=who.identity, now=now)
    n_left = len(wanted) - sum(map(len, scores_of(opened, found, wanted).values()))
    run = in_workspace(f"workbench experiment run {found.id}", workspace)
    next_ = f"Next: {run}" if wanted and not n_left else f"{counted(n_left, 'waits', 'wait')} for people."
    done = f"{counted(n, 'answer')} written to {to}" if to else f"{counted(n, 'score')} of {who.name} taken"
    answer_with({"n": n, "n_left": n_left}, f"{done}. {next_}", as_json=as_json)


def _label_on_page(
    workspace: Workspace, experiment_id: str, *, n: int, by: str, port: int, opens_browser: bool, as_json: bool
) -> None:
    if as_json:
        raise ConfigError("--json is of --to and --from", fix="leave it out, a page has no answer")
    runs.require("page")
    if not n:
        raise ConfigError("its plan asks people about no answer", where=experiment_id)
    parameters = {"workspace": str(workspace.root.resolve()), "experiment_id": experiment_id, "annotator": by}
    what = f"The page of {experiment_id}, with {counted(n, 'answer')},"
    serve_until_ended("6_label", parameters, what=what, view="page", port=port, opens_browser=opens_browser)


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
            progress=lambda done: told(f"{done.n_done:,} of {counted(done.n_all, 'trace')}"),
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
        "tpr": finite(dict(zip(_RATE, tpr, strict=True))),
        "tnr": finite(dict(zip(_RATE, tnr, strict=True))),
        "spent_usd": found.spent.usd,
    }
    table = new_table((f"of {counted(n, 'trace')}", "share", "95 % interval", "traces"), n_text=1)
    for words, (share, low, high), hits, n_of in (
        ("with the problem, found", tpr, counts.n_yes_found, counts.n_yes),
        ("without it, left alone", tnr, counts.n_no_cleared, counts.n_no),
    ):
        interval = f"{low:.3f} to {high:.3f}" if n_of else ""
        table.add_row(escape(words), f"{share:.3f}" if n_of else "not known", escape(interval), f"{hits:,} of {n_of:,}")
    answer_with(content, table, as_json=as_json)
