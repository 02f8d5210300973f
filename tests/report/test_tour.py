"""The tour of one problem: it tells of each station what the records have, and says what is not there."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.loop.under_review import NOON, append, trace_of
from tests.loop.with_app import committed_change, make_app_workspace
from tests.payloads import FIRST as PAYLOADS
from workbench import loop, report
from workbench.errors import InsufficientDataError
from workbench.report.tour import Tour
from workbench.schemas import SIGNALS
from workbench.store import Workspace

TRACES = (trace_of("clu_a", 0), trace_of("clu_a", 1))


def complain(workspace: Workspace, trace_id: str, words: str, *, hours: int) -> None:
    said = pl.DataFrame(
        {
            "signal_id": [f"sig_{hours}"],
            "target_kind": ["trace"],
            "target_id": [trace_id],
            "trace_id": [trace_id],
            "kind": ["feedback"],
            "name": ["thumb"],
            "value": [0.0],
            "comment": [words],
            "at": [NOON + timedelta(hours=hours)],
            "source": ["src_x"],
            "day": [NOON.date()],
        }
    )
    append(workspace, SIGNALS, said)


def tour_of(workspace: Workspace) -> Tour:
    return report.read_tour(workspace, report.read_refine(workspace, now=NOON), looked=())


def test_it_begins_with_the_first_complaint_and_says_what_nobody_knows_yet(tmp_path: Path) -> None:
    workspace, app = make_app_workspace(tmp_path / "acme")
    committed_change(workspace, app, development=TRACES)
    assert "a detector found it" in report.complaint(tour_of(workspace)).plain
    complain(workspace, TRACES[1], "later and other words", hours=2)
    complain(workspace, TRACES[0], f"wrong court {PAYLOADS[0]}", hours=1)
    complain(workspace, trace_of("clu_a", 3), "of a trace that it was not written from", hours=0)
    tour = tour_of(workspace)
    shown = report.complaint(tour)
    assert "wrong court" in shown.plain
    assert TRACES[0] in shown.plain
    assert "other words" not in shown.plain
    assert PAYLOADS[0] not in shown.html
    first = report.tour_summary(tour).plain.splitlines()[0]
    assert first == "A problem in 6 traces, and one change for it. Nobody watches yet whether it is gone."
    assert tour.experiment_id == "latest", "nothing tests it"


def test_its_place_is_that_of_the_day_on_which_the_change_was_begun(tmp_path: Path) -> None:
    workspace, app = make_app_workspace(tmp_path / "acme", {"clu_a": 6, "clu_b": 4})
    committed_change(workspace, app, development=TRACES)
    tour = tour_of(workspace)
    ranking = loop.prioritise(workspace, now=tour.begun_at, as_of=tour.begun_at)
    assert report.tour_pain(tour, ranking).plain.startswith("1 of 2")


def test_without_a_change_there_is_no_way_to_lead_along(tmp_path: Path) -> None:
    workspace, _ = make_app_workspace(tmp_path / "acme")
    with pytest.raises(InsufficientDataError, match="no change is begun yet"):
        tour_of(workspace)
