"""`workbench cluster`: any texts grouped, every row kept in its order."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

if TYPE_CHECKING:
    from tests.conftest import Shell

SAID = ["the payment was refused"] * 6 + ["where is my parcel"] * 5 + ["lovely"] + [""] * 2
GROUPS = [0] * 6 + [1] * 5 + [-1] * 3


Cluster = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cluster(shell: "Shell") -> Cluster:
    return lambda *arguments: shell.run("cluster", *arguments, "--embedder", "static")


def read(path: Path) -> pl.DataFrame:
    if path.suffix == ".csv":
        return pl.read_csv(path)
    return pl.read_ndjson(path) if path.suffix == ".jsonl" else pl.read_parquet(path)


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    path = tmp_path / "tickets.csv"
    pl.DataFrame({"id": range(14), "text": SAID}).sample(fraction=1, shuffle=True, seed=3).write_csv(path)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_every_row_is_written_in_its_order_with_its_cluster(
    cluster: Cluster, tickets: Path, tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"out{suffix}"
    code, said, errors = cluster(tickets, "--text", "text", "--out", out, "--json")
    assert code == 0, errors
    written = read(out)
    assert written.columns == ["id", "text", "cluster", "strength", "x", "y"]
    given = [int(number) for number in pl.read_csv(tickets)["id"]]
    assert [int(number) for number in written["id"]] == given
    assert written["cluster"].to_list() == [GROUPS[number] for number in given]
    answer = json.loads(said)
    assert (answer["rows"], answer["noise"], answer["without_text"]) == (14, 3, 2)
    assert [(one["n"], one["example"]) for one in answer["clusters"]] == [(6, SAID[0]), (5, SAID[6])]
    assert answer["embedder"] == "minilm-static-256"


def test_the_table_shows_what_strangers_wrote_and_runs_none_of_it(cluster: Cluster, tmp_path: Path) -> None:
    texts = tmp_path / "in.jsonl"
    texts.write_text("".join(json.dumps({"said": "[red]\x1b[31m the payment was refused"}) + "\n" for _ in range(6)))
    code, said, errors = cluster(texts, "--text", "said", "--out", tmp_path / "out.jsonl")
    assert code == 0, errors
    assert "payment" in said
    assert "[red]" in said
    assert "\x1b" not in said
    assert "6 rows: 1 cluster," in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--text", "body", "--out", "out.csv"], "no column 'body'; it has 'id', 'text'"),
        (["--text", "text", "--out", "out.xlsx"], "no format is known by '.xlsx'"),
        (["--text", "text", "--out", "tickets.csv"], "out is the file itself"),
    ],
)
def test_a_wrong_call_is_one_line_and_writes_nothing(
    cluster: Cluster, tickets: Path, arguments: list[str], said: str
) -> None:
    *given, out = arguments
    code, _, errors = cluster(tickets, *given, tickets.parent / out)
    assert code == 2
    assert said in errors
    assert errors.count("\n") == 1
    assert [path.name for path in tickets.parent.iterdir()] == ["tickets.csv"]


def test_the_same_seed_gives_the_same_file(cluster: Cluster, tickets: Path, tmp_path: Path) -> None:
    for name in ("one.csv", "two.csv"):
        assert cluster(tickets, "--text", "text", "--out", tmp_path / name, "--seed", "7")[0] == 0
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
