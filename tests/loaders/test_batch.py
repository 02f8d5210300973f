"""A batch is full by its records or by its bytes, so that records of any size fit the memory."""

from collections.abc import Callable
from datetime import date
from typing import Any

import orjson
import pytest

from workbench.loaders import batch, openai_agents, signals
from workbench.loaders.batch import Context
from workbench.loaders.source import Source

TRACE = {"object": "trace", "id": "t", "workflow_name": "w", "metadata": {"notes": "x" * 1_000}}
SPANS = [{"object": "trace.span", "id": f"s{n}", "trace_id": "t", "span_data": {"type": "agent"}} for n in range(6)]
SIGNAL = {"target_kind": "trace", "target_id": "t", "kind": "feedback", "name": "n", "comment": "x" * 1_000}


def _lines(*records: Any) -> bytes:

    return b"".join((record if isinstance(record, bytes) else orjson.dumps(record)) + b"\n" for record in records)


@pytest.mark.parametrize(
    ("load", "content"),
    [
        (openai_agents.load, _lines(TRACE, *SPANS)),
        (signals.load, _lines(*[SIGNAL] * 6)),
        (signals.load, _lines(SIGNAL, *[b"x" * 1_000] * 5)),
    ],
    ids=["spans", "signals", "refused records"],
)
def test_records_of_any_size_are_handed_over_a_few_at_a_time(
    write: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, load: batch.Load, content: bytes
) -> None:
    """35,000 records were held whatever their size: 600 lines of 1 MB filled 1.2 GB."""
    monkeypatch.setattr(batch, "BATCH_BYTES", 2_500)
    batches = list(load(Source(write(content)), Context("src_x", date(2026, 1, 1), str)))
    n_records = [one.n_records for one in batches]
    assert sum(n_records) == 6
    assert max(n_records) <= 3
    assert [one.end_offset for one in batches] == sorted(one.end_offset for one in batches)
