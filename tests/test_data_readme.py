"""data/README.md says of every table and of an experiment's records what each column or field is, and its recipes run.

Run as a script it writes the tables and records anew.
"""

import ast
import inspect
import re
import textwrap
from dataclasses import fields
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from workbench.records import Decision, Experiment, ExperimentRun, Holdout, HoldoutUse, Judgement, LiveLook, Withdrawal
from workbench.schemas import DERIVED, EXPOSURES, RESULTS, SIGNALS, SPANS, TABLES, Table
from workbench.store import DEMO_SECRET, init_workspace
from workbench.store.telemetry import Telemetry
from workbench.windows import Window

README = Path(__file__).parents[1] / "data" / "README.md"
RECORDS = (Holdout, HoldoutUse, Experiment, ExperimentRun, Judgement, LiveLook, Withdrawal, Decision)
"""What the ledger keeps of an experiment, in the order in which it is written."""
TYPES = {"String": "text", "Int64": "integer", "Float64": "number", "Boolean": "true or false", "Date": "date"}
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def described(table: Table) -> str:
    """Return the Markdown section of one table."""
    grain, key = table.grain[0].upper() + table.grain[1:], "`, `".join(table.key)
    lines = [f"### {table.name}", "", f"{grain}. Key: `{key}`.", ""]
    lines += ["| column | type | is |", "| --- | --- | --- |"]
    lines += [f"| `{column.name}` | {type_name(column.dtype)} | {column.meaning} |" for column in table.columns]
    return "\n".join(lines) + "\n"


def type_name(dtype: object) -> str:
    name = str(dtype() if isinstance(dtype, type) else dtype)
    return "time" if name.startswith("Datetime") else "list of text" if name.startswith("List") else TYPES[name]


def described_record(record: type) -> str:
    """Return the Markdown section of one kind of record."""
    [written] = ast.parse(textwrap.dedent(inspect.getsource(record))).body
    assert isinstance(written, ast.ClassDef)
    told = [
        (field.target, said.value)
        for field, said in pairwise(written.body)
        if isinstance(field, ast.AnnAssign) and isinstance(said, ast.Expr)
    ]
    lines = [
        f"### {record.__dict__['KIND']}",
        "",
        str(ast.get_docstring(written)),
        "",
        "| field | is |",
        "| --- | --- |",
    ]
    lines += [f"| `{ast.unparse(name)}` | {' '.join(str(ast.literal_eval(text)).split())} |" for name, text in told]
    return "\n".join(lines) + "\n"


def made() -> dict[str, str]:
    """Return what is made from the code, by the word of its place."""
    return {
        "tables": "\n".join(described(table) for table in (*TABLES, EXPOSURES, *DERIVED)),
        "records": "\n".join(described_record(record) for record in RECORDS),
    }


def place_of(word: str, text: str) -> slice:
    """Return where what is made stands in the README."""
    begin = f"<!-- {word} -->\n"
    return slice(text.index(begin) + len(begin), text.index(f"<!-- end of {word} -->\n"))


@pytest.mark.parametrize("word", ["tables", "records"])
def test_the_readme_describes_every_table_and_record_as_the_code_does(word: str) -> None:
    text = README.read_text("utf-8")
    assert text[place_of(word, text)] == made()[word], "run `python tests/test_data_readme.py`"


def test_every_field_of_a_record_is_told() -> None:
    for record in RECORDS:
        told = set(re.findall(r"^\| `(\w+)`", described_record(record), re.MULTILINE))
        assert told == {one.name for one in fields(record)}


def rows_of(table: Table, *rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in table.schema} for row in rows], schema=table.schema)


def make_workspace(folder: Path) -> Telemetry:
    """Return the telemetry of a workspace: five spans on two days, one of them in two contents, and one thumb down."""
    telemetry = init_workspace(folder, secret=DEMO_SECRET).telemetry
    spans = [
        {
            **{"trace_id": f"t{number // 2}", "span_id": f"{number}", "kind": ("LLM", "TOOL")[number % 2]},
            **{"started_at": NOON, "time_known": True, "status": "OK", "session_id": "s", "cost_usd": 0.5},
            **{"content_digest": f"{number}", "day": date(2026, 3, 1 + number % 2), "duration_ms": 2.0 * number},
        }
        for number in range(5)
    ]
    telemetry.append(SPANS, rows_of(SPANS, *spans[:3]), source="a", offset=1)
    telemetry.append(SPANS, rows_of(SPANS, *spans[3:], spans[4] | {"content_digest": "x"}), source="b", offset=1)
    thumb = {"signal_id": "g", "trace_id": "t1", "name": "thumb", "value": 0.0, "day": NOON.date()}
    telemetry.append(SIGNALS, rows_of(SIGNALS, thumb), source="a", offset=1)
    run = {"experiment_id": "exp_1", "metric": "plain_tone", "trial": 0, "status": "ok", "day": NOON.date()}
    answers = [
        run | {"case_id": f"c{at // 2}", "arm": ("baseline", "candidate")[at % 2], "value": at / 4} for at in range(4)
    ]
    telemetry.append(RESULTS, rows_of(RESULTS, *answers), source="a", offset=1)
    return telemetry


@pytest.mark.parametrize(("place", "said"), [(0, "│ exp_1"), (1, "│ TOOL")])
def test_the_readmes_recipes_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: int, said: str
) -> None:
    make_workspace(tmp_path / "acme")
    monkeypatch.chdir(tmp_path)
    recipe = re.findall(r"^```python\n(.*?)^```", README.read_text("utf-8"), re.DOTALL | re.MULTILINE)[place]
    exec(compile(recipe, "data/README.md", "exec"), {})
    assert said in capsys.readouterr().out


def test_duckdb_reads_the_same_rows_of_every_table_and_the_same_sums(tmp_path: Path) -> None:
    """Also after a compaction, whose old files are still in the folder."""
    import duckdb

    telemetry = make_workspace(tmp_path / "acme")
    assert [done.n_files_after for done in telemetry.compact(above=0, above_a_day=1)[:2]] == [2, 1]
    assert len(list((tmp_path / "acme/telemetry/spans").rglob("day=*/*.parquet"))) == 4 + 2
    for table, n_rows in ((SPANS, 6), (SIGNALS, 1)):
        relation = duckdb.read_parquet(telemetry.files(table), hive_partitioning=True)
        assert len(relation.fetchall()) == telemetry.scan(table).collect().height == n_rows
        assert set(relation.columns) == set(table.schema)
    by_day = """SELECT day, count(*), sum(duration_ms), count(DISTINCT trace_id)
        FROM read_parquet($files, hive_partitioning = true) GROUP BY day ORDER BY day"""
    assert duckdb.execute(by_day, {"files": telemetry.files(SPANS)}).fetchall() == [
        (date(2026, 3, 1), 4, 0.0 + 2 * 2 + 2 * 4 + 2 * 4, 3),
        (date(2026, 3, 2), 2, 2.0 * 1 + 2 * 3, 2),
    ]
    assert telemetry.spans(window=Window()).collect().height == 5


if __name__ == "__main__":
    for word, content in made().items():
        text = README.read_text("utf-8")
        place = place_of(word, text)
        README.write_text(text[: place.start] + content + text[place.stop :], "utf-8")
