"""What reviewers call a problem in their own words is counted, and becomes a category that takes those words in."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from workbench import loop
from workbench.errors import ConfigError
from workbench.loop.review.open_codes import OpenCode
from workbench.records import Verdict, verdict_id
from workbench.store import DEMO_SECRET, Workspace, init_workspace, read_taxonomy

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    said: list[tuple[str, str, str, Any]] = [
        ("t1", "ann", "Wrong court", "confirmed"),
        ("t2", "ben", "wrong  court", "confirmed"),
        ("t3", "ann", "bad citation", "uncertain"),
        ("t4", "ann", "nothing here", "rejected"),
        ("t5", "ann", "", "confirmed"),
        ("t6", "ann", "Made up", "confirmed"),
        ("t7", "ann", "a slip", "withdrawn"),
    ]
    made.ledger.append(
        [
            Verdict(
                id=verdict_id("trace", trace, annotator=who),
                target_kind="trace",
                target_id=trace,
                label=label,
                explanation="",
                code=code,
                annotator_kind="HUMAN",
                annotator=who,
                identity="typed",
                at=NOON,
            )
            for trace, who, code, label in said
        ],
        now=NOON,
    )
    return made


def test_open_codes_that_no_category_takes_in_are_counted(workspace: Workspace) -> None:
    """The default has a category "Made up"; a rejected finding has no problem to name, and a slip was taken back."""
    assert loop.open_codes(workspace) == [OpenCode("Wrong court", 2, 2), OpenCode("bad citation", 1, 1)]


def test_a_category_takes_its_open_codes_in(workspace: Workspace) -> None:
    made = loop.make_category(
        workspace, name="Wrong court", about="Cites a court of another state.", codes=["WRONG COURT", "bad citation"]
    )
    assert (made.code, made.also) == ("wrong_court", ("bad citation",))
    assert read_taxonomy(workspace.root).of_open_code("Bad  Citation") == "wrong_court"
    assert loop.open_codes(workspace) == []


def test_a_category_that_is_there_or_has_no_code_is_refused(workspace: Workspace) -> None:
    with pytest.raises(ConfigError, match="'slow' is there twice"):
        loop.make_category(workspace, name="Slow", about="Late.")
    with pytest.raises(ConfigError, match="must have a Latin letter"):
        loop.make_category(workspace, name="法院", about="Wrong court.")


def test_a_code_that_was_erased_is_none(workspace: Workspace) -> None:
    for quoted in workspace.ledger.quoted():
        if quoted.text == "bad citation":
            workspace.ledger.erase_text(quoted.digest)
    assert loop.open_codes(workspace) == [OpenCode("Wrong court", 2, 2)]
