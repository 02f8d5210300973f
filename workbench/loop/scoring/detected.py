"""Which detectors may measure a metric: the project's own, the workspace's rules, and those of installed packages.

A rule is edited as easily as any text. Its version follows from what it says and stands in the frozen plan, so that no
experiment is scored by another rule than it was planned with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from workbench import detectors
from workbench.detectors import Detector
from workbench.errors import ConfigError
from workbench.experiments.metric import Metric, Source
from workbench.experiments.scoring import DETECTOR
from workbench.loop.detect.assembly import UNITS
from workbench.store import Workspace

Detectors = Mapping[str, Detector]
"""By code."""
BUILT_IN: Detectors = MappingProxyType({detector.code: detector for detector in detectors.DETECTORS})
"""The project's own: of the version of the project."""


def detectors_for(workspace: Workspace, metrics: Sequence[Metric]) -> Detectors:
    """Return the detectors that may measure some metrics; rules and packages are read only where one needs them."""
    if all(code_of(metric) in ("", *BUILT_IN) for metric in metrics):
        return BUILT_IN
    rules = detectors.read_rules(workspace.root / detectors.RULES, units=UNITS)
    others = (*detectors.third_party().detectors, *rules.detectors)
    return {**{detector.code: detector for detector in others}, **BUILT_IN}


def versioned(metrics: Sequence[Metric], known: Detectors) -> tuple[Metric, ...]:
    """Return metrics that say of which version the rule, or the package's detector, is that measures them."""
    return tuple(
        replace(metric, source=Source("code", _version(known[code])))
        if (code := code_of(metric)) in known and code not in BUILT_IN
        else metric
        for metric in metrics
    )


def check_versions(metrics: Sequence[Metric], known: Detectors) -> None:
    """Check that rules and packages' detectors are of the versions that a plan says.

    Raises
    ------
    ConfigError
        If one is not.
    """
    for metric in metrics:
        code, planned = code_of(metric), metric.source.version
        if planned and code in known and code not in BUILT_IN and planned != _version(known[code]):
            what = (
                f"{code} is another rule than was planned with: the plan says {planned}, it is {_version(known[code])}"
            )
            fix = (
                f"put it back as it was in {detectors.RULES}, or its package; or withdraw the experiment, and plan anew"
            )
            raise ConfigError(what, where=metric.name, fix=fix)


def code_of(metric: Metric) -> str:
    """Return the code of the detector that measures a metric; empty where none does."""
    return metric.measured.removeprefix(DETECTOR) if metric.measured.startswith(DETECTOR) else ""


def _version(detector: Detector) -> str:
    return f"{detector.code} {detector.version}"
