"""A change to be written in a notebook; refused with the way out where views cannot be made."""

from typing import TYPE_CHECKING

from workbench.changes.app_files import DEFAULT_LAYOUT, Layout
from workbench.widgets.lab import lab_needed

if TYPE_CHECKING:
    from workbench.widgets.edit_desk import EditDesk
    from workbench.widgets.edit_widget import EditWidget


def edit(desk: "EditDesk", *, layout: Layout = DEFAULT_LAYOUT) -> "EditWidget":
    """Return the editor of a change: its files, what differs as it is typed, what is wrong, and keys that save it.

    Parameters
    ----------
    desk
        One change, which keeps what is written: `loop.EditDesk`.
    layout
        Which paths are which kind of file.

    Raises
    ------
    ConfigError
        If ipywidgets and anywidget are not installed.
    """
    with lab_needed(otherwise="use `workbench change`"):
        from workbench.widgets.edit_widget import EditWidget
    return EditWidget(desk, layout=layout)
