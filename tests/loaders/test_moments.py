"""Times are read exactly, and what had to be assumed is said."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import RecordError
from workbench.loaders.reading.moments import (
    AS_PLACEHOLDER,
    AS_UTC,
    Moment,
    moved,
    read_formatted,
    read_iso,
    read_number,
)

_DAYS = st.datetimes(datetime(1971, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC))


@given(_DAYS)
def test_iso_texts_keep_every_microsecond(moment: datetime) -> None:
    at = read_iso(moment.isoformat()).at
    assert at is not None
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at) == moment


def test_a_time_without_a_zone_is_utc_and_that_is_said() -> None:
    assert read_iso("1971-01-01T00:00:00") == Moment(365 * 86_400_000_000, AS_UTC)
    assert read_iso("1971-01-01T01:00:00+01:00") == Moment(365 * 86_400_000_000)


def test_a_zone_of_the_mapping_is_no_assumption() -> None:
    assert read_iso("1971-01-01T01:00:00", zone=ZoneInfo("Europe/Berlin")) == Moment(365 * 86_400_000_000)


@pytest.mark.parametrize("placeholder", ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_what_exporters_write_for_no_time_is_no_time(placeholder: str) -> None:
    assert read_iso(placeholder) == Moment(None, AS_PLACEHOLDER)


def test_nothing_is_no_time_and_no_assumption() -> None:
    assert read_iso(None) == read_iso("") == read_number(None, "s") == read_formatted("", "%Y") == Moment(None)


@pytest.mark.parametrize(
    ("value", "unit"), [(86_400, "s"), ("86400.0", "s"), (86_400_000, "ms"), (86_400 * 10**9, "ns")]
)
def test_numbers_are_read_by_their_unit(value: float | str, unit: str) -> None:
    assert read_number(value, unit).at == 86_400_000_000  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", ["yesterday", 12, True, "2026-13-01", [1]])
def test_what_is_no_iso_time_is_refused(bad: object) -> None:
    with pytest.raises(RecordError) as refusal:
        read_iso(bad)
    assert refusal.value.reason == "bad_time"


@pytest.mark.parametrize("bad", ["soon", True, float("nan"), 10**40, -(10**40), {}])
def test_what_is_no_number_of_seconds_is_refused(bad: object) -> None:
    with pytest.raises(RecordError) as refusal:
        read_number(bad, "s")
    assert refusal.value.reason == "bad_time"


def test_a_text_that_does_not_fit_its_format_is_refused() -> None:
    assert read_formatted("02.01.1971", "%d.%m.%Y") == Moment(366 * 86_400_000_000, AS_UTC)
    with pytest.raises(RecordError):
        read_formatted("1971-01-02", "%d.%m.%Y")


@pytest.mark.parametrize("beyond", [1e308, -1e308, 10**300, 1e17])
def test_what_leads_out_of_all_dates_is_refused(beyond: float) -> None:
    """Such a number raised an error that nobody expects of a record, and ended the ingest of all files."""
    for read in (lambda: read_number(beyond, "s"), lambda: read_number(beyond, "ms"), lambda: moved(10**15, beyond)):
        with pytest.raises(RecordError) as refusal:
            read()
        assert refusal.value.reason == "bad_time"


def test_a_time_moves_by_milliseconds_both_ways() -> None:
    assert (moved(10**15, 1.5), moved(10**15, -1000)) == (10**15 + 1500, 10**15 - 10**6)
