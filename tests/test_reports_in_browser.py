"""Reports in a real browser: nothing is fetched, nothing that a trace says is run, and a sink that is raw would show.

The workspace holds a hostile trace in every field that a report shows. Skipped where Debian's chromium is absent.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
from playwright.sync_api import Browser, Page

from tests.hostile_loop import WATCHED_AT, hostile_experiment, hostile_watch
from tests.loop.validated import LATER
from tests.payloads import FIRST as PAYLOADS
from workbench import loop, runs
from workbench.runs.page import POLICY
from workbench.schemas import SIGNALS, SPANS, Table
from workbench.store import DEMO_SECRET, Workspace, init_workspace
from workbench.windows import Window

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)
pytestmark = pytest.mark.browser


class Visit(NamedTuple):
    """What happened while a page was open."""

    fired: list[str]
    """Payloads that ran."""
    fetched: list[str]
    """Addresses asked for, but for the page itself and what is in it."""
    errors: list[str]
    """Script errors, and what the page's policy refused."""


def frame(table: Table, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Return rows in a table's schema; what is not given is null."""
    return pl.DataFrame({name: [row.get(name) for row in rows] for name in table.schema.names()}, schema=table.schema)


def hostile_spans(number: int) -> list[dict[str, Any]]:
    """Return a trace whose every field that a stranger writes holds a payload."""
    said = PAYLOADS[number % len(PAYLOADS)]
    at = NOW - timedelta(hours=number)
    usual = {
        "trace_id": f"{number}{said}",
        "session_id": f"visit {number} {said}",
        "user_key": f"usr_{number}",
        "started_at": at,
        "ended_at": at + timedelta(seconds=1),
        "duration_ms": 1_000.0,
        "time_known": True,
        "status": "OK",
        "service": said,
        "model": said,
        "release": said,
        "prompt_version": said,
        "task": said,
        "day": at.date(),
        "source": "src_1",
    }
    return [
        {
            **usual,
            "span_id": "root",
            "kind": "AGENT",
            "operation": "invoke_agent",
            "name": said,
            "input": said,
            "output": said,
            "content_digest": f"a{number}",
        },
        {
            **usual,
            "span_id": "tool",
            "parent_span_id": "root",
            "kind": "TOOL",
            "operation": "execute_tool",
            "name": said,
            "tool_name": said,
            "status": "ERROR",
            "error_type": said,
            "error_message": said,
            "content_digest": f"b{number}",
        },
    ]


def hostile_signal(number: int) -> dict[str, Any]:
    """Return a complaint about that trace, with a payload in its name and comment."""
    said = PAYLOADS[number % len(PAYLOADS)]
    return {
        "signal_id": f"sig_{number}",
        "target_kind": "trace",
        "target_id": f"{number}{said}",
        "trace_id": f"{number}{said}",
        "kind": "feedback",
        "name": "thumb",
        "value": 0.0,
        "comment": said,
        "annotator_kind": "HUMAN",
        "at": NOW,
        "day": NOW.date(),
        "source": "src_1",
    }


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace of hostile traces, detected and reported; each payload comes eight times, to be a cluster."""
    made = init_workspace(tmp_path_factory.mktemp("hostile") / "acme", secret=DEMO_SECRET)
    numbers = range(8 * len(PAYLOADS))
    spans = [span for number in numbers for span in hostile_spans(number)]
    made.telemetry.append(
        SIGNALS, frame(SIGNALS, [hostile_signal(number) for number in numbers]), source="src_1", offset=1
    )
    made.telemetry.append(SPANS, frame(SPANS, spans), source="src_1", offset=1)
    detection = loop.detect(made, window=Window(), now=NOW)
    assert detection.clusters.height > 0
    for notebook in ("1_telemetry", "2_detect"):
        runs.execute(notebook, parameters={"as_of": NOW.isoformat()}, workspace=made, now=NOW)
    return made


def visit(chromium: Browser, path: Path, *, without_policy: bool = False, scheme: Any = "light") -> Visit:
    """Open a page from the disk, unfold and touch what can be, and return what happened."""
    context = chromium.new_context(bypass_csp=without_policy, color_scheme=scheme)
    page = context.new_page()
    fetched: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    context.route("**/*", lambda route: route.continue_() if is_own(route.request.url) else route.abort())
    page.add_init_script("window.__xss = []")
    page.goto(path.as_uri())
    unfold(page)
    page.wait_for_timeout(300)
    fired = page.evaluate("window.__xss")
    context.close()
    return Visit(fired, [url for url in fetched if not is_own(url)], errors)


def is_own(url: str) -> bool:
    """Tell whether an address is a report on the disk, or data within it."""
    return url.startswith("data:") or (url.startswith("file:") and url.endswith(".html"))


def unfold(page: Page) -> None:
    """Open every folded part, and move over every piece of trace text."""
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    page.evaluate("document.querySelectorAll('.said').forEach(said => said.dispatchEvent(new MouseEvent('mouseover')))")


def reports(workspace: Workspace) -> list[Path]:
    """Return every page of the workspace's reports."""
    return sorted(path for path in workspace.reports.rglob("*.html") if path.name != "latest.html")


@pytest.fixture(scope="module")
def later_pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return the pages of the steps after a change: of a hostile experiment, and of a hostile watch."""
    root = tmp_path_factory.mktemp("later")
    made = {
        "6_validate": (hostile_experiment(root / "validated"), LATER),
        "7_watch": (hostile_watch(root / "watched"), WATCHED_AT),
    }
    for notebook, (workspace, now) in made.items():
        runs.execute(notebook, parameters={"top_n": 20}, workspace=workspace, now=now)
    return [path for workspace, _ in made.values() for path in reports(workspace)]


@pytest.mark.parametrize("without_policy", [False, True], ids=["as it is", "escaping alone"])
def test_no_trace_text_runs_and_nothing_is_fetched(
    workspace: Workspace, later_pages: list[Path], chromium: Browser, without_policy: bool
) -> None:
    pages = [*reports(workspace), *later_pages]
    steps = ["1_telemetry", "2_detect", "reports", "6_validate", "reports", "7_watch", "reports"]
    assert [path.parent.name for path in pages] == steps
    for path in pages:
        happened = visit(chromium, path, without_policy=without_policy)
        assert happened == Visit([], [], []), path.name


def test_the_payloads_are_there_to_be_read(workspace: Workspace, later_pages: list[Path], chromium: Browser) -> None:
    """A page that dropped the hostile text would pass every other test here."""
    page = chromium.new_page()
    for path, begins in (
        (reports(workspace)[1], "<svg/onload="),
        (later_pages[0], "<svg/onload="),
        (later_pages[2], ""),
    ):
        page.goto(path.as_uri())
        unfold(page)
        shown = page.inner_text("main")
        assert "<img src=x onerror=" in shown, path
        assert begins in shown, path
    page.close()


@pytest.mark.parametrize("payload", [PAYLOADS[0], PAYLOADS[2], PAYLOADS[3]])
def test_a_raw_sink_does_fire(chromium: Browser, tmp_path: Path, payload: str) -> None:
    """The control: were trace text put into a page as it is, these tests would see it run."""
    raw = tmp_path / "raw.html"
    raw.write_text(f'<!DOCTYPE html><p title="{payload}">{payload}</p>')
    assert visit(chromium, raw).fired


def test_the_pages_own_policy_stops_what_escaping_would_miss(
    workspace: Workspace, chromium: Browser, tmp_path: Path
) -> None:
    whole = reports(workspace)[0].read_text("utf-8")
    broken = tmp_path / "broken.html"
    broken.write_text(whole.replace("</main>", "".join(PAYLOADS[:4]) + PAYLOADS[6] + "</main>"), "utf-8")
    assert "default-src 'none'" in POLICY
    assert visit(chromium, broken).fired == []
    assert visit(chromium, broken, without_policy=True).fired


def test_charts_have_words_and_a_dark_side(workspace: Workspace, chromium: Browser) -> None:
    page = chromium.new_page(color_scheme="dark")
    page.goto(reports(workspace)[1].as_uri())
    images = page.evaluate("[...document.images].map(image => [image.alt, image.currentSrc === image.src])")
    page.close()
    assert images
    assert all(words for words, _ in images)
    assert not any(is_light for _, is_light in images)


def test_a_page_fits_a_narrow_screen(workspace: Workspace, chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 390, "height": 800})
    for path in reports(workspace):
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path.name
    page.close()


def test_latest_leads_to_the_report(workspace: Workspace, chromium: Browser) -> None:
    page = chromium.new_page()
    page.goto((workspace.reports / "2_detect" / "latest.html").as_uri())
    page.wait_for_url("**/20260107T120000Z.html")
    assert page.inner_text("h1").startswith("What goes wrong")
    page.close()
