"""Nothing that shows a person by its form is stored, whichever column it stands in; everything else is."""

from collections.abc import Callable
from datetime import date
from typing import Any

import orjson
import pytest

from workbench.loaders import signals
from workbench.loaders.batch import SPAN_FIELDS, Context, Rows
from workbench.loaders.personal import EVERYTHING, redaction
from workbench.loaders.users import KeyUser

Read = Callable[..., Any]

ADDRESS = "ann.lee@example.com"


@pytest.fixture
def rows(key: KeyUser) -> Rows:
    return Rows(_context(key))


def _context(key: KeyUser, **changes: Any) -> Context:
    return Context("src_1", date(2026, 1, 5), key, **changes)


def _span(**columns: Any) -> dict[str, Any]:
    return {"trace_id": "t", "span_id": "s", "kind": "LLM", "status": "OK", "time_known": False} | columns


@pytest.mark.parametrize("column", ["name", "input", "output", "error_message"])
def test_an_address_in_a_text_is_replaced_and_its_words_stay(rows: Rows, column: str) -> None:
    rows.add_span(_span(**{column: f"write to {ADDRESS} today"}))
    batch = rows.take(1)
    assert batch.spans[column].to_list() == ["write to [email] today"]
    assert batch.redacted == {"email": 1}


def test_attributes_stay_json_and_names_of_fields_are_redacted_too(rows: Rows) -> None:
    rows.left["notes"] += 1
    rows.left[f"of {ADDRESS}"] += 1
    rows.add_span(_span(attributes=orjson.dumps({"notes": [f"from {ADDRESS}"], "n": 3}).decode()))
    batch = rows.take(1)
    assert orjson.loads(batch.spans["attributes"][0]) == {"notes": ["from [email]"], "n": 3}
    assert batch.left == {"notes": 1, "of [email]": 1}


def test_an_id_that_is_an_address_is_keyed_so_that_it_still_joins(rows: Rows, key: KeyUser) -> None:
    rows.add_span(_span(session_id=ADDRESS))
    rows.add_signal(
        {"target_kind": "session", "target_id": ADDRESS, "kind": "feedback", "name": "thumb", "attributes": "{}"}
    )
    batch = rows.take(1)
    assert batch.spans["session_id"].to_list() == batch.signals["target_id"].to_list() == [key(ADDRESS)]


def test_the_digest_is_that_of_what_is_stored(key: KeyUser) -> None:
    """A digest of the raw text would let anyone who guesses an address check the guess."""
    before, after = Rows(_context(key)), Rows(_context(key))
    before.add_span(_span(input=f"write to {ADDRESS}", cost_usd=0.5))
    after.add_span(_span(input="write to [email]", cost_usd=0.5))
    first, second = before.take(1).spans, after.take(1).spans
    assert first.select(*SPAN_FIELDS, "content_digest").equals(second.select(*SPAN_FIELDS, "content_digest"))


def test_a_signal_is_redacted_before_its_id_is_made(read: Read) -> None:
    said = {"target_kind": "trace", "target_id": "t1", "kind": "feedback", "name": "thumb"}
    both = [said | {"comment": f"call {ADDRESS}"}, said | {"comment": "call [email]"}]
    loaded = read(signals.load, both, redaction=EVERYTHING)
    assert loaded.signals["comment"].to_list() == ["call [email]"] * 2
    assert loaded.signals["signal_id"].n_unique() == 1


def test_a_kind_that_is_kept_is_kept_and_the_others_go(key: KeyUser) -> None:
    kept = Rows(_context(key, redaction=redaction(["email"])))
    kept.add_span(_span(input=f"{ADDRESS} from 203.0.113.7"))
    assert kept.take(1).spans["input"].to_list() == [f"{ADDRESS} from [ip]"]
