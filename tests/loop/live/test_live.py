"""An experiment on live traffic, from the frozen plan to the gate: looks, harm, and what is not sound."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from scipy.stats import binomtest

from tests.loop.live_traffic import FLAG, live
from tests.loop.validated import LATER, eve, make_validated, state
from workbench import runs
from workbench.errors import ConfigError, GateError, InsufficientDataError, StoreError
from workbench.experiments.answer import Answer
from workbench.experiments.assign import assign
from workbench.experiments.case import Case
from workbench.experiments.metric import Amount, Metric
from workbench.loop.chain import chain
from workbench.loop.chain.kinds import Key
from workbench.loop.erase.user import erase_user
from workbench.loop.exposures.looked import EXPOSURE
from workbench.loop.exposures.outcome import NO_LOOK
from workbench.loop.live.looking import Seen, take_look
from workbench.loop.live.planning import plan_live
from workbench.loop.sample_app.metrics import SAMPLE_SCORERS
from workbench.loop.sample_app.metrics import plain_tone as tone_of
from workbench.loop.validate import freeze_experiment, gate, sign_decision
from workbench.records import Change, Decision, Experiment, LiveLook
from workbench.schemas import RESULTS
from workbench.stats.looks import plan_looks
from workbench.store import Workspace, open_workspace
from workbench.windows import Window

NO = Amount(0.0, is_relative=True)
CONFUSED = Metric(name="federal_law_controls_state", role="target", direction=-1, mwe=Amount(0.05))
TONE = Metric(name="plain_tone", role="guardrail", margin=Amount(0.1))
SLOW = Metric(name="detector:tool_error", role="watch", direction=-1)
START, END = LATER + timedelta(minutes=1), LATER + timedelta(days=3)


def made(root: Path, *, example: str, **given: Any) -> tuple[Workspace, Change, Experiment]:
    workspace, change, _ = make_validated(root / "acme", example=example, n=4)
    usual: dict[str, Any] = {"flag": FLAG, "n_users": 200, "looks": (0.5,), "metrics": (CONFUSED, TONE, SLOW)}
    planned = plan_live(workspace, change.id, own=SAMPLE_SCORERS.keys(), **usual | given)
    return workspace, change, freeze_experiment(workspace, planned, now=LATER, **eve())


def look(workspace: Workspace, experiment: Experiment) -> Seen:
    return take_look(workspace, experiment.id, now=END, own=SAMPLE_SCORERS, **eve())


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a workspace with a good change on trial, looked at once 110 users had come."""
    workspace, change, experiment = made(tmp_path_factory.mktemp("live"), example="state_jurisdiction_first")
    with pytest.raises(InsufficientDataError, match="nobody was exposed yet"):
        look(workspace, experiment)
    assert NO_LOOK in gate(workspace, change.id, now=END).ruling.reasons
    live(workspace, experiment, range(60), start=START, n_before=1)
    seen = look(workspace, experiment)
    assert (seen.n_users, seen.n_next, seen.look, seen.decided) == (60, 100, None, None)
    assert seen.outcome.ruling.reasons == ("no harm is shown so far; the plan goes on: 200 users are planned",)
    assert workspace.telemetry.scan(RESULTS).collect().is_empty()
    live(workspace, experiment, range(60, 110), start=START, n_before=1, is_logged=True)
    seen = look(workspace, experiment)
    assert (seen.n_users, seen.n_next) == (110, 100)
    return workspace.root


@pytest.fixture
def trial(good: Path, tmp_path: Path) -> tuple[Workspace, Change, Experiment]:
    """Return a copy of it, the change and the experiment."""
    shutil.copytree(good, tmp_path / "acme", symlinks=True)
    workspace = open_workspace(tmp_path / "acme")
    (change,), (experiment,) = workspace.ledger.latest(Change), workspace.ledger.latest(Experiment)
    return workspace, change, experiment


