"""Which detectors look at a workspace: the project's own, its rules, what reviewers taught, and installed packages'.

Wherever one comes from it is a `Detector`, and one that cannot be loaded is an answer: it stands among the others as
failed, with the reason, and none of them is kept from running.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from workbench import clustering, detectors
from workbench.clustering import Embed
from workbench.detectors import Detector, Units, trained, trained_file
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


def assemble(
    workspace: Workspace, *, select: Sequence[Detector] | None = None, embed: Embed = clustering.embed
) -> Assembly:
    """Return the detectors to run on a workspace, and a failed tally for each that could not be loaded.

    Parameters
    ----------
    workspace
        Its `rules.toml` and `trained.npz` are read.
    select
        These and no others: `[*DETECTORS, Detector(...)]` is the project's own and one of a notebook's.
    embed
        Texts to vectors, for what reviewers taught.
    """
    if select is not None:
        return _distinct(select)
    rules = detectors.read_rules(workspace.root / detectors.RULES, units=UNITS)
    taught = read_taught(workspace.root, embed=embed)
    others = detectors.third_party()
    distinct = _distinct((*detectors.DETECTORS, *taught.detectors, *rules.detectors, *others.detectors))
    return Assembly(distinct.detectors, (*distinct.failed, *taught.failed, *rules.failed, *others.failed))


def read_taught(root: Path, *, embed: Embed) -> Assembly:
    """Return the detector that reviewers taught a workspace, or why it cannot be read; neither, if it was never taught.

    Parameters
    ----------
    root
        The workspace's folder.
    embed
        Texts to vectors.
    """
    try:
        with (root / trained_file.TRAINED).open("rb") as file:
            raw = file.read(trained_file.MAX_BYTES + 1)
        learned = trained_file.from_bytes(raw)
    except FileNotFoundError:
        return Assembly((), ())
    except (OSError, ConfigError) as error:
        return Assembly((), (detectors.failure(trained.CODE, 0, error),))
    return Assembly((trained.trained_detector(learned, embed=embed, embedder=embedder_name(embed)),), ())


def embedder_name(embed: Embed) -> str:
    """Return the name that a run records of its embedder."""
    return clustering.NAME if embed is clustering.embed else getattr(embed, "__name__", "embedder")


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
