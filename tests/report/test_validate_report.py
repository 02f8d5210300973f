"""What a page says of an experiment: the decision first, broken cases before fixed ones, and no word becomes markup."""

from dataclasses import replace

import pytest

from tests.loop.validated import LATER, decided
from tests.payloads import FIRST as PAYLOADS
from workbench import loop, report
from workbench.experiments.bill import bill_of
from workbench.experiments.case import Assertion
from workbench.experiments.decision import Ruling
from workbench.experiments.judged_gain import rates_from
from workbench.experiments.judges.domain import Domain
from workbench.experiments.judges.preferences import Flips
from workbench.experiments.judges.quality import Calibration, JudgeQuality
from workbench.experiments.leakage import Leakage, Pair
from workbench.experiments.metric import Amount, Metric, Source
from workbench.experiments.threats import threats_to
from workbench.experiments.validation import Validation, changed_by_case
from workbench.report.validate_result import RESULT_TYPE
from workbench.schemas import SPANS

N = 30
METRICS = (
    Metric(name="federal_law_controls_state", role="target", direction=-1, mwe=Amount(0.05)),
    Metric(name="plain_tone", role="guardrail", margin=Amount(0.2)),
)
WITHOUT_TOP = (
    report.validation_summary,
    report.validation_numbers,
    report.validation_plan_table,
    report.what_it_could_show,
    report.cases_and_leakage,
    report.validation_figures,
    report.judge_quality,
    report.what_it_cost,
    report.threats_to_validity,
    report.validation_conclusions,
    report.validation_provenance,
    report.how_to_go_through,
)
WITH_TOP = (report.fixed_and_broken, report.new_failures, report.slices_table)


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Validation:
    """Return an experiment on a change that spoils the tone: most answers break."""
    root = tmp_path_factory.mktemp("shown") / "acme"
    workspace, _ = decided(root, example="warn_the_reader", n=N, metrics=METRICS)
    return loop.read_validation(workspace, now=LATER)


def every(read: Validation, *, top_n: int = 20) -> str:
    """Return all that the page shows, without pictures."""
    return "".join([*(show(read).html for show in WITHOUT_TOP), *(show(read, top_n=top_n).html for show in WITH_TOP)])


def test_the_first_line_is_the_decision_in_one_sentence(read: Validation) -> None:
    lines = report.validation_summary(read).plain.splitlines()
    assert lines[0] == "Do not ship: the candidate is shown worse."
    assert lines[1].startswith("It tests Warn the reader in a friendly way, for ")
    assert lines[2].startswith("plain_tone 100 % to ")
    assert lines[-1] == "Nobody has signed it."


def test_the_figures_on_top_are_those_of_the_estimates(read: Validation) -> None:
    (target, tone) = read.analysis.estimates
    words = report.validation_numbers(read).plain
    assert f"{100 * target.baseline:.0f} % → {100 * target.candidate:.0f} %" in words
    assert "0 of 1" in words
    changed = changed_by_case(read).values()
    n_broken = sum(any(not one.is_fixed for one in ones) for ones in changed)
    assert f"{len(changed) - n_broken} fixed, {n_broken} broken" in words
    assert tone.n_broken <= n_broken


def test_the_plan_says_what_was_accepted_before_anything_ran(read: Validation) -> None:
    lines = report.validation_plan_table(read).plain.splitlines()
    assert lines[0] == "Both versions were to answer the same 30 cases, each once, in turn."
    assert "federal_law_controls_state target less the program – 5 points" in lines
    assert "plain_tone guardrail more the program 20 points –" in lines


def test_what_has_not_run_to_its_end_goes_on_and_is_not_planned_anew(read: Validation) -> None:
    """While people had still to score answers the page said that another experiment is planned."""
    stopped = replace(read, run=None, ruling=Ruling("invalid", ("it was not run to its end",)))
    words = report.validation_conclusions(stopped).plain
    assert f"It goes on with workbench experiment run {read.experiment.id}; where" in words
    assert f"workbench experiment label {read.experiment.id} shows them" in words
    for reasons in (("it was not run to its end", "3 cases leak"), ("it was withdrawn: a slip",)):
        other = replace(stopped, ruling=Ruling("invalid", reasons))
        assert "another experiment is planned" in report.validation_conclusions(other).plain


def test_broken_cases_come_first_with_both_answers_side_by_side(read: Validation) -> None:
    block = report.fixed_and_broken(read, top_n=1)
    lines = block.plain.splitlines()
    broken = [case_id for case_id, ones in changed_by_case(read).items() if any(not one.is_fixed for one in ones)]
    assert lines[0] == f"{len(broken)} cases were broken."
    assert lines[1].startswith("broken ")
    assert broken[0] in lines[1]
    assert block.html.count('class="beside"') >= 1
    answers = {one.arm: one.answer.output for one in read.outcomes if one.case_id == broken[0]}
    at = [block.plain.index(label) for label in ("baseline answered", "candidate answered")]
    assert at == sorted(at)
    assert all((answers[arm] or "nothing")[:30] in block.plain for arm in ("baseline", "candidate"))


