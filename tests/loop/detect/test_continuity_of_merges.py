"""Where two clusters become one, the issue goes on on which people decided, then the older one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.loop.shipped import detected
from tests.loop.under_review import an_issue
from workbench.backlog import merge
from workbench.clustering import Grouping
from workbench.loop.detect.continuity import Continuity, continuity
from workbench.records import Issue, IssueState
from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS
from workbench.store import DEMO_SECRET, Workspace, init_workspace

NOW = datetime(2026, 3, 2, tzinfo=UTC)
HITS = [*((f"s{n}", "small") for n in range(6)), *((f"l{n}", "large") for n in range(10))]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace in which a run found a small problem and then a large one, six and ten findings."""
    made: Path = tmp_path_factory.mktemp("merges") / "acme"
    workspace = init_workspace(made, secret=DEMO_SECRET)
    workspace.ledger.append([replace(an_issue(name, 9), id=f"iss_{name}") for name in ("small", "large")], now=NOW)
    detected(workspace, HITS, now=NOW)
    return workspace


def one_cluster(workspace: Workspace, known: Sequence[Issue]) -> Continuity:
    """Return how a run goes on in which the findings of both are one cluster."""
    findings = workspace.telemetry.scan(FINDINGS).collect()
    members = workspace.telemetry.scan(MEMBERSHIPS).collect().with_columns(cluster_id=pl.lit("clu_both"))
    clusters = workspace.telemetry.scan(CLUSTERS).collect().head(1).with_columns(cluster_id=pl.lit("clu_both"))
    grouping = Grouping(members, clusters, 0.0, {}, ())
    return continuity(workspace, grouping, findings, known, embed=lambda texts: np.ones((len(texts), 2), np.float32))


def goes_on_as(workspace: Workspace, small: IssueState, large: IssueState) -> str:
    """Return the word of the issue that goes on in both, and let the other be recorded as merged into it."""
    states = {"iss_small": small, "iss_large": large}
    known = [replace(one, state=states[one.id]) for one in workspace.ledger.latest(Issue)]
    found = one_cluster(workspace, known)
    (going_on,) = found.same_as.values()
    (merged,) = found.lineages
    words = [cluster.split("-")[1] for cluster in (going_on, merged.before)]
    assert (merged.kind, sorted(words)) == ("merge", ["large", "small"])
    return words[0]


@pytest.mark.parametrize("state", ["confirmed", "changing", "shipped", "watching", "reopened"])
def test_what_people_decided_goes_on_in_a_cluster_that_takes_in_a_larger_new_one(
    workspace: Workspace, state: IssueState
) -> None:
    """The confirmed issue ended, and what people had decided was asked again of one that was only proposed."""
    assert goes_on_as(workspace, state, "proposed") == "small"
    assert goes_on_as(workspace, "proposed", state) == "large"


def test_of_two_that_are_alike_the_older_goes_on(workspace: Workspace) -> None:
    assert goes_on_as(workspace, "proposed", "proposed") == "small"
    assert goes_on_as(workspace, "confirmed", "resolved") == "small"


def test_a_rejected_issue_takes_no_problem_in_that_nobody_has_judged(workspace: Workspace) -> None:
    assert goes_on_as(workspace, "rejected", "proposed") == "large"


def test_one_that_people_merged_stands_as_what_goes_on_for_it(workspace: Workspace) -> None:
    """The large one was merged into a third, which is confirmed and the youngest: it goes on."""
    small, large = workspace.ledger.latest(Issue)
    third = replace(large, id="iss_third", state="confirmed", cluster_id="clu_gone")
    found = one_cluster(workspace, [small, merge(large, third, reason="same"), third])
    assert set(found.same_as.values()) == {large.cluster_id}
