"""The files of a workspace that people write, such as `rules.toml` and `metrics.toml`: what is wrong in them.

A mistake in those of detection stops nothing: it runs with what can be read and says what it left out, and so does
`workbench doctor`.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from workbench import backlog, clustering, detectors
from workbench.errors import ConfigError
from workbench.experiments.metrics_file import METRICS, read_metrics
from workbench.loop.detect.assembly import UNITS, read_taught
from workbench.store import Fault, Workspace, read_taxonomy
from workbench.taxonomy import TAXONOMY


def categories_of(workspace: Workspace, codes: Iterable[str]) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Return the category of each detector, and a note if the taxonomy cannot be read; then no detector has one."""
    try:
        taxonomy = read_taxonomy(workspace.root)
    except ConfigError as error:
        return {}, (f"problems have no category: {error}",)
    return {code: taxonomy.of_detector(code) for code in codes}, ()


def check_own_files(root: Path) -> list[Fault]:
    """Return what is wrong in the files that people wrote, a fault a rule or file; read-only."""
    rules = detectors.read_rules(root / detectors.RULES, units=UNITS)
    faults = [_fault("rules", tally.detector, tally.error or "") for tally in rules.failed]
    taught = read_taught(root, embed=clustering.embed)
    faults += [_fault("trained", tally.detector, tally.error or "") for tally in taught.failed]
    try:
        read_taxonomy(root)
    except ConfigError as error:
        faults.append(_fault("taxonomy", TAXONOMY, error.what))
    try:
        backlog.read_weights(root)
    except ConfigError as error:
        fix = "mend it by hand: nothing is ranked until then"
        faults.append(Fault(kind="weights", where=backlog.WEIGHTS, what=str(error), fix=fix, is_damage=False))
    try:
        if (root / METRICS).exists():
            read_metrics(root / METRICS)
    except ConfigError as error:
        fix = "mend it by hand: no experiment is planned until then"
        faults.append(Fault(kind="metrics", where=METRICS, what=str(error), fix=fix, is_damage=False))
    return faults


def _fault(kind: Literal["rules", "taxonomy", "trained"], where: str, what: str) -> Fault:
    fix = "mend it by hand: detection goes on without it"
    return Fault(kind=kind, where=where, what=what, fix=fix, is_damage=False)
