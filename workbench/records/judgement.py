"""What one person says of one answer of an experiment, without having been told which arm gave it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from workbench.records.actor import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One number by one person; a later one by the same on the same answer revises it, until the run has ended."""

    KIND: ClassVar[str] = "judgement"

    id: str
    """jud_..., follows from experiment, metric, answer and person."""
    at: datetime
    """When, UTC."""
    experiment_id: str
    """The experiment (exp_...)."""
    metric: str
    """The metric that it is a value of."""
    answer: str
    """What stands for the question and the answer (mark...), under the workspace's secret: it names no arm."""
    score: int
    """The number."""
    annotator: str
    """Who says so."""
    identity: Identity
    """How that name was obtained."""
