"""The editor's Python side: what is typed is compared and checked, and only a person's key begins or commits."""

from typing import Any

import pytest

from tests.payloads import FIRST as PAYLOADS
from tests.widgets.edit_desk import FILES, Desk
from workbench import widgets
from workbench.widgets.edit_widget import EditWidget

PROMPT = "prompts/summary.prompty"


def ask(view: EditWidget, kind: str, **more: Any) -> str:
    view._asked(None, {"kind": kind, "title": view.written["title"], "why": view.written["why"], **more}, None)
    return str(view.answer["words"])


def typed(view: EditWidget, text: str, path: str = PROMPT) -> None:
    ask(view, "typed", path=path, text=text)


def test_the_prompt_is_open_first_and_nothing_differs() -> None:
    view = widgets.edit(Desk())
    assert view.file == {"path": PROMPT, "text": FILES[PROMPT]}
    assert [file["path"] for file in view.about["files"]] == [PROMPT, "tools/lookup.json", "settings.yaml"]
    assert view.looked == {"diffs": [], "problems": []}


def test_what_differs_is_told_as_it_is_typed() -> None:
    view = widgets.edit(Desk())
    typed(view, FILES[PROMPT].replace("holding", "jurisdiction"))
    [diff] = view.looked["diffs"]
    assert diff["pieces"] == [
        ["same", "State the "],
        ["removed", "holding"],
        ["added", "jurisdiction"],
        ["same", ".\nKeep to the facts.\n"],
    ]
    assert view.about["files"][0]["is_edited"]
    typed(view, FILES[PROMPT])
    assert (view.edits, view.looked["diffs"]) == ({}, [])


def test_edits_of_several_files_are_kept_while_another_is_open() -> None:
    view = widgets.edit(Desk())
    typed(view, FILES[PROMPT] + "Be brief.\n")
    ask(view, "open", at=2)
    assert view.file["path"] == "settings.yaml"
    typed(view, "retries: 3\n", "settings.yaml")
    assert [one["path"] for one in view.looked["diffs"]] == [PROMPT, "settings.yaml"]
    assert view.looked["diffs"][1]["differences"] == ["retries is 3, was 2"]
    ask(view, "undo")
    assert view.file["text"] == FILES["settings.yaml"]
    assert set(view.edits) == {PROMPT}


def test_a_text_typed_for_another_file_goes_into_none() -> None:
    """A message that was under way while another file was opened overwrote that file."""
    view = widgets.edit(Desk())
    ask(view, "open", at=2)
    typed(view, "x", PROMPT)
    assert view.edits == {}


def test_commit_begins_the_change_first_and_both_are_signed_once() -> None:
    desk = Desk()
    view = widgets.edit(desk)
    typed(view, FILES[PROMPT] + "Be brief.\n")
    assert ask(view, "commit", title="Be brief", why="It helps.") == f"Committed as {'c' * 12} on change/chg_1."
    assert desk.begun == [("Be brief", "It helps.")]
    assert desk.committed == [{PROMPT: FILES[PROMPT] + "Be brief.\n"}]
    assert view.about["state"] == "committed"
    assert "cannot be edited any more" in ask(view, "commit")
    typed(view, "x")
    assert len(desk.committed) == 1
    assert view.edits == {PROMPT: FILES[PROMPT] + "Be brief.\n"}


def test_hooks_that_the_commit_did_not_run_are_named() -> None:
    desk = Desk()
    desk.hooks = ("pre-commit", "commit-msg")
    view = widgets.edit(desk)
    typed(view, FILES[PROMPT] + "Be brief.\n")
    said = ask(view, "commit", title="Be brief")
    assert said.endswith("on change/chg_1. Hooks of the repository were not run: pre-commit, commit-msg.")


@pytest.mark.parametrize(
    ("text", "title", "said"),
    [
        (FILES[PROMPT], "a", "No file is edited yet."),
        (FILES[PROMPT] + "more", "", "Give it a title first"),
        ("---\nname: summary\nno end", "a", "Something is wrong with the edit"),
    ],
)
def test_what_is_not_ready_is_not_committed(text: str, title: str, said: str) -> None:
    desk = Desk()
    view = widgets.edit(desk)
    typed(view, text)
    assert ask(view, "commit", title=title).startswith(said)
    assert (desk.begun, desk.committed) == ([], [])


def test_a_text_that_is_too_long_is_not_committed_in_part() -> None:
    """A text of 1.5 MB was cut to its first MiB without a word, and that was committed."""
    desk = Desk()
    view = widgets.edit(desk)
    typed(view, "word " * 300_000)
    assert "must be at most 1048576" in " ".join(view.looked["problems"])
    assert ask(view, "commit", title="a").startswith("Something is wrong with the edit")
    assert desk.committed == []


def test_what_is_refused_says_why_and_keeps_the_edits() -> None:
    view = widgets.edit(Desk(refuses="a merge is not finished"))
    typed(view, FILES[PROMPT] + "Be brief.\n")
    assert "a merge is not finished" in ask(view, "commit", title="a")
    assert view.answer["kind"] == "failed"
    assert set(view.edits) == {PROMPT}


def test_a_draft_that_is_begun_keeps_its_title() -> None:
    desk = Desk(state="draft", title="signed")
    view = widgets.edit(desk)
    ask(view, "write", title="other", why="other")
    assert view.written == {"title": "signed", "why": ""}
    typed(view, FILES[PROMPT] + "Be brief.\n")
    ask(view, "commit")
    assert (desk.begun, len(desk.committed)) == ([], 1)


def test_line_ends_of_windows_come_back_as_they_were() -> None:
    desk = Desk({PROMPT: "One.\r\nTwo.\r\n"})
    view = widgets.edit(desk)
    assert view.file["text"] == "One.\nTwo.\n"
    typed(view, "One.\nThree.\n")
    assert view.edits == {PROMPT: "One.\r\nThree.\r\n"}


def test_mixed_line_ends_are_left_to_ones_own_editor() -> None:
    view = widgets.edit(Desk({PROMPT: "One.\r\nTwo.\n"}))
    typed(view, "One.\nThree.\n")
    assert view.edits == {}
    assert view.about["files"][0]["why_not"] == "its line ends are mixed"


@pytest.mark.parametrize("message", [None, 7, {}, {"kind": "typed"}, {"kind": "open", "at": 99}, {"kind": "eval"}])
def test_a_message_that_makes_no_sense_does_nothing(message: Any) -> None:
    view = widgets.edit(Desk())
    view._asked(None, message, None)
    assert view.file["path"] == PROMPT


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hidden_characters_are_marked_in_what_is_shown_and_kept_in_what_is_edited(payload: str) -> None:
    text = f"{FILES[PROMPT]}{payload}\u202e\n"
    view = widgets.edit(Desk())
    typed(view, text)
    assert view.edits[PROMPT] == text
    assert "\u202e" not in str(view.looked)
    assert any("cannot be seen" in problem for problem in view.looked["problems"])


def test_an_app_without_files_has_an_empty_editor() -> None:
    view = widgets.edit(Desk({}))
    assert view.file == {"path": "", "text": ""}
    assert ask(view, "undo") == "This file is not edited."
