"""Answers scored in a real JupyterLab, with keys alone; nothing that an answer says runs."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.payloads import FIRST as PAYLOADS

pytestmark = pytest.mark.browser

Run = Callable[..., Page]
SCORING = """
from tests.widgets.label_desk import Desk
from workbench import widgets
desk = Desk()
view = widgets.label(desk)
view
"""
HOSTILE = f"""
from tests.widgets.label_desk import Desk
from workbench import widgets
desk = Desk({PAYLOADS!r}, high=100)
desk.criterion = {PAYLOADS[0]!r}
view = widgets.label(desk)
view
"""


def test_answers_are_scored_with_keys_alone_and_the_notebook_keeps_its_cells(run: Run) -> None:
    page = run(SCORING, views=(".wb-labels",))
    cells = "window.jupyterapp.shell.currentWidget.content.widgets.length"
    before = page.evaluate(cells)
    page.locator(".wb-labels").focus()
    page.keyboard.press("1")
    page.locator(".wb-labels .wb-told", has_text="Saved: 1.").wait_for()
    page.keyboard.press("d")
    page.keyboard.press("0")
    page.locator(".wb-labels .wb-answer", has_text="Three.").wait_for()
    page.keyboard.press("ArrowLeft")
    page.locator(".wb-labels button[aria-pressed='true']", has_text="it is not so").wait_for()
    page.keyboard.press(" ")
    page.locator(".wb-labels .wb-answer", has_text="Three.").wait_for()
    page.keyboard.press("1")
    page.locator(".wb-labels strong", has_text="No answer waits for you").wait_for()
    assert page.evaluate(cells) == before


def test_nothing_in_a_question_a_criterion_or_an_answer_runs_and_a_score_of_many_is_typed(
    run: Run, outside: list[str]
) -> None:
    page = run(HOSTILE, views=(".wb-labels",))
    for at in range(len(PAYLOADS)):
        page.wait_for_function(
            "([at, n]) => document.querySelector('.wb-labels strong').textContent === `Answer ${at} of ${n}`",
            arg=[at + 1, len(PAYLOADS)],
        )
        assert page.locator(".wb-labels .wb-answer .wb-words > *").count() == 0
        page.locator(".wb-number-field").fill(str(at))
        page.locator(".wb-number-field").press("Enter")
    page.locator(".wb-labels strong", has_text="No answer waits for you").wait_for()
    assert (page.evaluate("window.__xss"), outside) == ([], [])
