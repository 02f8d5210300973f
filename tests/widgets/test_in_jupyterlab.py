"""The views in a real JupyterLab: brushed, walked through with keys alone, lit and dark, and fed with hostile text.

Skipped where Debian's chromium or JupyterLab is absent.
"""

from collections.abc import Callable

import nbformat
import pytest
from playwright.sync_api import Page

from tests.payloads import FIRST as PAYLOADS
from workbench.boundaries.paths import shipped

pytestmark = pytest.mark.browser

VIEWS = (".wb-map", ".wb-panel", ".wb-findings", ".wb-transcript")
EXPLORER = """
import polars as pl
from workbench import widgets
def finding(at, problem, x, y, text):
    return dict(finding_id=f"fnd_{at}", trace_id=f"t{at}", problem=problem, text=text, about="tool error", x=x, y=y)
rows = [finding(at, 1, at % 5, at // 5, f"left {at}") for at in range(25)]
rows += [finding(25 + at, 2, 20 + at % 5, at // 5, f"right {at}") for at in range(25)]
rows += [finding(50, 0, 12.0, 2.0, "alone")]
def problem(rank, name):
    return dict(rank=rank, name=name, colour="#D55E00", shape="square", facts=[("traces", "25 of 60")], days=None,
                causes=[], without="No cause.")
def read(finding):
    steps = [dict(role="user", parts=[dict(label="", text=f"question of {finding['trace_id']}")]),
             dict(role="tool", name="search", is_error=True, is_first_failure=True,
                  parts=[dict(label="error", text="timed out\\n" * 40)])]
    return dict(title=f"Trace {finding['trace_id']}", facts=["2 spans"], steps=steps)
problems = [problem(1, "left side"), problem(2, "right side")]
explorer = widgets.explore(pl.DataFrame(rows, strict=False), problems, read=read)
explorer
"""
Run = Callable[..., Page]


def status(page: Page) -> str:
    """Return what the map says of itself."""
    return page.locator(".wb-status").inner_text()


def wait_for(page: Page, selector: str, words: str) -> None:
    """Wait until the first such element says the words; what Python answered is in it then."""
    page.locator(selector, has_text=words).first.wait_for(timeout=30_000)


