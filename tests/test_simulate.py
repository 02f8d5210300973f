"""The committed sample against its truth: every figure is counted by hand on the records as they were written."""

import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import pytest

from workbench.errors import ConfigError
from workbench.simulate import FAULTS, World, simulate, write

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
SMALL = World(n_traces=120, weeks=1, seed=3)


class Emitted(NamedTuple):
    """What lies in the sample's files."""

    lines: list[bytes]
    """Lines of telemetry, in the order of the files."""
    records: list[dict[str, Any]]
    """Spans in the order of the lines, attributes as a plain mapping, with the release of their resource."""
    traces: dict[str, dict[str, dict[str, Any]]]
    """Spans by trace id and span id."""
    signals: list[dict[str, Any]]
    truth: dict[str, dict[str, Any]]

    def root(self, trace_id: str) -> dict[str, Any]:
        (root,) = [span for span in self.traces[trace_id].values() if "parentSpanId" not in span]
        return root

    def facts(self, trace_id: str) -> dict[str, str]:
        """Read what the trace's agent span says under the names of the truth's slices."""
        root = self.root(trace_id)
        return {
            "task": root["attributes"]["gen_ai.workflow.name"],
            "prompt_version": root["attributes"]["gen_ai.prompt.version"],
            "model": root["attributes"]["gen_ai.request.model"],
            "release": root["release"],
        }

    def planted(self, fault: str) -> set[str]:
        return {trace_id for trace_id, row in self.truth.items() if row["fault"] == fault}

    def tool_calls(self, trace_id: str, tool: str) -> list[dict[str, Any]]:
        spans = self.traces[trace_id].values()
        return [span for span in spans if span["attributes"].get("gen_ai.tool.name") == tool]

    def downs(self) -> dict[str, list[str]]:
        """Return the comments of thumbs down by trace; a thumb that came twice counts once."""
        said = {
            (signal["trace_id"], signal["comment"])
            for signal in self.signals
            if signal["name"] == "thumb" and signal["value"] == 0
        }
        return {trace_id: [words for other, words in said if other == trace_id and words] for trace_id, _ in said}


def plain(value: dict[str, Any]) -> Any:
    ((kind, content),) = value.items()
    match kind:
        case "intValue":
            return int(content)
        case "arrayValue":
            return [plain(entry) for entry in content["values"]]
        case "kvlistValue":
            return {entry["key"]: plain(entry["value"]) for entry in content["values"]}
    return content


def spans_of(line: bytes) -> Iterator[dict[str, Any]]:
    for group in json.loads(line)["resourceSpans"]:
        resource = {entry["key"]: plain(entry["value"]) for entry in group["resource"]["attributes"]}
        for span in group["scopeSpans"][0]["spans"]:
            named = {entry["key"]: plain(entry["value"]) for entry in span["attributes"]}
            yield span | {"attributes": named, "release": resource["service.version"]}


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def is_whole(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


@pytest.fixture(scope="module")
def emitted() -> Emitted:
    weeks = sorted((SAMPLE / "telemetry").glob("*.jsonl.gz"))
    lines = [line for path in weeks for line in gzip.decompress(path.read_bytes()).splitlines()]
    records = [span for line in lines if is_whole(line) for span in spans_of(line)]
    traces: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for span in records:
        traces[span["traceId"]][span["spanId"]] = span
    truth = {row["trace_id"]: row for row in read_lines(SAMPLE / "truth.jsonl")}
    return Emitted(lines, records, traces, read_lines(SAMPLE / "signals.jsonl"), truth)


def contents(folder: Path) -> dict[str, str]:
    """Digest every generated file by what it holds; two zlibs may pack the same bytes differently."""
    paths = [path for path in folder.rglob("*") if path.suffix in {".gz", ".jsonl"}]
    raw = {path: path.read_bytes() for path in paths}
    return {
        str(path.relative_to(folder)): sha256(gzip.decompress(body) if path.suffix == ".gz" else body).hexdigest()
        for path, body in raw.items()
    }


# What is written, and where


def test_committed_sample_is_what_the_code_makes(tmp_path: Path) -> None:
    write(World(), tmp_path)
    assert contents(tmp_path) == contents(SAMPLE)


def test_same_world_is_the_same_bytes_and_another_seed_is_not(tmp_path: Path) -> None:
    files = [write(world, tmp_path / name) for name, world in (("a", SMALL), ("b", SMALL), ("c", World(seed=4)))]
    first, again, other = (
        [path.read_bytes() for path in (*each.telemetry, each.signals, each.truth)] for each in files
    )
    assert first == again
    assert first != other


def test_packed_files_hold_neither_name_nor_time(tmp_path: Path) -> None:
    """RFC 1952: byte 3 has the flag of a name, bytes 4 to 7 the time."""
    (week,) = write(SMALL, tmp_path).telemetry
    assert week.read_bytes()[3:8] == bytes(5)


def test_write_spares_an_earlier_simulation_unless_told_otherwise(tmp_path: Path) -> None:
    write(World(n_traces=30, weeks=3), tmp_path)
    with pytest.raises(ConfigError, match="overwrite"):
        write(SMALL, tmp_path)
    files = write(SMALL, tmp_path, overwrite=True)
    assert sorted((tmp_path / "telemetry").iterdir()) == sorted(files.telemetry)


def test_telemetry_is_the_same_each_time_it_is_read() -> None:
    simulation = simulate(SMALL)
    assert list(simulation.telemetry()) == list(simulation.telemetry())


def test_sample_is_small_enough_to_carry() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) < 5_000_000


