"""The command line: one JSON object for scripts, one line for errors, and exit codes for schedulers."""

import gzip
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.loop.on_record import an_experiment
from tests.loop.set_apart import set_apart
from tests.loop.under_review import NOON
from workbench import loop, simulate
from workbench.cli.detecting import wanted_reports
from workbench.store.secret import ENVIRONMENT_VARIABLE

if TYPE_CHECKING:
    from tests.conftest import Shell

Files = dict[str, dict[str, Any]]


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "a secret of the tests")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def acme(shell: "Shell", tmp_path: Path) -> "Shell":
    """Return the command line for a new workspace, `acme`."""
    assert shell.run("init", tmp_path / "acme")[0] == 0
    return shell.at(tmp_path / "acme")


def ingest(shell: "Shell", *paths: Path) -> Files:
    return {Path(file["path"]).name: file for file in shell.json("ingest", *paths)["files"]}


def test_a_file_and_its_repetition_account_for_every_record(acme: "Shell", tmp_path: Path) -> None:
    line = {"target_kind": "trace", "target_id": "t1", "kind": "feedback", "name": "thumb", "value": 0}
    file = tmp_path / "feedback.jsonl"
    file.write_text(json.dumps(line) + "\n" + json.dumps(line) + "\n{broken\n")
    account = ("in", "stored", "duplicate", "quarantined", "spans", "traces", "signals")
    first, second = ingest(acme, file)["feedback.jsonl"], ingest(acme, file)["feedback.jsonl"]
    assert [first[name] for name in account] == [3, 1, 1, 1, 0, 0, 1]
    assert [second[name] for name in account] == [3, 0, 2, 1, 0, 0, 1]


def test_a_log_that_grows_and_is_renamed_adds_only_what_is_new(acme: "Shell", tmp_path: Path) -> None:
    lines = [
        json.dumps({"target_kind": "trace", "target_id": f"t{number}", "kind": "outcome", "name": "solved", "value": 1})
        for number in range(3)
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(lines[:2]) + "\n")
    ingest(acme, tmp_path / "a.jsonl")
    (tmp_path / "b.jsonl").write_text("\n".join(lines) + "\n")
    grown = ingest(acme, tmp_path / "b.jsonl")["b.jsonl"]
    assert (grown["in"], grown["stored"], grown["duplicate"]) == (3, 1, 2)


def test_a_half_last_line_waits_visibly_and_is_read_when_it_is_whole(acme: "Shell", tmp_path: Path) -> None:
    line = json.dumps({"target_kind": "trace", "target_id": "t1", "kind": "outcome", "name": "solved", "value": 1})
    log = tmp_path / "log.jsonl"
    log.write_text(f"{line}\n{line[:20]}")
    half = ingest(acme, log)["log.jsonl"]
    assert (half["in"], half["quarantined"], half["bytes_waiting"]) == (1, 0, 20)
    log.write_text(f"{line}\n{line.replace('t1', 't2')}\n")
    whole = ingest(acme, log)["log.jsonl"]
    assert (whole["in"], whole["stored"], whole["bytes_waiting"]) == (2, 1, 0)


