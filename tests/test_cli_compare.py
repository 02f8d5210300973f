"""`workbench compare` on recorded result sets: the figures that their READMEs publish, and every oddity told."""

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from scipy import stats

if TYPE_CHECKING:
    from tests.conftest import Shell

AIRLINE = "tau2-airline"


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def sets(folder: Path, baseline: str, candidate: str) -> tuple[Path, Path]:
    """Return two files with one case a sign, `1` or `0`."""
    files = []
    for name, signs in (("baseline", baseline), ("candidate", candidate)):
        rows = [{"case_id": f"c{place}", "score": int(sign)} for place, sign in enumerate(signs)]
        files.append(lines(folder / f"{name}.jsonl", rows))
    return files[0], files[1]


@pytest.mark.parametrize(
    ("baseline", "candidate", "score", "fixed", "broken", "p"),
    [
        ("gpt-4o-2024-11-20", "claude-sonnet-4-5", (23 / 50, 36 / 50), 15, 2, 0.0023),
        ("gpt-4o-2024-11-20", "qwen2.5-7b", (23 / 50, 9 / 50), 3, 17, 0.0026),
    ],
)
def test_tau2_runs_come_to_what_their_readme_says(
    shell: "Shell",
    shared_data: Path,
    baseline: str,
    candidate: str,
    score: tuple[float, float],
    fixed: int,
    broken: int,
    p: float,
) -> None:
    folder = shared_data / AIRLINE
    said = shell.json("compare", folder / f"{baseline}.json.gz", folder / f"{candidate}.json.gz")
    figures = said["metrics"]["reward"]
    assert (figures["baseline"], figures["candidate"]) == score
    assert (figures["n_fixed"], figures["n_broken"], figures["n_trials"]) == (fixed, broken, 1)
    assert figures["p"] == pytest.approx(p, rel=0.03)
    assert said["decision"] == ("ship" if fixed > broken else "dont_ship")


def test_the_fine_tuned_model_scores_higher_and_its_new_kind_of_failure_is_named(
    shell: "Shell", shared_data: Path
) -> None:
    """Of the runs' own checks: in task 18 the fine-tuned model does not say what it has to; gpt-4.1 always does."""
    folder = shared_data / AIRLINE
    said = shell.json("compare", folder / "gpt-4.1.json.gz", folder / "gpt-4.1-sft.json.gz")
    figures = said["metrics"]["reward"]
    assert (figures["n_fixed"], figures["n_broken"], said["decision"]) == (6, 3, "inconclusive")
    assert figures["p"] == pytest.approx(0.51, abs=0.005)
    (new,) = said["new_findings"]
    assert (new["detector"], new["text"]) == ("failed_check", "communicate_checks")
    assert (new["n_baseline"], new["n_candidate"], new["case_ids"]) == (0, 1, ["18"])
    assert said["metrics"]["reward"]["broken"] == ["18", "29", "45"]
    assert said["metrics"]["reward"]["fixed"] == ["2", "24", "26", "37", "44", "48"]
    assert "the candidate has 1 kind of failure that the baseline has not: failed check" in said["reasons"]
    (cases,) = said["settle"]
    assert cases["what"] == "cases"
    assert cases["value"] > 20


def test_another_user_simulator_and_cases_of_one_file_alone_are_told(shell: "Shell", shared_data: Path) -> None:
    folder = shared_data / AIRLINE
    said = shell.json("compare", folder / "gpt-4o-2024-11-20.json.gz", folder / "gpt-4.1.json.gz")
    assert said["decision"] == "invalid"
    assert said["cases"] == {"baseline": 50, "candidate": 20}
    assert len(said["cases_in_one_only"]["baseline"]) == 30
    assert any("user_info.llm" in note for note in said["notes"])
    assert any("did not run at the same time" in note for note in said["notes"])
    assert said["metrics"]["reward"]["n_cases"] == 20


