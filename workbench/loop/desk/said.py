"""What a reviewer says, as a verdict: checked against what can be said of the item, before anything is kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, cast

from workbench.errors import ConfigError
from workbench.loop.desk.item import Item
from workbench.loop.desk.scene import SEVERITIES, Scene
from workbench.loop.desk.sitting import Sitting
from workbench.records import UNCATEGORISED, Severity, Verdict
from workbench.review import ANSWERS
from workbench.taxonomy import MAX_WORDS_CHARACTERS

MAX_NOTE_CHARACTERS = 20_000
"""Of an explanation or a cause's statement: ten pages, which nobody types and a paste may have."""
MAX_STATEMENTS = 20
"""Parts of a cause that is split."""
_POINTING = (("cause", "merge"), ("trace", "rejected"))
"""Kinds and labels that may name another thing."""


class Said(NamedTuple):
    """What a reviewer says of an item."""

    label: str
    """The label, one of review.ANSWERS for the item's kind."""
    explanation: str = ""
    """Why."""
    code: str = ""
    """The problem in their own words."""
    score: float | None = None
    """How sure, 0 to 1."""
    category: str | None = None
    """Of an issue: its category."""
    severity: str | None = None
    """Of an issue: how bad it is."""
    statement: Sequence[str] = ()
    """Of a cause: as it should read, or its parts."""
    same_as: str | None = None
    """Of a cause: the one that it is the same as. Of a trace that is rejected: the issue that it is of instead."""


def check_said(said: Said, item: Item, scene: Scene) -> None:
    """Check that what is said can be said of the item.

    Raises
    ------
    ConfigError
        If it cannot; the message says what can.
    """
    _check_one_of("label", said.label, [answer.label for answer in ANSWERS[item.kind]])
    if said.category is not None:
        _check_one_of("category", said.category, [*scene.categories, UNCATEGORISED])
    if said.severity is not None:
        _check_one_of("severity", said.severity, SEVERITIES)
    if said.label == "merge":
        others = [one.id for one in scene.causes.values() if one.id != item.target_id]
        _check_one_of("same_as", said.same_as or "", others)
    if item.kind == "trace" and said.label == "rejected" and said.same_as:
        known = [issue_id for issue_id, cluster_id in scene.elsewhere.items() if cluster_id != item.cluster_id]
        _check_one_of("same_as", said.same_as, known)
    if said.label == "edited" and len(said.statement) != 1:
        raise ConfigError("label == 'edited' without the cause as it should read", fix="write one statement")
    if len(said.statement) > MAX_STATEMENTS:
        raise ConfigError(f"statement has {len(said.statement)} parts, must have at most {MAX_STATEMENTS}")
    for name, text, most in (
        ("explanation", said.explanation, MAX_NOTE_CHARACTERS),
        ("code", said.code, MAX_WORDS_CHARACTERS),
        *(("statement", text, MAX_NOTE_CHARACTERS) for text in said.statement),
    ):
        check_length(name, text, most=most)


def check_length(name: str, text: str, *, most: int = MAX_NOTE_CHARACTERS) -> None:
    """Check that a text is no longer than it may be.

    Raises
    ------
    ConfigError
        If it is.
    """
    if len(text) > most:
        raise ConfigError(f"{name} has {len(text):,} characters, must have at most {most:,}", fix="write less")


def verdict_of(said: Said, item: Item, *, sitting: Sitting, seen: str, is_flagged: bool, now: datetime) -> Verdict:
    """Return what is said of an item as a verdict; what its kind or label has no place for is left out.

    Raises
    ------
    ConfigError
        If it says too little for its label.
    """
    reviewer, is_issue = sitting.reviewer, item.kind == "issue"
    try:
        return Verdict(
            id=sitting.id_of(item),
            target_kind=item.kind,  # type: ignore[arg-type]  # one of three, as the items were written
            target_id=item.target_id,
            cluster_id=item.cluster_id,
            detector=item.detector,
            detector_version=sitting.scene.versions.get(item.detector or ""),
            label=said.label,  # type: ignore[arg-type]  # checked
            score=said.score,
            explanation=said.explanation.strip(),
            code=" ".join(said.code.split()),
            statement=tuple(text.strip() for text in said.statement) if said.label in {"edited", "split"} else (),
            same_as=said.same_as if (item.kind, said.label) in _POINTING else None,
            category=said.category if is_issue else None,
            severity=cast("Severity | None", said.severity) if is_issue else None,
            is_flagged=is_flagged,
            is_adjudication=reviewer.is_adjudicating,
            review_id=sitting.review.id,
            annotator_kind="HUMAN",
            annotator=reviewer.name,
            identity=reviewer.identity,
            at=now,
            seen=seen,
        )
    except ValueError as error:
        raise ConfigError(str(error), where=f"item {item.place + 1}", fix="nothing was saved") from error


def _check_one_of(name: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise ConfigError(f"{name} == {value!r}, must be one of {', '.join(allowed) or 'nothing here'}")
