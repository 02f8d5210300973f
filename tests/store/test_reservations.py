"""Reviewers side by side: each item as often as wanted, nothing twice for one person, nothing lost with a kernel."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from workbench.errors import TakenError
from workbench.schemas import REVIEW_ITEMS
from workbench.store.database import connect, migrate, transaction
from workbench.store.reservations import Reservations
from workbench.store.review_items import ReviewItems
from workbench.store.seats import HOLD, Seat

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LATER = NOW + HOLD + MINUTE


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    url = f"sqlite:///{tmp_path}/ledger.db" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    made = connect(url)
    migrate(made)
    for review_id, n_items in (("rev_1", 60), ("rev_2", 3)):
        with transaction(made) as connection:
            ReviewItems(made).adding(review_id, items(n_items))(connection)
    yield made
    made.dispose()


@pytest.fixture
def reservations(engine: sa.Engine) -> Reservations:
    return Reservations(engine)


def items(n: int) -> pl.DataFrame:
    rows = [(place, "trace", "clu_1", "tool_error", f"t{place}", 1, 1.0) for place in range(n)]
    return pl.DataFrame(rows, schema=REVIEW_ITEMS.schema, orient="row")


def seat(reviewer: str, *, n_per_item: int = 1, is_adjudicating: bool = False) -> Seat:
    return Seat("rev_1", reviewer, range(3), n_per_item, is_adjudicating)


def take(reservations: Reservations, reviewer: str, *, n_per_item: int = 1, at: datetime = NOW) -> int | None:
    taken = reservations.take(seat(reviewer, n_per_item=n_per_item), now=at)
    return None if taken is None else taken.place


def done(reservations: Reservations) -> dict[str, int]:
    return dict(reservations.standing(seat("nobody"), now=NOW, n_times=9).done)


def finish(engine: sa.Engine, of: Seat, *places: int, at: datetime = NOW) -> None:
    for place in places:
        with transaction(engine) as connection:
            Reservations(engine).finishing(of, place, now=at)(connection)


def test_what_is_before_a_reviewer_comes_back_until_it_is_judged(engine: sa.Engine, reservations: Reservations) -> None:
    assert [take(reservations, "ann"), take(reservations, "ann", at=NOW + MINUTE)] == [0, 0]
    finish(engine, seat("ann"), 0)
    assert take(reservations, "ann") == 1


def test_an_item_that_is_held_goes_to_nobody_else_until_it_expires(reservations: Reservations) -> None:
    assert [take(reservations, "ann"), take(reservations, "ben")] == [0, 1]
    assert take(reservations, "cem", at=LATER) == 0
    assert take(reservations, "ann", at=LATER) == 1  # hers has gone to another meanwhile


def test_what_went_to_another_meanwhile_cannot_be_judged(engine: sa.Engine, reservations: Reservations) -> None:
    """Two people would have judged what needs one, and the first would have been told that it is saved."""
    assert [take(reservations, "ann"), take(reservations, "ben", at=LATER)] == [0, 0]
    with pytest.raises(TakenError, match="item 1: another reviewer has it by now"):
        finish(engine, seat("ann"), 0, at=LATER)
    finish(engine, seat("ben"), 0, at=LATER)
    assert done(reservations) == {"ben": 1}


def test_an_item_that_nobody_else_took_can_be_judged_after_its_time(engine: sa.Engine) -> None:
    assert take(Reservations(engine), "ann") == 0
    finish(engine, seat("ann"), 0, at=LATER)
    assert done(Reservations(engine)) == {"ann": 1}


def test_each_item_has_as_many_reviewers_as_wanted(engine: sa.Engine, reservations: Reservations) -> None:
    for reviewer in ("ann", "ben", "cem"):
        for _ in range(3):
            place = take(reservations, reviewer, n_per_item=2)
            if place is not None:
                finish(engine, seat(reviewer, n_per_item=2), place)
    assert done(reservations) == {"ann": 3, "ben": 3}


def test_what_is_skipped_goes_to_others_at_once_and_comes_at_the_end(
    engine: sa.Engine, reservations: Reservations
) -> None:
    assert take(reservations, "ann") == 0
    reservations.skip(seat("ann"), 0, now=NOW)
    assert [take(reservations, "ann"), take(reservations, "ben")] == [1, 0]
    reservations.skip(seat("ben"), 0, now=NOW)
    finish(engine, seat("ann"), 1)
    assert take(reservations, "ann") == 2
    finish(engine, seat("ann"), 2)
    assert take(reservations, "ann") == 0
    finish(engine, seat("ann"), 0)
    assert take(reservations, "ann") is None


def test_an_item_that_was_gone_to_is_held_and_comes_back_first(reservations: Reservations) -> None:
    """A reviewer who had searched for an item, and whose kernel died, found herself at another one."""
    assert take(reservations, "ann") == 0
    assert reservations.hold(seat("ann"), 2, now=NOW + MINUTE)
    assert not reservations.hold(seat("ben"), 2, now=NOW + MINUTE)
    assert take(reservations, "ann", at=NOW + MINUTE) == 2
    assert reservations.left(seat("ann"), now=NOW + MINUTE).queue == (2, 0, 1)
    assert reservations.left(seat("ben"), now=NOW + MINUTE).queue == (0, 1)


def test_an_undone_item_is_before_the_reviewer_again_with_its_note(
    engine: sa.Engine, reservations: Reservations
) -> None:
    assert take(reservations, "ann") == 0
    finish(engine, seat("ann"), 0)
    assert take(reservations, "ann") == 1
    with transaction(engine) as connection:
        reservations.reopening(seat("ann"), 0, draft="not the court of", now=NOW + MINUTE)(connection)
    assert take(reservations, "ann") == 0
    assert reservations.own(seat("ann"), 0).draft == "not the court of"
    assert done(reservations) == {}


def test_a_note_that_is_begun_outlives_its_kernel_and_ends_with_the_verdict(engine: sa.Engine) -> None:
    Reservations(engine).keep_draft(seat("ann"), 0, "not the court of", now=NOW)
    assert Reservations(engine).own(seat("ann"), 0).draft == "not the court of"
    assert Reservations(engine).own(seat("ben"), 0).draft == ""
    assert [draft.text for draft in Reservations(engine).drafts()] == ["not the court of"]
    finish(engine, seat("ann"), 0)
    assert Reservations(engine).own(seat("ann"), 0).draft == ""


def test_who_writes_a_note_keeps_the_item(reservations: Reservations) -> None:
    assert take(reservations, "ann") == 0
    reservations.keep_draft(seat("ann"), 0, "let me think", now=NOW + HOLD - MINUTE)
    assert take(reservations, "ben", at=LATER) == 1


def test_an_erased_note_is_gone_and_others_stay(reservations: Reservations) -> None:
    for reviewer, of in (("ann", seat("ann")), ("ben", seat("ben", n_per_item=2))):
        reservations.keep_draft(of, 0, f"a note of {reviewer}", now=NOW)
    reservations.keep_draft(seat("cem", is_adjudicating=True), 0, "a note of cem", now=NOW)
    told = reservations.drafts()
    assert {(draft.review_id, draft.place) for draft in told} == {("rev_1", 0)}
    reservations.erase([draft for draft in told if draft.text != "a note of ben"])
    assert [draft.text for draft in reservations.drafts()] == ["a note of ben"]


def test_a_flag_stays_until_it_is_taken_away(engine: sa.Engine, reservations: Reservations) -> None:
    reservations.flag(seat("ann"), 1, is_flagged=True)
    finish(engine, seat("ann"), 1)
    assert reservations.own(seat("ann"), 1).is_flagged
    reservations.flag(seat("ann"), 1, is_flagged=False)
    assert not reservations.own(seat("ann"), 1).is_flagged


def test_several_items_are_done_at_once_save_those_that_others_have(
    engine: sa.Engine, reservations: Reservations
) -> None:
    assert [take(reservations, "ben"), take(reservations, "ann")] == [0, 1]
    with transaction(engine) as connection:
        reservations.finishing_all(seat("ann"), [0, 1, 2], now=NOW)(connection)
    assert (reservations.left(seat("ann"), now=NOW).queue, done(reservations)) == ((), {"ann": 2})
    with transaction(engine) as connection:
        reservations.releasing(seat("ann"), [1, 2])(connection)
    assert reservations.left(seat("cem"), now=NOW).queue == (1, 2)


def test_reviews_and_adjudications_are_apart(engine: sa.Engine, reservations: Reservations) -> None:
    finish(engine, seat("ann"), 0, 1, 2)
    assert take(reservations, "ann") is None
    elsewhere = [seat("ann")._replace(review_id="rev_2"), seat("ann", is_adjudicating=True)]
    assert [one and one.place for one in (reservations.take(of, now=NOW) for of in elsewhere)] == [0, 0]


REVIEWER = """
import sys
from datetime import UTC, datetime
from workbench.store.database import connect, transaction
from workbench.store.reservations import Reservations
from workbench.store.seats import Seat
url, reviewer = sys.argv[1:]
engine, now = connect(url), datetime(2026, 3, 2, 9, tzinfo=UTC)
reservations, seat = Reservations(engine), Seat("rev_1", reviewer, range(60), 2)
while (taken := reservations.take(seat, now=now)) is not None:
    with transaction(engine) as connection:
        reservations.finishing(seat, taken.place, now=now)(connection)
