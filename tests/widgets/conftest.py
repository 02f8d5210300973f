"""A real JupyterLab in a real browser, and small findings to put into the views."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from playwright.sync_api import Browser, Page

from tests.widgets.jupyter import Lab, is_outside, run_all, serving
from tests.widgets.review_page import App, Reviewing
from tests.widgets.reviewing import make_workspace
from workbench.loop.desk import Desk
from workbench.loop.review.opening import open_review
from workbench.records import Review
from workbench.store import Workspace, open_workspace


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start a JupyterLab of this code's own on loopback, with folders of its own; skip where there is none."""
    pytest.importorskip("jupyterlab", reason="JupyterLab (the extra lab) is not installed")
    home = tmp_path_factory.mktemp("lab")
    with serving(home) as lab:
        yield lab


@pytest.fixture
def outside() -> list[str]:
    """Return the addresses that the pages of a test ask for, but for JupyterLab's own and data in the page."""
    return []


@pytest.fixture
def run(chromium: Browser, lab: Lab, outside: list[str]) -> Iterator[Callable[..., Page]]:
    """Return a function that runs code cells in JupyterLab and returns the page, once each of `views` is drawn."""
    contexts = []

    def open_and_run(
        *sources: str, views: Sequence[str] = (), name: str = "probe.ipynb", scheme: Any = "light"
    ) -> Page:
        context = chromium.new_context(viewport={"width": 1280, "height": 1000}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.add_init_script("window.__xss = []")
        page.on("request", lambda request: outside.append(request.url) if is_outside(request.url, lab) else None)
        run_all(page, lab, lab.notebook(name, *sources), views=views)
        return page

    yield open_and_run
    for context in contexts:
        for page in context.pages:
            page.evaluate("window.jupyterapp?.serviceManager.sessions.shutdownAll()")
        context.close()


@pytest.fixture(params=["jupyterlab", "voila"])
def app(request: pytest.FixtureRequest) -> App:
    """Return where the review is shown."""
    if request.param == "voila":
        pytest.importorskip("voila", reason="Voila (the extra lab) is not installed")
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def browse(chromium: Browser, lab: Lab) -> Iterator[Callable[[App], Reviewing]]:
    """Return a function that gives a page in an app; kernels of JupyterLab end with the test."""
    contexts = []

    def new(app: App) -> Reviewing:
        contexts.append(chromium.new_context(viewport={"width": 1440, "height": 900}))
        return Reviewing(contexts[-1].new_page(), lab, app)

    yield new
    for context in contexts:
        for page in context.pages:
            page.evaluate("window.jupyterapp?.serviceManager.sessions.shutdownAll()")
        context.close()


@pytest.fixture(scope="session")
def review_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a workspace with a review of 40 items that is open, to be copied."""
    made = make_workspace(tmp_path_factory.mktemp("template") / "acme")
    open_review(made, now=datetime.now(UTC), n=40, control_share=0.1)
    return made.root


@pytest.fixture
def reviewed(review_template: Path, tmp_path: Path) -> Workspace:
    """Return a workspace of its own with an open review of 40 items."""
    return open_workspace(shutil.copytree(review_template, tmp_path / "acme"))


@pytest.fixture
def open_desk(reviewed: Workspace) -> Callable[..., Desk]:
    """Return a function from a reviewer's name to their desk at the review."""

    def opened(reviewer: str = "ann", **more: Any) -> Desk:
        (review,) = reviewed.ledger.latest(Review)
        clock = partial(datetime.now, UTC)
        return Desk(reviewed, review.id, reviewer=reviewer, identity="typed", clock=clock, **more)

    return opened


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    """Return a desk at the review."""
    return open_desk()


Rows = Sequence[Mapping[str, Any]]


@pytest.fixture
def findings() -> Callable[..., pl.DataFrame]:
    """Return a function from rows to findings as the views take them; what is not given is usual."""

    def build(*rows: Mapping[str, Any]) -> pl.DataFrame:
        usual = {"trace_id": "t1", "problem": 0, "text": "timed out", "about": "tool error", "x": None, "y": None}
        schema = {
            **dict.fromkeys(("finding_id", "trace_id"), pl.String),
            "problem": pl.Int64,
            **dict.fromkeys(("text", "about"), pl.String),
            **dict.fromkeys(("x", "y"), pl.Float64),
        }
        return pl.DataFrame([{"finding_id": f"fnd_{at}", **usual, **row} for at, row in enumerate(rows)], schema=schema)

    return build


@pytest.fixture
def problem() -> Callable[..., dict[str, Any]]:
    """Return a function from values to a problem as the views take it."""

    def build(rank: int, **given: Any) -> dict[str, Any]:
        usual = {
            "name": f"problem {rank}",
            "colour": "#D55E00",
            "shape": "square",
            "facts": [("traces", "2 of 10")],
            "days": None,
            "causes": [],
            "without": "No cause.",
        }
        return {"rank": rank, **usual, **given}

    return build
