"""Hostile lines, generated from a seed, go through the whole feed, and every record is accounted for, exactly.

The generator writes one record a line, whatever the line looks like, and keeps count; the feed must find as many. What
it stores must be in the tables, what it refuses in quarantine, byte for byte. The full form takes each of 50 files in a
process of its own, with 10^5-deep nesting, 10^6 keys and attributes of 30 and 50 MB, and prints what it took:

    pytest -m slow tests/test_hostile_corpus.py
"""

import gzip
import json
import random
import subprocess
import sys
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from workbench import loop
from workbench.schemas import QUARANTINE, SIGNALS, SPANS
from workbench.store import DEMO_SECRET, Workspace, init_workspace

NOW = datetime(2026, 3, 2, tzinfo=UTC)
START_NS = 1_772_323_200_000_000_000  # 2026-03-01T00:00Z
MAX_MEMORY_BYTES = 512 << 20
MAPPING = """
[columns]
trace_id = "request"
started_at = "when"
user_id = "who.id"
input = "said"
cost_usd = "cost"
"""
JUNK: tuple[Any, ...] = (
    *(None, True, -1, 1.5, float("nan"), float("inf"), 10**400, 1 << 64, "", "2026-13-40", "\ud800", "\x00", "9" * 400),
    *("<img src=x onerror=alert(1)>", "\x1b]0;owned\x07", "../../etc/passwd", "\u202e\u2066", "=1+1", "{{7*7}}"),
    *([], {}, [None], [[[]]], {"": {}}, {"\ud800": 1}, [1, "a", {}], "(a+)+$", "CON", "'; DROP TABLE spans; --"),
)


class Sizes(NamedTuple):
    """How large the large things are."""

    depth: int
    n_keys: int
    n_digits: int
    n_names: int
    n_bytes: int


