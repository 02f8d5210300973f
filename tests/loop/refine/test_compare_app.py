"""Any two versions of the app are compared by whatever names them."""

from pathlib import Path

import pytest

from tests.changes.repositories import PROMPT, Repository
from tests.loop.with_app import AFTER, a_change, committed_change, make_app_workspace
from workbench.changes.repository import open_app
from workbench.changes.work_tree import lay_out
from workbench.errors import ConfigError
from workbench.loop.refine.compare_app import compare_change, compare_versions
from workbench.store import Workspace

Acme = tuple[Workspace, Repository]


@pytest.fixture
def acme(tmp_path: Path) -> Acme:
    return make_app_workspace(tmp_path / "acme")


def test_a_commit_a_tag_a_branch_and_a_change_each_name_a_version(acme: Acme) -> None:
    workspace, app = acme
    app.git("tag", "prompt-1")
    change = committed_change(workspace, app)
    assert change.commit is not None
    for name in (change.id, change.branch, change.commit, change.commit[:10]):
        found = compare_versions(workspace, "prompt-1", name)
        assert [one.path for one in found.diffs] == [PROMPT]
        assert found.after == change.commit
        assert ("added", "State the jurisdiction first.\n\n") in found.diffs[0].pieces
    assert compare_versions(workspace, "main", "HEAD").diffs == ()


def test_a_change_is_compared_with_what_it_starts_from_though_the_app_went_on(acme: Acme) -> None:
    workspace, app = acme
    change = committed_change(workspace, app)
    app.commit({"settings.yaml": "retries: 9\n"})
    assert [one.path for one in compare_change(workspace, change.id).diffs] == [PROMPT]


def test_a_draft_is_compared_as_its_editor_holds_it(acme: Acme) -> None:
    workspace, app = acme
    change = a_change(workspace, app)
    folder = lay_out(open_app(workspace.app), change.base, workspace.drafts / change.id)
    (folder / PROMPT).write_text(AFTER)
    found = compare_change(workspace, change.id)
    assert ([one.path for one in found.diffs], found.after) == ([PROMPT], "")


@pytest.mark.parametrize("name", ["nowhere", "--upload-pack=x", "a..b", "HEAD@{1}", "chg_none", ""])
def test_what_names_no_version_is_refused(acme: Acme, name: str) -> None:
    with pytest.raises(ConfigError):
        compare_versions(acme[0], "main", name)


def test_a_draft_is_no_version(acme: Acme) -> None:
    workspace, app = acme
    with pytest.raises(ConfigError, match="no commit yet"):
        compare_versions(workspace, "main", a_change(workspace, app).id)
