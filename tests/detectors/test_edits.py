"""An edit is compared with the answer that it was made from."""

import orjson
import polars as pl
import pytest

from workbench.detectors.edits import edit_shares
from workbench.schemas import SIGNALS, SPANS

SPAN = {"trace_id": "t1", "span_id": "s1"}
EDIT = {"trace_id": "t1", "kind": "edit", "name": "kept", "attributes": orjson.dumps({"kept": "sitting"}).decode()}


@pytest.mark.parametrize(("target_kind", "target_id"), [("trace", "t1"), ("span", "s1")])
def test_a_kept_text_is_compared_with_the_answer_that_came_before_or_after_it(target_kind: str, target_id: str) -> None:
    """Levenshtein distance of "kitten" and "sitting" is 3, of 7 characters."""
    answer = orjson.dumps([{"role": "assistant", "content": "kitten"}]).decode()
    below = SPAN | {"span_id": "s0", "parent_span_id": "s1", "output": "x"}
    spans = pl.DataFrame([SPAN | {"output": answer}, below], schema=SPANS.schema)
    edit = EDIT | {"target_kind": target_kind, "target_id": target_id}
    signals = pl.DataFrame(
        [
            edit | {"signal_id": "with its answer"},
            edit | {"signal_id": "as it is said", "trace_id": "t9", "value": 0.25},
            edit | {"signal_id": "without its answer", "trace_id": "t8"},
        ],
        schema=SIGNALS.schema,
    )
    shares = dict(edit_shares(spans.lazy(), signals.lazy()).iter_rows())
    assert shares == {"with its answer": 3 / 7, "as it is said": 0.25, "without its answer": None}


def test_without_an_edit_there_is_no_share() -> None:
    assert edit_shares(SPANS.empty().lazy(), SIGNALS.empty().lazy()).is_empty()
