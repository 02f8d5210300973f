"""Of a trace of any length a bounded part is read."""

import polars as pl
import pytest

from workbench.causes import texts
from workbench.schemas import SPANS


def test_of_a_long_trace_its_roots_and_its_earliest_spans_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MAX_SPANS", 3)
    long = [{"trace_id": "long", "span_id": f"s{at}", "parent_span_id": "root"} for at in (4, 2, 1, 3)]
    root = {"trace_id": "long", "span_id": "z", "output": "answer"}
    short = [{"trace_id": "short", "span_id": f"s{at}", "parent_span_id": "root"} for at in range(3)]
    other = {"trace_id": "other", "span_id": "s1"}
    frame = pl.DataFrame([*long, root, *short, other], schema=SPANS.schema)
    read = texts.read_texts(pl.Series(["long", "short"]), frame.lazy())
    assert sorted(read.select("trace_id", "span_id").rows()) == [
        *(("long", span_id) for span_id in ("s1", "s2", "z")),
        *(("short", span_id) for span_id in ("s0", "s1", "s2")),
    ]
    assert texts.ends_of(read).filter(trace_id="long")["output"].to_list() == ["answer"]
