"""Which arm of an experiment a user is in: a salted hash, so that nothing is stored and every server says the same.

The app under test calls it; the name of the experiment is the salt, so that who is in the candidate of one experiment
says nothing about another one.
"""

from workbench.ids import digest

HALF = 0.5
_DIGITS = 16
"""Hex digits of the digest that are read: 64 bits, so that no share that anyone plans is rounded."""


def assign(
    unit: str, experiment: str, *, arms: tuple[str, str] = ("baseline", "candidate"), share: float = HALF
) -> str:
    """Return the arm of a unit; the same on every machine and in every run.

    The digest is SHA-256 of "assign", the experiment and the unit, in UTF-8, each after its length in bytes as eight
    bytes, the highest first; its first 64 bits over 2^64 are the unit's place. Places below `share` are in the second
    arm, so that a share that grows moves units into it and none out of it.

    Parameters
    ----------
    unit
        What is assigned, as a rule the app's id of the user; it is neither stored nor sent.
    experiment
        The experiment, as a rule the key of its feature flag.
    arms
        What the two arms are called.
    share
        Of units in the second arm, 0 to 1.

    Raises
    ------
    ValueError
        If the unit or the experiment is empty, the arms are not two, or the share is none.

    Examples
    --------
    >>> assign("ann", "shorter-answers"), assign("ben", "shorter-answers"), assign("ann", "other-prompt")
    ('baseline', 'baseline', 'candidate')
    """
    if not unit or not experiment:
        raise ValueError(f"unit == {unit!r}, experiment == {experiment!r}, must not be empty")
    if len(set(arms)) != 2:
        raise ValueError(f"arms == {arms}, must be two")
    if not 0 <= share <= 1:
        raise ValueError(f"share == {share}, must be 0 to 1")
    place = int(digest("assign", experiment, unit)[:_DIGITS], 16) / 16**_DIGITS
    return arms[1] if place < share else arms[0]
