"""Archives, URLs and standard input are ingested like plain files: every record accounted for, none stored twice."""

import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
import polars as pl
import pytest
import zstandard

from workbench import loop
from workbench.errors import FormatError
from workbench.records import LoadReport
from workbench.schemas import QUARANTINE, SIGNALS
from workbench.store import DEMO_SECRET, Workspace, init_workspace
from workbench.store.secret import ENVIRONMENT_VARIABLE

if TYPE_CHECKING:
    from tests.conftest import Shell

NOW = datetime(2026, 11, 1, tzinfo=UTC)
MAPPING = '[columns]\ntrace_id = "id"\ninput = "question"\n'


def signals(*numbers: int) -> bytes:
    told = {"target_kind": "trace", "kind": "outcome", "name": "solved", "value": 1}
    return b"".join(json.dumps({**told, "target_id": f"t{number}"}).encode() + b"\n" for number in numbers)


FILES = {
    "a.jsonl": signals(1, 2, 3),
    "deep/b.jsonl": signals(3, 4) + b"{broken\n",
    "c.jsonl.gz": gzip.compress(signals(5)),
    "README.md": b"# What this is",
    "unknown.json": b'{"what": "this"}',
}
ACCOUNTS = {"a.jsonl": (3, 3, 0, 0), "b.jsonl": (3, 1, 1, 1), "c.jsonl.gz": (1, 1, 0, 0), "unknown.json": (1, 0, 0, 1)}
"""In, stored, duplicate and quarantined of each file, counted by hand; trace t3 is told of twice."""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return init_workspace(tmp_path / "acme", secret=DEMO_SECRET)


