"""Markup: whatever a trace says is text, inside its border, wherever it is put."""

from html.parser import HTMLParser

import pytest

from workbench.report import markup
from workbench.report.markup import Html

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</q></blockquote></script><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "<svg/onload=alert(1)>",
    "<!-- --><style>*{display:none}</style>",
    "&lt;img src=x onerror=alert(1)&gt;",
    "javascript:alert(1)",
)


class Elements(HTMLParser):
    """The elements and attributes that a browser would see, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize(
    "put",
    [
        markup.text,
        markup.said,
        markup.strong,
        markup.muted,
        markup.unbroken,
        markup.badge,
        markup.title,
        markup.paragraph,
        lambda words: markup.quote("label", words),
        lambda words: markup.quote(words, "label"),
        lambda words: markup.bullets([words]),
        lambda words: markup.tiles([(words, words, words)]),
        lambda words: markup.bar(0.5, words, colour="#000000"),
        lambda words: markup.dot("#000000", words),
        lambda words: markup.join([words, words], words),
        lambda words: markup.table([(words, "left")], [(words,)], caption=words, foot=words),
        lambda words: markup.heading(words, anchor="here"),
        lambda words: markup.link(words, anchor=words),
        lambda words: markup.file_link(words, path=words),
        lambda words: markup.folded(words, markup.text(words)),
        lambda words: markup.picture("", "", alt=words, width=1),
    ],
)
def test_no_text_becomes_an_element_or_an_attribute(put: object, hostile: str) -> None:
    assert callable(put)
    seen, harmless = Elements(put(hostile)), Elements(put("words"))
    assert seen.tags == harmless.tags
    assert seen.attributes == harmless.attributes


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_was_said_can_be_read_in_full(hostile: str) -> None:
    assert Elements(markup.said(hostile)).text == hostile


def test_a_quote_says_nothing_of_the_tools_within_its_border() -> None:
    quoted = markup.quote("what was found", "it broke")
    inside = quoted[quoted.index("<blockquote") : quoted.index("</blockquote>")]
    assert Elements(inside).text == "it broke"
    assert "what was found" in quoted[: quoted.index("<blockquote")]


def test_hidden_characters_are_marked() -> None:
    assert "⟨U+202E⟩" in markup.said("abc\u202edcba")


def test_long_words_are_cut() -> None:
    assert Elements(markup.said("x" * 1_000, limit=20)).text == "x" * 19 + "…"


def test_markup_is_composed_and_not_escaped_twice() -> None:
    assert markup.join([markup.text("a < b"), "c < d"], " & ") == "a &lt; b &amp; c &lt; d"
    assert isinstance(markup.join([]), Html)


@pytest.mark.parametrize(("part", "width"), [(-1.0, "0.0%"), (0.25, "25.0%"), (7.0, "100.0%")])
def test_a_bar_stays_within_its_frame(part: float, width: str) -> None:
    assert f"width:{width}" in markup.bar(part, "", colour="#000000")


def test_nothing_has_no_bar_and_a_little_has_one() -> None:
    assert "min-width:2px" not in markup.bar(0.0, "", colour="#000000")
    assert "min-width:2px" in markup.bar(0.001, "", colour="#000000")


def test_a_page_carries_its_policy() -> None:
    page = markup.page("t", markup.text("x"), policy="default-src 'none'", style="", refresh="a b.html")
    assert 'content="default-src &#x27;none&#x27;"' in page
    assert 'url=a%20b.html"' in page
