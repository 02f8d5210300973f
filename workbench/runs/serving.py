"""A notebook served on this machine for one person, its parameters set: as a plain page by Voila, or in JupyterLab.

Whoever reviews sees the page and no code. It is bound to loopback, asks for a token that no list of processes shows,
and may load nothing from anywhere else.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, NamedTuple

from workbench.boundaries.loopback import HOST, free_port, is_listening
from workbench.errors import ConfigError, ReportError
from workbench.runs import notebooks
from workbench.runs.browser import open_page
from workbench.runs.kernel import kernel_command
from workbench.runs.own_notebooks import without_outputs

View = Literal["page", "lab"]

REPORT_TAG = "report"
"""The tag of cells that tell what a review says; the page of whoever is reviewing leaves them out."""
READY_S = 60.0
"""JupyterLab needs 12 seconds on a busy machine."""
END_S = 10.0
"""To end its kernel, where that is busy; the kernel has nothing that is not on the disk."""
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "frame-ancestors 'none'; form-action 'self'; base-uri 'self'"
)
"""Content-Security-Policy of the page: Voila's scripts and ours come from this server, and nothing else comes."""
_PINGS = {"ws_ping_timeout": 30_000}
"""As jupyter_server's own interval between pings: tornado cuts its longer timeout to that, and warns."""
_POLL_S = 0.2
_MODULES: Mapping[View, str] = {"page": "voila", "lab": "jupyterlab"}
_FIX = "install it with `pip install '.[lab]'` in the checkout"
_ONLY_ERRORS = "--Application.log_level=40"


class Served(NamedTuple):
    """A notebook that is being served."""

    url: str
    """Where; the token is in it."""
    process: "subprocess.Popen[bytes]"
    """The server."""


def require(view: View) -> None:
    """Check that what serves a view is installed.

    Raises
    ------
    ConfigError
        If it is not.
    """
    if find_spec(_MODULES[view]) is None:
        raise ConfigError(f"{_MODULES[view]} is not installed", fix=_FIX)


@contextmanager
def serve(
    notebook: str,
    *,
    parameters: Mapping[str, Any],
    view: View = "page",
    port: int = 0,
    opens_browser: bool = False,
    own: Path | None = None,
) -> Iterator[Served]:
    """Serve a shipped notebook while the context lasts.

    Parameters
    ----------
    notebook
        Its name.
    parameters
        Values by declared name.
    view
        page: Voila, without the cells tagged `report`. lab: JupyterLab, with all.
    port
        Of the server; 0 is any that is free.
    opens_browser
        Whether the browser is opened at it.
    own
        Of JupyterLab: the folder of notebooks in which it is opened, as `own_notebooks` lays them out; `parameters` are
        theirs then. None is a copy that goes when the server ends.

    Raises
    ------
    ConfigError
        If the program is not installed, the port is taken, or a parameter is wrong.
    ReportError
        If the server does not come up.
    """
    require(view)
    if port and is_listening(port):
        raise ConfigError(f"port == {port}, something listens there already", fix="name another, or none")
    with tempfile.TemporaryDirectory(prefix="workbench-") as folder:
        root = Path(folder)
        if own is None:
            page = root / "page" / "review.ipynb"
            page.parent.mkdir()
            page.write_text(_with_parameters(notebook, parameters, is_page=view == "page"), "utf-8")
        else:
            page = own.resolve() / notebooks.find(notebook).name
        _write_kernel(root / "kernel")
        _write_settings(root / "settings")
        token, chosen = secrets.token_urlsafe(32), port or free_port()
        command = _command(view, page, port=chosen)
        process = subprocess.Popen(command, env=_environment(root, token), stdout=subprocess.DEVNULL)
        try:
            _wait(process, port=chosen, what=_MODULES[view])
            path = "" if view == "page" else f"lab/tree/{page.name}"
            served = Served(f"http://{HOST}:{chosen}/{path}?token={token}", process)
            if opens_browser:
                open_page(served.url, folder=root)
            yield served
        finally:
            process.terminate()
            try:
                process.wait(timeout=END_S)
            except subprocess.TimeoutExpired:
                process.kill()  # its kernel sees that it is alone, and ends


