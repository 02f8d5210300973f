"""A real JupyterLab, with the Voila that it serves, and notebooks that are run in it."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import nbformat
from playwright.sync_api import Page

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


def is_outside(url: str, lab: Lab) -> bool:
    own = (lab.url, lab.url.replace("http:", "ws:"), "data:", "blob:")
    return not url.startswith(own)


def run_all(page: Page, lab: Lab, name: str, *, views: Sequence[str]) -> None:
    """Open a notebook in JupyterLab, run all its cells, and wait until each of the views is drawn."""
    page.goto(f"{lab.url}/lab/tree/{name}?reset")
    page.wait_for_function(IS_READY, timeout=RUN_MS)
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    for view in views:
        page.wait_for_selector(f"{view}[data-ready='1']", timeout=RUN_MS)
