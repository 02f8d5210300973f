"""The items of a review come back as they were drawn; a trace that is erased leaves its chance behind."""

from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from workbench.errors import SchemaError
from workbench.records import ERASED
from workbench.schemas import REVIEW_ITEMS
from workbench.store.database import connect, migrate, transaction
from workbench.store.review_items import ReviewItems, items_digest

ITEMS = pl.DataFrame(
    [
        (0, "trace", "clu_1", "tool_error", "t1", 3, 0.25),
        (1, "trace", None, None, "t2", 1, 0.5),
        (2, "cause", "clu_1", "tool_error", "cau_1", 1, 1.0),
        (3, "issue", "clu_1", "tool_error", "iss_1", 1, 1.0),
    ],
    schema=REVIEW_ITEMS.schema,
    orient="row",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> sa.Engine:
    url = f"sqlite:///{tmp_path}/ledger.db" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    made = connect(url)
    migrate(made)
    return made


def add(engine: sa.Engine, review_id: str, items: pl.DataFrame) -> None:
    with transaction(engine) as connection:
        ReviewItems(engine).adding(review_id, items)(connection)


def test_items_come_back_by_place_each_review_apart(engine: sa.Engine) -> None:
    add(engine, "rev_1", ITEMS.reverse())
    add(engine, "rev_2", ITEMS.head(1))
    held = ReviewItems(engine)
    assert held.of("rev_1").equals(ITEMS)
    assert held.of("rev_2").equals(ITEMS.head(1))
    assert held.of("rev_3").schema == REVIEW_ITEMS.schema
    assert held.places(["t1", "t2", "cau_1"]) == {"rev_1": [0, 1], "rev_2": [0]}


def test_an_erased_trace_leaves_its_item_and_its_chance(engine: sa.Engine) -> None:
    add(engine, "rev_1", ITEMS)
    ReviewItems(engine).erase(["t1", "cau_1"])
    assert ReviewItems(engine).of("rev_1")["target_id"].to_list() == [ERASED, "t2", "cau_1", "iss_1"]
    assert ReviewItems(engine).of("rev_1")["inclusion_probability"].to_list() == [0.25, 0.5, 1.0, 1.0]


def test_the_digest_tells_another_chance(engine: sa.Engine) -> None:
    other = ITEMS.with_columns(inclusion_probability=pl.col("inclusion_probability") * 0.999)
    assert len({items_digest(ITEMS), items_digest(other), items_digest(ITEMS.head(3))}) == 3
    with pytest.raises(SchemaError, match="n_alike"):
        add(engine, "rev_1", ITEMS.drop("n_alike"))
