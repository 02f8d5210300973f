"""A log of any shape becomes spans and signals as its mapping says, and nothing of it is lost."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from workbench.errors import FormatError
from workbench.loaders import mapped
from workbench.loaders.mapped.mapping import LogMapping, mapping_of

Read = Callable[..., Any]

MAPPING = mapping_of(
    {
        "columns": {
            "trace_id": "request.id",
            "session_id": "chat",
            "user_id": "customer.ref",
            "started_at": "at",
            "duration_ms": "ms",
            "status": "state",
            "input": "question",
            "output": "answer",
            "input_tokens": "tokens.in",
            "model": "model",
        },
        "constants": {"service": "support-bot"},
        "values": {"status": {"failed": "ERROR", "fine": "OK"}},
        "signals": [
            {
                "name": "thumb",
                "value": "feedback.thumb",
                "comment": "feedback.text",
                "user_id": "customer.ref",
                "values": {"up": 1, "down": 0},
            }
        ],
    }
)
RECORD: dict[str, Any] = {
    "request": {"id": "r1", "region": "eu"},
    "chat": 17,
    "customer": {"ref": "ann", "tier": "gold"},
    "at": "2026-01-05T10:00:00Z",
    "ms": 250,
    "state": "failed",
    "question": "Where?",
    "answer": "There.",
    "tokens": {"in": 12},
    "model": "m",
    "feedback": {"thumb": "down", "text": "no"},
}


def _mapped(read: Read, content: Any, **changes: Any) -> Any:
    return read(mapped.loader(mapping_of(changes)) if changes else mapped.loader(MAPPING), content)


def test_a_record_becomes_a_span_with_the_rest_in_its_attributes(read: Read, key: Callable[[str], str]) -> None:
    loaded = _mapped(read, [RECORD])
    span = loaded.spans.row(0, named=True)
    assert (span["trace_id"], span["session_id"], span["user_key"]) == ("r1", "17", key("ann"))
    assert (span["service"], span["model"], span["kind"], span["operation"]) == ("support-bot", "m", "LLM", "chat")
    assert (span["status"], span["input"], span["output"], span["input_tokens"]) == ("ERROR", "Where?", "There.", 12)
    assert span["started_at"] == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert (span["ended_at"], span["duration_ms"]) == (datetime(2026, 1, 5, 10, 0, 0, 250_000, tzinfo=UTC), 250.0)
    assert orjson.loads(span["attributes"]) == {
        "request": {"region": "eu"},
        "customer": {"tier": "gold"},
        "tokens": {},
        "feedback": {},
    }
    assert loaded.mapped["request.id -> trace_id"] == loaded.mapped["tokens.in -> input_tokens"] == 1
    assert set(loaded.left) == {"request", "customer"}


def test_feedback_in_the_record_becomes_a_signal(read: Read, key: Callable[[str], str]) -> None:
    signal = _mapped(read, [RECORD]).signals.row(0, named=True)
    assert (signal["target_kind"], signal["target_id"], signal["kind"], signal["name"]) == (
        *("trace", "r1"),
        *("feedback", "thumb"),
    )
    assert (signal["value"], signal["comment"], signal["annotator_kind"]) == (0.0, "no", "HUMAN")
    assert signal["annotator"] == key("ann")


def test_a_record_without_feedback_has_no_signal(read: Read) -> None:
    assert _mapped(read, [{**RECORD, "feedback": None}]).signals.is_empty()


def test_csv_parquet_and_json_lines_say_the_same(read: Read, tmp_path: Path) -> None:
    records = [{"id": "r1", "q": 'a "b", c\nd', "ms": 5}, {"id": "r2", "q": "e", "ms": 7}]
    pl.DataFrame(records).write_csv(tmp_path / "log.csv")
    pl.DataFrame(records).write_parquet(tmp_path / "log.parquet")
    columns = {"trace_id": "id", "input": "q", "duration_ms": "ms"}
    frames = [
        _mapped(read, content, columns=columns).spans.select("trace_id", "input", "duration_ms")
        for content in (records, tmp_path / "log.csv", tmp_path / "log.parquet")
    ]
    assert frames[0].rows() == [("r1", 'a "b", c\nd', 5.0), ("r2", "e", 7.0)]
    assert frames[0].equals(frames[1])
    assert frames[0].equals(frames[2])


def test_parquet_times_lists_and_bytes_are_read(read: Read, tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "id": ["r1"],
            "at": [datetime(2026, 1, 5, tzinfo=UTC)],
            "turns": [[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]],
            "raw": [b"\xff"],
        }
    )
    frame.write_parquet(tmp_path / "log.parquet")
    loaded = _mapped(
        read,
        tmp_path / "log.parquet",
        columns={"trace_id": "id", "started_at": "at"},
        messages={"path": "turns"},
    )
    assert loaded.spans.select("kind", "input", "output").rows() == [
        ("LLM", '[{"role":"user","content":"Hi"}]', "Hello"),
        ("UNKNOWN", "Hi", "Hello"),
    ]
    assert loaded.spans.filter(kind="UNKNOWN")["started_at"].to_list() == [datetime(2026, 1, 5, tzinfo=UTC)]


def test_csv_rows_that_do_not_fit_cost_one_record_each(read: Read) -> None:
    raw = b"id;q\nr1;hello\nr2;a;b\nr3\nr4;\xff\nr5;" + "größe".encode() + b"\n"
    loaded = _mapped(read, raw, columns={"trace_id": "id", "input": "q"})
    assert loaded.spans.select("trace_id", "input").rows() == [("r1", "hello"), ("r5", "größe")]
    assert [(refused.offset, refused.reason) for refused in loaded.refused] == [
        (14, "wrong_type"),
        (21, "wrong_type"),
        (24, "not_utf8"),
    ]
    assert loaded.guessed["columns are separated by ';'"] == 1


def test_a_csv_header_must_name_each_column_once(read: Read) -> None:
    with pytest.raises(FormatError, match="names no column, or one twice"):
        _mapped(read, b"a,a\n1,2\n", columns={"input": "a"})


def test_a_long_cell_is_read_whole(read: Read) -> None:
    loaded = _mapped(read, b"id,q\nr1," + b"x" * 500_000 + b"\n", columns={"trace_id": "id", "input": "q"})
    assert loaded.spans["input"].str.len_bytes().to_list() == [500_000]


def test_what_is_no_parquet_says_so(read: Read) -> None:
    with pytest.raises(FormatError, match="cannot be read as Parquet"):
        _mapped(read, b"PAR1 but not really", columns={"input": "q"})


@pytest.mark.parametrize(
    ("time", "value", "expected"),
    [
        ({"unit": "s"}, 1767607200, None),
        ({"unit": "ms"}, "1767607200000", None),
        ({}, 1767607200, "a time without a unit in the mapping is read as s"),
        ({}, 1767607200000, "a time without a unit in the mapping is read as ms"),
        ({}, 1767607200000000000, "a time without a unit in the mapping is read as ns"),
        ({"format": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin"}, "05.01.2026 11:00", None),
        ({"zone": "Europe/Berlin"}, "2026-01-05 11:00", None),
        ({}, "2026-01-05 10:00", "a time without a zone is read as UTC"),
    ],
)
def test_times_are_read_as_the_mapping_says(read: Read, time: dict[str, str], value: Any, expected: str | None) -> None:
    loaded = _mapped(read, [{"id": "r1", "t": value}], columns={"trace_id": "id", "started_at": "t"}, time=time)
    assert loaded.spans["started_at"].to_list() == [datetime(2026, 1, 5, 10, tzinfo=UTC)]
    assumed = {text for text in loaded.guessed if "time" in text}
    assert assumed == ({expected} if expected else set())


@pytest.mark.parametrize(
    ("bad", "reason", "named"),
    [
        ({"request": {}}, "no_id", "columns.trace_id"),
        ({"at": "noon"}, "bad_time", "columns.started_at"),
        ({"state": "odd"}, "wrong_type", "[values.status]"),
        ({"tokens": {"in": "many"}}, "wrong_type", "columns.input_tokens"),
        ({"tokens": {"in": -3}}, "wrong_type", "columns.input_tokens"),
        ({"model": {"name": "m"}}, "wrong_type", "columns.model"),
    ],
)
def test_a_record_that_does_not_fit_is_refused_with_the_key(
    read: Read, bad: dict[str, Any], reason: str, named: str
) -> None:
    loaded = _mapped(read, [RECORD | bad, RECORD])
    assert (loaded.spans.height, loaded.signals.height) == (1, 1)
    assert [(refused.reason, named in refused.detail) for refused in loaded.refused] == [(reason, True)]


def test_feedback_that_does_not_fit_costs_the_signal_and_not_the_span(read: Read) -> None:
    loaded = _mapped(read, [RECORD | {"feedback": {"thumb": "sideways"}}])
    assert (loaded.spans.height, loaded.signals.height, len(loaded.refused)) == (1, 0, 1)
    assert "signals.thumb" in loaded.refused[0].detail


@pytest.mark.parametrize("bad", [7, {"other": 1}, None, {}])
def test_a_record_with_nothing_that_the_mapping_names_is_refused(read: Read, bad: Any) -> None:
    loaded = _mapped(read, [bad, RECORD])
    assert (loaded.spans.height, len(loaded.refused)) == (1, 1)


def test_records_without_ids_get_ids_from_their_content(read: Read) -> None:
    rows = [{"q": "same"}, {"q": "same"}, {"q": "other"}]
    loaded = _mapped(read, rows, columns={"input": "q"})
    assert loaded.spans["trace_id"].n_unique() == 3
    assert loaded.spans["trace_id"].to_list() == _mapped(read, rows, columns={"input": "q"}).spans["trace_id"].to_list()
    assert loaded.guessed["a record has no id in the mapping: its trace id follows from its content"] == 3


def test_records_with_a_time_have_the_same_id_in_every_file(read: Read) -> None:
    first, second = ({"q": text, "t": "2026-01-05T10:00:00Z"} for text in ("one", "two"))
    columns = {"input": "q", "started_at": "t"}
    here, there = (_mapped(read, rows, columns=columns).spans for rows in ([first, second], [second]))
    assert there["trace_id"][0] == here["trace_id"][1]


def test_a_mapped_user_id_is_not_left_in_the_attributes(read: Read) -> None:
    spans = _mapped(read, [RECORD | {"trail": '{"user_id": "ann"}'}]).spans
    assert not spans["attributes"].str.contains('ann"', literal=True).any()


def test_a_mapping_may_be_made_in_python(read: Read) -> None:
    loaded = read(mapped.loader(LogMapping(columns={"input": "q"})), [{"q": "hello"}])
    assert loaded.spans["input"].to_list() == ["hello"]


def test_a_chat_in_a_cell_of_csv_is_read_like_any_other(read: Read) -> None:
    """The chats of a CSV export were all refused, because a cell is a text."""
    raw = (
        b'id,turns\nr1,"[{""role"": ""user"", ""content"": ""Hi""}, {""role"": ""assistant"", ""content"": ""Yo""}]"\n'
    )
    loaded = _mapped(read, raw, columns={"trace_id": "id"}, messages={"path": "turns"})
    assert loaded.spans.filter(kind="UNKNOWN").select("input", "output").rows() == [("Hi", "Yo")]
    assert not loaded.refused


def test_a_csv_header_that_is_no_utf8_says_so(read: Read) -> None:
    with pytest.raises(FormatError, match=r"not UTF-8.*export it again as UTF-8"):
        _mapped(read, "größe,b\n1,2\n".encode("latin-1"), columns={"input": "b"})


FEEDBACK = {
    "signals": [
        {"name": "thumb", "target_id": "request", "value": "rating", "comment": "said", "values": {"up": 1, "down": 0}},
        {"name": "user_tier", "kind": "profile", "target": "user", "target_id": "who", "label": "plan"},
        {"name": "kept", "kind": "edit", "target_id": "request", "original": "before", "kept": "after"},
    ]
}


def test_a_table_of_feedback_alone_becomes_signals_and_no_span(read: Read, key: Callable[[str], str]) -> None:
    table = b"request,rating,said,who,plan,before,after,page\nt1,down,wrong,ann,pro,kitten,sitting,7\nt2,up,,ann,,,,\n"
    loaded = read(mapped.loader(mapping_of(FEEDBACK)), table)
    assert loaded.spans.is_empty()
    assert not loaded.refused
    columns = ("target_kind", "target_id", "trace_id", "kind", "name", "value", "label", "comment")
    assert loaded.signals.select(columns).rows() == [
        ("trace", "t1", "t1", "feedback", "thumb", 0.0, None, "wrong"),
        ("user", key("ann"), None, "profile", "user_tier", None, "pro", None),
        ("trace", "t1", "t1", "edit", "kept", 3 / 7, None, None),
        ("trace", "t2", "t2", "feedback", "thumb", 1.0, None, None),
    ]
    assert orjson.loads(loaded.signals["attributes"][0]) == {"page": "7"}
    assert orjson.loads(loaded.signals["attributes"][2]) == {"page": "7", "original": "kitten", "kept": "sitting"}


def test_a_row_of_feedback_that_says_nothing_or_about_nothing_is_refused(read: Read) -> None:
    loaded = read(mapped.loader(mapping_of(FEEDBACK)), b"request,rating,page\nt1,,7\n,up,8\nt3,up,9\n")
    assert [refused.reason for refused in loaded.refused] == ["no_field", "no_id"]
    assert loaded.signals["target_id"].to_list() == ["t3"]


def test_the_tier_of_a_user_fills_its_column(read: Read) -> None:
    mapping = mapping_of({"columns": {"input": "question", "user_tier": "customer.tier"}})
    assert read(mapped.loader(mapping), RECORD).spans["user_tier"].to_list() == ["gold"]