def test_two_logs_that_only_begin_alike_are_both_read_whole(acme: "Shell", tmp_path: Path) -> None:
    """What follows a first record must not be taken for read because another log began with the same one."""

    def write(name: str, *targets: str) -> Path:
        lines = [
            {"target_kind": "trace", "target_id": t, "kind": "outcome", "name": "solved", "value": 1} for t in targets
        ]
        (tmp_path / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
        return tmp_path / name

    ingest(acme, write("a.jsonl", "first", "b", "c"))
    other = ingest(acme, write("b.jsonl", "first", "x", "y"))["b.jsonl"]
    assert (other["stored"], other["duplicate"]) == (2, 1)


def test_a_signal_that_waits_and_what_spans_have_are_said_in_the_answer(acme: "Shell", tmp_path: Path) -> None:
    (tmp_path / "said.jsonl").write_text(
        json.dumps({"target_kind": "trace", "target_id": "r1", "kind": "outcome", "name": "solved", "value": 1}) + "\n"
    )
    log = [
        {"request_id": "r1", "question": "Where?", "model": "m", "tokens": 3},
        {"request_id": "r2", "question": "Mail to ann.lee@example.com", "model": "m"},
    ]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(record) + "\n" for record in log))
    (tmp_path / "log.toml").write_text(
        '[columns]\ntrace_id = "request_id"\ninput = "question"\nmodel = "model"\noutput_tokens = "tokens"\n'
    )
    assert acme.json("ingest", tmp_path / "said.jsonl")["signals_waiting"] == 1
    (file,) = acme.json("ingest", tmp_path / "log.jsonl", "--mapping", tmp_path / "log.toml")["files"]
    told = {name: file["filled"][name] for name in ("kind LLM", "model", "output_tokens", "session_id", "status ERROR")}
    assert told == {"kind LLM": 2, "model": 2, "output_tokens": 1, "session_id": 0, "status ERROR": 0}
    assert file["redacted"] == {"email": 1}
    assert acme.json("ingest", tmp_path / "said.jsonl")["signals_waiting"] == 0


def test_a_file_of_no_known_format_in_a_folder_does_not_stop_the_rest(acme: "Shell", tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "a.json").write_text('{"what": "is this"}')
    (folder / "b.jsonl").write_text(
        '{"target_kind": "trace", "target_id": "t", "kind": "outcome", "name": "x", "value": 1}\n'
    )
    files = ingest(acme, folder)
    assert (files["a.json"]["format"], files["a.json"]["refused"]) == ("unknown", {"unknown_format": 1})
    assert files["b.jsonl"]["stored"] == 1


def test_recorded_runs_are_counted_as_their_readmes_count_them(acme: "Shell", shared_data: Path) -> None:
    files = ingest(acme, shared_data / "tau2-airline", shared_data / "tau-bench-airline")
    runs = {name: file["traces"] for name, file in files.items()}
    assert runs == {
        "gpt-4o-2024-11-20.json.gz": 50,
        "claude-sonnet-4-5.json.gz": 50,
        "qwen2.5-7b.json.gz": 50,
        "gpt-4.1.json.gz": 20,
        "gpt-4.1-sft.json.gz": 20,
        "gpt-4o-airline.json.gz": 200,
    }
    assert all(file["signals"] == file["traces"] for file in files.values()), "one reward a run"
    assert all(file["in"] == file["stored"] == file["spans"] + file["signals"] for file in files.values())
    found = acme.json("detect")["findings"]
    assert found["tool_error"]["n_found"] == (11 + 1 + 79 + 1 + 1) + 73
    n_in_doubt = found["suspect_check"]["n_found"]
    assert n_in_doubt == 7 * 3 + 5, "eight tasks that all models fail: one was run by five of them, seven by three"
    assert found["failed_outcome"]["n_found"] + n_in_doubt == (190 - (23 + 36 + 9 + 10 + 13)) + (200 - 84)
    assert found["premature_end"]["n_found"] == 9 + 1


def test_langfuse_and_otlp_exports_are_counted_as_by_hand(acme: "Shell", shared_data: Path) -> None:
    traces = shared_data / "framework-traces"
    files = ingest(acme, traces / "langfuse-export", traces / "otlp", traces / "openinference/vercel-v6-all-spans.json")
    by_format: dict[str, int] = {}
    for file in files.values():
        by_format[file["format"]] = by_format.get(file["format"], 0) + file["spans"]
    assert by_format == {"langfuse": 6 + 7 + 6 + 5 + 9 + 2 + 5 + 3 + 1 + 3, "otlp": 1 + 10}
    assert all(file["in"] == file["stored"] and not file["quarantined"] for file in files.values())


