"""A diff in a real browser: no prompt, path, name or note runs or fetches, with escaping alone; and a raw one would."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.payloads import PAYLOADS
from workbench.changes.diff import FileDiff, compare
from workbench.report.diff_view import diff_view

pytestmark = pytest.mark.browser


def hostile() -> tuple[FileDiff, ...]:
    """Return the diffs of files whose text, path, keys and values are payloads."""
    paths = [payload.replace("/", "-").replace("\n", " ")[:120] for payload in PAYLOADS]
    before = {f"prompts/{at}{path}.md": f"Be kind {at}.".encode() for at, path in enumerate(paths)}
    after = {path: f"Be {payload}\n".encode("utf-8", "replace") for path, payload in zip(before, PAYLOADS, strict=True)}
    tools = {
        f"tools/{at}.json": json.dumps({"name": "a", "description": payload, payload: payload})
        for at, payload in enumerate(PAYLOADS)
    }
    settings = {"settings.yaml": json.dumps({payload: payload for payload in PAYLOADS}).encode()}
    named = {path: text.encode() for path, text in tools.items()}
    plain = dict.fromkeys(tools, b'{"name": "a", "description": "b"}')
    return compare({**before, **plain, "settings.yaml": b"a: 1"}, {**after, **named, **settings})


def fired(chromium: Browser, page: Path) -> tuple[list[Any], list[str]]:
    context = chromium.new_context(bypass_csp=True)
    fetched: list[str] = []
    context.route("**/*", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort())
    opened = context.new_page()
    opened.on("request", lambda request: fetched.append(request.url))
    opened.add_init_script("window.__xss = []")
    opened.goto(page.as_uri())
    opened.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    opened.evaluate("document.querySelectorAll('ins, del').forEach(one => one.dispatchEvent(new Event('mouseover')))")
    opened.wait_for_timeout(300)
    ran = opened.evaluate("window.__xss")
    context.close()
    return ran, [url for url in fetched if url != page.as_uri()]


def test_nothing_in_a_diff_runs_or_fetches(chromium: Browser, tmp_path: Path) -> None:
    diffs = hostile()
    assert len(diffs) == 2 * len(PAYLOADS) + 1
    page = tmp_path / "diff.html"
    page.write_text(f"<!DOCTYPE html><meta charset=utf-8><main>{diff_view(diffs).html}</main>", "utf-8")
    assert fired(chromium, page) == ([], [])


def test_a_raw_diff_does_run(chromium: Browser, tmp_path: Path) -> None:
    """The control: were a file's text put into the page as it is, the test above would see it."""
    page = tmp_path / "raw.html"
    page.write_text(f"<!DOCTYPE html><ins>{PAYLOADS[0]}</ins>", "utf-8")
    assert fired(chromium, page)[0]
