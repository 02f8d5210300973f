"""The review on one screen: an item, what is known of it, and keys that label it; saved when the desk says so.

Python holds the state and decides. The view draws it, and sends what a person did with the digest of what was before
them: what was meant for another item labels nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from workbench.errors import ConfigError, TakenError, WorkbenchError
from workbench.widgets import asked
from workbench.widgets.desk import Desk, Read
from workbench.widgets.keymap import keymap_of, remapped
from workbench.widgets.read_ahead import ReadAhead, Ready, ready
from workbench.widgets.review_answers import Answer, found_row, item_of, reason_of, refused
from workbench.widgets.scripts import look, script
from workbench.widgets.shown import everything

AHEAD, LEAST_AHEAD = 20, 10
"""Items that are read in one scan, and how few of them may be left: at a second each there is time for the next."""
FAR = 100
"""Items, others' among them, that are passed over to find one of this reviewer's before or after the present one."""
REMEMBERED = 200
"""Answers that are given again where the same is asked again: a lost connection sends what it held, once more."""
_ASK_CHARACTERS, _FIND_CHARACTERS = 80, 200
_ANYWHERE = frozenset({"hello", "go", "find"})
"""What may be asked whatever item is before the reviewer."""
NOTHING = Ready({}, {}, "")
"""What is shown where all is done."""
Asked = Mapping[str, Any]


class ReviewWidget(anywidget.AnyWidget):
    """Shows the items of a desk one after the other; its keys are listed by `?` and are changed through `keymap`."""

    _esm = script(
        *(
            "parts",
            "glyphs",
            "causes",
            "transcript",
            "review_saving",
            "review_picker",
            "review_writing",
            "review_place",
        ),
        *("review_side", "review_frame", "review_help", "review_doing", "review_drawing", "review"),
    )
    _css = look("review")

    about = traitlets.Dict().tag(sync=True)
    """What holds for every item, as `Desk.about` says it."""
    keymap = traitlets.Dict().tag(sync=True)
    """Keys by what they do; what is set changes those that it names."""
    item = traitlets.Dict().tag(sync=True)
    """The item, with what is shown of it and its digest `seen`; empty when all is done."""
    ground = traitlets.List(traitlets.List()).tag(sync=True)
    """The points of the map under the item: x, y, and whether one is of its cluster."""
    opened = traitlets.Dict().tag(sync=True)
    """Another trace that is looked at: of (`examples` or `neighbours`), at, trace; empty while it is the item's own."""
    progress = traitlets.Dict().tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)
    """What came of what was asked last: ask, kind, words, saved_at, found."""
    height = traitlets.Int(0).tag(sync=True)
    """Pixels; 0 is as much as the window holds."""

    def __init__(self, desk: Desk, *, read: Read) -> None:
        self._desk, self._ahead = desk, ReadAhead(read)
        self._about = desk.about()
        self._known_keys = keymap_of(self._about["labels"])
        self._ready = NOTHING
        self._task: dict[str, Any] | None = None
        self._coming: list[int] = []
        self._answered: dict[str, Answer] = {}
        self._insists_on = ""
        super().__init__(about=everything(self._about), keymap=self._known_keys)
        self.on_msg(self._asked)
        self._show(desk.take())
        self._read_ahead()

    @traitlets.validate("keymap")
    def _valid_keymap(self, proposal: Any) -> dict[str, list[str]]:
        try:
            return remapped(proposal["value"], known=self._known_keys)
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from error

    def _show(self, task: dict[str, Any] | None) -> None:
        """Show an item."""
        self._task, self._ready = task, NOTHING if task is None else self._read(task)
        with self.hold_sync():
            self.opened = {}
            self.item = {} if task is None else item_of(task, self._ready)
            self.ground = (self._ready.shown.get("map") or {}).get("points", [])
            self.progress = everything(self._desk.progress())

    def _read(self, task: dict[str, Any]) -> Ready:
        try:
            return self._ahead.get(task)
        except Exception as error:  # noqa: BLE001  (what was judged is saved whatever becomes of the next trace)
            return ready(task, {"trace": {"title": "This trace could not be read", "note": reason_of(error)}})

    def _read_ahead(self) -> None:
        """Begin to read what comes after the item, unless enough of it was begun before."""
        if self._task is None or self._place in self._coming[: AHEAD - LEAST_AHEAD]:
            return
        coming = self._desk.ahead(self._place, AHEAD)
        self._coming = [task["place"] for task in coming]
        self._ahead.prepare(coming)

    # What a person did.

    def _asked(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """Do what was asked once, and answer; who asks again is told again."""
        if not isinstance(content, dict) or not isinstance(content.get("ask"), str):
            return
        ask = content["ask"][:_ASK_CHARACTERS]
        does = self._does().get(str(content.get("kind")))
        if does is None:
            return
        if ask in self._answered:
            self.answer = self._answered[ask]
            self.send_state(["item", "ground", "opened", "progress", "answer"])
            return
        with self.hold_sync():
            self._answer(ask, does, content)
        self._read_ahead()  # once the answer is on its way

    def _answer(self, ask: str, does: Callable[[Asked], Answer], content: Asked) -> None:
        if content["kind"] not in _ANYWHERE and content.get("seen") != self.item.get("seen"):
            self.answer = {"ask": ask, "kind": "stale", "words": "That was meant for an item that is no longer here."}
            self.send_state(["item", "ground", "progress"])
            return
        try:
            self.answer = {"ask": ask, **everything(does(content))}
        except Exception as error:
            self.answer = {"ask": ask, "kind": "failed", "words": everything(reason_of(error))}
            if not isinstance(error, WorkbenchError):
                raise
            if isinstance(error, TakenError):
                self._leave()
            return
        self._answered[ask] = self.answer
        for old in list(self._answered)[:-REMEMBERED]:
            del self._answered[old]

    def _leave(self) -> None:
        """Go on from an item that cannot be judged here any more: what is of an erased user goes from the screen."""
        self._ahead.forget()
        self._coming = []
        self._show(self._desk.take())

    def _does(self) -> dict[str, Callable[[Asked], Answer]]:
        return {
            "hello": lambda _: {"kind": "hello"},
            "judge": self._judge,
            "bulk": self._bulk,
            "undo": self._undo,
            "skip": self._skip,
            "flag": self._flag,
            "draft": self._draft,
            "go": self._go,
            "step": self._step,
            "next_unsure": self._next_unsure,
            "find": self._find,
            "open": self._open,
        }

    @property
    def _place(self) -> int:
        if self._task is None:
            return int(self._about["n_items"])
        return int(self._task["place"])

    def _judge(self, content: Asked) -> Answer:
        task = self._task or {}
        kind, place = task.get("kind", ""), self._place
        labels = [label["label"] for label in self._about["labels"].get(kind, [])]
        label = asked.one_of(labels, content, "label")
        if label is None:
            return refused("There is no such label here.")
        against = task.get("against") if (kind, label) == ("issue", "confirmed") else None
        if against and self._insists_on != self.item["seen"]:
            self._insists_on = self.item["seen"]
            return refused(f"Not confirmed yet: {against}. Say it again to confirm it all the same.")
        others = self._about["issues"] if kind == "trace" else self._ready.shown.get("causes") or []
        other = asked.one_of(others, content, "same_as")
        saved = self._desk.judge(
            place,
            label=label,
            seen=self.item["seen"],
            explanation=asked.words(content, "explanation", limit=asked.NOTE_CHARACTERS),
            code=self._code(content),
            category=(asked.one_of(self._about["categories"], content, "category") or {}).get("code"),
            severity=asked.one_of(self._about["severities"], content, "severity"),
            statement=asked.statements(content),
            same_as=None if other is None else other["id"],
        )
        self._learn(self._code(content))
        # Who judges again what they had judged has gone back to it, and goes on from there.
        stays = content.get("is_staying") is True or task.get("own") is not None
        self._show(self._desk.take(place) if stays else self._desk.take())
        words = "Noted that it is of another problem." if kind == "trace" and other is not None else ""
        return {"kind": "saved", "place": place, "label": label, "saved_at": saved["saved_at"], "words": words}

    def _bulk(self, content: Asked) -> Answer:
        labels = [label["label"] for label in self._about["labels"].get("trace", [])]
        label = asked.one_of(labels, content, "label")
        if label is None or self._task is None:
            return refused("There is no such label here.")
        try:
            saved = self._desk.bulk(self._place, label=label, code=self._code(content))
        except ConfigError as error:
            return refused("; ".join(filter(None, (error.what, error.fix))))
        self._show(self._desk.take())
        return {"kind": "saved", "label": label, "saved_at": saved["saved_at"], "words": saved.get("words", "")}

    def _undo(self, _: Asked) -> Answer:
        place = self._desk.undo()
        if place is None:
            return refused("There is nothing to take back.")
        self._show(self._desk.take(place))
        return {"kind": "shown", "words": f"Taken back: item {place + 1}."}

    def _skip(self, _: Asked) -> Answer:
        if self._task is not None:
            self._desk.skip(self._place)
        self._show(self._desk.take())
        return {"kind": "shown", "words": "Skipped: it comes back at the end."}

    def _flag(self, content: Asked) -> Answer:
        is_flagged = content.get("is_flagged") is True
        self._desk.flag(self._place, is_flagged)
        self.item = {**self.item, "is_flagged": is_flagged}
        self.progress = everything(self._desk.progress())
        return {"kind": "shown", "words": "Flagged for others to look at." if is_flagged else "No longer flagged."}

    def _draft(self, content: Asked) -> Answer:
        text = asked.words(content, "text", limit=asked.NOTE_CHARACTERS)
        self._desk.draft(self._place, text)
        self.item = {**self.item, "draft": text}
        return {"kind": "draft", "words": ""}

    def _go(self, content: Asked) -> Answer:
        place = asked.number(content, "place")
        return self._to(place if place is not None and 0 <= place < self._about["n_items"] else None)

    def _step(self, content: Asked) -> Answer:
        """Go to the nearest item before or after this one that is this reviewer's."""
        by = -1 if asked.number(content, "by") == -1 else 1
        places = range(self._place + by, self._about["n_items"] if by > 0 else -1, by)[:FAR]
        task = next((task for task in map(self._desk.take, places) if task is not None), None)
        if task is None:
            return refused("This is the first item." if by < 0 else "This is the last item.")
        self._show(task)
        return {"kind": "shown", "words": ""}

    def _next_unsure(self, _: Asked) -> Answer:
        return self._to(self._desk.next_uncertain(self._place), otherwise="No item is labelled uncertain.")

    def _to(self, place: int | None, *, otherwise: str = "There is no such item.") -> Answer:
        task = None if place is None else self._desk.take(place)
        if task is None:
            return refused(otherwise)
        self._show(task)
        return {"kind": "shown", "words": ""}

    def _find(self, content: Asked) -> Answer:
        words = asked.words(content, "words", limit=_FIND_CHARACTERS)
        found = self._desk.find(words) if words else []
        return {"kind": "found", "words": words, "found": [found_row(one) for one in found]}

    def _open(self, content: Asked) -> Answer:
        """Show a trace that is like the item's, or shows the same cause; an unknown one is the item's own again."""
        of = content.get("of")
        traces = self._ready.shown.get(of) or [] if of in {"examples", "neighbours"} else []
        chosen = asked.one_of(traces, content, "at")
        if chosen is None or self._task is None:
            self.opened = {}
        else:
            other = self._ahead.other(self._task, trace_id=chosen["trace_id"])
            self.opened = {"of": of, "at": content["at"], "trace": other.said.get("trace", {})}
        return {"kind": "opened", "words": ""}

    def _code(self, content: Asked) -> str:
        """Return the open code that was typed; one that was chosen from the known ones is that one to the letter."""
        typed = asked.words(content, "code", limit=asked.CODE_CHARACTERS)
        return next((code for code in self._about["codes"] if everything(code) == typed), typed)

    def _learn(self, code: str) -> None:
        """Offer a code that was new from now on."""
        if code and code not in self._about["codes"]:
            self._about["codes"] = [code, *self._about["codes"]]
            self.about = everything(self._about)
