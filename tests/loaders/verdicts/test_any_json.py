"""Files of verdicts are written by strangers: whatever JSON is in one, each record is a verdict, none, or refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.loaders.verdicts.conftest import NOW
from workbench.errors import ConfigError
from workbench.loaders import verdicts
from workbench.loaders.batch import Context
from workbench.loaders.source import Source
from workbench.loaders.verdicts.reading import Reading

words = st.sampled_from(
    ["verdict", "confirmed", "t1", "HUMAN", "ANNOTATION", "submitted", "x", "", "2026-03-01", "{}", "[1]"]
)
NAMES = """
id trace_id traceId target_kind target_id label annotator annotator_kind at score
name result metadata attributes context annotations.0.annotation.name workbench_verdict
fields responses suggestions _server_id verdict verdict.responses verdict.responses.users
verdict.suggestion value user_id status data annotations predictions completed_by
from_name choices scores trace source stringValue authorUserId timestamp statement
"""
"""Fields of all formats: what a reader looks for is what may break it."""
names = st.sampled_from(NAMES.split())
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words
records = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=6))


@pytest.mark.parametrize("form", [form.name for form in verdicts.FORMATS])
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.lists(st.dictionaries(names, records, max_size=8) | records, min_size=1, max_size=4))
def test_nothing_in_a_file_is_more_than_a_refused_record(
    tmp_path: Path, key: Callable[[str], str], form: str, content: list[Any]
) -> None:
    path = tmp_path / "any.json"
    path.write_bytes(
        b"".join(orjson.dumps(one, option=orjson.OPT_NON_STR_KEYS) + b"\n" for one in content if fits(one))
    )
    source = Source(path)
    if not path.read_bytes().strip():
        return
    context = Context(source.id(), NOW.date(), key)
    try:
        book = verdicts.read(source, context, verdicts.choose(source, form), reading=Reading(), now=NOW)
    except ConfigError:  # nothing answers the question, and something answers others
        return
    book.place({})
    assert all(one.verdict.identity in ("typed", "program") for one in book.given)
    assert all(one.reason and one.raw for one in book.refused)


def fits(value: Any) -> bool:
    """Return whether orjson can write it: its integers have 64 bits."""
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True