def zip_of(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def tar_of(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


PACKED = {
    "export.zip": zip_of(FILES),
    "export.tar": tar_of(FILES),
    "export.tar.gz": gzip.compress(tar_of(FILES)),
    "export.tar.zst": zstandard.compress(tar_of(FILES)),
}


def account(report: LoadReport) -> tuple[int, int, int, int]:
    return report.n_in, report.n_stored, report.n_duplicate, report.n_quarantined


@pytest.mark.parametrize("name", PACKED)
def test_each_member_has_its_own_account(workspace: Workspace, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(PACKED[name])
    reports = loop.feed(workspace, [path], now=NOW)
    assert {report.path.rpartition("/")[2].rpartition("!")[2]: account(report) for report in reports} == ACCOUNTS
    assert {report.path.partition("!")[0] for report in reports} == {str(path)}
    assert set(workspace.telemetry.scan(SIGNALS).collect()["target_id"]) == {"t1", "t2", "t3", "t4", "t5"}
    paths = set(workspace.telemetry.scan(QUARANTINE).collect()["path"])
    assert paths == {f"{path}!deep/b.jsonl", f"{path}!unknown.json"}


def test_the_same_records_packed_anew_are_stored_once(workspace: Workspace, tmp_path: Path) -> None:
    for name, packed in PACKED.items():
        (tmp_path / name).write_bytes(packed)
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain/a.jsonl").write_bytes(FILES["a.jsonl"])
    loop.feed(workspace, [tmp_path / "export.zip"], now=NOW)
    (tmp_path / "export.zip").rename(tmp_path / "renamed.zip")
    again = loop.feed(workspace, [str(tmp_path / "*.*"), tmp_path / "plain"], now=NOW)
    assert len(again) == 4 * len(ACCOUNTS) + 1
    assert sum(report.n_stored for report in again) == 0
    assert workspace.telemetry.scan(SIGNALS).collect().height == 5


def test_a_truncated_archive_stores_what_came_before_and_refuses_once(workspace: Workspace, tmp_path: Path) -> None:
    lines = signals(*range(3000))
    path = tmp_path / "cut.tar.zst"
    path.write_bytes(zstandard.compress(tar_of({"a.jsonl": signals(9000), "b.jsonl": lines}))[:-100])
    first, second = loop.feed(workspace, [path], now=NOW)
    assert account(first) == (1, 1, 0, 0)
    assert 100 < second.n_stored < 3000
    assert (second.n_in, second.refused) == (second.n_stored + 1, {"damaged": 1})


def test_an_archive_without_records_is_refused_if_it_is_named(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/prose.zip").write_bytes(zip_of({"README.md": b"# Nothing"}))
    (tmp_path / "in/a.jsonl").write_bytes(FILES["a.jsonl"])
    with pytest.raises(FormatError, match=r"no file of records in it"):
        loop.feed(workspace, [tmp_path / "in/prose.zip"], now=NOW)
    (report,) = loop.feed(workspace, [tmp_path / "in"], now=NOW)
    assert account(report) == (3, 3, 0, 0)


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    """Return fsspec's file system in memory, empty before and after."""
    filesystem = fsspec.filesystem("memory")
    filesystem.rm("/", recursive=True)
    yield filesystem
    filesystem.rm("/", recursive=True)


def test_mapped_tables_are_read_from_archives_and_urls(
    workspace: Workspace, tmp_path: Path, memory: fsspec.AbstractFileSystem
) -> None:
    """Parquet has to be read from its end, which neither a compressed stream nor an archive can give."""
    (tmp_path / "map.toml").write_text(MAPPING, "utf-8")
    tables: dict[str, bytes] = {"a.csv": b"id,question\nc1,why\nc2,how\n"}
    for name, ids in (("b.parquet", ["p1", "p2"]), ("d.parquet", ["p3"])):
        table = io.BytesIO()
        pl.DataFrame({"id": ids, "question": ["what"] * len(ids)}).write_parquet(table)
        tables[name] = table.getvalue()
    remote = tables.pop("d.parquet")
    memory.pipe("/d.parquet", remote)
    memory.pipe("/e.parquet.zst", zstandard.compress(remote.replace(b"p3", b"p4")))
    (tmp_path / "x.zip").write_bytes(zip_of(tables))
    (tmp_path / "x.tar.gz").write_bytes(gzip.compress(tar_of(tables)))
    names: list[Path | str] = [
        tmp_path / "x.zip",
        tmp_path / "x.tar.gz",
        "memory://d.parquet",
        "memory://e.parquet.zst",
    ]
    reports = loop.feed(workspace, names, now=NOW, mapping=tmp_path / "map.toml")
    assert [account(report) for report in reports] == [
        *((2, 2, 0, 0), (2, 2, 0, 0), (2, 0, 2, 0), (2, 0, 2, 0)),
        *((1, 1, 0, 0), (1, 1, 0, 0)),
    ]
    spans = workspace.telemetry.spans().collect()
    assert sorted(spans["trace_id"]) == ["c1", "c2", "p1", "p2", "p3", "p4"]


@pytest.fixture
def ingest(workspace: Workspace, shell: "Shell", monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Return the command line's `ingest`, with its standard input as a file of bytes."""
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, DEMO_SECRET.decode())

    def run(*names: str, stdin: bytes = b"") -> dict[str, Any]:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        return shell.at(workspace.root).json("ingest", *names)

    return run


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress, lambda raw: zip_of({"x.jsonl": raw})])
def test_standard_input_is_read(ingest: Callable[..., dict[str, Any]], pack: Any) -> None:
    (file,) = ingest("-", stdin=pack(signals(1, 2) + b"{broken\n"))["files"]
    assert (file["path"][0], file["in"], file["stored"], file["quarantined"]) == ("-", 3, 2, 1)


def test_a_pipe_is_read(workspace: Workspace) -> None:
    command = [sys.executable, "-m", "workbench", "ingest", "-", "--workspace", str(workspace.root), "--json"]
    environment = {**os.environ, ENVIRONMENT_VARIABLE: DEMO_SECRET.decode()}
    done = subprocess.run(command, input=signals(1, 2), env=environment, capture_output=True, check=True)
    assert json.loads(done.stdout)["files"][0]["stored"] == 2


def test_the_command_line_takes_patterns_urls_and_archives(
    ingest: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "one.jsonl").write_bytes(signals(1))
    (tmp_path / "two.jsonl.zst").write_bytes(zstandard.compress(signals(2)))
    (tmp_path / "x.zip").write_bytes(zip_of({"three.jsonl": signals(3)}))
    names = (f"{tmp_path}/*.jsonl", f"file://{tmp_path}/two.jsonl.zst", f"{tmp_path}/x.zip")
    assert [file["path"] for file in ingest(*names)["files"]] == [
        f"{tmp_path}/one.jsonl",
        f"{tmp_path}/two.jsonl.zst",
        f"{tmp_path}/x.zip!three.jsonl",
    ]