def test_the_whole_job_leaves_reports_with_an_index_and_issues_that_keep_their_identity(
    acme: "Shell", tmp_path: Path
) -> None:
    simulate.write(simulate.World(n_traces=300, weeks=2, seed=3), tmp_path / "world")
    code, out, err = acme.run("run", tmp_path / "world/telemetry", tmp_path / "world/signals.jsonl", "--json")
    answer = json.loads(out)
    assert (code, "reports are written" in err) == (0, False)  # but for the two
    assert {report["notebook"] for report in answer["reports"]} == {"1_telemetry", "2_detect"}
    assert all(Path(report["html"]).is_file() and Path(report["ipynb"]).is_file() for report in answer["reports"])
    assert Path(answer["index"]).is_file()
    assert answer["issues"], "planted faults make issues"
    again = acme.json("detect")
    assert {issue["id"] for issue in again["issues"]} == {issue["id"] for issue in answer["issues"]}
    assert {issue["state"] for issue in again["issues"]} == {"proposed"}


def test_a_run_writes_the_reports_of_what_goes_on_beside_the_first_two(tmp_path: Path) -> None:
    """The second run of a workspace wrote six reports, of which nothing was said."""
    workspace, change = set_apart(tmp_path / "acme")
    assert wanted_reports(workspace, "run_1", window="7d") == {
        "1_telemetry": {"window": "7d"},
        "2_detect": {"run_id": "run_1"},
        "5_refine": {},
    }
    review = loop.open_review(workspace, now=NOON, n=2)
    workspace.ledger.append([an_experiment(change_ids=(change.id,))], now=NOON)
    named = ["1_telemetry", "2_detect", "3_review", "4_backlog", "5_refine", "6_validate"]
    assert list(wanted := wanted_reports(workspace, "run_1", window="7d")) == named
    assert wanted["3_review"] == {"review_id": review.id}


@pytest.mark.parametrize(
    ("arguments", "exit_code", "said"),
    [
        (["detect"], 4, "no spans in window all"),
        (["detect", "--window", "yesterday"], 2, "window == 'yesterday'"),
        (["ingest", "nowhere.jsonl"], 2, "no such file"),
        (["report", "9_nothing"], 2, "9_nothing"),
        (["report", "2_detect", "-p", "colour=red"], 2, "colour"),
        (["report", "2_detect", "-p", "top_n"], 2, "name=value"),
        (["report", "2_detect"], 4, "workbench detect"),
    ],
)
def test_a_failure_is_one_line_and_an_exit_code(acme: "Shell", arguments: list[str], exit_code: int, said: str) -> None:
    code, out, err = acme.run(*arguments)
    assert (code, out) == (exit_code, "")
    assert err.startswith("workbench: ")
    assert err.count("\n") == 1
    assert said in err


def test_ctrl_c_while_libraries_are_loaded_is_no_stack() -> None:
    """The first second of every command ended in a stack of a hundred lines."""
    code = "import sys, types\nclass Cli(types.ModuleType):\n def __getattr__(self, name): raise KeyboardInterrupt\n"
    code += "sys.modules['workbench.cli'] = Cli('cli')\nfrom workbench.__main__ import main\nmain()"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (130, b"")


@pytest.mark.parametrize(
    "arguments",
    [
        ["retain", "--days", "99999999"],
        ["retain", "--days", "9", "--vacuum-hours", "99999999999"],
        ["compact", "--vacuum-hours", "9999999999999999999999"],
        ["pull", "phoenix", "http://127.0.0.1:1", "--overlap", "1e12"],
    ],
)
def test_an_age_beyond_every_calendar_is_a_wrong_call(acme: "Shell", arguments: list[str]) -> None:
    """Each ended in the stack of a library, one of them in a panic."""
    code, out, err = acme.run(*arguments)
    assert (code, out) == (2, "")
    assert "Invalid value" in err


def test_why_a_problem_has_no_cause_is_said_beside_the_answer(acme: "Shell", tmp_path: Path) -> None:
    times = {"startTimeUnixNano": "1772323200000000000", "endTimeUnixNano": "1772323201000000000"}
    failed = {"name": "look up", "status": {"code": 2, "message": "no such table"}, **times}
    kind = [{"key": "openinference.span.kind", "value": {"stringValue": "TOOL"}}]
    spans = [{"traceId": f"{n:032x}", "spanId": f"{n:016x}", "attributes": kind, **failed} for n in range(1, 4)]
    path = tmp_path / "export.jsonl"
    path.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}) + "\n")
    ingest(acme, path)
    code, out, err = acme.run("detect", "--json")
    notes = json.loads(out)["notes"]
    assert code == 0
    assert notes
    assert [line for line in err.splitlines() if line.startswith("workbench: ")] == [
        f"workbench: note: {note}" for note in notes
    ]


