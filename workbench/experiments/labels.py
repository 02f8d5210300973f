"""How far people are with the answers of an experiment that they score."""

from collections.abc import Mapping
from typing import NamedTuple


class Labels(NamedTuple):
    """What people were asked about, and what they have said."""

    experiment_id: str
    """The experiment's."""
    n_wanted: Mapping[str, int]
    """Answers that people are asked about, by metric; empty where the plan wants none, or nothing was run yet."""
    n_scored: Mapping[str, int]
    """Those of them that somebody has scored, by metric; a metric of which none is scored is not in it."""
    by_person: Mapping[str, int]
    """Answers scored, by annotator."""
    is_run: bool
    """Whether any answer is there."""
    is_over: bool
    """Whether the run has ended: it rests on what was said until then."""

    @property
    def n_left(self) -> int:
        """Answers that nobody has scored."""
        return sum(self.n_wanted.values()) - sum(self.n_scored.values())
