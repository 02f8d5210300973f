"""The answers of an experiment, to be scored one after the other with keys; which version answered is not known here.

Python holds the answers and keeps the scores; the view draws, and sends the key that was pressed. The next answer is
shown once the score of the last one is on the disk.
"""

from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from workbench.errors import WorkbenchError
from workbench.widgets import asked
from workbench.widgets.label_desk import LabelDesk
from workbench.widgets.review_answers import reason_of
from workbench.widgets.scripts import look, script
from workbench.widgets.shown import everything

KEYS = {"back": ["ArrowLeft", "p"], "forward": ["ArrowRight", "n"], "skip": [" "], "help": ["?", "h"]}
"""Keys by what they do; digits score."""


class LabelWidget(anywidget.AnyWidget):
    """Shows one answer at a time with its criterion, and takes its score."""

    _esm = script("parts", "label")
    _css = look("label")

    about = traitlets.Dict().tag(sync=True)
    """experiment_id, annotator, n_items, n_scored and keys."""
    item = traitlets.Dict().tag(sync=True)
    """The answer that is shown, as its desk has it; empty when every one has a score."""
    answer = traitlets.Dict().tag(sync=True)
    """What came of what was asked last: kind (saved, shown or failed), words, and a number of its own."""

    def __init__(self, desk: LabelDesk) -> None:
        self._desk = desk
        super().__init__()
        self._show(desk.next_place())
        self.on_msg(self._asked)

    def _show(self, place: int | None) -> None:
        with self.hold_sync():
            self.about = {**everything(self._desk.about()), "keys": KEYS}
            self.item = {} if place is None else everything(self._desk.take(place))

    def _asked(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if not isinstance(content, dict):
            return
        kind = str(content.get("kind"))
        does = self._does().get(kind)
        if does is None:
            return
        try:
            self._tell("saved" if kind == "score" else "shown", does(content))
        except Exception as error:
            self._tell("failed", reason_of(error))
            if not isinstance(error, WorkbenchError):
                raise

    def _tell(self, kind: str, words: str) -> None:
        self.answer = {"kind": kind, "words": everything(words), "n": self.answer.get("n", 0) + 1}

    def _does(self) -> Mapping[str, Callable[[Mapping[str, Any]], str]]:
        return {"score": self._score, "go": self._go, "skip": self._skip}

    def _score(self, content: Mapping[str, Any]) -> str:
        place, score = asked.number(content, "place"), asked.number(content, "score")
        if place is None or score is None:
            return ""
        self._desk.score(place, score)
        self._show(self._desk.next_place(place))
        return f"Saved: {score}."

    def _go(self, content: Mapping[str, Any]) -> str:
        place = asked.number(content, "place")
        n = self._desk.about()["n_items"]
        if place is not None and n:
            self._show(min(max(place, 0), n - 1))
        return ""

    def _skip(self, content: Mapping[str, Any]) -> str:
        place = asked.number(content, "place")
        if place is not None:
            self._show(self._desk.next_place(place))
        return ""
