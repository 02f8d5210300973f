"""The record that somebody names: by its id, its beginning, or as the newest; said in one place, whoever asks.

An id in full goes before ids that begin with it; a beginning that several have names none of them.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from workbench.errors import ConfigError, InsufficientDataError
from workbench.records.detection import DetectionRun
from workbench.records.review import Review


class _Named(Protocol):
    @property
    def id(self) -> str: ...


NamedT = TypeVar("NamedT", bound=_Named)
DatedT = TypeVar("DatedT", DetectionRun, Review)
MOST_NAMED = 5
"""Of the records that a beginning fits: a few lines of a terminal."""
LATEST = "latest"
"""The word that stands for the newest wherever a run, a round, an experiment or a holdout is named."""


def chosen(every: Iterable[NamedT], wanted: str, *, word: str, fix: str, name: str = "") -> NamedT:
    """Return the record of that id, or the only one whose id begins so.

    Parameters
    ----------
    every
        The records.
    wanted
        An id, or its beginning.
    word
        What such a record is called.
    fix
        What to do where there is none.
    name
        What is given, in errors; the word if empty.

    Raises
    ------
    ConfigError
        If there is none, or several begin so.
    """
    begun = [one for one in every if wanted and one.id.startswith(wanted)]
    found = [one for one in begun if one.id == wanted] or begun
    if len(found) != 1:
        raise none_or_several([one.id for one in found], f"{name or word} == {wanted!r}", word=word, fix=fix)
    return found[0]


def none_or_several(ids: Sequence[str], given: str, *, word: str, fix: str) -> ConfigError:
    """Return the error of something that names no record, or several: which, so that one of them can be given.

    >>> print(none_or_several(["iss_a", "iss_ab"], "issue == 'iss_'", word="issue", fix="see the list"))
    issue == 'iss_', which fits iss_a, iss_ab; give more of the id
    """
    if not ids:
        return ConfigError(f"{given}, there is no such {word}", fix=fix)
    more = f" and {len(ids) - MOST_NAMED:,} more" if len(ids) > MOST_NAMED else ""
    return ConfigError(f"{given}, which fits {', '.join(ids[:MOST_NAMED])}{more}", fix="give more of the id")


def chosen_or_newest(every: Iterable[NamedT], wanted: str, *, word: str, fix: str) -> NamedT:
    """Return the same, and for `latest` the newest of records whose ids sort by time."""
    known = list(every)
    if wanted == LATEST and known:
        return max(known, key=lambda one: one.id)
    return chosen(known, wanted, word=word, fix=fix)


def chosen_run(runs: Iterable[DetectionRun], run_id: str = LATEST) -> DetectionRun:
    """Return the detection run of that id, or its beginning, or for `latest` the newest.

    Raises
    ------
    ConfigError
        If there is no such run.
    InsufficientDataError
        If there are no runs.
    """
    newest_first = _newest_first(runs, none="no detection run was made yet", fix="run `workbench detect` first")
    return _dated(newest_first, run_id, word="run", name="run_id")


def chosen_review(reviews: Iterable[Review], review_id: str = LATEST) -> Review:
    """Return the round of that id, or its beginning, or for `latest` the newest, open or not.

    Raises
    ------
    ConfigError
        If there is no such round.
    InsufficientDataError
        If there are no rounds.
    """
    newest_first = _newest_first(reviews, none="no review was opened yet", fix="run `workbench review` first")
    return _dated(newest_first, review_id, word="review", name="review_id")


def _dated(newest_first: Sequence[DatedT], wanted: str, *, word: str, name: str) -> DatedT:
    if wanted == LATEST:
        return newest_first[0]
    return chosen(newest_first, wanted, word=word, name=name, fix=f"the newest is {newest_first[0].id}")


def _newest_first(every: Iterable[DatedT], *, none: str, fix: str) -> list[DatedT]:
    newest_first = sorted(every, key=lambda one: (one.at, one.id), reverse=True)
    if not newest_first:
        raise InsufficientDataError(none, fix=fix)
    return newest_first
