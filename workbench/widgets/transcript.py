"""A trace as a person reads it: the steps in order, calls with their results, and where it first failed."""

from collections.abc import Mapping
from typing import Any

import anywidget
import traitlets

from workbench.widgets.scripts import look, script
from workbench.widgets.shown import everything


class Transcript(anywidget.AnyWidget):
    """Shows one trace. Keys: j and k step, e goes to the first failure, f to what was found, o unfolds.

    A trace is `{"title": str, "facts": [str], "steps": [step], "note": str}`; a step is `{"role": str, "name": str,
    "about": str, "depth": int, "is_error": bool, "is_first_failure": bool, "is_found": bool, "parts": [{"label": str,
    "text": str}]}`, its role `user`, `assistant`, `system`, `tool`, `retriever` or `step`. Any of it may be absent.
    """

    _esm = script("parts", "transcript", "transcript_view")
    _css = look()

    trace = traitlets.Dict().tag(sync=True)

    def __init__(self, trace: Mapping[str, Any] | None = None) -> None:
        super().__init__(trace=everything(trace or {}))

    def show(self, trace: Mapping[str, Any]) -> None:
        """Show another trace; an empty one clears the view."""
        self.trace = everything(trace)
