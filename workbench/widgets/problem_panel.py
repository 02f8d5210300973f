"""What is known of one problem beside the map: its size, its course by day, and its proposed causes."""

from collections.abc import Mapping
from typing import Any

import anywidget
import traitlets

from workbench.widgets.scripts import look, script
from workbench.widgets.shown import everything


class ProblemPanel(anywidget.AnyWidget):
    """Shows one problem.

    A problem is `{"rank": int, "name": str, "colour": "#rrggbb", "shape": str, "facts": [[name, value]], "days": course
    or None, "causes": [cause], "without": str}`. A course is `{"title": str, "words": str, "names": [str], "found":
    [int], "traces": [int]}`, one entry a day; a cause is `{"state": str, "kind": str, "statement": str, "numbers":
    [[name, value]], "notes": [str]}`; `without` says why there is none.
    """

    _esm = script("parts", "glyphs", "causes", "problem_panel")
    _css = look()

    problem = traitlets.Dict().tag(sync=True)

    def __init__(self, problem: Mapping[str, Any] | None = None) -> None:
        super().__init__(problem=everything(problem or {}))

    def show(self, problem: Mapping[str, Any]) -> None:
        """Show another problem; an empty one clears the view."""
        self.problem = everything(problem)
