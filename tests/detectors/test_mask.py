"""What differs between two errors that are the same is masked, and nothing else."""

import unicodedata
from datetime import datetime
from uuid import UUID

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.detectors.mask import MAX_LABEL_CHARACTERS, MAX_TEXT_CHARACTERS, label, mask, masked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("total price is 1,203.50, but paid -$833", "total price is <number>, but paid <number>"),
        ("timed out after 600.0 seconds (30%)", "timed out after <number> (<number>)"),
        ("flight HAT156 on 2024-05-13", "flight <id> on <date>"),
        ("since 2024-05-13T08:15:30.123Z", "since <date>"),
        ("on May 20th, 2024 at 10:30 pm", "on <date> at <time>"),
        ("on 20 May or 05/20/2024", "on <date> or <date>"),
        ("reservation EHGLP3, user emma_kim_9957", "reservation <id>, user <id>"),
        ("card 4111-1111-1111-1111", "card <id>"),
        ("span 550e8400-e29b-41d4-a716-446655440000 at 0x7ffe", "span <id> at <id>"),
        ("request bfeeeabe and 12345678", "request <id> and <id>"),
        ("mail a.b@example.com or https://example.com/a?b=1.", "mail <email> or <url>"),
        ("cannot open /usr/lib/python3/a.py", "cannot open <path>"),
        ("KeyError: 'order'", "KeyError: <value>"),
        ("no user \"Emma Kim\", no 'x', no `y`, no “z”", "no user <value>, no <value>, no <value>, no <value>"),
        ('{"error": {"message": "Payment failed", "code": 402}}', "error : message : Payment failed , code : <number>"),
    ],
)
def test_what_varies_becomes_a_placeholder(text: str, expected: str) -> None:
    assert mask(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Payment amount does not add up",
        "I can't find the users' bags",
        "JFK/SEA and/or ORD",
        'The tool said "payment amount does not add up" again',
        "you may cancel",
        "",
    ],
)
def test_words_stay_as_they_are(text: str) -> None:
    assert mask(text) == text


def test_control_and_bidirectional_characters_do_not_stay() -> None:
    assert mask("a\x1b\n\u202e\u200b b\x00") == "a b"


def test_null_stays_null_and_equal_texts_stay_aligned() -> None:
    frame = pl.DataFrame({"text": ["paid 1", None, "lost 2", "paid 3"]})
    assert frame.select(masked(pl.col("text")))["text"].to_list() == [
        "paid <number>",
        None,
        "lost <number>",
        "paid <number>",
    ]


def test_a_column_of_nulls_or_without_rows_is_no_error() -> None:
    for texts in ([], [None]):
        frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
        assert frame.select(masked(pl.col("text")))["text"].to_list() == texts


def test_a_label_is_one_short_line_and_keeps_its_digits() -> None:
    frame = pl.DataFrame({"name": ["search_v2\n\x1b", "x" * 1000]})
    assert frame.select(label(pl.col("name")))["name"].to_list() == ["search_v2", "x" * MAX_LABEL_CHARACTERS]


@given(st.text(max_size=600))
def test_no_digit_no_control_character_and_no_long_text_comes_through(text: str) -> None:
    words = mask(text)
    assert not any(character.isdecimal() for character in words)
    assert not {"Cc", "Cf"} & {unicodedata.category(character) for character in words}
    assert len(words) <= MAX_TEXT_CHARACTERS


@given(st.integers(min_value=0, max_value=9_999_999), st.integers(min_value=0, max_value=9_999_999))
def test_amounts_never_tell_two_errors_apart(first: int, second: int) -> None:
    assert mask(f"price is {first}, but paid {second}") == "price is <number>, but paid <number>"


@given(st.uuids(), st.datetimes(min_value=datetime(1970, 1, 1)), st.integers(min_value=16**8, max_value=16**32))
def test_ids_and_moments_never_tell_two_errors_apart(number: UUID, at: datetime, digits: int) -> None:
    assert mask(f"span {number} at {at.isoformat()}, request {digits:x}") == "span <id> at <date>, request <id>"
