"""`workbench agreement` on a long table of labels from anywhere: figures counted by hand, and what was passed over."""

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

if TYPE_CHECKING:
    from tests.conftest import Shell

ROWS = [
    {"trace": "t1", "who": "ann", "said": "bad"},
    {"trace": "t1", "who": "ben", "said": "bad"},
    {"trace": "t2", "who": "ann", "said": "good"},
    {"trace": "t2", "who": "ben", "said": "bad"},
    {"trace": "t3", "who": "ann", "said": "good"},
    {"trace": "t3", "who": "ben", "said": "good"},
    {"trace": "t4", "who": "ann", "said": "bad"},
    {"trace": "t1", "who": "ann", "said": "good"},
    {"trace": "t5", "who": "ann", "said": None},
]
COLUMNS = ("--item", "trace", "--annotator", "who", "--label", "said")


def written(folder: Path, kind: str) -> Path:
    path = folder / f"labels.{kind}"
    frame = pl.DataFrame(ROWS)
    if kind == "csv":
        frame.write_csv(path)
    elif kind == "jsonl":
        frame.write_ndjson(path)
    else:
        frame.write_parquet(path)
    return path


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_figures_are_those_counted_by_hand(shell: "Shell", tmp_path: Path, kind: str) -> None:
    """Of t1, t2 and t3 two agree; ann says bad of t1 and t4, good of t2 and t3; ben bad, bad, good."""
    said = shell.json("agreement", written(tmp_path, kind), *COLUMNS)
    chance = (2 / 4) * (2 / 3) + (2 / 4) * (1 / 3)
    assert (said["items"], said["items_compared"], said["labels"]) == (4, 3, 7)
    assert said["raw"]["value"] == pytest.approx(2 / 3)
    assert said["kappa"]["value"] == pytest.approx((2 / 3 - chance) / (1 - chance))
    assert said["by_label"]["bad"]["value"] == pytest.approx(2 / 3)
    assert said["passed_over"] == {"second_labels": 1, "incomplete_rows": 1, "unreadable_lines": 0}
    assert said["raw"]["low"] <= 2 / 3 <= said["raw"]["high"]


def test_the_table_has_every_figure_and_says_what_was_passed_over(shell: "Shell", tmp_path: Path) -> None:
    code, out, _ = shell.run("agreement", written(tmp_path, "csv"), *COLUMNS)
    assert code == 0
    for word in ("raw", "within 'bad'", "within 'good'", "alpha", "kappa", "AC1", "0.667"):
        assert word in out
    assert "3 of 4 items have two labels or more" in " ".join(out.split())


def test_a_label_of_a_stranger_does_not_reach_the_terminal_raw(shell: "Shell", tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    evil = [{"trace": "t1", "who": who, "said": "[red]\x1b]0;owned\x07"} for who in ("ann", "ben")]
    path.write_text("".join(json.dumps(row) + "\n" for row in evil))
    _, out, _ = shell.run("agreement", path, *COLUMNS)
    assert "\x1b" not in out
    assert "[red]" in out


@pytest.mark.parametrize(
    ("content", "said"), [("trace,who\nt1,ann\n", "no column 'said'"), ("", "cannot be read"), (None, "no such file")]
)
def test_a_file_that_does_not_serve_is_one_line(shell: "Shell", tmp_path: Path, content: str | None, said: str) -> None:
    path = tmp_path / "labels.csv"
    if content is not None:
        path.write_text(content)
    code, out, err = shell.run("agreement", path, *COLUMNS)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err


def test_four_judges_agree_with_the_reward_as_their_readme_says(
    shell: "Shell", shared_data: Path, tmp_path: Path
) -> None:
    """Kappa of each judge's verdict, every word but `fail` taken as pass, against the reward of the same run."""
    kappas = {}
    for file in sorted((shared_data / "tau2-judges").glob("*.json.gz")):
        entries: list[dict[str, Any]] = json.loads(gzip.decompress(file.read_bytes()))["entries"]
        rows = [
            {"trace": entry["simulation_id"], "who": who, "said": "pass" if is_pass else "fail"}
            for entry in entries
            for who, is_pass in (("reward", entry["tau2_success"]), ("judge", entry["judge_verdict"] != "fail"))
        ]
        pl.DataFrame(rows).write_ndjson(tmp_path / "judge.jsonl")
        said = shell.json("agreement", tmp_path / "judge.jsonl", *COLUMNS)
        kappas[entries[0]["judge_prompt_name"].removesuffix("_v1")] = round(said["kappa"]["value"], 2)
    of_chain = 13 * 27 + 37 * 23  # of 50 runs it fails 13, six of them rightly: 6 + 16 are as the reward says
    assert kappas.pop("policy_chain_of_thought") == round((22 / 50 - of_chain / 2500) / (1 - of_chain / 2500), 2)
    assert kappas == {"quick_triage": 0.06, "customer_outcome": -0.16, "policy_conversation": 0.37}
