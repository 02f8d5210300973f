"""From verdicts to a frozen release candidate by notebooks: said again in 3_review, edited and frozen in 5_refine."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.loop.releasable import PROMPT, make_app
from tests.loop.under_review import NOON, make_workspace
from workbench import loop, report, runs
from workbench.records import Issue, ReleaseCandidate
from workbench.store import Workspace


def verdicts_of_ann(path: Path) -> Path:
    """Write that ann confirms the issue."""
    said = {"annotator": "ann", "annotator_kind": "HUMAN", "target_kind": "issue", "target_id": "iss_clu_a"}
    path.write_text(json.dumps({**said, "cluster_id": "clu_a", "label": "confirmed"}) + "\n")
    return path


def edit(workspace: Workspace, now: datetime) -> None:
    """Begin and commit a change at the desk that the notebook's editor sits at."""
    who = loop.who_reviews("ben")
    refined = report.read_refine(workspace, change_id="new", now=now)
    development = refined.development
    desk = loop.sit_down_to_edit(workspace, issue=refined.issue, change=None, development=development, who=who)
    desk.begin(title="State the state first", why="it was left out")
    desk.commit({"prompts/answer.md": PROMPT.replace("Rule 1.\n", "State the state first.\n")})


@pytest.mark.slow
def test_notebooks_alone_go_from_verdicts_to_a_frozen_candidate(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "w", {"clu_a": 4}, n_unflagged=5)
    make_app(workspace.app)
    replay = {"replay": str(verdicts_of_ann(tmp_path / "said.jsonl"))}
    runs.execute("3_review", parameters=replay, workspace=workspace, now=NOON + timedelta(hours=1))
    now = datetime.now(UTC)
    edit(workspace, now)
    parameters = {"release": "W10", "author": "ann", "is_live": False}
    run = runs.execute("5_refine", parameters=parameters, workspace=workspace, now=now + timedelta(minutes=1))
    (frozen,) = workspace.ledger.latest(ReleaseCandidate)
    assert (frozen.state, frozen.name, frozen.author) == ("frozen", "W10", "ann")
    assert {issue.state for issue in workspace.ledger.latest(Issue)} == {"validating"}
    page = run.html.read_text()
    assert frozen.id in page
    assert "What travels together?" in page
    for one in (frozen.change_ids[0], "iss_clu_a", "clu_a-00000", frozen.commit or ""):
        assert frozen.id in {key.id for key in loop.chain(workspace, one).nodes}
