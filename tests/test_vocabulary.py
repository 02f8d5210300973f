"""Errors, ids, windows, records and schemas: small things that everything else stands on."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import SchemaError, WorkbenchError
from workbench.ids import content_id, digest, key_user, ordered_id
from workbench.records import CONTROL, OF_CAUSES, Cause, LoadReport, Review, Verdict, quoted_fields, verdict_id
from workbench.schemas import SPANS, TABLES, require
from workbench.windows import Window

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
REPORT = LoadReport(
    path="a.jsonl",
    source="src_a",
    format="otlp",
    n_in=6,
    n_stored=3,
    n_duplicate=2,
    n_quarantined=1,
    n_spans=5,
    n_traces=1,
    n_signals=0,
    refused={"not_json": 1},
    mapped={},
    guessed={},
    left={},
)


def test_an_error_says_where_what_and_what_to_do() -> None:
    assert str(WorkbenchError("no such table", where="spans", fix="run it")) == "spans: no such table; run it"
    assert str(WorkbenchError("no such table")) == "no such table"


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_two_lists_of_parts_share_a_digest_only_if_they_are_equal(one: list[str], other: list[str]) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)


def test_a_content_id_is_its_prefix_and_130_bits() -> None:
    prefix, _, rest = content_id("iss", "x").partition("_")
    assert (prefix, len(rest)) == ("iss", 26)


def test_ordered_ids_sort_by_time_in_any_zone() -> None:
    later = (NOON + timedelta(seconds=1)).astimezone(timezone(timedelta(hours=-11)))
    assert ordered_id("run", NOON, "z") < ordered_id("run", later, "a")


def test_a_user_key_is_the_published_hmac() -> None:
    """RFC 4231, test case 2: key Jefe, data 'what do ya want for nothing?'."""
    mac = bytes.fromhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    import base64

    expected = base64.b32encode(mac).decode().lower()[:26]
    assert key_user(b"Jefe", "what do ya want for nothing?") == f"usr_{expected}"


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("all", None, None),
        ("7d", NOON - timedelta(days=7), NOON),
        ("2026-01-05..2026-01-12", datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 12, tzinfo=UTC)),
        ("2026-01-05T02:00+02:00..", datetime(2026, 1, 5, tzinfo=UTC), None),
        ("..2026-01-05", None, datetime(2026, 1, 5, tzinfo=UTC)),
    ],
)
def test_a_window_is_read_as_it_is_written(text: str, start: datetime | None, end: datetime | None) -> None:
    window = Window.parse(text, now=NOON)
    assert (window.start, window.end) == (start, end)
    assert Window.parse(str(window), now=NOON) == window


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01..", "2026-02-01..2026-01-01", "0d", "7 d"])
def test_a_window_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="window"):
        Window.parse(text, now=NOON)


def test_a_window_that_ends_at_midnight_does_not_touch_the_next_day() -> None:
    window = Window.parse("2026-01-05..2026-01-12", now=NOON)
    assert (window.first_day, window.last_day) == (date(2026, 1, 5), date(2026, 1, 11))


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Window(start=datetime(2026, 1, 1))


def test_a_load_report_that_does_not_add_up_cannot_be_made() -> None:
    assert replace(REPORT, n_in=7, n_stored=4).n_in == 7
    with pytest.raises(ValueError, match="must be stored 3"):
        replace(REPORT, n_in=7)


def test_the_words_of_a_trace_are_marked_in_a_cause() -> None:
    assert quoted_fields(Cause) == {
        *("values", "statement", "notes", "quotes"),
        *("evidence", "counter_examples", "spans", "shown"),
    }


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_has_its_key_its_day_and_no_column_twice(table: object) -> None:
    assert table in TABLES
    for one in TABLES:
        names = [column.name for column in one.columns]
        assert len(set(names)) == len(names)
        assert {*one.key, *one.statistics, "day"} <= set(names)
        assert all(column.meaning for column in one.columns)


def test_a_missing_column_is_named_at_the_door() -> None:
    with pytest.raises(SchemaError, match=r"backlog: missing column b, c"):
        require(pl.DataFrame({"a": [1]}), ["a", "b", "c"], of="backlog")
    require(SPANS.empty().lazy(), SPANS.schema.names(), of="x")


def test_a_verdict_is_one_of_an_annotator_on_a_thing_and_its_words_are_marked() -> None:
    verdict = Verdict(
        id=verdict_id("trace", "t1", cluster_id="clu_1", annotator="ann"),
        target_kind="trace",
        target_id="t1",
        label="confirmed",
        explanation="",
        code="",
        annotator_kind="HUMAN",
        annotator="ann",
        identity="typed",
        at=NOON,
    )
    assert verdict.id.startswith("ver_")
    assert quoted_fields(Verdict) == {"explanation", "code", "statement"}
    for label in OF_CAUSES:
        with pytest.raises(ValueError, match=f"only a cause can be {label}"):
            replace(verdict, label=label)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must be from 0 to 1"):
        replace(verdict, score=float("nan"))


def test_a_verdict_says_what_its_label_needs() -> None:
    verdict = Verdict(
        id="ver_1",
        target_kind="cause",
        target_id="cau_1",
        label="split",
        statement=("too slow", "too dear"),
        explanation="",
        code="",
        annotator_kind="HUMAN",
        annotator="ann",
        identity="typed",
        at=NOON,
    )
    with pytest.raises(ValueError, match="must be at least 2"):
        replace(verdict, statement=("too slow",))
    with pytest.raises(ValueError, match="must be the id of the other cause"):
        replace(verdict, label="merge")
    with pytest.raises(ValueError, match="must say its check sample"):
        replace(verdict, label="confirmed", target_kind="cluster", n_checked=10)


def test_the_same_thing_judged_in_two_reviews_is_judged_twice() -> None:
    outside = verdict_id("trace", "t1", cluster_id="clu_1", annotator="ann")
    inside = [verdict_id("trace", "t1", cluster_id="clu_1", annotator="ann", review_id=f"rev_{n}") for n in (1, 2)]
    assert len({outside, *inside}) == 3


def test_a_review_has_as_many_reviewers_as_each_item_needs() -> None:
    review = Review(
        id="rev_1",
        at=NOON,
        run_id="run_1",
        mode="random",
        seed=0,
        n_per_item=2,
        reviewers=("ann", "ben"),
        n_items=3,
        n_control=1,
        n_population={"clu_1": 9, CONTROL: 40},
        items_digest="",
        deadline_at=NOON,
    )
    with pytest.raises(ValueError, match="must be at most the number of reviewers named, 1"):
        replace(review, reviewers=("ann",))
    with pytest.raises(ValueError, match="must be at least 1"):
        replace(review, n_per_item=0)