def test_a_leak_is_shown_beside_what_gives_it_away(read: Validation) -> None:
    held = read.held[0]
    pair = Pair("cas_1", "Is it binding in Ohio?", "development", "cas_2", "Is it binding in  Ohio", "same", 1.0)
    leaking = replace(read, held=(held._replace(leakage=Leakage((pair,), (), N, 1, 2)),))
    words = report.cases_and_leakage(leaking).plain
    assert "Is it binding in Ohio? cas_1 Is it binding in Ohio cas_2 the same words 1.00" in words
    assert "1 case" in words
    unknown = replace(read, held=(held._replace(leakage=Leakage((), (), N, 1, 2, n_unknown=3)),))
    assert "not known" in report.cases_and_leakage(unknown).plain


def test_a_judge_that_nobody_held_against_people_is_marked(read: Validation) -> None:
    assert read.plan is not None
    judged = Metric(name="polite", role="watch", source=Source("judge", version="m-1 p-2"))
    plan = replace(read.plan, metrics=(*read.plan.metrics, judged), judge="m-1 p-2")
    asked = replace(read, plan=plan)
    assert "Its judges were not asked yet" in report.judge_quality(asked).plain
    assert report.judge_quality(read).plain.startswith("No metric is a judge's")
    bill = bill_of("judge", ())._replace(n_answers=40, n_errors=2, cost_usd=0.5)
    unheld = JudgeQuality("polite", "m-1 p-2", bill, None, None, None, None)
    words = report.judge_quality(replace(asked, judges=(unheld,))).plain
    assert "polite m-1 p-2 not held against people 0 not recorded" in words
    assert "polite: 2 of 40 questions were asked in vain" in words
    before = Calibration(rates_from(9, 10, 16, 20), 25 / 30, tuple(map(str, range(30))))
    foreign = unheld._replace(before=before, domain=Domain(0.75, True), flips=Flips(10, 3))
    held = replace(asked, judges=(foreign,))
    words = report.judge_quality(held).plain
    assert "polite m-1 p-2 people's verdicts on traces 30 83 % 90 % (60 to 98) 80 % (58 to 92)" in words
    assert "polite: its calibration is of another domain: 75% of the cases" in words
    assert "polite: it followed the order of the answers in 3 of 10" in words
    assert any("of another domain" in one.words for one in threats_to(held) if one.is_seen)
    assert "the judge of polite 40 2 " in report.what_it_cost(held).plain


def test_an_experiment_that_was_not_run_shows_its_plan_and_no_figure(read: Validation) -> None:
    waiting = replace(
        read,
        run=None,
        results=read.results.clear(),
        analysis=read.analysis._replace(estimates=()),
        ruling=read.ruling._replace(decision="invalid", reasons=("it was not run to its end",)),
        outcomes=(),
        spans=SPANS.empty(),
        kinds=None,
        slices=read.slices._replace(found=()),
    )
    page = every(waiting)
    assert "It was not run yet." in page
    assert "no figures yet" in page
    assert "nothing to draw" in report.validation_chart(waiting).html
    unreadable = every(replace(waiting, plan=None, held=()))
    assert unreadable.count("The plan cannot be read.") == 2


def test_no_word_of_an_experiment_becomes_markup(read: Validation) -> None:
    for payload in PAYLOADS:
        named = {one.metric: f"{payload}{one.metric}" for one in read.analysis.estimates}
        assert read.plan is not None
        hostile = replace(
            read,
            changes=tuple(replace(one, title=payload, author=payload) for one in read.changes),
            issues=tuple(replace(one, title=payload) for one in read.issues),
            experiment=replace(read.experiment, author=payload),
            signers=(payload,),
            plan=replace(read.plan, metrics=tuple(replace(one, name=named[one.name]) for one in read.plan.metrics)),
            analysis=read.analysis._replace(
                estimates=tuple(replace(one, metric=named[one.metric]) for one in read.analysis.estimates)
            ),
            ruling=read.ruling._replace(reasons=(payload,)),
            results=read.results.with_columns(metric=read.results["metric"].replace_strict(named)),
            held=tuple(
                one._replace(
                    leakage=Leakage((Pair("cas", payload, "prompt", payload, payload, "near", 0.97),), (), N, 1, 1),
                    cases=tuple(
                        replace(
                            case,
                            input={"question": payload},
                            expected=payload,
                            assertions=(Assertion("lacks", payload),),
                        )
                        for case in one.cases
                    ),
                )
                for one in read.held
            ),
            outcomes=tuple(
                replace(one, answer=replace(one.answer, output=f"{payload} said {one.arm}")) for one in read.outcomes
            ),
            slices=read.slices._replace(absent=(payload,)),
        )
        page = every(hostile, top_n=2)
        assert not any(f"<{name}" in page for name in ("img", "script", "svg", "iframe", "link", "style", "math"))
        assert report.both_versions(hostile)[0]["title"].startswith("broken: ")


def test_the_result_is_the_same_whenever_it_is_made_and_is_plain_json(read: Validation) -> None:
    bundle = report.validation_result(read)._repr_mimebundle_()
    content = bundle[RESULT_TYPE]
    assert content["sentence"] == "Do not ship: the candidate is shown worse."
    assert content["metrics"]["plain_tone"]["n_broken"] == read.analysis.estimates[1].n_broken
    assert set(content["broken"]) | set(content["fixed"]) == set(changed_by_case(read))
    assert [bill["n_answers"] for bill in content["bill"]] == [N, N]


def test_what_cannot_be_compared_in_git_is_said_and_not_taken_for_no_difference() -> None:
    assert "cannot be read" in report.versions_diff(None).plain
    assert report.versions_diff(()).plain == "No file of the app differs."
