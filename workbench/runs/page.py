"""An executed notebook as one page: no script, no request to anywhere, inputs hidden, light, dark and print.

The page forbids itself scripts and foreign content by its own policy, on top of the escaping of everything it shows.
"""

import copy
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from workbench.boundaries.display import shorten, visible
from workbench.report import formats
from workbench.report.chart import DARK_TYPE
from workbench.runs.run import Run

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Content-Security-Policy of every page: pictures within the page and its own styles, nothing else."""
HEADLINE = "headline"
"""The tag of the cell whose first line says in one sentence what a notebook found."""
HEADLINE_CHARACTERS = 200
"""Two lines of a card."""
_OF_PAPERMILL = "papermill-error-cell-tag"
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
    shown = _until_it_stopped(executed, run)
    body, _ = exporter.from_notebook_node(shown, resources={"workbench": _facts(shown, run)})
    return str(body)


def title_of(notebook: Any) -> str:
    """Return the notebook's first heading of the first level; empty where it has none."""
    return next((text for level, text in _headings(notebook) if level == "#"), "")


def headline_of(notebook: Any) -> str:
    """Return the first line that the notebook's cell tagged `headline` shows; empty where there is none."""
    tagged = [cell for cell in notebook.cells if HEADLINE in cell.metadata.get("tags", [])]
    outputs = [output for cell in tagged for output in cell.get("outputs", [])]
    lines = [line for output in outputs for line in output.get("data", {}).get("text/plain", "").splitlines()]
    return next((shorten(visible(line), HEADLINE_CHARACTERS) for line in lines if line.strip()), "")


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


def _until_it_stopped(executed: Any, run: Run) -> Any:
    """Return the notebook without what never ran: a heading over nothing would look like an answer.

    Where there was too little data the sentence on top says all, and where the program stopped is nobody's concern.
    """
    if run.state == "done":
        return executed
    shown = copy.deepcopy(executed)
    cells = [cell for cell in shown.cells if _OF_PAPERMILL not in cell.metadata.get("tags", [])]
    ran = [at for at, cell in enumerate(cells) if cell.cell_type == "code" and _has_run(cell)]
    shown.cells = cells[: max(ran, default=0) + 1]
    if run.state == "insufficient":
        shown.cells = [cell for cell in shown.cells if not _has_error(cell)]
        while shown.cells[1:] and shown.cells[-1].cell_type == "markdown":
            shown.cells.pop()
    return shown


def _has_run(cell: Any) -> bool:
    return bool(cell.execution_count or cell.outputs)


def _has_error(cell: Any) -> bool:
    return any(output.output_type == "error" for output in cell.get("outputs", []))


def _headings(notebook: Any) -> list[tuple[str, str]]:
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return [(found[1], found[2]) for source in cells for found in _HEADING.finditer(source)]
