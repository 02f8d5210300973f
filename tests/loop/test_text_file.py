"""Tables of any kind, read and written again: rows in order, values untouched, formulas guarded."""

import csv
import gzip
import json
from pathlib import Path

import orjson
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.errors import ConfigError, FormatError
from workbench.loop.text_file import read_texts, write_beside

TWO = pl.DataFrame({"cluster": [0, -1], "x": [0.5, None]})
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)


def test_json_lines_keep_their_bytes(tmp_path: Path) -> None:
    """1.0, a big integer, a doubled key and the spelling of a sign would all come back otherwise."""
    lines = [b'{"text": "h\\u00e9", "n": 1.0, "big": 123456789012345678901234567890, "n": 2}', b'{ "text": null }']
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    file = read_texts(tmp_path / "in.jsonl", column="text")
    assert file.texts == ["hé", None]
    write_beside(file, TWO, tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_bytes().splitlines() == [
        lines[0][:-1] + b',"cluster":0,"x":0.5}',
        b'{ "text": null,"cluster":-1,"x":null}',
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.dictionaries(st.sampled_from(["text", "a", "b"]), VALUES), min_size=2, max_size=2))
def test_any_json_lines_come_back_with_the_columns_beside_them(tmp_path: Path, rows: list[dict[str, object]]) -> None:
    rows[0]["text"] = "said"
    rows[1]["text"] = None
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    file = read_texts(tmp_path / "in.jsonl", column="text")
    for name in ("out.jsonl", "out.parquet", "out.csv"):
        write_beside(file, TWO, tmp_path / name)
    again = [json.loads(line) for line in (tmp_path / "out.jsonl").read_bytes().splitlines()]
    assert again == [{**rows[0], "cluster": 0, "x": 0.5}, {**rows[1], "cluster": -1, "x": None}]
    assert pl.read_parquet(tmp_path / "out.parquet")["text"].to_list() == ["said", None]
    assert pl.read_csv(tmp_path / "out.csv", infer_schema=False)["cluster"].to_list() == ["0", "-1"]


def test_csv_keeps_its_cells_as_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text('text,zip,amount\n"one, ""two""",007,1.50\n,08,-3\n')
    write_beside(read_texts(tmp_path / "in.csv", column="text"), TWO, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["text", "zip", "amount", "cluster", "x"],
            ['one, "two"', "007", "1.50", "0", "0.5"],
            ["", "08", "-3", "-1", ""],
        ]


def test_a_cell_that_a_spreadsheet_would_run_is_prefixed_in_csv_alone(tmp_path: Path) -> None:
    formulas = ["=HYPERLINK(0)", "\u200b+cmd|x", "-2+3", "＝1", "@sum"]
    plain = ["-3.5", "+4", "1-2", "a=b", None]
    both = pl.DataFrame({"text": [*formulas, *plain]})
    both.write_parquet(tmp_path / "in.parquet")
    file = read_texts(tmp_path / "in.parquet", column="text")
    added = pl.DataFrame({"cluster": [0] * 10})
    assert write_beside(file, added, tmp_path / "out.csv") == 5
    written = pl.read_csv(tmp_path / "out.csv", infer_schema=False)["text"].to_list()
    assert written == [*(f"'{one}" for one in formulas), *plain]
    assert write_beside(file, added, tmp_path / "out.jsonl") == 0
    assert write_beside(file, added, tmp_path / "out.parquet") == 0
    assert pl.read_parquet(tmp_path / "out.parquet")["text"].equals(both["text"])


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    frame = pl.DataFrame({"text": ["a", None], "list": [[1], [2, 3]], "day": ["2026-01-01", None]}).with_columns(
        pl.col("day").str.to_date()
    )
    frame.write_parquet(tmp_path / "in.parquet")
    write_beside(read_texts(tmp_path / "in.parquet", column="text"), TWO, tmp_path / "out.parquet")
    assert pl.read_parquet(tmp_path / "out.parquet").equals(frame.hstack(TWO))


