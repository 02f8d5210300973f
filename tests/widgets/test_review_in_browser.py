"""The review in a real JupyterLab and a real Voila: labels by key, and a ledger that is exactly what was pressed.

Kernels are restarted, pages loaded again, keys pressed twice, wires cut on either side, and two people review at once.
Skipped where Debian's chromium, JupyterLab or Voila is absent.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, WebSocketRoute

from tests.widgets.jupyter import RUN_MS
from tests.widgets.review_page import ANSWER_MS, SHOW, VIEW, App, Reviewing, sources
from workbench.records import Verdict
from workbench.store import Workspace

pytestmark = pytest.mark.browser

LABELS = {"1": "confirmed", "2": "rejected", "3": "uncertain"}
PRESS_TWICE = """for (const key of ['1', '1'])
  document.querySelector('.wb-review').dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}))"""
Browse = Callable[[App], Reviewing]


def ledger(workspace: Workspace, reviewer: str = "ann") -> list[str]:
    """Return the labels of a reviewer that stand, in the order in which they were first given."""
    given = (one for one in workspace.ledger.latest(Verdict) if one.annotator == reviewer)
    return [one.label for one in given if one.label != "withdrawn"]


def test_thirty_labels_by_key_are_in_the_ledger_as_they_were_pressed(
    browse: Browse, app: App, reviewed: Workspace
) -> None:
    view = browse(app).open("labels.ipynb", *sources(reviewed))
    keys = ["1", "2", "3"] * 10
    view.press(*keys)
    assert ledger(reviewed) == [LABELS[key] for key in keys]
    assert re.fullmatch(r"✓ saved \d\d:\d\d:\d\d", view.saved())

    view.press("z")
    assert (view.data("place"), len(ledger(reviewed))) == ("29", 29)
    assert view.page.locator(".wb-told").inner_text() == "Taken back: item 30."

    view.page.keyboard.press("n")
    view.page.keyboard.type("no z, 1 or 2 in here labels")
    view.page.keyboard.press("Escape")
    view.page.keyboard.press("o")
    view.page.keyboard.type("wrong page")
    view.page.keyboard.press("Enter")
    view.press("2")
    last = reviewed.ledger.latest(Verdict)[29]
    assert (last.label, last.explanation, last.code) == ("rejected", "no z, 1 or 2 in here labels", "wrong page")
    assert [one.seen != "" for one in reviewed.ledger.latest(Verdict)] == [True] * 30

    view.page.evaluate(PRESS_TWICE)
    view.page.wait_for_selector(f"{VIEW}[data-state='idle'][data-place='31']", timeout=ANSWER_MS)
    assert len(ledger(reviewed)) == 31

    view.page.keyboard.press("n")
    view.page.keyboard.type("half a thought")
    view.page.wait_for_function("document.querySelector('.wb-draft').textContent === 'draft kept'", timeout=ANSWER_MS)
    seen = view.data("seen")
    if app == "jupyterlab":
        assert view.page.evaluate("window.jupyterapp.shell.currentWidget.content.widgets.length") == 2
        view.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
        view.page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty", timeout=ANSWER_MS)
        view.page.goto(view.page.url.split("?")[0])
    else:
        view.page.reload()
    view.ready()
    assert (view.data("place"), view.data("seen")) == ("31", seen)
    assert view.page.locator(".wb-note").input_value() == "half a thought"
    view.press("1")
    assert len(ledger(reviewed)) == 32
    assert view.outside == []


def test_a_kernel_that_was_restarted_loses_no_label_and_says_loudly_what_it_did_not_save(
    browse: Browse, reviewed: Workspace
) -> None:
    """JupyterLab goes on showing a view whose kernel is gone, and what was clicked there was silently lost."""
    view = browse("jupyterlab").open("restarted.ipynb", *sources(reviewed))
    view.press("1", "2")
    view.page.evaluate("window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.restart()")
    view.page.locator(VIEW).focus()
    view.page.keyboard.press("n")
    view.page.keyboard.type("kept")
    view.page.keyboard.press("Escape")
    view.page.keyboard.press("3")
    view.settle("lost")
    assert view.page.get_by_role("alert").inner_text().startswith("⚠ NOT SAVED\n“uncertain”")
    assert ledger(reviewed) == ["confirmed", "rejected"]

    view.page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    view.page.wait_for_selector(f"{VIEW}[data-kernel='answers'][data-state='lost']", timeout=RUN_MS)
    view.ready()
    assert view.page.locator(".wb-note").input_value() == "kept"
    view.press("Enter")
    assert ledger(reviewed) == ["confirmed", "rejected", "uncertain"]
    assert reviewed.ledger.latest(Verdict)[-1].explanation == "kept"
    view.press("1")
    assert len(ledger(reviewed)) == 4


class Wire:
    """The connection between a page and its kernel, to be cut on either side."""

    def __init__(self, page: Page) -> None:
        self.is_cut_to_kernel = self.is_cut_to_page = False
        page.route_web_socket(re.compile(r"/channels"), self._connect)

    def _connect(self, page: WebSocketRoute) -> None:
        kernel = page.connect_to_server()
        page.on_message(lambda message: None if self.is_cut_to_kernel else kernel.send(message))
        kernel.on_message(lambda message: None if self.is_cut_to_page else page.send(message))


def test_a_lost_connection_is_said_and_a_second_try_labels_once(browse: Browse, reviewed: Workspace) -> None:
    """Of a label that did not arrive, and of one whose answer did not, the reviewer sees the same: it is not saved."""
    view = browse("voila")
    wire = Wire(view.page)
    view.open("cut.ipynb", *sources(reviewed))
    view.press("1")

    wire.is_cut_to_kernel = True
    view.page.keyboard.press("2")
    view.settle("lost")
    assert ledger(reviewed) == ["confirmed"]
    wire.is_cut_to_kernel = False
    view.press("Enter")
    assert ledger(reviewed) == ["confirmed", "rejected"]

    wire.is_cut_to_page = True
    view.page.keyboard.press("3")
    view.settle("lost")
    assert ledger(reviewed) == ["confirmed", "rejected", "uncertain"]
    wire.is_cut_to_page = False
    view.press("Enter")
    assert ledger(reviewed) == ["confirmed", "rejected", "uncertain"]
    assert len(reviewed.ledger.history(Verdict, reviewed.ledger.latest(Verdict)[-1].id)) == 1
    view.press("1")
    assert len(ledger(reviewed)) == 4


@pytest.mark.slow
def test_two_reviewers_at_once_share_the_items(browse: Browse, reviewed: Workspace) -> None:
    ann = browse("voila").open("ann.ipynb", *sources(reviewed))
    ben = browse("jupyterlab").open("ben.ipynb", *sources(reviewed, SHOW.format(reviewer="ben")))
    for _ in range(4):
        ann.press("1")
        ben.press("2")
    assert (ledger(reviewed), ledger(reviewed, "ben")) == (["confirmed"] * 4, ["rejected"] * 4)
    targets = {(one.target_id, one.cluster_id) for one in reviewed.ledger.latest(Verdict)}
    assert len(targets) == 8
    ben.page.wait_for_function("document.querySelector('.wb-review-head').textContent.includes('ann: 4')")


@pytest.mark.slow
def test_it_fits_one_screen_in_light_and_dark_and_is_used_without_eyes_or_mouse(
    browse: Browse, reviewed: Workspace
) -> None:
    view = browse("jupyterlab").open("look.ipynb", *sources(reviewed))
    page = view.page
    page.locator(VIEW).evaluate("root => root.scrollIntoView({block: 'nearest'})")
    box = page.locator(VIEW).bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 900
    page.wait_for_function(
        "document.querySelector('.wb-steps .wb-here') && !document.querySelector('.wb-help:not([hidden])')"
    )
    keys = page.locator(".wb-verdict").evaluate_all("all => all.map(one => one.getAttribute('aria-keyshortcuts'))")
    assert keys == ["1 c", "2 r", "3 d"]

    paper = f"getComputedStyle(document.querySelector('{VIEW}')).backgroundColor"
    light = page.evaluate(paper)
    page.evaluate("window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    page.wait_for_function(f"{paper} !== '{light}'", timeout=ANSWER_MS)

    page.locator(VIEW).press("1")  # with the focus, which JupyterLab takes while it changes its theme
    page.wait_for_selector(f"{VIEW}[data-state='idle'][data-place='1']", timeout=ANSWER_MS)
    spoken = page.locator(f"{VIEW} [role=status][aria-live=polite]").inner_text()
    assert re.fullmatch(r"Saved: confirmed\.\s+Item 2 of 40, a \w+\. .+\?", spoken)
    assert page.get_by_role("progressbar", name="Items labelled").get_attribute("aria-valuenow") == "1"

    page.get_by_role("button", name="there is none").focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.get_by_role("button", name="there is none").press("Enter")
    page.wait_for_selector(f"{VIEW}[data-state='idle'][data-place='2']", timeout=ANSWER_MS)
    assert ledger(reviewed) == ["confirmed", "rejected"]
    view.press("3")

    stops = []
    for _ in range(60):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(f"document.querySelector('{VIEW}').contains(document.activeElement)"))
    assert False in stops
