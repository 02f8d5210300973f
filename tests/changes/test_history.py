"""What of an app's history is its own, and what is only proposed by a change."""

import pytest

from tests.changes.repositories import CHANGE_ID, EDIT, PROMPT, Repository, a_change
from workbench.changes.commit import commit
from workbench.changes.history import prompt_history
from workbench.changes.repository import open_app


@pytest.mark.parametrize("where", ["branch", "pushed", "checked out"])
def test_a_change_that_waits_is_proposed_wherever_its_branch_is(app: Repository, where: str) -> None:
    """Once its branch was pushed, or checked out to look at it, a change that waits counted as what runs."""
    opened = open_app(app.root)
    made = commit(opened, a_change(app.head()), {PROMPT: EDIT})
    if where == "pushed":
        app.git("update-ref", f"refs/remotes/origin/change/{CHANGE_ID}", made.commit or "")
    elif where == "checked out":
        app.git("switch", "--quiet", made.branch)
    found = {held.commit: held.is_proposed for held in prompt_history(opened) if held.path == PROMPT}
    assert found == {made.base: False, made.commit: True}
    app.git("update-ref", "refs/remotes/origin/main", made.commit or "")
    assert {held.commit: held.is_proposed for held in prompt_history(opened)}[made.commit or ""] is False
