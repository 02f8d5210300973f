"""The findings that are selected, as rows to walk through: the chosen one is opened beside them."""

from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import polars as pl
import traitlets

from workbench.widgets.scripts import look, script
from workbench.widgets.shown import one_line, shown

PAGE = 200
"""Rows that are sent at a time: ten screens of them."""
ROW_CHARACTERS = 300
"""Of a finding's words in a row: more than its two lines hold."""
Words = Callable[[pl.DataFrame], Mapping[str, str]]
"""From some findings, rows of the frame, to what was found as it was recorded, by finding_id."""


class FindingsTable(anywidget.AnyWidget):
    """Shows rows. Keys, while it has the focus: arrows, j and k, Home, End and the page keys step and choose."""

    _esm = script("parts", "glyphs", "findings_table")
    _css = look()

    title = traitlets.Unicode().tag(sync=True)
    rows = traitlets.List(traitlets.Dict()).tag(sync=True)
    n_rows = traitlets.Int().tag(sync=True)
    chosen = traitlets.Int(-1).tag(sync=True)
    """The chosen row, from 0; -1 is none."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._findings, self._words = pl.DataFrame(), words
        self.on_msg(self._asked)

    def show(self, findings: pl.DataFrame, *, title: str) -> None:
        """Show findings in their order, none of them chosen.

        Parameters
        ----------
        findings
            One row a finding: finding_id, problem, colour, shape, text, about, and what `words` reads.
        title
            What they are.
        """
        self._findings = findings
        with self.hold_sync():
            self.chosen = -1
            self.title = shown(title)
            self.n_rows = findings.height
            self.rows = self._page(0)

    def _asked(self, _widget: Any, content: dict[str, Any], _buffers: list[Any]) -> None:
        if content.get("kind") == "more":
            self.rows = [*self.rows, *self._page(len(self.rows))]

    def _page(self, start: int) -> list[dict[str, Any]]:
        """Return a page of rows; what was recorded is looked up for them alone, not for all findings."""
        findings = self._findings.slice(start, PAGE)
        return _rows(findings, self._words(findings))


def _rows(findings: pl.DataFrame, words: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "number": str(row["problem"] or ""),
            "colour": row["colour"],
            "shape": row["shape"],
            "text": one_line(words.get(row["finding_id"]) or row["text"], limit=ROW_CHARACTERS) or "(no words)",
            "about": one_line(row["about"], limit=ROW_CHARACTERS),
        }
        for row in findings.iter_rows(named=True)
    ]
