"""Whether the arms got the units that they were meant to get: if not, who is where depends on something.

A sample-ratio mismatch is a fault of assignment or of logging, and no analysis mends it.
"""

THRESHOLD = 0.001
"""Below it an experiment is invalid: looked at daily, a correct one is then hardly ever called so."""


def sample_ratio_p(n_baseline: int, n_candidate: int, *, share: float = 0.5) -> float:
    """Return the exact two-sided p of "units were assigned in the planned shares".

    Parameters
    ----------
    n_baseline, n_candidate
        Units in each arm, not both 0.
    share
        Planned for the candidate, above 0 and below 1.

    Raises
    ------
    ValueError
        If there is no unit, a count is negative, or the share is none.

    Notes
    -----
    Fabijan et al. (2019), Diagnosing sample ratio mismatch in online controlled experiments; the binomial test.

    Examples
    --------
    >>> print(f"{sample_ratio_p(1000, 1130):.4f}")
    0.0052
    """
    from scipy.stats import binomtest  # at the top it costs every command a tenth of a second

    if min(n_baseline, n_candidate) < 0 or n_baseline + n_candidate == 0 or not 0 < share < 1:
        raise ValueError(
            f"counts == {n_baseline}, {n_candidate} and share == {share}, must be 0 or more, not both 0, in (0, 1)"
        )
    return float(binomtest(n_candidate, n_baseline + n_candidate, share).pvalue)