def test_a_good_change_ships_at_the_first_look(trial: tuple[Workspace, Change, Experiment]) -> None:
    """Of 110 users the first hundred are planned; who failed is counted by hand from what the app answered."""
    workspace, change, experiment = trial
    (taken,) = workspace.ledger.latest(LiveLook)
    (decision,) = (one for one in workspace.ledger.latest(Decision) if one.decision != "invalid")
    assigned = [assign(f"user-{number}", FLAG) for number in range(100)]
    counts = assigned.count("baseline"), assigned.count("candidate")
    assert (taken.look, taken.n_assigned, taken.n_mixed, decision.decision) == (0.5, counts, 0, "ship")
    examined = gate(workspace, change.id, now=END).examined
    assert examined is not None
    (confused, tone, _) = examined.analysis.estimates
    assert (confused.n_units, confused.level) == (100, 1 - 2 * plan_looks([0.5, 1.0]).alphas[0])
    assert confused.method == "mean over users: Welch's t test, less what the past of 100 of 100 users explains (CUPED)"
    traces = workspace.telemetry.traces(window=Window()).collect()
    asked = {f"user-{number}": workspace.user_key(f"user-{number}") for number in range(100)}
    of_baseline = [asked[f"user-{number}"] for number in range(100) if assigned[number] == "baseline"]
    after = traces.filter(pl.col("user_key").is_in(of_baseline), pl.col("started_at") >= START)
    said = [tone_of(Case(case_id="c", input={}), Answer(output=one)) for one in after["output"].drop_nulls()]
    assert after.height == 3 * counts[0]
    raw = examined.results.filter(pl.col("metric") == "plain_tone", pl.col("arm") == "baseline")
    assert raw["value"].sum() == sum(said)
    assert tone.candidate > 0.9

    live(workspace, experiment, range(110, 115), start=START)
    again = gate(workspace, change.id, now=END + timedelta(days=1))
    assert (again.ruling.decision, again.decision) == ("ship", decision)
    with pytest.raises(GateError, match="it has ended: ship"):
        look(workspace, experiment)
    assert Key("look", taken.id) in chain(workspace, experiment.id).nodes
    sign_decision(workspace, experiment.id, signer="eve", identity="typed", now=END)
    assert state(workspace) == "shipped"


def test_the_report_of_live_traffic_says_who_was_exposed(trial: tuple[Workspace, Change, Experiment]) -> None:
    """Of the 110 users the first 100 are in the look; the p of their split is the exact binomial one."""
    workspace, _, _ = trial
    done = runs.execute("6_validate", parameters={}, workspace=workspace, now=END)
    page = " ".join(done.html.read_text("utf-8").split())
    counts = [assign(f"user-{number}", FLAG) for number in range(100)].count("baseline")
    p = binomtest(counts, 100).pvalue
    assert done.result is not None
    (look,) = done.result["looks"]
    assert (look["n_assigned"], look["p_of_split"]) == ([counts, 100 - counts], pytest.approx(p))
    assert (done.result["decision"], done.result["holdouts"]) == ("ship", [])
    for words in (f"{FLAG}</code> gives 50 % of the users the candidate. No holdout is used.", "at 50 %", f"{p:.2g}"):
        assert words in page
    for words in ("It was not run yet", "same cases in turn", "The holdout cannot be read"):
        assert words not in page


def edited(workspace: Workspace) -> str:
    rows = workspace.telemetry.scan(RESULTS).collect()
    is_target = (pl.col("metric") == CONFUSED.name) & (pl.col("arm") == "candidate")
    better = rows.with_columns(pl.when(is_target).then(0.0).otherwise("value").alias("value"))
    workspace.telemetry.replace(RESULTS, "experiment_id", rows["experiment_id"].unique().to_list(), rows=better)
    return "the results are not those that the run left"


def another_order(workspace: Workspace) -> str:
    rows = workspace.telemetry.scan(RESULTS).collect()
    later = pl.when(pl.col("metric") == EXPOSURE).then(pl.col("at") + timedelta(days=1)).otherwise("at").alias("at")
    ids = rows["experiment_id"].unique().to_list()
    workspace.telemetry.replace(RESULTS, "experiment_id", ids, rows=rows.with_columns(later))
    return "the exposures are not those that the look left"


def erased(workspace: Workspace) -> str:
    key = workspace.user_key("user-3")
    found = erase_user(workspace, key, now=END, quoting=lambda _: ())
    assert found.runs.n_results == 3 * 4 + 1, "three metrics of three traces and one from before, and the exposure"
    assert workspace.telemetry.scan(RESULTS).filter(pl.col("user_key") == key).collect().is_empty()
    return "the results are not those that the run left"