"""


def test_reviewers_at_once_give_each_item_just_as_many_reviews_as_wanted(engine: sa.Engine) -> None:
    url = engine.url.render_as_string(hide_password=False)
    running = [subprocess.Popen([sys.executable, "-c", REVIEWER, url, f"r{number}"]) for number in range(4)]
    assert [one.wait(timeout=120) for one in running] == [0] * 4
    seats = [Seat("rev_1", f"r{number}", range(60), 2) for number in range(4)]
    places = Counter(place for of in seats for place in Reservations(engine).left(of, now=NOW).own)
    assert places == dict.fromkeys(range(60), 2)


def test_what_is_about_an_erased_user_is_given_to_nobody(engine: sa.Engine, reservations: Reservations) -> None:
    """Who held it, or had put it off, was given it for ever, and could not judge it."""
    assert take(reservations, "ann") == 0
    reservations.skip(seat("ann"), 1, now=NOW)
    ReviewItems(engine).erase(["t0", "t1"])
    assert ReviewItems(engine).n_erased("rev_1") == 2
    assert reservations.left(seat("ann"), now=NOW).queue == (2,)
    assert reservations.left(seat("ben"), now=LATER).queue == (2,)


def test_who_looks_through_items_keeps_them_from_nobody(reservations: Reservations) -> None:
    """Each item that somebody had stepped over was kept from all others for a quarter of an hour."""
    for place in range(3):
        assert reservations.hold(seat("ann"), place, now=NOW)
        if place == 1:
            reservations.keep_draft(seat("ann"), 1, "let me think", now=NOW)
    assert reservations.left(seat("ben"), now=NOW).queue == (0,)