@pytest.mark.parametrize(
    "wrong",
    [lambda: World(n_traces=0), lambda: World(weeks=0), lambda: World(start=datetime(2026, 9, 28))],
    ids=["no traces", "no weeks", "no zone"],
)
def test_world_refuses_what_cannot_be(wrong: Callable[[], World]) -> None:
    with pytest.raises(ValueError):
        wrong()


# Telemetry as such


def test_ids_are_hex_of_the_right_length_and_not_zero(emitted: Emitted) -> None:
    for span in emitted.records:
        assert re.fullmatch(r"(?!0+$)[0-9a-f]{32}", span["traceId"])
        assert re.fullmatch(r"(?!0+$)[0-9a-f]{16}", span["spanId"])


def test_every_child_lies_inside_its_agent_and_after_its_elder(emitted: Emitted) -> None:
    for trace_id, spans in emitted.traces.items():
        root = emitted.root(trace_id)
        children = [span for span in spans.values() if span is not root]
        at = int(root["startTimeUnixNano"])
        for child in sorted(children, key=lambda span: int(span["startTimeUnixNano"])):
            assert child["parentSpanId"] == root["spanId"]
            assert at <= int(child["startTimeUnixNano"]) <= int(child["endTimeUnixNano"])
            at = int(child["endTimeUnixNano"])
        assert at <= int(root["endTimeUnixNano"])


def test_every_trace_is_in_the_truth_once_and_the_other_way_round(emitted: Emitted) -> None:
    assert len(read_lines(SAMPLE / "truth.jsonl")) == len(emitted.truth) == 2200
    assert emitted.traces.keys() == emitted.truth.keys()


def test_each_tool_answers_the_call_that_the_model_made_before_it(emitted: Emitted) -> None:
    for trace_id, spans in emitted.traces.items():
        if emitted.truth[trace_id]["noise"] == "no_content":
            continue
        asked = [
            part["id"]
            for span in spans.values()
            if span["attributes"]["gen_ai.operation.name"] == "chat"
            for part in json.loads(span["attributes"]["gen_ai.output.messages"])[0]["parts"]
            if part["type"] == "tool_call"
        ]
        called = [span["attributes"]["gen_ai.tool.call.id"] for span in spans.values() if "tool" in span["name"]]
        assert Counter(asked) == Counter(called)


def test_one_line_is_broken_and_a_few_spans_come_twice_or_late(emitted: Emitted) -> None:
    assert sum(not is_whole(line) for line in emitted.lines) == 1
    n_spans = sum(len(spans) for spans in emitted.traces.values())
    assert 0 < len(emitted.records) - n_spans < 0.01 * n_spans
    seen: set[str] = set()
    children_after_their_agent = 0
    for span in emitted.records:
        children_after_their_agent += span.get("parentSpanId") in seen and span["spanId"] not in seen
        seen.add(span["spanId"])
    assert 0 < children_after_their_agent < 0.01 * n_spans


def test_some_spans_lack_optional_attributes_and_some_have_unknown_ones(emitted: Emitted) -> None:
    roots = [emitted.root(trace_id)["attributes"] for trace_id in emitted.traces]
    chats = [span["attributes"] for span in emitted.records if span["name"].startswith("chat")]
    assert 0.01 < sum("user.id" not in root for root in roots) / len(roots) < 0.03
    assert 0.01 < sum("gen_ai.usage.input_tokens" not in chat for chat in chats) / len(chats) < 0.03
    nested = [root["lexdesk.experiment"] for root in roots if "lexdesk.experiment" in root]
    assert 0.005 < len(nested) / len(roots) < 0.02
    assert all(experiment.keys() == {"bucket", "is_control"} for experiment in nested)


