"""A real JupyterLab in a real browser, and small findings to put into the views."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import polars as pl
import pytest
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
IS_READY = """() => window.jupyterapp?.shell.currentWidget?.context?.isReady
  && window.jupyterapp.shell.currentWidget.context.sessionContext.session?.kernel?.connectionStatus === 'connected'"""
START_S, RUN_MS = 90, 120_000
"""Waits at most; a machine with other work on it needs most of them."""
FOLDERS = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
NO_NEWS = '{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}'


class Lab(NamedTuple):
    """A running JupyterLab."""

    url: str
    folder: Path
    """Where its notebooks lie."""

    def notebook(self, name: str, *sources: str) -> str:
        """Write a notebook of code cells and return its name."""
        made = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
        made.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        made.cells = [nbformat.v4.new_code_cell(source) for source in sources]  # type: ignore[no-untyped-call]
        nbformat.write(made, self.folder / name)  # type: ignore[no-untyped-call]
        return name


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start a JupyterLab of this code's own on loopback, with folders of its own; skip where there is none."""
    pytest.importorskip("jupyterlab", reason="JupyterLab (the extra lab) is not installed")
    home = tmp_path_factory.mktemp("lab")
    with serving(home) as lab:
        yield lab


class serving:  # noqa: N801  (a context manager that reads as a word)
    """A JupyterLab for as long as a `with` lasts."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __enter__(self) -> Lab:
        """Start it, and wait until it answers."""
        settings = self.home / "config_dir" / "labconfig"
        settings.mkdir(parents=True)
        (settings / "default_setting_overrides.json").write_text(NO_NEWS)
        folder = self.home / "notebooks"
        folder.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.server = subprocess.Popen(
            _command(port, folder),
            env=_environment(self.home),
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        lab = Lab(f"http://127.0.0.1:{port}", folder)
        _wait_for(lab, self.server)
        return lab

    def __exit__(self, *_stop: object) -> None:
        """Stop it with its kernels."""
        self.server.terminate()
        self.server.wait(20)


def _command(port: int, folder: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"),
        *("--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}", "--IdentityProvider.token="),
        *("--ServerApp.disable_check_xsrf=True", "--expose-app-in-browser", "--LabApp.extension_manager=readonly"),
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]


def _environment(home: Path) -> dict[str, str]:
    folders = {f"JUPYTER_{name}": str(home / name.lower()) for name in FOLDERS}
    labs = {f"JUPYTERLAB_{name}_DIR": str(home / name.lower()) for name in ("SETTINGS", "WORKSPACES")}
    own = {"IPYTHONDIR": str(home / "ipython"), "PYTHONPATH": str(ROOT), "JUPYTER_PREFER_ENV_PATH": "1"}
    return {**os.environ, **folders, **labs, **own}


def _wait_for(lab: Lab, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        assert server.poll() is None, "JupyterLab stopped as it started"
        try:
            with urllib.request.urlopen(f"{lab.url}/api", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            server_is_up = server.poll() is None
            assert server_is_up
    raise AssertionError(f"JupyterLab did not answer within {START_S} s")


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
        page.on("request", lambda request: outside.append(request.url) if _is_outside(request.url, lab) else None)
        run_all(page, lab, lab.notebook(name, *sources), views=views)
        return page

    yield open_and_run
    for context in contexts:
        for page in context.pages:
            page.evaluate("window.jupyterapp?.serviceManager.sessions.shutdownAll()")
        context.close()


def _is_outside(url: str, lab: Lab) -> bool:
    own = (lab.url, lab.url.replace("http:", "ws:"), "data:", "blob:")
    return not url.startswith(own)


def run_all(page: Page, lab: Lab, name: str, *, views: Sequence[str]) -> None:
    """Open a notebook in JupyterLab, run all its cells, and wait until each of the views is drawn."""
    page.goto(f"{lab.url}/lab/tree/{name}?reset")
    page.wait_for_function(IS_READY, timeout=RUN_MS)
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    for view in views:
        page.wait_for_selector(f"{view}[data-ready='1']", timeout=RUN_MS)


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
