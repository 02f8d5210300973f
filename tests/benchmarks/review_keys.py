"""How long a key takes in a review: from its press to the verdict on the disk and the next item drawn, in JupyterLab.

    python -m tests.benchmarks.review_keys [n_items] [n_keys]

A review of 5,000 items is made on simulated traces, opened in a real JupyterLab, and labelled with keys; a time ends
after the frame in which the next item stands. Then a trace of 200 messages whose tool gave back 200 kB is opened.
Needs Debian's chromium and the extra `lab`; prints the load beside the figures.
"""

import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from playwright.sync_api import sync_playwright

from tests.conftest import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.widgets.jupyter import serving
from tests.widgets.review_page import Reviewing, sources
from tests.widgets.reviewing import make_workspace
from workbench.loop.review.opening import open_review

N_ITEMS, N_KEYS, WARM = 5_000, 60, 5
MEASURE = """async keys => { const root = document.querySelector('.wb-review'); const took = [];
  const settled = place => new Promise(done => { const seen = new MutationObserver(() => {
    if (root.dataset.place === place || root.dataset.state !== 'idle') return;
    seen.disconnect(); done(); }); seen.observe(root, {attributes: true}); });
  for (let n = 0; n < keys; n += 1) {
    const place = root.dataset.place; const started = performance.now();
    root.dispatchEvent(new KeyboardEvent('keydown', {key: '1', bubbles: true}));
    await settled(place);
    await new Promise(drawn => requestAnimationFrame(() => setTimeout(drawn)));
    took.push(performance.now() - started);
    await new Promise(wait => setTimeout(wait, 200)); }
  return took; }"""
LONG = """
def long(tasks):
    said = [dict(label="", text=f"message {at} " * 40) for at in range(200)]
    steps = [dict(role=("user", "assistant")[at % 2], parts=[part]) for at, part in enumerate(said)]
    result = dict(label="gave back", text="one line of a result\\n" * 10_000)
    steps[100] = dict(role="tool", name="search", parts=[result])
    return [dict(trace=dict(title=task["target_id"], steps=steps)) for task in tasks]
view = widgets.review(opened("ben"), read=long)
view
"""


def main(n_items: int, n_keys: int) -> None:
    """Make the review, label in it, and print the times."""
    folder = Path(tempfile.mkdtemp())
    workspace = make_workspace(folder / "acme", n=n_items * 6 // 5)
    review = open_review(workspace, now=datetime.now(UTC), n=n_items)
    sys.stdout.write(f"{review.n_items:,} items\n")
    with serving(folder / "lab") as lab, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=CHROMIUM_ARGUMENTS)
        for name, cells in (("keys", sources(workspace)), ("long", sources(workspace, LONG))):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            view = Reviewing(page, lab, "jupyterlab").open(f"{name}.ipynb", *cells)
            took = view.page.evaluate(MEASURE, n_keys)[WARM:]
            ordered = sorted(took)
            sys.stdout.write(
                f"{name}: median {median(took):.0f} ms, nine in ten within {ordered[len(ordered) * 9 // 10]:.0f} ms, "
                f"longest {ordered[-1]:.0f} ms; load {os.getloadavg()[0]:.1f}\n"
            )
            page.close()
        browser.close()


if __name__ == "__main__":
    main(*(int(given) for given in (sys.argv[1:] + [N_ITEMS, N_KEYS][len(sys.argv) - 1 :])))
