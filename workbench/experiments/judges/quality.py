"""How far a judge can be trusted: against people, in both orders, and on texts like these.

It decides nothing: a judge that people's scores stand beside is put right in the estimate itself.
"""

from math import isnan
from typing import NamedTuple

from workbench.experiments.bill import Bill
from workbench.experiments.judged_gain import Rates
from workbench.experiments.judges.domain import Domain
from workbench.experiments.judges.preferences import Flips


class Calibration(NamedTuple):
    """How a judge does where people judged too."""

    rates: Rates
    """Of traces with the problem the share that it finds (tpr), of the others the share that it leaves alone (tnr)."""
    agreement: float
    """Share of all on which both say the same."""
    trace_ids: tuple[str, ...]
    """The traces of which both are sure."""


class JudgeQuality(NamedTuple):
    """What is known of one judge."""

    metric: str
    """The metric that it scores."""
    version: str
    """Its model, and a digest of what it is told."""
    bill: Bill
    """What its replies took; errors are replies that could not be read, or questions too long to be asked: their runs
    have no value."""
    flips: Flips | None
    """Of pairs: how often it followed the order; None of single answers."""
    here: Rates | None
    """Against people on these answers; None where they judged none of them, or it has more than two values."""
    before: Calibration | None
    """Against people's verdicts on traces, as of `workbench judge calibrate`; None where it never was."""
    domain: Domain | None
    """How far the cases are from these traces; None where that cannot be told."""

    @property
    def is_held(self) -> bool:
        """Whether it was ever held against people."""
        return self.here is not None or self.before is not None

    @property
    def doubts(self) -> tuple[str, ...]:
        """What speaks against believing it, a sentence each."""
        told = []
        if self.bill.n_errors:
            told.append(f"{self.bill.n_errors:,} of {self.bill.n_answers:,} questions were asked in vain: no value")
        if self.flips is not None and self.flips.n_flipped:
            told.append(f"it followed the order of the answers in {self.flips.n_flipped:,} of {self.flips.n_pairs:,}")
        if not self.is_held:
            told.append("it was never held against people: what it says is its opinion (`workbench judge calibrate`)")
        if self.domain is not None and self.domain.is_foreign:
            far = f"{self.domain.far_share:.0%} of the cases are unlike the traces that it was held against people on"
            told.append(f"its calibration is of another domain: {far}")
        return tuple(told)

    @property
    def words(self) -> tuple[str, ...]:
        """All of it in sentences, what to doubt last."""
        said = [f"{self.metric}: {self.version} was asked {self.bill.n_answers:,} questions"]
        if self.here is not None:
            one, none = _rate(self.here.tpr), _rate(self.here.tnr)
            said.append(f"of these answers it gives 1 to {one} to which people do, and 0 to {none}")
        if self.before is not None:
            found, left = _rate(self.before.rates.tpr), _rate(self.before.rates.tnr)
            said.append(f"of traces that people judged it finds {found} with the problem, and clears {left} without")
        return (*said, *self.doubts)


def _rate(rate: tuple[float, float, float]) -> str:
    share, low, high = rate
    return "those (none is known)" if isnan(share) else f"{share:.0%} of those ({low:.0%} to {high:.0%})"
