"""Rows of Parquet are records of JSON, whatever types their columns have."""

import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from pyarrow import parquet

from workbench.errors import FormatError
from workbench.loaders.reading.parquet import rows_of, sample_of
from workbench.loaders.source import Source

NOON_NS = 1_772_366_400_123_456_789
"""2026-03-01T12:00:00.123456789Z."""
NOON = "2026-03-01T12:00:00.123456+00:00"
TIME = pa.timestamp("ns", "UTC")
RUN_ID = "00000000-0000-7000-8000-000000000001"
COLUMNS: dict[str, tuple[Any, Any]] = {
    "time": (pa.array([NOON_NS], TIME), NOON),
    "time without zone": (pa.array([NOON_NS], pa.timestamp("ns")), NOON[:-6]),
    "day": (pa.array([20513], pa.date32()), "2026-03-01"),
    "time of day": (pa.array([43_200_000_000_001], pa.time64("ns")), "12:00:00"),
    "duration": (pa.array([1_500_000_001], pa.duration("ns")), 1.5),
    "in a struct": (pa.array([{"at": NOON_NS}], pa.struct([("at", TIME)])), {"at": NOON}),
    "in a list": (pa.array([[NOON_NS]], pa.list_(TIME)), [NOON]),
    "in a large list": (pa.array([[NOON_NS]], pa.large_list(TIME)), [NOON]),
    "in a map": (pa.array([[("at", NOON_NS)]], pa.map_(pa.string(), TIME)), [["at", NOON]]),
    "decimal": (pa.array([1], pa.int64()).cast(pa.decimal128(38, 6)), 1.0),
    "bytes": (pa.array([b"words"], pa.binary()), "words"),
    "bytes that are no text": (pa.array([b"\xff\x00"], pa.binary()), "ff00"),
    "id": (pa.array([UUID(RUN_ID).bytes], pa.uuid()), RUN_ID),
    "categories": (pa.array(["llm"]).dictionary_encode(), "llm"),
    "nothing": (pa.array([None], pa.string()), None),
    "huge": (pa.array([2**63], pa.uint64()), 2**63),
}


@pytest.fixture(params=["with pandas", "without pandas"])
def maybe_pandas(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide pandas, which a plain install does not bring."""
    if request.param == "without pandas":
        monkeypatch.setitem(sys.modules, "pandas", None)


@pytest.mark.usefixtures("maybe_pandas")
@pytest.mark.parametrize("name", COLUMNS)
def test_a_cell_is_what_json_would_have(tmp_path: Path, name: str) -> None:
    """Nanoseconds, as pandas writes them, were an error without pandas, and ids of type UUID were no text."""
    column, expected = COLUMNS[name]
    parquet.write_table(pa.table({name: column}), tmp_path / "rows")
    assert list(rows_of(Source(tmp_path / "rows"))) == [{name: expected}]


def test_a_sample_shows_the_first_rows_or_else_the_names(tmp_path: Path) -> None:
    table = pa.table({"id": list(range(9)), "text": ["x"] * 9})
    parquet.write_table(table, tmp_path / "rows")
    assert sample_of(Source(tmp_path / "rows")).splitlines() == [b'{"id":%d,"text":"x"}' % n for n in range(5)]
    parquet.write_table(table.slice(0, 0), tmp_path / "none")
    assert sample_of(Source(tmp_path / "none")) == b'{"id":null,"text":null}'


def test_what_is_no_parquet_has_no_sample_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(b"PAR1 and no more")
    assert sample_of(Source(tmp_path / "rows")) == b""
    with pytest.raises(FormatError, match="cannot be read as Parquet"):
        list(rows_of(Source(tmp_path / "rows")))
