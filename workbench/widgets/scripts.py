"""The scripts of the views, joined: a view is one plain ES module, built by nothing and fetching nothing."""

from pathlib import Path

_FOLDER = Path(__file__).with_name("scripts")


def script(*names: str) -> str:
    """Return scripts as one module, in order; the last one exports the view."""
    return "\n".join((_FOLDER / f"{name}.js").read_text("utf-8") for name in names)


def look(*more: str) -> str:
    """Return the style sheet of every view, and those of one view that has more."""
    return "\n".join((_FOLDER / f"{name}.css").read_text("utf-8") for name in ("look", *more))
