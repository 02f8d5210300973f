"""The whole sample: what was planted is confirmed in its review, and a change of its app mends it."""

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.simulate.app.under_test import case_of
from workbench.boundaries.paths import shipped
from workbench.changes.repository import open_app
from workbench.loop.chain import chain
from workbench.loop.holdouts.files import held_cases
from workbench.loop.release import check_candidate
from workbench.loop.sample.changes import AUTHOR
from workbench.loop.sample.making import SAMPLE_NOW, Sample, make_sample
from workbench.loop.validate import gate
from workbench.records import Change, Holdout, Issue
from workbench.simulate import sample_world
from workbench.simulate.app import SampleApp, example_changes
from workbench.simulate.traffic import requests
from workbench.windows import Window

CONFIRMED = ("confirmed", "changing", "validating", "shipped")
"""States of an issue that people confirmed: the sample goes on from there with some."""
FEDERAL = re.compile(r"F\.5th|F\. Supp\. 4th|Fed\. R\. Civ\. P\.|U\.S\.C\.")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return make_sample(tmp_path_factory.mktemp("sample") / "w")


def planted(fault: str) -> list[str]:
    return pl.read_ndjson(shipped("sample") / "truth.jsonl").filter(fault=fault)["trace_id"].to_list()


def issue_of(sample: Sample, fault: str, detector: str) -> Issue:
    """Return the issue of the detector's cluster that holds most of the fault's traces."""
    held = sample.detection.memberships.join(sample.detection.findings, on="finding_id").filter(
        pl.col("trace_id").is_in(planted(fault)), pl.col("cluster") >= 0, detector=detector
    )
    (widest, *_) = held["cluster_id"].value_counts(sort=True)["cluster_id"]
    return next(one for one in sample.workspace.ledger.latest(Issue) if one.cluster_id == widest)


def share_confused(app: SampleApp, cases: Sequence[dict[str, Any]]) -> float:
    said = [app.respond(case, seed=seed).output for case in cases for seed in range(2)]
    return sum(FEDERAL.search(text) is not None for text in said) / len(said)


@pytest.mark.slow
def test_what_was_planted_is_confirmed_by_its_reviewers(sample: Sample) -> None:
    """They err at their stated rates, 3 to 8 times of a hundred; where two differ on an issue a third decides."""
    for fault, detector in (
        ("jurisdiction_confusion", "negative_feedback"),
        ("citation_error", "tool_error"),
        ("truncated_answer", "incomplete_answer"),
        ("search_loop", "repeated_call"),
        ("premature_end", "premature_end"),
        ("latency_regression", "latency_outlier"),
        ("failed_outcome", "failed_outcome"),
    ):
        assert issue_of(sample, fault, detector).state in CONFIRMED, fault


@pytest.mark.slow
def test_a_change_for_the_confirmed_issue_mends_the_cases_of_its_traces(sample: Sample) -> None:
    """Of requests that failed once .62 x .62 + .38 x .12 = .43 fail again, and of mended ones hardly any."""
    workspace, good = sample.workspace, example_changes()["state_jurisdiction_first"]
    issue = issue_of(sample, good.for_fault, "negative_feedback")
    change = sample.changes[-1]
    assert change.issue_ids == (issue.id,)
    assert change.title == good.title
    failed = planted(good.for_fault)
    known = [case_of(request) for request in requests(sample_world()) if request.trace_id in failed]
    assert len(known) == 142
    repository = open_app(workspace.app)
    assert change.commit is not None
    before, after = (
        SampleApp({path: raw.decode() for path, raw in repository.contents(commit).items()})
        for commit in (repository.head(), change.commit)
    )
    assert share_confused(before, known) > 0.3
    assert share_confused(after, known) < 0.06


@pytest.mark.slow
def test_its_app_lies_in_its_workspace(sample: Sample) -> None:
    assert Path(sample.workspace.app / "prompts" / "case_summary.prompty").is_file()


@pytest.mark.slow
def test_its_changes_are_frozen_to_travel_together_and_a_trace_leads_to_them(sample: Sample) -> None:
    candidate, workspace = sample.candidate, sample.workspace
    assert candidate is not None
    assert set(candidate.change_ids) == {change.id for change in sample.changes}
    assert check_candidate(workspace, candidate.id, now=SAMPLE_NOW + timedelta(days=9)) == candidate
    issue = issue_of(sample, "jurisdiction_confusion", "negative_feedback")
    assert issue.state == "shipped"  # its change was tested by itself too
    back = chain(workspace, candidate.id)
    traces = [key.id for key in back.nodes if key.kind == "trace"]
    assert back.n["trace"] > len(traces) > 0
    for one in (traces[0], issue.id, candidate.change_ids[0], candidate.commit or ""):
        assert candidate.id in {key.id for key in chain(workspace, one).nodes}


@pytest.mark.slow
def test_the_change_that_spoils_the_tone_is_caught_and_the_good_one_ships_signed_by_another(sample: Sample) -> None:
    workspace, (failed, ships) = sample.workspace, sample.decisions
    assert (failed.decision, ships.decision) == ("dont_ship", "ship")
    assert [why.split()[0] for why in failed.reasons] == ["plain_tone"]
    # The tool that it adds takes time and money; of the time the cases show too little, held against all six tests.
    assert "cost_usd" in {cost.split()[0] for cost in ships.known_costs} <= {"latency_ms", "cost_usd"}
    tried, good = workspace.ledger.latest(Change)[0], sample.changes[-1]
    assert (tried.title, tried.state) == (example_changes()["warn_the_reader"].title, "abandoned")
    assert {tried.author, good.author} == {AUTHOR}
    assert {failed.signer, ships.signer} == {"Ada (simulated)"}
    assert tried.issue_ids == good.issue_ids
    again = gate(workspace, good.id, now=SAMPLE_NOW + timedelta(days=9))
    assert (again.decision, again.examined is not None) == (ships, True)
    target = again.examined.analysis.estimates[0]  # type: ignore[union-attr]
    assert (target.judged_on, target.baseline > 0.3, target.candidate < 0.1) == ("targeted", True, True)


@pytest.mark.slow
def test_its_cases_are_of_other_weeks_and_users_than_its_changes_were_written_from(sample: Sample) -> None:
    workspace = sample.workspace
    by_kind = {holdout.kind: holdout for holdout in workspace.ledger.latest(Holdout)}
    assert by_kind.keys() == {"random", "targeted"}
    traces = {kind: {one.trace_id for one in held_cases(workspace, holdout)} for kind, holdout in by_kind.items()}
    assert len(traces["random"]) == 200
    assert len(traces["targeted"]) >= 20
    development = set(sample.changes[-1].development)
    rows = workspace.telemetry.traces(window=Window()).select("trace_id", "user_key", "started_at").collect()
    read = rows.filter(pl.col("trace_id").is_in(list(development)))
    week = pl.col("started_at").dt.strftime("%G-%V").alias("week")
    for kind, held in traces.items():
        judged = rows.filter(pl.col("trace_id").is_in(list(held)))
        assert set(judged["user_key"]).isdisjoint(read["user_key"]), kind
    targeted = rows.filter(pl.col("trace_id").is_in(list(traces["targeted"])))
    assert set(targeted.select(week)["week"]).isdisjoint(read.select(week)["week"])
    assert traces["targeted"].isdisjoint(traces["random"])
    assert traces["targeted"] <= set(planted("jurisdiction_confusion")) | set(planted("failed_outcome"))
