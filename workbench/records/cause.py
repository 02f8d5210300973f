"""A proposed explanation of a cluster."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, NamedTuple

from workbench.records.quoted import quoted, quoted_texts

CauseKind = Literal["contrast", "blame", "onset", "phrase", "check", "proposed"]
MAX_CONDITIONS = 3
"""Conditions of one cause: with four, nearly every trace is a slice of its own."""


class Condition(NamedTuple):
    """One attribute value that traces have in common."""

    attribute: str
    """The attribute: tool_name, prompt_version, model, operation, task, ..."""
    value: str
    """Its value; `[erased]` where the words were a user's who is erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A proposed explanation of a cluster: a hypothesis until a person confirms it, whatever its kind and numbers.

    Numbers that a kind does not have are None: a blamed step has no lift, and what a model proposed has no p.
    """

    KIND: ClassVar[str] = "cause"

    id: str
    """cau_..., follows from cluster, kind and rank: from nothing that a trace says."""
    run_id: str
    """The detection run that proposed it."""
    cluster_id: str
    """The cluster that it explains."""
    kind: CauseKind
    """How it was found: contrast is attribute values that the cluster's traces have more often than others, blame the
    step at which they first went wrong, onset a change of version after which they became more frequent, phrase words
    that they have more often than others, check a test or gold answer that may be wrong, proposed a model's idea."""
    attributes: tuple[str, ...] = ()
    """The attributes of its conditions, all of which hold together; at most MAX_CONDITIONS."""
    values: tuple[str, ...] = quoted_texts()
    """The value of each of `attributes`; `conditions` has them in pairs."""
    statement: str = quoted()
    """The hypothesis as a sentence."""
    notes: tuple[str, ...] = quoted_texts()
    """What to know before believing it, a sentence each: what else the same traces share, what could not be told."""
    n_cluster_with: int | None = None
    """Traces of the cluster for which the conditions hold."""
    n_cluster: int | None = None
    """Traces of the cluster where the attributes are known."""
    n_rest_with: int | None = None
    """Other traces for which the conditions hold."""
    n_rest: int | None = None
    """Other traces where the attributes are known."""
    lift: float | None = None
    """Share with the conditions in the cluster over the share elsewhere; infinite where no other trace has them."""
    lift_low: float | None = None
    """Lower end of the 95 % interval of the lift."""
    lift_high: float | None = None
    """Upper end of the 95 % interval of the lift."""
    p_value: float | None = None
    """How likely so much or more is by chance; the kind says which test, one-sided."""
    q_value: float | None = None
    """False-discovery-rate adjusted p, over all that was tested in the run."""
    share_explained: float | None = None
    """Share of the cluster's traces that it accounts for beyond what the rest predicts, 0 to 1."""
    onset_at: datetime | None = None
    """Of an onset: when the cluster became more frequent, UTC."""
    onset_low_at: datetime | None = None
    """Lower end of the 95 % interval of `onset_at`."""
    onset_high_at: datetime | None = None
    """Upper end of the 95 % interval of `onset_at`."""
    evidence: tuple[str, ...] = quoted_texts()
    """Trace ids of the cluster that bear it out, at most twenty; erasable like words, as they are somebody's."""
    counter_examples: tuple[str, ...] = quoted_texts()
    """Trace ids outside the cluster for which the conditions hold too, at most twenty."""
    spans: tuple[str, ...] = quoted_texts()
    """Of a blame: the blamed span of each trace in `evidence`, in that order; else empty."""
    quotes: tuple[str, ...] = quoted_texts()
    """Words of the evidence that it rests on, each found in one of those traces."""
    shown: tuple[str, ...] = quoted_texts()
    """Of what a model proposed: ids of all traces that it read, those of `evidence` among them; else empty."""
    proposer: str = ""
    """Of what a model proposed: the model and the server's origin; else empty."""
    exchange: tuple[str, ...] = ()
    """Of what a model proposed: SHA-256 of what was sent and of what came back; else empty."""

    def __post_init__(self) -> None:
        if not len(self.attributes) == len(self.values) <= MAX_CONDITIONS:
            raise ValueError(
                f"{self.id}: {len(self.attributes)} attributes and {len(self.values)} values, must be as many of both "
                f"and at most {MAX_CONDITIONS}"
            )

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The attribute values that hold together, none for a kind that has none."""
        return tuple(Condition(*pair) for pair in zip(self.attributes, self.values, strict=True))
