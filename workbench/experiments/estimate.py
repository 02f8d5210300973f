"""What one comparison says of one metric: the two arms, their difference with its interval, and each test by itself.

Values that are decided by lie on the scale of the gain, where more is always better; what is shown to people lies on
the metric's own.
"""

from dataclasses import dataclass

from workbench.experiments.metric import Role
from workbench.experiments.plan import JudgedOn


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One metric, estimated."""

    metric: str
    """The metric's name."""
    role: Role
    """Its role."""
    method: str
    """How the interval and the tests were made, in words."""
    n_cases: int
    """Cases that have a value in both arms."""
    n_units: int
    """What was counted as independent: these cases, or the users that they are of."""
    n_trials: int
    """Trials of a case and arm: the most that any has."""
    n_fixed: int
    """Cases that are better with the candidate."""
    n_broken: int
    """Cases that are worse with it."""
    n_failed: int
    """Runs that ended in an error, or without a value where that is a failure: counted as failures of their arm."""
    baseline: float
    """The baseline's mean; the geometric one where that is estimated."""
    candidate: float
    """The candidate's."""
    difference: float
    """Candidate less baseline; of a ratio, the ratio less 1."""
    low: float
    """Lower end of its interval of level 1 - 2 alpha."""
    high: float
    """Upper end."""
    level: float
    """The interval's level."""
    p: float
    """Two-sided p of "no difference": of wins and losses McNemar's exact one, as others publish it."""
    p_superior: float
    """One-sided p of "not better": small where it is shown to be better."""
    p_worse: float
    """One-sided p of "not worse": small where it is shown to be worse."""
    p_non_inferior: float | None
    """One-sided p of "worse by the margin or more": small where that is excluded; None without a margin."""
    p_beyond: float | None
    """One-sided p of "worse by less than the margin": small where it is shown to be worse by more; None as above."""
    p_useless: float | None
    """One-sided p of "better by the minimum worthwhile effect or more": small where that is excluded; None without."""
    gain: float
    """The difference on the scale of the tests, more is better; of a geometric ratio its logarithm."""
    gain_low: float
    """Lower end of its interval."""
    gain_high: float
    """Upper end."""
    margin: float | None
    """The margin on that scale; None without one."""
    mwe: float | None
    """The minimum worthwhile effect on that scale; None without one."""
    shown_margin: float
    """The smallest margin on that scale within which it is shown not to be worse; below 0 where it is better."""
    deviation: float
    """Standard deviation of a unit's gain, on that scale."""
    within: float | None
    """Of its square, the part that is trials about their case; None where a case has one trial, or none is known."""
    notes: tuple[str, ...] = ()
    """What to know before believing it, a sentence each."""
    judged_on: JudgedOn = ""
    """The holdout that its cases are of, where there are two; otherwise empty."""
