"""Lines of signals come in as they were said."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.loaders import signals

Read = Callable[..., Any]

THUMB: dict[str, Any] = {
    "target_kind": "trace",
    "target_id": "t1",
    "kind": "feedback",
    "name": "thumb",
    "value": 0,
    "comment": "wrong",
    "annotator_kind": "HUMAN",
    "user_id": "ann",
    "at": "2026-01-05T10:00:00Z",
}

_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=20)
_MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))
_SIGNALS = st.fixed_dictionaries(
    {
        "target_kind": st.just("session"),
        "target_id": _WORDS,
        "trace_id": st.none() | _WORDS,
        "kind": st.sampled_from(signals.KINDS),
        "name": _WORDS,
        "value": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "label": st.none() | _WORDS,
        "comment": st.none() | _WORDS,
        "annotator_kind": st.none() | st.sampled_from(signals.ANNOTATOR_KINDS),
        "annotator": st.none() | _WORDS.filter(lambda name: "@" not in name),
        "at": st.none() | _MOMENTS,
    }
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.lists(_SIGNALS, min_size=1, max_size=5))
def test_what_is_written_comes_back(read: Read, written: list[dict[str, Any]]) -> None:
    loaded = read(signals.load, b"".join(orjson.dumps(signal) + b"\n" for signal in written))
    assert not loaded.refused
    assert loaded.signals.select(*written[0]).to_dicts() == written


def test_a_user_is_keyed_wherever_the_line_names_one(read: Read, key: Callable[[str], str]) -> None:
    loaded = read(signals.load, THUMB | {"attributes": {"user.id": "ann", "page": 3}, "client": {"userId": "ann"}})
    signal = loaded.signals.row(0, named=True)
    assert signal["annotator"] == key("ann")
    assert orjson.loads(signal["attributes"]) == {
        "user.id": key("ann"),
        "page": 3,
        "client": {"userId": key("ann")},
    }
    assert loaded.left == {"client": 1}


def test_a_signal_on_a_trace_needs_no_second_id(read: Read) -> None:
    assert read(signals.load, THUMB).signals["trace_id"].to_list() == ["t1"]


def test_a_signal_has_the_same_id_in_every_file(read: Read) -> None:
    alone = read(signals.load, THUMB).signals["signal_id"][0]
    among = read(signals.load, [THUMB | {"target_id": "t2"}, THUMB]).signals["signal_id"]
    assert alone == among[1] != among[0]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"target_kind": "tenant"}, "wrong_type"),
        ({"target_kind": "span"}, "no_id"),
        ({"target_id": None}, "no_id"),
        ({"trace_id": "t2"}, "wrong_type"),
        ({"kind": "praise"}, "wrong_type"),
        ({"name": ""}, "no_id"),
        ({"value": "up"}, "wrong_type"),
        ({"value": True}, "wrong_type"),
        ({"annotator_kind": "DOG"}, "wrong_type"),
        ({"at": "noon"}, "bad_time"),
        ({"attributes": []}, "wrong_type"),
        ({"comment": ["a"]}, "wrong_type"),
    ],
)
def test_a_bad_signal_costs_one_record(read: Read, bad: dict[str, Any], reason: str) -> None:
    loaded = read(signals.load, [THUMB | bad, THUMB])
    assert loaded.signals.height == 1
    assert [refused.reason for refused in loaded.refused] == [reason]


def test_nan_and_a_repeated_key_cost_one_record_each(read: Read) -> None:
    lines = [orjson.dumps(THUMB), orjson.dumps(THUMB).replace(b":0,", b":NaN,"), b'{"name": "a", "name": "b"}']
    loaded = read(signals.load, b"\n".join(lines) + b"\n")
    assert loaded.signals.height == 1
    assert [refused.reason for refused in loaded.refused] == ["wrong_type", "duplicate_key"]


def test_reading_goes_on_where_it_stopped(read: Read) -> None:
    first = orjson.dumps(THUMB) + b"\n"
    loaded = read(signals.load, first + orjson.dumps(THUMB | {"target_id": "t2"}) + b"\n", start=len(first))
    assert loaded.signals["target_id"].to_list() == ["t2"]
    assert loaded.end == len(first) * 2


def test_an_edit_is_measured_from_its_two_texts_and_keeps_them(read: Read) -> None:
    """Levenshtein distance of "kitten" and "sitting" is 3, of 7 characters."""
    edit = THUMB | {"kind": "edit", "name": "kept", "value": None, "original": "kitten", "kept": "sitting"}
    loaded = read(signals.load, [edit, edit | {"value": 0.5}, edit | {"original": None}])
    assert loaded.signals["value"].to_list() == [3 / 7, 0.5, None]
    assert orjson.loads(loaded.signals["attributes"][0]) == {"original": "kitten", "kept": "sitting"}
    assert loaded.guessed == {"the share of an edit that was changed is measured from its two texts": 1}


def test_a_tier_is_said_about_a_user_whose_id_is_keyed(read: Read, key: Callable[[str], str]) -> None:
    said = {"target_kind": "user", "target_id": "ann", "kind": "profile", "name": "user_tier", "label": "pro"}
    signal = read(signals.load, [said]).signals.row(0, named=True)
    assert (signal["target_id"], signal["label"], signal["trace_id"]) == (key("ann"), "pro", None)
