"""What the parameters of the shipped notebooks mean, checked before a kernel starts: a wrong one costs no time.

A notebook of one's own may mean something else by the same names, and checks them itself.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from workbench.errors import ConfigError, InsufficientDataError
from workbench.loop.validate import find_experiment
from workbench.records import LATEST, DetectionRun, Review, chosen_review, chosen_run
from workbench.report.narrowed import ALL, check_filters
from workbench.report.provenance import moment
from workbench.store import Workspace
from workbench.windows import Window

_FILTERS = {"severity": "low", "days": ALL, "where": ALL}
"""Filters of a report of detection, and what narrows nothing."""


def check_meanings(given: Mapping[str, Any], *, workspace: Workspace, now: datetime, notebook: str) -> None:
    """Check that the run, the window, the filters and the moment that a shipped notebook is given make sense.

    Raises
    ------
    ConfigError
        If one does not, or there is no such review or experiment; nothing was run.
    """
    try:
        if "as_of" in given:
            moment(given["as_of"])
        if "window" in given:
            Window.parse(given["window"], now=now)
        filters = {name: given.get(name, default) for name, default in _FILTERS.items()}
        check_filters(**filters, now=now)
    except ValueError as error:
        raise ConfigError(str(error), where=notebook) from error
    if given.get("review_id", LATEST) != LATEST:
        with suppress(InsufficientDataError):
            chosen_review(workspace.ledger.latest(Review), given["review_id"])
    if given.get("experiment_id", LATEST) != LATEST:
        find_experiment(workspace, given["experiment_id"])
    run_id = given.get("run_id", LATEST)
    if run_id != LATEST:
        with suppress(InsufficientDataError):  # the notebook says it, and its report is kept
            chosen_run(workspace.ledger.latest(DetectionRun), run_id)
