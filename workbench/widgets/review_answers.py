"""What a review answers to its view: an item as it goes over, what was found, what was refused, what went wrong."""

from collections.abc import Mapping
from typing import Any

from workbench.errors import WorkbenchError
from workbench.widgets.read_ahead import Ready
from workbench.widgets.shown import everything, one_line

Answer = dict[str, Any]
"""kind, words, and what else there is to say of it."""
_OF_TASK = ("kind", "place", "cluster_id", "n_alike", "own", "draft", "is_flagged", "others")
_TITLE_CHARACTERS = 200


def item_of(task: Mapping[str, Any], given: Ready) -> dict[str, Any]:
    """Return what goes over of an item: what is shown of it with its digest, and what this reviewer said of it."""
    of_task = {name: everything(task.get(name)) for name in _OF_TASK}
    return {**given.said, **of_task, "here": (given.shown.get("map") or {}).get("here"), "seen": given.seen}


def found_row(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item that was searched for, as a row of a list."""
    title = one_line(str(found["title"]), limit=_TITLE_CHARACTERS)
    return {"place": found["place"], "title": title, "label": found.get("label") or ""}


def refused(words: str) -> Answer:
    """Return that nothing was done, and why."""
    return {"kind": "refused", "words": words}


def reason_of(error: Exception) -> str:
    """Return what went wrong in few words."""
    if isinstance(error, WorkbenchError):
        return str(error)
    return f"{type(error).__name__}: {one_line(str(error), limit=300)}"
