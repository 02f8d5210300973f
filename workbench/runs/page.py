"""An executed notebook as one page: no script, no request to anywhere, inputs hidden, light, dark and print.

The page forbids itself scripts and foreign content by its own policy, on top of the escaping of everything it shows.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from workbench.report import formats
from workbench.report.chart import DARK_TYPE
from workbench.runs.run import Run

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Content-Security-Policy of every page: pictures within the page and its own styles, nothing else."""
_TEMPLATES = Path(__file__).parent / "templates"
_SHOWN = ["text/html", "image/png", "text/plain"]
"""What is shown of an output, best first; scripts, widgets, vector graphics and Markdown are not."""
_HEADING = re.compile(r"^(#{1,2}) +(.+?) *$", re.MULTILINE)
_WORDS_OF_STATE = {"done": "", "failed": "This report is incomplete", "insufficient": "There is too little to report"}


class _Part(NamedTuple):
    """A part of the page that its contents list links to."""

    anchor: str
    name: str


def page(executed: Any, *, run: Run) -> str:
    """Return the executed notebook (nbformat 4) as one HTML page."""
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    settings = Config()
    settings.NbConvertBase.display_data_priority = _SHOWN
    settings.HTMLExporter.exclude_input = True
    settings.HTMLExporter.exclude_input_prompt = True
    settings.HTMLExporter.exclude_output_prompt = True
    settings.HTMLExporter.exclude_anchor_links = False
    settings.HTMLExporter.anchor_link_text = ""
    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        config=settings, template_name="workbench_report", extra_template_basedirs=[str(_TEMPLATES)]
    )
    body, _ = exporter.from_notebook_node(executed, resources={"workbench": _facts(executed, run)})
    return str(body)


def title_of(notebook: Any) -> str:
    """Return the notebook's first heading of the first level; empty where it has none."""
    return next((text for level, text in _headings(notebook) if level == "#"), "")


@cache
def style() -> str:
    """Return the style sheet of every page."""
    return (_TEMPLATES / "page.css").read_text("utf-8")


def _facts(executed: Any, run: Run) -> dict[str, Any]:
    return {
        "policy": POLICY,
        "dark_type": DARK_TYPE,
        "style": style(),
        "title": run.title or run.notebook,
        "made": formats.moment(run.at),
        "run_id": run.id,
        "stopped": _WORDS_OF_STATE[run.state],
        "error": run.error,
        "parts": [_Part(text.replace(" ", "-"), text) for level, text in _headings(executed) if level == "##"],
    }


def _headings(notebook: Any) -> list[tuple[str, str]]:
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return [(found[1], found[2]) for source in cells for found in _HEADING.finditer(source)]
