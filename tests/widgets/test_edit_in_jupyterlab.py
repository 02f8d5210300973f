"""The editor in a real JupyterLab: written with keys alone, lit and dark, and fed with hostile text."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.payloads import FIRST as PAYLOADS

pytestmark = pytest.mark.browser

Run = Callable[..., Page]
EDITOR = """
from tests.widgets.edit_desk import FILES, Desk
from workbench import widgets
desk = Desk()
view = widgets.edit(desk)
view
"""
HOSTILE = f"""
from tests.widgets.edit_desk import Desk
from workbench import widgets
payloads = {PAYLOADS!r}
files = {{f"prompts/{{at}}{{one.replace('/', '-')}}.md": f"One {{one}}." for at, one in enumerate(payloads)}}
desk = Desk({{**files, "settings.yaml": "a: 1"}}, title=payloads[0])
desk.about_issue = payloads[1]
view = widgets.edit(desk)
view
"""

LINE = "element => getComputedStyle(element).textDecorationLine"


def editor(run: Run, source: str = EDITOR, **more: str) -> Page:
    return run(source, views=(".wb-editor",), **more)


def test_a_change_is_written_and_committed_with_keys_alone(run: Run) -> None:
    page = editor(run)
    cells = "window.jupyterapp.shell.currentWidget.content.widgets.length"
    before = page.evaluate(cells)
    assert page.locator(".wb-help").inner_text().startswith("e edit the file · ] next file · [ file before · t title")
    page.locator(".wb-editor").focus()
    page.keyboard.press("t")
    page.keyboard.type("State the jurisdiction first")
    page.keyboard.press("Enter")
    page.keyboard.press("w")
    page.keyboard.type("Answers mix federal and state law.")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.keyboard.press("Control+End")
    page.keyboard.type("Be brief.\n")
    page.locator(".wb-diff ins", has_text="Be brief.").wait_for()
    assert page.locator(".wb-diff ins").first.evaluate(LINE) == "underline"
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    page.locator(".wb-told", has_text="Committed as cccccccccccc").wait_for()
    assert page.locator(".wb-editor .wb-badge").first.inner_text() == "committed"
    assert page.evaluate(cells) == before
    assert page.locator(".wb-text").get_attribute("readonly") is not None


@pytest.mark.slow
def test_what_is_wrong_is_said_and_nothing_is_committed(run: Run) -> None:
    page = editor(run)
    page.locator(".wb-files .wb-pick", has_text="settings.yaml").click()
    page.wait_for_function("document.querySelector('.wb-text').value.startsWith('retries')")
    page.locator(".wb-text").fill("retries: 2\nretries: 3\n")
    page.locator(".wb-problems li", has_text="a key is given twice").wait_for()
    assert page.locator(".wb-foot button", has_text="Commit").is_disabled()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_edit_is_told_by_more_than_colour(run: Run, scheme: str) -> None:
    page = editor(run, scheme=scheme)
    page.locator(".wb-text").fill("---\nname: summary\n---\nState the rule.\n")
    page.locator(".wb-diff ins").first.wait_for()
    assert page.locator(".wb-diff ins").first.evaluate(LINE) == "underline"
    assert page.locator(".wb-diff del").first.evaluate(LINE) == "line-through"
    assert page.locator(".wb-diff ins .wb-spoken").first.text_content() == "[added: "


def test_nothing_in_a_file_its_path_or_the_issue_runs(run: Run, outside: list[str]) -> None:
    page = editor(run, HOSTILE)
    for at in range(len(PAYLOADS)):
        page.locator(".wb-files .wb-pick").nth(at).click()
        page.wait_for_function("at => document.querySelectorAll('.wb-pick')[at].ariaCurrent === 'true'", arg=at)
        page.locator(".wb-text").fill(f"Two {PAYLOADS[at]}.")
        page.wait_for_function("n => document.querySelectorAll('.wb-file-diff').length === n", arg=at + 1)
    assert page.evaluate("window.__xss") == []
    assert outside == []
    assert page.locator(".wb-editor :is(img, script, iframe, svg, math, link, style)").count() == 0