@pytest.mark.parametrize(
    ("baseline", "candidate", "fixed", "broken", "p"),
    [
        ("baseline", "default", 99, 57, 0.00097),
        ("default", "confidence", 122, 80, 0.0038),
        ("baseline", "confidence", 166, 82, 1.0e-7),
    ],
)
def test_three_prompts_come_to_what_their_readme_says(
    shell: "Shell", shared_data: Path, baseline: str, candidate: str, fixed: int, broken: int, p: float
) -> None:
    file = shared_data / "gepa-classification/ag_news.csv.gz"
    columns = ("--case", "item", "--score", f"{baseline}_correct", "--candidate-score", f"{candidate}_correct")
    said = shell.json("compare", file, file, *columns)
    (figures,) = said["metrics"].values()
    accuracy = {"baseline": 0.837, "default": 0.858, "confidence": 0.879}
    assert (figures["baseline"], figures["candidate"]) == pytest.approx((accuracy[baseline], accuracy[candidate]))
    assert (figures["n_cases"], figures["n_fixed"], figures["n_broken"]) == (2000, fixed, broken)
    assert figures["p"] == pytest.approx(p, rel=0.04)
    assert (said["decision"], said["new_findings"]) == ("ship", None)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_two_models_of_livebench_come_to_what_their_readme_says(
    shell: "Shell", shared_data: Path, tmp_path: Path, kind: str
) -> None:
    """Difference .0104, standard error .0164, paired t p = .53 over 658 questions; by task they are 11 units."""
    scores = pl.read_csv(shared_data / "livebench-scores/scores.csv.gz")
    files = []
    for model in ("gemini-1.5-pro-exp-0827", "claude-3-5-sonnet-20240620"):
        files.append(tmp_path / f"{model}.{kind}")
        own = scores.filter(pl.col("model") == model).sample(fraction=1, shuffle=True, seed=1)
        if kind == "parquet":
            own.write_parquet(files[-1])
        else:
            files[-1].write_text(own.write_csv() if kind == "csv" else own.write_ndjson())
    said = shell.json("compare", *files)
    figures = said["metrics"]["score"]
    assert (figures["baseline"], figures["candidate"]) == pytest.approx((0.537, 0.548), abs=0.0005)
    assert (figures["difference"], figures["p"]) == pytest.approx((0.0104, 0.53), abs=0.005)
    error = (figures["high"] - figures["low"]) / 2 / stats.t.isf(0.05, 657)
    assert error == pytest.approx(0.0164, abs=0.00005)
    assert (figures["n_cases"], said["decision"]) == (658, "inconclusive")
    by_task = shell.json("compare", *files, "--user", "task")["metrics"]["score"]
    assert by_task["n_units"] == scores["task"].n_unique()


def test_four_trials_of_tau_bench_give_its_pass_powers(shell: "Shell", shared_data: Path) -> None:
    """pass^1 to pass^4 are .420, .273, .220 and .200; a file is no better than itself, and fails as it does."""
    file = shared_data / "tau-bench-airline/gpt-4o-airline.json.gz"
    said = shell.json("compare", file, file)
    figures = said["metrics"]["reward"]
    assert (figures["n_cases"], figures["n_trials"], figures["n_fixed"], figures["difference"]) == (50, 4, 0, 0)
    assert [round(share, 3) for share in figures["pass_k"]["baseline"]] == [0.42, 0.273, 0.22, 0.2]
    assert (said["new_findings"], said["gone_findings"]) == ([], [])


def test_two_trials_of_tau_bench_against_two_others_are_compared_by_task(
    shell: "Shell", shared_data: Path, tmp_path: Path
) -> None:
    """Trials 0 and 1 against 2 and 3: tasks that passed more often, less often, and SciPy's t test over tasks."""
    runs = json.loads(gzip.decompress((shared_data / "tau-bench-airline/gpt-4o-airline.json.gz").read_bytes()))
    files, sums = [], []
    for name, trials in (("early", (0, 1)), ("late", (2, 3))):
        own = [run for run in runs if run["trial"] in trials]
        rows = [{"task_id": run["task_id"], "trial": run["trial"], "reward": run["reward"]} for run in own]
        files.append(lines(tmp_path / f"{name}.jsonl", rows))
        sums.append({task: sum(run["reward"] for run in own if run["task_id"] == task) for task in range(50)})
    figures = shell.json("compare", *files)["metrics"]["reward"]
    differences = [(sums[1][task] - sums[0][task]) / 2 for task in range(50)]
    assert figures["n_fixed"] == sum(difference > 0 for difference in differences)
    assert figures["n_broken"] == sum(difference < 0 for difference in differences)
    assert figures["difference"] == pytest.approx(sum(differences) / 50)
    assert figures["p"] == pytest.approx(stats.ttest_1samp(differences, 0).pvalue, abs=1e-9)


def test_logs_of_inspect_are_compared_by_their_scores(shell: "Shell", shared_data: Path, tmp_path: Path) -> None:
    """Of three samples two match; where the third does too, it is fixed, and the failure is gone."""
    (log,) = (shared_data / "framework-traces/inspect").glob("*popularity.json")
    better = json.loads(log.read_text())
    for sample in better["samples"]:
        sample["scores"]["match"]["value"] = "C"
    (tmp_path / "better.json").write_text(json.dumps(better))
    said = shell.json("compare", log, tmp_path / "better.json")
    figures = said["metrics"]["match"]
    assert (figures["baseline"], figures["candidate"]) == (2 / 3, 1.0)
    assert (figures["n_fixed"], figures["n_broken"], figures["fixed"]) == (1, 0, ["popularity/3"])
    assert [(one["detector"], one["n_baseline"]) for one in said["gone_findings"]] == [("failed_outcome", 1)]


