"""The report of the backlog: one ranking, what is stuck and what ends it, and hostile titles shown as words."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.backlog.issues import issue
from tests.loop.under_review import make_workspace
from tests.payloads import FIRST as PAYLOADS
from workbench import loop, report
from workbench.backlog import SHIPPED, Suffering, Weights, rank, stages
from workbench.errors import InsufficientDataError
from workbench.records import Issue, Review
from workbench.report import BacklogReport
from workbench.report.backlog_ranking import next_reviews, ranking_chart, ranking_table, weight_sets
from workbench.report.backlog_stages import put_together, stage_table, stuck_issues
from workbench.report.chart import Chart
from workbench.review import Waiting
from workbench.store import DEMO_SECRET, init_workspace

NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MOVES: dict[str, pl.DataType | type[pl.DataType]] = {
    "issue_id": pl.String,
    "from": pl.String,
    "to": pl.String,
    "at": pl.Datetime("us", "UTC"),
    "actor": pl.String,
    "reason": pl.String,
    "evidence": pl.List(pl.String),
}
ISSUES = (
    issue("confirmed", id="iss_1", cluster_id="clu_1", title="no seat left"),
    issue("proposed", id="iss_2", cluster_id="clu_2", title="no meal left"),
    issue("merged", id="iss_3", cluster_id="clu_3", title="no bag left", merged_into="iss_1"),
)
REVIEW = Review(
    id="rev_1",
    at=NOW - 20 * DAY,
    run_id="run_1",
    mode="random",
    seed=0,
    n_per_item=1,
    n_items=1,
    n_control=0,
    n_population={},
    items_digest="",
    deadline_at=NOW - 6 * DAY,
)


def suffering(issue_id: str, n_users: float, *, sign: int) -> Suffering:
    drawn = n_users + sign * np.linspace(-4, 4, 101)
    return Suffering(issue_id=issue_id, users=drawn[:, None], sessions=drawn, tiers=("",), n_judged=5, n_confirmed=4)


def a_report(
    issues: Sequence[Issue] = ISSUES, *, waiting: Sequence[Waiting] = (), weights: Weights = SHIPPED[0]
) -> BacklogReport:
    """Return a backlog whose first open issue hits 30 users, the next 29, and so on."""
    every = {one.id: one for one in issues}
    ranked = [one.id for one in issues if one.state in ("proposed", "confirmed", "reopened")]
    moves: list[tuple[object, ...]] = [
        (one.id, None, "proposed", NOW - 30 * DAY, "workbench", "", []) for one in issues
    ] + [
        (one.id, "proposed", one.state, NOW - 3 * DAY, "ann", "it is so", ["iss_1"])
        for one in issues
        if one.state != "proposed"
    ]
    frame = pl.DataFrame(moves, schema=MOVES, orient="row")
    return BacklogReport(
        ranking=rank(
            [suffering(issue_id, 30 - at, sign=(-1) ** at) for at, issue_id in enumerate(ranked)],
            every,
            n_users=dict.fromkeys(ranked, 40),
            weights=weights,
            others=SHIPPED[1:],
            open_clusters={issue_id: [every[issue_id].cluster_id] for issue_id in ranked},
            k=1,
        ),
        moves=frame,
        stays=stages(frame, now=NOW),
        issues=every,
        waiting={one.issue.id: one for one in waiting},
        run=None,
        now=NOW,
    )


def test_the_headline_names_the_worst_and_how_many_users_it_hits() -> None:
    plain = report.backlog_summary(a_report()).plain
    assert plain.startswith("Of 2 open problems, the worst hits about 30 (26 to 34) users, at medium severity.")
    assert "no seat left" in plain


def test_the_headline_of_worst_problems_that_are_all_sure_speaks_of_no_others() -> None:
    """It said "Of the 5 worst, 5 are sure ...; of the others more verdicts would tell"."""
    two = a_report()
    sure = replace(two, ranking=replace(two.ranking, k=2, rows=tuple(r._replace(p_top=1.0) for r in two.ranking.rows)))
    assert report.backlog_summary(sure).plain.endswith(
        "All of the 2 worst are sure to be among them, nine chances in ten or more."
    )


def test_the_ranking_is_a_table_with_its_grounds_and_a_chart_with_its_words() -> None:
    plain = ranking_table(a_report(), top_n=20).plain
    assert "1 no seat left confirmed 30 (26 to 34)" in " ".join(plain.split())
    assert "as 4 of 5 judged traces really have it" in plain
    assert "effort" not in plain
    chart = ranking_chart(a_report(), top_n=20)
    assert isinstance(chart, Chart)
    assert chart.alt.startswith("Which problems cost users most? 1. no seat left: 60 (52 to 68); 2. no meal left")


def test_more_verdicts_are_asked_for_only_where_a_place_is_not_sure() -> None:
    plain = next_reviews(a_report(), top_n=20).plain
    assert "clu_1" in plain
    assert "clu_2" in plain
    alone = a_report([ISSUES[0]])
    assert "It is sure of every problem" in next_reviews(alone, top_n=20).plain


def test_the_weights_say_how_far_the_order_hangs_on_them() -> None:
    plain = weight_sets(a_report()).plain
    assert "1 of 1 (100 %) worst problems here are among the worst under every set." in plain
    assert "Of 0 % of the users hit the tier is known" in plain


def test_stages_tell_who_is_there_and_how_long_those_stayed_that_left() -> None:
    lines = stage_table(a_report()).plain.splitlines()
    assert [" ".join(line.split()) for line in lines if line.startswith(("proposed", "confirmed", "merged"))] == [
        "proposed 1 30 days 2 27 days",
        "confirmed 1 3 days 0 –",
        "merged 1 3 days 0 –",
    ]


@pytest.mark.parametrize(
    ("wait", "said"),
    [
        (None, "a review that asks for it, which none does yet"),
        (REVIEW, "its review is over, and nobody has judged it: decide, or open another"),
        (replace(REVIEW, deadline_at=NOW + DAY), "its review ends on 2026-03-31 12:00 UTC; nobody has judged it"),
    ],
)
def test_what_is_stuck_says_what_will_end_it(wait: Review | None, said: str) -> None:
    is_late = wait is not None and wait.deadline_at <= NOW
    waits = Waiting(ISSUES[1], wait, "nobody", 0, 1, is_late)
    plain = " ".join(stuck_issues(a_report(waiting=[waits])).plain.split())
    assert f"no meal left proposed 30 days {'in time' if wait and not is_late else 'stuck'} {said}" in plain
    assert "no seat left confirmed 3 days in time a change that is begun for it; stuck from 2026-04-24 on" in plain


def test_what_people_merged_and_split_is_told() -> None:
    part = issue(id="iss_4", split_from="iss_1", title="no aisle seat", reason="another team's")
    plain = " ".join(put_together(a_report([*ISSUES, part])).plain.split())
    assert "no bag left merged into no seat left ann it is so" in plain
    assert "no aisle seat split from no seat left – another team's" in plain
    assert "Nobody has merged or split" in put_together(a_report(ISSUES[:2])).plain


def test_nothing_open_is_said_and_not_drawn() -> None:
    empty = a_report([ISSUES[2]])
    assert "No problem is open" in report.backlog_summary(empty).plain
    assert "nothing to draw" in ranking_chart(empty, top_n=5).plain  # type: ignore[union-attr]
    assert "No issue is open" in stuck_issues(empty).plain
    assert "No confirmed problem waits for a change" in report.backlog_conclusions(empty).plain
    assert report.backlog_figures(empty).plain
    assert weight_sets(empty).plain
    assert ranking_table(empty, top_n=5).plain


def test_a_workspace_is_read_with_what_waits_in_it(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "w", {"clu_a": 4})
    ranking = loop.prioritise(workspace, now=NOW)
    read = report.read_backlog(workspace, ranking=ranking, moves=loop.moves(workspace), now=NOW)
    assert list(read.waiting) == list(read.issues) == ["iss_clu_a"]
    assert read.run is not None
    assert "a review that asks for it, which none does yet" in stuck_issues(read).plain


def test_without_any_issue_the_report_stops_with_what_to_do(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "w", secret=DEMO_SECRET)
    ranking = loop.prioritise(workspace, now=NOW)
    with pytest.raises(InsufficientDataError, match="workbench detect"):
        report.read_backlog(workspace, ranking=ranking, moves=loop.moves(workspace), now=NOW)


def test_words_from_traces_and_people_are_escaped() -> None:
    for payload in PAYLOADS:
        evil = issue(id="iss_1", title=payload, reason=payload, split_from="iss_9")
        one = a_report([evil, issue("merged", id="iss_2", title=payload, merged_into="iss_1")])
        for block in (ranking_table(one, top_n=5), stuck_issues(one), put_together(one), report.backlog_summary(one)):
            assert payload not in block.html or "<" not in payload