def test_what_a_file_is_follows_from_its_content_where_its_name_does_not_say(tmp_path: Path) -> None:
    (tmp_path / "a").write_text('{"text": "one"}\n')
    (tmp_path / "b").write_text("text;n\none;2\n")
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(b"text\none\n"))
    assert [read_texts(tmp_path / name, column="text").texts for name in ("a", "b", "c.csv.gz")] == [["one"]] * 3


def test_lines_that_are_no_objects_are_counted(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "one"}\n[1]\n{"text": \n\n{"text": "two"}\n')
    file = read_texts(tmp_path / "in.jsonl", column="text")
    assert (file.texts, file.n_refused) == (["one", "two"], 2)


def test_lines_that_each_bring_a_column_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    """A megabyte of 10,001 lines would be 100 million cells."""
    path = tmp_path / "in.jsonl"
    path.write_text("".join(f'{{"text": "a", "k{number}": 1}}\n' for number in range(10_001)))
    with pytest.raises(FormatError, match=r"7,071 rows by 7,072 columns, too many"):
        read_texts(path, column="text")
    path.write_text(json.dumps(dict.fromkeys(["text", *map(str, range(10_000))], "a")))
    with pytest.raises(FormatError, match=r"1 row by 10,001 columns, too many"):
        read_texts(path, column="text")


def test_a_line_too_deep_to_be_written_again_is_refused_alone(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "one", "a": 1}\n{"text": "two", "a": ' + "[" * 300 + "]" * 300 + "}\n")
    file = read_texts(tmp_path / "in.jsonl", column="text")
    assert (file.texts, file.n_refused) == (["one"], 1)


def test_whole_numbers_that_no_column_holds_are_kept_as_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "one", "n": 9223372036854775808}\n{"text": "two", "n": 7}\n')
    rows = read_texts(tmp_path / "in.jsonl", column="text").rows
    assert rows["n"].to_list() == ["9223372036854775808", "7"]


@pytest.mark.parametrize(
    ("name", "content", "column", "error", "said"),
    [
        ("in.csv", "subject,body\na,b\n", "text", ConfigError, r"no column 'text'; it has 'subject', 'body'"),
        ("in.csv", "", "text", FormatError, "in.csv"),
        ("in.csv", "text\n", "text", FormatError, "holds no row"),
        ("in.jsonl", "no json\n", "text", FormatError, "holds no row"),
        ("in.parquet", "PAR1 and no more", "text", FormatError, "cannot be read"),
        ("in.csv.gz", "\x1f\x8bno", "text", FormatError, "compressed data are damaged"),
    ],
)
def test_a_fault_is_named(
    tmp_path: Path, name: str, content: str, column: str, error: type[Exception], said: str
) -> None:
    (tmp_path / name).write_bytes(content.encode("latin-1"))
    with pytest.raises(error, match=said):
        read_texts(tmp_path / name, column=column)


def test_nested_columns_are_no_texts_and_a_taken_name_is_refused(tmp_path: Path) -> None:
    pl.DataFrame({"list": [[1]], "cluster": [3]}).write_parquet(tmp_path / "in.parquet")
    with pytest.raises(ConfigError, match="holds no texts"):
        read_texts(tmp_path / "in.parquet", column="list")
    file = read_texts(tmp_path / "in.parquet", column="cluster")
    with pytest.raises(ConfigError, match="has a column 'cluster' already"):
        write_beside(file, TWO.head(1), tmp_path / "out.parquet")
    with pytest.raises(ConfigError, match=r"no format is known by '\.xlsx'"):
        write_beside(file, TWO.head(1), tmp_path / "out.xlsx")
    assert [path.name for path in tmp_path.iterdir()] == ["in.parquet"]


def test_a_bomb_is_refused_before_it_fills_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kilobyte of gzip can be a gigabyte of zeros."""
    monkeypatch.setattr("workbench.loaders.source.MAX_DOCUMENT_BYTES", 1 << 20)
    (tmp_path / "in.csv.gz").write_bytes(gzip.compress(b"text\n" + bytes(4 << 20)))
    with pytest.raises(FormatError, match="larger than 1 MB"):
        read_texts(tmp_path / "in.csv.gz", column="text")
