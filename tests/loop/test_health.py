"""How well the loop turns, counted by hand on a few issues; and the waits that are over, each with who is asked."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.backlog.issues import NOON, issue
from tests.loop.on_record import a_change, a_decision, an_experiment
from tests.loop.people import ANN, on_issue
from tests.loop.under_review import append, findings
from workbench import backlog
from workbench.loop.health import health
from workbench.loop.moves import moves
from workbench.loop.waits import ended_waits
from workbench.records import DetectionRun, Experiment, IssueState, Review, StageAge, Wait
from workbench.schemas import FINDINGS
from workbench.store import DEMO_SECRET, Workspace, init_workspace, open_workspace

DAY = timedelta(days=1)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return init_workspace(tmp_path / "acme", secret=DEMO_SECRET)


def owned(workspace: Workspace, *, owner: str, days: int = 28) -> Workspace:
    """Return the workspace with an owner, and other days until a problem expires."""
    settings = workspace.root / "workspace.toml"
    text = settings.read_text().replace('owner = ""', f'owner = "{owner}"')
    settings.write_text(text.replace("expiry_days = 28", f"expiry_days = {days}"))
    return open_workspace(workspace.root)


def moved(workspace: Workspace, name: str, *steps: tuple[IssueState, float]) -> None:
    """Append an issue in its states, each so many days after noon."""
    for state, days in steps:
        one = issue(state, id=name, cluster_id=f"clu_{name}", first_seen_at=NOON - 2 * DAY)
        workspace.ledger.append([one], now=NOON + days * DAY)


def waits_of(workspace: Workspace, *, now: datetime) -> tuple[Wait, ...]:
    return ended_waits(workspace, stays=backlog.stages(moves(workspace), now=now), now=now)


def test_nothing_is_known_of_an_empty_workspace(workspace: Workspace) -> None:
    told = health(workspace, now=NOON)
    assert (told.n_issues, told.n_triaged, told.n_open, told.oldest_open) == (0, 0, 0, None)
    assert (told.findings_a_week, told.reviews_a_week, told.time_to_ship) == (None, 0, None)
    assert (told.n_shipped, told.stages, told.waits) == (0, (), ())


def test_every_issue_is_triaged_expired_or_open_with_an_age(workspace: Workspace) -> None:
    moved(workspace, "iss_old", ("proposed", 0))
    moved(workspace, "iss_new", ("proposed", 20))
    moved(workspace, "iss_yes", ("proposed", 0), ("confirmed", 3))
    moved(workspace, "iss_no", ("proposed", 0), ("rejected", 5))
    moved(workspace, "iss_part", ("proposed", 0), ("merged", 1))
    told = health(workspace, now=NOON + 30 * DAY)
    assert (told.n_issues, told.n_triaged, told.n_expired, told.n_open) == (4, 2, 1, 1)
    assert told.n_issues == told.n_triaged + told.n_expired + told.n_open
    assert told.oldest_open == 30 * DAY
    assert told.stages == (
        StageAge("proposed", 2, 30 * DAY, 4 * DAY),  # of those that left: 3 and 5 days
        StageAge("confirmed", 1, 27 * DAY, None),
        StageAge("rejected", 1, 25 * DAY, None),
    )


def test_a_ship_holds_comes_back_or_is_not_known_yet(workspace: Workspace) -> None:
    moved(workspace, "iss_1", ("proposed", 0), ("shipped", 8), ("watching", 9), ("resolved", 30))
    moved(workspace, "iss_2", ("proposed", 0), ("shipped", 18), ("watching", 19), ("reopened", 25), ("shipped", 40))
    moved(workspace, "iss_3", ("proposed", 0), ("shipped", 48), ("resolved", 50), ("reopened", 55))
    moved(workspace, "iss_4", ("proposed", 0), ("shipped", 18), ("resolved", 30), ("watching", 59))
    told = health(workspace, now=NOON + 60 * DAY)
    assert (told.n_shipped, told.n_held, told.n_returned, told.n_watched) == (5, 1, 2, 2)
    assert told.time_to_ship == 20 * DAY  # the first trace of each was two days before: 10, 20 and 50


def test_verdicts_and_findings_are_counted_by_the_week(workspace: Workspace) -> None:
    run = DetectionRun(
        id="run_20260302T120000_aaaaaaaaaa",
        at=NOON,
        window=f"{(NOON - 14 * DAY).isoformat()}..{NOON.isoformat()}",
        table_versions={},
        tallies=(),
        n_findings=6,
        n_clusters=1,
        noise_share=0.0,
        seed=0,
        embedder="static",
        supersedes=None,
    )
    at = pl.Series([NOON - days * DAY for days in (1, 2, 3, 4, 5, 20)])
    append(workspace, FINDINGS, findings([("clu_a", f"t{number}") for number in range(6)]).with_columns(at=at))
    judged = [replace(on_issue(f"iss_{days}"), at=NOON - days * DAY) for days in (1, 5, 27, 29)]
    by_model = replace(on_issue("iss_m"), annotator_kind="LLM")
    workspace.ledger.append([run, *judged, by_model], now=NOON, actor=ANN)
    told = health(workspace, now=NOON)
    assert told.findings_a_week == 5 / 2  # five in the fortnight of the run
    assert told.reviews_a_week == 3 / 4  # three in the last four weeks, by people


def test_an_expired_problem_asks_the_owner(workspace: Workspace) -> None:
    moved(workspace, "iss_1", ("proposed", 0))
    assert waits_of(workspace, now=NOON + 27.9 * DAY) == ()
    (wait,) = waits_of(workspace, now=NOON + 28 * DAY)
    assert (wait.kind, wait.id, wait.due_at, wait.asked) == ("issue", "iss_1", NOON + 28 * DAY, ())
    (wait,) = waits_of(owned(workspace, owner="cleo", days=7), now=NOON + 7 * DAY)
    assert (wait.due_at, wait.asked) == (NOON + 7 * DAY, ("cleo",))


def test_a_round_past_its_deadline_asks_its_reviewers(workspace: Workspace) -> None:
    review = Review(
        id="rev_1",
        at=NOON,
        run_id="run_1",
        mode="random",
        seed=0,
        n_per_item=1,
        reviewers=("ben", "dora"),
        n_items=1,
        n_control=0,
        n_population={},
        items_digest="",
        deadline_at=NOON + 14 * DAY,
    )
    workspace.ledger.append([review], now=NOON)
    assert waits_of(workspace, now=NOON + 13 * DAY) == ()
    (wait,) = waits_of(workspace, now=NOON + 14 * DAY)
    assert (wait.kind, wait.asked, wait.due_at) == ("review", ("ben", "dora"), NOON + 14 * DAY)
    workspace.ledger.append([replace(review, closed_at=NOON + 15 * DAY)], now=NOON + 15 * DAY)
    assert waits_of(workspace, now=NOON + 16 * DAY) == ()


def experiment(deadline_at: datetime | None = NOON + 10 * DAY) -> Experiment:
    return an_experiment(author="eve", deadline_at=deadline_at)


def test_an_experiment_past_its_deadline_asks_the_author_of_the_change(workspace: Workspace) -> None:
    workspace.ledger.append([a_change(), experiment()], now=NOON)
    assert waits_of(workspace, now=NOON + 9 * DAY) == ()
    (wait,) = waits_of(workspace, now=NOON + 10 * DAY)
    assert (wait.kind, wait.id, wait.title, wait.asked) == (
        *("experiment", "exp_1", "State the court first"),
        ("ann",),
    )
    assert "experiment sign exp_1" in wait.ends


@pytest.mark.parametrize(
    ("records", "n_waits"),
    [
        ([a_decision("inconclusive")], 1),
        ([a_decision("invalid")], 1),
        ([a_decision("ship")], 1),
        ([a_decision("ship", signer="cleo", identity="typed")], 0),
        ([a_decision("dont_ship")], 0),
        ([a_decision("inconclusive", signer="cleo", identity="typed", ended_as="dropped")], 0),
        ([a_change(state="abandoned")], 0),
        ([replace(experiment(NOON + 90 * DAY), id="exp_2", frozen_at=NOON + DAY)], 0),
        ([experiment(None)], 0),
    ],
)
def test_an_experiment_waits_until_somebody_ended_it(workspace: Workspace, records: list[Any], n_waits: int) -> None:
    workspace.ledger.append([a_change(), experiment(), *records], now=NOON)
    assert len(waits_of(workspace, now=NOON + 20 * DAY)) == n_waits