@pytest.mark.parametrize("meddle", [edited, another_order, erased])
def test_a_look_whose_rows_are_others_decides_nothing(meddle: Any, trial: tuple[Workspace, Change, Experiment]) -> None:
    """The gate went by the record of a look, and rows that were bettered afterwards would have shipped anything."""
    workspace, change, _ = trial
    reason = meddle(workspace)
    found = gate(workspace, change.id, now=END)
    assert found.ruling.decision == "invalid"
    assert reason in found.ruling.reasons


def test_a_user_who_is_erased_during_a_look_does_not_come_back(trial: tuple[Workspace, Change, Experiment]) -> None:
    workspace, _, experiment = trial
    workspace.telemetry.delete(RESULTS, "metric", [CONFUSED.name, TONE.name])  # its first look decides nothing now
    n_rows = workspace.telemetry.scan(RESULTS).collect().height
    live(workspace, experiment, range(110, 200), start=START)
    users = [workspace.user_key("user-150")]

    def plain_tone(case: Case, answer: Answer) -> float | None:
        if users:
            workspace.erasures.begin(users.pop(), [], now=END)
        return tone_of(case, answer)

    own = {**SAMPLE_SCORERS, TONE.name: plain_tone}
    with pytest.raises(StoreError, match="a user was erased meanwhile"):
        take_look(workspace, experiment.id, now=END, own=own, **eve())
    assert workspace.telemetry.scan(RESULTS).collect().height == n_rows


def test_harm_stops_the_candidate_between_the_looks(tmp_path: Path) -> None:
    workspace, change, experiment = made(tmp_path, example="warn_the_reader", n_users=2_000)
    live(workspace, experiment, range(130), start=START)
    seen = look(workspace, experiment)
    assert seen.look is not None
    assert seen.decided is not None
    assert (seen.look.look, seen.n_next, seen.decided.ruling.decision) == (None, 1_000, "dont_ship")
    assert seen.decided.ruling.reasons[0].startswith("plain_tone: shown worse before the next look: 130 users")
    assert state(workspace) == "changing"
    assert gate(workspace, change.id, now=END).ruling == seen.decided.ruling
    with pytest.raises(GateError, match="it has ended: dont_ship"):
        look(workspace, experiment)


def test_traffic_that_is_not_what_was_planned_decides_nothing(tmp_path: Path) -> None:
    """Nine in ten met the candidate, half the users of which were answered by the baseline, before the plan was."""
    workspace, change, experiment = made(tmp_path, example="be_accurate", n_users=60, looks=())
    live(
        workspace,
        experiment,
        range(70),
        start=LATER - timedelta(hours=1),
        n_requests=1,
        arm_of=lambda user: "baseline" if user.endswith("0") else "candidate",
        served=lambda user: "baseline" if user[-1] in "02468" else "candidate",
    )
    seen = look(workspace, experiment)
    assert seen.decided is not None
    assert seen.decided.ruling.decision == "invalid"
    assert seen.decided.ruling.reasons == (
        "the plan was frozen after the first run",
        "the candidate did not run the version that was frozen",
        "sample-ratio mismatch: the arms were given 6 and 54",
    )
    assert gate(workspace, change.id, now=END).ruling == seen.decided.ruling
    with pytest.raises(GateError, match="all its looks were taken"):
        look(workspace, experiment)


def test_what_live_traffic_cannot_tell_is_not_planned(good: Path) -> None:
    workspace = open_workspace(good)
    (change,) = workspace.ledger.latest(Change)
    given: dict[str, Any] = {"n_users": 100, "flag": "another", "own": SAMPLE_SCORERS.keys()}
    with pytest.raises(GateError, match="had an experiment"):
        plan_live(workspace, change.id, metrics=(CONFUSED,), **given | {"flag": FLAG})
    turns = Metric(name="latency_ms", role="target", kind="positive", mwe=NO, unit_chain=("turn", "trace"))
    of_visits = replace(CONFUSED, unit_chain=("session",), randomised_by="user")
    for metric in (turns, replace(CONFUSED, name="exact"), of_visits):
        with pytest.raises(ConfigError):
            plan_live(workspace, change.id, metrics=(metric,), **given)
    with pytest.raises(ConfigError, match="must be two"):
        plan_live(workspace, change.id, metrics=(CONFUSED,), variants=("on", "on"), **given)
    asked = plan_live(workspace, change.id, metrics=(CONFUSED,), variants=("off", "on"), **given)
    assert (asked.plan.metrics[0].unit_chain, asked.n_answers, asked.plan.looks) == (("trace", "user"), 0, (1.0,))