def test_a_line_drawn_around_points_selects_them_in_python(run: Run) -> None:
    page = run(EXPLORER, views=VIEWS)
    box = page.locator(".wb-marks").bounding_box()
    assert box is not None
    left, top, middle, bottom = box["x"] + 4, box["y"] + 4, box["x"] + box["width"] / 3, box["y"] + box["height"] - 4
    page.keyboard.down("Shift")
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((middle, top), (middle, bottom), (left, bottom), (left, top)):
        page.mouse.move(x, y, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    wait_for(page, ".wb-findings .wb-head", "25 findings selected")
    assert status(page).startswith("25 findings selected, in 1 cluster")
    assert {row.split("\n")[-2] for row in page.locator(".wb-row").all_inner_texts()} == {
        f"left {at}" for at in range(25)
    }
    wait_for(page, ".wb-panel .wb-head", "left side")


def test_everything_is_reached_with_keys_alone_and_no_key_reaches_the_notebook(run: Run) -> None:
    """Keys that delete, insert and turn cells in JupyterLab's command mode did so while a view had the focus."""
    page = run(EXPLORER, views=VIEWS)
    n_cells = "window.jupyterapp.shell.currentWidget.content.widgets.length"
    before = page.evaluate(n_cells)
    page.locator(".wb-map").focus()
    for key in ("]", "]", "Enter", "a", "b", "d", "d", "x", "x", "m", "1", "z", "ArrowLeft", "+", "0"):
        page.keyboard.press(key)
    wait_for(page, ".wb-findings .wb-head", "25 findings selected")
    wait_for(page, ".wb-panel .wb-head", "right side")
    page.locator(".wb-rows").focus()
    for key in ("ArrowDown", "ArrowDown", "d", "d", "x"):
        page.keyboard.press(key)
    wait_for(page, ".wb-transcript .wb-head", "Trace t26")
    page.locator(".wb-transcript").focus()
    for key in ("k", "e", "o", "d", "d", "x"):
        page.keyboard.press(key)
    assert page.locator(".wb-step.wb-here .wb-mark").inner_text() == "first failure"
    assert page.locator(".wb-here .wb-fold").get_attribute("aria-expanded") == "true"
    assert page.evaluate(n_cells) == before
    page.locator(".wb-map").focus()
    page.keyboard.press("Escape")
    wait_for(page, ".wb-findings .wb-head", "none selected")


def test_the_map_is_drawn_in_the_themes_colours(run: Run) -> None:
    page = run(EXPLORER, views=VIEWS)
    pixels = """() => { const canvas = document.querySelector('.wb-points');
      const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
      const paper = data.slice(0, 3).join(); let drawn = 0;
      for (let at = 0; at < data.length; at += 4) drawn += data.slice(at, at + 3).join() !== paper;
      return [paper, drawn]; }"""
    light, n_light = page.evaluate(pixels)
    page.evaluate("window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    page.wait_for_function(f"({pixels})()[0] !== '{light}'", timeout=30_000)
    dark, n_dark = page.evaluate(pixels)
    assert light == "255,255,255"
    assert max(map(int, dark.split(","))) < 60
    assert n_light == n_dark > 51 * 20


def test_a_point_is_read_under_the_mouse_hidden_with_its_cluster_and_zoomed_once_the_map_is_used(run: Run) -> None:
    page = run(EXPLORER, views=VIEWS)
    canvas = page.locator(".wb-marks")
    box = canvas.bounding_box()
    assert box is not None
    alone = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*alone, steps=5)
    wait_for(page, ".wb-tip .wb-said", "alone")
    assert page.locator(".wb-tip").inner_text().startswith("in no cluster")
    page.mouse.wheel(0, -200)
    page.locator(".wb-hint", has_text="scroll to zoom").wait_for(timeout=10_000)
    page.locator(".wb-legend input").last.uncheck()
    page.mouse.move(*alone, steps=5)
    page.wait_for_timeout(300)
    assert page.locator(".wb-tip").is_hidden()
    assert "1 cluster hidden" in status(page)
    canvas.click(position={"x": 5, "y": 5})
    drawn = page.evaluate("document.querySelector('.wb-points').toDataURL()")
    canvas.hover(position={"x": 300, "y": 200})
    page.mouse.wheel(0, -300)
    page.wait_for_function("drawn => document.querySelector('.wb-points').toDataURL() !== drawn", arg=drawn)


def test_a_page_that_is_loaded_again_has_the_selection(run: Run) -> None:
    page = run(EXPLORER, views=VIEWS)
    page.locator(".wb-pick").nth(1).click()
    wait_for(page, ".wb-findings .wb-head", "25 findings selected")
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty", timeout=30_000)
    page.goto(page.url.split("?")[0])
    page.wait_for_selector(".wb-map[data-ready='1']", timeout=60_000)
    assert status(page).startswith("25 findings selected, in 1 cluster")


HOSTILE = """
said = {payloads!r}
hostile = [finding(at, 1, at % 3, at // 3, text) for at, text in enumerate(said)]
def causes(text):
    return [dict(state="hypothesis", kind=text, statement=text, numbers=[(text, text)], notes=[text])]
def days(text):
    return dict(title=text, words=text, names=[text], found=[3], traces=[9])
facts = [(text, text) for text in said]
problems = [dict(problem(1, " ".join(said)), facts=facts, causes=causes(said[1]), days=days(said[3]))]
def read(finding):
    parts = [dict(label=text, text=text) for text in said]
    steps = [dict(role=said[0], name=said[1], about=said[2], parts=parts)]
    return dict(title=finding["text"], facts=said, note=said[0], steps=steps)
for one in hostile:
    one["about"] = one["text"]
widgets.explore(pl.DataFrame(hostile, strict=False), problems, read=read)
"""
RAW_SINK = """
from workbench.widgets.transcript import Transcript
class Raw(Transcript):
    _esm = Transcript._esm.replace("made.textContent = words", "made.innerHTML = words")
Raw(dict(title={payload!r}))
"""


def test_hostile_text_is_shown_and_never_run(run: Run, outside: list[str]) -> None:
    page = run(EXPLORER.removesuffix("explorer\n"), HOSTILE.format(payloads=list(PAYLOADS)), views=VIEWS)
    for at in range(len(PAYLOADS)):
        page.locator(".wb-row").nth(at).click()
        page.locator(".wb-transcript .wb-head strong", has_text=PAYLOADS[at][:20]).wait_for(timeout=30_000)
    box = page.locator(".wb-marks").bounding_box()
    assert box is not None
    for across in range(3):
        page.mouse.move(box["x"] + box["width"] * (across + 1) / 4, box["y"] + box["height"] / 2, steps=4)
    page.wait_for_timeout(500)
    seen = page.locator(".wb-transcript").inner_text()
    assert all(payload[:30] in seen for payload in PAYLOADS)
    assert page.evaluate("window.__xss") == []
    assert page.locator(".wb iframe, .wb img, .wb script, .wb link, .wb math, .wb a").count() == 0
    assert outside == []


def test_a_raw_sink_does_fire(run: Run) -> None:
    """The control: were words set as markup in the one place where they are set, the test above would see it."""
    page = run(RAW_SINK.format(payload=PAYLOADS[0]), views=[".wb-transcript"])
    page.wait_for_function("window.__xss.length > 0", timeout=30_000)
    assert set(page.evaluate("window.__xss")) == {"img"}


def test_the_notebook_explores_the_sample(run: Run) -> None:
    notebook = nbformat.read(shipped("notebooks") / "2_detect.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    page = run(*sources, views=VIEWS, name="2_detect.ipynb")
    wait_for(page, ".wb-status", "clusters")
    page.locator(".wb-pick").first.click()
    wait_for(page, ".wb-findings .wb-head", "selected")
    page.locator(".wb-row").first.click()
    page.wait_for_selector(".wb-transcript:not([data-steps='0'])", timeout=30_000)
    assert page.locator(".wb-panel .wb-course rect").count() > 0
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
