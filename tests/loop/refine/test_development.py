"""A change that is begun by a command names what it is written from, and leaves more to judge it on."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from tests.loop.people import ANN, on_issue
from tests.loop.releasable import LATER, make_app
from tests.loop.under_review import NOON, make_workspace, trace_of
from tests.review.said import verdict
from workbench.errors import ConfigError
from workbench.loop.refine.development import check_are_there, development_for
from workbench.schemas import SPANS
from workbench.store import Workspace

if TYPE_CHECKING:
    from tests.conftest import Shell


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return a workspace with an issue of ten traces that a person confirmed, and the app."""
    made = make_workspace(tmp_path / "w", {"slow": 10})
    make_app(made.app)
    made.ledger.append([on_issue("iss_slow")], now=NOON, actor=ANN)
    return made


def test_a_change_begun_by_a_command_can_be_drafted(workspace: Workspace, shell: "Shell") -> None:
    """`change draft` sent to `change begin` for development traces, which had no way to name one."""
    acme = shell.at(workspace.root)
    begun = acme.json("change", "begin", "iss_slow", "--title", "State first", "--by", "ann")
    assert begun["development"] == [trace_of("slow", number) for number in range(4)]  # of ten users
    named = acme.json("change", "begin", "iss_slow", "--title", "Other", "--trace", trace_of("slow", 7), "--by", "ann")
    assert named["development"] == [trace_of("slow", 7)]
    server = ("--propose-with", "http://127.0.0.1:9/v1", "--model", "m")
    code, _, err = acme.run("change", "draft", begun["id"], "--path", "prompts/none.md", *server)
    assert (code, "must be a prompt of the app" in err) == (2, True)


def test_what_people_confirmed_comes_first_and_some_of_its_users_are_left(workspace: Workspace) -> None:
    rows = workspace.telemetry.scan(SPANS).collect()
    users = rows.with_columns(user_key=(rows["trace_id"].str.slice(-1).cast(int) // 2).cast(str))
    workspace.telemetry.replace(SPANS, "source", ["src_x"], rows=users)
    assert development_for(workspace, ["iss_slow"], now=LATER) == [trace_of("slow", n) for n in range(4)]  # of 2 in 5
    said: dict[str, Any] = {"target_kind": "trace", "cluster_id": None, "review_id": None}
    workspace.ledger.append([verdict(trace_of("slow", n), "confirmed", **said) for n in (6, 8, 9)], now=NOON, actor=ANN)
    assert development_for(workspace, ["iss_slow"], now=LATER) == [trace_of("slow", 6)]  # of 1 user in 2


@pytest.mark.parametrize(
    ("weeks", "read"),
    [
        ("AABBCCCCCC", (0, 1, 2, 3)),  # two and four of ten: four are nearest to two in five
        ("ABBBBBCCCC", (0, 1, 2, 3, 4, 5)),  # one or six: six are nearer
        ("ABBBBBBBBB", (0,)),  # the last week is never read
        ("CCCCCCCCBA", (8, 9)),  # whatever order the traces stand in
        ("?BBBBBBBBC", (0,)),  # without a time, it can be no case of the issue
    ],
)
def test_the_first_weeks_are_read_and_the_last_is_left(workspace: Workspace, weeks: str, read: tuple[int, ...]) -> None:
    """Where the reading went over all weeks, no case of the issue was left of another week, and no targeted holdout."""
    rows = workspace.telemetry.scan(SPANS).collect().sort("trace_id")
    began = [None if week == "?" else NOON + timedelta(weeks="ABC".index(week)) for week in weeks]
    late = rows.with_columns(started_at=pl.Series(began, dtype=rows.schema["started_at"]))
    workspace.telemetry.replace(SPANS, "source", ["src_x"], rows=late)
    assert development_for(workspace, ["iss_slow"], now=LATER) == [trace_of("slow", number) for number in read]


def test_a_trace_that_is_not_there_is_said(workspace: Workspace) -> None:
    check_are_there(workspace, [trace_of("slow", 1)])
    with pytest.raises(ConfigError, match="no such trace"):
        check_are_there(workspace, [trace_of("slow", 1), "none"])
