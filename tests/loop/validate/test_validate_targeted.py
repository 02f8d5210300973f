"""A change with two holdouts: its target is judged on cases of its issue, guardrails and harm on random traffic."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import polars as pl
import pytest

from tests.loop.people import ANN
from tests.loop.under_review import append, spans
from tests.loop.validated import LATER, found_in_traffic, freeze, hold, make_change, make_traffic, run
from workbench.errors import GateError
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.plan import from_json
from workbench.experiments.scoring import Asked
from workbench.loop.holdouts import find_holdout, uses_of
from workbench.loop.sample_app.metrics import SAMPLE_SCORERS
from workbench.loop.validate import decide_experiment, plan_experiment
from workbench.loop.validate.journalled import runs_of
from workbench.loop.validate.labelling import keep_scores, wanted_of
from workbench.records import Change, ExperimentRun
from workbench.schemas import RESULTS, SPANS
from workbench.store import Workspace

if TYPE_CHECKING:
    from tests.conftest import Shell

N_RANDOM, OF_ISSUE = 60, 30
METRICS = (
    Metric(name="federal_law_controls_state", role="target", direction=-1, mwe=Amount(0.05)),
    Metric(name="plain_tone", role="guardrail", margin=Amount(0.1)),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Change, str, str]:
    """Return a workspace whose traffic is all in one of two holdouts: of 90 cases 60 are random and 30 targeted."""
    workspace = make_traffic(tmp_path_factory.mktemp("targeted") / "acme", n=N_RANDOM + OF_ISSUE)
    found_in_traffic(workspace)
    change = make_change(workspace, "state_jurisdiction_first")
    random = hold(workspace, "random", n=N_RANDOM)
    return workspace, change, random.id, hold(workspace, "targeted", n=99, issue_ids=change.issue_ids).id


def values(rows: pl.DataFrame, cases: set[str], arm: str) -> float:
    """Return the mean of the target, what broke being wrong."""
    one = rows.filter(pl.col("metric") == METRICS[0].name, pl.col("arm") == arm, pl.col("case_id").is_in(cases))
    return float(one["value"].fill_null(1.0).sum()) / len(cases)


def test_targets_are_judged_on_cases_of_the_issue_and_all_else_on_random_ones(
    made: tuple[Workspace, Change, str, str],
) -> None:
    workspace, change, random, targeted = made
    held = [{one.case_id for one in find_holdout(workspace, name).cases} for name in (random, targeted)]
    assert held[0].isdisjoint(held[1])
    n_run = N_RANDOM + OF_ISSUE
    planned = plan_experiment(
        workspace, change.id, holdout_id=random, targeted_id=targeted, metrics=METRICS, own=SAMPLE_SCORERS.keys()
    )
    assert (planned.plan.n_cases, planned.plan.n_targeted) == (N_RANDOM, OF_ISSUE)
    assert planned.n_answers == 2 * n_run
    assert [one.words.split(":")[1].split(" cases")[0] for one in planned.outlook] == [" 30 targeted", " 60 random"]
    experiment = freeze(workspace, change, random, targeted_id=targeted, metrics=METRICS)
    assert (experiment.holdout_id, experiment.targeted_id) == (random, targeted)
    run(workspace, experiment)
    (ran,) = workspace.ledger.latest(ExperimentRun)
    assert ran.n_assigned == (n_run, n_run)
    assert [[use.experiment_id for use in uses_of(workspace, one)] for one in (random, targeted)] == [
        [experiment.id],
        [experiment.id],
    ]
    found = decide_experiment(workspace, experiment.id, now=LATER)
    assert found.examined is not None
    target, tone = found.examined.analysis.estimates
    (on_random,) = found.examined.analysis.on_random
    rows = workspace.telemetry.scan(RESULTS).collect()
    for one, cases in ((target, held[1]), (on_random, held[0])):
        assert (one.n_cases, one.baseline) == pytest.approx((len(cases), values(rows, cases, "baseline")))
        assert one.candidate == pytest.approx(values(rows, cases, "candidate"))
    assert (target.judged_on, on_random.judged_on, tone.judged_on) == ("targeted", "random", "random")
    assert tone.n_cases == N_RANDOM
    assert found.ruling.decision != "invalid", found.ruling.reasons
    leaking = replace(change, development=(*change.development, "t3"))
    workspace.ledger.append([leaking], now=LATER)
    found = decide_experiment(workspace, experiment.id, now=LATER)
    assert any("overlap development" in one for one in found.ruling.reasons)
    workspace.ledger.append([change], now=LATER)
    assert from_json(experiment.plan).targeted_id == targeted


def test_holdouts_are_not_taken_for_one_another(made: tuple[Workspace, Change, str, str]) -> None:
    workspace, change, random, targeted = made
    record = find_holdout(workspace, targeted)
    both = replace(record, id="hol_both", cases=(*record.cases, *find_holdout(workspace, random).cases[:7]))
    workspace.ledger.append([both], now=LATER)
    for first, second, said in (
        (random, both.id, "7 of its cases are random ones too"),
        (targeted, random, "it is targeted, must be random"),
        (random, random, "must be targ"),
    ):
        with pytest.raises(GateError, match=said):
            plan_experiment(
                workspace, change.id, holdout_id=first, targeted_id=second, metrics=METRICS, own=SAMPLE_SCORERS.keys()
            )


def test_the_command_takes_both(made: tuple[Workspace, Change, str, str], shell: "Shell", tmp_path: Path) -> None:
    workspace, change, random, targeted = made
    (tmp_path / "metrics.json").write_bytes(msgspec.json.encode(METRICS))
    asked = ("experiment", "plan", change.id, "--holdout", random, "--metrics", tmp_path / "metrics.json")
    both = shell.at(workspace.root).json(*asked, "--targeted", targeted)["plan"]
    assert [both[name] for name in ("holdout_id", "n_cases", "targeted_id", "n_targeted")] == [random, 60, targeted, 30]
    assert shell.at(workspace.root).json(*asked)["plan"]["targeted_id"] == ""


def test_no_holdout_is_used_up_where_the_other_is_spent(made: tuple[Workspace, Change, str, str]) -> None:
    workspace, change, _, targeted = made
    later = spans([f"u{number}" for number in range(20)])
    append(workspace, SPANS, later.with_columns(user_key="trace_id"))
    once = hold(workspace, "random", n=20, n_uses=1, seed=5).id
    wide = (METRICS[0], replace(METRICS[1], margin=Amount(0.3)))
    first, second = (
        freeze(workspace, change, once, targeted_id=targeted, metrics=wide, n_targeted=n) for n in (10, 12)
    )
    run(workspace, first)
    n_uses = len(uses_of(workspace, targeted))
    with pytest.raises(GateError, match="its allowed uses are spent: 1 of 1"):
        run(workspace, second)
    assert len(uses_of(workspace, targeted)) == n_uses


def test_what_people_watch_is_asked_of_random_cases_alone_and_the_run_comes_to_its_end(
    made: tuple[Workspace, Change, str, str],
) -> None:
    """Ten random cases and five targeted ones have run: of these five no answer is asked about."""
    workspace, change, random, targeted = made
    metrics = (METRICS[0], Metric(name="good", role="watch", scorer=Asked("The answer is good.")))
    experiment = freeze(workspace, change, random, targeted_id=targeted, metrics=metrics, n_cases=10, n_targeted=5)
    assert "wait for people" in run(workspace, experiment).stopped
    runs = runs_of(workspace, experiment)
    assert len(runs.items) == 30
    wanted = wanted_of(workspace, experiment, from_json(experiment.plan), runs.items, runs.outcomes)
    of_random = {one.case_id for one in find_holdout(workspace, random).cases[:10]}
    assert {one.question.case_id for one in wanted} == of_random
    scores = {("good", one.key): 1 for one in wanted}
    keep_scores(workspace, experiment, scores, author=ANN.name, identity="typed", now=LATER)
    assert run(workspace, experiment).run is not None
    found = decide_experiment(workspace, experiment.id, now=LATER)
    assert found.examined is not None
    assert found.ruling.decision != "invalid", found.ruling.reasons
    assert [(one.judged_on, one.n_cases) for one in found.examined.analysis.estimates] == [
        ("targeted", 5),
        ("random", 10),
    ]
