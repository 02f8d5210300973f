"""The page of answers takes the keys by itself where nobody else has them, though it is hidden while it is built."""

import pytest
from playwright.sync_api import Browser, Page

from workbench.widgets.scripts import script

pytestmark = pytest.mark.browser

ITEM = "{place: 0, metric: 'right', criterion: 'Is it right?', texts: [], answer: 'Yes.', own: null, low: 0, high: 1}"
SHOWN = f"""
const about = {{experiment_id: 'exp_1', annotator: 'ann', n_items: 1, n_scored: 0, keys: {{}}}};
const values = {{about, item: {ITEM}, answer: {{}}}};
window.sent = [];
const model = {{get: (name) => values[name], on: () => {{}}, off: () => {{}}, send: (one) => window.sent.push(one)}};
window.view.render({{model, el: document.querySelector('#cells')}});
"""


@pytest.fixture
def page(chromium: Browser) -> Page:
    """Open a page that hides its cells until all of them are there, as Voila's does, with a field beside them."""
    page = chromium.new_page()
    page.set_content("<input><div id='cells' style='display: none'></div>")
    module = script("parts", "label").replace("export default", "window.view =")
    page.add_script_tag(type="module", content=module + SHOWN)
    page.wait_for_selector(".wb-labels[data-ready='1']", state="attached")
    return page


def show(page: Page) -> None:
    page.evaluate("document.querySelector('#cells').style.display = 'block'")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_a_key_scores_as_soon_as_the_page_is_shown(page: Page) -> None:
    """It asked for the keys while it was hidden, in vain, and said "click here to use keys"."""
    show(page)
    page.keyboard.press("1")
    assert page.evaluate("window.sent") == [{"kind": "score", "place": 0, "score": 1}]
    assert page.locator(".wb-keys-on").inner_text() == "⌨ keys on"
    page.close()


def test_the_keys_are_left_to_whoever_has_them(page: Page) -> None:
    page.locator("input").focus()
    show(page)
    page.keyboard.press("1")
    assert (page.evaluate("window.sent"), page.locator("input").input_value()) == ([], "1")
    page.close()