def test_cost_is_tokens_times_price(emitted: Emitted) -> None:
    price = {"lex-small-2": (0.15e-6, 0.6e-6), "lex-large-2": (2.5e-6, 10e-6)}
    for span in emitted.records:
        if (cost := span["attributes"].get("gen_ai.usage.cost")) is not None:
            tokens = (span["attributes"][f"gen_ai.usage.{way}_tokens"] for way in ("input", "output"))
            per_token = price[span["attributes"]["gen_ai.request.model"]]
            assert cost == pytest.approx(sum(n * usd for n, usd in zip(tokens, per_token, strict=True)), abs=1e-8)


def test_traffic_fills_four_weeks_on_the_rhythm_of_office_days(emitted: Emitted) -> None:
    starts = [
        datetime.fromtimestamp(int(emitted.root(trace_id)["startTimeUnixNano"]) // 10**9, UTC)
        for trace_id in emitted.traces
    ]
    assert {start.date().isocalendar().week for start in starts} == {40, 41, 42, 43}
    assert sum(start.weekday() < 5 for start in starts) / len(starts) > 5 / 7 + 0.1
    assert sum(13 <= start.hour < 22 for start in starts) / len(starts) > 2 * 9 / 24
    assert not [start for start in starts if 6 <= start.hour < 10]


def test_sessions_belong_to_one_user_and_hold_several_traces_at_times(emitted: Emitted) -> None:
    users: dict[str, set[str]] = defaultdict(set)
    n_traces: Counter[str] = Counter()
    for trace_id in emitted.traces:
        root = emitted.root(trace_id)["attributes"]
        n_traces[root["gen_ai.conversation.id"]] += 1
        users[root["gen_ai.conversation.id"]] |= {root["user.id"]} if "user.id" in root else set()
    assert all(len(who) <= 1 for who in users.values())
    assert 1.5 < 2200 / len(n_traces) < 2.5


# Signals as such


def test_feedback_is_sparse_and_half_of_the_outcomes_are_known(emitted: Emitted) -> None:
    told = {name: {s["trace_id"] for s in emitted.signals if s["name"] == name} for name in ("thumb", "task_success")}
    assert 0.05 < len(told["thumb"]) / 2200 < 0.10
    assert 0.45 < len(told["task_success"]) / 2200 < 0.55


def test_signals_name_their_trace_its_user_and_a_time_after_it(emitted: Emitted) -> None:
    for signal in emitted.signals:
        root = emitted.root(signal["trace_id"])
        assert signal["target_kind"] == "trace"
        assert signal["target_id"] == signal["trace_id"]
        at = datetime.fromisoformat(signal["at"])
        assert int(root["endTimeUnixNano"]) / 1e9 < at.timestamp() < datetime(2026, 10, 26, tzinfo=UTC).timestamp()
        assert signal.get("user_id") == (
            root["attributes"].get("user.id") if signal["annotator_kind"] == "HUMAN" else None
        )
    assert [signal["at"] for signal in emitted.signals] == sorted(signal["at"] for signal in emitted.signals)


# The faults, each by its evidence in the records alone


def test_jurisdiction_is_confused_where_a_state_question_gets_federal_law(emitted: Emitted) -> None:
    federal = re.compile(r"F\.5th|F\. Supp\. 4th|Fed\. R\. Civ\. P\.|U\.S\.C\.")
    confused = {
        trace_id
        for trace_id in emitted.traces
        if emitted.facts(trace_id)["task"] == "state_court"
        and federal.search(emitted.root(trace_id)["attributes"].get("gen_ai.output.messages", ""))
    }
    assert confused == emitted.planted("jurisdiction_confusion")


def test_jurisdiction_is_complained_of_forty_seven_times_in_as_many_wordings(emitted: Emitted) -> None:
    confused = emitted.planted("jurisdiction_confusion")
    comments = [words for trace_id, said in emitted.downs().items() if trace_id in confused for words in said]
    assert len(comments) == 47
    assert len(set(comments)) >= 44


def test_jurisdiction_costs_most_of_the_answer_in_the_edit(emitted: Emitted) -> None:
    kept = defaultdict(list)
    for signal in emitted.signals:
        if signal["name"] == "kept_share":
            kept[emitted.truth[signal["trace_id"]]["fault"]].append(signal["value"])
    assert max(kept["jurisdiction_confusion"]) < 0.5 < 0.7 < min(kept["none"])


def test_search_loops_where_it_times_out_three_to_six_times_on_one_question(emitted: Emitted) -> None:
    looped = {}
    for trace_id in emitted.traces:
        timed_out = [
            call["attributes"]["gen_ai.tool.call.arguments"]
            for call in emitted.tool_calls(trace_id, "search_cases")
            if call["attributes"].get("error.type") == "timeout"
        ]
        if timed_out:
            looped[trace_id] = timed_out
    assert looped.keys() == emitted.planted("search_loop")
    assert {len(arguments) for arguments in looped.values()} == {3, 4, 5, 6}
    assert all(len(set(arguments)) == 1 for arguments in looped.values())


def test_timeouts_differ_in_their_numbers_alone(emitted: Emitted) -> None:
    messages = [
        span["status"]["message"]
        for trace_id in emitted.planted("search_loop")
        for span in emitted.tool_calls(trace_id, "search_cases")
        if "status" in span
    ]
    masked = {re.sub(r"\b[0-9a-f]{8}\b|\d+", "#", message) for message in messages}
    assert len(set(messages)) > 0.95 * len(messages)
    assert len(masked) == 3


def test_citations_are_wrong_where_the_checker_says_so_about_that_citation(emitted: Emitted) -> None:
    wrong = {}
    for trace_id in emitted.traces:
        for call in emitted.tool_calls(trace_id, "check_citation"):
            if call["attributes"].get("error.type") == "citation_not_found":
                wrong[trace_id] = call
    assert wrong.keys() == emitted.planted("citation_error")
    for call in wrong.values():
        assert json.loads(call["attributes"]["gen_ai.tool.call.arguments"])["citation"] in call["status"]["message"]


def test_latency_is_four_times_as_long_for_the_model_alone(emitted: Emitted) -> None:
    durations: dict[tuple[str, bool], list[int]] = defaultdict(list)
    slow = emitted.planted("latency_regression")
    for trace_id, spans in emitted.traces.items():
        for span in spans.values():
            operation = span["attributes"]["gen_ai.operation.name"]
            took = int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"])
            durations[operation, trace_id in slow].append(took)
    ratio = {
        operation: median(durations[operation, True]) / median(durations[operation, False])
        for operation in ("chat", "execute_tool")
    }
    assert 3.4 < ratio["chat"] < 4.6
    assert 0.8 < ratio["execute_tool"] < 1.2


def test_answers_are_truncated_where_the_last_call_ends_by_length(emitted: Emitted) -> None:
    cut = {
        span["traceId"]
        for span in emitted.records
        if span["attributes"].get("gen_ai.response.finish_reasons") == ["length"]
    }
    assert cut == emitted.planted("truncated_answer")
    for trace_id in cut:
        root = emitted.root(trace_id)["attributes"]
        assert root["app.opinion.pages"] > 60
        assert not json.loads(root["gen_ai.output.messages"])[0]["parts"][0]["content"].endswith(".")


def test_runs_end_early_where_the_agent_gives_up_without_an_answer(emitted: Emitted) -> None:
    ended = {
        trace_id for trace_id in emitted.traces if emitted.root(trace_id)["attributes"].get("error.type") == "max_steps"
    }
    assert ended == emitted.planted("premature_end")
    for trace_id in ended:
        arguments = [
            c["attributes"]["gen_ai.tool.call.arguments"] for c in emitted.tool_calls(trace_id, "search_cases")
        ]
        assert len(arguments) == len(set(arguments)) == 8
        assert "gen_ai.output.messages" not in emitted.root(trace_id)["attributes"]


def test_outcomes_fail_by_plan_on_bankruptcy_and_by_chance_or_other_faults_elsewhere(emitted: Emitted) -> None:
    failed = {s["trace_id"] for s in emitted.signals if s["name"] == "task_success" and s["value"] == 0}
    planned = emitted.planted("failed_outcome")
    stray = {trace_id for trace_id, row in emitted.truth.items() if row["noise"] == "stray_failure"}
    assert planned | stray <= failed
    assert all(emitted.truth[trace_id]["fault"] != "none" for trace_id in failed - stray)
    assert {emitted.facts(trace_id)["task"] for trace_id in planned} == {"bankruptcy"}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_faults_concentrate_in_their_slice(fault: Any, emitted: Emitted) -> None:
    """Wherever the slice lets it be seen: more than ten times as frequent inside as outside."""
    inside = {trace_id for trace_id in emitted.traces if dict(fault.slice).items() <= emitted.facts(trace_id).items()}
    planted = emitted.planted(fault.name)
    assert {trace_id for trace_id in planted if emitted.truth[trace_id]["in_slice"]} == planted & inside
    share_inside = len(planted & inside) / len(inside)
    share_outside = len(planted - inside) / (2200 - len(inside))
    assert 40 <= len(planted) <= 130
    assert share_inside > 10 * share_outside


def test_faults_file_counts_what_the_truth_says(emitted: Emitted) -> None:
    for row in read_lines(SAMPLE / "faults.jsonl"):
        mine = [truth["in_slice"] for truth in emitted.truth.values() if truth["fault"] == row["fault"]]
        slice_ = json.loads(row["slice"]).items()
        assert (row["n_traces"], row["n_traces_in_slice"]) == (len(mine), sum(mine))
        assert row["n_slice"] == sum(slice_ <= emitted.facts(trace_id).items() for trace_id in emitted.traces)


# The noise


def test_noise_is_never_called_a_fault(emitted: Emitted) -> None:
    noisy = [row for row in emitted.truth.values() if row["noise"] != "none"]
    assert {row["fault"] for row in noisy} == {"none"}
    assert {row["in_slice"] for row in noisy} == {None}
    smallest = min(Counter(row["fault"] for row in emitted.truth.values()).values())
    assert max(Counter(row["noise"] for row in noisy).values()) <= 1.5 * smallest
    assert {row["noise"] for row in noisy} == {
        *("tool_error", "vague_feedback", "slow_span", "short_answer", "stray_failure", "no_content", "unhappy_user")
    }


def test_random_tool_errors_are_of_many_kinds_and_succeed_at_the_second_try(emitted: Emitted) -> None:
    noisy = {trace_id for trace_id, row in emitted.truth.items() if row["noise"] == "tool_error"}
    kinds = set()
    for trace_id in noisy:
        calls = [span for span in emitted.traces[trace_id].values() if "tool" in span["name"]]
        (failed,) = [call for call in calls if "error.type" in call["attributes"]]
        same = [
            call
            for call in calls
            if call["attributes"]["gen_ai.tool.call.arguments"] == failed["attributes"]["gen_ai.tool.call.arguments"]
        ]
        kinds.add(failed["attributes"]["error.type"])
        assert len(same) == 2
    assert len(kinds) >= 8


def test_unhappy_users_dislike_everything_in_words_that_say_nothing(emitted: Emitted) -> None:
    noisy = {trace_id for trace_id, row in emitted.truth.items() if row["noise"] == "unhappy_user"}
    downs = emitted.downs()
    assert noisy <= downs.keys()
    assert len({emitted.root(trace_id)["attributes"]["user.id"] for trace_id in noisy}) <= 3
    assert not [words for trace_id in noisy for words in downs[trace_id] if re.search("federal|state|cit|cut", words)]


def test_traces_in_order_get_no_thumb_down_and_no_error(emitted: Emitted) -> None:
    clean = {trace_id for trace_id, row in emitted.truth.items() if row["fault"] == row["noise"] == "none"}
    assert not clean & emitted.downs().keys()
    assert not [span for trace_id in clean for span in emitted.traces[trace_id].values() if "status" in span]


def test_world_without_faults_has_none() -> None:
    simulation = simulate(World(n_traces=120, weeks=1, faults=()))
    assert set(simulation.truth["fault"]) == {"none"}
    assert simulation.faults.height == 0
    assert b"max_steps" not in b"".join(line.raw for line in simulation.telemetry())


# The words


def test_readme_gives_the_counts_of_the_files(emitted: Emitted) -> None:
    text = " ".join((SAMPLE / "README.md").read_text(encoding="utf-8").split())
    for row in read_lines(SAMPLE / "faults.jsonl"):
        assert re.search(rf"\| `{row['fault']}` (\|[^|]*){{3}}\| {row['n_traces']} \|", text)
    for noise, n in Counter(row["noise"] for row in emitted.truth.values()).items():
        assert noise == "none" or f"`{noise}` {n}" in text
    n_spans = sum(len(spans) for spans in emitted.traces.values())
    assert f"{len(emitted.records):,} span records" in text
    assert f"{n_spans:,} spans" in text
    assert f"{len(emitted.lines)} lines" in text
    assert f"of which {len(emitted.records) - n_spans} came twice" in text
    kinds = Counter((signal["name"], signal["value"] == 0) for signal in emitted.signals)
    n_thumbs, n_downs = kinds["thumb", True] + kinds["thumb", False], kinds["thumb", True]
    n_outcomes = kinds["task_success", True] + kinds["task_success", False]
    n_edits = len(emitted.signals) - n_thumbs - n_outcomes
    assert f"{len(emitted.signals):,} signal records" in text
    assert f"({n_thumbs} thumbs, {n_downs} of them down; {n_outcomes:,} outcomes; {n_edits} edits)" in text
