"""What two versions of an app did with one case, side by side; the case is chosen from a list."""

from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets as w

from workbench.widgets.shown import one_line
from workbench.widgets.transcript import Transcript

_TITLE_CHARACTERS = 120


class Beside(w.VBox):  # type: ignore[misc]
    """Shows one case of several; `choice` is the list, `baseline` and `candidate` are the two transcripts."""

    def __init__(self, cases: Sequence[Mapping[str, Any]]) -> None:
        self._cases = list(cases)
        titles = [one_line(str(case["title"]), limit=_TITLE_CHARACTERS) for case in self._cases]
        self.choice = w.Dropdown(
            options=[(title, place) for place, title in enumerate(titles)],
            description="case",
            layout=w.Layout(width="100%"),
        )
        self.baseline, self.candidate = Transcript(), Transcript()
        columns = "minmax(0, 1fr) minmax(0, 1fr)"
        both = w.GridBox(
            [self.baseline, self.candidate], layout=w.Layout(grid_template_columns=columns, grid_gap="1em")
        )
        super().__init__([self.choice, both])
        self.choice.observe(self._show, names="value")
        self._show(None)

    def _show(self, _: object) -> None:
        if self._cases:
            case = self._cases[self.choice.value]
            self.baseline.show(case["baseline"])
            self.candidate.show(case["candidate"])
