"""Experiments: a frozen plan, what both arms did on the same cases, and the decision that follows from both."""

from workbench.experiments.assign import assign

__all__ = ["assign"]
