"""A table of the user's own with texts in it, read whole and written again with columns beside each row.

The rows keep their order, and no value of theirs is changed: JSON lines keep their bytes, CSV its cells as they are
written, Parquet its types. One thing is guarded: a CSV is opened in spreadsheets, so that a cell which one would run as
a formula is prefixed there.
"""

import os
from collections.abc import Collection, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, NamedTuple

import orjson
import polars as pl
from polars.exceptions import PolarsError

from workbench.boundaries.display import spreadsheet
from workbench.counted import counted
from workbench.errors import ConfigError, FormatError, first_line
from workbench.loaders.source import Source

Format = Literal["csv", "jsonl", "parquet"]
SUFFIXES: Mapping[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
PACKED = (".gz", ".zst")
MAX_NAMED_COLUMNS = 20
"""Columns that an error lists."""
MAX_COLUMNS = 10_000
"""Of JSON lines: each may bring names of its own, and each name is a column of all rows."""
MAX_CELLS = 50_000_000
"""Rows by columns of JSON lines."""
_MANY_OPENED = 200
"""Brackets in a line: with fewer it is never deeper than what can be written again, 254 levels."""
_MAY_BE_FORMULA = r"^[^\p{L}\p{N}]*[=+\-@\t\r\n＝＋－＠]"
_NUMBER = r"^[+-]?(?:\d+(?:[.,]\d+)*|\.\d+)(?:[eE][+-]?\d+)?%?$"


class TextFile(NamedTuple):
    """The rows of a file, and the texts among them."""

    format: Format
    """How the file was written."""
    rows: pl.DataFrame
    """One row a row of the file; of JSON lines values that no column type holds are JSON texts."""
    texts: list[str | None]
    """The text of each row; None where it has none."""
    lines: tuple[bytes, ...]
    """Of JSON lines: each row as it came."""
    n_refused: int
    """Lines that are no rows."""


def read_texts(path: Path, *, column: str, others: Collection[str] = ()) -> TextFile:
    """Return the rows of a CSV, JSON lines or Parquet file, plain, gzip or zstd, and the texts of one column.

    Parameters
    ----------
    path
        The file; decompressed it may have 512 MB.
    column
        The column of the texts.
    others
        Columns that it must have besides.

    Raises
    ------
    ConfigError
        If there is no such file, or it has no such column: the error lists those that it has.
    FormatError
        If it cannot be read, is too large, or holds no row.
    """
    table = read_rows(path)
    for wanted in (column, *others):
        if wanted not in table.rows.columns:
            names = ", ".join(map(repr, table.rows.columns[:MAX_NAMED_COLUMNS]))
            raise ConfigError(f"no column {wanted!r}", where=str(path), fix=f"it has {names}")
    return table._replace(texts=_texts(table.rows[column], path))


def read_rows(path: Path) -> TextFile:
    """Return the rows of a CSV, JSON lines or Parquet file as of `read_texts`, of no column the texts.

    Raises
    ------
    ConfigError
        If there is no such file.
    FormatError
        If it cannot be read, is too large, or holds no row.
    """
    if not path.is_file():
        raise ConfigError("no such file", where=str(path))
    raw = Source(path).document()
    try:
        form = _recognise(path, raw)
        rows, lines, n_refused = _read_lines(raw, path) if form == "jsonl" else (_read_table(raw, form), (), 0)
    except (PolarsError, UnicodeDecodeError) as error:
        raise FormatError(
            f"it cannot be read: {first_line(error)}", where=str(path), fix="give CSV, JSON lines or Parquet"
        ) from None
    if rows.is_empty():
        raise FormatError("it holds no row", where=str(path), fix="give CSV, JSON lines or Parquet")
    return TextFile(form, rows, [], lines, n_refused)


def write_beside(file: TextFile, added: pl.DataFrame, out: Path) -> int:
    """Write the rows with the added columns and return how many cells were prefixed; whole or not at all.

    Parameters
    ----------
    file
        The rows, as they were read.
    added
        One row a row, in the same order.
    out
        The new file; its suffix says its format. One that is there is replaced.

    Raises
    ------
    ConfigError
        If the suffix is none of `.csv`, `.tsv`, `.jsonl`, `.ndjson`, `.parquet`, or the file has one of the columns.
    """
    form = format_of(out)
    taken = sorted(set(added.columns) & set(file.rows.columns))
    if taken:
        raise ConfigError(f"the file has a column {taken[0]!r} already", fix="rename it, then run this again")
    whole, n_guarded, content = file.rows.hstack(added), 0, BytesIO()
    if form == "csv":
        whole, n_guarded = _guarded(_flat(whole))
        whole.write_csv(content, separator="\t" if out.suffix.lower() == ".tsv" else ",")
    elif form == "parquet":
        whole.write_parquet(content)
    elif file.format == "jsonl":
        content.write(b"".join(map(_spliced, file.lines, added.iter_rows(named=True))))
    else:
        whole.write_ndjson(content)
    _replace(out, content.getvalue())
    return n_guarded


def format_of(out: Path) -> Format:
    """Return the format that a file's name asks for."""
    form = SUFFIXES.get(out.suffix.lower())
    if form is None:
        raise ConfigError(f"no format is known by {out.suffix!r}", where=str(out), fix=f"use {', '.join(SUFFIXES)}")
    return form


def _recognise(path: Path, raw: bytes) -> Format:
    if raw[:4] == b"PAR1":
        return "parquet"
    named = SUFFIXES.get(Path(path.stem if path.suffix.lower() in PACKED else path.name).suffix.lower())
    return named or ("jsonl" if raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" else "csv")


def _read_table(raw: bytes, form: Format) -> pl.DataFrame:
    if form == "parquet":
        return pl.read_parquet(BytesIO(raw))
    head = raw.split(b"\n", 1)[0]
    separator = max(",;\t", key=lambda sign: head.count(sign.encode()))
    return pl.read_csv(BytesIO(raw), infer_schema=False, separator=separator)


def _read_lines(raw: bytes, path: Path) -> tuple[pl.DataFrame, tuple[bytes, ...], int]:
    """Return the rows of JSON lines, the lines that they are, and how many lines are none."""
    rows, lines, n_refused = [], [], 0
    names: dict[str, None] = {}
    for line in raw.removeprefix(b"\xef\xbb\xbf").splitlines():
        if not (stripped := line.strip()):
            continue
        try:
            row = orjson.loads(stripped)
            if stripped.count(b"[") + stripped.count(b"{") > _MANY_OPENED:
                orjson.dumps(row)
        except (orjson.JSONDecodeError, orjson.JSONEncodeError):
            row = None
        if isinstance(row, dict):
            rows.append(row)
            lines.append(stripped)
            names.update(dict.fromkeys(row))
            if len(names) > MAX_COLUMNS or len(names) * len(rows) > MAX_CELLS:
                raise FormatError(
                    f"line {len(rows) + n_refused:,} makes it {counted(len(rows), 'row')} "
                    f"by {len(names):,} columns, too many",
                    where=str(path),
                    fix=f"give at most {MAX_COLUMNS:,} columns and {MAX_CELLS:,} cells",
                )
        else:
            n_refused += 1
    columns = [_column(name, [row.get(name) for row in rows]) for name in names]
    return pl.DataFrame(columns), tuple(lines), n_refused


def _column(name: str, values: list[Any]) -> pl.Series:
    """Return the values as a column of the one type that they have; of several, or of none that fits, as JSON texts."""
    types = {type(value) for value in values if value is not None}
    for dtype, kinds in ((pl.String, {str}), (pl.Boolean, {bool}), (pl.Int64, {int}), (pl.Float64, {float})):
        if types <= kinds and not (kinds == {int} and any(value is not None and value >= 1 << 63 for value in values)):
            return pl.Series(name, values, dtype=dtype, strict=True)
    return pl.Series(name, [None if value is None else orjson.dumps(value).decode() for value in values], pl.String)


def _texts(column: pl.Series, path: Path) -> list[str | None]:
    if column.dtype.is_nested() or column.dtype == pl.Binary:
        raise ConfigError(f"column {column.name!r} holds no texts", where=str(path), fix="name a column of texts")
    return column.cast(pl.String).to_list()


def _spliced(line: bytes, added: Mapping[str, Any]) -> bytes:
    """Return a JSON object's own bytes with further members before its end, and a line end."""
    members = orjson.dumps(dict(added))[1:]
    between = b"" if line[:-1].rstrip().endswith(b"{") else b","
    return line[:-1].rstrip() + between + members + b"\n"


def _flat(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with nested values as JSON texts: CSV holds no others."""
    nested = [name for name, dtype in rows.schema.items() if dtype.is_nested() or dtype == pl.Binary]
    made = [
        pl.Series(
            name,
            [None if value is None else orjson.dumps(value, default=str).decode() for value in rows[name].to_list()],
        )
        for name in nested
    ]
    return rows.with_columns(made)


def _guarded(rows: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Return the rows with cells prefixed that a spreadsheet would run, and how many those are; numbers stay."""
    n_guarded, made = 0, []
    for name in [name for name, dtype in rows.schema.items() if dtype == pl.String]:
        column = rows[name]
        may_be = column.str.contains(_MAY_BE_FORMULA) & ~column.str.contains(_NUMBER)
        if may_be.any():
            values = [spreadsheet(value) if flag else value for value, flag in zip(column, may_be, strict=True)]
            n_guarded += sum(old != new for old, new in zip(column, values, strict=True))
            made.append(pl.Series(name, values, dtype=pl.String))
    return rows.with_columns(made).rename({name: spreadsheet(name) for name in rows.columns}), n_guarded


def _replace(out: Path, content: bytes) -> None:
    beside = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content)
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)