def test_an_issue_that_was_merged_into_another_says_so_where_a_run_lists_it(acme: "Shell", tmp_path: Path) -> None:
    log = [{"request_id": f"r{number}", "question": "Where is it?"} for number in range(2)]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(record) + "\n" for record in log))
    (tmp_path / "log.toml").write_text('[columns]\ntrace_id = "request_id"\ninput = "question"\n')
    assert acme.run("ingest", tmp_path / "log.jsonl", "--mapping", tmp_path / "log.toml")[0] == 0
    acme.json("detect")
    one, other = (
        acme.json("issue", "open", "--trace", f"r{number}", "--title", title)["id"]
        for number, title in enumerate(["[red]late", "lost"])
    )
    acme.json("issue", "merge", one, other, "--reason", "the same")
    code, out, _ = acme.run("detect")
    (row,) = [line.split() for line in out.splitlines() if line.startswith(one)]
    assert (code, row[1:5]) == (0, ["[red]late,", "merged", "into", other])
    (row,) = [line.split() for line in out.splitlines() if line.startswith(other)]
    assert row[1:] == ["lost", "1", "1", "0"]


def test_a_data_file_that_is_no_parquet_any_more_is_told_in_one_line(acme: "Shell", tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    times = {"startTimeUnixNano": "1772323200000000000", "endTimeUnixNano": "1772323201000000000"}
    span = {"traceId": "1" * 32, "spanId": "1" * 16, "name": "chat", **times}
    path.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}) + "\n")
    ingest(acme, path)
    (damaged,) = (tmp_path / "acme/telemetry/spans").rglob("*.parquet")
    damaged.write_bytes(b"x" * damaged.stat().st_size)
    code, out, err = acme.run("detect")
    assert (code, out) == (3, "")
    assert err.startswith("workbench: ")
    assert err.count("\n") == 1
    assert "workbench doctor" in err


def test_a_folder_that_is_no_workspace_says_how_to_make_one(shell: "Shell", tmp_path: Path) -> None:
    code, _, err = shell.run("detect", "--workspace", tmp_path)
    assert (code, "workbench init" in err) == (2, True)


def test_without_a_secret_nothing_is_stored(acme: "Shell", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT_VARIABLE)
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / "feedback.jsonl"
    file.write_text('{"target_kind": "trace", "target_id": "t", "kind": "outcome", "name": "x", "value": 1}\n')
    code, _, err = acme.run("ingest", file)
    assert (code, ENVIRONMENT_VARIABLE in err) == (2, True)


def test_control_characters_of_a_path_do_not_reach_the_terminal(acme: "Shell") -> None:
    _, _, err = acme.run("ingest", "evil\x1b]0;owned\x07.jsonl")
    assert "\x1b" not in err
    assert "owned" in err


def test_a_refused_file_is_read_once_a_mapping_says_how(acme: "Shell", tmp_path: Path) -> None:
    """What was refused once must not be taken for dealt with."""
    log, mapping = tmp_path / "log" / "own.jsonl", tmp_path / "own.toml"
    log.parent.mkdir()
    log.write_text('{"ticket": "t1", "said": "hello"}\n{"ticket": "t2", "said": "hi"}\n')
    mapping.write_text('[columns]\ntrace_id = "ticket"\ninput = "said"\n')
    code, _, err = acme.run("ingest", log.parent)
    assert (code, "unknown_format 1" in err, "no record could be read" in err) == (4, True, True)
    mapped = acme.json("ingest", log, "--mapping", mapping)["files"][0]
    assert (mapped["in"], mapped["stored"], mapped["quarantined"]) == (2, 2, 0)


