"""The browser of whoever sits here, sent to a page whose address is a secret: no list of processes shows it."""

import threading
import webbrowser
from pathlib import Path

from workbench.boundaries.display import escape_attribute

_NAME = "open.html"


def open_page(url: str, *, folder: Path) -> None:
    """Send the browser to an address by way of a file that only this user reads; it is not waited for.

    Parameters
    ----------
    url
        Where; a token may be in it.
    folder
        Gets the file, which names the address; it is to be there as long as the page is served.
    """
    page = folder / _NAME
    page.touch(mode=0o600, exist_ok=False)
    target = escape_attribute(url)
    page.write_text(f'<!doctype html><meta http-equiv="refresh" content="0; url={target}">\n', "utf-8")
    # a browser that runs in a terminal ends only when it is closed
    threading.Thread(target=webbrowser.open, args=(page.as_uri(),), daemon=True).start()
