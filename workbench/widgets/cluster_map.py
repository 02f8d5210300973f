"""The map of the findings as points on a canvas: moved, zoomed and brushed in the browser, read and kept in Python.

The points go over as bytes, once: four for each number, no text. What a point says is asked for when the mouse rests
on it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import anywidget
import numpy as np
import polars as pl
import traitlets
from numpy.typing import NDArray

from workbench.widgets.scripts import look, script
from workbench.widgets.shown import one_line, shown

HEIGHT = 460
"""Of the map, pixels: with its table below it fits a screen."""
TIP_CHARACTERS = 400
"""Of a finding's words beside the mouse."""
NAME_CHARACTERS = 80
"""Of a cluster's name: more than the legend holds."""
IN_NONE = "in no cluster"


class Point(NamedTuple):
    """What one point of the map says."""

    text: str
    """The words of its first finding."""
    about: str
    """What that finding is."""
    n: int
    """Findings at this place."""


def _bytes() -> Any:
    """Return a trait whose bytes go to the browser, and come back, as they are."""
    return traitlets.Bytes().tag(sync=True, from_json=lambda value, _widget: bytes(value or b""))


class ClusterMap(anywidget.AnyWidget):
    """Shows points, lets a person select them, and says which are; its keys are listed by `?`.

    Findings at one place are one point. Point i has `xy[2 i]` and `xy[2 i + 1]` (float32), belongs to group
    `group_of[i]` (uint16) and stands for `sizes[i]` findings (uint32), all little-endian. Group 0 is in no cluster.
    """

    _esm = script(
        "parts",
        "glyphs",
        "raster",
        "places",
        "labels",
        "legend",
        "map_frame",
        "map_drawing",
        "map_gestures",
        "cluster_map",
    )
    _css = look()

    xy = _bytes()
    group_of = _bytes()
    sizes = _bytes()
    groups = traitlets.List(traitlets.Dict()).tag(sync=True)
    """One a group: rank, name, colour (#rrggbb), shape, n findings, and the middle of its points, x and y."""
    height = traitlets.Int(HEIGHT).tag(sync=True)
    selected = _bytes()
    """The selected points' numbers, uint32, ascending."""
    opened = traitlets.Int(-1).tag(sync=True)
    """The point that was clicked last; -1 is none."""
    hidden = traitlets.List(traitlets.Int()).tag(sync=True)
    """Groups that are not shown."""

    def __init__(
        self, points: pl.DataFrame, groups: Sequence[Mapping[str, Any]], *, read: Callable[[int], Point]
    ) -> None:
        """Show points.

        Parameters
        ----------
        points
            One row a place: x, y, group, n; what is drawn last lies on top.
        groups
            The groups: rank, name, colour, shape.
        read
            From a point's number to what it says.
        """
        columns = points.select("x", "y").cast(pl.Float32)
        super().__init__(
            xy=np.ascontiguousarray(columns.to_numpy(), dtype="<f4").tobytes(),
            group_of=points["group"].to_numpy().astype("<u2").tobytes(),
            sizes=points["n"].to_numpy().astype("<u4").tobytes(),
            groups=_groups(points, groups),
        )
        self._read, self._n = read, points.height
        self.on_msg(self._asked)

    @property
    def selection(self) -> NDArray[np.uint32]:
        """The numbers of the selected points, ascending."""
        numbers = np.frombuffer(self.selected, "<u4")
        return numbers[numbers < self._n]

    def select(self, points: NDArray[np.uint32]) -> None:
        """Select points, and no others."""
        self.selected = np.sort(np.asarray(points, "<u4")).tobytes()

    def _asked(self, _widget: Any, content: dict[str, Any], _buffers: list[Any]) -> None:
        point = content.get("point")
        if content.get("kind") != "read" or not isinstance(point, int) or not 0 <= point < self._n:
            return
        said = self._read(point)
        words = {"text": shown(said.text, limit=TIP_CHARACTERS), "about": one_line(said.about, limit=TIP_CHARACTERS)}
        self.send({"kind": "text", "point": point, "n": said.n, **words})


def _groups(points: pl.DataFrame, groups: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the groups with the findings in them and the middle of their points."""
    found = points.group_by("group").agg(pl.col("n").sum(), pl.col("x", "y").median())
    of_group = {group: (n, x, y) for group, n, x, y in found.select("group", "n", "x", "y").iter_rows()}
    rows = []
    for number, group in enumerate(groups):
        n, x, y = of_group.get(number, (0, 0.0, 0.0))
        name = one_line(group["name"], limit=NAME_CHARACTERS)
        drawn = {name: group[name] for name in ("rank", "colour", "shape")}
        rows.append({**drawn, "name": name, "n": n, "x": x, "y": y})
    return rows
