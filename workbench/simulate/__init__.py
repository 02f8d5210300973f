"""Telemetry with planted faults and known truth, from a seed: a live legal-research product without the product.

Whoever builds or judges a detector, a grouping or a cause can hold it against what was really planted.
"""

from workbench.simulate.faults import FAULTS, MORE_FAULTS, Fault
from workbench.simulate.files import Files, write
from workbench.simulate.sample_world import sample_world
from workbench.simulate.simulation import Simulation, simulate
from workbench.simulate.world import Rollout, World

__all__ = [
    "FAULTS",
    "MORE_FAULTS",
    "Fault",
    "Files",
    "Rollout",
    "Simulation",
    "World",
    "sample_world",
    "simulate",
    "write",
]
