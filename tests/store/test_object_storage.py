"""Telemetry on object storage: a real S3 server on loopback, the commands on it, and two writers at once.

The server is moto's, one request at a time, so that its conditional put is as atomic as Amazon's.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from workbench import simulate
from workbench.schemas import QUARANTINE, SIGNALS, SPANS, TABLES
from workbench.store import open_workspace
from workbench.store.secret import ENVIRONMENT_VARIABLE

if TYPE_CHECKING:
    from tests.conftest import Shell

SERVER = """
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server
server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=False)
print(server.server_port, flush=True)
server.serve_forever()
"""
SECRET = "a secret of the tests"
BUCKET = "acme"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Start a real server of the S3 protocol, and return its address."""
    pytest.importorskip("moto", reason="moto is not installed")
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    process.kill()
    process.communicate()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Set what a user sets, and return a client of an empty bucket."""
    settings = {
        **{"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"},
        **{"AWS_ENDPOINT_URL": server, "AWS_ALLOW_HTTP": "true", ENVIRONMENT_VARIABLE: SECRET},
        **{"XDG_CONFIG_HOME": str(tmp_path / "config")},
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    import boto3

    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET)
    yield client
    for entry in objects(client):
        client.delete_object(Bucket=BUCKET, Key=entry)
    client.delete_bucket(Bucket=BUCKET)


def objects(client: Any) -> list[str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def telemetry_lines(*numbers: int) -> str:
    spans = [
        {
            "traceId": f"{number // 5 + 1:032x}",
            "spanId": f"{number + 1:016x}",
            "name": "chat",
            "startTimeUnixNano": str(1_772_323_200_000_000_000 + number * 3_600 * 10**9),
        }
        for number in numbers
    ]
    return "".join(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}) + "\n" for span in spans)


def test_every_command_works_on_it_and_nothing_of_the_tables_is_local(
    bucket: Any, shell: "Shell", tmp_path: Path
) -> None:
    acme = tmp_path / "acme"
    shell.json("init", acme, "--telemetry", f"s3://{BUCKET}/team/telemetry")
    simulate.write(simulate.World(n_traces=100, weeks=1, seed=3), tmp_path / "world")
    given = [tmp_path / "world/telemetry", tmp_path / "world/signals.jsonl"]
    first, second = (shell.json("ingest", *given, "-w", acme)["files"] for _ in range(2))
    assert sum(file["stored"] for file in first) == sum(file["duplicate"] for file in second) > 100
    assert sum(file["stored"] for file in second) == 0
    detection = shell.json("detect", "-w", acme)
    assert sum(tally["n_found"] for tally in detection["findings"].values()) > 0
    assert shell.json("report", "1_telemetry", "-w", acme)["reports"]
    assert shell.json("doctor", "-w", acme) == {"mended": [], "faults": []}
    code, _, err = shell.run("compact", "-w", acme)
    assert (code, "OPTIMIZE" in err) == (2, True)
    assert not [path for path in acme.rglob("*") if path.suffix == ".parquet" or path.name == "_delta_log"]
    assert {key.split("/")[2] for key in objects(bucket)} == {table.name for table in TABLES}


def test_two_writers_at_once_store_each_row_once(bucket: Any, shell: "Shell", tmp_path: Path) -> None:
    acme = tmp_path / "acme"
    shell.json("init", acme, "--telemetry", f"s3://{BUCKET}/telemetry")
    files = []
    for number in range(3):
        path = tmp_path / f"{number}.jsonl"
        path.write_text(telemetry_lines(*range(number * 10, number * 10 + 40)) + "{broken\n")
        files.append(path)
    command = [sys.executable, "-m", "workbench", "ingest", *map(str, files), "-w", str(acme), "--json"]
    writers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ})
        for _ in range(2)
    ]
    stored = 0
    for writer in writers:
        out, errors = writer.communicate(timeout=300)
        assert writer.returncode == 0, errors
        stored += sum(file["stored"] for file in json.loads(out)["files"])
    telemetry = open_workspace(acme).telemetry
    spans = telemetry.scan(SPANS).collect()
    assert sorted(spans["span_id"]) == [f"{number + 1:016x}" for number in range(60)]
    assert stored == 60
    assert telemetry.scan(QUARANTINE).select(pl.col("source").n_unique()).collect().item() == 3
    assert telemetry.scan(QUARANTINE).collect().height == 3


def test_the_doctor_names_a_file_that_is_gone_and_takes_it_out_of_the_log(
    bucket: Any, shell: "Shell", tmp_path: Path
) -> None:
    acme = tmp_path / "acme"
    shell.json("init", acme, "--telemetry", f"s3://{BUCKET}/telemetry")
    (tmp_path / "a.jsonl").write_text(telemetry_lines(*range(30)))
    shell.json("ingest", tmp_path / "a.jsonl", "-w", acme)
    lost = next(key for key in objects(bucket) if key.endswith(".parquet"))
    bucket.delete_object(Bucket=BUCKET, Key=lost)
    bucket.put_object(Bucket=BUCKET, Key=f"{lost}.left.parquet", Body=b"left by a kill")
    for key in objects(bucket):
        if key.startswith("telemetry/signals/"):
            bucket.delete_object(Bucket=BUCKET, Key=key)
    code, out, _ = shell.run("doctor", "-w", acme, "--json")
    assert (code, sorted(fault["kind"] for fault in json.loads(out)["faults"])) == (
        3,
        ["missing_files", "missing_table", "orphan_files"],
    )
    answer = shell.json("doctor", "-w", acme, "--mend")
    assert sorted(fault["kind"] for fault in answer["mended"]) == ["missing_files", "missing_table"]
    assert [fault["kind"] for fault in answer["faults"]] == ["orphan_files"]
    shell.json("ingest", tmp_path / "a.jsonl", "-w", acme)
    assert open_workspace(acme).telemetry.scan(SPANS).collect()["span_id"].n_unique() == 30
    assert open_workspace(acme).telemetry.scan(SIGNALS).collect().is_empty()


def test_a_bucket_that_is_not_there_is_said_in_one_line(bucket: Any, shell: "Shell", tmp_path: Path) -> None:
    code, _, err = shell.run("init", tmp_path / "acme", "--telemetry", "s3://nobody/telemetry")
    assert (code, err.count("\n"), "s3://nobody/telemetry" in err) == (3, 1, True)


def test_a_user_is_erased_from_every_object(bucket: Any, shell: "Shell", tmp_path: Path) -> None:
    acme = tmp_path / "acme"
    shell.json("init", acme, "--telemetry", f"s3://{BUCKET}/telemetry")
    lines = [json.loads(line) for line in telemetry_lines(0, 100).splitlines()]
    for line, user, note in zip(lines, ("ann", "ben"), ("zanzibarquux", "timbuktuquux"), strict=True):
        [span] = line["resourceSpans"][0]["scopeSpans"][0]["spans"]
        span["attributes"] = [
            {"key": name, "value": {"stringValue": value}} for name, value in (("user.id", user), ("app.note", note))
        ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    shell.json("ingest", tmp_path / "a.jsonl", "-w", acme)
    words = ("zanzibarquux", f"{1:032x}", "timbuktuquux")
    assert [holds(bucket, word) for word in words] == [True, True, True]
    assert shell.json("erase", "--user", "ann", "--yes", "-w", acme)["spans"] == 1
    assert [holds(bucket, word) for word in words] == [False, False, True]
    assert shell.json("ingest", tmp_path / "a.jsonl", "-w", acme)["files"][0]["refused"] == {"erased": 1}
    assert shell.json("doctor", "-w", acme) == {"mended": [], "faults": []}


def holds(client: Any, word: str) -> bool:
    """Return whether any object has the word in its bytes, or as a value of a Parquet file."""
    for key in objects(client):
        content = client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        values = repr(pl.read_parquet(content).to_dicts()).encode() if key.endswith(".parquet") else b""
        if word.encode() in content + values:
            return True
    return False
