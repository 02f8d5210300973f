"""A page with a review in it, in JupyterLab or Voila, driven by keys."""

from typing import Literal

from playwright.sync_api import Page

from tests.widgets.jupyter import RUN_MS, Lab, is_outside, run_all
from workbench.records import Review
from workbench.store import Workspace

App = Literal["jupyterlab", "voila"]
VIEW = ".wb-review"
REVIEW = """
from datetime import UTC, datetime
from functools import partial
from workbench import report, widgets
from workbench.loop.desk import Desk
from workbench.store import open_workspace
workspace = open_workspace({root!r})
def opened(reviewer, **more):
    clock = partial(datetime.now, UTC)
    return Desk(workspace, {review_id!r}, reviewer=reviewer, identity="typed", clock=clock, **more)
read = report.review_reader(report.read_detection(workspace))
"""
SHOW = "view = widgets.review(opened({reviewer!r}), read=read)\nview"
ANSWER_MS = 30_000
OF_VOILA = ("https://cdn.jsdelivr.net/npm/@fortawesome/", "https://cdnjs.cloudflare.com/ajax/libs/mathjax/")
"""What Voila's own page asks for, before any of ours is in it, and does without."""


class Reviewing:
    """One page with a review in it, driven by keys."""

    def __init__(self, page: Page, lab: Lab, app: App) -> None:
        self.page, self.lab, self.app = page, lab, app
        self.outside: list[str] = []
        page.add_init_script("window.__xss = []")
        page.on("request", lambda request: self._asked(request.url))

    def _asked(self, url: str) -> None:
        if is_outside(url, self.lab) and not url.startswith(OF_VOILA):
            self.outside.append(url)

    def open(self, name: str, *cells: str) -> "Reviewing":
        """Run code cells, wait for the review, and give it the keys."""
        self.run(name, *cells)
        return self.ready()

    def run(self, name: str, *cells: str) -> None:
        """Run code cells."""
        notebook = self.lab.notebook(name, *cells)
        if self.app == "jupyterlab":
            run_all(self.page, self.lab, notebook, views=[])
        else:
            self.page.goto(f"{self.lab.url}/voila/render/{notebook}", timeout=RUN_MS)

    def ready(self) -> "Reviewing":
        """Wait until the review is drawn and its kernel answers, and give it the keys."""
        self.page.wait_for_selector(f"{VIEW}[data-ready='1'][data-kernel='answers']", timeout=RUN_MS)
        self.page.locator(VIEW).focus()
        return self

    def data(self, name: str) -> str | None:
        """Return what the view says of itself."""
        return self.page.locator(VIEW).get_attribute(f"data-{name}")

    def settle(self, state: str = "idle") -> None:
        """Wait until nothing waits for the kernel, or what waits is said to be lost."""
        self.page.wait_for_selector(f"{VIEW}[data-state='{state}']", timeout=ANSWER_MS)

    def keep_keys(self) -> None:
        """Give the review the keys, unless it has them: a page that is still being drawn takes them away."""
        if not self.page.evaluate(f"document.querySelector('{VIEW}').contains(document.activeElement)"):
            self.page.locator(VIEW).focus()

    def press(self, *keys: str) -> None:
        """Press keys; after each that leaves the item, wait for the next one."""
        for key in keys:
            place = self.data("place")
            self.keep_keys()
            self.page.keyboard.press(key)
            self.page.wait_for_selector(f"{VIEW}[data-state='idle']:not([data-place='{place}'])", timeout=ANSWER_MS)

    def saved(self) -> str:
        """Return what stands where it is said when something was saved."""
        return self.page.locator(".wb-saved").inner_text()


def sources(workspace: Workspace, show: str = SHOW.format(reviewer="ann")) -> tuple[str, str]:
    """Return the cells of a notebook that reviews: what opens a desk, and what shows it."""
    (review,) = workspace.ledger.latest(Review)
    return REVIEW.format(root=str(workspace.root), review_id=review.id), show
