"""Metrics that installed packages offer under the entry-point group `workbench.metrics`: a name, and its scorer.

A package's metric is trusted as the package is; its version stands in the plan, so that no upgrade changes what is
measured between two runs of one.
"""

from importlib.metadata import EntryPoint, entry_points
from typing import NamedTuple

from workbench.errors import ConfigError
from workbench.experiments.result_rows import Scorer

ENTRY_POINTS = "workbench.metrics"


class Offered(NamedTuple):
    """One metric of a package."""

    scorer: Scorer
    """Its scorer."""
    version: str
    """The package and its version; empty where that is not known."""


def offered_names() -> frozenset[str]:
    """Return the names that installed packages offer; none of them is loaded."""
    return frozenset(entry.name for entry in entry_points(group=ENTRY_POINTS))


def offered_version(name: str) -> str:
    """Return the package and version that a name is of; empty where none offers it."""
    found = _entry(name)
    return "" if found is None else _version(found)


def offered(name: str) -> Offered:
    """Return the metric that a package offers under a name.

    Raises
    ------
    ConfigError
        If none offers it, two do, or it cannot be loaded.
    """
    entry = _entry(name)
    if entry is None:
        raise ConfigError("no installed package offers it", where=name)
    try:
        scorer = entry.load()
    except Exception as error:  # anything may happen in a module that is not ours
        raise ConfigError(f"cannot be loaded ({type(error).__name__})", where=f"{name} of {entry.value}") from error
    if not callable(scorer):
        raise ConfigError(f"is {type(scorer).__name__}, must be a scorer", where=f"{name} of {entry.value}")
    return Offered(scorer, _version(entry))


def _entry(name: str) -> EntryPoint | None:
    found = sorted(entry_points(group=ENTRY_POINTS, name=name), key=lambda entry: entry.value)
    if len(found) > 1:
        raise ConfigError(f"{len(found)} packages offer it", where=name, fix="uninstall all but one")
    return found[0] if found else None


def _version(entry: EntryPoint) -> str:
    return "" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"