def test_another_mapping_of_the_same_file_is_heeded(acme: "Shell", tmp_path: Path) -> None:
    log, mapping = tmp_path / "own.jsonl", tmp_path / "own.toml"
    log.write_text('{"ticket": "t1", "said": "hello", "note": "late"}\n')
    for column, stored in (("said", 1), ("said", 0), ("note", 1)):
        mapping.write_text(f'[columns]\ntrace_id = "ticket"\ninput = "{column}"\n')
        assert acme.json("ingest", log, "--mapping", mapping)["files"][0]["stored"] == stored


def test_a_damaged_archive_is_one_refusal_each_time_and_its_neighbour_is_read(acme: "Shell", tmp_path: Path) -> None:
    folder = tmp_path / "mix"
    folder.mkdir()
    lines = [
        json.dumps({"target_kind": "trace", "target_id": f"t{number}", "kind": "outcome", "name": "x", "value": 1})
        for number in range(5_000)
    ]
    whole = gzip.compress("\n".join(lines).encode(), mtime=0)
    (folder / "cut.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    (folder / "good.jsonl").write_text(lines[0] + "\n")
    first, second = ingest(acme, folder), ingest(acme, folder)
    cut = [files["cut.jsonl.gz"] for files in (first, second)]
    assert cut[0]["in"] == cut[1]["in"] == cut[1]["duplicate"] + 1
    assert [file["refused"] for file in cut] == [{"damaged": 1}, {"damaged": 1}]
    assert (first["good.jsonl"]["duplicate"], second["good.jsonl"]["duplicate"]) == (1, 1)
    (folder / "cut.jsonl.gz").write_bytes(whole)
    mended = ingest(acme, folder)["cut.jsonl.gz"]
    assert (mended["in"], mended["stored"], mended["quarantined"]) == (5_000, 5_000 - cut[0]["stored"], 0)


def test_a_trace_that_goes_on_in_a_grown_log_is_one_trace(acme: "Shell", tmp_path: Path) -> None:
    def line(span_id: str) -> str:
        span = {"traceId": "ab" * 16, "spanId": span_id, "name": "chat", "startTimeUnixNano": "1772323200000000000"}
        return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}) + "\n"

    log = tmp_path / "log.jsonl"
    log.write_text(line("01" * 8))
    ingest(acme, log)
    log.write_text(line("01" * 8) + line("02" * 8))
    grown = ingest(acme, log)["log.jsonl"]
    assert (grown["in"], grown["stored"], grown["spans"], grown["traces"]) == (2, 1, 2, 1)


def test_a_tampered_ledger_stops_detection(acme: "Shell", tmp_path: Path) -> None:
    simulate.write(simulate.World(n_traces=100, weeks=1, seed=3), tmp_path / "world")
    ingest(acme, tmp_path / "world/telemetry", tmp_path / "world/signals.jsonl")
    acme.json("detect")
    with sqlite3.connect(tmp_path / "acme/ledger.db") as connection:
        connection.execute("DROP TRIGGER entries_no_UPDATE")
        connection.execute("UPDATE entries SET at = '2020-01-01T00:00:00+00:00' WHERE seq = 1")
    for command in (["detect"], ["report", "1_telemetry"]):
        code, _, err = acme.run(*command)
        assert (code, "chain is broken" in err) == (3, True)


def test_a_ledger_whose_end_was_cut_off_after_a_report_stops_the_next_report(acme: "Shell", tmp_path: Path) -> None:
    simulate.write(simulate.World(n_traces=100, weeks=1, seed=3), tmp_path / "world")
    ingest(acme, tmp_path / "world/telemetry", tmp_path / "world/signals.jsonl")
    acme.json("detect")
    acme.json("report", "1_telemetry")
    with sqlite3.connect(tmp_path / "acme/ledger.db") as connection:
        connection.execute("DROP TRIGGER entries_no_DELETE")
        connection.execute("DELETE FROM entries WHERE seq = (SELECT max(seq) FROM entries)")
    code, _, err = acme.run("report", "1_telemetry")
    assert (code, "cut off" in err) == (3, True)
