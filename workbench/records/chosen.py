"""The run or round that somebody names by its id, or as the newest: said in one place, whoever asks."""

from collections.abc import Iterable
from typing import TypeVar

from workbench.errors import ConfigError, InsufficientDataError
from workbench.records.detection import DetectionRun
from workbench.records.review import Review

DatedT = TypeVar("DatedT", DetectionRun, Review)
LATEST = "latest"
"""The word that stands for the newest run or round wherever one is named."""


def chosen_run(runs: Iterable[DetectionRun], run_id: str = LATEST) -> DetectionRun:
    """Return the detection run of that id, or for `latest` the newest.

    Raises
    ------
    ConfigError
        If no run has that id.
    InsufficientDataError
        If there are no runs.
    """
    newest_first = _newest_first(runs, none="no detection run was made yet", fix="run `workbench detect` first")
    for run in newest_first:
        if run_id in (LATEST, run.id):
            return run
    raise ConfigError(f"run_id == {run_id!r}, there is no such run", fix=f"the newest is {newest_first[0].id}")


def chosen_review(reviews: Iterable[Review], review_id: str = LATEST) -> Review:
    """Return the round of that id, or for `latest` the newest, open or not.

    Raises
    ------
    ConfigError
        If no round has that id.
    InsufficientDataError
        If there are no rounds.
    """
    newest_first = _newest_first(reviews, none="no review was opened yet", fix="run `workbench review` first")
    for review in newest_first:
        if review_id in (LATEST, review.id):
            return review
    raise ConfigError(f"review_id == {review_id!r}, there is no such review", fix=f"the newest is {newest_first[0].id}")


def _newest_first(every: Iterable[DatedT], *, none: str, fix: str) -> list[DatedT]:
    newest_first = sorted(every, key=lambda one: (one.at, one.id), reverse=True)
    if not newest_first:
        raise InsufficientDataError(none, fix=fix)
    return newest_first
