"""Which detectors look at a workspace: the project's own, its users' rules, and those of installed packages.

Wherever one comes from it is a `Detector`, and one that cannot be loaded is an answer: it stands among the others as
failed, with the reason, and none of them is kept from running.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from workbench import detectors
from workbench.detectors import Detector, Units
from workbench.errors import ConfigError
from workbench.records import Tally
from workbench.store import Workspace, derived

UNITS = Units(derived.traces, derived.sessions)
"""How rules get traces and sessions: as everybody else does."""


class Assembly(NamedTuple):
    """The detectors of one run."""

    detectors: tuple[Detector, ...]
    """Those that run, each code once."""
    failed: tuple[Tally, ...]
    """Those that could not be loaded, each with its error."""


def assemble(workspace: Workspace, *, select: Sequence[Detector] | None = None) -> Assembly:
    """Return the detectors to run on a workspace, and a failed tally for each that could not be loaded.

    Parameters
    ----------
    workspace
        Its `rules.toml` is read.
    select
        These and no others: `[*DETECTORS, Detector(...)]` is the project's own and one of a notebook's.
    """
    if select is not None:
        return _distinct(select)
    rules = detectors.read_rules(workspace.root / detectors.RULES, units=UNITS)
    others = detectors.third_party()
    distinct = _distinct((*detectors.DETECTORS, *rules.detectors, *others.detectors))
    return Assembly(distinct.detectors, (*distinct.failed, *rules.failed, *others.failed))


def _distinct(wanted: Iterable[Detector]) -> Assembly:
    """Return each code once: a finding's id follows from it, so that the second of two would overwrite the first."""
    taken: dict[str, Detector] = {}
    failed = []
    for detector in wanted:
        if detector.code in taken:
            error = ConfigError("another detector has this code", where=detector.code, fix="give it a code of its own")
            failed.append(detectors.failure(detector.code, detector.version, error))
        else:
            taken[detector.code] = detector
    return Assembly(tuple(taken.values()), tuple(failed))