SHORT = Sizes(depth=2_000, n_keys=2_000, n_digits=500, n_names=200, n_bytes=200_000)
FULL = Sizes(depth=100_000, n_keys=1_000_000, n_digits=5_000, n_names=10_000, n_bytes=30_000_000)
MEASURED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL)
sys.stdout.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(done.returncode)
"""
"""Run a command from a small process: what its parent held before it began would count as its own otherwise."""


class Corpus(NamedTuple):
    """Draws lines; the number makes each record one of its own."""

    draw: random.Random
    sizes: Sizes


def span(number: int, **fields: Any) -> dict[str, Any]:
    known = {
        "traceId": f"{number // 9 + 1:032x}",
        "spanId": f"{number + 1:016x}",
        "parentSpanId": f"{number:016x}",
        "name": "chat",
        "startTimeUnixNano": str(START_NS + number),
        "endTimeUnixNano": str(START_NS + number + 9),
        "attributes": [{"key": "user.id", "value": {"stringValue": f"user {number}"}}],
    }
    return known | fields


def otlp(*spans: Any) -> bytes:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}).encode()


def attribute(value: Any, key: str = "input.value") -> list[Any]:
    return [{"key": key, "value": value}]


def around(record: bytes) -> bytes:
    return b'{"resourceSpans": [{"scopeSpans": [{"spans": [' + record + b"]}]}]}"


def good(corpus: Corpus, number: int) -> bytes:
    return otlp(span(number))


def wrong_type(corpus: Corpus, number: int) -> bytes:
    """One or two fields, at any depth, hold what nobody expects."""
    changed = span(number, status={"code": 2, "message": "no"}, kind=3, attributes=attribute({"stringValue": "x"}))
    for _ in range(corpus.draw.randint(1, 2)):
        junk = corpus.draw.choice(JUNK)
        place = corpus.draw.choice(["", "status", "attributes"])
        if place == "status" and isinstance(changed["status"], dict):
            changed["status"][corpus.draw.choice(["code", "message"])] = junk
        elif place == "attributes" and isinstance(changed["attributes"], list):
            changed["attributes"][0][corpus.draw.choice(["key", "value"])] = junk
        else:
            changed[corpus.draw.choice(list(changed))] = junk
    return otlp(changed)


def nested(corpus: Corpus, number: int) -> bytes:
    opened, closed = corpus.draw.choice([(b'{"a":', b"}"), (b"[", b"]")])
    deep = opened * corpus.sizes.depth + b"1" + closed * corpus.sizes.depth
    return around(json.dumps(span(number)).encode()[:-1] + b', "deep": ' + deep + b"}")


def many_keys(corpus: Corpus, number: int) -> bytes:
    keys = ",".join(f'"k{place}":1' for place in range(corpus.sizes.n_keys))
    return around(json.dumps(span(number)).encode()[:-1] + b', "wide": {' + keys.encode() + b"}}")


def many_attributes(corpus: Corpus, number: int) -> bytes:
    named = [{"key": f"a.{place}", "value": {"intValue": str(place)}} for place in range(corpus.sizes.n_names)]
    return otlp(span(number, attributes=named))


def long_integer(corpus: Corpus, number: int) -> bytes:
    digits = ("9" * corpus.sizes.n_digits).encode()
    field = corpus.draw.choice([b"startTimeUnixNano", b"flags", b"droppedAttributesCount", b"kind"])
    return around(json.dumps(span(number)).encode()[:-1] + b', "x": 0, "' + field + b'2": ' + digits + b"}")


def bare_word(corpus: Corpus, number: int) -> bytes:
    word = corpus.draw.choice(
        [b"NaN", b"Infinity", b"-Infinity", b"undefined", b"1e999", b"-0", b"0x10", b"01", b"'x'"]
    )
    return around(json.dumps(span(number)).encode()[:-1] + b', "flags": ' + word + b"}")


def repeated_key(corpus: Corpus, number: int) -> bytes:
    return around(json.dumps(span(number)).encode()[:-1] + b', "name": "other", "spanId": "ff"}')


def surrogate(corpus: Corpus, number: int) -> bytes:
    text = corpus.draw.choice(["\\ud800", "\\udfff\\ud800", "a\\udc00z", "\\u0000", "\\u202e"])
    return otlp(span(number, name="PLACE")).replace(b"PLACE", text.encode())


def cut(corpus: Corpus, number: int) -> bytes:
    whole = otlp(span(number))
    return whole[: corpus.draw.randint(1, len(whole) - 1)]


def garbage(corpus: Corpus, number: int) -> bytes:
    return b"\x01" + bytes(byte for byte in corpus.draw.randbytes(80) if byte not in b"\r\n\x1c\x1d\x1e\x85\x0b\x0c")


def marked(corpus: Corpus, number: int) -> bytes:
    return b"\xef\xbb\xbf" + otlp(span(number))


def utf_16(corpus: Corpus, number: int) -> bytes:
    return otlp(span(number)).decode().encode("utf-16-le" if corpus.draw.random() < 0.5 else "utf-16-be")


def same_id(corpus: Corpus, number: int) -> bytes:
    """Give the id of an earlier span another content: both are kept."""
    return otlp(span(number, spanId=f"{number // 2 + 1:016x}", name=f"other {number}"))


def circle(corpus: Corpus, number: int) -> bytes:
    return otlp(span(number, parentSpanId=f"{number + 1:016x}"))


def large(corpus: Corpus, number: int) -> bytes:
    return otlp(span(number, attributes=attribute({"stringValue": f"{number} " + "x" * corpus.sizes.n_bytes})))


def too_large(corpus: Corpus, number: int) -> bytes:
    """In the full form: beyond what a line may have."""
    return otlp(span(number, attributes=attribute({"stringValue": "y" * (corpus.sizes.n_bytes * 5 // 3)})))


Make = Callable[[Corpus, int], bytes]
SMALL: tuple[Make, ...] = (
    *(good, wrong_type, wrong_type, long_integer, bare_word, repeated_key, surrogate, cut, garbage, marked, utf_16),
    *(same_id, circle),
)
LARGE: tuple[Make, ...] = (nested, many_keys, many_attributes, large, too_large)


class File(NamedTuple):
    """One file, and how many records its writer put into it."""

    path: Path
    n_records: int


def otlp_file(path: Path, corpus: Corpus, *, first: int, n_lines: int, large_kind: Make) -> File:
    """Write one record a line; the first is a good one, blank lines are none, and one line is a large one."""
    makes = [good, *(corpus.draw.choice(SMALL) for _ in range(n_lines - 1))]
    makes[n_lines // 2] = large_kind
    lines = [make(corpus, first + place) for place, make in enumerate(makes)]
    blank = [b"   \n" if corpus.draw.random() < 0.1 else b"" for _ in lines]
    path.write_bytes(b"".join(line + b"\n" + nothing for line, nothing in zip(lines, blank, strict=True)))
    return File(path, n_lines)


def signal_file(path: Path, corpus: Corpus, *, first: int, n_lines: int) -> File:
    lines = []
    for number in range(first, first + n_lines):
        record = {
            **{"target_kind": "trace", "target_id": f"t{number}", "kind": "feedback", "name": "thumb", "value": 1},
            **{"comment": "fine", "at": "2026-03-01T00:00:00Z", "user_id": f"u{number}"},
        }
        if number > first and corpus.draw.random() < 0.6:
            record[corpus.draw.choice(list(record))] = corpus.draw.choice(JUNK)
        line = json.dumps(record).encode()
        lines.append(
            line if number == first or corpus.draw.random() < 0.8 else line[: corpus.draw.randint(1, len(line) - 1)]
        )
    path.write_bytes(b"\n".join(lines) + b"\n")
    return File(path, n_lines)


def mapped_file(path: Path, corpus: Corpus, *, first: int, n_lines: int) -> File:
    lines = []
    for number in range(first, first + n_lines):
        record: dict[str, Any] = {"request": f"r{number}", "when": "2026-03-01T00:00:00Z", "who": {"id": number}}
        record |= {"said": "hello", "cost": 0.5, "number": number}
        if number > first and corpus.draw.random() < 0.7:
            record[corpus.draw.choice(list(record))] = corpus.draw.choice(JUNK)
        lines.append(json.dumps(record).encode())
    path.write_bytes(b"\n".join(lines) + b"\n")
    return File(path, n_lines)


def damaged_gzip_file(path: Path, corpus: Corpus, *, first: int, n_lines: int) -> File:
    """Compress good lines and cut the file; what zlib still gives of them are its records, and the damage is one."""
    whole = gzip.compress(b"".join(good(corpus, first + place) + b"\n" for place in range(n_lines * 40)), mtime=0)
    kept = whole[: len(whole) * 2 // 3]
    path.write_bytes(kept)
    return File(path, zlib.decompressobj(31).decompress(kept).count(b"\n") + 1)


def one_document_file(path: Path, corpus: Corpus, *, first: int, n_lines: int) -> File:
    """Write one document of many spans, some of them with fields of the wrong type."""
    spans = [json.loads(wrong_type(corpus, first + place))["resourceSpans"][0] for place in range(n_lines)]
    records = [json.dumps(entry["scopeSpans"][0]["spans"][0]) for entry in spans]
    path.write_bytes(around(", ".join([json.dumps(span(first)), *records]).encode()))
    return File(path, n_lines + 1)


def long_trace_file(path: Path, corpus: Corpus, *, first: int, n_lines: int) -> File:
    """Write one trace of very many spans, a thousand a line."""
    n_spans = 100_000 if corpus.sizes is FULL else 2_000
    lines = [
        otlp(*(span(number, traceId="ab" * 16) for number in range(start, start + 1_000)))
        for start in range(first, first + n_spans, 1_000)
    ]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return File(path, n_spans)


def write_corpus(folder: Path, *, n_files: int, n_lines: int, sizes: Sizes, seed: int) -> list[File]:
    folder.mkdir()
    corpus = Corpus(random.Random(seed), sizes)
    files = []
    for number in range(n_files):
        given: dict[str, int] = {"first": number * 1_000_000, "n_lines": n_lines}
        place = folder / f"{number:02}.jsonl"
        match number % 10:
            case 0 | 1 | 2 | 3 | 4:
                files.append(otlp_file(place, corpus, large_kind=LARGE[number % 10], **given))
            case 5:
                files.append(signal_file(place, corpus, **given))
            case 6:
                files.append(mapped_file(place, corpus, **given))
            case 7:
                files.append(damaged_gzip_file(place.with_suffix(".jsonl.gz"), corpus, **given))
            case 8:
                files.append(one_document_file(place.with_suffix(".json"), corpus, **given))
            case _:
                make = long_trace_file if number == 9 else signal_file
                files.append(make(place, corpus, **given))
    return files


def n_rows(workspace: Workspace) -> tuple[int, int]:
    """Return the rows that are stored, and those in quarantine."""
    spans, signals, refused = (
        workspace.telemetry.scan(table).select("day").collect().height for table in (SPANS, SIGNALS, QUARANTINE)
    )
    return spans + signals, refused


def check_file(file: File, found: dict[str, int], *, before: tuple[int, int], after: tuple[int, int]) -> None:
    assert found["in"] == file.n_records, file.path.name
    assert found["in"] == found["stored"] + found["duplicate"] + found["quarantined"]
    assert (after[0] - before[0], after[1] - before[1]) == (found["stored"], found["quarantined"]), file.path.name


def check_quarantine(workspace: Workspace, files: list[File]) -> None:
    """Check that the raw bytes of each refused record stand in its file as they are kept."""
    rows = workspace.telemetry.scan(QUARANTINE).collect()
    assert set(rows["digest"]) == {path.name for path in workspace.quarantine.iterdir()}
    contents = {str(file.path): file.path.read_bytes() for file in files if file.path.suffix != ".gz"}
    for row in rows.rows(named=True):
        if row["path"] in contents:
            assert (workspace.quarantine / row["digest"]).read_bytes() in contents[row["path"]], row


def test_of_ten_hostile_files_every_record_is_accounted_for(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    (tmp_path / "mapping.toml").write_text(MAPPING)
    files = write_corpus(tmp_path / "corpus", n_files=10, n_lines=40, sizes=SHORT, seed=7)
    for file in files:
        before = n_rows(workspace)
        (report,) = loop.feed(workspace, [file.path], now=NOW, mapping=tmp_path / "mapping.toml")
        found = {"in": report.n_in, "stored": report.n_stored, "duplicate": report.n_duplicate}
        check_file(file, found | {"quarantined": report.n_quarantined}, before=before, after=n_rows(workspace))
        assert report.n_stored > 0
    check_quarantine(workspace, files)
    again = loop.feed(workspace, [file.path for file in files], now=NOW, mapping=tmp_path / "mapping.toml")
    assert [report.n_in for report in again] == [file.n_records for file in files]
    assert [report.n_stored for report in again] == [0] * len(files)


@pytest.mark.slow
def test_of_fifty_hostile_files_every_record_is_accounted_for_within_512_mb_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    (tmp_path / "mapping.toml").write_text(MAPPING)
    files = write_corpus(tmp_path / "corpus", n_files=50, n_lines=50, sizes=FULL, seed=7)
    n_lines = sum(len(file.path.read_bytes().splitlines()) for file in files if file.path.suffix == ".jsonl")
    assert n_lines >= 2_000
    peaks: dict[str, int] = {}
    n_refused = 0
    for file in files:
        before = n_rows(workspace)
        command = ["ingest", str(file.path), "-w", str(workspace.root), "--mapping", str(tmp_path / "mapping.toml")]
        measured = [sys.executable, "-c", MEASURED, sys.executable, "-m", "workbench", *command, "--json"]
        done = subprocess.run(measured, stdout=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 0, file.path.name
        answer, peak = done.stdout.rsplit("\n", 1)
        (found,) = json.loads(answer)["files"]
        check_file(file, found, before=before, after=n_rows(workspace))
        peaks[file.path.name] = int(peak) << 10
        n_refused += found["quarantined"]
    check_quarantine(workspace, files)
    worst = max(peaks, key=lambda name: peaks[name])
    with capsys.disabled():
        n_records = sum(file.n_records for file in files)
        said = f"{len(files)} files, {n_lines:,} lines, {n_records:,} records, {n_refused:,} of them refused"
        sys.stdout.write(f"\n{said}; at most {peaks[worst] >> 20} MB ({worst})\n")
    assert {name: peak for name, peak in peaks.items() if peak > MAX_MEMORY_BYTES} == {}
