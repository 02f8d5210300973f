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


def test_a_chain_reads_down_from_production_a_link_a_line_with_ids_last() -> None:
    """The end of the tour was a list of ids, which told a newcomer nothing."""
    lines = [
        line("start", 0, "issue", "iss_1", what="wrong <b>court</b>", state="changing", at=AT),
        line("back", 1, "cluster", "clu_1", what="wrong court"),
        line("back", 2, "trace", "<script>t</script>", what="hello"),
        line("back", 2, "trace", "t2", what="there"),
        line("back", 2, "trace", None, n_more=3112),
        line("forward", 1, "change", "chg_1", what="State it"),
        line("forward", 2, "change", "chg_1", is_again=True),
        line("beside", 1, "commit", "09d93b"),
    ]
    shown = report.chain_table(pl.DataFrame(lines, schema=TREE))
    assert "<script>" not in shown.html
    assert "<b>court" not in shown.html
    words = shown.plain.splitlines()
    rows = [row for row in words if ", " in row][-4:]
    assert [row.split(",")[0] for row in rows] == ["trace", "cluster", "issue", "change"]
    assert "what the app did for one user" in rows[0]
    assert "and 1 more trace" in rows[0]
    assert "2026-01-05 08:30 UTC" in rows[2]
    assert rows[3].split()[-1] == "chg_1"
    assert "commit" not in shown.plain


def test_a_frame_that_is_no_chain_is_refused() -> None:
    with pytest.raises(SchemaError, match=r"report\.chain_table"):
        report.chain_table(pl.DataFrame({"kind": ["issue"]}))