def test_the_table_says_the_decision_in_one_sentence(shell: "Shell", tmp_path: Path) -> None:
    code, out, _ = shell.run("compare", *sets(tmp_path, "0" * 20 + "1" * 20, "1" * 40))
    assert code == 0
    assert "Ship: the candidate is shown better, and nothing is shown worse." in out
    assert "fixed: c0, c1, c2" in out
    assert "no plan was frozen before these runs" in out


@pytest.mark.parametrize(
    ("candidate", "decision", "exit_code"),
    [("1" * 40, "ship", 0), ("0" * 40, "dont_ship", 1), ("0" * 19 + "1" * 21, "inconclusive", 1)],
)
def test_a_gate_exits_with_one_unless_it_ships_and_without_it_a_done_comparison_is_done(
    shell: "Shell", tmp_path: Path, candidate: str, decision: str, exit_code: int
) -> None:
    files = sets(tmp_path, "0" * 20 + "1" * 20, candidate)
    assert shell.json("compare", *files)["decision"] == decision
    assert shell.run("compare", *files, "--gate")[0] == exit_code


def test_a_lower_score_is_better_where_it_is_said_to_be(shell: "Shell", tmp_path: Path) -> None:
    files = sets(tmp_path, "1" * 20 + "0" * 20, "0" * 40)
    said = shell.json("compare", *files, "--lower-is-better")
    assert (said["decision"], said["metrics"]["score"]["n_fixed"]) == ("ship", 20)
    assert shell.json("compare", *files)["decision"] == "dont_ship"


def test_margin_and_least_gain_are_in_what_is_said(shell: "Shell", tmp_path: Path) -> None:
    said = shell.json("compare", *sets(tmp_path, "01" * 100, "01" * 100), "--margin", 0.05, "--mwe", 0.05)
    assert said["decision"] == "dont_ship"
    assert said["metrics"]["score"]["p_non_inferior"] < 0.05
    assert "a gain of 5 points, the least that is worthwhile, is excluded" in said["reasons"][0]
    assert said["reasons"][1].startswith("score: a loss of 0.05 or more is excluded (p ")


def test_repeated_rows_and_placeholder_times_are_told(shell: "Shell", tmp_path: Path) -> None:
    rows = [{"id": str(n), "correct": n % 2 == 0, "timestamp": "1970-01-01T00:00:00Z"} for n in range(10)]
    said = shell.json("compare", lines(tmp_path / "a.jsonl", [*rows, rows[0]]), lines(tmp_path / "b.jsonl", rows))
    assert said["repeated_rows"] == {"baseline": 1, "candidate": 0}
    assert said["rows"] == {"baseline": 11, "candidate": 10}
    assert any("10 times are placeholders" in note for note in said["notes"])
    assert said["metrics"]["correct"]["n_cases"] == 10


def test_scores_of_two_names_are_compared_and_that_is_told(shell: "Shell", tmp_path: Path) -> None:
    one = lines(tmp_path / "a.jsonl", [{"id": "1", "score": 0}, {"id": "2", "score": 1}])
    other = lines(tmp_path / "b.jsonl", [{"id": 1, "reward": 0}, {"id": 2, "reward": 1}])
    said = shell.json("compare", one, other)
    assert said["metrics"]["score"]["n_cases"] == 2
    assert any("its score 'reward' is compared as 'score'" in note for note in said["notes"])


def test_a_case_of_a_stranger_does_not_reach_the_terminal_raw(shell: "Shell", tmp_path: Path) -> None:
    rows = [{"id": "[red]\x1b]0;owned\x07", "score": 0}, {"id": "2", "score": 0}]
    better = [{**row, "score": 1} for row in rows]
    _, out, _ = shell.run("compare", lines(tmp_path / "a.jsonl", rows), lines(tmp_path / "b.jsonl", better))
    assert "\x1b" not in out
    assert "[red]" in out


@pytest.mark.parametrize(
    ("content", "arguments", "said"),
    [
        (None, (), "no such file"),
        ("", (), "cannot be read"),
        ("id,b\n1,2\n", (), "no column is known to be the score"),
        ("id,score\n1,1\n2,0\n", ("--case", "x"), "no column 'x'"),
        ("id,score\n1,1\n2,0\n", ("--margin", "2"), "margin == 2.0"),
    ],
)
def test_what_does_not_serve_is_one_line(
    shell: "Shell", tmp_path: Path, content: str | None, arguments: tuple[str, ...], said: str
) -> None:
    path = tmp_path / "scores.csv"
    if content is not None:
        path.write_text(content)
    code, out, err = shell.run("compare", path, path, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err
