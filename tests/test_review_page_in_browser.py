"""`workbench review` as a person meets it: a page on this machine, keys that judge, and nothing from anywhere else."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Request

import workbench
from tests.loop.under_review import make_workspace
from tests.widgets.review_page import VIEW
from workbench import loop
from workbench.boundaries.loopback import HOST, is_listening
from workbench.records import Verdict
from workbench.store import Workspace

pytestmark = pytest.mark.browser
pytest.importorskip("voila", reason="the extra `lab` is not installed")
START_MS = 120_000
"""Of a kernel and of the page, on a machine that does much else."""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "w", {"clu_a": 8}, n_unflagged=6)


@pytest.fixture
def served(workspace: Workspace) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Start `workbench review` for ann, and return it with the address that it prints."""
    command = [sys.executable, "-m", "workbench", "review", "--reviewer", "ann", "--no-browser", "-w", workspace.root]
    # Kernels of Voila import the code that is tested, wherever they start.
    known = {**os.environ, "PYTHONPATH": str(Path(workbench.__file__).parents[1])}
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True, env=known)
    assert process.stdout is not None
    address = process.stdout.readline().split()[-1]
    yield process, address
    process.kill()
    process.wait()


def test_a_person_judges_with_keys_on_a_page_of_this_machine(
    chromium: Browser, workspace: Workspace, served: tuple["subprocess.Popen[str]", str]
) -> None:
    process, address = served
    foreign: list[str] = []

    def note(request: Request) -> None:
        if urlsplit(request.url).hostname not in {HOST, None}:
            foreign.append(request.url)

    context = chromium.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    page.on("request", note)
    page.goto(address, timeout=START_MS)
    page.wait_for_selector(f"{VIEW}[data-ready='1'][data-kernel='answers']", timeout=START_MS)
    view = page.locator(VIEW)
    view.focus()
    place = view.get_attribute("data-place")
    page.keyboard.press("c")
    page.wait_for_selector(f"{VIEW}[data-state='idle']:not([data-place='{place}'])", timeout=START_MS)
    (said,) = workspace.ledger.latest(Verdict)
    (review,) = loop.newest_first(workspace)
    assert (said.annotator, said.identity, said.label, said.review_id) == ("ann", "typed", "confirmed", review.id)
    assert page.get_by_text("How far do the reviewers agree").count() == 0, "what others said is not on the page"
    assert foreign == []
    context.close()
    port = urlsplit(address).port
    assert port is not None
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0
    assert not is_listening(port), "the page ends with the command"
