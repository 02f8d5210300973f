"""One judgement by one annotator."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from workbench.ids import content_id
from workbench.records.actor import Identity
from workbench.records.issue import Severity
from workbench.records.quoted import quoted, quoted_texts

OF_CAUSES = ("edited", "split", "merge")
"""Labels that a cause alone can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One judgement by one annotator, in OpenInference's fields; a later one of the same on the same revises it."""

    KIND: ClassVar[str] = "verdict"

    id: str
    """ver_..., follows from target, cluster, annotator and review: see `verdict_id`."""
    target_kind: Literal["trace", "cause", "issue", "cluster"]
    """What is judged; a cluster where all its traces are judged at once."""
    target_id: str
    """The trace's id, the cause (cau_...), the issue (iss_...) or the cluster (clu_...)."""
    cluster_id: str | None = None
    """Of a trace: the cluster that it was shown in (clu_...); None where it was drawn from all traffic."""
    detector: str | None = None
    """Of a trace: the detector whose finding is judged; None where no detector had found it."""
    detector_version: int | None = None
    """That detector's version; what was said of an older one says nothing of a newer."""
    label: Literal["confirmed", "rejected", "uncertain", "edited", "split", "merge", "withdrawn"]
    """Whether it is so. OF_CAUSES are of a cause alone: it should read otherwise, is several, or is the same as another
    one. An issue is confirmed if it deserves a change. `withdrawn` is no judgement: what was said is taken back."""
    score: float | None = None
    """How sure, 0 to 1, where the annotator says it."""
    explanation: str = quoted()
    """Why, in the annotator's words; empty if not said."""
    code: str = quoted()
    """The problem in the annotator's own words, before any category: an open code; empty if not said."""
    statement: tuple[str, ...] = quoted_texts()
    """Of `edited`: the cause as it should read. Of `split`: its parts. Else empty."""
    same_as: str | None = None
    """Of `merge`: the cause (cau_...) that it is the same as. Of a rejected trace, in which another problem is wrong:
    the issue (iss_...) of that one, where the annotator says it."""
    category: str | None = None
    """Of an issue: its category's code in the taxonomy, where the annotator says it."""
    severity: Severity | None = None
    """Of an issue: how bad it is, where the annotator says it."""
    is_flagged: bool = False
    """Whether the annotator wants others to look at it."""
    is_adjudication: bool = False
    """Whether it decides between annotators who disagree, whose labels were shown."""
    is_undo: bool = False
    """Whether it takes the annotator's last judgement back: it is withdrawn, or what was said before stands again."""
    n_checked: int | None = None
    """Of a cluster: traces of it, drawn at random, that the annotator had judged one by one before."""
    n_agreed: int | None = None
    """Those of them that have this label."""
    review_id: str | None = None
    """The review in which it was given (rev_...); None outside of any."""
    annotator_kind: Literal["HUMAN", "LLM", "CODE"]
    """Who judges: a person, a model, a program."""
    annotator: str
    """Their name."""
    identity: Identity
    """How the name was obtained."""
    at: datetime
    """When, UTC."""
    seen: str = ""
    """Digest of what the annotator was shown; empty where nothing shows it."""

    def __post_init__(self) -> None:
        if self.label in OF_CAUSES and self.target_kind != "cause":
            raise ValueError(f"label == {self.label!r} on a {self.target_kind}, only a cause can be {self.label}")
        if self.label == "split" and len(self.statement) < 2:
            raise ValueError(f"label == 'split' with {len(self.statement)} statements, must be at least 2")
        if self.label == "merge" and not self.same_as:
            raise ValueError("label == 'merge' without same_as, must be the id of the other cause")
        if self.target_kind == "cluster" and self.label != "withdrawn" and None in (self.n_checked, self.n_agreed):
            raise ValueError("a verdict on a cluster without n_checked and n_agreed, must say its check sample")
        if self.score is not None and not 0 <= self.score <= 1:
            raise ValueError(f"score == {self.score}, must be from 0 to 1")


def verdict_id(
    target_kind: str,
    target_id: str,
    *,
    cluster_id: str | None = None,
    annotator: str,
    review_id: str | None = None,
    is_adjudication: bool = False,
) -> str:
    """Return the id of one annotator's judgement of one thing in one review: judging again makes the next revision.

    Who decides between others says it beside what they may have said as one of them.

    >>> verdict_id("trace", "t1", annotator="ann") == verdict_id("trace", "t1", annotator="ben")
    False
    """
    of_review = (() if review_id is None else (review_id,)) + (("adjudication",) if is_adjudication else ())
    return content_id("ver", target_kind, target_id, cluster_id or "", annotator, *of_review)
