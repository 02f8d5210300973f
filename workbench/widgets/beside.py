"""Cases of an experiment to be gone through in a notebook; refused with the way out where views cannot be made."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.widgets.lab import lab_needed

if TYPE_CHECKING:
    from workbench.widgets.beside_widget import Beside


def beside(cases: Sequence[Mapping[str, Any]]) -> "Beside":
    """Return the cases in a list, and of the chosen one what both versions did, step by step and side by side.

    Parameters
    ----------
    cases
        Of each its `title`, and its `baseline` and `candidate` as `transcript.Transcript` shows a trace.

    Raises
    ------
    ConfigError
        If ipywidgets and anywidget are not installed.
    """
    with lab_needed(otherwise="set the parameter is_live to False"):
        from workbench.widgets.beside_widget import Beside
    return Beside(cases)
