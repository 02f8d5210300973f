"""The evidence chain as a table: indented, counted, and with strangers' words in borders."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from workbench import report
from workbench.errors import SchemaError
from workbench.loop.chain import TREE

AT = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)


def line(part: str, depth: int, kind: str, of_id: str | None, **more: Any) -> dict[str, Any]:
    usual = {"what": "", "state": "", "at": None, "is_again": False, "n_more": 0}
    return {"part": part, "depth": depth, "kind": kind, "id": of_id, **usual, **more}


def test_a_chain_reads_down_from_its_id_and_says_what_it_leaves_out() -> None:
    lines = [
        line("start", 0, "issue", "iss_1", what="wrong <b>court</b>", state="changing", at=AT),
        line("back", 1, "cluster", "clu_1", what="wrong court"),
        line("back", 2, "trace", "<script>t</script>", what="hello"),
        line("back", 2, "trace", None, n_more=3112),
        line("forward", 1, "change", "chg_1", is_again=True),
    ]
    shown = report.chain_table(pl.DataFrame(lines, schema=TREE))
    assert "<script>" not in shown.html
    assert "<b>court" not in shown.html
    words = shown.plain.splitlines()
    assert words[0] == "What did this issue come from, and what came of it?"
    assert "issue iss_1" in words[2]
    assert "2026-01-05 08:30 UTC" in words[2]
    assert "back" in words[3]
    assert "… and 3,112 more traces" in words[5]
    assert "as above" in words[6]


def test_a_frame_that_is_no_chain_is_refused() -> None:
    with pytest.raises(SchemaError, match=r"report\.chain_table"):
        report.chain_table(pl.DataFrame({"kind": ["issue"]}))
