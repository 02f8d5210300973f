"""3_review under papermill: recorded verdicts are said again, and the report tells what became of the issues."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.loop.under_review import NOON, make_workspace
from workbench import runs
from workbench.errors import ConfigError, InsufficientDataError
from workbench.loop.review.opening import open_review
from workbench.records import Issue, Review, Verdict
from workbench.store import Workspace

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "w", {"clu_a": 4, "clu_b": 2}, n_unflagged=5)


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Write what ann said elsewhere: clu_a deserves a change, clu_b does not."""
    rows: list[dict[str, Any]] = []
    for cluster, n, label in (("clu_a", 4, "confirmed"), ("clu_b", 2, "rejected")):
        about = {"annotator": "ann", "annotator_kind": "HUMAN", "cluster_id": cluster, "label": label}
        rows += [{**about, "target_kind": "trace", "target_id": f"{cluster}-{place:05}"} for place in range(n)]
        rows.append({**about, "target_kind": "issue", "target_id": f"iss_{cluster}"})
    path = tmp_path / "recorded.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_recorded_verdicts_are_replayed_and_told(workspace: Workspace, recorded: Path) -> None:
    run = runs.execute("3_review", parameters={"replay": str(recorded)}, workspace=workspace, now=LATER)
    assert run.headline == "Of 2 issues in this review, 1 is confirmed, 1 rejected; 0 wait for people."
    assert {one.id: one.state for one in workspace.ledger.latest(Issue)} == {
        "iss_clu_a": "confirmed",
        "iss_clu_b": "rejected",
    }
    (review,) = workspace.ledger.latest(Review)
    page = run.html.read_text()
    assert f"{review.id} 8 recorded verdicts said again; passed over: 0 about something else" in page
    assert "ann" in page
    assert not re.findall(r"<script|https?://(?!www\.w3\.org)", page)
    cells = nbformat.read(run.ipynb, as_version=4).cells  # type: ignore[no-untyped-call]
    assert all(cell.outputs for cell in cells if cell.cell_type == "code" and cell.id in {"prevalence", "agreement"})
    n = len(workspace.ledger.entries())
    again = runs.execute("3_review", parameters={"replay": str(recorded)}, workspace=workspace, now=LATER)
    assert again.headline == run.headline
    assert len(workspace.ledger.entries()) == n, "the same replayed twice is said once"


def test_without_a_review_the_report_says_so_and_opens_none(workspace: Workspace) -> None:
    with pytest.raises(InsufficientDataError, match="no review was opened yet"):
        runs.execute("3_review", parameters={}, workspace=workspace, now=LATER)
    assert workspace.ledger.latest(Review) == []
    assert workspace.ledger.latest(Verdict) == []


def test_a_review_that_there_is_not_is_refused_before_a_kernel_starts(workspace: Workspace) -> None:
    open_review(workspace, now=LATER)
    with pytest.raises(ConfigError, match="there is no such review"):
        runs.execute("3_review", parameters={"review_id": "rev_other"}, workspace=workspace, now=LATER)
