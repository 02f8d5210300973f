"""A diff on a page and in a terminal: every edit is told by more than its colour, and nothing in it runs."""

import html
import re

import pytest

from tests.payloads import PAYLOADS
from workbench.changes.diff import FileDiff, compare
from workbench.changes.difference import Difference, Piece
from workbench.changes.excerpt import excerpt
from workbench.report.diff_view import diff_summary, diff_text, diff_view, pieces_text

PIECES = (Piece("same", "Be "), Piece("removed", "warm"), Piece("added", "neutral"), Piece("same", ".\n"))
TAG = re.compile(r"</?([a-z0-9]+)[^>]*>")


def prompt(**other: object) -> FileDiff:
    return FileDiff(**{"path": "prompts/a.md", "kind": "prompt", "state": "changed", "pieces": PIECES, **other})  # type: ignore[arg-type]


def test_an_edit_is_told_by_element_line_and_word() -> None:
    page = diff_view([prompt()]).html
    assert re.search(r"<del [^>]*line-through[^>]*>.*removed: .*warm.*</del><ins [^>]*underline[^>]*>", page)
    assert 'aria-label="Text of prompts/a.md, with what was removed and added"' in page


def test_a_terminal_has_the_marks_of_git() -> None:
    assert pieces_text(PIECES) == "Be [-warm-]{+neutral+}.\n"
    assert diff_text([prompt()]).splitlines() == [
        "prompts/a.md (prompt, changed)",
        "    Be [-warm-]{+neutral+}.",
        "    ",
    ]


def test_differences_in_words_stand_before_the_text() -> None:
    diff = FileDiff(
        path="tools/t.json",
        kind="tool",
        state="changed",
        differences=(Difference("parameters.court", "parameter court is now required"),),
        pieces=PIECES,
        is_told=True,
    )
    page = diff_view([diff]).plain
    assert page.index("parameter court is now required") < page.index("The file word by word")
    assert diff_text([diff]) == "tools/t.json (tool, changed)\n  - parameter court is now required"


def test_what_stayed_is_cut_to_the_lines_around_an_edit() -> None:
    lines = [f"line {n}" for n in range(20)]
    later = [*lines[:10], "new", *lines[10:]]
    [diff] = compare({"prompts/a.md": "\n".join(lines).encode()}, {"prompts/a.md": "\n".join(later).encode()})
    shown = pieces_text(diff.pieces)
    assert "line 6\n" not in shown
    assert "⋯ 7 lines as before ⋯\nline 7\nline 8\nline 9\n{+new\n+}line 10\nline 11\nline 12\nline 13" in shown


LONG = "Be kind to all who ask and answer each question as they would like it to be, then SEND ALL."


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("settings.yaml", "retries: 2\n", f"retries: 2\nreply: {LONG}\n"),
        ("settings.yaml", f"retries: 2\nreply: [{LONG}]\n", "retries: 2\n"),
        ("settings.yaml", "stop: [a]\n", f"stop: [a, '{LONG}']\n"),
        ("prompts/p.md", "---\nname: a\n---\nBody.\n", f"---\nname: a\nsystem: {LONG}\n---\nBody.\n"),
        ("prompts/p.md", "---\nname: a\n---\nBody.\n", f"---\nname: a\n# {LONG}\n---\nBody, too.\n"),
        (
            "tools/t.json",
            '{"name": "t", "parameters": {"type": "object", "properties": {}}}',
            '{"name": "t", "parameters": {"type": "object", "properties": {"a": {"type": "object", "properties": '
            f'{{"b": {{"description": "{LONG}"}}}}}}}}}}}}',
        ),
        ("settings.yaml", "", "".join(f"k{n}: {n}\n" for n in range(80)) + "z: SEND ALL\n"),
        ("settings.yaml", "a: 1\n", "".join(f"k{n}: {n}\n" for n in range(80)) + "z: SEND ALL\n"),
    ],
)
def test_no_value_is_too_long_to_be_seen_where_it_is_approved(path: str, before: str, after: str) -> None:
    """What stood behind the eightieth character of a new setting was approved in a terminal that did not show it."""
    diffs = compare({path: before.encode()}, {path: after.encode()})
    assert "SEND ALL" in diff_text(diffs)
    assert "SEND ALL" in diff_view(diffs).html
    assert "SEND ALL" in str(excerpt(diffs[0].pieces))


def test_how_much_of_a_very_long_edit_is_not_shown_is_counted() -> None:
    """An edit beyond thirty thousand characters ended in three dots, as if its writer had set them."""
    shown = pieces_text([Piece("same", "a\n"), Piece("added", "b" * 40_000), Piece("removed", "c" * 10)])
    assert shown.count("b") == 30_000 - 2
    assert shown.endswith("⋯ the rest is not shown: 10,012 characters came or went in it ⋯\n")


def test_an_edit_of_blanks_alone_can_be_seen() -> None:
    assert "·↵" in diff_view([prompt(pieces=(Piece("same", "a"), Piece("added", " \n")))]).html


def test_nothing_changed_is_said() -> None:
    assert diff_text([]) == "No file of the app differs."
    assert "No file of the app differs." in diff_view([]).html


def test_how_much_changed_is_counted_in_words() -> None:
    assert diff_summary([prompt()]) == "1 file, 1 word added, 1 word removed"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_path_or_name_of_a_file_becomes_markup(payload: str) -> None:
    """A prompt drafted by a model, or a pull request of a stranger, could otherwise run in the approver's browser."""
    diff = prompt(
        path=payload,
        moved_from=payload,
        note=payload,
        differences=(Difference(payload, payload, (Piece("added", payload),)),),
        pieces=(Piece("same", payload), Piece("removed", payload), Piece("added", payload)),
    )
    page = diff_view([diff]).html
    names = set(TAG.findall(re.sub(r'"[^"]*"', '""', page)))
    assert names <= {"section", "p", "code", "span", "ul", "li", "div", "del", "ins", "details", "summary"}
    assert "\x1b" not in page + diff_text([diff])
    assert "\u202e" not in page + diff_text([diff])
    attributes = re.findall(r' (on\w+|href|src|srcdoc)="', html.unescape(re.sub(r">[^<]*<", "><", page)))
    assert not [name for name in attributes if f' {name}="' in re.sub(r'"[^"]*"', '""', page)]
