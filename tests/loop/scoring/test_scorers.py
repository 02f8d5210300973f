"""What metrics measure of runs: assertions with calls of tools, other names of a measure, cases that say enough."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.changes.repositories import make_repository
from workbench.errors import ConfigError
from workbench.experiments.answer import Answer
from workbench.experiments.arm import Arm, Spend
from workbench.experiments.case import Assertion, Case, ToolCall
from workbench.experiments.judging import Judging
from workbench.experiments.metric import Amount, Metric, Role, Source
from workbench.experiments.outcome import Outcome
from workbench.experiments.schedule import Item
from workbench.experiments.scoring import Asked, Edited, Judged, Matched, Measured
from workbench.loop.sample_app.app import is_sample_app, make_app
from workbench.loop.sample_app.metrics import SAMPLE_SCORERS, scorers_for
from workbench.loop.scoring.scorers import check_cases, check_metrics, scorers_of
from workbench.loop.validate.labelling import labelled_items

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def metric(name: str, scorer: Any = None, **given: Any) -> Metric:
    return Metric(**{"name": name, "role": "target", "mwe": Amount(0.1), "scorer": scorer, **given})


def outcome(answer: Answer) -> Outcome:
    return Outcome(
        key="k",
        arm="candidate",
        version="v1",
        case_id="c",
        trial=0,
        seed=0,
        answer=answer,
        started_at=NOON,
        finished_at=NOON,
        charged=Spend(),
    )


def span(trace: str, name: str, kind: str, second: int) -> dict[str, Any]:
    started_at = int(NOON.timestamp() + second) * 1_000_000
    tool = name if kind == "TOOL" else None
    return {"trace_id": trace, "span_id": name, "kind": kind, "tool_name": tool, "started_at": started_at}


CALLED = Answer(
    output="It binds in Ohio.",
    spans=(span("t1", "root", "AGENT", 0), span("t1", "find", "TOOL", 1), span("t1", "cite", "TOOL", 2)),
)
NO_TOOL = Answer(output="It binds.", spans=(span("t2", "root", "AGENT", 0),))
SILENT = Answer(output="It binds in Ohio.")


def score(name: str, answer: Answer, *, assertions: Any = (), tools: Any = ()) -> float | None:
    every = [outcome(one) for one in (CALLED, NO_TOOL, SILENT)]
    found = scorers_of([metric(name)], every, own={}, experiment_id="exp_1", now=NOON, key_user=str)
    case = Case(case_id="c", input={}, assertions=tuple(Assertion(*one) for one in assertions), tools=tools)
    return found[name](case, answer)


@pytest.mark.parametrize(
    ("assertions", "scores"),
    [
        ([("contains", "ohio")], (1.0, 0.0, 1.0)),
        ([("lacks", "ohio")], (0.0, 1.0, 0.0)),
        ([("matches", "in [A-Z]")], (1.0, 0.0, 1.0)),
        ([("calls", "cite")], (1.0, 0.0, None)),
        ([("calls_not", "cite")], (0.0, 1.0, None)),
        ([("calls", "find"), ("contains", "Ohio")], (1.0, 0.0, None)),
        ([("calls", "find"), ("contains", "Texas")], (0.0, 0.0, 0.0)),
        ([("states", "It names the state.")], (None, None, None)),
        ([("states", "It names the state."), ("contains", "Ohio")], (1.0, 0.0, 1.0)),
        ([], (None, None, None)),
    ],
)
def test_assertions_hold_all_together_and_what_is_not_told_is_not_known(assertions: Any, scores: Any) -> None:
    """An app that tells no calls cannot be said to have made none."""
    assert tuple(score("assertions", one, assertions=assertions) for one in (CALLED, NO_TOOL, SILENT)) == scores


def test_tool_calls_are_those_of_the_trace_in_their_order() -> None:
    find, cite = ToolCall("find", {}, ""), ToolCall("cite", {}, "")
    assert score("tool_calls", CALLED, tools=(find, cite)) == 1.0
    assert score("tool_calls", CALLED, tools=(cite, find)) == 0.0
    assert score("tool_calls", NO_TOOL) == 1.0
    assert score("tool_calls", SILENT) is None


def test_one_measure_may_stand_under_several_names_and_a_rule_under_any() -> None:
    tail = metric(
        "tail",
        Measured(name="latency_ms"),
        kind="positive",
        estimand="quantile",
        direction=-1,
        mwe=Amount(0.1, is_relative=True),
    )
    wanted = [tail, metric("names_ohio", Matched(pattern="Ohio"))]
    found = scorers_of(wanted, [], own={}, experiment_id="exp_1", now=NOON, key_user=str)
    case, answer = Case(case_id="c", input={}), Answer(output="Ohio", latency_ms=12.0)
    assert {name: scorer(case, answer) for name, scorer in found.items()} == {"tail": 12.0, "names_ohio": 1.0}


def test_what_nothing_measures_is_refused() -> None:
    with pytest.raises(ConfigError, match="nothing measures it"):
        check_metrics([metric("rightness")])
    with pytest.raises(ConfigError, match="nothing measures it"):
        check_metrics([metric("tail", Measured(name="latency"))])
    check_metrics(
        [metric("rightness"), metric("signal:anything"), metric("x", Matched(pattern="a"))], own=["rightness"]
    )


def test_a_metric_that_the_cases_say_too_little_for_is_refused_before_anything_runs() -> None:
    """Its values would be missing, and the experiment invalid once all answers are paid for."""
    silent, says = Case(case_id="a", input={}), Case(case_id="b", input={}, expected="yes")
    states = Case(case_id="c", input={}, assertions=(Assertion("states", "It binds."),))
    check_cases([metric("exact"), metric("latency_ms")], [says] * 49 + [silent])
    distance = metric("far", Edited(), kind="bounded", range=(0, 1), direction=-1)
    for wanted in (metric("exact"), metric("assertions"), distance):
        with pytest.raises(ConfigError, match="of 2 cases with nothing said"):
            check_cases([wanted], [says, states])


def test_a_packages_metric_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "scored_in_loop.py").write_text("def one(case, answer):\n    return 1.0\n")
    info = tmp_path / "scored_in_loop-2.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: scored-in-loop\nVersion: 2.0\n")
    (info / "entry_points.txt").write_text("[workbench.metrics]\nones = scored_in_loop:one\n")
    monkeypatch.syspath_prepend(tmp_path)
    check_metrics([metric("ones", source=Source("code", "scored-in-loop 2.0"))])
    with pytest.raises(ConfigError, match="installed is scored-in-loop 2"):
        check_metrics([metric("ones", source=Source("code", "scored-in-loop 1.0"))])
    found = scorers_of([metric("ones")], [], own={}, experiment_id="exp_1", now=NOON, key_user=str)
    assert found["ones"](Case(case_id="c", input={}), SILENT) == 1.0


def test_the_samples_rules_judge_the_samples_app_alone(tmp_path: Path) -> None:
    make_app(tmp_path / "sample", now=NOON)
    assert scorers_for(tmp_path / "sample") == SAMPLE_SCORERS
    own = tmp_path / "own"
    make_repository(own)
    assert (is_sample_app(own), scorers_for(own), is_sample_app(tmp_path / "nothing")) == (False, {}, False)


def test_people_judge_so_many_cases_of_each_holdout_and_users_are_not_parted() -> None:
    """Forty random cases of twenty users, and ten targeted ones: of a guardrail only the random ones are judged."""
    scorer = Judged(model="m", url="http://127.0.0.1:1", rubric="r", n_labelled=6)
    random = [Case(case_id=f"r{n}", input={}, user_key=f"usr_{n // 2}") for n in range(40)]
    targeted = [Case(case_id=f"t{n}", input={}) for n in range(10)]
    arms = [Arm(name=name, version="v", adapter="", ask=_asks) for name in ("baseline", "candidate")]
    items = [Item(arm, case, 0, 0) for arm in arms for case in (*random, *targeted)]
    by = Judging(frozenset(one.case_id for one in random), frozenset(one.case_id for one in targeted))
    guardrail = metric("tone", scorer, role="guardrail", margin=Amount(0.1), mwe=None)
    for one, n_targeted in ((metric("tone", scorer), 6), (guardrail, 0)):
        cases = {item.case.case_id for item in labelled_items(one, items, by=by, seed="plan")}
        assert len(cases & by.targeted) == n_targeted
        drawn = sorted(int(name[1:]) for name in cases & by.case_ids)
        assert len(drawn) == 6
        assert {number // 2 for number in drawn[::2]} == {number // 2 for number in drawn[1::2]}
    assert labelled_items(metric("tone", scorer), items, by=by, seed="plan") != labelled_items(
        metric("tone", scorer), items, by=by, seed="another plan"
    )


def test_people_are_asked_of_no_case_on_which_a_metric_does_not_count() -> None:
    """Three random cases and two targeted ones, one of them of both: a target counts on four, all else on three."""
    by = Judging(frozenset({"r1", "r2", "both"}), frozenset({"t1", "both"}))
    arms = [Arm(name=name, version="v", adapter="", ask=_asks) for name in ("baseline", "candidate")]
    items = [Item(arm, Case(case_id=name, input={}), 0, 0) for arm in arms for name in sorted(by.every)]
    guardrail = {"mwe": None, "margin": Amount(0.1)}
    given: dict[Role, dict[str, Any]] = {"target": {}, "watch": {"mwe": None}, "guardrail": guardrail}
    for role, more in given.items():
        asked = labelled_items(metric("good", Asked(rubric="good"), role=role, **more), items, by=by, seed="plan")
        expected = by.every if role == "target" else by.case_ids
        assert sorted(item.case.case_id for item in asked) == sorted([*expected, *expected])


def test_too_few_labels_or_none_left_for_the_judge_are_refused() -> None:
    cases = [Case(case_id=str(n), input={}) for n in range(60)]
    for n in (1, 29, 31):
        scorer = Judged(model="m", url="http://127.0.0.1:1", rubric="r", n_labelled=n)
        with pytest.raises(ConfigError, match="must be 30 or more and leave as many of 60 cases"):
            check_cases([metric("tone", scorer)], cases)
    check_cases([metric("tone", Judged(model="m", url="http://127.0.0.1:1", rubric="r", n_labelled=30))], cases)
    with pytest.raises(ConfigError, match="60 of 60 cases with nothing said"):
        check_cases([metric("tone", Judged(model="m", url="http://127.0.0.1:1"))], cases)


def test_a_judge_that_the_plan_does_not_name_scores_nothing() -> None:
    scorer = Judged(model="m", url="http://127.0.0.1:1", rubric="r")
    with pytest.raises(ConfigError, match="another judge than its source says"):
        check_metrics([metric("tone", scorer, source=Source("judge", "m 0123456789ab"))])


async def _asks(case: Case, trial: int, seed: int) -> Answer:
    raise NotImplementedError
