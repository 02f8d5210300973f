"""The editor of a change: one file at a time, with the difference and what is wrong beside it as it is typed.

Python holds the edits, compares and decides; the view draws, and sends what was typed. Nothing is begun or committed
but by a person's key or click.
"""

from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from workbench.changes.app_files import KINDS, MAX_BYTES, AppFile, Layout, kind_of
from workbench.changes.check import check
from workbench.changes.diff import FileDiff, compare
from workbench.changes.excerpt import blanks_seen, excerpt
from workbench.errors import WorkbenchError
from workbench.records import AppFileKind
from workbench.widgets import asked
from workbench.widgets.edit_desk import EditDesk
from workbench.widgets.review_answers import reason_of
from workbench.widgets.scripts import look, script
from workbench.widgets.shown import everything

KEYS = {
    "edit": ["e", "Enter"],
    "next_file": ["]", "n"],
    "previous_file": ["[", "p"],
    "title": ["t"],
    "why": ["w"],
    "begin": ["b"],
    "commit": ["c"],
    "undo": ["z"],
}
"""Keys by what they do; in a text, Escape comes back to them."""
TITLE_CHARACTERS, WHY_CHARACTERS = 200, 4_000
NEW = "new"
"""The state of a change that is not begun."""


class EditWidget(anywidget.AnyWidget):
    """Shows the files of a change, one at a time, to be edited and signed."""

    _esm = script("parts", "edit_drawing", "edit")
    _css = look("edit")

    about = traitlets.Dict().tag(sync=True)
    """Issue, author, change_id, state, files (path, kind, is_edited, why_not) and keys."""
    file = traitlets.Dict().tag(sync=True)
    """The file that is open: path and text, as it stands with its edits."""
    written = traitlets.Dict().tag(sync=True)
    """Title and why, as they stand."""
    looked = traitlets.Dict().tag(sync=True)
    """What differs, file by file, and what is wrong, sentence by sentence."""
    answer = traitlets.Dict().tag(sync=True)
    """What came of what was asked last: kind and words."""

    def __init__(self, desk: EditDesk, *, layout: Layout) -> None:
        self._desk, self._layout = desk, layout
        said = desk.about()
        self._base: dict[str, str] = dict(said.pop("files"))
        self._edits: dict[str, str] = dict(said.pop("edits", {}))
        self._said = said
        super().__init__()
        self.written = {"title": said["title"], "why": said["why"]}
        self._open(next(iter(sorted(self._base, key=self._order)), ""))
        self.on_msg(self._asked)

    @property
    def edits(self) -> dict[str, str]:
        """The whole text of each file that is edited, by path."""
        return dict(self._edits)

    # What is shown.

    def _order(self, path: str) -> tuple[int, str]:
        kind = self._kind(path)
        return (KINDS.index(kind) if kind else len(KINDS), path)

    def _kind(self, path: str) -> AppFileKind | None:
        return kind_of(path, self._layout)

    def _tell(self) -> None:
        """Show what the change is, what differs and what is wrong."""
        paths = sorted(self._base, key=self._order)
        files = [
            {
                "path": path,
                "kind": self._kind(path),
                "is_edited": path in self._edits,
                "why_not": why_not(text),
            }
            for path, text in ((path, self._base[path]) for path in paths)
        ]
        diffs = compare(_encoded(self._base), _encoded({**self._base, **self._edits}), layout=self._layout)
        wrong = [
            f"{path}: {problem}"
            for path, text in self._edits.items()
            for problem in check(AppFile(path=path, kind=self._kind(path) or "settings", text=text))
        ]
        with self.hold_sync():
            self.about = {**everything(self._said), "files": everything(files), "keys": KEYS}
            self.looked = everything({"diffs": [_shown(diff) for diff in diffs], "problems": wrong})

    def _open(self, path: str) -> None:
        text = self._edits.get(path, self._base.get(path, ""))
        self.file = {"path": everything(path), "text": text.replace("\r\n", "\n") if path else ""}
        self._path = path
        self._tell()

    # What a person did.

    def _asked(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if not isinstance(content, dict):
            return
        does = self._does().get(str(content.get("kind")))
        if does is None:
            return
        try:
            self.answer = {"kind": "done", "words": everything(does(content)), "n": self.answer.get("n", 0) + 1}
        except Exception as error:
            self.answer = {"kind": "failed", "words": everything(reason_of(error)), "n": self.answer.get("n", 0) + 1}
            if not isinstance(error, WorkbenchError):
                raise

    def _does(self) -> Mapping[str, Callable[[Mapping[str, Any]], str]]:
        return {
            "typed": self._typed,
            "open": self._choose,
            "write": self._write,
            "undo": self._undo,
            "begin": self._begin,
            "commit": self._commit,
        }

    def _typed(self, content: Mapping[str, Any]) -> str:
        """Keep what was typed into the file that it was typed into."""
        typed = content.get("text")
        if content.get("path") != self.file["path"] or not isinstance(typed, str) or not self._is_open:
            return ""
        before = self._base[self._path]
        text = restored(typed, before)[: MAX_BYTES + 1]  # one more is too much, which `check` says: no commit of it
        if text == before:
            self._edits.pop(self._path, None)
        else:
            self._edits[self._path] = text
        self._tell()
        return ""

    def _choose(self, content: Mapping[str, Any]) -> str:
        path = asked.one_of(sorted(self._base, key=self._order), content, "at")
        if path is not None:
            self._open(path)
        return ""

    def _write(self, content: Mapping[str, Any]) -> str:
        if self._said["state"] == NEW:
            title = asked.words(content, "title", limit=TITLE_CHARACTERS)
            self.written = {"title": title, "why": asked.words(content, "why", limit=WHY_CHARACTERS)}
        return ""

    def _undo(self, _: Mapping[str, Any]) -> str:
        was_edited = self._edits.pop(self._path, None) is not None
        self._open(self._path)
        return "This file is as it was." if was_edited else "This file is not edited."

    def _begin(self, content: Mapping[str, Any]) -> str:
        self._write(content)
        if self._said["state"] != NEW:
            return f"The change is begun already: {self._said['change_id']}."
        if not self.written["title"]:
            return "Give it a title first: one line that says what it does."
        begun = self._desk.begin(title=self.written["title"], why=self.written["why"])
        self._said = {**self._said, "change_id": begun, "state": "draft"}
        self._tell()
        return f"Begun as {begun}: title and why are signed."

    def _commit(self, content: Mapping[str, Any]) -> str:
        if self._said["state"] not in (NEW, "draft"):
            return f"The change is {self._said['state']} and cannot be edited any more."
        if not self._edits:
            return "No file is edited yet."
        if self.looked["problems"]:
            return "Something is wrong with the edit: see what is said below the file."
        if self._said["state"] == NEW:
            words = self._begin(content)
            if self._said["state"] == NEW:
                return words
        commit = self._desk.commit(self._edits)
        self._said = {**self._said, "state": "committed"}
        self._tell()
        hooks = self._desk.hooks_not_run()
        not_run = f" Hooks of the repository were not run: {', '.join(hooks)}." if hooks else ""
        return f"Committed as {commit[:12]} on change/{self._said['change_id']}.{not_run}"

    @property
    def _is_open(self) -> bool:
        is_editable = self._said["state"] in (NEW, "draft")
        return is_editable and self._path in self._base and not why_not(self._base[self._path])


def why_not(text: str) -> str:
    r"""Return why a text cannot be edited here without changing what nobody touched; empty where it can.

    >>> why_not("a\r\nb\n")
    'its line ends are mixed'
    """
    ends = text.replace("\r\n", "")
    if "\r" in ends or ("\r\n" in text and "\n" in ends):
        return "its line ends are mixed"
    return "it holds characters that a browser does not keep" if "\x00" in text else ""


def restored(typed: str, before: str) -> str:
    r"""Return a typed text with the line ends that the file had: a browser knows one kind.

    >>> restored("a\nb", "x\r\n")
    'a\r\nb'
    """
    plain = typed.replace("\r\n", "\n").replace("\r", "\n")
    whole = plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\n", "\r\n") if "\r\n" in before else whole


def _encoded(files: Mapping[str, str]) -> dict[str, bytes]:
    return {path: text.encode("utf-8", "replace") for path, text in files.items()}


def _shown(diff: FileDiff) -> dict[str, Any]:
    """Return what differs in a file, as the view draws it."""
    return {
        "path": diff.path,
        "kind": diff.kind,
        "note": diff.note,
        "differences": [one.words for one in diff.differences],
        "pieces": [[op, text if op == "same" else blanks_seen(text)] for op, text in excerpt(diff.pieces)],
    }
