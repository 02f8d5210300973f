"""The telemetry report: counts by hand, gaps said, nothing invented."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from workbench.records import LoadReport
from workbench.report import (
    accounts,
    files,
    filled,
    freshness,
    guesses,
    left_over,
    redacted,
    refusals,
    signals,
    telemetry_conclusions,
    telemetry_figures,
    telemetry_summary,
    waiting,
)
from workbench.report.telemetry import Telemetry

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
Build = Callable[..., Telemetry]
Load = Callable[..., LoadReport]


def test_key_figures_count_traces_sessions_users_errors_and_signals(telemetry: Build) -> None:
    shown = telemetry_figures(
        telemetry(
            [
                {"trace_id": "a", "session_id": "v", "user_key": "usr_1", "status": "ERROR", "started_at": AT},
                {"trace_id": "b", "session_id": "v", "user_key": "usr_1", "started_at": AT},
                {"trace_id": "c", "started_at": AT},
                {"trace_id": "c"},
            ],
            signals=[{"target_kind": "session", "target_id": "v"}],
        )
    ).plain.splitlines()
    assert shown[:3] == ["3", "traces", "4 spans"]
    assert shown[3:6] == ["1", "sessions", "known of 67 % of traces"]
    assert shown[6:9] == ["1", "users", "known of 67 % of traces"]
    assert shown[9:12] == ["33 %", "with an error", "1 trace"]
    assert shown[12:15] == ["67 %", "with a signal", "1 signal"]
    assert shown[15:17] == ["2 days", "since newest trace"]


def test_what_nobody_recorded_is_not_a_zero(telemetry: Build) -> None:
    shown = telemetry_figures(telemetry([{}])).plain
    assert shown.count("not recorded") == 4


def test_each_file_adds_up_in_its_row_and_all_files_in_a_sentence(telemetry: Build, load_report: Load) -> None:
    told = telemetry(
        loads=[
            load_report("in/a.jsonl", n_in=10, n_stored=7, n_duplicate=2, n_quarantined=1),
            load_report("in/b.jsonl", n_in=5, n_stored=5),
        ]
    )
    assert "15 records came in with 2 files: 15 = 12 stored + 2 already there + 1 refused." in accounts(told).plain
    rows = files(told, top_n=5).plain.splitlines()
    assert [row.split()[-8:] for row in rows if row.startswith(("a.", "b."))] == [
        ["1", "time", "10", "7", "2", "1", "0", "0"],
        ["1", "time", "5", "5", "0", "0", "0", "0"],
    ]


def test_a_file_that_is_loaded_again_renamed_or_grown_is_one_row_and_counts_once(
    telemetry: Build, load_report: Load
) -> None:
    """A cron job that loads the same files every night must not make the account grow."""
    again = load_report("a.jsonl", n_in=10, n_duplicate=9, n_quarantined=1, guessed={"zone": 4}, left={"extra": 2})
    told = telemetry(
        loads=[
            load_report("a.jsonl", n_in=10, n_stored=9, n_quarantined=1, guessed={"zone": 4}, left={"extra": 2}),
            load_report("b.jsonl", n_in=3, n_stored=3, guessed={"zone": 1}),
            *[again] * 12,
            load_report("renamed.jsonl", source="src_a.jsonl", n_in=14, n_stored=4, n_duplicate=9, n_quarantined=1),
            load_report("b.jsonl", n_in=3, n_duplicate=3, guessed={"zone": 1}),
        ]
    )
    assert "17 records came in with 2 files: 17 = 16 stored + 0 already there + 1 refused." in accounts(told).plain
    rows = [row.split() for row in files(told, top_n=5).plain.splitlines()]
    assert [[row[0], *row[-8:]] for row in rows if row[0] in {"a.jsonl", "renamed.jsonl", "b.jsonl"}] == [
        ["renamed.jsonl", "14", "times", "14", "13", "0", "1", "0", "0"],
        ["b.jsonl", "2", "times", "3", "3", "0", "0", "0", "0"],
    ]


def test_what_was_assumed_is_counted_once_a_file(telemetry: Build, load_report: Load) -> None:
    told = telemetry(
        loads=[load_report("a", guessed={"zone": 4}), load_report("b", guessed={"zone": 1})]
        + [load_report("a", guessed={"zone": 4}, left={"extra": 2})] * 3
    )
    assert "zone 5" in " ".join(guesses(told, top_n=5).plain.split())
    assert "extra 2" in " ".join(left_over(told, top_n=5).plain.split())


def test_a_file_of_the_same_name_with_other_content_adds_up(telemetry: Build, load_report: Load) -> None:
    told = telemetry(
        loads=[
            load_report("a", source="src_1", n_in=5, n_stored=5),
            load_report("a", source="src_2", n_in=2, n_stored=2),
        ]
    )
    assert "7 records came in with 1 file: 7 = 7 stored + 0 already there + 0 refused." in accounts(told).plain


def test_refusals_are_grouped_by_reason_and_file(telemetry: Build) -> None:
    refused = {"path": "in/a.jsonl", "reason": "not_json", "detail": "no JSON", "n_bytes": 3, "digest": "x"}
    shown = refusals(telemetry(quarantine=[{**refused, "offset": 90}, {**refused, "offset": 12}]), top_n=5).plain
    assert "not json" in shown
    assert "a.jsonl 2 12" in " ".join(shown.split())


def test_an_empty_quarantine_is_said(telemetry: Build) -> None:
    assert refusals(telemetry(), top_n=5).plain == "Nothing is in quarantine."


def test_the_stalest_service_comes_first_and_one_without_times_last(telemetry: Build) -> None:
    shown = freshness(
        telemetry(
            [
                {"trace_id": "a", "service": "lively", "started_at": AT},
                {"trace_id": "b", "service": "quiet", "started_at": AT - timedelta(days=3)},
                {"trace_id": "c", "service": "timeless"},
            ]
        ),
        top_n=5,
    ).plain
    assert shown.index("quiet") < shown.index("lively") < shown.index("timeless")
    assert "5 days ago" in shown


def test_signals_are_counted_by_kind_and_name(telemetry: Build) -> None:
    told = telemetry(
        [{"trace_id": "a"}, {"trace_id": "b"}],
        signals=[
            {"trace_id": "a", "target_id": "a", "value": 1.0, "comment": "good"},
            {"trace_id": "a", "target_id": "a", "value": 0.0},
        ],
    )
    assert "feedback thumb HUMAN 2 50 % 0.50 1" in " ".join(signals(told, top_n=5).plain.split())


def test_a_signal_that_waits_for_its_trace_is_shown_with_its_age_and_concluded(telemetry: Build) -> None:
    said: list[dict[str, object]] = [{"target_id": "a"}, {"target_id": "b", "at": AT}, {"target_id": "b"}]
    told = telemetry([{"trace_id": "a", "started_at": AT}], signals=said)
    shown = waiting(told, top_n=5).plain
    assert "trace" in shown
    assert "2 days" in shown
    assert "2 signals wait for what they are about." in telemetry_conclusions(told).plain
    assert "No signal waits" in waiting(telemetry([{}]), top_n=5).plain


def test_what_each_file_tells_of_its_spans_is_counted_from_its_newest_load(telemetry: Build, load_report: Load) -> None:
    told = {"kind LLM": 3, "kind TOOL": 4, "model": 3, "tool_name": 4, "prompt_version": 2, "status ERROR": 1}
    loads = [load_report("in/a.jsonl", filled={"kind LLM": 1}), load_report("in/a.jsonl", filled=told)]
    shown = filled(telemetry(loads=loads), top_n=5).plain
    assert "prompt name" in shown, "a column called `prompt` read as if no span had its prompt's version either"
    row = next(line for line in shown.splitlines() if "a.jsonl" in line)
    assert row.split() == [
        "a.jsonl",
        "4",
        "TOOL,",
        "3",
        "LLM",
        *["0", "0", "3", "0", "0", "4", "0", "0", "0", "2", "0", "1"],
    ]


def test_what_was_redacted_is_counted_by_kind_over_all_files(telemetry: Build, load_report: Load) -> None:
    loads = [
        load_report("a.jsonl", source="src_a", redacted={"email": 2}),
        load_report("b.jsonl", source="src_b", redacted={"email": 1, "ip": 4}),
    ]
    shown = redacted(telemetry(loads=loads), top_n=5).plain
    assert [line for line in shown.splitlines() if line.startswith(("email", "ip"))] == ["ip 4", "email 3"]
    assert "Nothing was redacted" in redacted(telemetry(), top_n=5).plain


def test_no_signal_at_all_is_said(telemetry: Build) -> None:
    assert "No signal came in" in signals(telemetry(), top_n=5).plain


def test_assumptions_and_leftover_fields_are_added_over_files(telemetry: Build, load_report: Load) -> None:
    told = telemetry(
        loads=[
            load_report("a", guessed={"zone": 2}, left={"extra": 1}),
            load_report("b", guessed={"zone": 3}, left={"extra": 4}),
        ]
    )
    assert "zone 5" in " ".join(guesses(told, top_n=5).plain.split())
    assert "extra 5" in " ".join(left_over(told, top_n=5).plain.split())
    assert guesses(telemetry(), top_n=5).plain == "Nothing was guessed."
    assert left_over(telemetry(), top_n=5).plain == "Every field has a column of its own."


@pytest.mark.parametrize("missing", ["time", "cost", "user", "session", "signal"])
def test_conclusions_name_what_is_missing(telemetry: Build, missing: str) -> None:
    assert missing in telemetry_conclusions(telemetry([{}])).plain


def test_complete_telemetry_has_no_gap_to_name(telemetry: Build) -> None:
    whole = {"started_at": AT, "cost_usd": 0.1, "user_key": "usr_1", "session_id": "v"}
    told = telemetry([whole], signals=[{"trace_id": "t1", "target_id": "t1"}])
    assert telemetry_conclusions(told).plain.splitlines() == [
        "The newest trace started 2 days ago, 2026-01-05 12:00 UTC.",
        "No record was refused.",
        "Too few days have 20 traces or more to tell which day is unusual.",
        "Every trace has a time, a cost, a user, a session and a signal.",
    ]


def test_the_headline_and_the_conclusions_say_how_fresh_and_how_much_was_refused(
    telemetry: Build, load_report: Load
) -> None:
    refused = load_report(n_in=3, n_quarantined=2, n_stored=1)
    told = telemetry([{"started_at": AT}, {"trace_id": "b"}], loads=[refused, refused])
    assert telemetry_summary(told).plain == "2 traces, the newest started 2 days ago; 2 records refused."
    assert "2 records were refused and are in no number here." in telemetry_conclusions(told).plain
    assert telemetry_summary(telemetry([{}])).plain == "1 trace, their time is not recorded; no record refused."


def test_hostile_names_stay_text(telemetry: Build, load_report: Load) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    told = telemetry(
        [{"service": hostile, "started_at": AT}],
        signals=[{"trace_id": "t1", "target_id": "t1", "name": hostile}],
        loads=[load_report(hostile, left={hostile: 1}, guessed={hostile: 1})],
    )
    shown = (files, freshness, signals, guesses, left_over)
    assert all("<img src=x" not in show(told, top_n=5).html for show in shown)
