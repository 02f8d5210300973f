"""Views that answer to a mouse and to keys: a map of findings, a review, an editor, answers to score, two versions.

Python holds what is selected and decides; the views draw, and report what a person did. They need the extra `lab`, and
a report made by a run shows pictures in their place, so nothing is imported before a view is asked for.
"""

from workbench.widgets.beside import beside
from workbench.widgets.edit import edit
from workbench.widgets.explore import explore
from workbench.widgets.label import label
from workbench.widgets.review import review

__all__ = ["beside", "edit", "explore", "label", "review"]
