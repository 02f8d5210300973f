"""Map, table, problem and transcript together: what is selected in one is shown in the others."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets
import polars as pl

from workbench.schemas import require
from workbench.widgets.cluster_map import IN_NONE, ClusterMap, Point
from workbench.widgets.findings_table import FindingsTable, Words
from workbench.widgets.problem_panel import ProblemPanel
from workbench.widgets.transcript import Transcript

COLUMNS = ("finding_id", "problem", "text", "about", "x", "y")
"""What is read of a finding: `problem` is the rank of its cluster, 0 for none; `about` says what it is in few words.

Other columns are kept, for `selection` and for what is read of a trace.
"""
Read = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From a finding, a row of the frame, to what `transcript.Transcript` shows of its trace or session."""
GREY = "#9AA0A8"
_IN_NONE = {"rank": 0, "name": IN_NONE, "colour": GREY, "shape": "dot"}


class Explorer(ipywidgets.VBox):  # type: ignore[misc]
    """The findings of a run, linked; `selection` is what a person selected, as a frame to go on with."""

    def __init__(
        self,
        findings: pl.DataFrame,
        problems: Sequence[Mapping[str, Any]],
        *,
        read: Read,
        words: Words,
    ) -> None:
        require(findings, COLUMNS, of="widgets.explore")
        self._findings, self._problems, self._read = findings, list(problems), read
        self._groups = [_IN_NONE, *self._problems]
        placed, points = _places(findings)
        self._placed, self._points = placed, points
        self.map = ClusterMap(points, self._groups, read=self._read_point)
        self.table, self.panel, self.transcript = FindingsTable(words), ProblemPanel(), Transcript()
        self._shown = findings.clear()
        self.map.observe(self._on_selected, names="selected")
        self.map.observe(self._on_opened, names="opened")
        self.table.observe(self._on_chosen, names="chosen")
        halves = ipywidgets.Layout(display="grid", grid_template_columns="minmax(0, 2fr) minmax(0, 3fr)", width="100%")
        super().__init__([self.map, self.panel, ipywidgets.GridBox([self.table, self.transcript], layout=halves)])
        self._show(self._placed, title=None)

    @property
    def selection(self) -> pl.DataFrame:
        """The findings that are selected on the map, as they were given; all of them where none is."""
        chosen = self._selected()
        return self._findings if chosen is None else self._findings.join(chosen, on="finding_id", how="semi")

    def _selected(self) -> pl.DataFrame | None:
        points = self.map.selection
        if not len(points):
            return None
        return self._placed.filter(pl.col("point").is_in(points.tolist()))

    def _on_selected(self, _change: Any) -> None:
        chosen = self._selected()
        self._show(self._placed if chosen is None else chosen, title=None if chosen is None else "selected")

    def _show(self, findings: pl.DataFrame, *, title: str | None) -> None:
        """Show findings in the table, and of their problems the one that most of them have."""
        n = f"{findings.height:,} finding{'' if findings.height == 1 else 's'}"
        self._shown = findings.sort("order")
        self.table.show(
            self._dressed(self._shown), title=f"{n} {title}" if title else f"{n}, none selected: all are listed"
        )
        self.transcript.show({})
        ranks = findings.filter(pl.col("problem") > 0)["problem"]
        most = ranks.mode().min() if title and len(ranks) else None
        self._show_problem(most if isinstance(most, int) else 1 if self._problems else 0)

    def _show_problem(self, rank: int) -> None:
        self.panel.show(self._problems[rank - 1] if rank else {})

    def _dressed(self, findings: pl.DataFrame) -> pl.DataFrame:
        looks = [
            {"problem": group["rank"], "colour": group["colour"], "shape": group["shape"]} for group in self._groups
        ]
        schema: dict[str, Any] = {"problem": findings.schema["problem"], "colour": pl.String, "shape": pl.String}
        return findings.join(pl.DataFrame(looks, schema=schema), on="problem", how="left", maintain_order="left")

    def _on_opened(self, change: Any) -> None:
        """Open the first finding of a point that was clicked, which need not be selected."""
        mine = self._placed.filter(pl.col("point") == change["new"]).sort("order")
        if not mine.height:
            return
        finding_id = mine["finding_id"][0]
        rows = self._shown.with_row_index("row").filter(pl.col("finding_id") == finding_id)
        if rows.height and rows["row"][0] < len(self.table.rows):
            self.table.chosen = rows["row"][0]
        else:
            self.table.chosen = -1
            self._open(mine.row(0, named=True))

    def _on_chosen(self, change: Any) -> None:
        if 0 <= change["new"] < self._shown.height:
            self._open(self._shown.row(change["new"], named=True))

    def _open(self, finding: Mapping[str, Any]) -> None:
        self._show_problem(finding["problem"])
        self.transcript.show(self._read(finding))

    def _read_point(self, point: int) -> Point:
        mine = self._placed.filter(pl.col("point") == point).sort("order")
        return Point(mine["text"][0] or "", mine["about"][0] or "", mine.height)


def _places(findings: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the findings with their point's number, and one row a point; the first problems lie on top.

    A finding without a place on the map has no point, and is in the table alone.
    """
    ordered = findings.with_row_index("order")
    points = (
        ordered.filter(pl.col("x").is_not_null() & pl.col("y").is_not_null())
        .group_by("x", "y", "problem")
        .agg(pl.len().alias("n"))
        .with_columns(pl.col("problem").alias("group"))
        .sort(pl.col("problem") == 0, "problem", "x", "y", descending=[True, True, False, False])
        .with_row_index("point")
    )
    places = points.select("x", "y", "problem", "point")
    return ordered.join(places, on=["x", "y", "problem"], how="left", maintain_order="left"), points
