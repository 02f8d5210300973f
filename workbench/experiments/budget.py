"""The budget of a run: no question is asked that could take it past the limit, whatever it turns out to cost.

What a question can cost at most is set aside before it is asked and given back once its price is known. Where a price
is never told, the most stays charged.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.errors import ConfigError
from workbench.experiments.arm import Arm, Spend
from workbench.experiments.outcome import NOTHING

UNLIMITED = Spend()
DIGITS = 9
"""Sums of dollars are rounded to so many, far below any price of a token: ten dimes are a dollar."""


@dataclass(slots=True)
class Budget:
    """What may still be spent."""

    limit: Spend
    """Of the whole run, earlier parts of it included; None in a field is no limit."""
    spent: Spend = NOTHING
    """What is charged so far; what nobody knows counts as nothing, and only where there is no limit on it."""
    aside: Spend = NOTHING
    """What questions that are being asked can cost at most."""
    n_aside: int = 0
    """How many are being asked."""

    def has_room(self, most: Spend) -> bool:
        """Return whether a question that costs at most so much stays within the limit."""
        return all(
            limit is None or round((spent or 0) + (aside or 0) + (more or 0), DIGITS) <= limit
            for limit, spent, aside, more in zip(self.limit, self.spent, self.aside, most, strict=True)
        )

    def set_aside(self, most: Spend) -> None:
        """Set aside what a question can cost."""
        self.aside = self.aside.plus(most)
        self.n_aside += 1

    def settle(self, most: Spend, charged: Spend) -> None:
        """Charge what it did cost in place of what was set aside."""
        self.n_aside -= 1
        self.aside = self.aside.plus(Spend(-(most.usd or 0.0), -(most.tokens or 0)))
        self.charge(charged)

    def charge(self, charged: Spend) -> None:
        """Charge what was spent earlier."""
        self.spent = self.spent.plus(charged)


def require_bounds(limit: Spend, arms: Iterable[Arm]) -> None:
    """Check that a budget can be kept.

    Raises
    ------
    ConfigError
        If there is a limit on what an arm does not say the most of.
    """
    for arm in arms:
        for name, bound, most in (("usd", limit.usd, arm.most.usd), ("tokens", limit.tokens, arm.most.tokens)):
            if bound is not None and most is None:
                raise ConfigError(
                    f"says not how many {name} an answer takes at most, so that a budget of {bound:g} cannot be kept",
                    where=f"arm {arm.name}",
                    fix=f"give its `most` in {name}, or leave out that limit",
                )
