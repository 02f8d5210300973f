"""An arm: one version of the app under test, as a function from a case to an answer.

What is behind the function, code, a program, a server or a model, is its adapter's matter; the runner knows what makes
two arms different, and what an answer may cost at most.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import NamedTuple

from workbench.experiments.answer import Answer
from workbench.experiments.case import Case

Ask = Callable[[Case, int, int], Awaitable[Answer]]
"""From case, trial and seed to an answer. What goes wrong comes back as an error; only what is wrong with the whole
experiment, such as a key that is not taken, is raised as a ConfigError."""


class Spend(NamedTuple):
    """Money and tokens."""

    usd: float | None = None
    """US dollars; None where nobody knows."""
    tokens: int | None = None
    """Tokens, in and out; None where nobody knows."""

    def plus(self, other: "Spend") -> "Spend":
        """Return both together; where one is not known, the part that is."""
        return Spend((self.usd or 0.0) + (other.usd or 0.0), (self.tokens or 0) + (other.tokens or 0))

    def less(self, spent: "Spend") -> "Spend":
        """Return what is left of a budget, at least 0; None stays no limit."""
        usd = None if self.usd is None else max(0.0, self.usd - (spent.usd or 0.0))
        return Spend(usd, None if self.tokens is None else max(0, self.tokens - (spent.tokens or 0)))


UNKNOWN = Spend()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One version of the app under test."""

    name: str
    """baseline or candidate; of an ablation its own."""
    version: str
    """Digest of the files that are under test, or the commit that holds them."""
    adapter: str
    """Digest of all else that an answer depends on: address, model, settings, program, prices, limits."""
    ask: Ask
    """Asks it about a case."""
    most: Spend = UNKNOWN
    """What one answer can cost at most."""
    line: AbstractAsyncContextManager[object] | None = None
    """What must be open while it is asked, and is closed after the run; None where that is somebody else's matter."""

    def __post_init__(self) -> None:
        if not self.name or not self.version:
            raise ValueError(f"name == {self.name!r}, version == {self.version!r}, an arm must have both")
