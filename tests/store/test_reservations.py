"""Reviewers side by side: each item as often as wanted, nothing twice for one person, nothing lost with a kernel."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from workbench.store.database import connect, migrate
from workbench.store.reservations import HOLD, Reservations

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    url = f"sqlite:///{tmp_path}/ledger.db" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    made = connect(url)
    migrate(made)
    yield made
    made.dispose()


@pytest.fixture
def reservations(engine: sa.Engine) -> Reservations:
    return Reservations(engine)


def take(reservations: Reservations, reviewer: str, *, n_per_item: int = 1, at: datetime = NOW) -> int | None:
    return reservations.take("rev_1", reviewer, n_items=3, n_per_item=n_per_item, now=at)


def test_what_is_before_a_reviewer_comes_back_until_it_is_judged(reservations: Reservations) -> None:
    assert [take(reservations, "ann"), take(reservations, "ann", at=NOW + MINUTE)] == [0, 0]
    reservations.finish("rev_1", "ann", [0], now=NOW)
    assert take(reservations, "ann") == 1


def test_an_item_that_is_held_goes_to_nobody_else_until_it_expires(reservations: Reservations) -> None:
    assert [take(reservations, "ann"), take(reservations, "ben")] == [0, 1]
    later = NOW + HOLD + MINUTE
    assert take(reservations, "cem", at=later) == 0
    assert take(reservations, "ann", at=later) == 1  # hers has gone to another meanwhile


def test_each_item_has_as_many_reviewers_as_wanted(reservations: Reservations) -> None:
    for reviewer in ("ann", "ben", "cem"):
        for _ in range(3):
            place = take(reservations, reviewer, n_per_item=2)
            if place is not None:
                reservations.finish("rev_1", reviewer, [place], now=NOW)
    assert reservations.done("rev_1") == {"ann": (0, 1, 2), "ben": (0, 1, 2)}


def test_what_is_skipped_goes_to_others_at_once_and_comes_at_the_end(reservations: Reservations) -> None:
    assert take(reservations, "ann") == 0
    reservations.skip("rev_1", "ann", 0, now=NOW)
    assert [take(reservations, "ann"), take(reservations, "ben")] == [1, 0]
    reservations.skip("rev_1", "ben", 0, now=NOW)
    reservations.finish("rev_1", "ann", [1], now=NOW)
    assert take(reservations, "ann") == 2
    reservations.finish("rev_1", "ann", [2], now=NOW)
    assert take(reservations, "ann") == 0
    reservations.finish("rev_1", "ann", [0], now=NOW)
    assert take(reservations, "ann") is None


def test_an_undone_item_is_before_the_reviewer_again(reservations: Reservations) -> None:
    assert take(reservations, "ann") == 0
    reservations.finish("rev_1", "ann", [0], now=NOW)
    assert take(reservations, "ann") == 1
    reservations.reopen("rev_1", "ann", 0, now=NOW)
    assert take(reservations, "ann") == 0
    assert reservations.done("rev_1") == {}


def test_a_note_that_is_begun_outlives_its_kernel_and_ends_with_the_verdict(engine: sa.Engine) -> None:
    Reservations(engine).keep_draft("rev_1", "ann", 0, "not the court of")
    assert Reservations(engine).draft("rev_1", "ann", 0) == "not the court of"
    assert Reservations(engine).draft("rev_1", "ben", 0) == ""
    Reservations(engine).finish("rev_1", "ann", [0], now=NOW)
    assert Reservations(engine).draft("rev_1", "ann", 0) == ""


def test_reviews_are_apart(reservations: Reservations) -> None:
    reservations.finish("rev_1", "ann", [0, 1, 2], now=NOW)
    assert take(reservations, "ann") is None
    assert reservations.take("rev_2", "ann", n_items=1, n_per_item=1, now=NOW) == 0


REVIEWER = """
import sys
from datetime import UTC, datetime
from workbench.store.database import connect
from workbench.store.reservations import Reservations
url, reviewer = sys.argv[1:]
reservations, now = Reservations(connect(url)), datetime(2026, 3, 2, 9, tzinfo=UTC)
while (place := reservations.take("rev_1", reviewer, n_items=60, n_per_item=2, now=now)) is not None:
    reservations.finish("rev_1", reviewer, [place], now=now)
"""


def test_reviewers_at_once_give_each_item_just_as_many_reviews_as_wanted(engine: sa.Engine) -> None:
    url = engine.url.render_as_string(hide_password=False)
    running = [subprocess.Popen([sys.executable, "-c", REVIEWER, url, f"r{number}"]) for number in range(4)]
    assert [one.wait(timeout=120) for one in running] == [0] * 4
    places = Counter(place for of_one in Reservations(engine).done("rev_1").values() for place in of_one)
    assert places == dict.fromkeys(range(60), 2)
