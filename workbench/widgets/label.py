"""Answers to be scored in a notebook; refused with the way out where views cannot be made."""

from typing import TYPE_CHECKING

from workbench.widgets.lab import lab_needed

if TYPE_CHECKING:
    from workbench.widgets.label_desk import LabelDesk
    from workbench.widgets.label_widget import LabelWidget


def label(desk: "LabelDesk") -> "LabelWidget":
    """Return the answers of an experiment as a view: one after the other, its criterion, and keys that score it.

    Parameters
    ----------
    desk
        One person's place at the answers, which keeps what they say: `loop.LabelDesk`.

    Raises
    ------
    ConfigError
        If ipywidgets and anywidget are not installed.
    """
    with lab_needed(otherwise="score a file: `workbench experiment label EXP --to answers.jsonl`"):
        from workbench.widgets.label_widget import LabelWidget
    return LabelWidget(desk)