def _with_parameters(notebook: str, parameters: Mapping[str, Any], *, is_page: bool) -> str:
    """Return the notebook as text with its parameters set; of a page, the cells that tell what others said are out."""
    import nbformat
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    path = notebooks.find(notebook)
    notebooks.check(parameters, notebooks.declared(path), notebook=path.name)
    read = load_notebook_node(notebooks.escape_braces(path))
    made = parameterize_notebook(read, dict(parameters), kernel_name="python3", language="python")
    if is_page:
        made.cells = [cell for cell in made.cells if REPORT_TAG not in cell.metadata.get("tags", [])]
    text: str = nbformat.writes(made)  # type: ignore[no-untyped-call]
    return text


def _write_kernel(root: Path) -> None:
    """Write the kernel of this interpreter, which comes before any of the same name that the machine has."""
    folder = root / "kernels" / "python3"
    folder.mkdir(parents=True)
    spec = {"argv": kernel_command(), "display_name": "Python 3", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec), "utf-8")


def _write_settings(folder: Path) -> None:
    """Write the settings of the page: nothing from elsewhere, our template, and no other by an address."""
    folder.mkdir()
    settings = {
        "Voila": {"tornado_settings": {"headers": {"Content-Security-Policy": POLICY}, **_PINGS}},
        "VoilaConfiguration": {
            "template": "review",
            "allow_template_override": "NO",
            "allow_theme_override": "NO",
        },
    }
    (folder / "voila.json").write_text(json.dumps(settings), "utf-8")
    saving = {"pre_save_hook": f"{without_outputs.__module__}.{without_outputs.__name__}"}
    server = {"ContentsManager": saving, "ServerApp": {"tornado_settings": _PINGS}}
    (folder / "jupyter_server_config.json").write_text(json.dumps(server), "utf-8")
    news = folder / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    news.mkdir(parents=True)
    (news / "notification.jupyterlab-settings").write_text(json.dumps({"fetchNews": "false"}), "utf-8")


def _command(view: View, page: Path, *, port: int) -> list[str]:
    silent = "--no-browser"  # Voila's own way to open one leaves out the token
    if view == "lab":
        own = ["--ServerApp.root_dir=" + str(page.parent), f"--ServerApp.ip={HOST}", f"--ServerApp.port={port}"]
        quiet = ["--ServerApp.port_retries=0", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
        user = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        return [sys.executable, "-m", "jupyterlab", *own, *quiet, *user, silent, _ONLY_ERRORS]
    own = [f"--Voila.ip={HOST}", f"--port={port}", "--Voila.port_retries=0", "--token"]
    return [sys.executable, "-m", "voila", str(page), *own, silent, _ONLY_ERRORS]


def _environment(root: Path, token: str) -> dict[str, str]:
    """Return the environment of the server: the token where no list of processes shows it, nobody's own settings."""
    ours = [str(root / "kernel"), str(Path(__file__).parent / "templates")]
    known = os.environ.get("JUPYTER_PATH")
    return {
        **os.environ,
        "JUPYTER_TOKEN": token,
        "JUPYTER_PATH": os.pathsep.join([*ours, *([known] if known else [])]),
        "JUPYTER_CONFIG_DIR": str(root / "settings"),
        "JUPYTER_RUNTIME_DIR": str(root / "runtime"),
    }


def _wait(process: "subprocess.Popen[bytes]", *, port: int, what: str) -> None:
    """Return when the server takes connections."""
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        if process.poll() is not None:
            raise ReportError(f"{what} ended with code {process.returncode}", fix="is the port in use?")
        if is_listening(port):
            return
        time.sleep(_POLL_S)
    raise ReportError(f"{what} does not answer on port {port}", fix="look at what it says above")
