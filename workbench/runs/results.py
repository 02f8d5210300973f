"""What a notebook found, as data: taken out of its outputs, so that a script reads the record and not the page."""

from collections.abc import Mapping
from typing import Any

from workbench.report.validate_result import RESULT_TYPE


def result_of(notebook: Any) -> Mapping[str, Any] | None:
    """Return the result that an executed notebook (nbformat 4) shows, the last if several; None where it shows none."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    results = [output.data[RESULT_TYPE] for output in outputs if RESULT_TYPE in output.get("data", {})]
    return dict(results[-1]) if results else None
