"""The scripts of the views: no way from words to markup or code, nothing fetched, and each file said what it is."""

import re
from pathlib import Path

import pytest

import workbench
from workbench.widgets.scripts import script

FOLDER = Path(workbench.__file__).parent / "widgets" / "scripts"
SCRIPTS = sorted(FOLDER.glob("*.js"))
FORBIDDEN = {
    "markup is made": r"(?:inner|outer)HTML|AdjacentHTML|setHTML|document\.write|ContextualFragment|DOMParser|srcdoc",
    "code is made": r"\beval\b|new Function|\bimport\s*\(|setTimeout\(\s*[\"'`]|javascript:",
    "something is fetched": r"\bfetch\b|XMLHttpRequest|WebSocket|EventSource|sendBeacon|new Image\b|https?://(?!www\.w3\.org/2000/svg)",
    "a link or a source is set": r"\.(?:src|href)\s*=|setAttribute\(\s*[\"'](?:src|href|on\w+|style)[\"']",
    "something is kept in the browser": r"localStorage|sessionStorage|indexedDB|document\.cookie",
}
PLANTED = {
    "markup is made": "row.innerHTML = text",
    "code is made": "setTimeout('go()', 1)",
    "something is fetched": "await fetch(url)",
    "a link or a source is set": "picture.src = url",
    "something is kept in the browser": "localStorage.setItem('a', 1)",
}


@pytest.mark.parametrize("why", FORBIDDEN)
def test_no_script_does_it(why: str) -> None:
    found = {path.name: re.findall(FORBIDDEN[why], path.read_text("utf-8")) for path in SCRIPTS}
    assert {name: hits for name, hits in found.items() if hits} == {}


@pytest.mark.parametrize("why", FORBIDDEN)
def test_a_planted_way_is_found(why: str) -> None:
    assert re.search(FORBIDDEN[why], PLANTED[why])


def test_styles_fetch_nothing() -> None:
    assert not re.search(r"url\(|@import|expression", (FOLDER / "look.css").read_text("utf-8"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_begins_with_what_it_is_and_is_short(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert lines[0].startswith("// ")
    assert len(lines) <= 300
    assert max(map(len, lines)) <= 160


def test_no_script_says_that_nothing_was_found_in_a_trace() -> None:
    """Said with the question, it leaned the only witness of missed problems towards `no`."""
    said = {
        path.name
        for path in SCRIPTS
        if re.search(r"no detector|nothing was found|found nothing", path.read_text("utf-8"), re.I)
    }
    assert said == set()


def test_scripts_are_joined_in_their_order() -> None:
    joined = script("parts", "glyphs")
    assert joined.index("function make(") < joined.index("function glyph(")
