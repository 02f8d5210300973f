"""A page on this machine that a command keeps open until it is ended."""

import signal
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from workbench import runs
from workbench.cli.output import print_out

PortOption = Annotated[int, typer.Option(min=0, max=65535, help="Of the page; 0 is any that is free.")]
BrowserOption = Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser at the page.")]


def serve_until_ended(
    notebook: str, parameters: Mapping[str, Any], *, what: str, view: runs.View, port: int, opens_browser: bool
) -> None:
    """Serve a notebook and say where, until the page or this program is ended.

    Parameters
    ----------
    notebook, parameters, view, port, opens_browser
        As of `runs.serve`.
    what
        The noun of what is there.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)  # however it is ended, the page ends with it
    with runs.serve(notebook, parameters=parameters, view=view, port=port, opens_browser=opens_browser) as served:
        print_out(f"{what} is at {served.url}\nCtrl-C ends it.")
        try:
            served.process.wait()
        except KeyboardInterrupt:
            print_out("Ended; what was saved stays.")
