"""Print how fluid the map is at 50,000 points, in a real JupyterLab in a Chromium without a graphics card.

    python -m tests.benchmarks.cluster_map [--points 50000] [--picture map.png]

It says the bytes that go over, the time from running the cell to the first drawn map, how long a frame takes while the
map is dragged, zoomed and brushed with real mouse events, and how long the drawing in it takes. A frame is the time
between two calls of requestAnimationFrame; the first ten of each gesture are left out. Needs Debian's chromium and the
extra test.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.conftest import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.widgets.jupyter import run_all, serving

CELL = """
import numpy as np, polars as pl
from workbench import widgets
n, clusters = {n}, 60
draw = np.random.default_rng(0)
middles = draw.uniform(0, 20, (clusters + 1, 2))
problem = draw.integers(0, clusters + 1, n)
places = middles[problem] + draw.normal(0, 0.5, (n, 2)) * np.where(problem == 0, 8, 1)[:, None]
findings = pl.DataFrame(dict(
    finding_id=[f"fnd_{{at}}" for at in range(n)], trace_id=[f"t{{at}}" for at in range(n)], problem=problem,
    text=[f"search: timed out after {{at}} ms" for at in range(n)], about="tool error", x=places[:, 0], y=places[:, 1]))
colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#6153C4"]
shapes = ["circle", "square", "diamond"]
problems = [dict(rank=rank, name=f"problem {{rank}}", colour=colours[rank % 7], shape=shapes[rank % 3], facts=[],
                 days=None, causes=[], without="") for rank in range(1, clusters + 1)]
explorer = widgets.explore(findings, problems, read=lambda finding: {{}})
shown = explorer.map
print("BYTES", len(shown.xy), len(shown.group_of), len(shown.sizes))
explorer
"""
RECORD = """() => { window.__frames = []; window.__drawn = []; let last = performance.now();
  const map = document.querySelector('.wb-map');
  const tick = (now) => { window.__frames.push(now - last); last = now; window.__drawn.push(Number(map.dataset.drawMs));
    window.__recording = requestAnimationFrame(tick); };
  window.__recording = requestAnimationFrame(tick); }"""
STOP = (
    "() => { cancelAnimationFrame(window.__recording); return [window.__frames.slice(10), window.__drawn.slice(10)]; }"
)


def drag(page: Page, left: float, top: float) -> None:
    """Drag the map about for some seconds."""
    page.mouse.move(left, top)
    page.mouse.down()
    for step in range(120):
        page.mouse.move(left + 150 * (step % 40) / 40, top + 80 * (step % 30) / 30)
    page.mouse.up()


def zoom(page: Page, left: float, top: float) -> None:
    """Zoom in and out again around a place."""
    page.mouse.move(left, top)
    for step in range(90):
        page.mouse.wheel(0, -60 if step % 30 < 15 else 60)


def brush(page: Page, left: float, top: float) -> None:
    """Draw a line around a part of the map, selecting it, and clear the selection."""
    page.keyboard.down("Shift")
    page.mouse.move(left, top)
    page.mouse.down()
    for step in range(60):
        page.mouse.move(left + 200 * min(1, step / 30), top + 200 * max(0, step - 30) / 30)
    page.mouse.up()
    page.keyboard.up("Shift")
    page.wait_for_timeout(1_500)
    page.keyboard.press("Escape")


def measure(page: Page, gesture: Callable[[Page, float, float], None]) -> str:
    """Return a gesture's frames as words."""
    box = page.locator(".wb-marks").bounding_box()
    assert box is not None
    page.evaluate(RECORD)
    gesture(page, box["x"] + box["width"] / 3, box["y"] + box["height"] / 3)
    frames, drawn = page.evaluate(STOP)
    tenths = statistics.quantiles(frames, n=20)
    return (
        f"{len(frames):4} frames, median {statistics.median(frames):5.1f} ms, 95th percentile {tenths[18]:5.1f} ms; "
        f"drawing: median {statistics.median(drawn):5.1f} ms"
    )


def main() -> None:
    """Run and print."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--points", type=int, default=50_000)
    asked.add_argument("--picture", type=Path)
    given = asked.parse_args()
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")  # noqa: T201
    with tempfile.TemporaryDirectory() as home, serving(Path(home)) as lab, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=CHROMIUM_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        run_all(page, lab, lab.notebook("warm.ipynb", "import polars, workbench.widgets.explorer"), views=())
        page.wait_for_timeout(8_000)
        run_all(page, lab, lab.notebook("map.ipynb", CELL.format(n=given.points)), views=())
        started = time.monotonic()
        page.wait_for_selector(".wb-map[data-ready='1']", timeout=180_000)
        print(f"first drawn {time.monotonic() - started:.1f} s after the cell was run (imports in it)")  # noqa: T201
        sizes = page.locator("pre", has_text="BYTES").last.inner_text().strip()
        print(f"{given.points:,} points: {sizes} (places, groups, counts)")  # noqa: T201
        page.locator(".wb-marks").click(position={"x": 5, "y": 5})
        page.wait_for_timeout(2_000)
        for gesture in (drag, zoom, brush):
            print(f"{gesture.__name__:6} {measure(page, gesture)}")  # noqa: T201
        if given.picture:
            page.screenshot(path=given.picture)
        page.evaluate("window.jupyterapp.serviceManager.sessions.shutdownAll()")
        browser.close()


if __name__ == "__main__":
    main()
