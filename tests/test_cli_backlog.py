"""`workbench backlog` and `workbench issue`: the ranking, why, and what people do with issues."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from tests.loop.under_review import append, findings, make_workspace
from workbench.records import Issue
from workbench.schemas import FINDINGS, SPANS
from workbench.store import Workspace

if TYPE_CHECKING:
    from tests.conftest import Shell


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "w", {"clu_a": 9, "clu_b": 3})


def test_the_ranking_is_told_with_its_intervals_and_what_to_review_next(shell: "Shell", workspace: Workspace) -> None:
    acme = shell.at(workspace.root)
    told = acme.json("backlog", "--k", "1")
    assert (told["weights"], told["k"], told["open"]) == ("default", 1, 2)
    first = told["issues"][0]
    assert (first["rank"], first["issue"], first["state"]) == (1, "iss_clu_a", "proposed")
    assert 0 <= first["users_low"] <= first["users"] <= first["users_high"] <= 9
    assert set(told["next_reviews"]) == {"clu_a", "clu_b"}
    assert len(acme.json("backlog", "--top", "1")["issues"]) == 1
    code, out, _ = acme.run("backlog")
    assert code == 0
    assert "2 of 2 open issues" in " ".join(out.split())


def test_traces_of_no_cluster_are_listed_and_opened_as_an_issue(shell: "Shell", workspace: Workspace) -> None:
    acme = shell.at(workspace.root)
    assert acme.json("issue", "unclustered") == {"findings": []}
    append(workspace, FINDINGS, findings([("none", "clu_a-00000")]).with_columns(text=pl.lit("all about <id>")))
    (alone,) = acme.json("issue", "unclustered")["findings"]
    assert (alone["unit"], alone["words"]) == ("clu_a-00000", "all about clu_a-00000")
    assert acme.json("issue", "unclustered", "--detector", "another") == {"findings": []}
    (trace, other) = workspace.telemetry.scan(SPANS).select("trace_id").sort("trace_id").head(2).collect()["trace_id"]
    made = acme.json("issue", "open", "--trace", trace, "--trace", other, "--title", "30 days for 14", "--by", "ann")
    assert (made["state"], made["title"], made["n_traces"]) == ("proposed", "30 days for 14", 2)
    assert made["id"] in {one["issue"] for one in acme.json("backlog")["issues"]}
    (of_issue,) = acme.json("issue", "unclustered")["findings"]
    assert (alone["issue"], of_issue["unit"], of_issue["issue"]) == (None, trace, made["id"])
    assert f"{trace}, of {made['id']}" in acme.run("issue", "unclustered")[1]
    (issue,) = (one for one in workspace.ledger.latest(Issue) if one.id == made["id"])
    workspace.ledger.append([replace(issue, state="rejected")], now=datetime.now(UTC))
    assert acme.json("issue", "unclustered")["findings"] == [alone]
    code, _, err = acme.run("issue", "open", "--trace", "nosuch", "--title", "x")
    assert code == 2
    assert "did not look at such a trace" in err


def test_why_is_one_line(shell: "Shell", workspace: Workspace) -> None:
    acme = shell.at(workspace.root)
    code, out, _ = acme.run("backlog", "--why", "iss_clu_a")
    assert code == 0
    assert out.startswith("1. Hits about ")
    assert len(out.strip().splitlines()) == 1
    assert "nobody has judged its traces" in out


def test_issues_are_merged_taken_out_and_categorised_and_each_step_is_shown(
    shell: "Shell", workspace: Workspace
) -> None:
    acme = shell.at(workspace.root)
    assert acme.json("issue", "merge", "iss_clu_b", "iss_clu_a", "--reason", "the same")["merged_into"] == "iss_clu_a"
    assert [one["issue"] for one in acme.json("backlog")["issues"]] == ["iss_clu_a"]
    code, _, err = acme.run("backlog", "--why", "iss_clu_b")
    assert code == 2
    assert "is merged, and only open issues are ranked" in err
    out = acme.json("issue", "split", "iss_clu_b", "--reason", "another", "--by", "ann")
    assert (out["state"], out["merged_into"]) == ("proposed", None)
    assert acme.json("issue", "categorise", "iss_clu_b", "slow")["category"] == "slow"
    shown = acme.json("issue", "show", "iss_clu_b")
    assert [(move["from"], move["to"], move["reason"]) for move in shown["moves"]] == [
        (None, "proposed", ""),
        ("proposed", "merged", "the same"),
        ("merged", "proposed", "another"),
    ]
    assert shown["moves"][-1]["actor"] == "ann"
    assert datetime.fromisoformat(shown["moves"][-1]["at"]).tzinfo == UTC
    code, text, _ = acme.run("issue", "show", "iss_clu_b")
    assert code == 0
    assert "category slow" in " ".join(text.split())


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (["merge", "iss_clu_a", "iss_clu_a", "--reason", "r"], "into itself"),
        (["split", "iss_clu_a", "--cause", "cau_clu_a_0", "--reason", "r"], "without --title"),
        (["split", "iss_clu_a", "--cause", "cau_clu_a_0", "--reason", "r", "--title", "t"], "must be named"),
        (["categorise", "iss_clu_a", "nonsense"], "must be one of"),
        (["show", "iss_x"], "no such issue"),
    ],
)
def test_what_cannot_be_done_ends_with_two_and_changes_nothing(
    shell: "Shell", workspace: Workspace, call: list[str], said: str
) -> None:
    head = workspace.ledger.head()
    code, _, err = shell.at(workspace.root).run("issue", *call)
    assert code == 2
    assert said in err
    assert workspace.ledger.head() == head


def test_words_from_a_trace_do_not_drive_the_terminal(shell: "Shell", workspace: Workspace) -> None:
    evil = replace(workspace.ledger.latest(Issue)[0], title="\x1b[31mred[bold]\u202e")
    workspace.ledger.append([evil], now=datetime.now(UTC))
    acme = shell.at(workspace.root)
    for call in (["backlog"], ["issue", "show", evil.id]):
        code, out, _ = acme.run(*call)
        assert code == 0
        assert "\x1b[31m" not in out
        assert "\u202e" not in out
    assert json.loads(acme.run("backlog", "--json")[1])["issues"]
