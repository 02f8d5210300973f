"""The transcript: what it is given is what it holds, with hidden characters marked at every depth."""

from workbench.boundaries.display import visible
from workbench.widgets.shown import shown
from workbench.widgets.transcript import Transcript


def test_a_trace_is_held_as_it_was_given() -> None:
    trace = {
        "title": "Trace t1",
        "facts": ["1 span"],
        "steps": [{"role": "user", "parts": [{"label": "", "text": "a\nb"}]}],
    }
    assert Transcript(trace).trace == trace


def test_hidden_characters_are_marked_wherever_they_are() -> None:
    view = Transcript()
    view.show({"title": "a\u202eb", "steps": [{"name": "\x1b[31m", "parts": [{"label": "", "text": "x\u200by"}]}]})
    step = view.trace["steps"][0]
    assert (view.trace["title"], step["name"], step["parts"][0]["text"]) == ("a⟨U+202E⟩b", "⟨U+001B⟩[31m", "x⟨U+200B⟩y")


def test_an_empty_trace_clears_the_view() -> None:
    view = Transcript({"title": "Trace t1"})
    view.show({})
    assert view.trace == {}


def test_lines_are_marked_each_as_a_text_is() -> None:
    lines = "one\r\ntwo\x07\n\u0301three\ttab"
    assert shown(lines) == visible(lines, keep="\n\t") == "one\ntwo⟨U+0007⟩\n\u0301three\ttab"
