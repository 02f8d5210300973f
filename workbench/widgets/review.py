"""A review to be made in a notebook; refused with the way out where views cannot be made."""

from typing import TYPE_CHECKING

from workbench.widgets.lab import lab_needed

if TYPE_CHECKING:
    from workbench.widgets.desk import Desk, Read
    from workbench.widgets.review_widget import ReviewWidget


def review(desk: "Desk", *, read: "Read") -> "ReviewWidget":
    """Return the review as a view: one item after the other, what is known of it, and keys that label it.

    Parameters
    ----------
    desk
        One reviewer's place in one review, which keeps what they say: `loop.Desk`.
    read
        From tasks of the desk to what is shown of them: `report.review_reader`.

    Raises
    ------
    ConfigError
        If ipywidgets and anywidget are not installed.
    """
    with lab_needed(otherwise="set the parameter is_live to False"):
        from workbench.widgets.review_widget import ReviewWidget
    return ReviewWidget(desk, read=read)
