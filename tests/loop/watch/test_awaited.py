"""What `next` says of a watch: an open blind review is judged, what people lack is drawn, else it is looked at."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.loop.shipped import CHANGE, EVE, SHIP, WATCHED, make_shipped, traffic
from tests.loop.watch.test_watch import judge, rejected
from workbench import loop
from workbench.records import DetectionRun
from workbench.store import Workspace

DAY = timedelta(days=1)


@pytest.fixture
def acme(tmp_path: Path) -> Workspace:
    """Return a workspace in which the change has just gone live, and its issue is watched since."""
    workspace = make_shipped(tmp_path / "acme")
    loop.start_watch(workspace, WATCHED, who=EVE, now=SHIP, since=SHIP)
    return workspace


def said(workspace: Workspace, now: datetime) -> tuple[str, str]:
    step = loop.next_step(workspace, now=now)
    return step.command.removeprefix("workbench "), step.why


def test_a_watch_is_led_from_its_begin_to_its_end(acme: Workspace) -> None:
    """`next` spoke of problems to review, and not of the watch that was begun, looked at and sampled."""
    assert said(acme, SHIP)[0] == "watch look"
    loop.look(acme, WATCHED, now=SHIP)
    assert said(acme, SHIP)[0] == "review", "nothing came since, and the watch waits for traffic"
    traffic(acme, [0, 0])
    now = SHIP + 3 * DAY
    assert said(acme, now)[0] == "watch look"
    loop.look(acme, WATCHED, now=now)
    assert said(acme, now) == (
        f"watch sample {WATCHED}",
        f"The watch of {WATCHED} can be settled by people: have 74 more judged",
    )  # of 80 traces, each below 5 %: 74 without a hit would show it
    review = loop.open_blind_review(acme, WATCHED, now=now, n=20)
    assert said(acme, now) == (
        f"review --review {review.id}",
        f"The watch of {WATCHED} has a blind review open: 20 traces of {review.id} to judge",
    )
    judge(acme, review, rejected)
    assert said(acme, now)[0] == "watch look"
    loop.look(acme, WATCHED, now=now)
    assert said(acme, now)[0] == "review", "all that was examined was drawn from"


def test_what_came_since_the_last_round_is_drawn_from(acme: Workspace) -> None:
    traffic(acme, [0, 0])
    now = SHIP + 3 * DAY
    judge(acme, loop.open_blind_review(acme, WATCHED, now=now, n=20), rejected)
    traffic(acme, [0, 0], first=2)
    newest = max(one.at for one in acme.ledger.latest(DetectionRun))
    assert said(acme, newest)[0] == "watch look"
    loop.look(acme, WATCHED, now=newest + DAY)
    assert said(acme, newest + DAY)[1].endswith("have 54 more judged")


def test_a_version_that_the_history_cannot_tell_is_to_be_named(tmp_path: Path) -> None:
    """`next` gave `watch start ISSUE`, which ended with 4 though the new version had come in."""
    workspace = make_shipped(tmp_path / "acme", version="7")
    assert said(workspace, SHIP)[0] == f"watch start {WATCHED}", "no traffic came since"
    traffic(workspace, [0], version="8")
    command, why = said(workspace, SHIP + DAY)
    assert command == f"watch start {WATCHED} --version V"
    seen = "seen first since it shipped: prompt version 8 (2026-03-02 09:00); if that has it, `workbench watch start"
    assert f"watch once the traffic has it; {seen} {CHANGE} --version 8`" in why
