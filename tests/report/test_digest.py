"""The digest as a page and as Markdown, and the figures of the loop; hostile words stay words in both."""

from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from tests.payloads import FIRST as PAYLOADS
from tests.report.digests import STEPS, a_digest, a_health
from workbench.boundaries.display import shorten, visible
from workbench.report.digest import digest_headline, digest_health, digest_summary, digest_topics, steps_table
from workbench.report.digest_markdown import digest_markdown
from workbench.report.health import health_figures, stage_ages, waits_by_kind, waits_table


def markdown(title: str = "no seat left", new: int = 1) -> str:
    digest = a_digest(title=title, new=new)
    headline = digest_headline(digest, STEPS)
    return digest_markdown(digest, STEPS, headline=headline, name="acme", profile="nightly")


def test_the_first_line_says_what_failed_what_is_new_and_what_is_over() -> None:
    assert digest_headline(a_digest(new=2, stuck=3), STEPS) == (
        "1 of 2 steps failed; 2 new, 1 newly stuck; 1 wait is over"
    )
    assert digest_headline(a_digest(new=0, n_waits=0), STEPS[:1]) == "nothing changed"


def test_the_page_tells_of_each_topic_that_has_anything() -> None:
    shown = digest_topics(a_digest(new=1, stuck=2)).plain
    assert "New: 1" in shown
    assert "Stuck: 2" in shown
    assert "newly proposed for 20 days" in shown
    assert "Growing" not in shown
    assert "No problem is new" in digest_topics(a_digest(new=0)).plain
    assert "From 2026-03-29 12:00 UTC to 2026-03-30 12:00 UTC." in digest_summary(a_digest(), headline="2 new").plain


def test_a_first_digest_says_that_it_is_one() -> None:
    first = replace(a_digest(), since=None)
    assert "The first digest of this profile" in digest_summary(first, headline="2 new").plain


def test_a_first_digest_calls_nothing_new() -> None:
    """All that was open was told as news, by a profile that had nothing to compare it with."""
    first = replace(a_digest(new=2, stuck=3, n_waits=0), since=None)
    assert digest_headline(first, STEPS[:1]) == "first digest, nothing to compare with: 2 open, 1 stuck"
    assert digest_headline(replace(a_digest(new=0, n_waits=0), since=None), STEPS[:1]).endswith(": nothing is open")
    shown = digest_topics(first).plain
    assert ("Open: 2" in shown, "New" in shown, "newly" in shown) == (True, False, False)
    told = digest_markdown(first, STEPS[:1], headline="", name="acme", profile="nightly")
    assert ("## Open: 2" in told, "## New" in told) == (True, False)


def test_a_step_that_failed_says_why() -> None:
    shown = steps_table(STEPS).plain
    assert "done detect --window 30d 12.0 s" in shown
    assert "the kernel stopped" in shown


def test_the_figures_of_the_loop() -> None:
    shown = health_figures(a_health()).plain
    for words in (
        *("2 of 4", "1 expired, 1 in time; the longest waits 30 days", "12 a week"),
        *("verdicts of people, over four weeks", "for 241 findings a week of the newest run"),
        *("20 days", "1 of 4", "2 came back, 1 not known yet", "since 2026-03-29"),
    ):
        assert words in shown
    assert "proposed 2 30 days 4 days" in stage_ages(a_health()).plain


def test_a_loop_that_never_shipped_has_no_share_of_what_held() -> None:
    never = replace(a_health(n_waits=0), n_shipped=0, n_held=0, n_returned=0, time_to_ship=None, findings_a_week=None)
    shown = health_figures(never).plain
    assert shown.count("nothing was shipped yet") == 2
    assert "0 of 0" not in shown
    assert "nothing was detected yet" in shown
    assert "No wait is over" in waits_table(never, top_n=20).plain


def test_waits_are_counted_by_kind_in_an_index_and_listed_in_a_digest() -> None:
    health = a_health(n_waits=23)
    assert "23 problems have expired 2026-03-07 cleo judge it: workbench review" in waits_by_kind(health).plain
    listed = digest_health(a_digest(n_waits=23)).plain
    assert listed.count("a problem has expired") == 20
    assert "3 waits more are not shown" in listed
    assert "set owner under [waits]" in waits_by_kind(a_health(owner="")).plain


def test_the_markdown_has_the_same_and_cuts_long_lists() -> None:
    text = markdown(new=25)
    assert text.startswith("# `acme`: 1 of 2 steps failed; 25 new; 1 wait is over\n")
    assert "- `no seat left`, high severity, 1,200 traces, 34 users: proposed for 20 days (iss_0)\n" in text
    assert text.count("- `no seat left`, high") == 20
    assert "- and 5 more\n" in text
    assert "Asked: `cleo`. judge it: `workbench review`\n" in text
    assert "- failed, 1.0 s: `report 4_backlog`\n  - `the kernel stopped`\n" in text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_title_is_no_markup_on_the_page(payload: str) -> None:
    shown = digest_topics(a_digest(title=payload)).html + digest_health(a_digest(title=payload, owner=payload)).html
    for tag in ("<script", "<img", "<svg", "<iframe", "<a href", "<math", "<style"):
        assert tag not in shown.lower()


@pytest.mark.parametrize(
    "title",
    [
        "` <img src=x onerror=alert(1)> `",
        "``x`` [a](javascript:b)",
        "a\n# heading\n![](//x)",
        "`",
        " b",
        "@everyone $x$",
        *PAYLOADS,
    ],
)
def test_a_title_is_code_to_a_reader_of_markdown(title: str) -> None:
    """The witness is a parser of CommonMark."""
    (line,) = [line for line in markdown(title=title).splitlines() if "high severity" in line]
    tokens = MarkdownIt("commonmark").parse(line)
    (inline,) = [token for token in tokens if token.type == "inline"]
    code, rest = (inline.children or [])[0], (inline.children or [])[1:]
    assert code.type == "code_inline"
    assert code.content.strip() == shorten(visible(title), 70).strip()
    assert [token.type for token in rest] == ["text"]


def test_a_title_of_nothing_leaves_no_open_code() -> None:
    assert "- ` `, high severity" in markdown(title="")
