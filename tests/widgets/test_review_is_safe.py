"""A review of hostile traces, by hostile reviewers, in a real JupyterLab and Voila: shown as text, and never run.

The same texts, set raw on the same page, do run: were one place of the view to make markup of words, this would see it.
"""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.payloads import FIRST, PAYLOADS
from tests.widgets.review_page import App, Reviewing, sources
from tests.widgets.reviewing import make_workspace
from workbench.boundaries.display import visible
from workbench.loop.review.opening import open_review
from workbench.records import Verdict
from workbench.store import Workspace, open_workspace
from workbench.taxonomy import TAXONOMY

pytestmark = pytest.mark.browser

HOSTILE = """
payloads = {payloads!r}
everything = " ".join(payloads)
for name, label in ((payloads[0], "confirmed"), (payloads[3], "rejected")):
    desk = opened(name)
    for at in range(12):
        task = desk.take()
        desk.judge(task["place"], label=label, seen="", explanation=everything, code=payloads[at % len(payloads)])
def cause(at, text):
    contrast = [dict(where=text, n=text, total=text, share=1, words=text)]
    return dict(id=text, is_asked=at == 0, state=text, kind=text, statement=text, numbers=[(text, text)], notes=[text],
                contrast=contrast)
def trace(title, role):
    steps = [dict(role=role or text, name=text, about=text, is_error=not role, parts=[dict(label=text, text=text)])
             for text in payloads]
    steps.append(dict(role="user", parts=[dict(label="", text=everything)]))
    return dict(title=title, facts=payloads, steps=steps, note=everything, quotes=payloads)
def hostile(tasks):
    near = [dict(trace_id=text, title=text, text=text) for text in payloads]
    return [dict(trace=trace(task["target_id"], "tool" if task["target_id"] in payloads else ""),
                 cluster=dict(rank=1, name=everything, facts=[(text, text) for text in payloads]),
                 finding=dict(question=everything, text=everything), neighbours=near, examples=near, map=None,
                 causes=[cause(at, text) for at, text in enumerate(payloads)]) for task in tasks]
view = widgets.review(opened(payloads[1], is_adjudicating=True), read=hostile)
view
"""
REAL = "desk = opened('eve')\nview = widgets.review(desk, read=read)\nview"
MADE = (
    ".wb iframe, .wb img, .wb script, .wb link, .wb math, .wb a, .wb style, .wb video, .wb object, .wb form, .wb base"
)
SET_RAW = """words => words.map(text => { const raw = document.createElement('div');
  raw.innerHTML = text; document.body.append(raw); return raw; }).length"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a workspace whose every field that a stranger writes holds a payload, reviewed by two."""
    made = make_workspace(tmp_path_factory.mktemp("hostile") / "acme", said=PAYLOADS)
    with (made.root / TAXONOMY).open("a") as taxonomy:
        taxonomy.write(f'\n[[category]]\ncode = "hostile"\nname = """{PAYLOADS[0]}"""\ngroup = "x"\nabout = "x"\n')
    open_review(made, now=datetime.now(UTC), n=40, n_per_item=2)
    return made.root


@pytest.fixture
def hostile(template: Path, tmp_path: Path) -> Workspace:
    """Return such a workspace of its own."""
    return open_workspace(shutil.copytree(template, tmp_path / "acme"))


def is_unharmed(view: Reviewing) -> None:
    """Check that nothing ran, nothing was asked for, and no element was made of words."""
    assert view.page.evaluate("window.__xss") == []
    assert view.page.locator(MADE).count() == 0
    assert view.outside == []


@pytest.mark.parametrize("app", ["jupyterlab", pytest.param("voila", marks=pytest.mark.slow)])
def test_hostile_words_in_every_place_are_shown_and_never_run(
    browse: Callable[[App], Reviewing], app: App, hostile: Workspace
) -> None:
    view = browse(app).open("hostile.ipynb", *sources(hostile, HOSTILE.format(payloads=list(PAYLOADS))))
    page = view.page
    shown = page.locator(".wb-review").inner_text()
    assert [text for text in PAYLOADS if visible(text, keep="\n\t")[:24] not in shown] == []
    page.locator(".wb-fold").first.click()
    for key in ("?", "b", "o", "/"):
        page.keyboard.press(key)
        page.wait_for_timeout(150)
        if key == "/":
            page.keyboard.type("img")
            page.wait_for_selector(".wb-option")
        page.keyboard.press("Escape")
    for _ in range(2):
        page.keyboard.press("l")
        page.wait_for_selector(".wb-elsewhere")
    page.keyboard.press("Escape")
    page.keyboard.press("]")
    page.keyboard.press("n")
    page.keyboard.insert_text(" ".join(PAYLOADS))
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    page.keyboard.insert_text(PAYLOADS[2])
    page.keyboard.press("Enter")
    view.press("2", "ArrowLeft")
    is_unharmed(view)
    (last,) = [one for one in hostile.ledger.latest(Verdict) if one.is_adjudication and one.label != "withdrawn"]
    assert (last.annotator, last.code) == (PAYLOADS[1], PAYLOADS[2])

    page.evaluate(SET_RAW, [text for text in PAYLOADS if "http-equiv" not in text])  # that one leaves the page
    page.wait_for_function("window.__xss.length > 20", timeout=30_000)


@pytest.mark.slow
def test_hostile_traces_are_reviewed_as_they_are_stored(browse: Callable[[App], Reviewing], hostile: Workspace) -> None:
    """The whole way: stored, detected, grouped, named, drawn for review, and read for the view."""
    view = browse("jupyterlab").open("stored.ipynb", *sources(hostile, REAL))
    for _ in range(12):
        view.press("ArrowRight")
    view.press("1", "2", "3")
    is_unharmed(view)


@pytest.mark.slow
def test_a_view_that_made_markup_of_words_would_be_seen(
    browse: Callable[[App], Reviewing], app: App, hostile: Workspace
) -> None:
    raw = "from workbench.widgets.review_widget import ReviewWidget\nclass Raw(ReviewWidget):\n    _esm = "
    raw += "ReviewWidget._esm.replace('made.textContent = words', 'made.innerHTML = words')\n"
    source = HOSTILE.format(payloads=list(FIRST)).replace("widgets.review(", "Raw(")
    view = browse(app)
    view.run("raw.ipynb", *sources(hostile, raw + source))
    view.page.wait_for_function("window.__xss.includes('img')", timeout=90_000)
