"""Many JSON objects at once are the same texts as one at a time."""

from typing import Any

import orjson
from hypothesis import example, given
from hypothesis import strategies as st

from workbench.loaders.otlp.texts import object_texts

words = st.text(st.characters(exclude_categories=["Cs"]))
values = words | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.none()
tables = st.integers(1, 4).flatmap(
    lambda n_columns: st.lists(st.lists(values, min_size=n_columns, max_size=n_columns), min_size=1, max_size=20)
)


@given(tables)
@example([['x",'], ["y"], *[[f"{number}"] for number in range(10)]])
@example([['"'], ['","'], ["\\"], ['\\"'], ['",'], [',"'], ["%s"], ["%%"], ["{}"], ["é\u2028"]])
@example([[0], [False], [1], [True], [1.0], [-0.0], [0.0]])
def test_rows_are_written_as_if_one_by_one(rows: list[list[Any]]) -> None:
    names = [f'name {number} % "' for number in range(len(rows[0]))]
    written = object_texts(names, list(zip(*rows, strict=True)), ['"end":"100 %"}'] * len(rows))
    expected = [{**dict(zip(names, row, strict=True)), "end": "100 %"} for row in rows]
    assert written == [orjson.dumps(row).decode() for row in expected]


def test_ends_may_differ_and_columns_may_be_absent() -> None:
    assert object_texts([], [], ['"a":1}', '"a":2}']) == ['{"a":1}', '{"a":2}']
    assert object_texts([], [], ['"a":"%"}'] * 2) == ['{"a":"%"}'] * 2
