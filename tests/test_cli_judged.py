"""An experiment that a judge and people score: the run waits for people, who never learn which version answered."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from tests.experiments.judges.a_judge import grading
from tests.loop.validated import make_validated
from workbench import report
from workbench.errors import ConfigError
from workbench.experiments.answer import Answer
from workbench.experiments.case import Case
from workbench.experiments.pairs import ARMS
from workbench.loop.review.reviewing import Who
from workbench.loop.sample_app.metrics import federal_law_controls_state, plain_tone
from workbench.loop.validate import find_experiment
from workbench.loop.validate.journalled import runs_of
from workbench.loop.validate.label_desk import sit_down_to_label
from workbench.loop.validate.reading import read_validation
from workbench.records import ExperimentRun, Judgement
from workbench.schemas import RESULTS
from workbench.store import Workspace, open_workspace

if TYPE_CHECKING:
    from tests.conftest import Shell

N, N_LABELLED = 64, 30
METRICS = """
[[metric]]
name = "federal_controls"
role = "target"
direction = -1
mwe = 0.02
[metric.scorer]
kind = "judge"
model = "m1"
url = "{url}/v1"
price = [10.0, 100.0]
rubric = "The answer says that federal law controls a claim under the law of a state."
n_labelled = 30

[[metric]]
name = "tone"
role = "guardrail"
margin = 0.15
[metric.scorer]
kind = "human"
rubric = "The answer may go to a judge as it is."
"""


def by_the_rule(texts: Any) -> int:
    """Judge as a lawyer would, but for a bias: every eighth question is called confused whatever the answer is."""
    number = int("".join(filter(str.isdigit, texts["question"])))
    return int(number % 8 == 0 or bool(federal(texts["answer"])))


def federal(output: str) -> float:
    return federal_law_controls_state(Case(case_id="c", input={"task": "state_court"}), Answer(output=output))


def filled(lines: list[dict[str, Any]]) -> str:
    """Return the file as a person gives it back."""
    for line in lines:
        answer = line["answer"]
        tone = plain_tone(Case(case_id="c", input={}), Answer(output=answer))
        line["score"] = int(federal(answer) if line["metric"] == "federal_controls" else tone)
    return "".join(json.dumps(line) + "\n" for line in lines)


def both_broke(root: Path, experiment_id: str) -> int:
    """Return of how many cases neither version gave an answer: where the draw has it so, nobody is asked about these.

    The draw follows from the plan, and that names the judge's server: it is another one on every port.
    """
    workspace = open_workspace(root)
    outcomes = runs_of(workspace, find_experiment(workspace, experiment_id)).outcomes
    broke = Counter(one.case_id for one in outcomes if one.answer.status == "error")
    return sum(n == len(ARMS) for n in broke.values())


def test_a_judged_experiment_waits_for_people_and_ships_what_they_would_say(
    shell: "Shell", serve: Callable[..., Any], tmp_path: Path
) -> None:
    served = serve(grading(by_the_rule))
    root = tmp_path / "acme"
    _, change, holdout = make_validated(root, example="state_jurisdiction_first", n=N)
    (root / "metrics.toml").write_text(METRICS.format(url=served.url))
    acme = shell.at(root)
    frozen = acme.json("experiment", "plan", change.id, "--holdout", holdout, "--freeze", "--by", "eve")
    exp, judge = frozen["experiment_id"], frozen["plan"]["judge"]
    assert judge.startswith("m1 ")
    assert (frozen["n_answers"], frozen["n_questions"]) == (2 * N, 2 * N)
    assert acme.run("experiment", "label", exp, "--to", tmp_path / "a")[0] == 2  # nothing was run yet
    code, out, _ = acme.run("experiment", "run", exp, "--sample-app", "--by", "eve")
    n_left = acme.json("experiment", "show", exp)["n_to_score"]
    label = f"workbench experiment label {exp} --workspace {root}\n"
    words = f"people have {n_left} answers to score"
    assert (code, out) == (3, f"All is answered, and {words}. Next: {label}")
    shown_before = acme.run("experiment", "show", exp)[1]
    assert (f"  {words}\n" in shown_before, shown_before.endswith(f"Next: {label}")) == (True, True)
    assert label.strip() in acme.run("next")[1]
    n_asked = len(served.asked)
    assert acme.run("gate", change.id, "--result", tmp_path / "r")[0] == 1

    written = tmp_path / "answers.jsonl"
    told = acme.json("experiment", "label", exp, "--to", written)
    lines = [json.loads(line) for line in written.read_text().splitlines()]
    assert n_left == len(lines)
    assert (told["n"], told["n_left"], written.stat().st_mode & 0o777) == (len(lines), len(lines), 0o600)
    questions = {(one["metric"], one["question"]) for one in lines}
    by_metric = Counter(name for name, _ in questions)
    n_silent = both_broke(root, exp)
    assert (by_metric["tone"], N_LABELLED - by_metric["federal_controls"] <= n_silent) == (N - n_silent, True)
    assert by_metric["federal_controls"] <= N_LABELLED
    assert not any(word in written.read_text() for word in ("baseline", "candidate", change.commit or "?"))
    assert [one["key"] for one in lines] == sorted(one["key"] for one in lines)

    by_keys = sit_down_to_label(open_workspace(root), exp, who=Who("eve", "typed"))
    assert (by_keys.about()["n_items"], by_keys.next_place()) == (len(lines), 0)
    first = by_keys.take(0)
    assert (first["metric"], first["answer"], first["low"], first["high"]) == (
        lines[0]["metric"],
        lines[0]["answer"],
        0,
        1,
    )
    assert dict(first["texts"])["question"] == lines[0]["question"]
    for place, score in ((0, 0), (0, 0), (1, 1), (0, 1)):
        by_keys.score(place, score)
    assert [one.score for one in open_workspace(root).ledger.revisions(Judgement)] == [0, 1, 1]
    again = sit_down_to_label(open_workspace(root), exp, who=Who("eve", "typed"))
    assert (again.take(0)["own"], again.next_place(), again.about()["n_scored"]) == (1, 2, 2)
    assert sit_down_to_label(open_workspace(root), exp, who=Who("ann", "typed")).next_place() == 0
    for place, score in ((0, 7), (0, -1), (len(lines), 1)):
        with pytest.raises(ConfigError):
            by_keys.score(place, score)
    far = by_keys.labels()
    assert (far.n_left, far.by_person, sum(far.n_wanted.values())) == (len(lines) - 2, {"eve": 2}, len(lines))
    assert f"2 of {len(lines)} answers are scored" in report.labels_summary(far).plain
    assert f"workbench experiment run {exp}" in report.labels_conclusions(far).plain

    bad = tmp_path / "bad.jsonl"
    for spoilt, said in (
        ({"score": 7}, "out of range"),
        ({"score": 0.5}, "no line of the file"),
        ({"key": "mark0", "score": 1}, "nobody was asked"),
        ({}, "no line has a score"),
    ):
        bad.write_text(json.dumps({**lines[0], **spoilt}) + "\n")
        code, _, err = acme.run("experiment", "label", exp, "--from", bad, "--by", "eve")
        assert (code, said in err) == (2, True), err
    written.write_text(filled(lines[:40]))
    assert acme.json("experiment", "label", exp, "--from", written, "--by", "eve")["n_left"] == len(lines) - 40
    assert acme.run("experiment", "run", exp, "--sample-app", "--by", "eve")[0] == 3
    by_program = open_workspace(root).ledger
    eves = by_program.latest(Judgement)[0]
    rest = [replace(eves, id=f"jud_{one['key']}", metric=one["metric"], answer=one["key"]) for one in lines[40:]]
    by_program.append(rest, now=eves.at)
    assert acme.run("experiment", "run", exp, "--sample-app", "--by", "eve")[0] == 3  # eve did not say that
    written.write_text(filled(lines))
    assert acme.json("experiment", "label", exp, "--from", written, "--by", "eve")["n_left"] == 0
    assert acme.run("experiment", "run", exp, "--sample-app", "--by", "eve")[0] == 0
    assert len(served.asked) == n_asked
    assert acme.run("experiment", "label", exp, "--from", written, "--by", "eve")[0] == 2  # it has ended
    with pytest.raises(ConfigError, match="its run has ended"):
        by_keys.score(0, 0)
    assert "Its run has ended" in report.labels_conclusions(by_keys.labels()).plain

    workspace = open_workspace(root)
    rows = workspace.telemetry.scan(RESULTS).collect()
    assert dict(rows.group_by("metric").len().iter_rows()) == {
        "federal_controls": 2 * N,
        "federal_controls (people)": 2 * N_LABELLED,
        "tone": 2 * N,
    }
    assert set(rows.filter(pl.col("metric") == "federal_controls")["judge"]) == {judge}
    shown = acme.json("experiment", "show", exp)
    assert shown["decision"] == "ship", shown["reasons"]
    target = shown["metrics"]["federal_controls"]
    assert target["method"].startswith("as people would score it")
    assert target["notes"][0].startswith(f"people judged {N_LABELLED} of {N} cases in both arms; the judge alone says ")
    assert target["notes"][1].startswith("by the judge's rates alone (Rogan and Gladen) ")
    of_people = rows.filter(pl.col("metric") == "tone", pl.col("arm") == "candidate")["value"]
    assert shown["metrics"]["tone"]["candidate"] == pytest.approx(of_people.sum() / N)
    asked, here = shown["judges"]
    assert asked == f"federal_controls: {judge} was asked {n_asked} questions"
    assert here.startswith("of these answers it gives 1 to 100% of those (")  # it errs on the others
    assert target["difference"] == pytest.approx(target["candidate"] - target["baseline"])
    assert_the_report_says_how_good_the_judge_is(workspace, rows, n_asked=n_asked)


def assert_the_report_says_how_good_the_judge_is(workspace: Workspace, rows: pl.DataFrame, *, n_asked: int) -> None:
    """Count by hand what judge and people say of the answers that people judged; a reply is 100 tokens in, 20 out."""
    usd = pytest.approx(n_asked * (100 * 10 + 20 * 100) / 1e6)
    (run,) = workspace.ledger.latest(ExperimentRun)
    assert run.judges_cost_usd == usd
    read = read_validation(workspace, now=run.at)
    (quality,) = read.judges
    assert quality.bill.cost_usd == usd
    assert (quality.bill.n_answers, quality.bill.n_errors) == (n_asked, 0)
    people = rows.filter(pl.col("metric") == "federal_controls (people)")
    both = people.join(rows.filter(pl.col("metric") == "federal_controls"), on=["case_id", "arm"], suffix="_judge")
    told = Counter(both.select("value", "value_judge").iter_rows())
    assert quality.here is not None
    assert quality.here.counts == (told[1, 1], told[1, 1] + told[1, 0], told[0, 0], told[0, 0] + told[0, 1])
    n = sum(told[labels] for labels in told if None not in labels)  # what broke nobody judged
    agreed = f"{100 * (told[0, 0] + told[1, 1]) / n:.0f} %"
    words = report.judge_quality(read).plain
    assert f"federal_controls {quality.version} people, on these answers {n} {agreed}" in words
    assert "by the judge's rates alone (Rogan and Gladen)" in words
    assert "the judge of federal_controls" in report.what_it_cost(read).plain
    assert f"their judges ${run.judges_cost_usd:.2g}" in report.validation_numbers(read).plain
    assert report.validation_result(read).content["judges"][0]["bill"]["cost_usd"] == usd
