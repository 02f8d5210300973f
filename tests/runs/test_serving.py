"""A notebook served on this machine: a real Voila that asks for its token, takes its parameters, and loads nothing."""

import html
import json
import os
import re
import select
import socket
import sys
import urllib.request
import webbrowser
from pathlib import Path

import pytest

from tests.loop.under_review import make_workspace
from workbench.boundaries.loopback import HOST, is_listening
from workbench.errors import ConfigError
from workbench.runs import serving
from workbench.runs.serving import REPORT_TAG, serve

pytest.importorskip("voila", reason="the extra `lab` is not installed")


def page(url: str) -> tuple[str, str]:
    """Return what a browser is shown, and the page's policy."""
    with urllib.request.urlopen(url, timeout=120) as answer:
        return answer.read().decode(), answer.headers["Content-Security-Policy"]


def test_the_page_asks_for_its_token_lets_the_browser_in_and_shows_a_workspace_and_no_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page that opened by itself was one that asked for a password, which no one had been told."""
    pipe, program = tmp_path / "asked", tmp_path / "browser"
    os.mkfifo(pipe)
    program.write_text(f'#!/bin/sh\nprintf %s "$*" > {pipe}\n')
    program.chmod(0o700)
    monkeypatch.setenv("BROWSER", f"{program} %s")
    monkeypatch.setattr(webbrowser, "_tryorder", None)  # so that BROWSER is looked at again
    workspace = make_workspace(tmp_path / "w", {"clu_a": 3})
    asked = os.open(pipe, os.O_RDWR)
    with serve("1_telemetry", parameters={"workspace": str(workspace.root)}, opens_browser=True) as served:
        address, _, token = served.url.partition("?")
        assert address.startswith(f"http://{HOST}:")
        port = int(address.split(":")[2].strip("/"))
        assert token.removeprefix("token=") not in str(served.process.args)
        without, policy = page(address)
        assert "login" in without.lower()
        assert "What came in" not in without
        assert select.select([asked], [], [], 60)[0], "no browser was opened"
        opened = os.read(asked, 4096).decode()
        file = Path(opened.removeprefix("file://"))
        assert token.removeprefix("token=") not in opened
        assert file.stat().st_mode & 0o777 == 0o600
        target = refreshed(file.read_text("utf-8"))
        assert target == served.url
        shown, policy = page(target)
        assert "What came in" in shown
        assert "open_or_sample" not in shown
        assert "default-src 'self'" in policy
        assert "cdn.jsdelivr.net" not in shown
        assert is_listening(port)
    os.close(asked)
    assert not is_listening(port)
    assert served.process.poll() is not None


def refreshed(markup: str) -> str:
    """Return where a browser goes from a page."""
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]*)"', markup)
    assert found
    return html.unescape(found[1])


def test_the_page_of_who_judges_leaves_out_what_others_said() -> None:
    parameters = {"reviewer": "ann \"'{}", "review_id": "rev_1"}
    whole, cut = (
        json.loads(serving._with_parameters("3_review", parameters, is_page=is_page))["cells"]
        for is_page in (False, True)
    )
    tagged = [cell for cell in whole if REPORT_TAG in cell["metadata"]["tags"]]
    assert len(whole) == len(cut) + len(tagged)
    assert {cell["cell_type"] for cell in cut} == {"code"}
    sources = ["".join(cell["source"]) for cell in cut]
    injected = next(source for source in sources if source.startswith("# Parameters"))
    given: dict[str, str] = {}
    exec(injected, given)
    assert (given["reviewer"], given["review_id"]) == ("ann \"'{}", "rev_1")
    assert not [source for source in sources if "reviewer_agreement" in source or "issues_after_review" in source]
    assert [source for source in sources if "widgets.review" in source]


def test_the_kernel_is_this_interpreter_whatever_the_machine_has(tmp_path: Path) -> None:
    serving._write_kernel(tmp_path)
    spec = json.loads((tmp_path / "kernels" / "python3" / "kernel.json").read_text())
    assert spec["argv"][0] == sys.executable


def test_what_cannot_be_served_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="no parameter 'other'"), serve("1_telemetry", parameters={"other": 1}):
        pass
    monkeypatch.setattr(serving, "find_spec", lambda _name: None)
    said = r"voila is not installed; install it with .*\[lab\]"
    with pytest.raises(ConfigError, match=said), serve("1_telemetry", parameters={}):
        pass


def test_a_port_that_is_taken_is_said() -> None:
    """What listens there already would be taken for the page."""
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port == {port}"), serve("1_telemetry", parameters={}, port=port):
            pass
