"""Recorded verdicts said again at desks of a review: a round without anybody there, the same as if they were.

So a review can be shown, tested and repeated; what is replayed goes through the same door as what a person says now.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from workbench.counted import counted
from workbench.errors import WorkbenchError
from workbench.loop.desk import Desk
from workbench.loop.text_file import read_texts
from workbench.records import Review
from workbench.store import Workspace

NOTHING = "none"
"""The word for no file."""
SEEN = "replayed"
"""What stands for the digest of what was shown: nothing was, this time."""
NOBODY = "annotator_kind is missing: nothing says that it was a person"
_NEEDED = ("annotator", "target_kind", "target_id")
_SAID = ("explanation", "code")
_OF_ISSUE = ("category", "severity", "same_as")

Key = tuple[str, str | None, str]


class _Clock:
    """A clock that a look moves on by a microsecond, so that what is said later is later."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def __call__(self) -> datetime:
        self._at += timedelta(microseconds=1)
        return self._at


class Replayed(NamedTuple):
    """What became of the recorded verdicts."""

    n_said: int
    """Said at a desk of the review, now or in an earlier replay."""
    n_elsewhere: int
    """About what is no item of this review."""
    n_others: int
    """Of models and programs, which have no desk; taken back; or said anew in a later row."""
    refused: Mapping[str, int]
    """Refused by the desk, or because no kind says that a person said it, by reason."""

    def __str__(self) -> str:
        """Return it as a sentence; empty where nothing was given to say again."""
        if not any((self.n_said, self.n_elsewhere, self.n_others, self.refused)):
            return ""
        refused = "".join(f", {n:,} refused ({reason})" for reason, n in sorted(self.refused.items()))
        others = f"{self.n_elsewhere:,} about something else, {self.n_others:,} that no person stands by{refused}"
        return f"{counted(self.n_said, 'recorded verdict')} said again; passed over: {others}"


def replay(workspace: Workspace, review: Review, *, path: str | Path, now: datetime) -> Replayed:
    """Say recorded verdicts again in a review, adjudications last, and return what became of them.

    Parameters
    ----------
    workspace
        The review's; its ledger gets the verdicts.
    review
        The round.
    path
        A file of verdicts: JSON lines or Parquet, one row each with annotator, annotator_kind, target_kind, target_id,
        label, and where known cluster_id, explanation, code, severity, ...; `none` replays nothing.
        Of several rows of one annotator on one thing the last counts, as a history is written oldest first.
    now
        When they are said, UTC: a recorded time is not believed.

    Raises
    ------
    ConfigError
        If there is no such file, or it lacks a column.
    FormatError
        If it cannot be read.
    """
    if str(path) == NOTHING:
        return Replayed(0, 0, 0, {})
    rows = read_texts(Path(path), column="label", others=_NEEDED).rows.to_dicts()
    people = _newest(row for row in rows if _is_person(row))
    n_nobody = sum(1 for row in rows if row.get("annotator_kind") is None)
    places = _places(workspace, review)
    desks: dict[tuple[str, bool], Desk] = {}
    clock = _Clock(now)
    n_said, n_elsewhere, n_others = 0, 0, len(rows) - n_nobody - len(people)
    refused = Counter({NOBODY: n_nobody} if n_nobody else {})
    for row in sorted(people, key=_decides):
        if row["label"] == "withdrawn":
            n_others += 1
        elif (place := places.get((row["target_kind"], row.get("cluster_id"), row["target_id"]))) is None:
            n_elsewhere += 1
        else:
            try:
                _desk(desks, workspace, review, row, clock).judge(place, label=row["label"], seen=SEEN, **_said(row))
                n_said += 1
            except WorkbenchError as error:
                refused[str(error)] += 1
    return Replayed(n_said, n_elsewhere, n_others, dict(refused))


def _places(workspace: Workspace, review: Review) -> Mapping[Key, int]:
    items = workspace.review_items.of(review.id).select("kind", "cluster_id", "target_id", "place")
    return {(kind, cluster_id, target_id): place for kind, cluster_id, target_id, place in items.iter_rows()}


def _is_person(row: Mapping[str, Any]) -> bool:
    """Return whether a person is said to have said it: a desk would make one of whoever else sat down at it."""
    return row.get("annotator_kind") == "HUMAN" and row.get("identity") != "program"


def _newest(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return of what one annotator said of one thing the last row: what they took back, they do not say."""
    about = ("annotator", "target_kind", "cluster_id", "target_id")
    return list({(*(row.get(name) for name in about), _decides(row)): row for row in rows}.values())


def _decides(row: Mapping[str, Any]) -> bool:
    return bool(row.get("is_adjudication"))


def _desk(
    desks: dict[tuple[str, bool], Desk], workspace: Workspace, review: Review, row: Mapping[str, Any], clock: _Clock
) -> Desk:
    """Return the desk of a row's annotator, who sits down at it once."""
    seat = (str(row["annotator"]), _decides(row))
    if seat not in desks:
        desks[seat] = Desk(
            workspace,
            review.id,
            reviewer=seat[0],
            identity="typed",
            clock=clock,
            is_adjudicating=seat[1],
        )
    return desks[seat]


def _said(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a row says besides its label, as a desk takes it."""
    said = {name: row.get(name) or "" for name in _SAID} | {name: row.get(name) for name in _OF_ISSUE}
    statement = row.get("statement") or ()
    parts = msgspec.json.decode(statement, type=tuple[str, ...]) if isinstance(statement, str) else statement
    return {**said, "statement": tuple(parts), "score": row.get("score")}
